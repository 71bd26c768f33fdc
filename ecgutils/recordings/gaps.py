"""Intervals between beats that are longer than the rhythm around them allows."""

import numpy as np
import pandas as pd

from ecgutils.io.record import Record
from ecgutils.signals import settings
from ecgutils.signals.quality import fill
from ecgutils.signals.r_peaks import lead_steepness

TOO_LONG = 1.75
"""Times the usual interval from which on no group of beats goes on across an interval.

A compensatory pause is at most 1.6 times as long in the MIT-BIH Arrhythmia Database.
"""

SUSPICIOUS = 1.5
"""Times the usual interval from which on the signal within is examined for beats left out."""

QRS_LIKE = 0.3
"""Steepness, in units of the less steep beats around, from which on a wave is like a QRS complex.

It is less in 91 % of MIT-BIH's 586 intervals over 1.5 times the usual, and in all but 2 of those
over 2 s. Low beats that may be missed have 0.3 to 0.4 (201) or 0.5 to 1.1 (208).
"""

AFTER_S, BEFORE_S = 0.30, 0.20
"""Seconds after a beat and before the next one whose waves are those of the two beats."""

NEARBY = 31
"""Intervals whose third quartile is the usual one: in bigeminy it is that after the early beat."""

MOST_EXAMINED = 1000
"""Most intervals that are examined, the longest ones."""

_AROUND_S, _PART_S = 5.0, 60.0


def usual_intervals(rr: np.ndarray) -> np.ndarray:
    """Return the usual interval around each, in seconds; NaN only where none is known."""
    nearby = pd.Series(rr).rolling(NEARBY, center=True, min_periods=1).quantile(0.75)
    return nearby.ffill().bfill().to_numpy()


def waves_left_out(record: Record, sample: np.ndarray, suspicious: np.ndarray) -> np.ndarray:
    """Tell between which beats lies a wave as steep as a QRS complex that is no beat.

    Parameters
    ----------
    record : Record
    sample : array of int, shape (beats,)
        Beats in ascending order.
    suspicious : array of float, shape (beats,)
        How suspicious the interval before each beat is; nothing is looked for where it is NaN.

    Returns
    -------
    array of bool, shape (beats,)
    """
    found = np.zeros(len(sample), dtype=bool)
    asked = np.flatnonzero(~np.isnan(suspicious))
    asked = np.sort(asked[np.argsort(-suspicious[asked], kind="stable")][:MOST_EXAMINED])
    while len(asked):
        # What lies close together is examined in one part of the recording.
        together = sample[asked] - sample[asked[0]] < _PART_S * record.fs
        steepest = np.array(_steepest_between(record, sample, asked[together]))
        found[asked[together]] = steepest > QRS_LIKE
        asked = asked[~together]
    return found


def _steepest_between(record: Record, sample: np.ndarray, asked: np.ndarray) -> list[float]:
    """Steepest wave between each beat and the one before, in units of the beats around."""
    around = round(_AROUND_S * record.fs)
    first, stop = max(0, sample[asked[0] - 1] - around), sample[asked[-1]] + around
    steep = np.stack([_steepness(lead, record.fs) for lead in record.p_signal[first:stop].T])
    near = slice(*np.searchsorted(sample, [first, first + steep.shape[1]]))
    at_beats, steepest = _at_beats(steep, sample[near] - first, record.fs), []
    for k in asked.tolist():
        beats = slice(*np.searchsorted(sample[near], [sample[k - 1] - around, sample[k] + around]))
        usual = np.percentile(at_beats[:, beats], 25, axis=1)
        start = sample[k - 1] + round(AFTER_S * record.fs) - first
        end = sample[k] - round(BEFORE_S * record.fs) - first
        relative = steep[usual > 0, start:end] / usual[usual > 0, None]
        steepest.append(relative.mean(axis=0).max() if relative.size else 0.0)
    return steepest


def _steepness(lead: np.ndarray, fs: float) -> np.ndarray:
    """Steepness of a part of a lead, averaged over the width of a QRS complex; shape (samples,)."""
    bell = np.hanning(round(settings.DETECTOR.qrs_width_s * fs) | 1)
    steep = lead_steepness(fill(lead.astype(np.float64)), fs)
    return np.convolve(steep, bell / bell.sum(), "same")


def _at_beats(steep: np.ndarray, sample: np.ndarray, fs: float) -> np.ndarray:
    """Steepness of each beat in each lead, shape (leads, beats)."""
    reach = round(settings.DETECTOR.reach_s / 2 * fs)
    near = np.clip(sample[:, None] + np.arange(-reach, reach + 1), 0, steep.shape[1] - 1)
    return steep[:, near].max(axis=2)
