"""Signals in files of MATLAB and Octave, of versions 4, 5 and 7.3."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io import guards
from ecgutils.io.channels import choose_leads, is_ecg_name
from ecgutils.io.csv_times import is_time_name
from ecgutils.io.guards import per_millivolt, printable
from ecgutils.io.mat_elements import Variables, read_elements, read_version_4
from ecgutils.io.mat_hdf5 import read_hdf5
from ecgutils.io.record import Record

# A day of twelve leads at 500 Hz.
_MAX_BYTES = 2**31
# What is packed may be a hundred times as large, or so large in any case.
_MOST_UNPACKED, _ALWAYS_UNPACKED = 100, 2**26
_DAMAGED = "cannot be decoded, the file is damaged or not one of MATLAB"
_HDF5 = b"\x89HDF"
# More rows than leads are beats or stretches.
_MOST_LEADS = 64
# Names of rates, without all but their letters.
_RATES = {
    *("fs", "sr", "hz", "fshz", "srate", "sfreq", "rate", "freq", "frequency", "fsample", "fsecg"),
    *("samplerate", "samplefreq", "samplefrequency", "samplingrate", "samplingfreq", "ecgfs"),
    *("samplingfrequency", "samplingratehz", "samplingfrequencyhz", "sampleratehz", "framerate"),
}
_UNITS = {"unit", "units"}
_SLOWEST, _FASTEST = 20, 100_000
# Relative to the median: how much steps between times may differ, since they are rounded.
_UNEVEN = 0.1


def read_matlab(path: str | Path, fs: float | None = None, leads: Sequence[str] = ()) -> Record:
    """Read the signals of a MATLAB file as float32; a rate `fs` counts before what it holds.

    They are the longest arrays in it: one that holds all leads, or several that are named as such.
    """
    path = guards.file_inside(Path(path))
    content = read_bytes(path, _MAX_BYTES)
    with guards.errors_name(path), guards.decoding(_DAMAGED):
        found, others = _variables(content)
        arrays = {name: value for name, value in found.items() if _may_be_signal(value)}
        samples = max((max(array.shape) for array in arrays.values()), default=0)
        if samples < 2:
            raise EcgError(f"holds no array of numbers that may be a signal{_listed(others)}")
        rate, on_rate = _rate(found, samples, fs)
        signals = _signals({k: a for k, a in arrays.items() if max(a.shape) == samples})
        unit = _unit(found)
        kept = choose_leads([(name, unit) for name, _ in signals], leads)
        p_signal = guards.empty_signals(samples, len(kept), np.float32)
        for column, k in enumerate(kept):
            p_signal[:, column] = signals[k][1] / (per_millivolt(unit) or 1)
        p_signal[np.isinf(p_signal)] = np.nan
    sig_name = guards.unique_names(signals[k][0] for k in kept)
    declared = (unit != "",) * len(kept)
    not_leads = [name for k, (name, _) in enumerate(signals) if k not in kept]
    shorter = [name for name, array in arrays.items() if 1 < max(array.shape) < samples]
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=rate,
        sig_name=sig_name,
        remarks=(
            *on_rate,
            *guards.remarks(
                ("Left out, because their names are not those of ECG leads: {}.", not_leads),
                ("Left out, because they are shorter than the signals: {}.", _names(shorter)),
                ("Left out, because they are no arrays of numbers: {}.", _names(others)),
            ),
            *guards.remarks_on_units(p_signal, rate, sig_name, declared),
        ),
        unit_declared=declared,
    )


def _variables(content: bytes) -> tuple[Variables, list[str]]:
    """Return what a file holds, by its version."""
    if not content:
        raise EcgError("an empty file")
    most_bytes = max(_ALWAYS_UNPACKED, _MOST_UNPACKED * len(content))
    if content.startswith(_HDF5) or content[512:].startswith(_HDF5):
        return read_hdf5(content, most_bytes)
    if content[126:128] in (b"IM", b"MI"):
        return read_elements(content, most_bytes)
    return read_version_4(content)


def _may_be_signal(value: np.ndarray | str) -> bool:
    """Whether a variable is an array of so few rows or columns as there are leads."""
    is_table = isinstance(value, np.ndarray) and value.ndim == 2
    return is_table and 1 <= min(value.shape) <= _MOST_LEADS


def _rate(found: Variables, samples: int, given: float | None) -> tuple[float, tuple[str, ...]]:
    """Decide the sampling frequency: the given, that of a variable, or that of times."""
    sources = [
        (float(value.item()), name)
        for name, value in found.items()
        if isinstance(value, np.ndarray) and value.size == 1 and _bare(name) in _RATES
    ]
    sources += [
        (_rate_of_times(value.ravel()), name)
        for name, value in found.items()
        if isinstance(value, np.ndarray) and value.size == samples and is_time_name(_last(name))
    ]
    rate, name = next((s for s in sources if _SLOWEST <= s[0] <= _FASTEST), (0.0, ""))
    name = printable(name)
    if not given and not rate:
        raise EcgError(
            "no variable gives the rate (such as fs); give the sampling frequency in Hz with --fs"
        )
    if not given:
        return rate, (f"The sampling frequency, {rate:g} Hz, is that of {name}.",)
    if not rate or abs(given - rate) <= 0.01 * rate:
        return given, ()
    given_said = f"The sampling frequency, {given:g} Hz, was given"
    return given, (f"{given_said}; that of {name}, {rate:g} Hz, does not count.",)


def _rate_of_times(times: np.ndarray) -> float:
    """Return the rate of times in seconds or ms, or 0."""
    steps = np.diff(times.astype(np.float64))
    step = float(np.median(steps))
    if not step > 0 or not np.all(np.abs(steps - step) <= _UNEVEN * step):
        return 0.0
    # The mean is not rounded as one step is.
    fs = 1 / float(steps.mean())
    return round(fs, 6) if fs >= _SLOWEST else round(1000 * fs, 6)


def _signals(arrays: dict[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    """Return the leads in arrays, and their names; times are none."""
    signals = []
    chosen = {name: array for name, array in arrays.items() if not is_time_name(_last(name))}
    for name, array in chosen.items():
        # PhysioNet has a row for each lead, others a column.
        rows = array if array.shape[1] >= array.shape[0] else array.T
        name = printable(_last(name))
        # A lone array is named as a whole, and hardly for what it is.
        if len(chosen) == 1 and is_ecg_name(name) is None:
            name = "lead"
        numbers = [f" {k}" for k in range(1, len(rows) + 1)]
        is_one = len(rows) == 1 and name != "lead"
        signals += [
            (name if is_one else name + k, row) for k, row in zip(numbers, rows, strict=True)
        ]
    return signals


def _unit(found: Variables) -> str:
    """Return the unit that a text of that name gives, if there is one and it is a voltage."""
    texts = [v for name, v in found.items() if _bare(name) in _UNITS and isinstance(v, str)]
    known = [text for text in texts if per_millivolt(text) is not None]
    return known[0] if len(known) == 1 else ""


def _last(name: str) -> str:
    """Return the name of a field without those of its structures."""
    return name.rpartition(".")[2]


def _bare(name: str) -> str:
    return re.sub(r"[^a-z]", "", _last(name).lower())


def _names(names: Sequence[str]) -> list[str]:
    """Return a few names as they can be shown; what is MATLAB's own has none."""
    shown = [text for name in names if (text := printable(name)[:80])]
    return shown[:8] + ["..."] * (len(shown) > 8)


def _listed(others: Sequence[str]) -> str:
    names = _names(others)
    return f"; {', '.join(names)} are of other kinds" if names else ""
