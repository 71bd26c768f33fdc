"""What may be said of a beat of any patient: how it differs from that patient's other beats.

No feature has a unit of voltage, none depends on the recorder's rate, and the leads have no
order: of what each lead says, the mean, the smallest and the largest are told.
"""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from ecgutils.beats.aligned import (
    GRID_HZ,
    NEIGHBOURHOOD,
    QRS_S,
    TINY,
    AlignedBeats,
    part,
    template_beats,
)

WAVES_S = {"P": (-0.24, -0.08), "QRS": QRS_S, "T": (0.12, 0.45)}
"""Seconds from the R peak in which the waves of a beat are compared."""

SHORTEST_RR_S = 0.15
"""Seconds; no heart beats faster, and the logarithm of zero has no value."""

FEW = 8
"""Beats just before, whose median interval a beat's own is compared with."""

LIKENESS = 3
"""Neighbours, in a plot of intervals against the next ones, that make a rhythm regular."""

MANY = 150
"""Beats of the template that each beat is compared with one by one."""

_OVER_LEADS = ("mean", "smallest", "largest")

RELATIVE_FEATURES = (
    *("before_to_mean", "after_to_mean", "before_to_local", "after_to_local", "before_to_long"),
    *("before_to_few", "irregularity", "scatter"),
    *(f"{w}_{m}_{x}" for w in WAVES_S for m in ("correlation", "distance") for x in _OVER_LEADS),
    *("QRS_width", "QRS_duration", "QRS_slope", "QRS_size"),
    *("P_coherence", "P_local_correlation", "normal_distance", "normal_distance_to_usual"),
)
"""What :func:`relative_features` tells of a beat, in this order."""


def relative_features(beats: AlignedBeats) -> pd.DataFrame:
    """Describe every beat of one recording.

    Parameters
    ----------
    beats : AlignedBeats

    Returns
    -------
    pandas.DataFrame of float32
        A row a beat, a column a feature; all finite.
    """
    reference = template_beats(beats.rr)
    template = np.median(beats.windows[reference], axis=0)
    columns = rhythm_of(beats.rr)
    for name, values in wave_features(beats.windows, template).items():
        columns[f"{name}_mean"] = values.mean(axis=1)
        columns[f"{name}_smallest"] = values.min(axis=1)
        columns[f"{name}_largest"] = values.max(axis=1)
    for name, values in qrs_features(beats.windows, template).items():
        columns[name] = values.mean(axis=1)
    columns |= p_wave_features(beats.windows, columns["P_correlation_mean"])
    columns |= distance_to_normal(beats.windows, template, reference)
    return pd.DataFrame(columns).astype(np.float32)


def rhythm_of(rr: np.ndarray) -> dict[str, np.ndarray]:
    """Compare the intervals next to each beat with the rhythm around it.

    Parameters
    ----------
    rr : array, shape (beats,)
        Seconds since the previous beat; NaN at the first.

    Returns
    -------
    dict of str to array of float, shape (beats,)
        Logarithms of ratios: the interval before the beat and the one after it against the
        recording's mean and the local median, the one before also against the 90th percentile
        of the :data:`~ecgutils.beats.aligned.NEIGHBOURHOOD` and the :data:`FEW` beats before;
        then how irregular the rhythm is, as the median change from beat to beat, and as the
        distance to like pairs of intervals.

    Notes
    -----
    In atrial fibrillation a short interval means nothing, and both measures of irregularity
    are high. Bigeminy is irregular from beat to beat as well, but its pairs of intervals
    repeat, so the second measure stays low.
    """
    before, after, previous = log_intervals(rr)
    mean = np.log(np.exp(before).mean())
    around = nearby(before)
    local = around.median()
    few = previous.rolling(FEW, min_periods=1).median()
    columns = {
        "before_to_mean": before - mean,
        "after_to_mean": after - mean,
        "before_to_local": before - local,
        "after_to_local": after - local,
        "before_to_long": before - around.quantile(0.9),
        "before_to_few": before - few,
        "irregularity": np.log(nearby(before.diff().abs().fillna(0)).median() + 0.01),
        "scatter": _scatter(np.column_stack([before, after])),
    }
    return {name: np.asarray(values) for name, values in columns.items()}


def log_intervals(rr: np.ndarray) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Take the logarithms of the intervals next to each beat.

    Parameters
    ----------
    rr : array, shape (beats,)
        Seconds since the previous beat; NaN where that is not known.

    Returns
    -------
    before, after, previous : pandas.Series of float, shape (beats,)
        Of the interval before each beat, the one after it and the one before the previous
        beat. What is not known is as long as the recording's usual interval.
    """
    log = pd.Series(np.log(np.maximum(rr, SHORTEST_RR_S)))
    usual = log.median() if log.notna().any() else 0.0
    before = log.fillna(usual)
    return before, before.shift(-1, fill_value=usual), before.shift(1, fill_value=usual)


def nearby(values: pd.Series | pd.DataFrame) -> "pd.api.typing.Rolling":
    """Look at each beat's neighbourhood.

    Parameters
    ----------
    values : pandas.Series or pandas.DataFrame
        A row a beat.

    Returns
    -------
    pandas.api.typing.Rolling
        Whose ``mean``, ``median`` and so on are over
        :data:`~ecgutils.beats.aligned.NEIGHBOURHOOD` beats, fewer at both ends.
    """
    return values.rolling(NEIGHBOURHOOD, center=True, min_periods=1)


def wave_features(windows: np.ndarray, template: np.ndarray) -> dict[str, np.ndarray]:
    """Compare each wave of each beat with the template's.

    Parameters
    ----------
    windows : array, shape (beats, points, leads)
    template : array, shape (points, leads)

    Returns
    -------
    dict of str to array of float, shape (beats, leads)
        Correlation, and logarithm of the distance in units of the template's QRS complex.
    """
    columns, unit = {}, _size(part(template, *QRS_S))
    for name, limits in WAVES_S.items():
        wave, model = part(windows, *limits), part(template, *limits)
        norms = np.linalg.norm(wave, axis=1) * np.linalg.norm(model, axis=0)
        columns[f"{name}_correlation"] = (wave * model).sum(axis=1) / (norms + TINY)
        columns[f"{name}_distance"] = np.log(_size(wave - model) / unit + 0.02)
    return columns


def qrs_features(windows: np.ndarray, template: np.ndarray) -> dict[str, np.ndarray]:
    """Compare width, steepness and size of each QRS complex with the template's.

    Parameters
    ----------
    windows : array, shape (beats, points, leads)
    template : array, shape (points, leads)

    Returns
    -------
    dict of str to array of float, shape (beats, leads)
        Logarithms of ratios.
    """
    model = _qrs_measures(template[None])
    return {
        f"QRS_{name}": np.log(np.maximum(values, TINY) / np.maximum(model[name], TINY))
        for name, values in _qrs_measures(windows).items()
    }


def p_wave_features(windows: np.ndarray, correlation: np.ndarray) -> dict[str, np.ndarray]:
    """Tell whether the beats around a beat have one and the same P wave.

    Parameters
    ----------
    windows : array, shape (beats, points, leads)
    correlation : array, shape (beats,)
        Of the P wave of each beat with the template's, mean over leads.

    Returns
    -------
    dict of str to array of float, shape (beats,)
        Energy of the mean P wave of the neighbourhood over the mean energy of its P waves
        (one where all are alike, near zero in fibrillation), and the neighbourhood's median
        correlation.
    """
    wave = part(windows, *WAVES_S["P"])
    flat = pd.DataFrame(wave.reshape(len(wave), -1))
    energy = np.square(wave).sum(axis=1)
    of_mean = np.square(nearby(flat).mean().to_numpy()).reshape(wave.shape).sum(axis=1)
    mean_energy = nearby(pd.DataFrame(energy)).mean().to_numpy()
    return {
        "P_coherence": (of_mean / (mean_energy + TINY)).mean(axis=1),
        "P_local_correlation": nearby(pd.Series(correlation)).median().to_numpy(),
    }


def distance_to_normal(
    windows: np.ndarray, template: np.ndarray, reference: np.ndarray
) -> dict[str, np.ndarray]:
    """Measure how far the QRS complex of each beat is from the nearest of the template's beats.

    A patient can have more than one kind of normal beat; the nearest ones count, not the mean.

    Parameters
    ----------
    windows : array, shape (beats, points, leads)
    template : array, shape (points, leads)
    reference : array of int
        Positions of the beats that make the template.

    Returns
    -------
    dict of str to array of float, shape (beats,)
        Logarithm of the distance in units of the template's QRS complex, and against the
        distances that the template's own beats have.
    """
    complexes = part(windows, *QRS_S) / _size(part(template, *QRS_S))
    points = complexes.reshape(len(windows), -1)
    chosen = points[reference[:: max(1, len(reference) // MANY)]]
    square = np.square(points).sum(axis=1)[:, None] + np.square(chosen).sum(axis=1)
    apart = np.maximum(square - 2 * points @ chosen.T, 0) / points.shape[1]
    nearest = max(1, len(chosen) // 20)
    # A beat of the template itself is at distance zero from itself, like its neighbours nearly.
    distance = np.sort(apart, axis=1)[:, : nearest + 1].mean(axis=1)
    usual = np.median(distance[reference])
    return {
        "normal_distance": np.log(np.sqrt(distance) + 0.02),
        "normal_distance_to_usual": np.log((distance + 1e-3) / (usual + 1e-3)),
    }


def _scatter(pairs: np.ndarray) -> np.ndarray:
    """Local median of the distance of each pair of intervals to its third nearest nearby."""
    half = NEIGHBOURHOOD // 2
    padded = np.pad(pairs, ((half, half), (0, 0)), mode="symmetric")
    around = sliding_window_view(padded, NEIGHBOURHOOD, axis=0)
    apart = np.abs(around - pairs[:, :, None]).max(axis=1)
    likeness = np.partition(apart, LIKENESS, axis=1)[:, LIKENESS]
    return np.log(nearby(pd.Series(likeness)).median().to_numpy() + 0.01)


def _size(wave: np.ndarray) -> np.ndarray:
    """Root mean square over the points."""
    return np.sqrt(np.square(wave).mean(axis=-2)) + TINY


def _qrs_measures(windows: np.ndarray) -> dict[str, np.ndarray]:
    """Width, duration (s), slope (1/s) and size of the QRS complex; arrays (beats, leads)."""
    complexes = part(windows, *QRS_S)
    line = np.linspace(complexes[:, 0], complexes[:, -1], complexes.shape[1], axis=1)
    complexes = complexes - line
    height = np.abs(complexes).max(axis=1) + TINY
    energy = np.square(complexes)
    energy = energy / (energy.sum(axis=1, keepdims=True) + TINY)
    time = (np.arange(complexes.shape[1]) / GRID_HZ)[:, None]
    centre = (energy * time).sum(axis=1)
    variance = (energy * np.square(time)).sum(axis=1) - np.square(centre)
    return {
        "width": np.abs(complexes).sum(axis=1) / height / GRID_HZ,
        "duration": np.sqrt(np.maximum(variance, TINY)),
        "slope": np.abs(np.diff(complexes, axis=1)).max(axis=1) / height * GRID_HZ + 1,
        "size": _size(part(windows, *QRS_S)),
    }
