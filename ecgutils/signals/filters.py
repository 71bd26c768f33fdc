"""The classical way to clean an ECG: a band-pass filter."""

import numpy as np
from scipy.signal import butter, sosfiltfilt

from ecgutils.errors import EcgError


def bandpass(
    signal: np.ndarray, fs: float, low: float = 0.5, high: float = 40.0, order: int = 2
) -> np.ndarray:
    """Keep the frequencies between two limits, without shifting anything in time.

    A Butterworth filter runs over the signal forwards and then backwards, so that each wave
    stays where it is; that needs the whole recording and doubles the filter's effect.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead, all values finite.
    fs : float
        Sampling frequency in Hz.
    low, high : float
        Limits in Hz, at which half of the amplitude is left. 0.5 and 40 Hz are the usual
        limits of ambulatory monitoring.
    order : int
        Order of the filter in each direction.

    Returns
    -------
    array of the same shape
        In the unit of the signal.

    Raises
    ------
    EcgError
        If the limits are not in order below half the sampling frequency, or the signal is
        too short for the filter.
    """
    if not 0 < low < high < fs / 2:
        raise EcgError(
            f"no band-pass from {low:g} to {high:g} Hz at {fs:g} Hz: the limits must rise and "
            f"lie between 0 and {fs / 2:g} Hz"
        )
    sections = butter(order, (low, high), "bandpass", fs=fs, output="sos")
    try:
        return sosfiltfilt(sections, signal)
    except ValueError:
        raise EcgError(
            f"{len(signal)} samples are too few for a band-pass; give it a longer signal"
        ) from None
