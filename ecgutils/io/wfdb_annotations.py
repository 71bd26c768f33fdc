"""WFDB annotation files (annot(5) of the WFDB manual), compared with their recording."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io.guards import decoding, errors_name, own_file, printable
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_header import read_header

if TYPE_CHECKING:
    import wfdb

_MAX_ANNOTATION_BYTES = 2**24

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

    Raises
    ------
    EcgError
        If the header or the annotation file is missing, damaged or lies outside its folder. If
        the annotations are not in order, at another sampling frequency, or more than
        :data:`OUTSIDE_S` before or after the recording.

    Examples
    --------
    >>> from ecgutils.paths import MITDB_DIR
    >>> annotations = read_annotations("100", MITDB_DIR)
    >>> len(annotations), annotations.symbol[:4].tolist(), annotations.aux[0]
    (2274, ['+', 'N', 'N', 'N'], '(N')
    """
    header = read_header(name, directory if header_directory is None else header_directory)
    if not header.sig_len:
        raise EcgError(
            f"{header.path}: does not say how many samples there are; add it to the first line"
        )
    path = own_file(directory, f"{name}.{extension}")
    return read_annotation_file(path, name, float(header.fs), header.sig_len)


def read_annotation_file(
    path: Path, name: str, fs: float, sig_len: int, per_frame: int = 1
) -> Annotations:
    """Read the annotations of a recording of any format; `path` is as `own_file` gives it.

    They may count frames of `per_frame` samples.
    """
    # wfdb takes the sampling frequency from a header beside the annotations, whatever it holds.
    if path.with_suffix(".hea").exists():
        read_header(path.stem, path.parent)
    content = read_bytes(path, _MAX_ANNOTATION_BYTES)
    with errors_name(path):
        _check_content(content)
        with decoding("not an annotation file, or a damaged one"):
            import wfdb

            elements = ["symbol", "label_store"]
            stem, suffix = str(path.with_suffix("")), path.suffix[1:]
            annotation = wfdb.rdann(stem, suffix, return_label_elements=elements)
        if per_frame > 1 and annotation.fs in (None, fs / per_frame):
            annotation.sample, annotation.fs = annotation.sample * per_frame, fs
        _check_annotation(annotation, fs, sig_len)
    codes_and_symbols = zip(annotation.label_store, annotation.symbol, strict=True)
    symbol = [s if isinstance(s, str) else f"[{code}]" for code, s in codes_and_symbols]
    aux = np.array([printable(note) for note in annotation.aux_note], dtype=object)
    marks = Annotations.at(name, fs, sig_len, annotation.sample, symbol)
    return replace(marks, subtype=annotation.subtype, aux=aux)


def _check_content(content: bytes) -> None:
    """Refuse what is no whole file, and notes that define more than the file's time resolution."""
    # wfdb.rdann never returns from a definition that it does not know, or from a second one.
    if not content:
        raise EcgError("an empty file, so it is truncated; write the annotations again")
    if len(content) % 2 or not content.endswith(b"\0\0"):
        raise EcgError("does not end as an annotation file does: it is truncated")
    # A note is its length, the code 63 in the upper six bits of the next byte, and its text.
    definition = re.compile(rb"(?=(.)[\xfc-\xff]## (time resolution: \d)?)", re.DOTALL)
    found = definition.findall(content)
    for length, known in found:
        if len(found) > 1 or not known or length[0] < len("## " + "time resolution: 1"):
            raise EcgError("defines annotation types of its own, which are not read")


def _check_annotation(annotation: "wfdb.Annotation", fs: float, sig_len: int) -> None:
    """Refuse notes that are not those of the annotations, and positions not in the recording."""
    sample = annotation.sample
    # A damaged file can give one annotation two notes, which shifts all notes after it.
    if not len(annotation.aux_note) == len(annotation.subtype) == len(sample):
        raise EcgError("more notes or subtypes than annotations: the file is damaged")
    if annotation.fs is not None and annotation.fs != fs:
        raise EcgError(
            f"its positions count at {annotation.fs:g} Hz, the recording is sampled at {fs:g} Hz; "
            "convert one to the other's"
        )
    outside = int(OUTSIDE_S * fs)
    if sample.size and not -outside <= sample.min() <= sample.max() < sig_len + outside:
        raise EcgError(
            f"has annotations from sample {sample.min()} to {sample.max()}, the recording "
            f"has samples 0 to {sig_len - 1}; is it the right recording?"
        )
    if np.any(np.diff(sample) < 0):
        first = int(np.argmax(np.diff(sample) < 0)) + 1
        raise EcgError(f"annotation {first} lies before the one it follows; sort them")
