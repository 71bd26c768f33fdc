"""What follows from the beats of a recording: rates, runs of ectopic beats, counts by hour."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.recordings.classified import PROBABILITIES, Classified
from ecgutils.unseen.trained_model import MODEL_SETTINGS

RATE_BEATS = 8
"""Intervals that a heart rate is the mean of, so that one early beat is not a tachycardia."""

CERTAIN = 0.9
"""Probability from which on the class of a beat is not called uncertain."""

LONG_INTERVAL = 2.0
"""Seconds between two beats from which on the interval is worth a look."""


@dataclass(frozen=True)
class Run:
    """Consecutive beats: position of the first, number, times, rate per minute (one beat: NaN)."""

    first: int
    beats: int
    start_s: float
    stop_s: float
    rate: float

    @property
    def seconds(self) -> float:
        """Time from the first beat to the last."""
        return self.stop_s - self.start_s


@dataclass
class Findings:
    """A classified recording with what follows from its beats.

    Runs of beats are lists of `Run` in time order. A stretch without usable signal ends a run.

    Attributes
    ----------
    beats : pandas.DataFrame
        See :class:`ecgutils.recordings.Classified`.
    unusable : pandas.DataFrame
        Columns `start_s`, `stop_s`, `reason`: stretches without signal, in order, none touching
        another.
    duration : float
        Length of the recording in seconds.
    time, classes, in_noise, rr : array, shape (beats,)
        Time of each beat in seconds; its class; whether it lies in noise, or is probably none;
        seconds since the beat before, NaN where signal is missing between the two.
    counts : dict of str to int
        Beats of each class.
    unsure : int
        Beats Q outside noise: no class was more likely than not.
    unusable_s, mean_rate : float
        Seconds without usable signal; beats per minute over all known intervals, NaN without any.

    Examples
    --------
    >>> import pandas as pd
    >>> beats = {"time_s": [1, 2, 2.5, 3, 3.5], "class": list("NNVVV"), "p_Q": 0}
    >>> unusable = pd.DataFrame({"start_s": [], "stop_s": [], "reason": []})
    >>> Findings(pd.DataFrame(beats), unusable, duration=5).runs("V")
    [Run(first=2, beats=3, start_s=2.5, stop_s=3.5, rate=120.0)]
    """

    beats: pd.DataFrame
    unusable: pd.DataFrame
    duration: float

    def __post_init__(self) -> None:
        self.time = self.beats["time_s"].to_numpy()
        self.classes = self.beats["class"].to_numpy(dtype=str)
        self.in_noise = self.beats["p_Q"].to_numpy() >= MODEL_SETTINGS.probably_none
        self.counts = {name: int((self.classes == name).sum()) for name in CLASSES}
        self.unsure = self.counts["Q"] - int(self.in_noise.sum())
        self.unusable_s = float((self.unusable["stop_s"] - self.unusable["start_s"]).sum())
        interrupted = self.touches_unusable(np.roll(self.time, 1), self.time)
        unknown = self.in_noise | np.roll(self.in_noise, 1) | interrupted
        self.rr = np.where(unknown, np.nan, np.diff(self.time, prepend=np.nan))
        self.mean_rate = 60 / pd.Series(self.rr).mean()

    @classmethod
    def from_classified(cls, classified: Classified) -> "Findings":
        """Collect what follows from a classified recording."""
        duration = classified.recording.duration
        unusable = join_stretches(classified.unusable, duration)
        return cls(classified.beats.reset_index(drop=True), unusable, duration)

    @cached_property
    def given_a_beat(self) -> np.ndarray:
        """Probabilities of N, S, V and F if it is a beat, shape (beats, 4); zero if surely not."""
        probabilities = self.beats[list(PROBABILITIES[:-1])].to_numpy()
        return probabilities / np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-12)

    @cached_property
    def uncertain(self) -> np.ndarray:
        """Positions of the beats outside noise whose class is not certain, the worst first."""
        best = self.given_a_beat.max(axis=1)
        candidates = np.flatnonzero(~self.in_noise & (best < CERTAIN))
        return candidates[np.argsort(best[candidates], kind="stable")]

    def extreme_rates(self) -> tuple[Run, Run] | None:
        """Return the slowest and the fastest eight intervals, None where none are known."""
        rates = 60 / pd.Series(self.rr).rolling(RATE_BEATS).mean().to_numpy()
        if np.isnan(rates).all():
            return None
        slowest, fastest = int(np.nanargmin(rates)), int(np.nanargmax(rates))
        return tuple(self._run(k - RATE_BEATS, RATE_BEATS + 1) for k in (slowest, fastest))

    def longest_interval(self) -> Run | None:
        """Return the two beats that are farthest apart, None where no interval is known."""
        if np.isnan(self.rr).all():
            return None
        return self._run(int(np.nanargmax(self.rr)) - 1, 2)

    def touches_unusable(self, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """Tell which stretches of time, in seconds, meet one without usable signal."""
        begun = np.searchsorted(self.unusable["start_s"], stop, side="left")
        ended = np.searchsorted(self.unusable["stop_s"], start, side="right")
        return begun > ended

    def runs(self, name: str, at_least: int = 3) -> list[Run]:
        """Find unbroken runs of one class."""
        return self._matches(f"{name}{{{at_least},}}")

    def couplets(self, name: str) -> list[Run]:
        """Find pairs of beats of one class, neither more nor fewer."""
        return self._matches(f"(?<!{name}){name}{name}(?!{name})")

    def bigeminy(self, name: str) -> list[Run]:
        """Find three or more pairs in a row of a normal beat and one of a class."""
        return self._matches(f"(?:N{name}){{3,}}")

    def _matches(self, pattern: str) -> list[Run]:
        """Return where the classes, as a text with a bar for missing signal, follow a pattern."""
        place = np.arange(len(self.rr)) + np.cumsum(np.isnan(self.rr))
        text = np.full(place[-1] + 1, "|")
        text[place] = self.classes
        matches = list(re.finditer(pattern, "".join(text)))
        first = np.searchsorted(place, [match.start() for match in matches]).tolist()
        return [self._run(k, len(match[0])) for k, match in zip(first, matches, strict=True)]

    def _run(self, first: int, beats: int) -> Run:
        """Describe consecutive beats."""
        start, stop = float(self.time[first]), float(self.time[first + beats - 1])
        rate = 60 * (beats - 1) / (stop - start) if stop > start else np.nan
        return Run(first, beats, start, stop, rate)

    def by_period(self, seconds: float) -> pd.DataFrame:
        """Count beats in equal stretches of the recording, one row per stretch.

        Columns are `start_s`, `stop_s`, `beats`, mean `rate` per minute, one per class,
        `ectopic_percent` (S and V among all beats), `unusable_percent` of the time.
        """
        # A stub of less than a fifth belongs to the stretch before it.
        start = np.arange(0, max(self.duration - seconds / 5, seconds / 5), seconds)
        stop = np.append(start[1:], self.duration)
        period = np.searchsorted(start, self.time, side="right") - 1
        table = pd.DataFrame({"start_s": start, "stop_s": stop})
        table["beats"] = np.bincount(period, minlength=len(start))
        table["rate"] = 60 / pd.Series(self.rr).groupby(period).mean()
        for name in CLASSES:
            table[name] = np.bincount(period[self.classes == name], minlength=len(start))
        table["ectopic_percent"] = 100 * (table["S"] + table["V"]) / table["beats"]
        # Both ends of each unusable stretch, moved into each period.
        ends = self.unusable[["start_s", "stop_s"]].to_numpy()
        inside = np.clip(ends, start[:, None, None], stop[:, None, None])
        table["unusable_percent"] = 100 * np.diff(inside).sum(axis=(1, 2)) / (stop - start)
        return table


def join_stretches(stretches: pd.DataFrame, duration: float) -> pd.DataFrame:
    """Join stretches that touch or overlap, and their reasons by commas; cut them at the end."""
    rows = stretches.astype({"start_s": float, "stop_s": float})
    rows = rows.assign(stop_s=rows["stop_s"].clip(upper=duration)).query("start_s < stop_s")
    rows = rows.sort_values("start_s", kind="stable")
    apart = rows["start_s"] > rows["stop_s"].cummax().shift()
    joined = rows.groupby(apart.cumsum()).agg(
        {"start_s": "first", "stop_s": "max", "reason": lambda names: ", ".join(names.unique())}
    )
    return joined.reset_index(drop=True)


def longest(runs: Sequence[Run]) -> Run | None:
    """Return the run with the most beats, the first of several."""
    return max(runs, key=lambda run: run.beats, default=None)
