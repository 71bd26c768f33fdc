"""Reading the ECG of a file in the European Data Format, EDF or EDF+ (edfplus.info).

The header is compared with the size of the file before edfio, which does the decoding, sees it.
"""

import math
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import reason
from ecgutils.io.guards import empty_signals, file_inside, may_be_voltage, per_millivolt, printable
from ecgutils.io.record import Record

if TYPE_CHECKING:
    from edfio import Edf

_FIXED_BYTES = 256
_VERSION = b"0       "
# What is decoded at once, in samples of one lead.
_STRETCH_SAMPLES = 2**21
# Bytes that the header of each signal gives to a field, in the order of the fields.
_FIELDS = {
    "label": 16,
    "transducer": 80,
    "unit": 8,
    "physical_min": 8,
    "physical_max": 8,
    "digital_min": 8,
    "digital_max": 8,
    "prefiltering": 80,
    "samples": 8,
    "reserved": 32,
}
_ANNOTATIONS = "EDF Annotations"
# EDF+ writes an X for what is not known.
_ANONYMOUS = re.compile(r"(Startdate)?[X ]*")

# The leads' names in EDF ("ECG II"), in WFDB ("MLII") and in sleep laboratories ("EKG1-EKG2").
_ECG_LABEL = re.compile(
    r"(ecg|ekg).*|(i{1,3}|av[rlf]|m?v[1-9]r?|ml(i{1,3}|[1-6])|mcl[1-6]|cm[1-6]|cc5)([- _].*)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Header:
    """What is needed of a header, once the size of the file has borne it out."""

    comments: tuple[str, ...]
    records: int
    record_seconds: float
    discontinuous: bool
    signals: tuple["_Signal", ...]


@dataclass(frozen=True)
class _Signal:
    """What the header says of an ordinary signal; `index` counts those, as edfio does."""

    index: int
    label: str
    unit: str
    samples: int
    gain: float


def read_edf(path: str | Path) -> Record:
    """Read the ECG leads of an EDF or EDF+ file.

    Channels whose label names an ECG lead; without any, all voltages. Of channels sampled at
    several frequencies, those at the highest. Annotations are not read.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    Record
        Signals in mV as float32, shape (samples, leads). What the file says of patient and
        recording is in `comments`; what was left out or taken for granted in `remarks`.

    Raises
    ------
    EcgError
        If the file is missing, not EDF, damaged, truncated, interrupted, or without a voltage.
    """
    path = file_inside(Path(path))
    header = _read_header(path)
    leads, remarks = _choose(path, header)
    p_signal = empty_signals(path, header.records * leads[0].samples, len(leads), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import edfio

        try:
            edf = edfio.read_edf(path, lazy_load_data=True, header_encoding="latin-1")
            interrupted = header.discontinuous and not edf.is_continuous
            for column, lead in enumerate(leads):
                _fill(p_signal[:, column], edf, header, lead)
        # edfio raises whatever its parsing of a damaged file runs into.
        except Exception as error:
            detail = str(error) or type(error).__name__
            raise EcgError(f"{path}: cannot be decoded, the file is damaged ({detail})") from error
    if interrupted:
        raise EcgError(
            f"{path}: an interrupted recording (EDF+D), which is not read; "
            "export it as continuous (EDF+C), or each piece by itself"
        )
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=leads[0].samples / header.record_seconds,
        sig_name=tuple(printable(lead.label) for lead in leads),
        comments=header.comments,
        remarks=remarks,
        unit_declared=tuple(per_millivolt(lead.unit) is not None for lead in leads),
    )


def _fill(column: np.ndarray, edf: "Edf", header: _Header, lead: _Signal) -> None:
    """Decode one lead into its column, a stretch at a time."""
    signal = edf.signals[lead.index]
    step = max(1, _STRETCH_SAMPLES // lead.samples)
    for first in range(0, header.records, step):
        last = min(first + step, header.records)
        data = signal.get_data_slice(first * header.record_seconds, last * header.record_seconds)
        column[first * lead.samples : last * lead.samples] = data / (per_millivolt(lead.unit) or 1)


def _read_header(path: Path) -> _Header:
    """Read a header and refuse it unless the file is as long as it says."""
    try:
        with open(path, "rb") as file:
            fixed = file.read(_FIXED_BYTES)
            _check_version(path, fixed)
            count = _whole(path, fixed[252:256], "number of signals")
            fields = file.read(_FIXED_BYTES * count)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise EcgError(f"{path}: cannot be read ({reason(error)})") from error
    header_bytes = _FIXED_BYTES * (count + 1)
    if _whole(path, fixed[184:192], "length of the header") != header_bytes:
        raise EcgError(f"{path}: the header's length does not fit its {count} signals: damaged")
    if size < header_bytes:
        raise EcgError(f"{path}: ends within its header: the file is truncated")
    signals, samples = _signals(path, fields, count)
    if not signals:
        raise EcgError(f"{path}: a header without signals")
    texts = (printable(_text(fixed[8:88])), printable(_text(fixed[88:168])))
    return _Header(
        comments=tuple(text for text in texts if not _ANONYMOUS.fullmatch(text)),
        records=_records(path, fixed[236:244], (size - header_bytes) // (2 * samples)),
        record_seconds=_seconds(path, fixed[244:252]),
        discontinuous=fixed[192:197] == b"EDF+D",
        signals=signals,
    )


def _check_version(path: Path, fixed: bytes) -> None:
    """Refuse what does not begin as an EDF file does."""
    if not fixed:
        raise EcgError(f"{path}: an empty file")
    if fixed[1:8] == b"BIOSEMI":
        raise EcgError(f"{path}: a BDF file (24 bits), which is not read; export it as EDF")
    if not fixed.startswith(_VERSION):
        raise EcgError(f"{path}: not an EDF file: it does not begin as one")
    if len(fixed) < _FIXED_BYTES:
        raise EcgError(f"{path}: ends within its header: the file is truncated")


def _signals(path: Path, content: bytes, count: int) -> tuple[tuple[_Signal, ...], int]:
    """Return the ordinary signals, and the samples that a data record has of all together."""
    signals: list[_Signal] = []
    total = 0
    for i in range(count):
        fields, start = {}, 0
        for field, width in _FIELDS.items():
            fields[field] = content[start + i * width : start + (i + 1) * width]
            start += width * count
        samples = _whole(path, fields["samples"], f"number of samples of signal {i}")
        if samples < 1:
            raise EcgError(f"{path}: declares no samples of signal {i}")
        total += samples
        # As edfio finds them, since it counts the others.
        if fields["label"].decode("latin-1").rstrip() != _ANNOTATIONS:
            label = printable(_text(fields["label"])) or f"signal {i}"
            unit = printable(_text(fields["unit"]))
            signals.append(_Signal(len(signals), label, unit, samples, _gain(fields)))
    return tuple(signals), total


def _gain(fields: dict[str, bytes]) -> float:
    """Return the units a step, or NaN if the header does not say it."""
    try:
        low, high = float(fields["physical_min"]), float(fields["physical_max"])
        return (high - low) / (int(fields["digital_max"]) - int(fields["digital_min"]))
    except (ValueError, ZeroDivisionError):
        return math.nan


def _records(path: Path, field: bytes, held: int) -> int:
    """Return how many data records there are; -1 is written while a recording goes on."""
    name = "number of data records"
    declared = held if field.strip() == b"-1" else _whole(path, field, name)
    if declared > held:
        raise EcgError(
            f"{path}: holds {held} data records and the header declares {declared}: "
            "the file is truncated, or the header is damaged"
        )
    if declared < 1:
        raise EcgError(f"{path}: a header without data")
    return declared


def _seconds(path: Path, field: bytes) -> float:
    """Return the duration of a data record."""
    try:
        seconds = float(field)
    except ValueError:
        seconds = math.nan
    if not 1e-3 <= seconds <= 1e6:
        raise EcgError(f"{path}: data records of {_text(field).strip()!r} seconds are not possible")
    return seconds


def _whole(path: Path, field: bytes, name: str) -> int:
    """Return a whole number of the header, which is written in digits."""
    if not re.fullmatch(rb"\d+", field.strip()):
        raise EcgError(f"{path}: {_text(field).strip()!r} is no {name}: the header is damaged")
    return int(field)


def _text(field: bytes) -> str:
    """Return a field's text, which should be ASCII and may be UTF-8 or Latin-1."""
    try:
        return field.decode("utf-8")
    except UnicodeDecodeError:
        return field.decode("latin-1")


def _choose(path: Path, header: _Header) -> tuple[list[_Signal], tuple[str, ...]]:
    """Return the channels that are the ECG, and what must be said of the choice."""
    named = [s for s in header.signals if _ECG_LABEL.fullmatch(s.label) and may_be_voltage(s.unit)]
    leads = named or [s for s in header.signals if per_millivolt(s.unit) is not None]
    if not leads:
        channels = ", ".join(f"{s.label} in {s.unit or 'no unit'}" for s in header.signals)
        raise EcgError(f"{path}: no channel is an ECG lead or a voltage (there are: {channels})")
    samples = max(s.samples for s in leads)
    slower = [s for s in leads if s.samples < samples]
    leads = [s for s in leads if s.samples == samples]
    for lead in leads:
        if not 1e-12 <= abs(lead.gain) <= 1e12:
            raise EcgError(f"{path}: the header gives {lead.label} no possible scale")
    others = [s for s in header.signals if s not in leads and s not in slower]
    assumed = [s for s in leads if per_millivolt(s.unit) is None]
    sentences = [
        (others, "Left out, because their names are not those of ECG leads: {}."),
        (slower, "Left out, because they are sampled less often than the other leads: {}."),
        (assumed, "The units of {} are not declared: taken as mV."),
    ]
    return leads, tuple(
        sentence.format(", ".join(s.label for s in signals))
        for signals, sentence in sentences
        if signals
    )
