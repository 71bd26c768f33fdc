"""Beat-by-beat comparison of two annotation files, as ANSI/AAMI EC57 asks and `bxb` does it.

The rules and the tables are those of `bxb` and `sumstats`, the programs that EC57 names (G. B.
Moody, "Evaluating ECG Analyzers", WFDB Applications Guide, physionet.org). Where `bxb` differs from
the standard, the standard is followed:

- ``!`` outside ``[ ]`` is no beat; `bxb` matches it as one of class O.
- Every spell of flutter and every shutdown counts, also several between two beats and one without
  an end. `bxb` remembers the last two that end.
- With a start of 0, a test beat at sample 0 is scored; `bxb` loses it.
- An RR interval that starts at sample 0 counts; `bxb` takes 0 for "no beat yet".
- With a start of less than 150 ms, a missing test beat is missed; `bxb` matches one that it
  supposes at sample 0.
- Beats that are missed in a shutdown include those of class S; `bxb` leaves them out of the share.

As in `bxb`, test beats before sample 0 are not scored, nor are beats after the end. Without a
length in the header, the last reference beat is the end. The standard knows no such beats; how many
there are is told.

What `bxb` reads with a warning is refused and told: files that are cut off or not in order of time,
and records without a header. Files in AHA format are not read.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_sized
from ecgutils.io.wfdb_header import read_size
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.matching import NEVER, match_beats
from ecgutils.scoring.scorable import SYMBOLS, Beats, Label, samples, scorable, within

__all__ = ["SYMBOLS", "Label", "Score", "match_beats", "score_annotations", "score_record"]

MATCH_WINDOW = 0.15
"""Seconds by which two annotations of the same beat may differ (EC57)."""

LEARNING_PERIOD = 300.0
"""Seconds at the start of each record that are not scored (EC57)."""


@dataclass(frozen=True, eq=False)
class Score:
    """What became of the beats of one record."""

    record_name: str
    # Beats by label in the reference (rows) and in the test, both as in `Label`, shape (7, 7).
    counts: np.ndarray
    # Root mean square difference of the RR intervals in ms; NaN where there are none.
    rr_error: float
    # Seconds in which the test, and the reference, mark that no signal can be read.
    shutdown: float = 0.0
    unreadable: float = 0.0
    # Beats of both files that lie outside the recording, and so in no count.
    outside: int = 0


@dataclass(frozen=True, eq=False)
class Comparison:
    """The beats of two annotation files side by side."""

    record_name: str
    fs: float
    reference: Beats
    test: Beats
    # Positions in both, -1 where there is none, and the labels; both of shape (pairs, 2).
    pairs: np.ndarray
    labels: np.ndarray
    # First sample that is scored, and the last one of the recording; 0 where that is not known.
    start: int
    end: int
    # Whether scoring ends with the recording.
    is_whole: bool


def score_record(
    record_name: str,
    test: str,
    reference: str = "atr",
    reference_dir: str | Path = MITDB_DIR,
    test_dir: str | Path = ".",
    start: float = LEARNING_PERIOD,
    end: float | None = None,
    window: float = MATCH_WINDOW,
) -> Score:
    """Compare the annotation files of one record.

    Parameters
    ----------
    record_name, test, reference : str
        The record's name without folder, and the suffixes of the two annotation files.
    reference_dir, test_dir : str or Path
        The folder of the reference and of the record's header, and that of the test.
    start, end : float
        Where scoring starts and ends, in s; it ends with the recording by default. Where its
        header does not say how long it is, it ends with the last beat of the reference.
    window : float
        How many s two annotations of one beat may lie apart. EC57 allows no other than 0.15.

    Returns
    -------
    Score
        A file without beats, or of zero bytes, is scored as well: all others are false or missed.

    Raises
    ------
    EcgError
        If a file is missing or damaged, or the recording ends before `start`.
    """
    pair = read_pair(record_name, test, reference, reference_dir, test_dir, start)
    return score_comparison(compare(*pair, start, end, window))


def read_pair(
    record_name: str,
    test: str,
    reference: str,
    reference_dir: str | Path,
    test_dir: str | Path,
    start: float,
) -> tuple[Annotations, Annotations]:
    """Read the annotations of the reference and of the test; see :func:`score_record`."""
    fs, sig_len = read_size(record_name, reference_dir)
    if sig_len and start >= sig_len / fs:
        path = Path(reference_dir) / f"{record_name}.hea"
        why = f"lasts {sig_len / fs:g} s and would be scored from {start:g} s on"
        raise EcgError(f"{path}: {why}; start earlier (0 scores all of it)")
    ours, theirs = (
        read_sized(record_name, *where, reference_dir, (fs, sig_len), may_be_empty=True)
        for where in ((reference_dir, reference), (test_dir, test))
    )
    return ours, theirs


def score_annotations(
    reference: Annotations,
    test: Annotations,
    start: float = LEARNING_PERIOD,
    end: float | None = None,
    window: float = MATCH_WINDOW,
) -> Score:
    """Compare two sets of annotations of one recording.

    Beats in flutter or fibrillation, from ``[`` to ``]``, are not scored, nor is a beat that only
    the test found while the reference marks flutter. A beat that only one of them has is paired
    with X where the other marks that all signals are unreadable (a shutdown), else with O.

    Parameters
    ----------
    reference, test : Annotations
    start, end, window : float
        As in :func:`score_record`.

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
    return score_comparison(compare(reference, test, start, end, window))


def compare(
    reference: Annotations,
    test: Annotations,
    start: float,
    end: float | None = None,
    window: float = MATCH_WINDOW,
) -> Comparison:
    """Put the beats of two sets of annotations side by side; see :func:`score_annotations`."""
    fs, near = reference.fs, samples(window, reference.fs)
    ours, theirs = scorable(reference, near), scorable(test, near)
    first, last = samples(start, fs), reference.sig_len if end is None else samples(end, fs)
    pairs = match_beats(ours.sample, theirs.sample, near, first, last or NEVER)
    if not last:
        # All of the reference, for the length of the recording is not known.
        pairs = pairs[: np.flatnonzero(pairs[:, 0] >= 0).max(initial=-1) + 1]
    labels = _labels(ours, theirs, pairs)
    return Comparison(reference.name, fs, ours, theirs, pairs, labels, first, last, end is None)


def _labels(reference: Beats, test: Beats, pairs: np.ndarray) -> np.ndarray:
    """Return the labels of pairs, shape (pairs, 2); -1 where the reference marks flutter."""
    ours, theirs = pairs.T
    # Without a partner, the position -1 takes the O that is appended.
    rows = np.append(reference.label, Label.O)[ours]
    columns = np.append(test.label, Label.O)[theirs]
    extra, missed = np.flatnonzero(ours < 0), np.flatnonzero(theirs < 0)
    found = test.sample[theirs[extra]]
    rows[extra[within(found, reference.shutdown)]] = Label.X
    rows[extra[within(found, reference.flutter)]] = -1
    columns[missed[within(reference.sample[ours[missed]], test.shutdown)]] = Label.X
    return np.stack([rows, columns], axis=1)


def score_comparison(comparison: Comparison) -> Score:
    """Count what became of the beats."""
    return Score(
        record_name=comparison.record_name,
        counts=_counts(comparison.labels),
        rr_error=_rr_error(comparison),
        shutdown=_unreadable_s(comparison.test, comparison),
        unreadable=_unreadable_s(comparison.reference, comparison),
        outside=_outside(comparison),
    )


def _counts(labels: np.ndarray) -> np.ndarray:
    """Count the pairs of labels, shape (7, 7)."""
    rows, columns = labels[labels[:, 0] >= 0].T
    return np.bincount(rows * len(Label) + columns, minlength=len(Label) ** 2).reshape(
        len(Label), -1
    )


def _unreadable_s(beats: Beats, comparison: Comparison) -> float:
    """Return the seconds of all shutdowns; one that never ends lasts to the end, if it is known."""
    begin, end = beats.shutdown[beats.shutdown[:, 0] <= (comparison.end or NEVER)].T
    end = np.where(end == NEVER, np.maximum(comparison.end, begin), end)
    return float((end - begin).sum() / comparison.fs)


def _outside(comparison: Comparison) -> int:
    """Count the beats before the recording, or after it, that are in no pair."""
    before = 0 if comparison.start else int((comparison.test.sample < 0).sum())
    if not comparison.is_whole:
        return before
    both = zip((comparison.reference, comparison.test), comparison.pairs.T, strict=True)
    return before + sum(
        len(beats.sample) - _first_left(beats, position, comparison.start)
        for beats, position in both
    )


def _rr_error(comparison: Comparison) -> float:
    """Return the root mean square difference of the RR intervals in ms."""
    # As in `bxb`, a beat without a partner is compared too, with the interval that ends at the next
    # beat of the other file. So one missed beat adds the difference of a whole interval.
    both = zip((comparison.reference, comparison.test), comparison.pairs.T, strict=True)
    ours, theirs = (_rr_intervals(beats, position, comparison.start) for beats, position in both)
    known = (ours > 0) & (theirs > 0)
    if not known.any():
        return math.nan
    squares = (ours - theirs)[known].astype(float) ** 2
    return math.sqrt(squares.sum() / len(squares)) * 1000 / samples(1, comparison.fs)


def _rr_intervals(beats: Beats, position: np.ndarray, start: int) -> np.ndarray:
    """Return for each pair the interval that ends at its beat, or at the next one, in samples."""
    # 0 where there is no beat before in the recording, or the rhythm stopped.
    intervals = np.diff(beats.sample, prepend=0, append=0)
    intervals[1:-1][beats.sample[:-1] < 0] = 0
    intervals[1:-1][np.diff(np.searchsorted(beats.breaks, beats.sample)) > 0] = 0
    intervals[[0, -1]] = 0
    upcoming = np.where(position < 0, _first_left(beats, position, start), position)[::-1]
    return intervals[np.minimum.accumulate(upcoming)[::-1]]


def _first_left(beats: Beats, position: np.ndarray, start: int) -> int:
    """Return the position of the first beat after all that are compared."""
    compared = position.max(initial=-1)
    return int(compared) + 1 if compared >= 0 else int(np.searchsorted(beats.sample, start))
