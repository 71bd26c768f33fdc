"""What of an annotation file can be scored: its beats, and the intervals in which none can."""

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from ecgutils.io.record import Annotations
from ecgutils.scoring.matching import NEVER

Label = IntEnum("Label", "N S V F Q O X", start=0)
"""The labels that are compared: five classes, O for no beat there, X for no beat in a shutdown."""

SYMBOLS = {Label.N: "NLRB", Label.S: "AaJSejn", Label.V: "VEr", Label.F: "F", Label.Q: "/fQ?"}
"""Beat annotations of each label, as in `bxb`: escape beats are S, unlike in `ecgutils.aami`."""

# Bits of a `~` annotation's subtype that say: the first, the second signal is unreadable.
_UNREADABLE = 0x30
# The label of each letter; the last place is for all that is no letter.
_LABELS = np.full(129, -1)
for _label, _letters in SYMBOLS.items():
    _LABELS[[ord(letter) for letter in _letters]] = _label


@dataclass(frozen=True, eq=False)
class Beats:
    """Beats of an annotation file that can be scored, and the intervals in which none can."""

    # Intervals are arrays of int64, shape (intervals, 2), of first and last sample.
    sample: np.ndarray
    symbol: np.ndarray
    label: np.ndarray
    flutter: np.ndarray
    shutdown: np.ndarray
    # Where something begins that breaks the rhythm between two beats.
    breaks: np.ndarray


def samples(seconds: float, fs: float) -> int:
    """Return a time in samples, rounded as the WFDB library does."""
    return math.floor(seconds * fs + 0.5)


def scorable(annotations: Annotations, window: int) -> Beats:
    """Take out of the annotations what the comparison needs."""
    sample, letter = annotations.sample, _letters_of(annotations.symbol)
    flutter, skipped = _flutter(sample, letter)
    label = _LABELS[letter]
    beat = (label >= 0) & ~skipped
    shutdown, breaks = _shutdowns(annotations, letter, skipped, beat, window)
    breaks = np.sort(np.concatenate([flutter[:, 0], breaks]))
    return Beats(sample[beat], annotations.symbol[beat], label[beat], flutter, shutdown, breaks)


def within(sample: np.ndarray, intervals: np.ndarray) -> np.ndarray:
    """Tell which samples lie in one of some intervals, first and last sample included."""
    begun = np.searchsorted(np.sort(intervals[:, 0]), sample, side="right")
    ended = np.searchsorted(np.sort(intervals[:, 1]), sample, side="left")
    return begun > ended


def _letters_of(symbol: np.ndarray) -> np.ndarray:
    """Return the code points of symbols of one ASCII letter, 128 for the others."""
    points = np.ascontiguousarray(symbol).view(np.uint32).reshape(-1, symbol.itemsize // 4)
    letter = np.minimum(points[:, 0], 128)
    return letter if points.shape[1] == 1 else np.where(points[:, 1:].any(axis=1), 128, letter)


def _flutter(sample: np.ndarray, letter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the intervals of flutter, and which annotations lie from ``[`` to ``]``."""
    ends = np.append(np.flatnonzero(letter == ord("]")), len(letter))
    skipped = np.zeros(len(letter), dtype=bool)
    intervals = []
    for begin in np.flatnonzero(letter == ord("[")):
        if not skipped[begin]:
            end = ends[np.searchsorted(ends, begin)]
            skipped[begin : end + 1] = True
            intervals.append((sample[begin], sample[end] if end < len(sample) else NEVER))
    return np.array(intervals, dtype=np.int64).reshape(-1, 2), skipped


def _shutdowns(
    annotations: Annotations, letter: np.ndarray, skipped: np.ndarray, beat: np.ndarray, window: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return when no signal can be read, shape (intervals, 2), and where that breaks the rhythm."""
    # A single mark, which nothing ends, stands for all the time from the beat (or flutter) before
    # it to the annotation after it, less the match window on both sides.
    sample, noise = annotations.sample, letter == ord("~")
    unreadable = noise & ((annotations.subtype & _UNREADABLE) == _UNREADABLE)
    # The sample of the last beat or end of flutter up to each annotation, or 0.
    last = np.maximum.accumulate(np.where(beat | (skipped & (letter == ord("]"))), sample, 0))
    intervals, breaks = [], []
    for mark in np.flatnonzero(unreadable & ~skipped):
        begin, following = int(sample[mark]), mark + 1
        if following == len(sample):
            end = NEVER
        elif noise[following] and not unreadable[following]:
            end = int(sample[following])
        else:
            end = int(sample[following]) - window
            begin = min(int(last[mark]) + window, end)
        intervals.append((begin, end))
        # So close to the beat before it, the time less the window begins before that beat.
        if begin >= last[mark]:
            breaks.append(begin)
    return np.array(intervals, np.int64).reshape(-1, 2), np.array(breaks, np.int64)
