"""Taking out of a lead what no heart makes: pacing spikes, glitches, rails and steps.

A filter would smear each of them over the beats beside it.
"""

import numpy as np
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ecgutils.signals import settings
from ecgutils.signals.rolling import each_sample, percentiles, rolling_median


def without_excursions(signal: np.ndarray, fs: float) -> np.ndarray:
    """Cut off what is far taller than the lead's usual waves.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead in mV, no sample missing.
    fs : float
        Sampling frequency in Hz.

    Returns
    -------
    array, shape (samples,)
        Spikes of a few milliseconds, and what lies further than a few usual heights from the
        median, are bridged by straight lines.

    Examples
    --------
    >>> from ecgutils import database
    >>> signal = database.read("100").lead("MLII")[:36000].copy()
    >>> signal[9000:9072] = 200
    >>> bool(without_excursions(signal, fs=360).max() < 2)
    True
    """
    seconds = _in_seconds(signal, fs)
    low, high = seconds.min(axis=1), seconds.max(axis=1)
    usual = _usual_height(high - low)
    bridged = _without_spikes(signal, fs, usual)
    if bridged is not signal:
        signal, seconds = bridged, _in_seconds(bridged, fs)
        low, high = seconds.min(axis=1), seconds.max(axis=1)
        usual = _usual_height(high - low)
    # About forty samples are enough for a median.
    (base,) = percentiles(seconds[:, :: max(1, round(fs / 40))], [50])
    reach = settings.DETECTOR.tallest * usual
    if not _may_be_outside(low, high, base, reach):
        return signal
    samples, second = len(signal), seconds.shape[1]
    base, reach = (each_sample(values, samples, second) for values in (base, reach))
    inside = np.flatnonzero(np.abs(signal - base) <= reach)
    if len(inside) in (0, samples):
        return signal
    return np.interp(np.arange(samples), inside, signal[inside])


def _may_be_outside(low: np.ndarray, high: np.ndarray, base: np.ndarray, reach: np.ndarray) -> bool:
    """Tell, by the ends of each second, whether a sample can be further off than its reach."""
    nearest = minimum_filter1d(reach, 3, mode="nearest")
    highest = maximum_filter1d(base, 3, mode="nearest")
    lowest = minimum_filter1d(base, 3, mode="nearest")
    return bool((np.maximum(high - lowest, highest - low) > nearest).any())


def _without_spikes(signal: np.ndarray, fs: float, usual: np.ndarray) -> np.ndarray:
    """Bridge what stands out from what is just before and just after it."""
    detector = settings.DETECTOR
    apart = int(np.ceil(detector.spike_s * fs))
    rise = np.zeros(len(signal))
    np.subtract(signal[apart:], signal[:-apart], out=rise[apart:])
    tall, second = detector.spike_height * usual, min(len(signal), round(fs))
    steep = _higher(rise, tall, second)
    at = steep[steep < len(signal) - apart]
    up, down = rise[at], -rise[at + apart]
    least = tall[np.minimum((at - apart) // second, len(tall) - 1)]
    at = at[(up * down > 0) & (np.abs(down) > least)]
    if not len(at):
        return signal
    bridged = signal.copy()
    bridged[at] = (signal[at - apart] + signal[at + apart]) / 2
    return bridged


def _higher(rise: np.ndarray, limit: np.ndarray, second: int) -> np.ndarray:
    """Find samples that rise or fall by more than the limit of their second; (samples,)."""
    rows = rise[: len(limit) * second].reshape(-1, second)
    # Few seconds have any.
    some = np.flatnonzero(np.maximum(rows.max(axis=1), -rows.min(axis=1)) > limit)
    row, column = np.nonzero(np.abs(rows[some]) > limit[some, None])
    rest = np.flatnonzero(np.abs(rise[rows.size :]) > limit[-1])
    return np.append(some[row] * second + column, rows.size + rest)


def _usual_height(height: np.ndarray) -> np.ndarray:
    """From peak to peak, what is usual for a minute around each second, shape (seconds,)."""
    return rolling_median(height, height > 0, settings.DETECTOR.height_seconds, 0.0)


def _in_seconds(signal: np.ndarray, fs: float) -> np.ndarray:
    """Rows of whole seconds, or one row of what there is."""
    second = min(len(signal), round(fs))
    return signal[: len(signal) // second * second].reshape(-1, second)
