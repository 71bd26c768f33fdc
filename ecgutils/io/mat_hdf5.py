"""What a MATLAB file of version 7.3 holds: h5py reads it, and nothing is followed out of it."""

import io
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from ecgutils.errors import EcgError
from ecgutils.io.mat_elements import Variables

if TYPE_CHECKING:
    import h5py

# A structure within a structure within a variable.
_DEEPEST = 2
_MOST_FIELDS = 1000
_NO_NUMBERS = (b"cell", b"function_handle", b"table", b"string", b"datetime")


def read_hdf5(content: bytes, most_bytes: int) -> tuple[Variables, list[str]]:
    """Return numbers and texts by their names, and the names of what is of another kind.

    All together may have so many bytes. A field's name has its structure's before.
    """
    import h5py

    found: Variables = {}
    others: list[str] = []
    with h5py.File(io.BytesIO(content), "r") as file:
        for name, dataset in _datasets(file, "", 0):
            kind = bytes(dataset.attrs.get("MATLAB_class", b""))
            if kind in _NO_NUMBERS or not _is_plain(dataset):
                others.append(name)
                continue
            most_bytes -= dataset.nbytes
            if most_bytes < 0 or dataset.id.get_storage_size() > len(content):
                raise EcgError(f"{name} claims far more values than the file holds")
            # MATLAB counts along the columns first, and HDF5 along the rows.
            values = dataset[()].T
            if kind == b"char":
                found[name] = "".join(map(chr, values.ravel().tolist()))
            else:
                found[name] = values
    return found, others


def _datasets(group: "h5py.Group", prefix: str, depth: int) -> Iterator[tuple[str, "h5py.Dataset"]]:
    """Yield arrays with their names; links out of the file and what is MATLAB's own are none."""
    import h5py

    for name in islice(group, _MOST_FIELDS):
        is_own = isinstance(group.get(name, getlink=True), h5py.HardLink)
        if not is_own or name.startswith("#"):
            continue
        item = group[name]
        if isinstance(item, h5py.Dataset):
            yield prefix + name, item
        elif isinstance(item, h5py.Group) and depth < _DEEPEST:
            yield from _datasets(item, f"{prefix}{name}.", depth + 1)


def _is_plain(dataset: "h5py.Dataset") -> bool:
    """Whether an array holds real numbers, within this file, and is not empty for MATLAB."""
    is_elsewhere = dataset.is_virtual or dataset.external is not None
    is_real = dataset.dtype.kind in "iuf" and dataset.shape is not None
    return is_real and not is_elsewhere and "MATLAB_empty" not in dataset.attrs
