"""The ECG of DICOM waveforms (PS3.3, C.10.9): pydicom parses them, sizes are compared first."""

import io
import re
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io import guards
from ecgutils.io.channels import choose_leads
from ecgutils.io.guards import per_millivolt, printable
from ecgutils.io.record import Record

if TYPE_CHECKING:
    from pydicom import Dataset

# More than a day of twelve leads at 500 Hz.
_MAX_BYTES = 2**31
_DAMAGED = "cannot be decoded, the file is damaged or not DICOM"
# The one transfer syntax whose size nobody knows before it is unpacked, and what is unpacked then.
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_EXPLICIT = b"1.2.840.10008.1.2.1".ljust(len(_DEFLATED), b"\0")
# Behind the preamble, an element that says how long all of its kind are.
_META, _META_ENDS = 132, 144
_READ = (
    *("SpecificCharacterSet", "WaveformSequence", "PatientAge", "PatientSex"),
    *("AcquisitionDateTime", "ContentDate", "ContentTime", "StudyDate", "StudyTime"),
)
# What words and bits say of a sample; without those of companded sound.
_SAMPLES = {
    **{("SB", 8): "i1", ("UB", 8): "u1", ("SS", 16): "i2", ("US", 16): "u2"},
    **{("SL", 32): "i4", ("UL", 32): "u4"},
}
# A group that is no recording but made from one.
_TEMPLATE = re.compile(r"MEDIAN|AVERAGE|REPRESENTATIVE|TEMPLATE", re.IGNORECASE)
# ISO 11073 and SCP-ECG number the leads alike.
_NUMBERED = re.compile(r"(?:2:|5\.6\.3-9-)(\d{1,3})")
_LEADS = {1: "I", 2: "II", **{2 + k: f"V{k}" for k in range(1, 8)}}
_LEADS |= {**{8 + k: f"V{k}R" for k in range(2, 8)}, 61: "III", 62: "aVR", 63: "aVL", 64: "aVF"}
_NO_UNIT = ("", "1", "NO UNITS")
_CLOCKS = ("Content", "Study")
_FIRST_YEAR = 1901
_AGE = re.compile(r"(\d{3})([DWMY])")


@dataclass(frozen=True, eq=False)
class _Group:
    """Channels that are sampled together; of each its name, and its unit if it is declared."""

    item: "Dataset"
    label: str
    channels: tuple[tuple[str, str], ...]
    samples: int
    fs: float
    # Seconds after the start that the file gives.
    offset: float

    @property
    def grid(self) -> tuple[int, float, float]:
        """What groups share that can be read side by side."""
        return self.samples, self.fs, self.offset


def read_dicom(path: str | Path, fs: float | None = None, leads: Sequence[str] = ()) -> Record:
    """Read the rhythm of a DICOM waveform as float32; `fs` stands in for a rate."""
    path = guards.file_inside(Path(path))
    content = read_bytes(path, _MAX_BYTES)
    with guards.errors_name(path), guards.decoding(_DAMAGED):
        dataset, order = _opened(content)
        items = dataset.get("WaveformSequence") or ()
        chosen, left_out = _rhythm([_group(k, item, fs) for k, item in enumerate(items, 1)])
        channels = [channel for group in chosen for channel in group.channels]
        kept = choose_leads(channels, leads)
        p_signal = _signals(chosen, kept, order)
        comments, start = _comments(dataset), _start(dataset, chosen[0].offset)
    names = [name for name, _ in channels]
    others = [name for k, name in enumerate(names) if k not in kept]
    declared = tuple(channels[k][1] != "" for k in kept)
    sig_name = guards.unique_names(names[k] for k in kept)
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=chosen[0].fs,
        sig_name=sig_name,
        comments=comments,
        start=start,
        remarks=guards.remarks(
            ("Left out, because they are other waveforms than the longest: {}.", left_out),
            ("Left out, because their names are not those of ECG leads: {}.", others),
        )
        + guards.remarks_on_units(p_signal, chosen[0].fs, sig_name, declared),
        unit_declared=declared,
    )


def _opened(content: bytes) -> tuple["Dataset", str]:
    """Parse what is used of a file in memory, where no length can reach beyond it; and its order.

    Without a preamble, a file may still be DICOM.
    """
    import pydicom

    if not content:
        raise EcgError("an empty file")
    stream = io.BytesIO(_unpacked(content))
    dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=[*_READ])
    return dataset, "<" if dataset.original_encoding[1] in (None, True) else ">"


def _unpacked(content: bytes) -> bytes:
    """Return a file that is not compressed as a whole, since pydicom would unpack any amount."""
    start = _META_ENDS + int.from_bytes(content[_META_ENDS - 4 : _META_ENDS], "little")
    if _DEFLATED in content[_META:start]:
        data = guards.unpacked(content[start:], guards.most_unpacked(content), -zlib.MAX_WBITS)
        content = content[:start] + data
    return content.replace(_DEFLATED, _EXPLICIT)


def _group(number: int, item: "Dataset", fs: float | None) -> _Group:
    """Return one group of channels, its data compared with what it declares."""
    definitions = item.ChannelDefinitionSequence
    samples, rate = int(item.NumberOfWaveformSamples), item.get("SamplingFrequency")
    label = printable(str(item.get("MultiplexGroupLabel") or ""))
    if int(item.NumberOfWaveformChannels) != len(definitions):
        raise EcgError(
            f"waveform {number} declares {item.NumberOfWaveformChannels} channels "
            f"and describes {len(definitions)}"
        )
    size = len(definitions) * samples * np.dtype(_type(item)).itemsize
    if not 0 < size <= len(item.WaveformData):
        raise EcgError(
            f"waveform {number} holds {len(item.WaveformData)} bytes and declares {size}"
        )
    return _Group(
        item=item,
        label=label or f"waveform {number}",
        channels=tuple(_channel(k, channel) for k, channel in enumerate(definitions, 1)),
        samples=samples,
        fs=float(rate) if rate else fs or 0.0,
        offset=float(item.get("MultiplexGroupTimeOffset") or 0) / 1000,
    )


def _type(item: "Dataset") -> str:
    kind = item.WaveformSampleInterpretation, int(item.WaveformBitsAllocated)
    if kind not in _SAMPLES:
        raise EcgError(f"samples of {kind[1]} bits of the kind {kind[0]} are not read")
    return _SAMPLES[kind]


def _channel(number: int, channel: "Dataset") -> tuple[str, str]:
    """Return the name of a channel, and its unit or nothing."""
    sources = channel.get("ChannelSourceSequence") or [{}]
    code = _NUMBERED.fullmatch(str(sources[0].get("CodeValue", "")))
    texts = (channel.get("ChannelLabel"), sources[0].get("CodeMeaning"))
    own = next((printable(str(text)) for text in texts if text), "")
    name = (_LEADS.get(int(code[1])) if code else None) or own or f"channel {number}"
    units = channel.get("ChannelSensitivityUnitsSequence") or [{}]
    unit = printable(str(units[0].get("CodeValue", "")))
    has_scale = channel.get("ChannelSensitivity") is not None
    return name, unit if has_scale and unit.upper() not in _NO_UNIT else ""


def _rhythm(groups: Sequence[_Group]) -> tuple[list[_Group], list[str]]:
    """Return the groups that hold the longest recording side by side, and the names of others."""
    if not groups:
        raise EcgError("holds no waveform: not an ECG in DICOM")
    if not all(group.fs > 0 for group in groups):
        raise EcgError("does not say its rate; give the sampling frequency in Hz with --fs")
    recorded = [group for group in groups if not _TEMPLATE.search(group.label)]
    originals = [g for g in recorded if g.item.get("WaveformOriginality") != "DERIVED"]
    possible = originals or recorded
    if not possible:
        labels = ", ".join(group.label for group in groups)
        raise EcgError(f"holds no recording, only what was made from one ({labels})")
    grid = max(possible, key=lambda group: (group.samples / group.fs, len(group.channels))).grid
    chosen = [group for group in possible if group.grid == grid]
    return chosen, [group.label for group in groups if group not in chosen]


def _signals(groups: Sequence[_Group], kept: Sequence[int], order: str) -> np.ndarray:
    """Return some channels of groups in mV, shape (samples, channels)."""
    places = [(group, k) for group in groups for k in range(len(group.channels))]
    p_signal = guards.empty_signals(groups[0].samples, len(kept), np.float32)
    for column, (group, k) in enumerate(places[i] for i in kept):
        kind, shape = np.dtype(order + _type(group.item)), (group.samples, len(group.channels))
        steps = np.frombuffer(group.item.WaveformData, kind, shape[0] * shape[1]).reshape(shape)
        p_signal[:, column] = _millivolts(steps[:, k], group, k)
    return p_signal


def _millivolts(steps: np.ndarray, group: _Group, position: int) -> np.ndarray:
    """Return one channel in mV, NaN where it is padded."""
    channel = group.item.ChannelDefinitionSequence[position]
    scale = [channel.get("ChannelSensitivity"), channel.get("ChannelSensitivityCorrectionFactor")]
    factor = np.prod([float(value) for value in scale if value is not None])
    offset = float(channel.get("ChannelBaseline") or 0)
    if not 1e-12 <= abs(factor) <= 1e12 or not abs(offset) <= 1e12:
        raise EcgError(f"the file gives {group.channels[position][0]} no possible scale")
    signal = (steps * factor + offset) / (per_millivolt(group.channels[position][1]) or 1)
    padding = group.item.get("WaveformPaddingValue")
    if isinstance(padding, bytes) and len(padding) >= steps.itemsize:
        signal[steps == np.frombuffer(padding, steps.dtype, 1)[0]] = np.nan
    return signal


def _start(dataset: "Dataset", offset: float) -> datetime | None:
    """Return when the recording began, if the file has it and does not hide it."""
    days_and_times = [(dataset.get(f"{kind}Date"), dataset.get(f"{kind}Time")) for kind in _CLOCKS]
    texts = [str(dataset.get("AcquisitionDateTime") or "")]
    texts += [f"{day}{clock}" for day, clock in days_and_times if day and clock]
    for text in texts:
        with suppress(ValueError, OverflowError):
            start = datetime.strptime(text[:14], "%Y%m%d%H%M%S")
            if start.year >= _FIRST_YEAR:
                return start + timedelta(seconds=offset)
    return None


def _comments(dataset: "Dataset") -> tuple[str, ...]:
    """Return the patient's age and sex, as far as the file has them; a name is left out."""
    age = _AGE.fullmatch(str(dataset.get("PatientAge") or ""))
    sex = str(dataset.get("PatientSex") or "")
    comments = [f"Sex: {sex}"] if sex in ("M", "F") else []
    if age and int(age[1]):
        comments.insert(0, f"Age: {int(age[1]) if age[2] == 'Y' else 0}")
    return tuple(comments)
