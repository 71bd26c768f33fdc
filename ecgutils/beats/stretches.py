"""What longer stretches of intervals tell: how fast rhythms began, which beats come on time.

Intervals are logarithms of seconds, so differences are ratios. Every array has the shape (beats,).
"""

import numpy as np
import pandas as pd

from ecgutils.beats.rhythm import log_rr
from ecgutils.beats.settings import BEATS
from ecgutils.signals import rolling

STRETCH_FEATURES = (
    *("before", "usual", "usual_to_minutes", "before_to_minutes"),
    *("since_normal", "until_normal", "around_normal", "beats_since_normal", "previous_pair"),
    *("before_to_both", "before_to_last_but_one"),
    *(f"alternation_{width}" for width in (BEATS.few + 1, BEATS.neighbourhood)),
    *(f"sharpest_{end}_{width}" for width in (BEATS.few, BEATS.many) for end in ("start", "end")),
    *("before_to_past", "before_to_coming"),
    *("run_length", "run_position", "run_start", "run_end"),
    *("before_to_slow", "level_to_slow", "slow"),
    *("episode_start", "episode_end", "episode_fall", "episode_length"),
)
"""Names of what :func:`stretch_features` computes, in this order."""


def stretch_features(
    rr: np.ndarray, normal: np.ndarray, usual: np.ndarray
) -> dict[str, np.ndarray]:
    """Compute all features of this module.

    Given are seconds since the previous beat, which beats look normal, and the logarithm of the
    interval that is usual between normal beats nearby.
    """
    before, after, previous, _ = (np.asarray(x) for x in log_rr(rr, BEATS.shortest_rr_s))
    before_previous = np.append(before[:1], previous[:-1])
    return {
        **_rate(before, usual),
        **_on_time(before, previous, normal, usual),
        **_alternation(before, after, previous, before_previous),
        **_onset(before),
        **_episodes(before),
    }


def _rate(before: np.ndarray, usual: np.ndarray) -> dict[str, np.ndarray]:
    """Compare intervals with the rhythm of some minutes; the rate itself tells, too."""
    minutes = {"window": BEATS.minutes, "center": True, "min_periods": 1}
    slow = pd.Series(before).rolling(**minutes).quantile(BEATS.slow_quantile).to_numpy()
    usual_of_minutes = pd.Series(usual).rolling(**minutes).median().to_numpy()
    return {
        "before": before,
        "usual": usual,
        "usual_to_minutes": usual - usual_of_minutes,
        "before_to_minutes": before - slow,
    }


def _on_time(
    before: np.ndarray, previous: np.ndarray, normal: np.ndarray, usual: np.ndarray
) -> dict[str, np.ndarray]:
    """Compare the time between normal beats, over whatever lies between them, with the usual.

    A normal beat after a ventricular one between two normal ones comes early, but on time.
    """
    count, time = len(before), np.cumsum(np.exp(before))
    order = np.arange(count)
    last = np.append(-1, np.maximum.accumulate(np.where(normal, order, -1))[:-1])
    ahead = np.minimum.accumulate(np.where(normal, order, count)[::-1])[::-1]
    ahead = np.append(ahead[1:], count)
    since = np.where(last >= 0, time - time[last], np.exp(usual))
    until = np.where(ahead < count, time[np.minimum(ahead, count - 1)] - time, np.exp(usual))
    return {
        "since_normal": np.log(since) - usual,
        "until_normal": np.log(until) - usual,
        "around_normal": np.log((since + until) / 2) - usual,
        "beats_since_normal": np.minimum(order - last, BEATS.most_counted).astype(float),
        "previous_pair": np.log((np.exp(before) + np.exp(previous)) / 2) - usual,
    }


def _alternation(
    before: np.ndarray, after: np.ndarray, previous: np.ndarray, before_previous: np.ndarray
) -> dict[str, np.ndarray]:
    """Tell bigeminy: every interval is like the last but one, and unlike the last."""
    one, two = np.abs(before - previous), np.abs(before - before_previous)
    columns = {
        "before_to_both": before - np.maximum(previous, after),
        "before_to_last_but_one": before - before_previous,
    }
    for width in (BEATS.few + 1, BEATS.neighbourhood):
        change, change_of_two = (
            np.log(_median_around(x, width) + BEATS.least_alternation) for x in (one, two)
        )
        columns[f"alternation_{width}"] = change_of_two - change
    return columns


def _onset(before: np.ndarray) -> dict[str, np.ndarray]:
    """Tell a sudden change of the interval nearby from a gradual one.

    A tachycardia of the sinus node comes and goes gradually, one from elsewhere in one beat.
    """
    step = np.diff(before, prepend=before[0])
    following = np.append(step[1:], 0.0)
    columns = {}
    for width in (BEATS.few, BEATS.many):
        columns[f"sharpest_start_{width}"] = np.fmin.reduce(_up_to(step, width), axis=1)
        columns[f"sharpest_end_{width}"] = np.fmax.reduce(_from_on(following, width), axis=1)
    long, share = BEATS.many + 1, BEATS.slow_quantile
    columns["before_to_past"] = before - rolling.quantile(_up_to(before, long), share)
    columns["before_to_coming"] = before - rolling.quantile(_from_on(before, long), share)
    return columns | _runs(step)


def _runs(step: np.ndarray) -> dict[str, np.ndarray]:
    """Describe the run of nearly equal intervals that each beat is in."""
    first_of_run = np.abs(step) >= BEATS.same_rate
    first_of_run[0] = True
    start = np.flatnonzero(first_of_run)
    run = np.cumsum(first_of_run) - 1
    size, change = np.bincount(run), step[start]
    return {
        "run_length": np.log(size[run]),
        "run_position": np.log1p(np.arange(len(step)) - start[run]),
        "run_start": change[run],
        "run_end": np.append(change[1:], 0.0)[run],
    }


def _episodes(before: np.ndarray) -> dict[str, np.ndarray]:
    """Describe the episode of a fast rhythm that each beat is in; zeros outside of one.

    Fast is what is well below the long intervals of the recording. Whether the rate jumped or
    slid is seen in a few beats around both ends, and in the stretches before and behind.
    """
    slow = np.quantile(before, BEATS.slow_quantile_of_all)
    level = _median_around(before, BEATS.few + 1)
    inside = level < slow - BEATS.faster
    first = inside & ~np.append(False, inside[:-1])
    last = inside & ~np.append(inside[1:], False)
    number = np.cumsum(first) - 1
    fall = _fall(before)
    around = rolling.around(fall, *[BEATS.around_change // 2] * 2)
    of_episodes = {
        "episode_start": np.fmax.reduce(around[first], axis=1),
        "episode_end": -np.fmin.reduce(around[last], axis=1),
        "episode_fall": _slow_fall(before, first),
        "episode_length": np.log(np.maximum(np.bincount(number[inside], minlength=1), 1)),
    }
    columns = {"before_to_slow": before - slow, "level_to_slow": level - slow}
    columns["slow"] = np.full(len(before), slow)
    for name, values in of_episodes.items():
        columns[name] = np.zeros(len(before))
        columns[name][inside] = values[number[inside]]
    return columns


def _fall(before: np.ndarray) -> np.ndarray:
    """How much shorter the next few intervals are than the last few."""
    few = rolling.median(_up_to(before, BEATS.few_at_change))
    past = np.append(few[0], few[:-1])
    ahead = np.minimum(np.arange(len(few)) + BEATS.few_at_change - 1, len(few) - 1)
    return past - few[ahead]


def _slow_fall(before: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """How much shorter the next many intervals are than the last many, by their long ones.

    Only of some beats, bool (beats,).
    """
    past, ahead = (
        rolling.quantile(stretch(before, BEATS.neighbourhood)[beats], BEATS.slow_quantile)
        for stretch in (_up_to, _from_on)
    )
    return past - ahead


def _median_around(values: np.ndarray, width: int) -> np.ndarray:
    """Median of so many values around each."""
    return rolling.median(rolling.around(values, width // 2, width // 2))


def _up_to(values: np.ndarray, width: int) -> np.ndarray:
    """Stretch of so many values up to each, (beats, width)."""
    return rolling.around(values, width - 1, 0)


def _from_on(values: np.ndarray, width: int) -> np.ndarray:
    """Stretch of so many values from each on, (beats, width)."""
    return rolling.around(values, 0, width - 1)
