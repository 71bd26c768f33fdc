"""WFDB records: wfdb-python parses them, once their headers are compared with their files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io import guards
from ecgutils.io.channels import is_ecg_name
from ecgutils.io.guards import errors_name, per_millivolt
from ecgutils.io.record import Record
from ecgutils.io.wfdb_annotations import read_annotation_file
from ecgutils.io.wfdb_header import (
    BYTES_AND_BITS,
    as_wfdb_reads,
    has_segments,
    is_swapped,
    read_header,
    set_length,
    start_of,
)

if TYPE_CHECKING:
    import wfdb

# What is read at once, in samples of all signals together: a few tens of megabytes within wfdb.
_STRETCH_VALUES = 2**20
# FLAC's largest block, 65,535 equal samples, takes at least ten bytes.
_MAX_FLAC_SAMPLES_PER_BYTE = 6554
# Above, the samples of a frame are averaged; no recorder samples a surface ECG more often.
_HIGHEST_FS = 1000


def read_record(
    name: str,
    directory: str | Path,
    annotations: str | None = "atr",
    dtype: type[np.floating] = np.float64,
) -> Record:
    """Read a WFDB record of one segment with its annotations.

    Signals that are not voltages are left out. Where signals have several samples a frame, those
    of an ECG keep their own rate, up to 1000 Hz, and signals at another rate are left out.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds its files.
    annotations : str or None
        Suffix of the annotation file, or None to read none.
    dtype : type
        Of the signals; ``np.float32`` takes half of the memory of ``np.float64``.

    Returns
    -------
    Record
        Its signals are in mV, shape (samples, leads).

    Raises
    ------
    EcgError
        If a file is missing, damaged, contradicts another, lies outside the folder, is larger than
        memory, or the record has several segments, which `read_recording` reads.

    Examples
    --------
    >>> from ecgutils.paths import MITDB_DIR
    >>> record = read_record("100", MITDB_DIR, annotations=None)
    >>> record.sig_name, record.p_signal.shape
    (('MLII', 'V5'), (650000, 2))
    """
    header = open_record(name, directory)
    channels, per_frame = chosen(header)
    samples = header.sig_len * per_frame
    with errors_name(header.path):
        p_signal = guards.empty_signals(samples, len(channels), dtype)
        for start, stretch in _stretches(header):
            first = start * per_frame
            for column, channel in enumerate(channels):
                lead = _millivolts(header, channel, stretch[channel], per_frame)
                p_signal[first : first + len(lead), column] = lead
    marks = None
    if annotations is not None:
        path = guards.own_file(directory, f"{name}.{annotations}")
        marks = read_annotation_file(path, name, float(header.fs) * per_frame, samples)
    return Record(
        name=name,
        p_signal=p_signal,
        fs=float(header.fs) * per_frame,
        sig_name=lead_names(header),
        annotations=marks,
        comments=tuple(header.comments),
        remarks=_remarks(header, channels),
        unit_declared=tuple(not header.uncalibrated[i] for i in channels),
        start=start_of(header),
    )


def read_digital(name: str, directory: str | Path) -> tuple["wfdb.Record", list[np.ndarray]]:
    """Read the header and what the converter gave, int32 (samples * samples per frame,) each."""
    header = open_record(name, directory)
    with errors_name(header.path):
        stretches = [stretch for _, stretch in _stretches(header)]
    return header, [np.concatenate(parts) for parts in zip(*stretches, strict=True)]


def open_record(name: str, directory: str | Path) -> "wfdb.Record":
    """Return a header that its signal files bear out; no samples are read."""
    header = read_header(name, directory)
    if has_segments(header):
        raise EcgError(f"{header.path}: consists of several segments; name one of them")
    paths = [guards.own_file(directory, name) for name in dict.fromkeys(header.file_name)]
    if not header.has_length:
        set_length(header, min(_frames_held(header, path) for path in paths))
    for path in paths:
        with errors_name(path):
            _check_signal_file(header, path)
    with errors_name(header.path):
        guards.check_size(header.sig_len, sum(header.samps_per_frame))
        for i, skew in enumerate(header.skew):
            if (skew or 0) > header.sig_len:
                raise EcgError(f"signal {i}: a skew of {skew} is longer than the signal")
    return header


def _frames_held(header: "wfdb.Record", path: Path) -> int:
    """Return how many frames a signal file holds, as far as it goes."""
    channels = [i for i in range(header.n_sig) if header.file_name[i] == path.name]
    with errors_name(path):
        held = _samples_held(header, path, channels)
        frames = held // sum(header.samps_per_frame[i] for i in channels)
        if not frames:
            raise EcgError("holds no samples")
    return frames


def _check_signal_file(header: "wfdb.Record", path: Path) -> None:
    """Compare what a header declares with what a signal file can hold, reading no samples."""
    channels = [i for i in range(header.n_sig) if header.file_name[i] == path.name]
    if len({(header.fmt[i], header.byte_offset[i]) for i in channels}) > 1:
        raise EcgError("the header gives it more than one format")
    declared = header.sig_len * sum(header.samps_per_frame[i] for i in channels)
    held = _samples_held(header, path, channels)
    if declared > held:
        raise EcgError(
            f"holds {held} samples and the header declares {declared}: "
            "the file is truncated, or the header is not its own"
        )


def _samples_held(header: "wfdb.Record", path: Path, channels: list[int]) -> int:
    """Return how many samples, of all its signals together, a signal file can hold."""
    offset = header.byte_offset[channels[0]] or 0
    size = path.stat().st_size
    bytes_per_sample, _ = BYTES_AND_BITS[header.fmt[channels[0]]]
    if bytes_per_sample is not None:
        return max(0, int((size - offset) / bytes_per_sample))
    import soundfile

    with guards.decoding("not a FLAC file, or its start is damaged"):
        flac = soundfile.info(path)
    if flac.format != "FLAC" or flac.channels != len(channels):
        raise EcgError(
            f"{flac.format} with {flac.channels} signals, "
            f"the header declares FLAC with {len(channels)}"
        )
    samples = min(flac.frames, size * _MAX_FLAC_SAMPLES_PER_BYTE)
    return max(0, samples - offset) * flac.channels


def _stretches(header: "wfdb.Record") -> Iterator[tuple[int, list[np.ndarray]]]:
    """Yield where each stretch begins and each signal's numbers; compare checksums at the end."""
    length = header.sig_len
    # Differences add up from the start, and wfdb shifts skewed signals within what it reads.
    if "8" not in header.fmt and not any(header.skew):
        length = max(1, _STRETCH_VALUES // sum(header.samps_per_frame))
    options = {"physical": False, "smooth_frames": False, "return_res": 32}
    if is_swapped(header):
        options |= {"physical": True, "return_res": 64}
    totals = [0] * header.n_sig
    with as_wfdb_reads(header) as path:
        for start in range(0, header.sig_len, length):
            stop = min(start + length, header.sig_len)
            with guards.decoding("its signals cannot be read, the signal file is damaged"):
                import wfdb

                record = wfdb.rdrecord(path, start, stop, **options)
                signals = record.e_d_signal or _digital(header, record.e_p_signal)
            for channel, signal in enumerate(signals):
                totals[channel] += int(signal.sum(dtype=np.int64))
            yield start, signals
    _check_checksums(header, totals)


def _digital(header: "wfdb.Record", steps: list[np.ndarray]) -> list[np.ndarray]:
    """Return numbers of the converter that wfdb gave as physical ones, where NaN is no sample."""
    bits = [BYTES_AND_BITS[fmt][1] for fmt in header.fmt]
    none = [-(2 ** (bit - 1)) if bit else 0 for bit in bits]
    pairs = zip(steps, none, strict=True)
    return [np.nan_to_num(signal, nan=low).astype(np.int32) for signal, low in pairs]


def _check_checksums(header: "wfdb.Record", totals: list[int]) -> None:
    """Compare the signals' sums with the 16 bits in the header, which 0 or nothing leaves open."""
    for channel, total in enumerate(totals):
        stated = header.checksum[channel]
        if stated and not header.skew[channel] and (total - stated) % 2**16:
            raise EcgError(
                f"the samples of signal {channel} do not add up to the header's checksum "
                f"{stated}: the signal file is damaged or not the header's own"
            )


def lead_names(header: "wfdb.Record") -> tuple[str, ...]:
    """Return the names of a header's signals that are read, in order."""
    return tuple(header.sig_name[i] for i in chosen(header)[0])


def chosen(header: "wfdb.Record") -> tuple[list[int], int]:
    """Return which signals are read, and how many samples a frame they have then."""
    channels, per_frame = _voltages(header), header.samps_per_frame
    if len({per_frame[i] for i in channels}) > 1:
        says = {i: is_ecg_name(header.sig_name[i]) for i in channels}
        named = [i for i in channels if says[i]]
        channels = named or [i for i in channels if says[i] is None] or channels
        most = max(per_frame[i] for i in channels)
        channels = [i for i in channels if per_frame[i] == most]
    own = per_frame[channels[0]]
    most = max(1, int(_HIGHEST_FS / header.fs))
    return channels, next(kept for kept in range(most, 0, -1) if own % kept == 0)


def _voltages(header: "wfdb.Record") -> list[int]:
    """Return which signals are voltages."""
    channels = [i for i in range(header.n_sig) if per_millivolt(header.units[i])]
    if not channels:
        raise EcgError(
            f"{header.path}: no signal is a voltage (units: {', '.join(header.units)}; "
            "known are V, mV, uV, nV)"
        )
    return channels


def _millivolts(
    header: "wfdb.Record", channel: int, digital: np.ndarray, per_frame: int
) -> np.ndarray:
    """Return a stretch of one signal in mV, so many values a frame."""
    frames = np.subtract(digital, header.baseline[channel], dtype=np.float64)
    frames /= header.adc_gain[channel] * per_millivolt(header.units[channel])
    _, bits = BYTES_AND_BITS[header.fmt[channel]]
    if bits is not None:
        frames[digital == -(2 ** (bits - 1))] = np.nan
    averaged = header.samps_per_frame[channel] // per_frame
    return frames if averaged == 1 else frames.reshape(-1, averaged).mean(axis=1)


def _remarks(header: "wfdb.Record", channels: list[int]) -> tuple[str, ...]:
    """Return what a header leaves open."""
    voltages = _voltages(header)
    names = enumerate(header.sig_name)
    left_out = [name for i, name in names if i not in voltages]
    others = [header.sig_name[i] for i in voltages if i not in channels]
    uncalibrated = [header.sig_name[i] for i in channels if header.uncalibrated[i]]
    on_signals = guards.remarks(
        ("Left out, because they are no voltages: {}.", left_out),
        ("Left out, because they have another rate than the ECG: {}.", others),
        ("The gain is not declared for {}: taken as 200 steps per mV, as WFDB does.", uncalibrated),
    )
    return on_signals if header.has_length else (guards.NO_LENGTH, *on_signals)
