"""Every feature of the intervals between beats: mostly logarithms of ratios, so 0 is "as usual"."""

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from ecgutils.beats.beats import Beats
from ecgutils.beats.settings import BEATS
from ecgutils.signals import rolling

_SMALL_CHANGES = (
    *("before_to_few_before", "after_to_few_before", "before_to_few_after", "after_to_few_after"),
    *("before_to_previous", "after_to_before", "previous_to_local"),
    *("before_to_local", "after_to_local", "next_to_local"),
)

RHYTHM_FEATURES = (
    *(f"before_{k}_to_usual" for k in (4, 3, 2, 1)),
    *(f"after_{k}_to_usual" for k in (1, 2, 3, 4)),
    *("before_to_local", "after_to_local", "before_to_long", "after_to_long"),
    *("local_to_usual", "irregularity", "usual"),
    *(f"{name}_x{factor}" for factor in (1, *BEATS.magnified) for name in _SMALL_CHANGES),
)
"""Names of the columns of :func:`rhythm_features`."""


def rhythm_features(beats: Beats) -> np.ndarray:
    """RR intervals around each beat, on a logarithmic scale, against several references.

    Parameters
    ----------
    beats : Beats, all of each record, in their order

    Returns
    -------
    array of float32, shape (beats, 45)
        The :data:`RHYTHM_FEATURES`. "Usual" is the record's median, "local" that of the
        neighbourhood. The last thirty are ten small changes, plain and magnified.
    """
    rhythm = np.empty((len(beats), len(RHYTHM_FEATURES)), dtype=np.float32)
    for rows in beats.rows_by_record():
        rhythm[rows] = np.column_stack(list(rhythm_of_record(beats.rr[rows, 0]).values()))
    return rhythm


def log_rr(rr: np.ndarray, shortest_s: float) -> tuple[pd.Series, pd.Series, pd.Series, float]:
    """Logarithms of the intervals before and after each beat, before the previous, and usually.

    Given are seconds since the previous beat; where they are NaN, the interval counts as usual.
    """
    log = pd.Series(np.log(np.maximum(rr, shortest_s)))
    usual = log.median() if log.notna().any() else 0.0
    before = log.fillna(usual)
    return before, before.shift(-1, fill_value=usual), before.shift(1, fill_value=usual), usual


def nearby(values: pd.Series | pd.DataFrame) -> "pd.api.typing.Rolling":
    """Each beat's neighbourhood, smaller at both ends; one row per beat."""
    return values.rolling(BEATS.neighbourhood, center=True, min_periods=1)


def rhythm_of_record(rr: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the :data:`RHYTHM_FEATURES` of one record, each of shape (beats,)."""
    before, after, previous, usual = log_rr(rr, BEATS.shortest_annotated_rr_s)
    local, long = nearby(before).median(), nearby(before).quantile(BEATS.long_quantile)
    after_next = after.shift(-1, fill_value=usual)
    few_before, few_after = _median_of_few(previous), _median_of_few(after_next[::-1])[::-1]
    columns = [before.shift(k, fill_value=usual) - usual for k in range(3, -5, -1)]
    columns += [before - local, after - local, before - long, after - long, local - usual]
    change = np.abs(np.diff(before, prepend=before[0]))
    columns += [_log_median(change), np.full(len(before), usual)]
    small = [before - few_before, after - few_before, before - few_after, after - few_after]
    small += [before - previous, after - before]
    small += [interval - local for interval in (previous, before, after, after_next)]
    magnified = np.concatenate([factor * np.array(small) for factor in BEATS.magnified])
    magnified = magnified.clip(-BEATS.saturated, BEATS.saturated)
    return dict(zip(RHYTHM_FEATURES, (*columns, *small, *magnified), strict=True))


def interval_features(rr: np.ndarray) -> dict[str, np.ndarray]:
    """Compare the intervals next to each beat with the rhythm around it; shapes (beats,).

    Irregularity and scatter are high in fibrillation; in bigeminy the scatter stays low.
    """
    before, after, previous, _ = map(np.asarray, log_rr(rr, BEATS.shortest_rr_s))
    mean, around = np.log(np.exp(before).mean()), beats_around(before)
    local = rolling.median(around)
    return {
        "before_to_mean": before - mean,
        "after_to_mean": after - mean,
        "before_to_local": before - local,
        "after_to_local": after - local,
        "before_to_long": before - rolling.quantile(around, BEATS.long_quantile),
        "before_to_few": before - rolling.median(rolling.around(previous, BEATS.few - 1, 0)),
        "irregularity": _log_median(np.abs(np.diff(before, prepend=before[0]))),
        "scatter": _scatter(np.column_stack([before, after])),
    }


def normal_interval_features(rr: np.ndarray, normal: np.ndarray) -> dict[str, np.ndarray]:
    """Compare intervals with each other, and with those between normal-looking beats nearby."""
    before, after, previous, _ = map(np.asarray, log_rr(rr, BEATS.shortest_rr_s))
    local = rolling.median(beats_around(before))
    between = normal & np.append(False, normal[:-1])
    usual = rolling.median(beats_around(np.where(between, before, np.nan)))
    usual = np.where(np.isnan(usual), local, usual)
    twice = between & np.append(False, between[:-1])
    return {
        "usual": usual,
        "before_to_previous": before - previous,
        "after_to_before": after - before,
        "pair_to_local": np.log((np.exp(before) + np.exp(after)) / 2) - local,
        "before_to_normal": before - usual,
        "after_to_normal": after - usual,
        "previous_to_normal": previous - usual,
        "normal_irregularity": _log_median(np.where(twice, np.abs(before - previous), np.nan)),
        "normal_share": mean_nearby(between),
        "early_share": mean_nearby(before - usual < -BEATS.early),
        "rank_of_before": nearby(pd.Series(before)).rank(pct=True).to_numpy(),
    }


def beats_around(values: np.ndarray) -> np.ndarray:
    """Values of each beat's neighbourhood, NaN beyond both ends, (beats, neighbourhood)."""
    half = BEATS.neighbourhood // 2
    return rolling.around(values, half, half)


def mean_nearby(values: np.ndarray) -> np.ndarray:
    """Mean over each beat's neighbourhood, along the first axis."""
    half = BEATS.neighbourhood // 2
    total = np.cumsum(values, axis=0, dtype=float)
    total = np.concatenate([np.zeros_like(total[:1]), total])
    beat = np.arange(len(values))
    first, stop = np.maximum(beat - half, 0), np.minimum(beat + half + 1, len(values))
    count = (stop - first).reshape(-1, *[1] * (values.ndim - 1))
    return (total[stop] - total[first]) / count


def _median_of_few(intervals: pd.Series) -> pd.Series:
    """Median of a few intervals up to each."""
    return intervals.rolling(BEATS.few, min_periods=1).median()


def _scatter(pairs: np.ndarray) -> np.ndarray:
    """How far pairs of intervals, shape (beats, 2), are from their nearest ones nearby."""
    half = BEATS.neighbourhood // 2
    padded = np.pad(pairs, ((half, half), (0, 0)), mode="symmetric")
    around = sliding_window_view(padded, BEATS.neighbourhood, axis=0)
    apart = np.abs(around - pairs[:, :, None]).max(axis=1)
    alike = np.partition(apart, BEATS.alike_pairs, axis=1)[:, BEATS.alike_pairs]
    return _log_median(alike)


def _log_median(change: np.ndarray) -> np.ndarray:
    """Logarithm of the median change nearby, where none is known of a small one."""
    usual = rolling.median(beats_around(change))
    return np.log(np.where(np.isnan(usual), BEATS.steady, usual) + BEATS.least_change)
