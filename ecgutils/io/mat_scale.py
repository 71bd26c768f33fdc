"""What the steps of a converter are worth in a MATLAB file, where another variable tells it."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ecgutils.io.guards import IMPOSSIBLE_SPAN, per_millivolt, printable, typical_span
from ecgutils.io.mat_elements import Variables
from ecgutils.io.mat_leads import MatSignal
from ecgutils.io.mat_rate import bare

# Steps per unit, as in WFDB; units per step; and the step that stands for 0.
_GAINS = {"gain", "gains", "adcgain", "adcgains", "siggain"}
_STEPS = {"resolution", "lsb", "scale", "scales", "scalefactor", "scalingfactor", "step"}
_BASELINES = {"baseline", "baselines", "adczero", "base", "zero"}
# No typical second of an ECG is lower, mV.
_LOWEST_SPAN = 0.05


def in_units(
    signals: Sequence[MatSignal], kept: Sequence[int], found: Variables, fs: float
) -> tuple[list[MatSignal], tuple[str, ...]]:
    """Return the signals that are kept in their units, and what was done to whole numbers.

    A gain divides them, as in WFDB, unless only its product is as high as an ECG. Where neither
    is, it is that of an amplifier if the numbers are as high; if not, their unit is unknown.
    """
    chosen = [signals[k] for k in kept]
    is_whole = all(_is_whole(signal.values) for signal in chosen)
    name, gains = _numbers(found, _GAINS | _STEPS, len(signals)) if is_whole else ("", None)
    if gains is None or not np.all(gains > 0):
        return chosen, ()
    baselines = _numbers(found, _BASELINES, len(signals))[1]
    gains, baselines = gains[kept], np.zeros(len(kept)) if baselines is None else baselines[kept]
    label, is_step = f"{printable(name)}, {gains[0]:g}", bare(name) in _STEPS
    ways = [(gains, f"so many make a unit as {label}, says.")]
    ways.insert(0 if is_step else 1, (1 / gains, f"each is of so many units as {label}, says."))
    for divisors, told in ways:
        scaled = [
            replace(signal, values=((signal.values - zero) / divisor).astype(np.float32))
            for signal, zero, divisor in zip(chosen, baselines, divisors, strict=True)
        ]
        if _may_be_ecg(scaled, fs):
            return scaled, (f"The numbers are steps of a converter: {told}",)
    if _may_be_ecg(chosen, fs):
        return chosen, (f"The numbers are in their unit, which {label}, does not fit.",)
    without = [replace(signal, unit="") for signal in chosen]
    return without, (f"The unit is unknown, since {label}, makes the numbers no ECG.",)


def _numbers(found: Variables, kinds: set[str], count: int) -> tuple[str, np.ndarray | None]:
    """Return the one variable of a kind that has a number for all leads or for each."""
    fitting = {
        name: np.broadcast_to(value.ravel().astype(np.float64), count)
        for name, value in found.items()
        if isinstance(value, np.ndarray) and bare(name) in kinds and value.size in (1, count)
    }
    name = next(iter(fitting), "")
    is_one = all(np.array_equal(own, fitting[name]) for own in fitting.values())
    return (name, fitting[name]) if name and is_one else ("", None)


def _is_whole(values: np.ndarray) -> bool:
    return values.dtype.kind in "iu" or bool(np.all((values % 1 == 0) | ~np.isfinite(values)))


def _may_be_ecg(signals: Sequence[MatSignal], fs: float) -> bool:
    """Whether the highest lead is as high as an ECG in mV."""
    spans = [typical_span(s.values, fs) / (per_millivolt(s.unit) or 1) for s in signals]
    return _LOWEST_SPAN <= max(spans) <= IMPOSSIBLE_SPAN
