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
    signal = _without_spikes(signal, fs)
    seconds = _in_seconds(signal, fs)
    # About forty samples are enough for a median.
    (base,) = percentiles(seconds[:, :: max(1, round(fs / 40))], [50])
    reach = settings.DETECTOR.tallest * _usual_height(seconds)
    if not _may_be_outside(seconds, base, reach):
        return signal
    samples, second = len(signal), seconds.shape[1]
    base, reach = (each_sample(values, samples, second) for values in (base, reach))
    inside = np.flatnonzero(np.abs(signal - base) <= reach)
    if len(inside) in (0, samples):
        return signal
    return np.interp(np.arange(samples), inside, signal[inside])


def _may_be_outside(seconds: np.ndarray, base: np.ndarray, reach: np.ndarray) -> bool:
    """Tell, at little cost, whether a sample can be further from the base than its reach."""
    nearest = minimum_filter1d(reach, 3, mode="nearest")
    highest = maximum_filter1d(base, 3, mode="nearest")
    lowest = minimum_filter1d(base, 3, mode="nearest")
    above, below = seconds.max(axis=1) - lowest, highest - seconds.min(axis=1)
    return bool((np.maximum(above, below) > nearest).any())


def _without_spikes(signal: np.ndarray, fs: float) -> np.ndarray:
    """Bridge what stands out from what is just before and just after it."""
    detector = settings.DETECTOR
    apart = int(np.ceil(detector.spike_s * fs))
    rise = np.zeros(len(signal))
    np.subtract(signal[apart:], signal[:-apart], out=rise[apart:])
    seconds = _in_seconds(np.abs(rise), fs)
    tall = detector.spike_height * _usual_height(_in_seconds(signal, fs))
    steep = np.flatnonzero(seconds > tall[:, None])
    steep = np.append(steep, seconds.size + np.flatnonzero(np.abs(rise[seconds.size :]) > tall[-1]))
    at = steep[steep < len(signal) - apart]
    up, down = rise[at], -rise[at + apart]
    least = tall[np.minimum((at - apart) // seconds.shape[1], len(tall) - 1)]
    at = at[(up * down > 0) & (np.abs(down) > least)]
    if not len(at):
        return signal
    bridged = signal.copy()
    bridged[at] = (signal[at - apart] + signal[at + apart]) / 2
    return bridged


def _usual_height(seconds: np.ndarray) -> np.ndarray:
    """From peak to peak, what is usual for a minute around each second, shape (seconds,)."""
    height = np.ptp(seconds, axis=1)
    return rolling_median(height, height > 0, settings.DETECTOR.height_seconds, 0.0)


def _in_seconds(signal: np.ndarray, fs: float) -> np.ndarray:
    """Rows of whole seconds, or one row of what there is."""
    second = min(len(signal), round(fs))
    return signal[: len(signal) // second * second].reshape(-1, second)
