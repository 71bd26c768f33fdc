"""Stretches of irregular rhythm, which may be atrial fibrillation."""

import numpy as np
import pandas as pd

from ecgutils.beats.irregularity import APART_S, LONGEST_RR_S
from ecgutils.beats.rhythm import nearby

LEAST_ENTROPY = 0.65
"""Entropy from which on intervals are irregular; see :mod:`ecgutils.studies.irregular_rhythm`."""

MOST_COHERENCE = 0.2
"""Correlation up to which P waves have nothing in common; chosen there as well."""

MOST_DOUBTFUL = 0.125
"""Share of the beats nearby that may be Q. It is less in fibrillation, more where noise is."""

SHORTEST_S = 30.0
"""Seconds from which on it is an episode, as guidelines have it (ESC 2020)."""


def irregular_beats(
    evidence: pd.DataFrame,
    doubtful: np.ndarray,
    least_entropy: float = LEAST_ENTROPY,
    most_coherence: float = MOST_COHERENCE,
) -> np.ndarray:
    """Tell which beats lie in an irregular rhythm; bool, shape (beats,).

    Given are their irregularity, see :func:`ecgutils.beats.irregularity.irregularity`, and which
    beats are doubtful.
    """
    disorder = evidence["entropy"] >= least_entropy
    return (disorder & (evidence["coherence"] <= most_coherence)).to_numpy() & readable(doubtful)


def readable(doubtful: np.ndarray) -> np.ndarray:
    """Tell around which beats few are doubtful; bool, shape (beats,)."""
    return (nearby(pd.Series(doubtful.astype(float))).mean() <= MOST_DOUBTFUL).to_numpy()


def irregular_stretches(time_s: np.ndarray, irregular: np.ndarray, duration: float) -> pd.DataFrame:
    """Put beats of an irregular rhythm together.

    Parameters
    ----------
    time_s : array, shape (beats,)
        Where the beats are, in ascending order.
    irregular : array of bool, shape (beats,)
        As :func:`irregular_beats` has it.
    duration : float
        Seconds that the recording has.

    Returns
    -------
    pandas.DataFrame
        Columns ``start_s``, ``stop_s`` and ``rhythm``, which is ``"AFIB"``. No stretch is shorter
        than :data:`SHORTEST_S`.

    Examples
    --------
    >>> irregular_stretches(np.arange(0, 90, 0.5), np.arange(180) > 100, 90.0)
       start_s  stop_s rhythm
    0     50.0    90.0   AFIB
    """
    rows = np.flatnonzero(irregular)
    apart = np.flatnonzero(np.diff(time_s[rows]) > APART_S)
    first, last = np.append(rows[:1], rows[apart + 1]), np.append(rows[apart], rows[-1:])
    # The interval that ends with the first beat belongs to it.
    start, stop = time_s[np.maximum(first - 1, 0)], time_s[last]
    start = np.where(start < LONGEST_RR_S, 0.0, start)
    stop = np.where(stop > duration - LONGEST_RR_S, duration, stop)
    long = stop - start >= SHORTEST_S
    table = pd.DataFrame({"start_s": start[long], "stop_s": stop[long]})
    return table.assign(rhythm="AFIB")


def within(time_s: np.ndarray, stretches: pd.DataFrame) -> np.ndarray:
    """Tell which times lie in a stretch, in time order; bool, the shape of the times."""
    opened = np.searchsorted(stretches["start_s"], time_s, side="right")
    return opened > np.searchsorted(stretches["stop_s"], time_s, side="left")
