"""Which features a classifier of unseen patients gets of a beat, in which order.

An early beat means little where all beats are irregular, or ectopic beats have made the usual
interval short. So the rhythm is also measured between normal-looking beats alone.
"""

from itertools import product

import numpy as np
import pandas as pd

from ecgutils.beats import rhythm, waves
from ecgutils.beats.aligned import AlignedBeats

RELATIVE_FEATURES = (
    *("before_to_mean", "after_to_mean", "before_to_local", "after_to_local", "before_to_long"),
    *("before_to_few", "irregularity", "scatter"),
    *map("_".join, product(("P", "QRS", "T"), ("correlation", "distance"), waves.OF_LEADS)),
    *("QRS_width", "QRS_duration", "QRS_slope", "QRS_size"),
    *("P_coherence", "P_local_correlation", "normal_distance", "normal_distance_to_usual"),
)
"""Features of the beat itself, see :func:`relative_features`."""

_OF_NEIGHBOURS = ("normal_distance", "P_correlation_mean", "QRS_correlation_mean")

CONTEXT_FEATURES = (
    *("before_to_previous", "after_to_before", "pair_to_local"),
    *("before_to_normal", "after_to_normal", "previous_to_normal"),
    *("normal_irregularity", "normal_share", "early_share", "rank_of_before"),
    *(f"{name}_of_{which}" for name in _OF_NEIGHBOURS for which in ("previous", "next")),
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
    >>> from ecgutils.beats import beats_on_grid
    >>> features = relative_features(beats_on_grid(database.read("119").between(0, 60)))
    >>> features.shape
    (65, 34)
    """
    columns = rhythm.interval_features(beats.rr)
    columns |= waves.wave_features(beats) | waves.qrs_features(beats)
    columns |= waves.p_wave_features(beats, columns["P_correlation_mean"])
    columns |= waves.distance_to_normal(beats)
    return pd.DataFrame(columns).astype(np.float32)


def model_features(beats: AlignedBeats) -> np.ndarray:
    """Compute the :data:`MODEL_FEATURES` of one recording; finite float32, (beats, features)."""
    own = relative_features(beats)
    return np.concatenate([own.to_numpy(), context_features(beats.rr, own).to_numpy()], axis=1)


def context_features(rr: np.ndarray, own: pd.DataFrame) -> pd.DataFrame:
    """Compute the :data:`CONTEXT_FEATURES` from intervals in seconds and relative features."""
    columns = rhythm.normal_interval_features(rr, waves.looks_normal(own))
    for name in _OF_NEIGHBOURS:
        values, usual = own[name], own[name].median()
        columns[f"{name}_of_previous"] = values.shift(1, fill_value=usual)
        columns[f"{name}_of_next"] = values.shift(-1, fill_value=usual)
    return pd.DataFrame(columns).astype(np.float32)
