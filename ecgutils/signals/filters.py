"""The classical way to clean an ECG: a band-pass filter."""

from functools import cache

import numpy as np
from scipy.signal import butter, sosfilt, sosfilt_zi

from ecgutils.errors import EcgError
from ecgutils.signals import settings
from ecgutils.signals.gaps import refuse_missing


def bandpass(
    signal: np.ndarray, fs: float, low: float | None = None, high: float | None = None
) -> np.ndarray:
    """Keep the frequencies between two limits, without shifting anything in time.

    A Butterworth filter runs over the whole signal forwards and then backwards, so that each
    wave stays where it is.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead, all values finite.
    fs : float
        Sampling frequency in Hz.
    low, high : float, optional
        Limits in Hz, at which half of the amplitude is left; 0.5 and 40 Hz where left out.

    Returns
    -------
    array of the same shape and unit

    Raises
    ------
    EcgError
        If the limits do not rise from 0 to half of `fs`, the signal is too short, or a sample is
        missing.

    Examples
    --------
    >>> from ecgutils import database
    >>> record = database.read("103").between(0, 60)
    >>> bool(abs(bandpass(record.lead("MLII") + 5, record.fs).mean()) < 0.1)
    True
    """
    usual = settings.BANDPASS
    low = usual.low_hz if low is None else low
    high = usual.high_hz if high is None else high
    if not 0 < low < high < fs / 2:
        raise EcgError(
            f"no band-pass from {low:g} to {high:g} Hz at {fs:g} Hz: the limits must rise and "
            f"lie between 0 and {fs / 2:g} Hz"
        )
    refuse_missing(signal, "a band-pass")
    try:
        return _both_ways(signal, *_sections(usual.order, low, high, fs))
    except ValueError:
        raise EcgError(
            f"{len(signal)} samples are too few for a band-pass; give it a longer signal"
        ) from None


@cache
def _sections(order: int, low: float, high: float, fs: float) -> tuple[np.ndarray, np.ndarray]:
    """Design a band-pass, and its state at rest, once: that takes as long as half a minute."""
    sections = butter(order, (low, high), "bandpass", fs=fs, output="sos")
    return sections, sosfilt_zi(sections)


def _both_ways(signal: np.ndarray, sections: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Filter forwards and backwards as `scipy.signal.sosfiltfilt` does, with what is known."""
    edge = 3 * (2 * len(sections) + 1)
    if len(signal) <= edge:
        raise ValueError(len(signal))
    before, after = signal[edge:0:-1], signal[-2 : -edge - 2 : -1]
    longer = np.concatenate([2 * signal[0] - before, signal, 2 * signal[-1] - after])
    forwards, _ = sosfilt(sections, longer, zi=rest * longer[0])
    backwards, _ = sosfilt(sections, forwards[::-1], zi=rest * forwards[-1])
    return backwards[::-1][edge:-edge]
