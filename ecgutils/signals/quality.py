"""Which stretches of a recording can be used, and which of its leads are the best ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

FLAT = 0.005
"""A second with less than this share of the lead's usual height is flat: its cable is off."""

CLIPPED = 0.1
"""Share of the samples of a second at the end of the converter's range that makes it clipped."""

RESTING = 0.25
"""How near, in usual heights, an end of the range may be to the level at which a heart rests.

Recorders with a single supply cut off what is below that level, and the QRS complexes stand.
"""

NOISY = 0.10
"""Steepness between the QRS complexes, in units of theirs, from which on no beat is classified.

It is 0.02 to 0.08 in the MIT-BIH Arrhythmia Database, and 0.17 to 0.25 in the worst stretches of
105 and in the ventricular flutter of 207. In white noise it is 0.29, in a sine 0.7.
"""

STEADY_BLOCKS = 3
"""Blocks of `settings.DETECTOR.block_s` whose median is the noise of the middle one."""


def lead_faults(signal: np.ndarray, fs: float) -> np.ndarray:
    """Find the seconds of a lead in which there is no signal to speak of.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead in mV, NaN where a sample is missing.
    fs : float
        Sampling frequency in Hz.

    Returns
    -------
    array of str, shape (seconds,)
        ``"missing"``, ``"flat"``, ``"clipped"`` or ``""``. A last part of a second counts as one.

    Examples
    --------
    >>> from ecgutils import database
    >>> signal = database.read("100").lead("MLII")[:1440].copy()
    >>> signal[360:720] = 0.3
    >>> lead_faults(signal, fs=360).tolist()
    ['', 'flat', '', '']
    """
    seconds = _in_seconds(signal, fs)
    with np.errstate(invalid="ignore"):
        lowest, highest = np.fmin.reduce(seconds, axis=1), np.fmax.reduce(seconds, axis=1)
        # Without the f, a missing sample makes the whole second missing.
        missing = np.isnan(np.minimum.reduce(seconds, axis=1))
    height = highest - lowest
    usual = np.median(height[~missing]) if not missing.all() else 0.0
    flat = ~missing & (height <= FLAT * usual)
    bottom, top = np.fmin.reduce(lowest), np.fmax.reduce(highest)
    # One sample in sixteen is enough for the level of most samples.
    level = np.nanmedian(signal[::16]) if not missing.all() else np.nan
    ends = [end for end in (bottom, top) if not abs(end - level) < RESTING * usual]
    clipped = _share_at_ends(seconds, lowest, highest, ends) > CLIPPED
    return np.select([missing, flat, clipped], ["missing", "flat", "clipped"], "")


def fill(signal: np.ndarray) -> np.ndarray:
    """Bridge missing samples by straight lines; zeros where all are missing, shape (samples,)."""
    if not np.isnan(signal).any():
        return signal
    return pd.Series(signal).interpolate(limit_direction="both").fillna(0).to_numpy()


def noisy(noise: np.ndarray) -> np.ndarray:
    """Tell in which blocks no lead is clean enough: :class:`Steepness`' noise to (blocks,)."""
    return median_filter(noise.min(axis=1), STEADY_BLOCKS, mode="nearest") > NOISY


def stretches(reason: np.ndarray, fs: float, duration: float) -> pd.DataFrame:
    """Put seconds with the same reason, if any, together: ``start_s``, ``stop_s``, ``reason``."""
    # A second is a whole number of samples here.
    second = max(1, round(fs)) / fs
    starts = np.flatnonzero(np.append(True, reason[1:] != reason[:-1]))
    stops = np.minimum(np.append(starts[1:], len(reason)) * second, duration)
    table = pd.DataFrame({"start_s": starts * second, "stop_s": stops, "reason": reason[starts]})
    return table[table["reason"] != ""].reset_index(drop=True)


def _share_at_ends(
    seconds: np.ndarray, lowest: np.ndarray, highest: np.ndarray, ends: Sequence[float]
) -> np.ndarray:
    """Share of each second's samples that are at one of the ends of the whole lead's range."""
    # Few seconds reach an end; a comparison of all samples would take a quarter of the signal.
    reaching = np.flatnonzero(np.isin(lowest, ends) | np.isin(highest, ends))
    share = np.zeros(len(seconds))
    share[reaching] = [np.mean(np.isin(seconds[k], ends)) for k in reaching]
    return share


def _in_seconds(signal: np.ndarray, fs: float) -> np.ndarray:
    """Rows of about a second; the last one is filled up with its own last sample."""
    length = max(1, round(fs))
    # Padding copies the signal, also by nothing.
    if unfilled := -len(signal) % length:
        signal = np.pad(signal, (0, unfilled), "edge")
    return signal.reshape(-1, length)
