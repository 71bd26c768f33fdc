"""The ECG of EDF, EDF+ and BDF files: edfio reads them, once their sizes are checked."""

import math
import mmap
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io import guards
from ecgutils.io.channels import choose_leads
from ecgutils.io.guards import decoded, per_millivolt, printable
from ecgutils.io.record import Record

if TYPE_CHECKING:
    import edfio
    from edfio import EdfSignal

_FIXED_BYTES = 256
_VERSION, _BDF_VERSION = b"0       ", b"\xffBIOSEMI"
# Where the ends of the physical range begin and end in the header, in bytes for each signal.
_PHYSICAL_RANGE = 104, 120
_NOTES = (b"EDF Annotations", b"BDF Annotations")
_ONSET = re.compile(rb"([+-]\d{1,12}(?:\.\d{0,12})?)(?:\x15[\d.]*)?\x14")
_LONGEST_ONSET = 64
# Of a data record: what rounded times may amount to.
_OVERLAP = 1e-3
# Bytes that the header has for each signal before the numbers of samples.
_BEFORE_COUNTS = 216
# What is decoded at once, in samples of one lead.
_STRETCH_SAMPLES = 2**21
# Two digits of a year mean 1985 to 2084.
_FIRST_YEAR = 1985
_DAMAGED = "cannot be decoded, the file is damaged"
# EDF+ writes an X for what is not known.
_ANONYMOUS = re.compile(r"(Startdate)?[X ]*")


@dataclass(frozen=True)
class _Channel:
    """A signal other than annotations: edfio's, with what the choice of leads depends on."""

    signal: "EdfSignal"
    label: str
    unit: str
    samples: int


def read_edf(path: str | Path, leads: Sequence[str] = ()) -> Record:
    """Read the ECG leads of an EDF or EDF+ file, or those named, as float32, unannotated."""
    path = guards.file_inside(Path(path))
    with guards.errors_name(path):
        header, records = _check_sizes(path)
        fixed = header[:_FIXED_BYTES]
        seconds = _seconds(fixed[244:252])
        with guards.decoding(_DAMAGED):
            edf = _opened(path, header)
            channels = [_channel(i, signal) for i, signal in enumerate(edf.signals)]
        gaps = _gaps(path, header, records, seconds) if fixed[195:197] == b"+D" else []
        chosen, left_open = _choose(channels, leads)
        p_signal = guards.empty_signals(records * chosen[0].samples, len(chosen), np.float32)
        with guards.decoding(_DAMAGED):
            for column, lead in enumerate(chosen):
                _fill(p_signal[:, column], lead, records, seconds)
        fs = chosen[0].samples / seconds
        places = [(record * chosen[0].samples, round(gap * fs)) for record, gap in gaps]
        p_signal = guards.with_gaps(p_signal, places)
        if gaps:
            total = sum(gap for _, gap in gaps)
            left_open = (f"Interrupted {len(gaps)} times, {total:.6g} s together.", *left_open)
    texts = (printable(decoded(fixed[8:88])), printable(decoded(fixed[88:168])))
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=fs,
        sig_name=tuple(lead.label for lead in chosen),
        comments=tuple(text for text in texts if not _ANONYMOUS.fullmatch(text)),
        start=_start(fixed),
        remarks=left_open,
        unit_declared=tuple(per_millivolt(lead.unit) is not None for lead in chosen),
    )


def _opened(path: Path, header: bytes) -> "edfio.Edf | edfio.Bdf":
    """Open a file with edfio, with its header as it should have been written."""
    import edfio

    if _bytes_per_sample(header) == 3:
        return edfio.read_bdf(path, header_encoding="latin-1")
    with open(path, "rb") as file:
        if file.read(len(header)) == header:
            return edfio.read_edf(path, lazy_load_data=True, header_encoding="latin-1")
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    content[: len(header)] = header
    return edfio.read_edf(memoryview(content), lazy_load_data=True, header_encoding="latin-1")


def _check_sizes(path: Path) -> tuple[bytes, int]:
    """Return a header as it should be and the number of data records, which the file bears out."""
    with open(path, "rb") as file:
        fixed = _blanks(file.read(_FIXED_BYTES))
        count = _signals_declared(fixed)
        rest = _blanks(file.read(_FIXED_BYTES * count))
    data_bytes = path.stat().st_size - _FIXED_BYTES * (count + 1)
    if data_bytes < 0:
        raise EcgError("ends within its header: the file is truncated")
    fields = [rest[(_BEFORE_COUNTS * count) + 8 * i :][:8] for i in range(count)]
    samples = [_whole(f, f"number of samples of signal {i}") for i, f in enumerate(fields)]
    if 0 in samples:
        raise EcgError(f"declares no samples of signal {samples.index(0)}")
    held = data_bytes // (_bytes_per_sample(fixed) * max(sum(samples), 1))
    records = _records_declared(fixed, held)
    if _bytes_per_sample(fixed) == 3:
        guards.check_size(records, sum(samples))
    first, last = (start * count for start in _PHYSICAL_RANGE)
    ranges = rest[first:last].replace(b",", b".")
    return _points(fixed) + rest[:first] + ranges + rest[last:], records


def _blanks(header: bytes) -> bytes:
    """Put blanks where a header is padded with zeros."""
    return header.replace(b"\0", b" ")


def _points(fixed: bytes) -> bytes:
    """Put a decimal point into the duration of a data record."""
    return fixed[:244] + fixed[244:252].replace(b",", b".") + fixed[252:]


def _bytes_per_sample(header: bytes) -> int:
    return 3 if header.startswith(_BDF_VERSION) else 2


def _signals_declared(fixed: bytes) -> int:
    """Return how many signals a header declares, or refuse what does not begin as EDF does."""
    if not fixed:
        raise EcgError("an empty file")
    if not fixed.startswith((_VERSION, _BDF_VERSION)):
        raise EcgError("not an EDF or BDF file: it does not begin as one")
    if len(fixed) < _FIXED_BYTES:
        raise EcgError("ends within its header: the file is truncated")
    count = _whole(fixed[252:256], "number of signals")
    if _whole(fixed[184:192], "length of the header") != _FIXED_BYTES * (count + 1):
        raise EcgError(f"the header's length does not fit its {count} signals: damaged")
    return count


def _gaps(path: Path, header: bytes, records: int, seconds: float) -> list[tuple[int, float]]:
    """Return the data records before which something lacks, and the seconds that lack there."""
    count = len(header) // _FIXED_BYTES - 1
    labels = [header[_FIXED_BYTES + 16 * i :][:16].strip() for i in range(count)]
    fields = header[_FIXED_BYTES + _BEFORE_COUNTS * count :]
    sizes = [_bytes_per_sample(header) * int(fields[8 * i : 8 * i + 8]) for i in range(count)]
    notes = [i for i, label in enumerate(labels) if label in _NOTES]
    if not notes:
        return []
    first, size = sum(sizes[: notes[0]]), sizes[notes[0]]
    onsets = np.empty(records)
    with open(path, "rb") as file:
        for k in range(records):
            file.seek(len(header) + k * sum(sizes) + first)
            # The first note of each record is its own time.
            match = _ONSET.match(file.read(min(size, _LONGEST_ONSET)))
            if not match:
                raise EcgError(f"data record {k + 1} of an interrupted file does not say its time")
            onsets[k] = float(match[1])
    excess = np.diff(onsets) - seconds
    if np.any(excess < -_OVERLAP * seconds):
        raise EcgError(
            f"data record {int(np.argmin(excess)) + 2} begins before the one before ends"
        )
    return [(int(k) + 1, float(excess[k])) for k in np.flatnonzero(excess > _OVERLAP * seconds)]


def _records_declared(fixed: bytes, held: int) -> int:
    """Return how many data records a header declares, of which the file holds `held`."""
    # -1 is written while a recording goes on.
    is_open = fixed[236:244].strip() == b"-1"
    declared = held if is_open else _whole(fixed[236:244], "number of data records")
    if declared > held:
        raise EcgError(
            f"holds {held} data records and the header declares {declared}: "
            "the file is truncated, or the header is damaged"
        )
    if declared < 1:
        raise EcgError("a header without data")
    return declared


def _seconds(field: bytes) -> float:
    """Return the duration of a data record."""
    try:
        seconds = float(field)
    except ValueError:
        seconds = math.nan
    if not 1e-3 <= seconds <= 1e6:
        raise EcgError(f"data records of {decoded(field).strip()!r} seconds are not possible")
    return seconds


def _start(fixed: bytes) -> datetime | time | None:
    """Return when the recording began, if the header has it; a time where it hides the date."""
    try:
        clock = datetime.strptime(decoded(fixed[176:184]), "%H.%M.%S").time()
        day = datetime.strptime(decoded(fixed[168:176]), "%d.%m.%y")
    except ValueError:
        return None
    year = day.year + 100 * (day.year < _FIRST_YEAR)
    # Whoever hides the date writes the first day that there is.
    hidden = (day.day, day.month, year) == (1, 1, _FIRST_YEAR)
    return clock if hidden else datetime.combine(day.replace(year=year), clock)


def _whole(field: bytes, name: str) -> int:
    """Return a whole number of the header, which is written in digits."""
    if not re.fullmatch(rb"\d+", field.strip()):
        raise EcgError(f"{decoded(field).strip()!r} is no {name}: the header is damaged")
    return int(field)


def _channel(number: int, signal: "EdfSignal") -> _Channel:
    """Return a signal with its texts, which edfio has decoded as Latin-1."""
    texts = (signal.label, signal.physical_dimension)
    label, unit = (printable(decoded(text.encode("latin-1"))) for text in texts)
    return _Channel(signal, label or f"signal {number}", unit, signal.samples_per_data_record)


def _choose(
    channels: Sequence[_Channel], wanted: Sequence[str]
) -> tuple[list[_Channel], tuple[str, ...]]:
    """Return the leads that are read, which have one rate and a scale, and remarks."""
    if not channels:
        raise EcgError("a header without signals")
    leads = [channels[i] for i in choose_leads([(c.label, c.unit) for c in channels], wanted)]
    others = [c.label for c in channels if c not in leads]
    scaled = [c for c in leads if 1e-12 <= abs(_gain(c.signal)) <= 1e12]
    if not scaled:
        raise EcgError(f"the header gives {leads[0].label} no possible scale")
    unscaled = [c.label for c in leads if c not in scaled]
    samples = max(c.samples for c in scaled)
    slower = [c.label for c in scaled if c.samples < samples]
    leads = [c for c in scaled if c.samples == samples]
    assumed = [c.label for c in leads if per_millivolt(c.unit) is None]
    return leads, guards.remarks(
        ("Left out, because their names are not those of ECG leads: {}.", others),
        ("Left out, because the header gives them no possible scale: {}.", unscaled),
        ("Left out, because they are sampled less often than the other leads: {}.", slower),
        ("The units of {} are not declared: taken as mV.", assumed),
    )


def _gain(signal: "EdfSignal") -> float:
    """Return the units a step, or NaN if the header does not have it."""
    try:
        steps = signal.digital_max - signal.digital_min
        return (signal.physical_max - signal.physical_min) / steps
    except (ValueError, ZeroDivisionError):
        return math.nan


def _fill(column: np.ndarray, lead: _Channel, records: int, seconds: float) -> None:
    """Decode one lead into its column, shape (samples,), a stretch at a time."""
    step = max(1, _STRETCH_SAMPLES // lead.samples)
    for first in range(0, records, step):
        last = min(first + step, records)
        data = lead.signal.get_data_slice(first * seconds, last * seconds)
        column[first * lead.samples : last * lead.samples] = data / (per_millivolt(lead.unit) or 1)
