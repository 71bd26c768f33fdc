"""Whether what repeats itself with the heart swings to and fro, as a body does after each beat."""

import numpy as np
from scipy.signal import find_peaks

from ecgutils.signals.filters import bandpass

AROUND_S = (0.3, 0.5)
"""Seconds before and after a beat that are looked at."""

SWING_HZ = (2.0, 25.0)
"""Frequencies of such swings; hum is faster."""

LEAST = 0.05
"""Prominence of a lobe, in heights of the usual beat."""

SPACING_S, EVEN = (0.03, 0.12), 0.2
"""Seconds between lobes, and by how much of their median they differ at most."""

FEWEST_BEATS, EXAMINED = 8, 100
"""Beats from which on there is a usual one, and how many it is taken from at most."""


def even_lobes(signal: np.ndarray, sample: np.ndarray, fs: float) -> int:
    """Count the evenly spaced lobes in a row that the usual beat of a lead has.

    Parameters
    ----------
    signal : array of float, shape (samples,)
        A lead without missing samples.
    sample : array of int, shape (beats,)
        Where its beats are.
    fs : float
        Sampling frequency in Hz.

    Returns
    -------
    int
        Zero where there are too few beats. A minute of MIT-BIH or SVDB has at most 4, an
        accelerometer on the chest 5 or 6.

    Examples
    --------
    >>> from ecgutils import database
    >>> record = database.read("100").between(0, 60)
    >>> even_lobes(record.lead(0), record.annotations.beats.sample, record.fs) < 5
    True
    """
    before, after = (round(seconds * fs) for seconds in AROUND_S)
    inside = sample[(sample >= before) & (sample < len(signal) - after)]
    if len(inside) < FEWEST_BEATS:
        return 0
    chosen = inside[np.linspace(0, len(inside) - 1, min(len(inside), EXAMINED)).astype(int)]
    waves = bandpass(signal, fs, *SWING_HZ)[chosen[:, None] + np.arange(-before, after)]
    usual = np.median(waves, axis=0)
    least = LEAST * np.ptp(usual)
    places = [find_peaks(turned, prominence=least)[0] for turned in (usual, -usual)]
    return _longest_even(np.diff(np.sort(np.concatenate(places))) / fs)


def _longest_even(spacing: np.ndarray) -> int:
    """Count the lobes of the longest row whose spacing is nearly the same."""
    longest, fits = 1, (spacing >= SPACING_S[0]) & (spacing <= SPACING_S[1])
    for first in range(len(spacing)):
        for stop in range(first + longest, len(spacing) + 1):
            row = spacing[first:stop]
            if fits[first:stop].all() and np.ptp(row) <= EVEN * np.median(row):
                longest = stop - first + 1
    return longest
