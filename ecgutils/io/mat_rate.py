"""The sampling frequency of what a MATLAB file holds: one place where it is decided."""

import re
from collections.abc import Iterator

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.csv_times import SECONDS, is_time_name
from ecgutils.io.guards import printable
from ecgutils.io.mat_elements import Variables

# Names of rates, without all but their letters.
_RATES = {
    *("fs", "sr", "hz", "fshz", "srate", "sfreq", "rate", "freq", "frequency", "fsample", "fsecg"),
    *("samplerate", "samplefreq", "samplefrequency", "samplingrate", "samplingfreq", "ecgfs"),
    *("samplingfrequency", "samplingratehz", "samplingfrequencyhz", "sampleratehz", "framerate"),
}
# Names of the time from one sample to the next.
_INTERVALS = {"isi", "interval", "sampleinterval", "samplinginterval", "dt", "ts", "sampleperiod"}
_SLOWEST, _FASTEST = 20, 100_000
# Relative to the median: how much steps between times may differ, since they are rounded.
_UNEVEN = 0.1


def decide_rate(
    found: Variables, samples: int, given: float | None
) -> tuple[float, tuple[str, ...]]:
    """Decide the sampling frequency, and say why: the given, that of a variable, or of times."""
    possible = (s for s in _sources(found, samples) if _SLOWEST <= s[0] <= _FASTEST)
    rate, name = next(possible, (0.0, ""))
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


def bare(name: str) -> str:
    """Return the letters of a field's name, without those of its structures and its number."""
    return re.sub(r"[^a-z]", "", last(name).lower())


def last(name: str) -> str:
    """Return the name of a field without those of its structures."""
    return name.rpartition(".")[2]


def _sources(found: Variables, samples: int) -> Iterator[tuple[float, str]]:
    """Yield the rates that variables give, and their names, those first that count first."""
    arrays = {name: value for name, value in found.items() if isinstance(value, np.ndarray)}
    yield from ((rate, name) for name, rate in _numbers(arrays, _RATES))
    for name, interval in _numbers(arrays, _INTERVALS):
        unit = str(found.get(f"{name}_units", "s")).strip().lower()
        if interval > 0:
            yield round(1 / (interval * SECONDS.get(unit, 1)), 6), name
    for name, value in arrays.items():
        if value.size == samples and is_time_name(re.sub(r"[({]\d+[)}]", "", last(name))):
            yield _rate_of_times(value.ravel()), name


def _numbers(arrays: dict[str, np.ndarray], kinds: set[str]) -> Iterator[tuple[str, float]]:
    """Yield the variables of a kind that are one number, the same for all channels."""
    for name, value in arrays.items():
        if bare(name) in kinds and value.size and np.all(value == value.flat[0]):
            yield name, float(value.flat[0])


def _rate_of_times(times: np.ndarray) -> float:
    """Return the rate of times in seconds or ms, or 0."""
    steps = np.diff(times.astype(np.float64))
    step = float(np.median(steps))
    if not step > 0 or not np.all(np.abs(steps - step) <= _UNEVEN * step):
        return 0.0
    # The mean is not rounded as one step is.
    fs = 1 / float(steps.mean())
    return round(fs, 6) if fs >= _SLOWEST else round(1000 * fs, 6)
