"""Which stretches of a recording a reader should see: the most telling, and the least certain."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd

from ecgutils.aami import LEARNT_CLASSES
from ecgutils.plots.report import STRIP_S
from ecgutils.recordings.report.findings import LONG_INTERVAL, RATE_BEATS, Findings, Run, longest
from ecgutils.recordings.report.words import ECTOPIC, percent

MOST_TELLING = 7
MOST_UNCERTAIN = 4

_NEIGHBOURS = 4
# Per cent from which on a class is named beside others.
_LEAST_LIKELY = 0.5


@dataclass(frozen=True)
class Strip:
    """Seven seconds that are worth a look, and the positions of the beats that they are about."""

    title: str
    start_s: float
    marked: tuple[int, ...] = ()


def telling_strips(findings: Findings) -> list[Strip]:
    """Choose the most telling strips, at most seven, none overlapping; else the first beats."""
    chosen = list(islice(_apart(_proposals(findings)), MOST_TELLING))
    return chosen or [_around(findings, findings.time[0], "The first beats")]


def uncertain_strips(findings: Findings) -> list[Strip]:
    """Choose the strips of the least certain beats, at most four, none overlapping another."""
    beats = findings.uncertain.tolist()
    proposals = ([_around(findings, findings.time[k], _odds(findings, k), k)] for k in beats)
    return list(islice(_apart(proposals), MOST_UNCERTAIN))


def _apart(proposals: Iterable[Iterable[Strip]]) -> Iterator[Strip]:
    """Give of each proposal the first strip that overlaps none given before."""
    starts: list[float] = []
    for strips in proposals:
        free = (s for s in strips if all(abs(s.start_s - other) >= STRIP_S for other in starts))
        for strip in islice(free, 1):
            starts.append(strip.start_s)
            yield strip


def _odds(findings: Findings, k: int) -> str:
    """Say between which classes a beat lies."""
    odds = pd.Series(100 * findings.given_a_beat[k], LEARNT_CLASSES)
    likely = odds[odds >= _LEAST_LIKELY].sort_values(ascending=False, kind="stable")
    words = ", ".join(f"{name} {share:.0f} %" for name, share in likely.items())
    name = findings.classes[k]
    return f"Unsure: {words}" if name == "Q" else f"Called {name}: {words}"


def _proposals(findings: Findings) -> Iterator[Iterable[Strip]]:
    """Propose strips, the most telling first; of the strips of one proposal, one is enough."""
    for name in ECTOPIC:
        if run := longest(findings.runs(name)):
            rate = f"{run.rate:.0f} per minute"
            yield [_of_run(findings, run, f"Longest run of {name}: {run.beats} beats, {rate}")]
    for name, words in (("S", ECTOPIC["S"]), ("V", ECTOPIC["V"]), ("F", "fusion")):
        yield _surest(findings, name, words)
    yield _normal(findings)
    yield from _rates(findings)
    for name in ECTOPIC:
        if run := longest(findings.bigeminy(name)):
            words = f"every second beat is {name}, {run.beats} beats"
            yield [_of_run(findings, run, f"Bigeminy: {words}")]


def _rates(findings: Findings) -> Iterator[list[Strip]]:
    """Propose the longest interval and the stretches of lowest and highest rate."""
    if (pause := findings.longest_interval()) and pause.seconds >= LONG_INTERVAL:
        title = f"Longest interval between two beats: {pause.seconds:.2f} s"
        yield [_of_run(findings, pause, title)]
    for word, run in zip(("Slowest", "Fastest"), findings.extreme_rates() or (), strict=False):
        title = f"{word} stretch: {run.rate:.0f} per minute over {RATE_BEATS} intervals"
        yield [_around(findings, (run.start_s + run.stop_s) / 2, title)]


def _surest(findings: Findings, name: str, words: str) -> Iterator[Strip]:
    """Propose the beats of an ectopic class, the surest first, best away from gaps."""
    beats = np.flatnonzero(findings.classes == name)
    probability = findings.beats[f"p_{name}"].to_numpy()
    starts = _inside(findings, findings.time[beats] - STRIP_S / 2)
    gaps = findings.touches_unusable(starts, starts + STRIP_S)
    for k in beats[np.lexsort((-probability[beats], gaps))].tolist():
        title = f"The surest {words} beat ({name} {percent(100 * probability[k])})"
        yield _around(findings, findings.time[k], title, k)


def _normal(findings: Findings) -> list[Strip]:
    """Propose the middle of the beats that are most surely normal, if any are."""
    if not findings.counts["N"]:
        return []
    sure = findings.beats["p_N"].where(~np.isnan(findings.rr), 0.0)
    least = sure.rolling(2 * _NEIGHBOURS + 1, center=True).min().fillna(0)
    best = least if least.max() > 0.5 else findings.beats["p_N"]
    return [_around(findings, findings.time[best.argmax()], "Normal beats (N)")]


def _of_run(findings: Findings, run: Run, title: str) -> Strip:
    """Return the strip of a run: its middle, or its beginning where it is longer than a strip."""
    start = min(run.start_s - 1, (run.start_s + run.stop_s - STRIP_S) / 2)
    marked = tuple(range(run.first, run.first + run.beats))
    return Strip(title, float(_inside(findings, start)), marked)


def _around(findings: Findings, time: float, title: str, *marked: int) -> Strip:
    """Return the strip that has a time in its middle."""
    return Strip(title, float(_inside(findings, time - STRIP_S / 2)), marked)


def _inside(findings: Findings, start: np.ndarray) -> np.ndarray:
    """Move the beginning of a strip so that it lies within the recording."""
    return np.clip(start, 0, max(0, findings.duration - STRIP_S))
