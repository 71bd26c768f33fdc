"""What longer stretches of intervals tell: how fast rhythms began, which beats come on time.

Intervals are logarithms of seconds, so differences are ratios. Every array has the shape (beats,).
"""

import numpy as np
import pandas as pd

from ecgutils.beats.rhythm import log_rr
from ecgutils.beats.settings import BEATS

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
    one, two = (pd.Series(np.abs(before - x)) for x in (previous, before_previous))
    columns = {
        "before_to_both": before - np.maximum(previous, after),
        "before_to_last_but_one": before - before_previous,
    }
    for width in (BEATS.few + 1, BEATS.neighbourhood):
        change, change_of_two = (
            np.log(x.rolling(width, center=True, min_periods=1).median() + BEATS.least_alternation)
            for x in (one, two)
        )
        columns[f"alternation_{width}"] = (change_of_two - change).to_numpy()
    return columns


def _onset(before: np.ndarray) -> dict[str, np.ndarray]:
    """Tell a sudden change of the interval nearby from a gradual one.

    A tachycardia of the sinus node comes and goes gradually, one from elsewhere in one beat.
    """
    step = np.diff(before, prepend=before[0])
    following = np.append(step[1:], 0.0)
    columns = {}
    for width in (BEATS.few, BEATS.many):
        columns[f"sharpest_start_{width}"] = _up_to(step, width).min().to_numpy()
        columns[f"sharpest_end_{width}"] = _from_on(following, width).max().to_numpy()[::-1]
    long = BEATS.many + 1
    columns["before_to_past"] = before - _up_to(before, long).quantile(BEATS.slow_quantile)
    coming = _from_on(before, long).quantile(BEATS.slow_quantile)
    columns["before_to_coming"] = before - coming[::-1].to_numpy()
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
    level = pd.Series(before).rolling(BEATS.few + 1, center=True, min_periods=1).median()
    level = level.to_numpy()
    inside = level < slow - BEATS.faster
    first = inside & ~np.append(False, inside[:-1])
    last = inside & ~np.append(inside[1:], False)
    number = np.cumsum(first) - 1
    fall = _fall(before)
    around = pd.Series(fall).rolling(BEATS.around_change, center=True, min_periods=1)
    of_episodes = {
        "episode_start": around.max().to_numpy()[first],
        "episode_end": -around.min().to_numpy()[last],
        "episode_fall": _slow_fall(before)[first],
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
    few = _up_to(before, BEATS.few_at_change).median().to_numpy()
    past = np.append(few[0], few[:-1])
    ahead = np.minimum(np.arange(len(few)) + BEATS.few_at_change - 1, len(few) - 1)
    return past - few[ahead]


def _slow_fall(before: np.ndarray) -> np.ndarray:
    """How much shorter the next many intervals are than the last many, by their long ones."""
    past = _up_to(before, BEATS.neighbourhood).quantile(BEATS.slow_quantile)
    ahead = _from_on(before, BEATS.neighbourhood).quantile(BEATS.slow_quantile)
    return past.to_numpy() - ahead.to_numpy()[::-1]


def _up_to(values: np.ndarray, width: int) -> "pd.api.typing.Rolling":
    """Stretch of so many values up to each."""
    return pd.Series(values).rolling(width, min_periods=1)


def _from_on(values: np.ndarray, width: int) -> "pd.api.typing.Rolling":
    """Stretch of so many values from each on, the last one first."""
    return pd.Series(values[::-1]).rolling(width, min_periods=1)
