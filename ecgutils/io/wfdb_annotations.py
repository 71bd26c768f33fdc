"""WFDB annotation files (annot(5) of the WFDB manual), compared with their recording."""

from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io.guards import errors_name, own_file
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotation_bytes import decode
from ecgutils.io.wfdb_header import read_size

_MAX_ANNOTATION_BYTES = 2**24
# Far beyond any recording, and far from overflow.
_LAST_SAMPLE = 2**60

OUTSIDE_S = 0.15
"""Seconds by which a mark may lie outside its recording: as far as two of one beat may (EC57).

A record of PhysioNet's Supraventricular Arrhythmia Database ends with a beat at the sample after
the last one, and ``wqrs`` writes beats before the first.
"""


def read_annotations(
    name: str,
    directory: str | Path,
    extension: str = "atr",
    header_directory: str | Path | None = None,
) -> Annotations:
    """Read an annotation file without the signals that it belongs to.

    Positions count samples of the recording, whatever time resolution the file has.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds the annotation file.
    extension : str
        The annotation file's suffix.
    header_directory : str or Path, optional
        The folder that holds the record's header; by default the same.

    Returns
    -------
    Annotations
        Some may lie outside the recording. `sig_len` is 0 where the header does not say it.

    Raises
    ------
    EcgError
        If the header or the annotation file is missing, damaged or lies outside its folder, or the
        annotations are not in order.

    Examples
    --------
    >>> from ecgutils.paths import MITDB_DIR
    >>> annotations = read_annotations("100", MITDB_DIR)
    >>> len(annotations), annotations.symbol[:4].tolist(), annotations.aux[0]
    (2274, ['+', 'N', 'N', 'N'], '(N')
    """
    header_directory = directory if header_directory is None else header_directory
    size = read_size(name, header_directory)
    return read_sized(name, directory, extension, header_directory, size)


def read_sized(
    name: str,
    directory: str | Path,
    extension: str,
    header_directory: str | Path,
    size: tuple[float, int],
    may_be_empty: bool = False,
) -> Annotations:
    """Read annotations of a record whose sampling frequency and length are known.

    A file of zero bytes may be that of a program that found nothing.
    """
    path = own_file(directory, f"{name}.{extension}")
    content = read_bytes(path, _MAX_ANNOTATION_BYTES)
    if may_be_empty and not content:
        return Annotations.at(name, *size, [], [])
    own_header = None if Path(directory) == Path(header_directory) else path.with_suffix(".hea")
    return _decoded(content, path, own_header, name, size)


def read_annotation_file(path: Path, name: str, fs: float, sig_len: int) -> Annotations:
    """Read the annotations of a recording of any format; `path` is as `own_file` gives it."""
    content = read_bytes(path, _MAX_ANNOTATION_BYTES)
    annotations = _decoded(content, path, path.with_suffix(".hea"), name, (fs, sig_len))
    with errors_name(path):
        _check_inside(annotations)
    return annotations


def _decoded(
    content: bytes, path: Path, own_header: Path | None, name: str, size: tuple[float, int]
) -> Annotations:
    """Return what an annotation file holds, at the sampling frequency of its recording."""
    fs, sig_len = size
    with errors_name(path):
        _check_ends(content)
        marks = decode(content)
        _check_order(marks.sample)
    # Without a time resolution of its own, a file counts as the header beside it does.
    own_fs = marks.fs
    if own_fs is None and own_header is not None and own_header.exists():
        own_fs, _ = read_size(own_header.stem, own_header.parent)
    sample = marks.sample if own_fs in (None, fs) else _converted(marks.sample, fs / own_fs)
    return Annotations(name, fs, sig_len, sample, marks.symbol, marks.subtype, marks.aux)


def _converted(sample: np.ndarray, ratio: float) -> np.ndarray:
    """Count in other steps, rounded as the WFDB library does."""
    moved = np.floor(sample * ratio + 0.5)
    return np.clip(moved, -_LAST_SAMPLE, _LAST_SAMPLE).astype(np.int64)


def _check_ends(content: bytes) -> None:
    """Refuse what is no whole file."""
    if not content:
        raise EcgError("an empty file, so it is truncated; write the annotations again")
    if len(content) % 2 or not content.endswith(b"\0\0"):
        raise EcgError("does not end as an annotation file does: it is truncated")


def _check_order(sample: np.ndarray) -> None:
    """Refuse annotations that are not in order of time."""
    back = np.diff(sample) < 0
    if back.any():
        first = int(np.argmax(back)) + 1
        raise EcgError(f"annotation {first} lies before the one it follows; sort them")


def _check_inside(annotations: Annotations) -> None:
    """Refuse annotations that lie farther than `OUTSIDE_S` from the recording."""
    sample, sig_len = annotations.sample, annotations.sig_len
    outside = int(OUTSIDE_S * annotations.fs)
    if sample.size and not -outside <= sample[0] <= sample[-1] < sig_len + outside:
        raise EcgError(
            f"has annotations from sample {sample[0]} to {sample[-1]}, the recording "
            f"has samples 0 to {sig_len - 1}; is it the right recording?"
        )
