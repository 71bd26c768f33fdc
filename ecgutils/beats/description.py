"""What the beats around a beat say of it, and all that the trained model is told of a beat.

A beat that comes early means one thing among regular normal beats, another one among beats that
are all irregular, and a third one where ectopic beats have made the usual interval short. So the
rhythm is also measured between normal-looking beats alone, and the neighbours are described.
"""

import numpy as np
import pandas as pd

from ecgutils.beats.aligned import GRID_S, QRS_S, TINY, AlignedBeats, part, template_beats
from ecgutils.beats.waves import RELATIVE_FEATURES, log_intervals, nearby, relative_features

NEAR_NORMAL = 1.5
"""A QRS complex looks normal whose distance to the normal ones, as the logarithm of its ratio to
the usual distance, is smaller than this."""

LIKE_NORMAL = 0.9
"""It also looks normal where its correlation with their template is larger than this."""

EARLY = 0.1
"""By how much the logarithm of an interval is smaller than usual where a beat comes early."""

STEADY = 0.05
"""Change of the logarithm of the interval from beat to beat that is taken for granted where no
normal beats follow each other."""

OF_NEIGHBOURS = ("normal_distance", "P_correlation_mean", "QRS_correlation_mean")
"""Features that are also told of the beat before and of the beat after."""

CONTEXT = (
    *("before_to_previous", "after_to_before", "pair_to_local"),
    *("before_to_normal", "after_to_normal", "previous_to_normal"),
    *("normal_irregularity", "normal_share", "early_share", "rank_of_before"),
    *(f"{name}_of_{which}" for name in OF_NEIGHBOURS for which in ("previous", "next")),
)
"""What :func:`beat_context` tells of a beat, in this order."""

MODEL_FEATURES = (*RELATIVE_FEATURES, *CONTEXT)
"""What :func:`described` tells of a beat, in this order."""


def model_features(beats: AlignedBeats) -> np.ndarray:
    """Tell everything of every beat of one recording.

    Parameters
    ----------
    beats : AlignedBeats

    Returns
    -------
    array of float32, shape (beats, features)
        The :data:`MODEL_FEATURES`; all finite.
    """
    own = relative_features(beats)
    return np.concatenate([own.to_numpy(), beat_context(beats.rr, own).to_numpy()], axis=1)


def beat_context(rr: np.ndarray, own: pd.DataFrame) -> pd.DataFrame:
    """Tell what the beats around each beat say of it.

    Parameters
    ----------
    rr : array, shape (beats,)
        Seconds since the previous beat; NaN where that is not known.
    own : pandas.DataFrame
        What :func:`ecgutils.beats.waves.relative_features` says of the beats.

    Returns
    -------
    pandas.DataFrame of float32
        A row a beat, a column for each of :data:`CONTEXT`; all finite. Intervals are compared
        by the logarithms of their ratios.
    """
    columns: dict[str, pd.Series] = _intervals(rr, _normal(own))
    for name in OF_NEIGHBOURS:
        values, usual = own[name], own[name].median()
        columns[f"{name}_of_previous"] = values.shift(1, fill_value=usual)
        columns[f"{name}_of_next"] = values.shift(-1, fill_value=usual)
    return pd.DataFrame(columns).astype(np.float32)


def _normal(own: pd.DataFrame) -> np.ndarray:
    """Tell which QRS complexes look normal."""
    near = own["normal_distance_to_usual"] < NEAR_NORMAL
    return (near | (own["QRS_correlation_mean"] > LIKE_NORMAL)).to_numpy()


def _intervals(rr: np.ndarray, normal: np.ndarray) -> dict[str, pd.Series]:
    """Compare intervals with each other, and with those between normal-looking beats nearby."""
    before, after, previous = log_intervals(rr)
    local = nearby(before).median()
    after_normal = np.append(False, normal[:-1])
    between = normal & after_normal
    usual = nearby(before.where(between)).median().fillna(local)
    twice = between & np.append(False, between[:-1])
    change = (before - previous).abs().where(twice)
    irregularity = nearby(change).median().fillna(STEADY)
    return {
        "before_to_previous": before - previous,
        "after_to_before": after - before,
        "pair_to_local": np.log((np.exp(before) + np.exp(after)) / 2) - local,
        "before_to_normal": before - usual,
        "after_to_normal": after - usual,
        "previous_to_normal": previous - usual,
        "normal_irregularity": np.log(irregularity + 0.01),
        "normal_share": nearby(pd.Series(between.astype(float))).mean(),
        "early_share": nearby((before - usual < -EARLY).astype(float)).mean(),
        "rank_of_before": nearby(before).rank(pct=True),
    }


SHAPE_S = (-0.26, 0.50)
"""Seconds from the R peak that are shown."""


LEADS = 2
"""Leads that are shown; a single one is shown twice."""


HIGHEST = 8.0
"""Heights of the usual QRS complex at which a beat is cut off."""


POINTS = int(((SHAPE_S[0] - TINY <= GRID_S) & (SHAPE_S[1] + TINY >= GRID_S)).sum())
"""Points of a beat on the grid of :mod:`ecgutils.beats.aligned`."""


def beat_shapes(beats: AlignedBeats) -> np.ndarray:
    """Draw beats in units of their patient's usual QRS complex.

    Parameters
    ----------
    beats : AlignedBeats
        With one or two leads.

    Returns
    -------
    array of float32, shape (beats, :data:`LEADS`, :data:`POINTS`, 2)
        The beat, and its difference from the patient's template.
    """
    template = np.median(beats.windows[template_beats(beats.rr)], axis=0)
    size = np.sqrt(np.square(part(template, *QRS_S)).mean(axis=0)) + TINY
    shown = (SHAPE_S[0] - TINY <= GRID_S) & (SHAPE_S[1] + TINY >= GRID_S)
    windows, usual = beats.windows[:, shown] / size, template[shown] / size
    shapes = np.stack([windows, windows - usual], axis=-1).transpose(0, 2, 1, 3)
    shapes = np.clip(shapes, -HIGHEST, HIGHEST).astype(np.float32)
    return np.repeat(shapes, LEADS, axis=1) if shapes.shape[1] == 1 else shapes
