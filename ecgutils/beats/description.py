"""Which features a classifier of unseen patients gets of a beat, in which order.

An early beat means little where all beats are irregular, or ectopic beats have made the usual
interval short. So the rhythm is also measured between normal-looking beats alone.
"""

from itertools import product

import numpy as np
import pandas as pd

from ecgutils.beats import rhythm, stretches, waves
from ecgutils.beats.aligned import AlignedBeats

RELATIVE_FEATURES = (
    *("before_to_mean", "after_to_mean", "before_to_local", "after_to_local", "before_to_long"),
    *("before_to_few", "irregularity", "scatter"),
    *map("_".join, product(("P", "QRS", "T"), ("correlation", "distance"), waves.OF_LEADS)),
    *("QRS_width", "QRS_duration", "QRS_slope", "QRS_size"),
    *("P_coherence", "P_local_correlation", "normal_distance", "normal_distance_to_usual"),
)
"""Features of the beat itself, see :func:`relative_features`."""

_OF_NEIGHBOURS = {
    **dict.fromkeys(
        (
            *("normal_distance", "QRS_correlation_mean"),
            *("P_correlation_mean", "P_distance_mean", "T_correlation_mean", "T_distance_mean"),
        ),
        (1, 2, -1, -2),
    ),
    "before_to_normal": (2, 3, -2),
}
"""How many beats before a beat, or behind it, a feature is looked at as well.

The P wave of an early beat lies in the T wave of the beat before, and changes it.
"""

CONTEXT_FEATURES = (
    *("before_to_previous", "after_to_before", "pair_to_local"),
    *("before_to_normal", "after_to_normal", "previous_to_normal"),
    *("normal_irregularity", "normal_share", "early_share", "rank_of_before"),
    *stretches.STRETCH_FEATURES,
    *(f"{name}_{-back:+d}" for name, places in _OF_NEIGHBOURS.items() for back in places),
)
"""Features that the beats around it give a beat, see :func:`context_features`."""

MODEL_FEATURES = (*RELATIVE_FEATURES, *CONTEXT_FEATURES)
"""Columns of :func:`model_features`."""


def relative_features(beats: AlignedBeats) -> pd.DataFrame:
    """Features of every beat of one recording, against the patient's other beats.

    Parameters
    ----------
    beats : AlignedBeats

    Returns
    -------
    pandas.DataFrame of float32
        One row per beat, one column for each of :data:`RELATIVE_FEATURES`; all finite.

    Examples
    --------
    >>> from ecgutils import database
    >>> from ecgutils.beats import aligned_beats
    >>> features = relative_features(aligned_beats(database.read("119").between(0, 60)))
    >>> features.shape
    (65, 34)
    """
    columns = rhythm.interval_features(beats.rr)
    columns |= waves.wave_features(beats) | waves.qrs_features(beats)
    columns |= waves.p_wave_features(beats, columns["P_correlation_mean"])
    columns |= waves.distance_to_normal(beats)
    return _table(columns)


def model_features(beats: AlignedBeats) -> np.ndarray:
    """Compute the :data:`MODEL_FEATURES` of one recording; finite float32, (beats, features)."""
    own = relative_features(beats)
    return np.concatenate([own.to_numpy(), context_features(beats.rr, own).to_numpy()], axis=1)


def context_features(rr: np.ndarray, own: pd.DataFrame) -> pd.DataFrame:
    """Compute the :data:`CONTEXT_FEATURES` from intervals in seconds and relative features."""
    normal = waves.looks_normal(own)
    columns = rhythm.normal_interval_features(rr, normal)
    usual = columns.pop("usual")
    columns |= stretches.stretch_features(rr, normal, usual)
    for name, places in _OF_NEIGHBOURS.items():
        values = np.asarray(columns[name] if name in columns else own[name])
        usual = np.median(values)
        columns |= {f"{name}_{-back:+d}": _moved(values, back, usual) for back in places}
    return _table(columns)


def _moved(values: np.ndarray, back: int, usual: float) -> np.ndarray:
    """Values of the beats so many before, or behind where negative; the usual one beyond an end."""
    moved = np.full_like(values, usual)
    count = max(0, len(values) - abs(back))
    moved[max(0, back) :][:count] = values[max(0, -back) :][:count]
    return moved


def _table(columns: dict[str, np.ndarray | pd.Series]) -> pd.DataFrame:
    """Put columns side by side; as arrays, for pandas would compare the indices of all."""
    return pd.DataFrame({k: np.asarray(values, np.float32) for k, values in columns.items()})
