"""What follows from the beats of a recording: rates, runs of ectopic beats, counts by hour."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.recordings.classified import PROBABILITIES, Classified
from ecgutils.recordings.gaps import NEARBY, SUSPICIOUS, TOO_LONG, usual_intervals, waves_left_out
from ecgutils.recordings.rhythms import no_rhythms

RATE_BEATS = 8
"""Intervals that a heart rate is the mean of, so that one early beat is not a tachycardia."""

TREND_S, TREND_PARTS = 10.0, 240
"""Seconds of a part of the trend of the rate, at least, and most parts."""

CERTAIN = 0.9
"""Probability from which on the class of a beat is not called uncertain."""

PAUSE_S = 2.0
"""Seconds between two beats from which on the interval is a pause, as Holter reports have it."""

EDGE_S = 5.0
"""Seconds without a beat, before the first one or after the last, that are worth a look."""

FAST_S_RATE = 100.0
"""Beats per minute from which on several S in a row are a tachycardia, whatever is around them."""

EARLY = 0.8
"""Share of the usual interval below which S in a row are clearly premature."""

EARLY_IN_PAIRS = 0.9
"""Share of the intervals before N below which an S is early, alone or in a bigeminy."""


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

    Runs of beats are lists of `Run` in time order. A stretch without usable signal ends a run, and
    so does an interval that the rhythm does not allow, or in which a wave like a QRS was left out.

    Attributes
    ----------
    beats : pandas.DataFrame
        See :class:`ecgutils.recordings.Classified`.
    unusable : pandas.DataFrame
        Columns `start_s`, `stop_s`, `reason`: stretches without signal, in order, none touching
        another.
    duration : float
        Length of the recording in seconds.
    rhythms : pandas.DataFrame
        See :class:`ecgutils.recordings.Classified`.
    left_out : array of bool, shape (beats,)
        Whether a wave like a QRS complex was left out between a beat and the one before.
    time, classes, rr : array, shape (beats,)
        Time of each beat in seconds; its class; seconds since the beat before, NaN where it cannot
        be known.
    in_noise, paced, doubtful : array of bool, shape (beats,)
        Whether it lies in noise; whether a pacemaker has made it; whether it lies in noise or is
        probably none.
    usual : array, shape (beats,)
        The usual interval around each beat in seconds.
    counts : dict of str to int
        Beats of each class.
    with_class, unsure : int
        Beats that could be classified; beats that are probably none.
    unusable_s, mean_rate : float
        Seconds without usable signal; beats per minute over all known intervals, NaN without any.

    Examples
    --------
    >>> import pandas as pd
    >>> beats = {"time_s": [1, 2, 2.5, 3, 3.5], "class": list("NNVVV"), "why_q": ""}
    >>> unusable = pd.DataFrame({"start_s": [], "stop_s": [], "reason": []})
    >>> Findings(pd.DataFrame(beats), unusable, duration=5).runs("V")
    [Run(first=2, beats=3, start_s=2.5, stop_s=3.5, rate=120.0)]
    """

    beats: pd.DataFrame
    unusable: pd.DataFrame
    duration: float
    rhythms: pd.DataFrame = field(default_factory=no_rhythms)
    left_out: np.ndarray | None = None

    def __post_init__(self) -> None:
        self.time = self.beats["time_s"].to_numpy(dtype=float)
        self.classes = self.beats["class"].to_numpy(dtype=str)
        why_q = self.beats["why_q"].to_numpy(dtype=str)
        self.in_noise, self.paced = why_q == "noise", why_q == "paced"
        self.doubtful = self.in_noise | (why_q == "unsure")
        self.counts = {name: int((self.classes == name).sum()) for name in CLASSES}
        self.with_class = len(self.beats) - self.counts["Q"]
        self.unsure = int((why_q == "unsure").sum())
        self.unusable_s = float((self.unusable["stop_s"] - self.unusable["start_s"]).sum())
        if self.left_out is None:
            self.left_out = np.zeros(len(self.beats), dtype=bool)
        before = np.roll(self.time, 1)
        unknown = self.doubtful | np.roll(self.doubtful, 1) | self.left_out
        unknown |= self.touches_unusable(before, self.time)
        unknown |= touches(self.of_rhythm("VFL"), before, self.time)
        self.rr = np.where(unknown, np.nan, np.diff(self.time, prepend=np.nan))
        self.usual = usual_intervals(self.rr)
        self.mean_rate = 60 / pd.Series(self.rr).mean()

    @classmethod
    def from_classified(cls, classified: Classified) -> "Findings":
        """Collect what follows from a classified recording, and look at its long intervals."""
        recording, beats = classified.recording, classified.beats.reset_index(drop=True)
        unusable = join_stretches(classified.unusable, recording.duration)
        findings = cls(beats, unusable, recording.duration, classified.rhythms)
        relative = findings.rr / findings.usual
        suspicious = (relative > SUSPICIOUS) | (findings.rr >= PAUSE_S)
        asked = np.where(suspicious, relative, np.nan)
        left_out = waves_left_out(recording, beats["sample"].to_numpy(), asked)
        return replace(findings, left_out=left_out) if left_out.any() else findings

    def of_rhythm(self, name: str) -> pd.DataFrame:
        """Return the stretches of a rhythm, in time order."""
        return self.rhythms[self.rhythms["rhythm"] == name] if len(self.rhythms) else self.rhythms

    def share_of(self, name: str) -> float:
        """Return the share of a class among the beats that could be classified, in %."""
        return 100 * self.counts[name] / self.with_class if self.with_class else math.nan

    @cached_property
    def given_a_beat(self) -> np.ndarray:
        """Probabilities of N, S, V and F if it is a beat, shape (beats, 4); zero if surely not."""
        probabilities = self.beats[list(PROBABILITIES[:-1])].to_numpy()
        return probabilities / np.maximum(probabilities.sum(axis=1, keepdims=True), 1e-12)

    @cached_property
    def uncertain(self) -> np.ndarray:
        """Positions of the beats that are neither paced nor in noise and of no certain class."""
        best = self.given_a_beat.max(axis=1)
        candidates = np.flatnonzero(~self.in_noise & ~self.paced & (best < CERTAIN))
        return candidates[np.argsort(best[candidates], kind="stable")]

    def extreme_rates(self) -> tuple[Run, Run] | None:
        """Return the slowest and the fastest eight intervals, None where none are known."""
        rates = 60 / pd.Series(self.rr).rolling(RATE_BEATS).mean().to_numpy()
        if np.isnan(rates).all():
            return None
        slowest, fastest = int(np.nanargmin(rates)), int(np.nanargmax(rates))
        return tuple(self._run(k - RATE_BEATS, RATE_BEATS + 1) for k in (slowest, fastest))

    def pauses(self) -> list[Run]:
        """Return the pairs of beats between which a clean signal has no beat for two seconds."""
        return [self._run(k - 1, 2) for k in np.flatnonzero(self.rr >= PAUSE_S).tolist()]

    def gaps(self) -> list[Run]:
        """Return the pairs of beats between which beats may have been missed.

        The interval is longer than the rhythm allows, and something like a beat was left out in it.
        Before the first beat and after the last one, time is enough.
        """
        beats = np.flatnonzero(~self.doubtful)
        seconds = np.diff(self.time[beats], prepend=np.nan)
        clean = ~self._interrupted(np.roll(self.time[beats], 1), self.time[beats])
        left_out = self.left_out[beats] | (np.diff(beats, prepend=-1) > 1)
        long = seconds > np.minimum(TOO_LONG * self.usual[beats], PAUSE_S)
        found = np.flatnonzero(long & clean & left_out)
        return [self._between(beats[k - 1], beats[k]) for k in found.tolist()]

    def silent_ends(self) -> list[tuple[float, float]]:
        """Return the start and the end of the recording, in seconds, if no beat was found there."""
        beats = self.time[~self.doubtful]
        first, last = (beats[0], beats[-1]) if len(beats) else (self.duration, self.duration)
        ends = [(0.0, float(first)), (float(last), self.duration)]
        long = [(start, stop) for start, stop in ends if stop - start >= EDGE_S]
        return [(a, b) for a, b in long if not self._interrupted(np.array([a]), np.array([b]))[0]]

    def touches_unusable(self, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """Tell which stretches of time, in seconds, meet one without usable signal."""
        return touches(self.unusable, start, stop)

    def _interrupted(self, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """Tell which stretches of time meet one in which no beat can be found."""
        flutter = touches(self.of_rhythm("VFL"), start, stop)
        return self.touches_unusable(start, stop) | flutter

    def runs(self, name: str, at_least: int = 3) -> list[Run]:
        """Find unbroken runs of V, in which an F may lie, or of S that are fast or premature."""
        return [run for run in self._groups[name] if run.beats >= at_least]

    def couplets(self, name: str) -> list[Run]:
        """Find pairs of beats V or S, neither more nor fewer; see `runs`."""
        return [run for run in self._groups[name] if run.beats == 2]

    def bigeminy(self, name: str) -> list[Run]:
        """Find three or more pairs in a row of a normal beat and one of a class."""
        found = self._matches(f"(?:N{name}){{3,}}", self._regular)
        return [run for run in found if name != "S" or self._early_in_pairs(run)]

    @cached_property
    def _regular(self) -> np.ndarray:
        """Which beats do not lie in fibrillation, shape (beats,)."""
        return ~touches(self.of_rhythm("AFIB"), self.time, self.time)

    @cached_property
    def _groups(self) -> dict[str, list[Run]]:
        """Two and more beats V, or S, in a row."""
        found = self._matches("S{2,}", self._regular)
        early = [run for run in found if self._begins_early(run)]
        fast = [run for run in early if run.rate > FAST_S_RATE or self._premature(run)]
        return {"V": self._matches("V[VF]*V"), "S": fast}

    def _begins_early(self, run: Run) -> bool:
        """Whether a run begins with an early beat: within a fast rhythm of N it is none."""
        if np.isnan(self.rr[run.first]):
            return True
        before = self.rr[max(0, run.first - RATE_BEATS) : run.first]
        before = before[~np.isnan(before)]
        return not len(before) or self.rr[run.first] < EARLY_IN_PAIRS * np.median(before)

    def _premature(self, run: Run) -> bool:
        """Whether the intervals of a run are clearly shorter than those around it."""
        stop = run.first + run.beats
        around = np.append(self.rr[max(0, run.first - NEARBY // 2) : run.first], self.rr[stop:])
        around = around[:NEARBY][~np.isnan(around[:NEARBY])]
        return bool(len(around)) and 60 / run.rate < EARLY * np.median(around)

    def _early_in_pairs(self, run: Run) -> bool:
        """Whether in a bigeminy the interval before the ectopic beats is the shorter one."""
        rr = self.rr[run.first + 1 : run.first + run.beats]
        return rr[::2].mean() < EARLY_IN_PAIRS * rr[1::2].mean()

    def _matches(self, pattern: str, believed: np.ndarray | None = None) -> list[Run]:
        """Return where the classes, as a text with bars that end a group, follow a pattern."""
        with np.errstate(invalid="ignore"):
            broken = np.isnan(self.rr) | (self.rr > TOO_LONG * self.usual)
        place = np.arange(len(self.rr)) + np.cumsum(broken)
        text = np.full(place[-1] + 1, "|")
        text[place] = self.classes if believed is None else np.where(believed, self.classes, "|")
        matches = list(re.finditer(pattern, "".join(text)))
        first = np.searchsorted(place, [match.start() for match in matches]).tolist()
        return [self._run(k, len(match[0])) for k, match in zip(first, matches, strict=True)]

    def _between(self, first: int, last: int) -> Run:
        """Describe the stretch from one beat to a later one, which is taken for the next."""
        run = self._run(first, last - first + 1)
        return replace(run, beats=2, rate=60 / run.seconds)

    def _run(self, first: int, beats: int) -> Run:
        """Describe consecutive beats."""
        start, stop = float(self.time[first]), float(self.time[first + beats - 1])
        rate = 60 * (beats - 1) / (stop - start) if stop > start else np.nan
        return Run(first, beats, start, stop, rate)

    def rate_trend(self) -> pd.DataFrame:
        """Follow the heart rate, as the mean of eight intervals, in equal parts of the recording.

        Columns are `time_s`, the middle of a part, and `mean`, `lowest` and `highest` per minute,
        NaN where no rate is known.
        """
        parts = max(1, min(TREND_PARTS, int(self.duration / TREND_S)))
        part = np.minimum((self.time / self.duration * parts).astype(int), parts - 1)
        rates = 60 / pd.Series(self.rr).rolling(RATE_BEATS).mean()
        trend = rates.groupby(part).agg(["mean", "min", "max"]).reindex(range(parts))
        trend.columns = ["mean", "lowest", "highest"]
        trend.insert(0, "time_s", (np.arange(parts) + 0.5) * self.duration / parts)
        return trend

    def by_period(self, seconds: float) -> pd.DataFrame:
        """Count beats in equal stretches of the recording, one row per stretch.

        Columns are `start_s`, `stop_s`, `beats`, mean `rate` per minute, one per class,
        `ectopic_percent` (S and V among those with a class), `unusable_percent` of the time.
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
        with_class = table["beats"] - table["Q"]
        table["ectopic_percent"] = 100 * (table["S"] + table["V"]) / with_class
        # Both ends of each unusable stretch, moved into each period.
        ends = self.unusable[["start_s", "stop_s"]].to_numpy()
        inside = np.clip(ends, start[:, None, None], stop[:, None, None])
        table["unusable_percent"] = 100 * np.diff(inside).sum(axis=(1, 2)) / (stop - start)
        return table


def join_stretches(stretches: pd.DataFrame, duration: float) -> pd.DataFrame:
    """Join stretches that touch or overlap, and their reasons by commas; cut them at the end."""
    rows = stretches.astype({"start_s": float, "stop_s": float})
    if rows.empty:
        return rows.reset_index(drop=True)
    rows = rows.assign(stop_s=rows["stop_s"].clip(upper=duration)).query("start_s < stop_s")
    rows = rows.sort_values("start_s", kind="stable")
    apart = rows["start_s"] > rows["stop_s"].cummax().shift()
    joined = rows.groupby(apart.cumsum()).agg(
        {"start_s": "first", "stop_s": "max", "reason": lambda names: ", ".join(names.unique())}
    )
    return joined.reset_index(drop=True)


def touches(stretches: pd.DataFrame, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Tell which of some times, in seconds, meet a stretch; these are in order and apart."""
    begun = np.searchsorted(stretches["start_s"], stop, side="left")
    ended = np.searchsorted(stretches["stop_s"], start, side="right")
    return begun > ended


def longest(runs: Sequence[Run]) -> Run | None:
    """Return the run with the most beats, the first of several."""
    return max(runs, key=lambda run: run.beats, default=None)


def fastest(runs: Sequence[Run]) -> Run | None:
    """Return the run of the highest rate, the first of several."""
    return max(runs, key=lambda run: run.rate, default=None)
