"""MATLAB files of version 7.3, as MATLAB writes them: HDF5 behind 512 bytes of its own."""

import io

import h5py
import numpy as np

HEADER = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM"


def hdf5_bytes(compressed=None, **variables):
    """Return a file of arrays (numbers), texts, and dictionaries for structures of them."""
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
    is_text = isinstance(value, str)
    array = np.atleast_2d([ord(c) for c in value] if is_text else value)
    array = array.astype("u2" if is_text else array.dtype).T
    dataset = group.create_dataset(name, data=array, compression=compressed)
    dataset.attrs["MATLAB_class"] = np.bytes_("char" if is_text else "double")
