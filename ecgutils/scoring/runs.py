"""Run-by-run comparison of two annotation files, as ANSI/AAMI EC57 asks and `rxr` does it.

A run is a row of V beats, or of S beats. Ventricular flutter or fibrillation counts as a longest
run of V, atrial fibrillation as one of S, since its normal beats are S there. Rules and tables are
those of `rxr` and `sumstats` (WFDB Software Package 10.7).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ecgutils.io.record import Annotations
from ecgutils.scoring.conventions import (
    lines_to_text,
    percent_table,
    scored_samples,
    sum_table,
    whole_percent,
)
from ecgutils.scoring.ec57 import LEARNING_PERIOD, MATCH_WINDOW
from ecgutils.scoring.matching import NEVER
from ecgutils.scoring.scorable import SYMBOLS, samples

LONGEST = 6
"""Beats from which on a run is long; longer ones are not told apart."""

LENGTHS = {"C": (2, 2), "S": (3, 5), "L": (LONGEST, LONGEST)}
"""Fewest and most beats of couplets, short and long runs."""

COUNT_COLUMNS = tuple(f"{k}{what}" for k in LENGTHS for what in ("Ts", "FN", "Tp", "FP"))
"""Runs of the reference that are found or missed, runs of the test that are right or false."""

PERCENT_COLUMNS = tuple(f"{k}{figure}" for k in LENGTHS for figure in ("Se", "+P"))
"""Sensitivity and positive predictivity of runs of each length."""

# Bits of a `~` annotation's subtype that say: the first, the second signal is unreadable.
_UNREADABLE = 0x30


@dataclass(frozen=True, eq=False)
class RunScore:
    """What became of the runs of one record; arrays of int, shape (7, 7)."""

    record_name: str
    # Runs of the reference by length (rows), and the longest run of the test there (columns).
    sensitivity: np.ndarray
    # Runs of the test by length (columns), and the longest run of the reference there (rows).
    predictivity: np.ndarray


@dataclass(frozen=True)
class _Kind:
    """Which labels, see `_labels`, make a run of V or of S."""

    beats: str
    # Fibrillation, which is a longest run; it ends at one of `until` while runs are looked for.
    begins: str
    ends: str
    until: str
    # What ends a run, and what else ends one in the file that is looked through.
    others: str
    also: str


_KINDS = {
    "V": _Kind(beats="VF", begins="[", ends="]", until="]{U", others="NQUS", also="{"),
    "S": _Kind(beats="S", begins="{", ends="}", until="}[U", others="NQUVF", also="["),
}


def score_runs(
    reference: Annotations,
    test: Annotations,
    label: str = "V",
    start: float = LEARNING_PERIOD,
    end: float | None = None,
    window: float = MATCH_WINDOW,
) -> RunScore:
    """Compare the runs in two sets of annotations of one recording.

    For each run of one of them, the longest run of the other is looked for, from 150 ms before its
    first beat to 150 ms after its last one. What was looked through once is not looked at again.

    Parameters
    ----------
    reference, test : Annotations
    label : str
        ``"V"`` for runs of V and F beats, ``"S"`` for runs of S beats.
    start, end : float
        Where scoring starts and ends, in s; by default with the recording.
    window : float
        How many s a run of the other file may lie apart. EC57 allows no other than 0.15.

    Returns
    -------
    RunScore

    Notes
    -----
    Two oddities of `rxr` are left out. It begins a comparison with the last annotation of the one
    before. And it prints nothing of a record where one of the files has no annotation to score.

    Examples
    --------
    >>> from ecgutils.io.record import Annotations
    >>> reference = Annotations.at("1", 360.0, 9000, [1000, 1300, 1600, 1900], list("NVVN"))
    >>> test = Annotations.at("1", 360.0, 9000, [1000, 1300, 1600, 1900], list("NVNN"))
    >>> score_runs(reference, test, start=0).sensitivity[2].tolist()
    [0, 1, 0, 0, 0, 0, 0]
    """
    kind, scored = _KINDS[label], scored_samples(reference, start, end)
    near = samples(window, reference.fs)
    ours, theirs = (replace(marks, symbol=_labels(marks)) for marks in (reference, test))
    sensitivity = _compare(ours, theirs, kind, scored, near)
    predictivity = _compare(theirs, ours, kind, scored, near)
    return RunScore(reference.name, sensitivity, predictivity.T)


def run_table(scores: Sequence[RunScore]) -> pd.DataFrame:
    """Put the scores of records into one table.

    Parameters
    ----------
    scores : sequence of RunScore
        At least one, all of them of the same label.

    Returns
    -------
    pandas.DataFrame
        One row per record; ``Gross``, all runs pooled; ``Average``, the mean of the records for
        which a figure is defined. Columns: :data:`COUNT_COLUMNS` (Int64) and
        :data:`PERCENT_COLUMNS` in %, NaN where undefined.
    """
    names, counts = zip(*((score.record_name, _counts(score)) for score in scores), strict=True)
    counts = np.array(counts)
    right, wrong = counts[:, ::2], counts[:, 1::2]
    percent = percent_table(names, right, right + wrong, PERCENT_COLUMNS)
    return pd.concat([sum_table(names, counts, COUNT_COLUMNS), percent], axis=1)


def runs_as_text(table: pd.DataFrame, label: str = "V") -> str:
    """Lay a table of :func:`run_table` out as `rxr -L` and `sumstats` print it."""
    lines = ["(SVE run detection)"] if label == "S" else []
    lines.append(f"Record {' '.join(COUNT_COLUMNS)}  {' '.join(PERCENT_COLUMNS)}")
    for name, row in table.iloc[:-2].iterrows():
        lines.append(f"{name:>4} {_numbers(row, 3)} {_percent(row, half_up=True)}")
    gross = table.iloc[-2]
    lines += ["_" * 77, f"Sum   {_numbers(gross, 4)}"]
    lines += [f"{name:55}{_percent(row)}" for name, row in table.iloc[-2:].iterrows()]
    titles = {"C": "couplets", "S": "short runs", "L": "long runs"}
    totals = [f"Total {titles[k]}: {int(gross[f'{k}Ts'] + gross[f'{k}FN'])}" for k in LENGTHS]
    return lines_to_text([*lines, "  ".join(totals)], len(table) - 2)


def _numbers(row: pd.Series, first_width: int) -> str:
    first, *others = (int(row[column]) for column in COUNT_COLUMNS)
    return " ".join([f"{first:{first_width}d}", *(f"{n:3d}" for n in others)])


def _percent(row: pd.Series, *, half_up: bool = False) -> str:
    return "".join(whole_percent(row[column], half_up=half_up) for column in PERCENT_COLUMNS)


def _counts(score: RunScore) -> list[int]:
    """Count right and wrong runs in the order of `COUNT_COLUMNS`."""
    counts = []
    for least, most in LENGTHS.values():
        # A run is found where the other has as long a one, or a longer one.
        of_length = slice(least, most + 1)
        found = score.sensitivity[of_length], score.predictivity[:, of_length]
        counts += [found[0][:, least:].sum(), found[0][:, :least].sum()]
        counts += [found[1][least:].sum(), found[1][:least].sum()]
    return counts


def _labels(marks: Annotations) -> np.ndarray:
    """Label annotations, those that decide on no run with ``""``, shape (annotations,).

    N S V F Q are beats, ``[`` and ``]`` the bounds of ventricular flutter or fibrillation, ``{``
    and ``}`` those of atrial ones. From U on no signal can be read.
    """
    labels = np.full(len(marks), "", dtype="U1")
    for name, symbols in SYMBOLS.items():
        labels[np.isin(marks.symbol, list(symbols))] = name.name
    rhythm, unreadable, changes = "", False, np.zeros(len(marks), dtype=int)
    for k in np.flatnonzero(np.isin(marks.symbol, list("~[]+"))):
        if marks.symbol[k] == "~":
            before, unreadable = unreadable, (marks.subtype[k] & _UNREADABLE) == _UNREADABLE
            labels[k] = "U" if unreadable and not before else ""
            continue
        before, rhythm = rhythm, _rhythm(marks.symbol[k], marks.aux[k], rhythm)
        if rhythm != before:
            labels[k] = rhythm or {"[": "]", "{": "}"}[before]
        changes[k] = (rhythm == "{") - (before == "{")
    # In atrial fibrillation no beat is normal.
    labels[(np.cumsum(changes) > 0) & (labels == "N")] = "S"
    return labels


def _rhythm(symbol: str, note: str, before: str) -> str:
    """Return ``[`` in ventricular, ``{`` in atrial fibrillation or flutter, or nothing."""
    if symbol == "[":
        return "["
    if symbol == "]":
        return "" if before == "[" else before
    if not note:
        return before
    return {"(VF": "[", "(AF": "{"}.get(note[:3], "")


def _compare(
    one: Annotations, other: Annotations, kind: _Kind, scored: tuple[int, int], window: int
) -> np.ndarray:
    """Count the runs of one file, by length, and the longest run of the other there, (7, 7)."""
    counts = np.zeros((LONGEST + 1, LONGEST + 1), dtype=int)
    file = _Reader(other, kind)
    for length, first, last in _runs(one, kind, scored, window):
        counts[length, file.longest_run(first - window, last + window)] += 1
    return counts


def _runs(
    marks: Annotations, kind: _Kind, scored: tuple[int, int], window: int
) -> Iterator[tuple[int, int, int]]:
    """Give the length of each run, and the samples of its first and its last mark."""
    sample, labels = marks.sample, marks.symbol
    begin, stop = np.searchsorted(sample, scored[0]), np.searchsorted(sample, scored[1], "right")
    length, first, last = 0, 0, -window
    changes = labels[:begin][np.isin(labels[:begin], [kind.begins, "]", "}"])]
    if len(changes) and changes[-1] == kind.begins:
        # Fibrillation of the learning period goes on.
        length, first, last = LONGEST, scored[0], scored[0]
    for here, label in _turns(marks[begin:stop], kind.beats + kind.begins + kind.ends, kind.others):
        if label in kind.others:
            if length:
                yield length, first, last
            length = 0
        elif label in kind.beats:
            length, first, last = min(length + 1, LONGEST), first if length else here, here
        elif not length and label == kind.begins:
            # As in `rxr`, it moves the end only where it ends.
            length, first = LONGEST, here
        elif length and label == kind.ends:
            last = here
    # How long a run is that goes on where scoring ends is not known.
    if length and stop == len(sample):
        yield length, first, last


class _Reader:
    """Looks through a file for runs, once and forwards."""

    def __init__(self, marks: Annotations, kind: _Kind) -> None:
        self.kind = kind
        self.marks = _turns(marks, kind.beats + kind.begins + kind.until, kind.others + kind.also)
        self.position = 0
        # Until where the fibrillation goes on that was met last.
        self.fibrillates = 0

    def longest_run(self, first: int, last: int) -> int:
        """Return the beats of the longest run between two samples, at most `LONGEST`."""
        if self.fibrillates > first:
            return LONGEST
        while (mark := self._next())[0] < first:
            if mark[1] == self.kind.begins and self._pass_fibrillation() > first:
                return LONGEST
            self.position += 1
        longest = length = 0
        while (mark := self._next())[0] <= last:
            if mark[1] == self.kind.begins:
                self._pass_fibrillation()
                return LONGEST
            if mark[1] != self.kind.ends:
                length = min(length + 1, LONGEST) if mark[1] in self.kind.beats else 0
            longest = max(longest, length)
            self.position += 1
        return longest

    def _next(self) -> tuple[int, str]:
        return self.marks[self.position] if self.position < len(self.marks) else (NEVER, "")

    def _pass_fibrillation(self) -> int:
        """Go to the end of fibrillation that begins here; return its sample."""
        self.position += 1
        while (mark := self._next())[0] < NEVER and mark[1] not in self.kind.until:
            self.position += 1
        self.fibrillates = mark[0]
        return self.fibrillates


def _turns(marks: Annotations, wanted: str, others: str) -> list[tuple[int, str]]:
    """Give samples and labels of all wanted marks, and of the first one of others in a row."""
    code = np.isin(marks.symbol, list(others)).astype(int)
    code[np.isin(marks.symbol, list(wanted))] = 2
    there = np.flatnonzero(code)
    first = np.append(True, (code[there][1:] == 2) | (code[there][:-1] == 2))[: len(there)]
    chosen = there[first]
    return list(zip(marks.sample[chosen].tolist(), marks.symbol[chosen].tolist(), strict=True))
