"""What a MATLAB file of version 7.3 holds: h5py reads it, and nothing is followed out of it."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.mat_elements import Variables

if TYPE_CHECKING:
    import h5py

# A cell within a structure within a structure within a variable.
_DEEPEST = 3
_MOST_FIELDS = 1000
# Tables, times and the like are objects, whose numbers lie elsewhere in a form of their own.
_PLAIN = (
    *(b"", b"char", b"logical", b"double", b"single", b"int8", b"int16", b"int32", b"int64"),
    *(b"uint8", b"uint16", b"uint32", b"uint64"),
)


def read_hdf5(content: bytes, most_bytes: int) -> tuple[Variables, list[str]]:
    """Return numbers and texts by their names, and the names of what is of another kind.

    All together may have so many bytes. Names of what is within others are as in MATLAB.
    """
    import h5py

    found: Variables = {}
    others: list[str] = []
    with h5py.File(io.BytesIO(content), "r") as file:
        # References may lead to one thing a thousand times a thousand times.
        for name, dataset in _datasets(file, "", 0, iter(range(_MOST_FIELDS))):
            kind = bytes(dataset.attrs.get("MATLAB_class", b""))
            if kind not in _PLAIN or not _is_plain(dataset):
                others.append(name)
                continue
            most_bytes -= dataset.nbytes
            if most_bytes < 0 or dataset.id.get_storage_size() > len(content):
                raise EcgError(f"{name} claims far more values than the file holds")
            # MATLAB counts along the columns first, and HDF5 along the rows.
            values = np.atleast_2d(dataset[()].T)
            if kind == b"char":
                found |= _texts(name, values)
            else:
                found[name] = values
    return found, others


def _texts(name: str, letters: np.ndarray) -> dict[str, str]:
    """Return a text by its name, or each of its lines."""
    lines = ["".join(map(chr, line)).strip() for line in letters.tolist()[:_MOST_FIELDS]]
    if len(lines) == 1:
        return {name: lines[0]}
    return {f"{name}{{{k}}}": line for k, line in enumerate(lines, 1)}


def _datasets(
    group: "h5py.Group", prefix: str, depth: int, budget: Iterator[int]
) -> Iterator[tuple[str, "h5py.Dataset"]]:
    """Yield arrays with their names; links out of the file and what is MATLAB's own are none."""
    import h5py

    for name in group:
        is_own = isinstance(group.get(name, getlink=True), h5py.HardLink)
        if is_own and not name.startswith("#"):
            yield from _within(group[name], prefix + name, depth, budget)


def _within(
    item: "h5py.Group | h5py.Dataset", name: str, depth: int, budget: Iterator[int]
) -> Iterator[tuple[str, "h5py.Dataset"]]:
    """Yield an array, or the arrays of a structure, or those that references lead to."""
    import h5py

    if next(budget, None) is None or depth > _DEEPEST:
        return
    if isinstance(item, h5py.Group):
        yield from _datasets(item, f"{name}.", depth + 1, budget)
    elif item.dtype != h5py.ref_dtype or item.size > _MOST_FIELDS or not _is_here(item):
        yield name, item
    else:
        is_cells = bytes(item.attrs.get("MATLAB_class", b"")) == b"cell"
        for k, reference in enumerate(item[()].ravel(), 1):
            # Of structures, each field lists its values.
            own = f"{name}{{{k}}}" if is_cells else _numbered(name, k)
            yield from _within(item.file[reference], own, depth + 1, budget)


def _numbered(name: str, number: int) -> str:
    """Return the name of a field of one of several structures."""
    structure, point, field = name.rpartition(".")
    return f"{structure}({number}){point}{field}"


def _is_here(dataset: "h5py.Dataset") -> bool:
    """Whether an array's values lie within this file."""
    return not dataset.is_virtual and dataset.external is None


def _is_plain(dataset: "h5py.Dataset") -> bool:
    """Whether an array holds real numbers, within this file, and is not empty for MATLAB."""
    is_real = dataset.dtype.kind in "iuf" and dataset.shape is not None and dataset.ndim <= 2
    return is_real and _is_here(dataset) and "MATLAB_empty" not in dataset.attrs
