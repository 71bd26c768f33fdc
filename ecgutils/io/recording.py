"""A recording of one's own, of whatever kind: WFDB, or one of those in `io.formats`."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ecgutils.errors import EcgError
from ecgutils.io.csv_table import FS_TOLERANCE
from ecgutils.io.foreign import foreign_kind
from ecgutils.io.formats import (
    FORMATS,
    SUFFIXES,
    first_bytes,
    format_of,
    header_of,
    is_known_by_bytes,
)
from ecgutils.io.guards import errors_name, own_file, printable, unique_names
from ecgutils.io.ishne import MAGIC_OF_ANNOTATIONS, read_ishne_annotations
from ecgutils.io.record import Record
from ecgutils.io.wfdb_annotations import read_annotation_file
from ecgutils.io.wfdb_segments import read_wfdb

# Below, waves are too coarse to be distinguished. Above, no recorder samples a surface ECG.
_LOWEST_FS, _HIGHEST_FS = 100, 1000


def read_recording(
    path: str | Path,
    fs: float | None = None,
    beats: str | None = None,
    leads: Sequence[str] = (),
) -> Record:
    """Read a recording that may come from anywhere.

    Parameters
    ----------
    path : str or Path
        A file of a kind in `ecgutils.io.formats`: EDF, BDF, ISHNE Holter, DICOM, HL7 aECG, MATLAB,
        or a table of text with one column a lead. Its first bytes tell, or else its suffix.
        Of a WFDB record, its header, a file of its signals, or its name without suffix.
    fs : float, optional
        Sampling frequency in Hz, which counts before that of the file. A text file needs it, unless
        it says it itself.
    beats : str, optional
        Suffix of an annotation file beside the recording, such as ``"atr"``, of WFDB or ISHNE,
        whose positions count the recording's samples. Read only if given.
    leads : sequence of str
        Names of channels that are wanted. Of a channel that is not named here, its name may say
        that it is no electrocardiogram, and it is left out.

    Returns
    -------
    Record
        `p_signal` is float32, in mV, NaN where a sample is missing; no two leads have one name;
        `remarks` describes how the file was understood where it leaves that open.

    Raises
    ------
    EcgError
        If a file is missing, damaged, of another kind, or holds no two samples. If it is not
        sampled at 100 to 1000 Hz, or its annotations do not fit or mark no beat.

    Examples
    --------
    >>> from ecgutils.paths import MITDB_DIR
    >>> record = read_recording(MITDB_DIR / "100", beats="atr")
    >>> record.name, record.sig_name, record.fs
    ('100', ('MLII', 'V5'), 360.0)
    >>> len(record.annotations.beats)
    2273
    """
    path = Path(path)
    with errors_name(path):
        if fs is not None:
            _check_fs(fs, "is the number given in Hz?")
    kind, name = format_of(path), path.stem
    if header_of(path) is None and not is_known_by_bytes(path):
        _check_foreign(path)
    if kind is None:
        name = _wfdb_name(path)
        record = read_wfdb(name, path.parent)
    else:
        given = {"fs": fs, "leads": leads, "is_whole": beats is not None}
        record = kind.read(path, **{option: given[option] for option in kind.options})
    with errors_name(path):
        _check(record, fs)
    record = replace(record, name=printable(name), sig_name=unique_names(record.sig_name))
    if beats is not None:
        record = _with_beats(record, path.parent, name, beats)
    return record if fs is None else _at(record, fs)


def _check_foreign(path: Path) -> None:
    """Refuse a file that begins as one of a kind that is not read, whatever its name is."""
    foreign = foreign_kind(first_bytes(path))
    if foreign:
        raise EcgError(f"{path}: {foreign}")


def _wfdb_name(path: Path) -> str:
    """Return the name of the WFDB record that is meant; it may hold a dot."""
    if os.path.isdir(path):
        raise EcgError(f"{path}: a folder; name a recording in it")
    header = header_of(path)
    if header is not None:
        return header.stem
    if os.path.isfile(path):
        kinds = ", ".join(f"{kind.name} ({', '.join(kind.all_suffixes)})" for kind in FORMATS)
        raise EcgError(
            f"{path}: not a kind of recording that is read: WFDB (no {path.stem}.hea is beside it),"
            f" {kinds}"
        )
    for other in (path.with_name(path.name + suffix) for suffix in SUFFIXES):
        if os.path.lexists(other):
            raise EcgError(f"{path}: no such WFDB record; did you mean {other.name}?")
    return path.name


def _check(record: Record, fs: float | None) -> None:
    """Refuse what cannot be a recording."""
    if len(record.p_signal) < 2:
        raise EcgError("holds fewer than two samples: not a recording")
    if fs is None:
        _check_fs(record.fs, "resample the recording")


def _at(record: Record, fs: float) -> Record:
    """Return the recording at a frequency that counts before its own, and say so."""
    said = f"The sampling frequency, {fs:g} Hz, was given; the file's own, {record.fs:g} Hz, does"
    remarks = () if abs(fs - record.fs) <= FS_TOLERANCE * record.fs else (f"{said} not count.",)
    marks = replace(record.annotations, fs=float(fs))
    remarks += record.remarks
    return replace(record, fs=float(fs), annotations=marks, remarks=remarks)


def _check_fs(fs: float, advice: str) -> None:
    if not _LOWEST_FS <= fs <= _HIGHEST_FS:
        limits = f"only {_LOWEST_FS} to {_HIGHEST_FS} Hz are read"
        raise EcgError(f"a sampling frequency of {fs:g} Hz, and {limits}; {advice}")


def _with_beats(record: Record, directory: Path, name: str, extension: str) -> Record:
    """Return the recording with the annotations of a file beside it."""
    if not re.fullmatch(r"\w+", extension):
        raise EcgError(
            f"{directory / name}: {extension!r} is not the suffix of an annotation file: letters "
            "and digits, as in atr"
        )
    path = own_file(directory, f"{name}.{extension}")
    size = name, record.fs, len(record.p_signal)
    if first_bytes(path).startswith(MAGIC_OF_ANNOTATIONS):
        read = read_ishne_annotations(path, *size)
    else:
        read = read_annotation_file(path, *size)
    if not len(read.beats):
        raise EcgError(f"{path}: none of its {len(read)} annotations marks a beat")
    return replace(record, annotations=read)
