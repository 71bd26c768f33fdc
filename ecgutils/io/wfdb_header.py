"""TODO."""

import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io.guards import own_file, printable

if TYPE_CHECKING:
    import wfdb


# Bytes a sample takes in a file, and the bits of a sample, for every format of WFDB's signal(5).
# The smallest number that the bits can hold means "no sample here", except in format 8, which
# stores differences. The last three are FLAC, whose samples have no fixed size.
_BYTES_AND_BITS = {
    "8": (1, None),
    "16": (2, 16),
    "24": (3, 24),
    "32": (4, 32),
    "61": (2, 16),
    "80": (1, 8),
    "160": (2, 16),
    "212": (3 / 2, 12),
    "310": (4 / 3, 10),
    "311": (4 / 3, 10),
    "508": (None, 8),
    "516": (None, 16),
    "524": (None, 24),
}


# wfdb reads a header as ASCII, in which no other characters break lines.
_ASCII_LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e]")


# A signal's line in a header, without a gain or with one of 0.
_NO_GAIN = re.compile(r"\S+\s+\S+(\s*$|\s+[+-]?(0+\.?0*|\.0+)([(/\s]|$))")


_MAX_HEADER_BYTES = 2**16


_MAX_HEADER_LINE = 1024


def _read_text(path: Path) -> str:
    """Return the text of a header, which in practice is ASCII, UTF-8 or Latin-1."""
    content = read_bytes(path, _MAX_HEADER_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _ask_wfdb(
    complaint: str, function: str, *arguments: str, **options: bool | int | list[str]
) -> "wfdb.Record | wfdb.Annotation":
    """Call wfdb, which raises and warns whatever its parsing of a damaged file runs into."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import wfdb

        try:
            return getattr(wfdb, function)(*arguments, **options)
        except Exception as error:
            detail = str(error) or type(error).__name__
            raise EcgError(f"{complaint} ({detail})") from error


def read_header(name: str, directory: str | Path) -> "wfdb.Record | wfdb.MultiRecord":
    """Parse a header and refuse what contradicts itself, before any other file is looked at.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds the header.

    Returns
    -------
    wfdb.Record or wfdb.MultiRecord
        The latter of a record of several segments.

    Raises
    ------
    EcgError
        If there is no such header, or it is damaged, impossible or names files elsewhere.
    """
    path = own_file(directory, f"{name}.hea")
    lines = [line.strip() for line in _ASCII_LINE_BREAK.split(_read_text(path))]
    fields = [line for line in lines if line and not line.startswith("#")]
    _check_header_lines(path, fields)
    header = _ask_wfdb(f"{path}: not a WFDB header", "rdheader", str(path)[: -len(".hea")])
    _check_header(path, header)
    header.record_name = name
    if not has_segments(header):
        header.sig_name = [
            printable(sig_name or "") or f"signal {i}" for i, sig_name in enumerate(header.sig_name)
        ]
        header.uncalibrated = [_NO_GAIN.match(line) is not None for line in fields[1:]]
    header.comments = [printable(line.strip("# \t")) for line in lines if line.startswith("#")]
    return header


def has_segments(header: "wfdb.Record | wfdb.MultiRecord") -> bool:
    """Tell whether a record consists of others.

    Parameters
    ----------
    header : wfdb.Record or wfdb.MultiRecord

    Returns
    -------
    bool
    """
    return getattr(header, "seg_name", None) is not None


def _check_header_lines(path: Path, lines: list[str]) -> None:
    """Refuse, before wfdb parses them, lines that it would take for something else."""
    if not lines:
        raise EcgError(f"{path}: an empty header")
    for line in lines:
        # wfdb's patterns take time that grows with the square of a line's length.
        if len(line) > _MAX_HEADER_LINE:
            raise EcgError(f"{path}: a line of {len(line)} characters: not a WFDB header")
        # wfdb skips what is not ASCII, so that microvolts written with the sign become volts.
        if not " ".join(line.split()[:3]).isascii():
            raise EcgError(
                f"{path}: {line!r} is not plain ASCII; write microvolts as uV, and rename files"
            )
    for line in lines[1:]:
        file_name = line.split()[0]
        if re.search(r"[/\\:]|\.\.", file_name):
            raise EcgError(f"{path}: names a file outside its own folder ({file_name}): refused")


def _check_header(path: Path, header: "wfdb.Record") -> None:
    """Refuse a header whose fields are beyond what a recording can have."""
    if not 1 <= header.fs <= 1e6:
        raise EcgError(f"{path}: a sampling frequency of {header.fs:g} Hz is not possible")
    if has_segments(header):
        return
    if not header.n_sig or header.file_name is None:
        raise EcgError(f"{path}: a header without signals")
    if len(header.file_name) != header.n_sig:
        raise EcgError(
            f"{path}: declares {header.n_sig} signals and describes {len(header.file_name)}"
        )
    if not header.sig_len:
        raise EcgError(f"{path}: does not say how many samples there are; add it to the first line")
    for channel in range(header.n_sig):
        _check_signal(path, header, channel)


def _check_signal(path: Path, header: "wfdb.Record", channel: int) -> None:
    """Refuse the description of one signal if its numbers are impossible."""
    where = f"{path}: signal {channel}"
    if header.fmt[channel] not in _BYTES_AND_BITS:
        raise EcgError(f"{where}: unknown signal format {header.fmt[channel]}")
    if not 1e-6 <= abs(header.adc_gain[channel]) <= 1e12:
        raise EcgError(f"{where}: a gain of {header.adc_gain[channel]:g} is not possible")
    if abs(header.baseline[channel]) >= 2**31:
        raise EcgError(f"{where}: a baseline of {header.baseline[channel]} is not possible")
    if header.samps_per_frame[channel] < 1:
        raise EcgError(f"{where}: declares {header.samps_per_frame[channel]} samples a frame")
    if (header.skew[channel] or 0) > header.sig_len:
        raise EcgError(f"{where}: a skew of {header.skew[channel]} is longer than the signal")
