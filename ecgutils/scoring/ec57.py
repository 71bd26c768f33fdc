"""Beat-by-beat comparison of two annotation files, as ANSI/AAMI EC57 asks and `bxb` does it.

The rules and the tables are those of `bxb` and `sumstats`, the programs that EC57 names (G. B.
Moody, "Evaluating ECG Analyzers", WFDB Applications Guide, physionet.org).
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR

Label = IntEnum("Label", "N S V F Q O X", start=0)
"""The labels that are compared: five classes, O for no beat there, X for no beat in a shutdown."""

SYMBOLS = {Label.N: "NLRB", Label.S: "AaJSejn", Label.V: "VEr", Label.F: "F", Label.Q: "/fQ?"}
"""Beat annotations of each label, as in `bxb`: escape beats are S, unlike in `ecgutils.aami`."""

MATCH_WINDOW = 0.15
"""Seconds by which two annotations of the same beat may differ (EC57)."""

LEARNING_PERIOD = 300.0
"""Seconds at the start of each record that are not scored (EC57)."""

# Later than any sample.
_NEVER = 2**62
# Bits of a `~` annotation's subtype that say: the first, the second signal is unreadable.
_UNREADABLE = 0x30


@dataclass(frozen=True, eq=False)
class Score:
    """What became of the beats of one record."""

    record_name: str
    # Beats by label in the reference (rows) and in the test, both as in `Label`, shape (7, 7).
    counts: np.ndarray
    # Root mean square difference of the RR intervals in ms; NaN where there are none.
    rr_error: float


@dataclass(frozen=True, eq=False)
class _Beats:
    """Beats of an annotation file that can be scored, and the intervals in which none can."""

    # Intervals are arrays of int64, shape (intervals, 2), of first and last sample.
    sample: np.ndarray
    label: np.ndarray
    flutter: np.ndarray
    shutdown: np.ndarray


def score_record(
    record_name: str,
    test: str,
    reference: str = "atr",
    reference_dir: str | Path = MITDB_DIR,
    test_dir: str | Path = ".",
    start: float = LEARNING_PERIOD,
) -> Score:
    """Compare the annotation files of one record.

    Parameters
    ----------
    record_name, test, reference : str
        The record's name without folder, and the suffixes of the two annotation files.
    reference_dir, test_dir : str or Path
        The folder of the reference and of the record's header, and that of the test.
    start : float
        Where scoring starts, in s.

    Returns
    -------
    Score

    Raises
    ------
    EcgError
        If a file is missing or damaged or marks no beats, or the recording ends before `start`.
    """
    annotations = []
    for directory, suffix in ((reference_dir, reference), (test_dir, test)):
        read = read_annotations(record_name, directory, suffix, header_directory=reference_dir)
        if not np.isin(read.symbol, list("".join(SYMBOLS.values()))).any():
            path = Path(directory) / f"{record_name}.{suffix}"
            raise EcgError(f"{path}: holds no beat annotations; name a file that marks the beats")
        annotations.append(read)
    duration = annotations[0].sig_len / annotations[0].fs
    if start >= duration:
        path = Path(reference_dir) / f"{record_name}.hea"
        why = f"lasts {duration:g} s and would be scored from {start:g} s on"
        raise EcgError(f"{path}: {why}; start earlier (0 scores all of it)")
    return score_annotations(*annotations, start)


def score_annotations(
    reference: Annotations, test: Annotations, start: float = LEARNING_PERIOD
) -> Score:
    """Compare two sets of annotations of one recording.

    Beats in flutter or fibrillation, from ``[`` to ``]``, are not scored, nor is a beat that only
    the test found while the reference marks flutter. A beat that only one of them has is paired
    with X where the other marks that all signals are unreadable (a shutdown), else with O.

    Parameters
    ----------
    reference, test : Annotations
    start : float
        Where scoring starts, in s.

    Returns
    -------
    Score

    Examples
    --------
    >>> from ecgutils.io.record import Annotations
    >>> reference = Annotations.at("1", 360.0, 3600, [400, 800], "N")
    >>> test = Annotations.at("1", 360.0, 3600, [410, 800], ["N", "V"])
    >>> score_annotations(reference, test, start=0).counts[0].tolist()
    [1, 0, 1, 0, 0, 0, 0]
    """
    fs = reference.fs
    ours, theirs = _scorable(reference), _scorable(test)
    window = _samples(MATCH_WINDOW, fs)
    pairs = match_beats(ours.sample, theirs.sample, window, _samples(start, fs))
    return Score(reference.name, _count(ours, theirs, pairs), _rr_error(ours, theirs, pairs, fs))


def match_beats(reference: np.ndarray, test: np.ndarray, window: int, start: int = 0) -> np.ndarray:
    """Say which annotation of one file marks the same beat as which of the other.

    The two earliest annotations that are left form a pair if they lie within the match window and
    neither of them has a better partner. So the annotation that follows the later one must not lie
    closer, unless it is itself closer to the next of the other file. Otherwise the earlier
    annotation stays alone. At the start, the last test annotation of the learning period may match
    the first reference annotation after it. A test annotation that matches a beat of the learning
    period is left out.

    Parameters
    ----------
    reference, test : array of int, shapes (beats,) and (other beats,)
        Samples at which beats are marked, in ascending order.
    window, start : int
        Largest distance of two annotations of the same beat; first sample that is scored.

    Returns
    -------
    array of int64, shape (pairs, 2)
        Positions in `reference` and in `test`, in order of time; -1 where there is no partner.

    Raises
    ------
    EcgError
        If samples are not in ascending order.

    Examples
    --------
    >>> import numpy as np
    >>> match_beats(np.array([100, 460]), np.array([110, 300, 455]), window=54).tolist()
    [[0, 0], [-1, 1], [1, 2]]
    """
    for name, sample in (("reference", reference), ("test", test)):
        if np.any(np.diff(sample) < 0):
            raise EcgError(f"the {name} beats are not in ascending order; sort them first")
    # Plain integers, for indexing an array one element at a time is slow.
    ours, theirs = ([*np.asarray(a).tolist(), _NEVER, _NEVER] for a in (reference, test))
    r, t, pairs = _first_pair(ours, theirs, window, start)
    while r < len(reference) or t < len(test):
        one, other = ours[r], theirs[t]
        gap = abs(one - other)
        rival = abs(one - theirs[t + 1]) if other < one else abs(other - ours[r + 1])
        if gap <= window and (gap < rival or abs(ours[r + 1] - theirs[t + 1]) < rival):
            pairs.append((r, t))
            r, t = r + 1, t + 1
        elif other < one:
            pairs.append((-1, t))
            t += 1
        else:
            pairs.append((r, -1))
            r += 1
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _first_pair(
    ours: list[int], theirs: list[int], window: int, start: int
) -> tuple[int, int, list[tuple[int, int]]]:
    """Return where matching starts in both files, and the pair that spans the start, if any."""
    r, t = bisect_left(ours, start), bisect_left(theirs, start)
    if start <= 0:
        return r, t, []
    before = ours[r] - theirs[t - 1] if t else _NEVER
    gap = abs(ours[r] - theirs[t])
    if before <= window and before < gap:
        return r + 1, t, [(r, t - 1)]
    belongs_to_learning = theirs[t] - start <= window
    if belongs_to_learning and abs(ours[r] - theirs[t + 1]) < gap:
        t += 1
    return r, t, []


def _samples(seconds: float, fs: float) -> int:
    """Return a time in samples, rounded as the WFDB library does."""
    return math.floor(seconds * fs + 0.5)


def _scorable(annotations: Annotations) -> _Beats:
    """Take out of the annotations what the comparison needs."""
    sample, symbol = annotations.sample, annotations.symbol
    flutter, skipped = _flutter(sample, symbol)
    label = np.full(len(symbol), -1)
    for name, symbols in SYMBOLS.items():
        label[np.isin(symbol, list(symbols))] = name
    beat = (label >= 0) & ~skipped
    shutdown = _shutdowns(annotations, skipped, beat)
    return _Beats(sample[beat], label[beat], flutter, shutdown)


def _flutter(sample: np.ndarray, symbol: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals of flutter, and which annotations lie from ``[`` to ``]``."""
    ends = np.append(np.flatnonzero(symbol == "]"), len(symbol))
    skipped = np.zeros(len(symbol), dtype=bool)
    intervals = []
    for begin in np.flatnonzero(symbol == "["):
        if not skipped[begin]:
            end = ends[np.searchsorted(ends, begin)]
            skipped[begin : end + 1] = True
            intervals.append((sample[begin], np.append(sample, _NEVER)[end]))
    return np.array(intervals, dtype=np.int64).reshape(-1, 2), skipped


def _shutdowns(annotations: Annotations, skipped: np.ndarray, beat: np.ndarray) -> np.ndarray:
    """Return the intervals in which no signal can be read, shape (intervals, 2)."""
    # A single mark, which nothing ends, stands for all the time from the beat (or flutter) before
    # it to the annotation after it, less the match window on both sides.
    sample, symbol = annotations.sample, annotations.symbol
    window = _samples(MATCH_WINDOW, annotations.fs)
    noise = symbol == "~"
    unreadable = noise & ((annotations.subtype & _UNREADABLE) == _UNREADABLE)
    # The sample of the last beat or end of flutter up to each annotation, or 0.
    last = np.maximum.accumulate(np.where(beat | (skipped & (symbol == "]")), sample, 0))
    intervals = []
    for mark in np.flatnonzero(unreadable & ~skipped):
        begin, following = int(sample[mark]), mark + 1
        if following == len(sample):
            end = _NEVER
        elif noise[following] and not unreadable[following]:
            end = int(sample[following])
        else:
            end = int(sample[following]) - window
            begin = min(int(last[mark]) + window, end)
        intervals.append((begin, end))
    return np.array(intervals, dtype=np.int64).reshape(-1, 2)


def _within(sample: np.ndarray, intervals: np.ndarray) -> np.ndarray:
    """Tell which samples lie in one of some intervals, first and last sample included."""
    begun = np.searchsorted(np.sort(intervals[:, 0]), sample, side="right")
    ended = np.searchsorted(np.sort(intervals[:, 1]), sample, side="left")
    return begun > ended


def _count(reference: _Beats, test: _Beats, pairs: np.ndarray) -> np.ndarray:
    """Count the pairs of labels, shape (7, 7)."""
    ours, theirs = pairs.T
    # Without a partner, the position -1 takes the O that is appended.
    rows = np.append(reference.label, Label.O)[ours]
    columns = np.append(test.label, Label.O)[theirs]
    extra, missed = np.flatnonzero(ours < 0), np.flatnonzero(theirs < 0)
    found = test.sample[theirs[extra]]
    rows[extra[_within(found, reference.shutdown)]] = Label.X
    columns[missed[_within(reference.sample[ours[missed]], test.shutdown)]] = Label.X
    cells = np.delete(rows * len(Label) + columns, extra[_within(found, reference.flutter)])
    return np.bincount(cells, minlength=len(Label) ** 2).reshape(len(Label), -1)


def _rr_error(reference: _Beats, test: _Beats, pairs: np.ndarray, fs: float) -> float:
    """Return the root mean square difference of the RR intervals in ms."""
    # As in `bxb`, a beat without a partner is compared too, with the interval that ends at the next
    # beat of the other file. So one missed beat adds the difference of a whole interval.
    both = zip((reference, test), pairs.T, strict=True)
    ours, theirs = (_rr_intervals(beats, position) for beats, position in both)
    known = (ours > 0) & (theirs > 0)
    if not known.any():
        return math.nan
    squares = (ours - theirs)[known].astype(float) ** 2
    return math.sqrt(squares.sum() / len(squares)) * 1000 / _samples(1, fs)


def _rr_intervals(beats: _Beats, position: np.ndarray) -> np.ndarray:
    """Return for each pair the interval that ends at its beat, or at the next one, in samples."""
    # 0 where there is no beat before, or the rhythm stopped.
    onsets = np.sort(np.concatenate([beats.flutter[:, 0], beats.shutdown[:, 0]]))
    intervals = np.diff(beats.sample, prepend=0, append=0)
    intervals[1:-1][np.diff(np.searchsorted(onsets, beats.sample)) > 0] = 0
    intervals[[0, -1]] = 0
    upcoming = np.where(position < 0, len(beats.sample), position)[::-1]
    return intervals[np.minimum.accumulate(upcoming)[::-1]]
