"""WFDB headers (header(5) of the WFDB manual), compared with what a recording can have."""

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io.guards import decoded, decoding, errors_name, own_file, printable

if TYPE_CHECKING:
    import wfdb

# The smallest number that the bits can hold means "no sample here", except in format 8, which
# stores differences. The last three are FLAC, whose samples have no fixed size.
BYTES_AND_BITS = {
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
"""Bytes a sample takes in a file, and the bits of a sample, for every format of signal(5)."""

GAP = "~"
"""What a header calls a segment without samples."""

# wfdb reads a header as ASCII, in which no other characters break lines.
_ASCII_LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e]")
# Name, signals, and where they are there: sampling frequency, counter frequency, samples.
_RECORD_LINE = re.compile(
    r"\S+\s+\d+(\s+(\d+\.?\d*([eE][+-]?\d+)?)(/\S*)?(\s+(\d+)(\s.*)?)?)?", re.ASCII
)
_DEFAULT_FS = 250.0
# A signal's line in a header, without a gain or with one of 0.
_NO_GAIN = re.compile(r"\S+\s+\S+(\s*$|\s+[+-]?(0+\.?0*|\.0+)([(/\s]|$))")
_MAX_HEADER_BYTES = 2**16
_MAX_HEADER_LINE = 1024


def read_header(name: str, directory: str | Path) -> "wfdb.Record | wfdb.MultiRecord":
    """Parse a header, refuse what contradicts itself, and add `path` and `uncalibrated` to it."""
    path = own_file(directory, f"{name}.hea")
    lines, comments = _lines(path)
    with errors_name(path):
        _check_lines(lines)
        plain = _plain(lines)
        with _written(path, plain if plain != lines else []) as stem, decoding("not a WFDB header"):
            import wfdb

            header = wfdb.rdheader(stem)
        _check_fs(header.fs)
        if not has_segments(header):
            _check_signals(header)
            names = enumerate(header.sig_name)
            header.sig_name = [printable(text or "") or f"signal {i}" for i, text in names]
            # For each signal, whether it has no gain.
            header.uncalibrated = [_NO_GAIN.match(line) is not None for line in lines[1:]]
    header.record_name, header.path = name, path
    # What wfdb has to be given in place of the header, or nothing.
    header.plain = plain if plain != lines else []
    header.has_length = bool(header.sig_len)
    header.comments = [printable(comment.strip("# \t")) for comment in comments]
    return header


def read_size(name: str, directory: str | Path) -> tuple[float, int]:
    """Return sampling frequency and samples of a record; 0 where its header does not say them."""
    path = own_file(directory, f"{name}.hea")
    lines, _ = _lines(path)
    with errors_name(path):
        # Where the signals lie does not matter.
        _check_lines(lines[:1])
        found = _RECORD_LINE.fullmatch(lines[0])
        if not found:
            raise EcgError(f"not a WFDB header ({lines[0]!r})")
        fs = float(found[2] or _DEFAULT_FS)
        _check_fs(fs)
    return fs, int(found[6] or 0)


def _check_fs(fs: float) -> None:
    """Refuse a sampling frequency that no recording has."""
    if not 1 <= fs <= 1e6:
        raise EcgError(f"a sampling frequency of {fs:g} Hz is not possible")


@contextmanager
def as_wfdb_reads(header: "wfdb.Record") -> Iterator[str]:
    """Give the name by which wfdb reads the signals of a header in physical units of one step."""
    lines = header.plain
    # wfdb's 32-bit integers fail for the bytes of format 61, and its physical numbers do not.
    if is_swapped(header):
        first, *signals = lines or _plain(_lines(header.path)[0])
        lines = [first, *(_with_gain_1(line) for line in signals)]
    with _written(header.path, lines, header.file_name) as stem:
        yield stem


def set_length(header: "wfdb.Record", samples: int) -> None:
    """Give a header the length that it leaves open; no checksum counts then."""
    first, *signals = header.plain or _plain(_lines(header.path)[0])
    words = [*first.split(), str(header.fs)][:3] if len(first.split()) < 3 else first.split()
    header.plain = [" ".join([*words[:3], str(samples), *words[4:]]), *signals]
    header.sig_len, header.checksum = samples, [None] * header.n_sig


def is_swapped(header: "wfdb.Record") -> bool:
    """Whether a signal has its high byte first, and wfdb has to give physical numbers."""
    return "61" in header.fmt


@contextmanager
def _written(path: Path, lines: Sequence[str], files: Sequence[str] = ()) -> Iterator[str]:
    """Write lines in place of a header into a folder with links to its files, if there are any."""
    if not lines:
        yield str(path.with_suffix(""))
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "record.hea").write_text(
            "\n".join(lines) + "\n", encoding="ascii", errors="ignore"
        )
        for file_name in dict.fromkeys(files):
            Path(folder, file_name).symlink_to(path.parent / file_name)
        yield str(Path(folder, "record"))


def _plain(lines: list[str]) -> list[str]:
    """Write lines as wfdb parses them: a bare name, times and dates as it knows them, uV."""
    name, slash, segments = lines[0].split()[0].partition("/")
    if not re.fullmatch(r"[-\w]+", name, re.ASCII):
        # The Challenge of 2021 gave the record's file for its name.
        name = "record" if re.fullmatch(r"[-\w.]+", name, re.ASCII) else name
    words = [name + slash + segments, *lines[0].split()[1:4]]
    dated = [*filter(None, map(_clock, lines[0].split()[4:]))][:1]
    dated += [*filter(None, map(_date, lines[0].split()[4:]))][:1] if dated else []
    first = " ".join([*words, *dated])
    if first.split() == lines[0].split():
        first = lines[0]
    return [first, *(re.sub("[µμ]V", "uV", line) for line in lines[1:])]


def _clock(word: str) -> str:
    """Return a time as wfdb knows it, or nothing."""
    match = re.fullmatch(r"(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,6})?", word, re.ASCII)
    is_time = match and int(match[1]) < 24 and int(match[2]) < 60 and int(match[3]) < 60
    return word if is_time else ""


def _date(word: str) -> str:
    """Return a date as wfdb knows it, day/month/year, or nothing."""
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d-%b-%Y", "%d.%m.%Y", "%Y/%m/%d"):
        with suppress(ValueError):
            return datetime.strptime(word, form).strftime("%d/%m/%Y")
    return ""


def _with_gain_1(line: str) -> str:
    """Let physical numbers be the steps of the converter."""
    words = line.split(maxsplit=3)
    return " ".join([*words[:2], "1(0)/mV", *words[3:]])


def start_of(header: "wfdb.Record | wfdb.MultiRecord") -> datetime | time | None:
    """Return when a recording began, as its header has it; a time where it has no date."""
    if header.base_date is None or header.base_time is None:
        return header.base_time
    return datetime.combine(header.base_date, header.base_time)


def names_in_header(path: Path) -> tuple[list[str], list[str]]:
    """Return the signal files and the segments, in its folder, that a header names; or none."""
    try:
        lines, _ = _lines(path)
    except (EcgError, ValueError):  # Python refuses a path with a NUL character its own way
        return [], []
    words = [line.split()[0] for line in lines]
    names = [name for name in dict.fromkeys(words[1:]) if name == os.path.basename(name) != GAP]
    return ([], names) if lines and "/" in words[0] else (names, [])


def has_segments(header: "wfdb.Record | wfdb.MultiRecord") -> bool:
    """Whether a record consists of others."""
    return getattr(header, "seg_name", None) is not None


def read_text(path: Path) -> str:
    """Return the text of a header, or of another list of names."""
    return decoded(read_bytes(path, _MAX_HEADER_BYTES))


def _lines(path: Path) -> tuple[list[str], list[str]]:
    """Return the lines of a header that describe the record, and its comments."""
    lines = list(filter(None, map(str.strip, _ASCII_LINE_BREAK.split(read_text(path)))))
    comments = [line for line in lines if line.startswith("#")]
    return [line for line in lines if not line.startswith("#")], comments


def _check_lines(lines: list[str]) -> None:
    """Refuse, before wfdb parses them, lines that it would take for something else."""
    if not lines:
        raise EcgError("an empty header")
    for line in lines:
        # wfdb's patterns take time that grows with the square of a line's length.
        if len(line) > _MAX_HEADER_LINE:
            raise EcgError(f"a line of {len(line)} characters: not a WFDB header")
        # wfdb skips what is not ASCII, and so would find other files.
        if not re.sub("[µμ]V", "uV", " ".join(line.split()[:3])).isascii():
            raise EcgError(f"{line!r} is not plain ASCII; rename files")
    for line in lines[1:]:
        file_name = line.split()[0]
        if re.search(r"[/\\:]|\.\.", file_name):
            raise EcgError(f"names a file outside its own folder ({file_name}): refused")


def _check_signals(header: "wfdb.Record") -> None:
    """Refuse a header whose signals are beyond what a recording can have."""
    if not header.n_sig or header.file_name is None:
        raise EcgError("a header without signals")
    if len(header.file_name) != header.n_sig:
        raise EcgError(f"declares {header.n_sig} signals and describes {len(header.file_name)}")
    for i in range(header.n_sig):
        if header.fmt[i] not in BYTES_AND_BITS:
            raise EcgError(f"signal {i}: unknown signal format {header.fmt[i]}")
        if not 1e-6 <= abs(header.adc_gain[i]) <= 1e12:
            raise EcgError(f"signal {i}: a gain of {header.adc_gain[i]:g} is not possible")
        if abs(header.baseline[i]) >= 2**31:
            raise EcgError(f"signal {i}: a baseline of {header.baseline[i]} is not possible")
        if header.samps_per_frame[i] < 1:
            raise EcgError(f"signal {i}: declares {header.samps_per_frame[i]} samples a frame")
