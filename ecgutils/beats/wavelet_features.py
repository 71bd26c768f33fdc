"""What a network is told of a beat: its shape in wavelet coefficients, and its rhythm."""

import numpy as np
import pandas as pd

from ecgutils.beats.beats import Beats
from ecgutils.signals.wavelets import WAVELET, approximation

SHORTEST_RR_S = 0.05
"""Seconds; intervals below are taken for this, since the logarithm of zero has no value."""

NEIGHBOURHOOD = 41
"""Beats around a beat, itself in the middle, that make its local rhythm."""

FEW = 8
"""Beats just before, or just after, that a small change of rhythm is measured against."""

MAGNIFIED = (10, 30)
"""How much small changes of rhythm are magnified; large ones then saturate."""

SATURATED = 3.0
"""Where a magnified change is cut off."""


def shape_features(
    beats: Beats, wavelet: str = WAVELET, level: int = 1, against_median: bool = False
) -> np.ndarray:
    """Approximation coefficients of each beat.

    Parameters
    ----------
    beats : Beats
        All beats of each record, where `against_median`.
    wavelet : str
        Name of a discrete wavelet.
    level : int
        How often the signal is halved; 0 leaves it as it is.
    against_median : bool
        Whether the difference from the record's median beat is added as further channels:
        it tells a beat that is odd in any patient from one that is odd in this one. No
        annotation is needed to make it.

    Returns
    -------
    array of float32, shape (beats, coefficients, channels)
        A channel a lead, twice as many where `against_median`.

    Raises
    ------
    EcgError
        If the wavelet is unknown or the beats are too short for the level.
    """
    shape = approximation(beats.windows, wavelet, level) if level else beats.windows
    if not against_median:
        return shape
    difference = np.empty_like(shape)
    for rows in _records(beats):
        difference[rows] = shape[rows] - np.median(shape[rows], axis=0)
    return np.concatenate([shape, difference], axis=-1)


def rhythm_features(beats: Beats) -> np.ndarray:
    """RR intervals around each beat, on a logarithmic scale, against several references.

    Parameters
    ----------
    beats : Beats
        All beats of each record, in their order.

    Returns
    -------
    array of float32, shape (beats, 45)
        Ratios as logarithms, so 0 is "as usual": four intervals before and four after the
        beat against the record's median; the two next to the beat against the median and
        the 90th percentile of the :data:`NEIGHBOURHOOD`; the local rhythm against the
        record's, its irregularity, and the record's median in seconds; then ten small
        changes, plain and magnified.

    Notes
    -----
    The 90th percentile is there for patients whose ectopic beats outnumber the others: their
    median interval is the premature one. The irregularity tells atrial fibrillation, where a
    short interval means little.
    """
    rhythm = np.empty((len(beats), 45), dtype=np.float32)
    for rows in _records(beats):
        rhythm[rows] = _rhythm_of_record(beats.rr[rows, 0])
    return rhythm


def _records(beats: Beats) -> list[np.ndarray]:
    """Positions of the beats of each record."""
    return [np.flatnonzero(beats.record == name) for name in dict.fromkeys(beats.record.tolist())]


def _rhythm_of_record(rr: np.ndarray) -> np.ndarray:
    """Features of one record from the interval before each beat, in seconds."""
    before = pd.Series(np.log(np.maximum(rr, SHORTEST_RR_S)))
    usual = before.median() if len(before) > 1 else 0.0
    before = before.fillna(usual)
    around = {k: before.shift(-k, fill_value=usual) for k in range(-3, 5)}
    after = around[1]

    nearby = before.rolling(NEIGHBOURHOOD, center=True, min_periods=1)
    local, long = nearby.median(), nearby.quantile(0.9)
    change = before.diff().abs().fillna(0)
    irregularity = change.rolling(NEIGHBOURHOOD, center=True, min_periods=1).median()
    columns = [interval - usual for interval in around.values()]
    columns += [before - local, after - local, before - long, after - long]
    columns += [local - usual, np.log(irregularity + 0.01), before * 0 + usual]

    small = np.column_stack(_small_changes(around, local, usual))
    magnified = [np.clip(factor * small, -SATURATED, SATURATED) for factor in MAGNIFIED]
    return np.column_stack([*columns, small, *magnified])


def _small_changes(around: dict[int, pd.Series], local: pd.Series, usual: float) -> list[pd.Series]:
    """Differences between the intervals next to a beat and those a little farther away."""
    before, after = around[0], around[1]
    past = before.shift(1, fill_value=usual).rolling(FEW, min_periods=1).median()
    later = after.shift(-1, fill_value=usual)[::-1].rolling(FEW, min_periods=1).median()[::-1]
    return [
        *(before - past, after - past, before - later, after - later),
        *(before - around[-1], after - before),
        *(around[k] - local for k in (-1, 0, 1, 2)),
    ]
