"""Stretches of a recording that a reader may want to see, each with what it is about."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd

from ecgutils.aami import LEARNT_CLASSES
from ecgutils.plots.report import STRIP_S
from ecgutils.recordings.report.findings import Findings, Run

MOST_UNCERTAIN = 4

_NEIGHBOURS = 4
# Per cent from which on a class is named beside others.
_LEAST_LIKELY = 0.5
# Seconds of what a strip is about that it has to show, and that are left before it.
_SHOWN_S, _BEFORE_S = 4.0, 1.0
_AND = " · "


@dataclass(frozen=True)
class Strip:
    """Seven seconds that are worth a look, and the positions of the beats that they are about.

    A sentence that holds a strip names the time `named_s`, which the strip shows.
    """

    title: str
    start_s: float
    marked: tuple[int, ...] = ()
    named_s: float = 0.0


def strip_of_run(findings: Findings, run: Run, title: str) -> Strip:
    """Return the strip of a run: its middle, or its beginning where it is longer than a strip."""
    marked = tuple(range(run.first, run.first + run.beats))
    return replace(strip_of_time(findings, run.start_s, run.stop_s, title), marked=marked)


def strip_of_time(findings: Findings, start_s: float, stop_s: float, title: str) -> Strip:
    """Return the strip of a stretch: its middle, or its beginning where it is too long."""
    start = min(start_s - _BEFORE_S, (start_s + stop_s - STRIP_S) / 2)
    return Strip(title, _inside(findings, start), named_s=start_s)


def strip_around(findings: Findings, time: float, title: str, *marked: int) -> Strip:
    """Return the strip that has a time in its middle."""
    return Strip(title, _inside(findings, time - STRIP_S / 2), marked, time)


def together(strips: Iterable[Strip]) -> tuple[list[Strip], list[int]]:
    """Join strips that show the same; tell in which of those that are left each can be seen."""
    kept: list[Strip] = []
    places = []
    for strip in strips:
        place = next((k for k, other in enumerate(kept) if _shows(other, strip)), len(kept))
        if place == len(kept):
            kept.append(strip)
        else:
            kept[place] = _joined(kept[place], strip)
        places.append(place)
    return kept, places


def apart(proposals: Iterable[Iterable[Strip]], taken: Iterable[Strip] = ()) -> Iterator[Strip]:
    """Give of each proposal the first strip that overlaps none given before, and none taken."""
    starts = [strip.start_s for strip in taken]
    for strips in proposals:
        free = (s for s in strips if all(abs(s.start_s - other) >= STRIP_S for other in starts))
        for strip in islice(free, 1):
            starts.append(strip.start_s)
            yield strip


def uncertain_strips(findings: Findings) -> list[Strip]:
    """Choose the strips of the least certain beats, at most four, none overlapping another."""
    beats = findings.uncertain.tolist()
    proposals = ([strip_around(findings, findings.time[k], odds(findings, k), k)] for k in beats)
    return list(islice(apart(proposals), MOST_UNCERTAIN))


def odds(findings: Findings, k: int) -> str:
    """Say between which classes a beat lies."""
    shares = pd.Series(100 * findings.given_a_beat[k], LEARNT_CLASSES)
    likely = shares[shares >= _LEAST_LIKELY].sort_values(ascending=False, kind="stable")
    words = ", ".join(f"{name} {share:.0f} %" for name, share in likely.items())
    name = findings.classes[k]
    return f"Unsure: {words}" if name == "Q" else f"Called {name}: {words}"


def surest_beats(findings: Findings, name: str) -> Iterator[int]:
    """Give the beats of a class, the surest first, best away from gaps."""
    beats = np.flatnonzero(findings.classes == name)
    probability = findings.beats[f"p_{name}"].to_numpy()
    starts = np.clip(findings.time[beats] - STRIP_S / 2, 0, None)
    gaps = findings.touches_unusable(starts, starts + STRIP_S)
    yield from beats[np.lexsort((-probability[beats], gaps))].tolist()


def normal_strip(findings: Findings) -> list[Strip]:
    """Return the strip of the beats that are most surely normal, if any are."""
    if not findings.counts["N"]:
        return []
    sure = findings.beats["p_N"].where(~np.isnan(findings.rr), 0.0)
    least = sure.rolling(2 * _NEIGHBOURS + 1, center=True).min().fillna(0)
    best = least if least.max() > 0.5 else findings.beats["p_N"]
    return [strip_around(findings, findings.time[best.argmax()], "Normal beats (N)")]


def _shows(strip: Strip, other: Strip) -> bool:
    """Whether one strip shows what another is about, or at least its beginning."""
    ahead = other.named_s - strip.start_s
    return abs(strip.start_s - other.start_s) < STRIP_S - _SHOWN_S and 0 <= ahead <= _SHOWN_S


def _joined(strip: Strip, other: Strip) -> Strip:
    """Return a strip with the title and the marks of another that it shows."""
    titles = filter(None, dict.fromkeys((*strip.title.split(_AND), other.title)))
    marked = tuple(sorted({*strip.marked, *other.marked}))
    return replace(strip, title=_AND.join(titles), marked=marked)


def _inside(findings: Findings, start: float) -> float:
    """Move the beginning of a strip so that it lies within the recording."""
    return float(np.clip(start, 0, max(0, findings.duration - STRIP_S)))
