"""How far the heart is from a rhythm: intervals that foretell nothing, and no common P wave.

Both are hallmarks of atrial fibrillation. Each beat is judged by the intervals around it.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ecgutils.beats.aligned import AlignedBeats, part
from ecgutils.beats.settings import BEATS

WINDOW = 30
"""Intervals that a beat is judged by; see :mod:`ecgutils.studies.irregular_rhythm`."""

LEAST_SHARE = 0.4
"""Share of all intervals there that these are. With fewer, as in bigeminy, little is known."""

ALIKE = 0.05
"""Difference of logarithms up to which two intervals count as alike, about 5 %."""

LONGEST_RR_S = 3.0
"""Seconds from which on an interval counts as a pause, or as one with a beat overlooked."""

APART_S = 10.0
"""Seconds without an interval to judge by that end a neighbourhood: a gap, noise, a run of V."""


def irregularity(beats: AlignedBeats, conducted: np.ndarray, window: int = WINDOW) -> pd.DataFrame:
    """Measure the disorder of the intervals and of the P waves around each beat.

    Parameters
    ----------
    beats : AlignedBeats
        All beats of a recording, with NaN for each interval that is unknown.
    conducted : array of bool, shape (beats,)
        Which beats came from the atria. Only intervals between two such neighbours are judged.
    window : int
        By how many intervals.

    Returns
    -------
    pandas.DataFrame
        One row per beat. ``entropy``: sample entropy of the logarithms of the intervals, for m = 1;
        ``coherence``: mean correlation of the P waves of two beats, that of the clearest lead. NaN
        where the interval before the beat is not judged.

    Notes
    -----
    Entropy as by Lake and Moorman (Am. J. Physiol. Heart Circ. Physiol. 300, H319, 2011), who
    take the mean interval into account as the logarithm does here. In a sinus rhythm with sinus
    arrhythmia, and in bigeminy, intervals foretell the next ones; in fibrillation they do not.

    Examples
    --------
    >>> from ecgutils import database
    >>> from ecgutils.beats import aligned_beats
    >>> for name in ("100", "203"):
    ...     beats = aligned_beats(database.read(name).between(0, 60))
    ...     print(irregularity(beats, beats.aami_class == 0).median().round(1).tolist())
    [0.3, 0.9]
    [2.1, 0.0]
    """
    values = np.full((len(beats), 2), np.nan)
    known = conducted & np.append(False, conducted[:-1]) & (beats.rr < LONGEST_RR_S)
    log_rr = np.log(np.maximum(beats.rr, BEATS.shortest_rr_s))
    waves = _p_waves(beats)
    for rows in _neighbourhoods(np.flatnonzero(known), beats, window):
        follows = np.append(False, np.diff(rows) == 1)
        entropy = _entropy(log_rr[rows], follows, window)
        measures = np.stack([entropy, _coherence(waves[rows], window)], axis=1)
        of_all = rows[window - 1 :] - rows[: 1 - window] + 1
        measures[window < LEAST_SHARE * of_all] = np.nan
        # At both ends a beat is judged by the first or last window there is.
        own = np.arange(len(rows)) - window // 2
        values[rows] = measures[own.clip(0, len(measures) - 1)]
    return pd.DataFrame(values, columns=["entropy", "coherence"])


def _neighbourhoods(rows: np.ndarray, beats: AlignedBeats, least: int) -> Iterator[np.ndarray]:
    """Divide beats where no interval is known for long; leave out those that are too short."""
    stop = beats.sample[rows] / beats.recording.fs
    apart = np.diff(stop) - beats.rr[rows][1:] > APART_S
    return (part for part in np.split(rows, np.flatnonzero(apart) + 1) if len(part) >= least)


def _entropy(log_rr: np.ndarray, follows: np.ndarray, window: int) -> np.ndarray:
    """Sample entropy of each window: of intervals that are alike, few have alike successors."""
    alike, also_next = (np.zeros(len(log_rr) - window + 1) for _ in range(2))
    for lag in range(1, window - 1):
        close = np.abs(log_rr[lag:] - log_rr[:-lag]) < ALIKE
        first = close[:-1] & follows[lag + 1 :] & follows[1:-lag]
        alike += _sums(first, window - lag - 1)
        also_next += _sums(first & close[1:], window - lag - 1)
    # Where none has, it is half a one, or the entropy would be infinite.
    return np.log((alike + 1) / (also_next + 0.5))


def _sums(values: np.ndarray, width: int) -> np.ndarray:
    """Sum of so many values from each of them on, along the first axis."""
    total = np.cumsum(values, axis=0, dtype=np.float64)
    total = np.concatenate([np.zeros_like(total[:1]), total])
    return total[width:] - total[:-width]


def _p_waves(beats: AlignedBeats) -> np.ndarray:
    """P waves without their slope, each of length one or zero; shape (beats, points, leads)."""
    wave = part(beats.windows, BEATS.p_s)
    ramp = np.linspace(-1, 1, wave.shape[1], dtype=wave.dtype)[:, None]
    wave = wave - ramp * (wave * ramp).sum(axis=1, keepdims=True) / np.square(ramp).sum()
    return wave / (np.linalg.norm(wave, axis=1, keepdims=True) + BEATS.tiny)


def _coherence(waves: np.ndarray, window: int) -> np.ndarray:
    """Mean correlation of two P waves of each window, in the lead where it is highest."""
    of_sum = np.square(_sums(waves, window)).sum(axis=1)
    return ((of_sum - window) / (window * (window - 1))).max(axis=1)
