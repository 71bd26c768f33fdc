"""Which stretches of a recording a reader should see: the most telling, and the least certain."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.plots.report import STRIP_S
from ecgutils.recordings.report.findings import LONG_INTERVAL, RATE_BEATS, Findings, Run, longest
from ecgutils.recordings.report.words import percent

MOST_TELLING = 7
MOST_UNCERTAIN = 4

_ONE_WORD = {"S": "supraventricular ectopic beat", "V": "ventricular ectopic beat"}
_ONE_WORD["F"] = "fusion beat"
_NEIGHBOURS = 4


@dataclass(frozen=True)
class Strip:
    """Seven seconds of a recording that are worth a look.

    Attributes
    ----------
    title : str
        What is to be seen.
    start_s : float
        Where it begins, in seconds.
    marked : tuple of int
        Positions of the beats that it is about; none where it is about all of them.
    """

    title: str
    start_s: float
    marked: tuple[int, ...] = ()


def telling_strips(findings: Findings) -> list[Strip]:
    """Choose the strips that say most about a recording.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    list of Strip
        At most seven, none overlapping another: the longest runs of ectopic beats, the surest
        beat of each ectopic class, normal beats, the longest interval, the slowest and the
        fastest stretch and bigeminy; where there is nothing of all this, the first beats.
    """
    chosen: list[Strip] = []
    for strip in _telling(findings, chosen):
        if len(chosen) < MOST_TELLING and not _overlaps(strip.start_s, chosen):
            chosen.append(strip)
    if not chosen:
        chosen.append(Strip("The first beats", _around(findings, findings.time[0])))
    return chosen


def uncertain_strips(findings: Findings) -> list[Strip]:
    """Choose the strips of the beats whose class is least certain.

    Parameters
    ----------
    findings : Findings

    Returns
    -------
    list of Strip
        At most four, least certain first, none overlapping another. Beats in noise, and beats of
        a probability of 90 % and more are not among them.
    """
    chosen: list[Strip] = []
    for k in findings.uncertain:
        start = _around(findings, findings.time[k])
        if len(chosen) == MOST_UNCERTAIN:
            break
        if not _overlaps(start, chosen):
            chosen.append(Strip(_odds(findings, k), start, (int(k),)))
    return chosen


def _odds(findings: Findings, k: int) -> str:
    """Say between which classes a beat lies."""
    odds = dict(zip(CLASSES, 100 * findings.guesses[k], strict=False))
    likely = sorted((name for name in odds if odds[name] >= 0.5), key=odds.get, reverse=True)
    words = ", ".join(f"{name} {odds[name]:.0f} %" for name in likely)
    name = findings.classes[k]
    return f"Unsure: {words}" if name == "Q" else f"Called {name}: {words}"


def _telling(findings: Findings, chosen: list[Strip]) -> Iterator[Strip]:
    """Propose strips, the most telling first; `chosen` grows while they are proposed."""
    for name in ("V", "S"):
        if run := longest(findings.runs(name)):
            rate = f", {run.rate:.0f} per minute"
            yield _of_run(f"Longest run of {name}: {run.beats} beats{rate}", run, findings)
    for name, words in _ONE_WORD.items():
        k = _surest(findings, name, chosen)
        if k is not None:
            sure = percent(100 * findings.beats[f"p_{name}"].iloc[k])
            start = _around(findings, findings.time[k])
            yield Strip(f"The surest {words} ({name} {sure})", start, (k,))
    normal = _normal(findings)
    if normal is not None:
        yield Strip("Normal beats (N)", _around(findings, findings.time[normal]))
    yield from _rate_strips(findings)
    for name in ("V", "S"):
        if run := longest(findings.bigeminy(name)):
            yield _of_run(
                f"Bigeminy: every second beat is {name}, {run.beats} beats", run, findings
            )


def _rate_strips(findings: Findings) -> Iterator[Strip]:
    """Propose the longest interval and the stretches of highest and lowest rate."""
    pause = findings.longest_interval()
    if pause and pause.stop_s - pause.start_s >= LONG_INTERVAL:
        length = f"{pause.stop_s - pause.start_s:.2f} s"
        yield _of_run(f"Longest interval between two beats: {length}", pause, findings)
    for word, run in zip(("Slowest", "Fastest"), findings.extreme_rates() or (), strict=False):
        title = f"{word} stretch: {run.rate:.0f} per minute over {RATE_BEATS} intervals"
        yield Strip(title, _around(findings, (run.start_s + run.stop_s) / 2))


def _of_run(title: str, run: Run, findings: Findings) -> Strip:
    """Return the strip of a run: its middle, or its beginning where it is longer than a strip."""
    start = min(run.start_s - 1, (run.start_s + run.stop_s - STRIP_S) / 2)
    marked = tuple(range(run.first, run.first + run.beats))
    return Strip(title, _inside(findings, start), marked)


def _surest(findings: Findings, name: str, chosen: list[Strip]) -> int | None:
    """Return the surest beat of a class that no strip shows yet, best away from gaps."""
    candidates = np.flatnonzero(findings.classes == name)
    starts = _around(findings, findings.time[candidates])
    free = ~_overlaps(starts, chosen)
    candidates, starts = candidates[free], starts[free]
    if not len(candidates):
        return None
    doubt = -findings.beats[f"p_{name}"].to_numpy()[candidates]
    gaps = findings.touches_unusable(starts, starts + STRIP_S)
    return int(candidates[np.lexsort((doubt, gaps))[0]])


def _normal(findings: Findings) -> int | None:
    """Return the middle of the beats that are most surely normal, None where none are."""
    if not findings.counts["N"]:
        return None
    known = ~np.isnan(findings.rr)
    sure = pd.Series(np.where(known, findings.beats["p_N"], 0.0))
    least = sure.rolling(2 * _NEIGHBOURS + 1, center=True).min().fillna(0).to_numpy()
    best = least if least.max() > 0.5 else findings.beats["p_N"].to_numpy()
    return int(best.argmax())


def _around(findings: Findings, time: np.ndarray) -> np.ndarray:
    """Return where a strip begins that has a time in its middle."""
    return _inside(findings, time - STRIP_S / 2)


def _inside(findings: Findings, start: np.ndarray) -> np.ndarray:
    """Move the beginning of a strip so that it lies within the recording."""
    return np.clip(start, 0, max(0, findings.duration - STRIP_S))


def _overlaps(start: np.ndarray, strips: list[Strip]) -> np.ndarray:
    """Tell whether a strip would show what another one shows."""
    others = np.array([strip.start_s for strip in strips])
    return (np.abs(np.subtract.outer(start, others)) < STRIP_S).any(axis=-1)
