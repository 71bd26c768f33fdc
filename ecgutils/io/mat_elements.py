"""What MATLAB files of versions 4 and 5 hold, read element by element (MAT-File Format, MathWorks).

scipy.io.loadmat is not used: it takes the memory that an array of cells claims to need, and cells
within cells end the process. Only numbers, texts and structures of them are read here.
"""

import math
import struct
from collections.abc import Iterator
from itertools import islice

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io import guards

Variables = dict[str, "np.ndarray | str"]

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8"}
_TYPES |= {13: "u8", 16: "u1", 17: "u2"}
_CELLS, _STRUCTURE, _TEXT, _NUMBERS = 1, 2, 4, range(6, 16)
_IS_COMPLEX = 0x08
_ENCODINGS = {16: "utf-8", 4: "utf-16", 17: "utf-16"}
_LONGEST_TEXT = 1000
# Of version 4, by the tens of the number that a variable begins with, and above all such numbers.
_TYPES_4 = dict(enumerate(("f8", "f4", "i4", "i2", "u2", "u1")))
_MOST_KINDS_4 = 5000
# A cell within a structure within a structure within a variable.
_DEEPEST = 3
_MOST_FIELDS = 1000


def read_elements(content: bytes, most_bytes: int) -> tuple[Variables, list[str]]:
    """Return numbers and texts by their names, and the names of what is of another kind.

    What is compressed may have so many bytes together. Names of what is within others are as in
    MATLAB: `ecg.fs`, `ecg(2).name`, `labels{3}`; a text of several lines is like cells.
    """
    order = ">" if content[126:128] == b"MI" else "<"
    found: Variables = {}
    others: list[str] = []
    for kind, data in _elements(memoryview(content)[_HEADER_BYTES:], order):
        if kind == _COMPRESSED:
            unpacked = guards.unpacked(data, most_bytes)
            most_bytes -= len(unpacked)
            kind, data = next(_elements(memoryview(unpacked), order), (0, data))
        if kind != _MATRIX:
            raise EcgError(f"holds an element of the kind {kind}: damaged")
        _add(data, order, "", found, others)
    return found, others


def read_version_4(content: bytes) -> tuple[Variables, list[str]]:
    """Return numbers by their names, and the names of what is of another kind."""
    found: Variables = {}
    others: list[str] = []
    at = 0
    while at < len(content):
        header = content[at : at + 20].ljust(20, b"\xff")
        order = "<" if int.from_bytes(header[:4], "little") < _MOST_KINDS_4 else ">"
        kind, rows, columns, is_complex, length = struct.unpack(f"{order}5i", header)
        start = at + 20 + max(length, 1)
        data_type = _TYPES_4.get(kind % 1000 // 10)
        if not 0 <= kind < _MOST_KINDS_4 or min(rows, columns) < 0 or data_type is None:
            raise EcgError("not a MATLAB file, or damaged")
        values = rows * columns
        at = start + (1 + (is_complex != 0)) * values * np.dtype(data_type).itemsize
        if at > len(content):
            raise EcgError("ends within a variable: it is truncated, or damaged")
        name = content[start - max(length, 1) : start].partition(b"\0")[0].decode("latin-1")
        if kind % 10 or is_complex:
            others.append(name)
        else:
            array = np.frombuffer(content, order + data_type, values, start)
            found[name] = array.reshape((rows, columns), order="F")
    return found, others


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """Yield the kind and the content of each element."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}2I", data, at)
        start, after = at + 8, at + 8 + size
        if kind >> 16:
            kind, size, start, after = kind & 0xFFFF, kind >> 16, at + 4, at + 8
        elif kind != _COMPRESSED:
            after += -size % 8
        if start + size > min(after, len(data)):
            raise EcgError("ends within a variable: it is truncated, or damaged")
        yield kind, data[start : start + size]
        at = after


def _add(
    matrix: memoryview, order: str, name: str, found: Variables, others: list[str], depth: int = 0
) -> None:
    """Add a variable, or a structure's field, to what is found."""
    parts = _elements(matrix, order)
    head = list(islice(parts, 3))
    if len(head) < 3 or len(head[0][1]) < 8:
        # An empty field has no content at all.
        return
    word = int.from_bytes(head[0][1][:4], "little" if order == "<" else "big")
    dimensions = np.frombuffer(head[1][1], f"{order}i4").tolist()
    name = name or bytes(head[2][1]).decode("latin-1")
    kind, is_complex = word & 0xFF, word >> 8 & _IS_COMPLEX
    if kind in _NUMBERS and not is_complex:
        found[name] = _numbers(parts, order, dimensions)
    elif kind == _TEXT and len(dimensions) == 2:
        found |= _texts(name, *next(parts, (1, memoryview(b""))), order, dimensions[0])
    elif kind in (_CELLS, _STRUCTURE) and depth < _DEEPEST:
        inner = _cells(parts) if kind == _CELLS else _fields(parts, order, math.prod(dimensions))
        for own, content in inner:
            _add(content, order, name + own, found, others, depth + 1)
    else:
        others.append(name)


def _numbers(
    parts: Iterator[tuple[int, memoryview]], order: str, dimensions: list[int]
) -> np.ndarray:
    """Return an array, whatever type its numbers are stored in."""
    kind, data = next(parts, (0, memoryview(b"")))
    values = np.frombuffer(data, order + _TYPES.get(kind, "u1"))
    if min(dimensions, default=-1) < 0 or values.size != math.prod(dimensions):
        raise EcgError(f"holds {values.size} values of a variable of {dimensions}: damaged")
    return values.reshape(dimensions, order="F")


def _texts(name: str, kind: int, data: memoryview, order: str, lines: int) -> dict[str, str]:
    """Return a text by its name, or each of its lines, whose letters lie beside each other."""
    encoding = _ENCODINGS.get(kind, "latin-1")
    if encoding == "utf-16":
        encoding += "-be" if order == ">" else "-le"
    text = bytes(data[:_LONGEST_TEXT]).decode(encoding, "replace")
    if lines == 1:
        return {name: text}
    return {f"{name}{{{k + 1}}}": text[k::lines].strip() for k in range(min(lines, len(text)))}


def _cells(parts: Iterator[tuple[int, memoryview]]) -> Iterator[tuple[str, memoryview]]:
    """Yield what each cell is called, and what is in it."""
    for k, (_, content) in enumerate(islice(parts, _MOST_FIELDS), 1):
        yield f"{{{k}}}", content


def _fields(
    parts: Iterator[tuple[int, memoryview]], order: str, count: int
) -> Iterator[tuple[str, memoryview]]:
    """Yield names and contents of the fields of so many structures, one after the other."""
    (_, length), (_, names) = next(parts), next(parts)
    size = int(np.frombuffer(length, f"{order}i4")[0])
    if not 0 < size <= max(len(names), 1):
        raise EcgError(f"names of {size} bytes are not possible: damaged")
    starts = range(0, len(names), size)[:_MOST_FIELDS]
    fields = [bytes(names[k : k + size]).partition(b"\0")[0].decode("latin-1") for k in starts]
    for k, (_, content) in enumerate(islice(parts, _MOST_FIELDS if fields else 0)):
        number = f"({k // len(fields) + 1})" if count > 1 else ""
        yield f"{number}.{fields[k % len(fields)]}", content
