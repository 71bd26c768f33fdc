"""Holter recordings in ISHNE's format (Badilini, Ann Noninvasive Electrocardiol 3:263, 1998)."""

import binascii
import struct
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io import guards
from ecgutils.io.guards import decoded, printable
from ecgutils.io.record import Annotations, Record
from ecgutils.io.wfdb_annotations import OUTSIDE_S

MAGIC = b"ISHNE1.0"
MAGIC_OF_ANNOTATIONS = b"ANN  1.0"

# What comes before the block of variable length; the checksum is that of all after itself.
_FIXED_BYTES, _CHECKED_FROM = 522, 10
_NO_SAMPLE = -(2**15)
_NANOVOLTS_PER_MILLIVOLT = 1e6
_MOST_LEADS = 12
_LEADS = (
    *("", "", "X", "Y", "Z", "I", "II", "III", "aVR", "aVL", "aVF"),
    *("V1", "V2", "V3", "V4", "V5", "V6", "ES", "AS", "AI"),
)
_SEXES = {1: "M", 2: "F"}
# What is decoded at once, in samples of all leads.
_STRETCH_SAMPLES = 2**22

_MAX_ANNOTATION_BYTES = 2**24
# To WFDB's symbols; bundle branch block is of class N. Left out are calibration, and "!", which
# only carries an interval on that is longer than 16 bits.
_SYMBOLS = {"N": "N", "V": "V", "S": "S", "B": "N", "P": "/", "X": "|", "U": "Q"}
_NO_BEATS = "C!"


@dataclass(frozen=True)
class _Header:
    """What a header declares, as far as it is used, with nothing compared yet."""

    samples: int
    first: int
    leads: tuple[str, ...]
    # Of each lead, nV a step.
    resolution: tuple[int, ...]
    fs: int
    start: datetime | time | None
    comments: tuple[str, ...]
    fits_checksum: bool


def read_ishne(path: str | Path, fs: float | None = None) -> Record:
    """Read a Holter recording as float32, NaN where a lead was off; `fs` stands in for a rate."""
    path = guards.file_inside(Path(path))
    with guards.errors_name(path):
        header = _header(path, MAGIC)
        samples, on_size = _samples(header, path.stat().st_size)
        fs = header.fs or fs
        if not fs:
            raise EcgError("does not say its rate; give the sampling frequency in Hz with --fs")
        scaled = [k for k, step in enumerate(header.resolution) if step]
        if not scaled:
            raise EcgError("the header gives no lead a resolution: damaged")
        p_signal = _signals(path, header, samples, scaled)
    unscaled = [header.leads[k] for k in range(len(header.leads)) if k not in scaled]
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=float(fs),
        sig_name=tuple(header.leads[k] for k in scaled),
        comments=header.comments,
        start=header.start,
        remarks=(
            *guards.remarks(("Left out, because they have no resolution: {}.", unscaled)),
            *on_size,
            *["The header's checksum is not its own: it was changed."] * (not header.fits_checksum),
        ),
    )


def read_ishne_annotations(path: Path, name: str, fs: float, sig_len: int) -> Annotations:
    """Read the beats of a recording from ISHNE's file of annotations beside it."""
    content = read_bytes(path, _MAX_ANNOTATION_BYTES)
    with guards.errors_name(path):
        header = _header(path, MAGIC_OF_ANNOTATIONS)
        if header.fs and header.fs != fs:
            raise EcgError(f"its positions count at {header.fs} Hz, the recording's at {fs:g} Hz")
        rest = content[header.first :]
        if len(rest) < 4 or len(rest) % 4:
            raise EcgError("ends within an annotation: it is truncated")
        marks = np.frombuffer(rest, [("label", "S1"), ("own", "S1"), ("interval", "<u2")], offset=4)
        start = int.from_bytes(rest[:4], "little")
        sample = start + np.cumsum(marks["interval"], dtype=np.int64)
        if sample.size and not sample[-1] < sig_len + round(OUTSIDE_S * fs):
            raise EcgError(
                f"has a beat at sample {sample[-1]}, the recording has {sig_len} samples"
            )
    labels = [decoded(label) for label in marks["label"]]
    kept = [k for k, label in enumerate(labels) if label not in _NO_BEATS]
    symbols = [_SYMBOLS.get(labels[k], "Q") for k in kept]
    return Annotations.at(name, fs, sig_len, sample[kept], symbols)


def _header(path: Path, magic: bytes) -> _Header:
    """Read a header; where it ends is compared with the file, and nothing else."""
    with open(path, "rb") as file:
        fixed = file.read(_FIXED_BYTES)
        if not fixed:
            raise EcgError("an empty file")
        if not fixed.startswith(magic):
            raise EcgError("not a file of ISHNE 1.0: it does not begin as one")
        if len(fixed) < _FIXED_BYTES:
            raise EcgError("ends within its header: the file is truncated")
        _, samples, _, first = struct.unpack_from("<4i", fixed, 10)
        if not _FIXED_BYTES <= first <= path.stat().st_size:
            raise EcgError(f"the header has the signals begin at byte {first}: it is damaged")
        variable = file.read(first - _FIXED_BYTES)
    count = _word(fixed, 156)
    if not 1 <= count <= _MOST_LEADS:
        raise EcgError(f"the header declares {count} leads, and 1 to {_MOST_LEADS} are possible")
    codes = struct.unpack_from(f"<{count}H", fixed, 158)
    sum_of_header = binascii.crc_hqx(fixed[_CHECKED_FROM:] + variable, 0xFFFF)
    return _Header(
        samples=samples,
        first=first,
        leads=guards.unique_names(_lead(k, code) for k, code in enumerate(codes, 1)),
        resolution=struct.unpack_from(f"<{count}H", fixed, 206),
        fs=_word(fixed, 272),
        start=_start(fixed),
        comments=_comments(fixed),
        # Not all recorders write one.
        fits_checksum=_word(fixed, 8) in (0, sum_of_header),
    )


def _samples(header: _Header, size: int) -> tuple[int, tuple[str, ...]]:
    """Return the samples of each lead, which the file bears out, and a remark."""
    leads = len(header.leads)
    values = (size - header.first) // 2
    held = values // leads
    # Some recorders count those of all leads together, and some leave the count open.
    declared = header.samples // leads if header.samples == values else header.samples
    if declared <= 0 and held:
        return held, (guards.NO_LENGTH,)
    if not 0 < declared <= held:
        raise EcgError(
            f"holds {held} samples of {leads} leads and the header declares {declared}: "
            "the file is truncated, or the header is damaged"
        )
    return declared, ()


def _signals(path: Path, header: _Header, samples: int, chosen: list[int]) -> np.ndarray:
    """Return some leads in mV, shape (samples, leads), decoded a stretch at a time."""
    count = len(header.leads)
    p_signal = guards.empty_signals(samples, len(chosen), np.float32)
    step = _STRETCH_SAMPLES // count
    with open(path, "rb") as file:
        file.seek(header.first)
        for start in range(0, samples, step):
            stretch = np.fromfile(file, "<i2", min(step, samples - start) * count)
            stretch = stretch.reshape(-1, count)
            for column, k in enumerate(chosen):
                lead = stretch[:, k] * (header.resolution[k] / _NANOVOLTS_PER_MILLIVOLT)
                lead[stretch[:, k] == _NO_SAMPLE] = np.nan
                p_signal[start : start + len(lead), column] = lead
    return p_signal


def _lead(number: int, code: int) -> str:
    """Return the name of a lead; the first codes mean "unknown" and "generic"."""
    return (_LEADS[code] if code < len(_LEADS) else "") or f"lead {number}"


def _start(fixed: bytes) -> datetime | time | None:
    """Return when the recording began, as far as the header has it."""
    try:
        clock = time(*struct.unpack_from("<3h", fixed, 150))
    except ValueError:
        return None
    day = _date(fixed, 138)
    return clock if day is None else datetime.combine(day, clock)


def _comments(fixed: bytes) -> tuple[str, ...]:
    """Return the patient's age and sex, as far as the header has them; a name is left out."""
    born, recorded = _date(fixed, 132), _date(fixed, 138)
    sex = _SEXES.get(_word(fixed, 128))
    comments = [] if sex is None else [f"Sex: {sex}"]
    if born and recorded and born < recorded:
        birthday_to_come = (recorded.month, recorded.day) < (born.month, born.day)
        comments.insert(0, f"Age: {recorded.year - born.year - birthday_to_come}")
    return tuple(comments)


def _date(fixed: bytes, offset: int) -> date | None:
    day, month, year = struct.unpack_from("<3h", fixed, offset)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _word(fixed: bytes, offset: int) -> int:
    return struct.unpack_from("<H", fixed, offset)[0]
