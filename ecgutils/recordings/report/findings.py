"""What follows from the beats of a recording: rates, runs of ectopic beats, counts by hour."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.unseen.trained_model import PROBABLY_NONE

if TYPE_CHECKING:
    from ecgutils.recordings.classified import Classified

RATE_BEATS = 8
"""Intervals that a heart rate is the mean of, so that one early beat is not a tachycardia."""

CERTAIN = 0.9
"""Probability from which on the class of a beat is not called uncertain."""

LONG_INTERVAL = 2.0
"""Seconds between two beats from which on the interval is worth a look."""

# Three times in a row a normal beat and an ectopic one.
_BIGEMINY = "(?:N{}){{3,}}"


@dataclass(frozen=True)
class Run:
    """Consecutive beats, by their positions in the table of beats.

    Attributes
    ----------
    first, beats : int
        The first of them, and how many.
    start_s, stop_s : float
        Times of the first and the last of them.
    rate : float
        Their rate per minute, NaN for a single beat.
    """

    first: int
    beats: int
    start_s: float
    stop_s: float
    rate: float


@dataclass(frozen=True)
class Findings:
    """A classified recording with what follows from its beats.

    Attributes
    ----------
    beats : pandas.DataFrame
        See :class:`ecgutils.recordings.classified.Classified`.
    unusable : pandas.DataFrame
        Columns `start_s`, `stop_s`, `reason`: stretches without signal, in order, none touching
        another.
    duration : float
        Length of the recording in seconds.
    """

    beats: pd.DataFrame
    unusable: pd.DataFrame
    duration: float

    @cached_property
    def time(self) -> np.ndarray:
        """Time of each beat in seconds."""
        return self.beats["time_s"].to_numpy()

    @cached_property
    def classes(self) -> np.ndarray:
        """Class of each beat."""
        return self.beats["class"].to_numpy(dtype=str)

    @cached_property
    def in_noise(self) -> np.ndarray:
        """Whether each beat lies in noise, or is probably none."""
        return self.beats["p_Q"].to_numpy() >= PROBABLY_NONE

    @cached_property
    def guesses(self) -> np.ndarray:
        """Probability of N, S, V and F of each beat, given that it is one.

        An array of shape (beats, 4); zero where it is none for sure.
        """
        said = self.beats[[f"p_{name}" for name in CLASSES[:-1]]].to_numpy()
        return said / np.maximum(said.sum(axis=1, keepdims=True), 1e-12)

    @cached_property
    def uncertain(self) -> np.ndarray:
        """Positions of the beats outside noise whose class is not certain, the worst first."""
        best = self.guesses.max(axis=1)
        candidates = np.flatnonzero(~self.in_noise & (best < CERTAIN))
        return candidates[np.argsort(best[candidates], kind="stable")]

    @cached_property
    def rr(self) -> np.ndarray:
        """Seconds since the beat before, NaN where signal is missing between the two."""
        rr = np.diff(self.time, prepend=np.nan)
        before = np.roll(self.time, 1)
        broken = (
            self.in_noise | np.roll(self.in_noise, 1) | self.touches_unusable(before, self.time)
        )
        return np.where(broken, np.nan, rr)

    @cached_property
    def counts(self) -> dict[str, int]:
        """Beats of each class."""
        return {name: int((self.classes == name).sum()) for name in CLASSES}

    @cached_property
    def unusable_s(self) -> float:
        """Seconds without usable signal."""
        return float((self.unusable["stop_s"] - self.unusable["start_s"]).sum())

    @property
    def mean_rate(self) -> float:
        """Beats per minute over all intervals that are known, NaN where none is."""
        known = self.rr[~np.isnan(self.rr)]
        return 60 / known.mean() if len(known) else np.nan

    @cached_property
    def rates(self) -> np.ndarray:
        """Rate per minute over the last eight intervals before each beat, NaN where unknown."""
        return 60 / pd.Series(self.rr).rolling(RATE_BEATS).mean().to_numpy()

    def extreme_rates(self) -> tuple[Run, Run] | None:
        """Find where the heart beats slowest and fastest over eight intervals.

        Returns
        -------
        tuple of Run or None
            The slowest and the fastest stretch; None where no eight intervals in a row are known.
        """
        if np.isnan(self.rates).all():
            return None
        slowest, fastest = int(np.nanargmin(self.rates)), int(np.nanargmax(self.rates))
        return tuple(self._run(k - RATE_BEATS, RATE_BEATS + 1) for k in (slowest, fastest))

    def longest_interval(self) -> Run | None:
        """Find the two beats that are farthest apart.

        Returns
        -------
        Run or None
            None where no interval is known.
        """
        if np.isnan(self.rr).all():
            return None
        return self._run(int(np.nanargmax(self.rr)) - 1, 2)

    def touches_unusable(self, start: np.ndarray, stop: np.ndarray) -> np.ndarray:
        """Tell which stretches of time meet one without usable signal.

        Parameters
        ----------
        start, stop : array, shape (stretches,)
            Seconds.

        Returns
        -------
        array of bool, shape (stretches,)
        """
        begun = np.searchsorted(self.unusable["start_s"], stop, side="left")
        ended = np.searchsorted(self.unusable["stop_s"], start, side="right")
        return begun > ended

    def runs(self, name: str, at_least: int = 3) -> list[Run]:
        """Find unbroken runs of one class.

        Parameters
        ----------
        name : str
            The class.
        at_least : int
            Beats of the shortest run that counts.

        Returns
        -------
        list of Run
            In time order. A stretch without usable signal ends a run.
        """
        return self._matches(f"{name}{{{at_least},}}")

    def couplets(self, name: str) -> list[Run]:
        """Find pairs of beats of one class, neither more nor fewer.

        Parameters
        ----------
        name : str
            The class.

        Returns
        -------
        list of Run
        """
        return self._matches(f"(?<!{name}){name}{name}(?!{name})")

    def bigeminy(self, name: str) -> list[Run]:
        """Find stretches in which every second beat is of a class and the others are normal.

        Parameters
        ----------
        name : str
            The class.

        Returns
        -------
        list of Run
            Each of at least three pairs of beats.
        """
        return self._matches(_BIGEMINY.format(name))

    @cached_property
    def _text(self) -> tuple[str, np.ndarray]:
        """The classes as one text with a bar where signal is missing, and each beat's place."""
        place = np.arange(len(self.rr)) + np.cumsum(np.isnan(self.rr))
        text = np.full(place[-1] + 1, "|")
        text[place] = self.classes
        return "".join(text), place

    def _matches(self, pattern: str) -> list[Run]:
        """Return where the sequence of classes follows a pattern."""
        text, place = self._text
        return [
            self._run(int(np.searchsorted(place, match.start())), match.end() - match.start())
            for match in re.finditer(pattern, text)
        ]

    def _run(self, first: int, beats: int) -> Run:
        """Describe consecutive beats."""
        start, stop = float(self.time[first]), float(self.time[first + beats - 1])
        rate = 60 * (beats - 1) / (stop - start) if stop > start else np.nan
        return Run(first, beats, start, stop, rate)

    def by_period(self, seconds: float) -> pd.DataFrame:
        """Count beats in equal stretches of the recording.

        Parameters
        ----------
        seconds : float
            How long a stretch is. The last one is what remains, or a little longer: a stub of
            less than a fifth is no stretch of its own.

        Returns
        -------
        pandas.DataFrame
            A row a stretch: `start_s`, `stop_s`, `beats`, mean `rate` per minute, a column a class,
            `ectopic_percent` (S and V among all beats), `unusable_percent` of the time.
        """
        edges = np.arange(0, max(self.duration - seconds / 5, seconds / 5), seconds)
        period = np.searchsorted(edges, self.time, side="right") - 1
        table = pd.DataFrame({"start_s": edges, "stop_s": np.append(edges[1:], self.duration)})
        for name in CLASSES:
            table[name] = np.bincount(period[self.classes == name], minlength=len(edges))
        table.insert(2, "beats", table[list(CLASSES)].sum(axis=1))
        known = ~np.isnan(self.rr)
        intervals = np.bincount(period[known], minlength=len(edges))
        total = np.bincount(period[known], self.rr[known], minlength=len(edges))
        with np.errstate(invalid="ignore"):
            table.insert(3, "rate", 60 * intervals / total)
        table["ectopic_percent"] = 100 * (table["S"] + table["V"]) / table["beats"]
        lost = [self._unusable_within(*row) for row in table[["start_s", "stop_s"]].to_numpy()]
        table["unusable_percent"] = 100 * np.array(lost) / (table["stop_s"] - table["start_s"])
        return table

    def _unusable_within(self, start: float, stop: float) -> float:
        """Return the seconds without usable signal between two times."""
        begin = np.clip(self.unusable["start_s"], start, stop)
        end = np.clip(self.unusable["stop_s"], start, stop)
        return float((end - begin).sum())


def look_at(classified: "Classified") -> Findings:
    """Collect what there is to say of a classified recording.

    Parameters
    ----------
    classified : ecgutils.recordings.classified.Classified

    Returns
    -------
    Findings
    """
    duration = classified.recording.duration
    unusable = join_stretches(classified.unusable, duration)
    return Findings(classified.beats.reset_index(drop=True), unusable, duration)


def join_stretches(stretches: pd.DataFrame, duration: float) -> pd.DataFrame:
    """Join stretches that touch or overlap.

    Parameters
    ----------
    stretches : pandas.DataFrame
        Columns `start_s`, `stop_s` and `reason`.
    duration : float
        Length of the recording in seconds, at which the last one ends.

    Returns
    -------
    pandas.DataFrame
        The same columns, in time order; several reasons are joined by commas.
    """
    joined: list[list] = []
    rows = stretches[["start_s", "stop_s", "reason"]].sort_values("start_s", kind="stable")
    for start, stop, reason in rows.itertuples(index=False):
        stop = min(stop, duration)
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], stop)
            joined[-1][2] |= {reason: None}
        elif start < stop:
            joined.append([start, stop, {reason: None}])
    return pd.DataFrame(
        {
            "start_s": np.array([row[0] for row in joined], dtype=float),
            "stop_s": np.array([row[1] for row in joined], dtype=float),
            "reason": [", ".join(row[2]) for row in joined],
        }
    )


def longest(runs: Sequence[Run]) -> Run | None:
    """Return the run with the most beats, the first of several.

    Parameters
    ----------
    runs : sequence of Run

    Returns
    -------
    Run or None
    """
    return max(runs, key=lambda run: run.beats, default=None)
