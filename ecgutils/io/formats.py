"""The kinds of files that a recording may come in, and how each is told from the others."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ecgutils.errors import EcgError
from ecgutils.io.aecg import read_aecg
from ecgutils.io.csv_table import read_csv
from ecgutils.io.dicom import read_dicom
from ecgutils.io.edf import read_edf
from ecgutils.io.guards import file_inside
from ecgutils.io.ishne import MAGIC, read_ishne
from ecgutils.io.matlab import read_matlab
from ecgutils.io.record import Record
from ecgutils.io.wfdb_header import names_in_header

# Enough for the first element of XML after a preamble.
_FIRST_BYTES = 4096


@dataclass(frozen=True)
class Format:
    """A kind of file that holds a whole recording; WFDB, with its several files, is none."""

    name: str
    suffixes: tuple[str, ...]
    read: Callable[..., Record]
    # What is used of such a file, for readers.
    used: str
    # Which of `fs`, `leads` and `is_whole` the reader takes.
    options: tuple[str, ...] = ()
    # How the file begins; None where that says nothing.
    start: re.Pattern[bytes] | None = None
    # Suffixes that files of many other kinds have, too.
    shared_suffixes: tuple[str, ...] = ()
    # Whether it always says its rate; the others tell where they found one.
    declares_rate: bool = True

    @property
    def all_suffixes(self) -> tuple[str, ...]:
        """Every suffix of such files."""
        return self.suffixes + self.shared_suffixes


TEXT = Format(
    "text",
    (".csv", ".tsv"),
    read_csv,
    "a column a lead; rate, unit and lead of the header",
    ("fs", "leads", "is_whole"),
    shared_suffixes=(".txt",),
    declares_rate=False,
)
FORMATS = (
    Format(
        "EDF or BDF",
        (".edf", ".rec", ".bdf"),
        read_edf,
        "the ECG at its own rate; interruptions (EDF+D) are gaps",
        ("leads",),
        # A version, then date, time and the header's length in digits.
        re.compile(rb"0 {7}.{160}\d\d.\d\d.\d{4}.\d\d.\d\d\d|\xffBIOSEMI", re.DOTALL),
    ),
    Format(
        "ISHNE Holter",
        (".ecg",),
        read_ishne,
        "the leads, and the beats of `.ann` with `--beats ann`",
        ("fs",),
        re.compile(re.escape(MAGIC)),
    ),
    Format(
        "DICOM",
        (".dcm", ".dicom"),
        read_dicom,
        "the rhythm, not the median beats",
        ("fs", "leads"),
        re.compile(rb".{128}DICM", re.DOTALL),
    ),
    Format(
        "MATLAB",
        (".mat",),
        read_matlab,
        "the longest arrays, the rate of `fs` and the like; beside a header, what that says",
        ("fs", "leads"),
        re.compile(rb"MATLAB (5\.0|7\.3) MAT-file|(.{512})?\x89HDF", re.DOTALL),
        declares_rate=False,
    ),
    Format(
        "HL7 aECG",
        (),
        read_aecg,
        "the rhythm, not what was derived from it",
        ("fs", "leads"),
        re.compile(rb"(\xef\xbb\xbf)?\s*<(.*[<:])?AnnotatedECG\b", re.DOTALL),
        shared_suffixes=(".xml",),
    ),
    TEXT,
)
"""Every kind, in the order in which files are compared with them."""

CERTAIN_SUFFIXES = tuple(suffix for kind in FORMATS for suffix in kind.suffixes)
"""Ends of names in small letters; files of other kinds hardly have them."""

SUFFIXES = tuple(suffix for kind in FORMATS for suffix in kind.all_suffixes)
"""All ends of names, in small letters, that tell a kind where the first bytes do not."""

# A line of numbers, or of words and numbers, as tables have it.
_ROW = re.compile(rb"^[ \t]*[-+\d.,][-+\d.eE,;: \t\"]*\r?$", re.MULTILINE)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")


def format_of(path: Path) -> Format | None:
    """Return the kind of a file by its first bytes, or else by its name; None for WFDB's files."""
    if header_of(path) is not None:
        return None
    start = first_bytes(path)
    suffix = path.suffix.lower()
    by_name = [k for k in FORMATS if suffix in k.all_suffixes]
    return _by_bytes(start) or next(iter(by_name), TEXT if _is_table(start) else None)


def is_known_by_bytes(path: Path) -> bool:
    """Whether a file's first bytes are those of a recording, whatever its name is."""
    return _by_bytes(first_bytes(path)) is not None


def header_of(path: Path) -> Path | None:
    """Return the header of a WFDB record that is named by it, by its bare name or by a file."""
    if path.suffix.lower() == ".hea":
        return path
    for name in (path.name, path.stem):
        header = path.with_name(f"{name}.hea")
        if os.path.lexists(header):
            is_own = path.suffix.lower() not in SUFFIXES or _names(header, path)
            return header if is_own else None
    return None


def first_bytes(path: Path) -> bytes:
    """Return how a file begins; nothing of what cannot be read, or might never end."""
    try:
        with open(file_inside(path), "rb") as file:
            return file.read(_FIRST_BYTES)
    # Whoever reads the file tells what is wrong.
    except (EcgError, OSError):
        return b""


def _names(header: Path, path: Path) -> bool:
    """Whether a header has a file among those of its signals."""
    is_plain = header.is_file() and not header.is_symlink()
    return is_plain and path.name in names_in_header(header)[0]


def _by_bytes(start: bytes) -> Format | None:
    return next((kind for kind in FORMATS if kind.start and kind.start.match(start)), None)


def _is_table(start: bytes) -> bool:
    """Whether bytes may be those of a table of text, as far as one can see."""
    return not _NOT_TEXT.search(start) and len(_ROW.findall(start)) > 1
