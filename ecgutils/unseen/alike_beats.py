"""Beats of one patient that look alike are of one origin: letting them agree."""

from dataclasses import dataclass

import numpy as np

from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.settings import BEATS


@dataclass(frozen=True)
class AlikeSettings:
    """How much beats that look alike decide about each other."""

    nearest: int = 15
    """Most similar beats of the same recording whose probabilities are averaged."""

    weight: float = 0.5
    """How much their mean counts beside a beat's own probability."""

    most_compared: int = 4000
    """Beats, spread over a long recording, among which the most similar ones are looked for."""


ALIKE = AlikeSettings()

BATCH_SIZE = 250
"""Beats compared at a time, which bounds the memory."""

V = CLASSES.index("V")


def agree_on_ventricular(probabilities: np.ndarray, beats: AlignedBeats) -> np.ndarray:
    """Move the probability of V towards that of the beats with the most similar QRS complex.

    Where a beat comes from shows in its QRS complex, and ventricular beats from one place look
    alike; how early each of them comes does not matter.
    Given and returned are arrays (beats, classes); the other classes keep their proportions.
    """
    own = probabilities[:, V]
    compared = min(len(beats), ALIKE.most_compared)
    candidates = np.unique(np.linspace(0, len(beats) - 1, compared).astype(int))
    alike = own[candidates[_nearest(beats.scaled_qrs, candidates)]].mean(axis=1)
    return with_ventricular(probabilities, (1 - ALIKE.weight) * own + ALIKE.weight * alike)


def with_ventricular(probabilities: np.ndarray, ventricular: np.ndarray) -> np.ndarray:
    """Set the probability of V, shape (beats,); the other classes keep their proportions.

    Examples
    --------
    >>> with_ventricular(np.array([[0.5, 0.25, 0.25, 0.0]]), np.array([0.7])).round(3).tolist()
    [[0.2, 0.1, 0.7, 0.0]]
    """
    others = (1 - ventricular) / np.maximum(1 - probabilities[:, V], BEATS.tiny)
    moved = probabilities * others[:, None]
    moved[:, V] = ventricular
    return moved / moved.sum(axis=1, keepdims=True)


def _nearest(points: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Positions in `candidates` of the nearest points to each point, itself left out."""
    others = points[candidates]
    size = np.square(others).sum(axis=1)
    count = min(ALIKE.nearest, len(candidates) - 1) or 1
    found = []
    for first in range(0, len(points), BATCH_SIZE):
        batch = points[first : first + BATCH_SIZE]
        apart = size - 2 * batch @ others.T
        itself = np.arange(first, first + len(batch))[:, None] == candidates
        apart[itself & (len(candidates) > 1)] = np.inf
        found.append(np.argpartition(apart, count - 1, axis=1)[:, :count])
    return np.concatenate(found)
