"""MATLAB files of version 7.3, as MATLAB writes them: HDF5 behind 512 bytes of its own."""

import io

import h5py
import numpy as np

HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM"


def hdf5_bytes(compressed=None, **variables):
    """Return a file of what scipy.io.savemat takes: arrays, texts, dictionaries for structures."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", userblock_size=512) as file:
        for name, value in variables.items():
            add(file, name, value, compressed)
    return HEADER + stream.getvalue()[len(HEADER) :]


def add(group, name, value, compressed):
    if isinstance(value, dict):
        group = group.create_group(name)
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for field, content in value.items():
            add(group, field, content, compressed)
        return
    array = np.atleast_2d(value)
    if array.dtype.names:
        # Of several structures, each field lists where its values are.
        group = group.create_group(name)
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for field in array.dtype.names:
            add_references(group, field, array[field], compressed)
    elif array.dtype == object:
        add_references(group, name, array, compressed).attrs["MATLAB_class"] = np.bytes_("cell")
    else:
        add_array(group, name, array, compressed)


def add_array(group, name, array, compressed):
    """Add numbers, or the letters of one line or of several."""
    is_text = array.dtype.kind == "U"
    if is_text:
        lines = array.ravel().astype("U")
        array = lines.view("u4").reshape(len(lines), -1).astype("u2")
        array[array == 0] = ord(" ")
    dataset = group.create_dataset(name, data=array.T, compression=compressed)
    dataset.attrs["MATLAB_class"] = np.bytes_("char" if is_text else "double")


def add_references(group, name, array, compressed):
    """Add an array of what lies elsewhere in the file."""
    elsewhere = group.file.require_group("#refs#")
    dataset = group.create_dataset(name, array.T.shape, h5py.ref_dtype)
    for place, value in np.ndenumerate(array.T):
        own = f"r{len(elsewhere)}"
        add(elsewhere, own, value, compressed)
        dataset[place] = elsewhere[own].ref
    return dataset
