"""Beat-by-beat comparison of two annotation files, as ANSI/AAMI EC57 asks and `bxb` does it.

`bxb` and `sumstats` are the programs of the WFDB software package that EC57 names; the rules here
are theirs (G. B. Moody, "Evaluating ECG Analyzers", WFDB Applications Guide, physionet.org), and so
are the tables of `ecgutils.scoring.ec57_tables`.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR

LABELS = ("N", "S", "V", "F", "Q", "O", "X")
"""The labels that are compared: five classes, O for no beat there, X for no beat in a shutdown."""

N, S, V, F, Q, O, X = range(len(LABELS))  # noqa: E741

MATCH_WINDOW = 0.15
"""Seconds by which two annotations of the same beat may differ (EC57)."""

LEARNING_PERIOD = 300.0
"""Seconds at the start of each record that are not scored (EC57)."""

SYMBOL_TO_LABEL = (
    {"N": N, "L": N, "R": N, "B": N, "F": F, "V": V, "E": V, "r": V}
    | {"A": S, "a": S, "J": S, "S": S, "e": S, "j": S, "n": S}
    | {"/": Q, "f": Q, "Q": Q, "?": Q}
)
"""Beat annotation to label, as `bxb` has it: escape beats are S, unlike in `ecgutils.aami`."""

# Later than any sample.
_NEVER = 2**62
# Bits of a `~` annotation's subtype that say: the first, the second signal is unreadable.
_UNREADABLE = 0x30


@dataclass(frozen=True, eq=False)
class Score:
    """What became of the beats of one record.

    Attributes
    ----------
    record_name : str
        The record.
    counts : ndarray of int64, shape (7, 7)
        How many beats had the label of the row in the reference and of the column in the test;
        both in the order of `LABELS`.
    rr_error : float
        Root mean square difference of the RR intervals in ms; NaN where there are none.
    """

    record_name: str
    counts: np.ndarray
    rr_error: float


@dataclass(frozen=True, eq=False)
class _Beats:
    """The beats of an annotation file that can be scored, and the intervals in which none can.

    Both kinds of interval are arrays of int64, shape (intervals, 2), of first and last sample.
    """

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
    record_name : str
        The record's name, without folder or suffix.
    test, reference : str
        Suffixes of the two annotation files.
    reference_dir : str or Path
        The folder of the reference annotations and of the record's header.
    test_dir : str or Path
        The folder of the test annotations.
    start : float
        Where scoring starts, in s.

    Returns
    -------
    Score

    Raises
    ------
    EcgError
        If a file is missing, damaged, holds no beats, has positions that are not in order, not in
        the recording or at another sampling frequency; or if the recording ends before `start`.
    """
    annotations = []
    for directory, suffix in ((reference_dir, reference), (test_dir, test)):
        read = read_annotations(record_name, directory, suffix, header_directory=reference_dir)
        if not np.isin(read.symbol, list(SYMBOL_TO_LABEL)).any():
            path = Path(directory) / f"{record_name}.{suffix}"
            raise EcgError(f"{path}: holds no beat annotations; name a file that marks the beats")
        annotations.append(read)
    duration = annotations[0].sig_len / annotations[0].fs
    if start >= duration:
        path = Path(reference_dir) / f"{record_name}.hea"
        raise EcgError(
            f"{path}: lasts {duration:g} s and would be scored from {start:g} s on; "
            "start earlier (0 scores all of it)"
        )
    return score_annotations(*annotations, start)


def score_annotations(
    reference: Annotations, test: Annotations, start: float = LEARNING_PERIOD
) -> Score:
    """Compare two sets of annotations of one recording.

    A beat between the start ``[`` and the end ``]`` of ventricular flutter or fibrillation is not
    scored, nor is a beat that only the test found while the reference marks flutter. A beat that
    only one of them has is paired with X where the other marks that all signals are unreadable
    (a shutdown), else with O.

    Parameters
    ----------
    reference, test : Annotations
        The annotations of one recording.
    start : float
        Where scoring starts, in s.

    Returns
    -------
    Score
    """
    fs = reference.fs
    window = _samples(MATCH_WINDOW, fs)
    ours, theirs = _scorable(reference, window), _scorable(test, window)
    pairs = match_beats(ours.sample, theirs.sample, window, _samples(start, fs))
    return Score(reference.name, _count(ours, theirs, pairs), _rr_error(ours, theirs, pairs, fs))


def match_beats(reference: np.ndarray, test: np.ndarray, window: int, start: int = 0) -> np.ndarray:
    """Say which annotation of one file marks the same beat as which of the other.

    The two earliest annotations that are left form a pair if they lie within the match window and
    neither of them has a better partner: the annotation that follows the later one must not lie
    closer, unless it is itself closer to the next of the other file. Otherwise the earlier
    annotation stays alone. At the start, the last test annotation of the learning period may match
    the first reference annotation after it, and a test annotation that matches a beat of the
    learning period is left out.

    Parameters
    ----------
    reference, test : array of int, shapes (beats,) and (other beats,)
        Samples at which beats are marked, in ascending order.
    window : int
        The largest distance of two annotations of the same beat, in samples.
    start : int
        The first sample that is scored.

    Returns
    -------
    array of int64, shape (pairs, 2)
        Positions in `reference` and in `test`, in order of time; -1 where there is no partner.

    Raises
    ------
    EcgError
        If samples are not in ascending order.
    """
    for name, sample in (("reference", reference), ("test", test)):
        if np.any(np.diff(sample) < 0):
            raise EcgError(f"the {name} beats are not in ascending order; sort them first")
    r, t, pairs = _first_pair(reference, test, window, start)
    # Plain integers, for indexing an array one element at a time is slow.
    ours, theirs = ([*np.asarray(a).tolist(), _NEVER, _NEVER] for a in (reference, test))
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
    reference: np.ndarray, test: np.ndarray, window: int, start: int
) -> tuple[int, int, list[tuple[int, int]]]:
    """Return where matching starts in both files, and the pair that spans the start, if any."""
    r, t = (int(np.searchsorted(sample, start)) for sample in (reference, test))
    if start <= 0:
        return r, t, []
    first = int(reference[r]) if r < len(reference) else _NEVER
    following = [int(sample) for sample in test[t : t + 2]] + [_NEVER, _NEVER]
    before = first - int(test[t - 1]) if t else _NEVER
    if before <= window and before < abs(first - following[0]):
        return r + 1, t, [(r, t - 1)]
    belongs_to_learning = following[0] - start <= window
    if belongs_to_learning and abs(first - following[1]) < abs(first - following[0]):
        t += 1
    return r, t, []


def _samples(seconds: float, fs: float) -> int:
    """Return a time in samples, rounded as the WFDB library does."""
    return math.floor(seconds * fs + 0.5)


def _scorable(annotations: Annotations, window: int) -> _Beats:
    """Take out of the annotations what the comparison needs."""
    sample, symbol = annotations.sample, annotations.symbol
    flutter, skipped = _flutter(sample, symbol)
    label = np.full(len(symbol), -1)
    for name, number in SYMBOL_TO_LABEL.items():
        label[symbol == name] = number
    label[skipped] = -1
    beat = label >= 0
    shutdown = _shutdowns(annotations, skipped, beat, flutter[:, 1], window)
    return _Beats(sample[beat], label[beat], flutter, shutdown)


def _flutter(sample: np.ndarray, symbol: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals of flutter, and which annotations lie from ``[`` to ``]``."""
    ends = np.flatnonzero(symbol == "]")
    skipped = np.zeros(len(symbol), dtype=bool)
    intervals = []
    for begin in np.flatnonzero(symbol == "["):
        if skipped[begin]:
            continue
        later = np.searchsorted(ends, begin)
        ended = later < len(ends)
        end = ends[later] if ended else len(symbol)
        skipped[begin : end + 1] = True
        intervals.append((sample[begin], sample[end] if ended else _NEVER))
    return np.array(intervals, dtype=np.int64).reshape(-1, 2), skipped


def _shutdowns(
    annotations: Annotations,
    skipped: np.ndarray,
    beat: np.ndarray,
    flutter_end: np.ndarray,
    window: int,
) -> np.ndarray:
    """Return the intervals in which no signal can be read.

    A single mark, which nothing ends, stands for all the time from the beat (or flutter) before it
    to the annotation after it, less the match window on both sides.
    """
    sample = annotations.sample
    noise = annotations.symbol == "~"
    unreadable = noise & ((annotations.subtype & _UNREADABLE) == _UNREADABLE)
    resumed = noise & ~unreadable
    # The sample of the last beat up to each annotation, or 0.
    last_beat = np.maximum.accumulate(np.where(beat, sample, 0))
    intervals = []
    for mark in np.flatnonzero(unreadable & ~skipped):
        begin, following = int(sample[mark]), mark + 1
        if following == len(sample):
            end = _NEVER
        elif resumed[following]:
            end = int(sample[following])
        else:
            fluttered = flutter_end[: np.searchsorted(flutter_end, begin, side="right")]
            end = int(sample[following]) - window
            begin = min(max(int(last_beat[mark]), *fluttered[-1:].tolist(), 0) + window, end)
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
    extra, missed = theirs[ours < 0], ours[theirs < 0]
    scored = extra[~_within(test.sample[extra], reference.flutter)]
    matched = pairs[(ours >= 0) & (theirs >= 0)]
    rows = (
        reference.label[matched[:, 0]],
        np.where(_within(test.sample[scored], reference.shutdown), X, O),
        reference.label[missed],
    )
    columns = (
        test.label[matched[:, 1]],
        test.label[scored],
        np.where(_within(reference.sample[missed], test.shutdown), X, O),
    )
    counts = np.zeros((len(LABELS), len(LABELS)), dtype=np.int64)
    np.add.at(counts, (np.concatenate(rows), np.concatenate(columns)), 1)
    return counts


def _rr_error(reference: _Beats, test: _Beats, pairs: np.ndarray, fs: float) -> float:
    """Return the root mean square difference of the RR intervals in ms.

    As in `bxb`, a beat without a partner is compared too, with the interval that ends at the next
    beat of the other file: one missed beat adds the difference of a whole interval.
    """
    intervals = []
    for beats, position in zip((reference, test), pairs.T, strict=True):
        count = len(beats.sample)
        upcoming = np.minimum.accumulate(np.where(position < 0, count, position)[::-1])[::-1]
        intervals.append(np.append(_rr_intervals(beats), 0)[upcoming])
    ours, theirs = intervals
    known = (ours > 0) & (theirs > 0)
    if not known.any():
        return math.nan
    squares = (ours - theirs)[known].astype(float) ** 2
    return math.sqrt(squares.sum() / len(squares)) * 1000 / _samples(1, fs)


def _rr_intervals(beats: _Beats) -> np.ndarray:
    """Return the samples since the beat before; 0 where there is none or the rhythm stopped."""
    onsets = np.sort(np.concatenate([beats.flutter[:, 0], beats.shutdown[:, 0]]))
    begun = np.searchsorted(onsets, beats.sample)
    intervals = np.diff(beats.sample)
    intervals[np.diff(begun) > 0] = 0
    return np.concatenate([[0], intervals])
