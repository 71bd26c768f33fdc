"""Beats of one patient that look alike are of one origin: letting them agree."""

from dataclasses import dataclass

import numpy as np

from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.settings import BEATS


@dataclass(frozen=True)
class AlikeSettings:
    """How much beats that look alike decide about each other."""

    apart: float = 0.5
    """Squared distance of two QRS complexes, against their usual squared size, up to which they
    look alike. With less, ectopic beats of one origin fall apart; with more, origins mix."""

    most_groups: int = 20
    """Kinds of beats that one recording has at most; artefacts have no end of them."""

    looked_at: int = 1000
    """Beats, spread over the recording, among which new kinds are looked for."""

    weight: float = 0.3
    """How much the mean of its group counts beside a beat's own probability."""


ALIKE = AlikeSettings()

V = CLASSES.index("V")


def agree_on_ventricular(probabilities: np.ndarray, beats: AlignedBeats) -> np.ndarray:
    """Move the probability of V towards that of the beats with a similar QRS complex.

    Where a beat comes from shows in its QRS complex, and ventricular beats from one place look
    alike; how early each of them comes does not matter.
    Given and returned are arrays (beats, classes); the other classes keep their proportions.
    """
    own, group = probabilities[:, V], alike_groups(beats.scaled_qrs)
    alike = (np.bincount(group, own) / np.maximum(np.bincount(group), 1))[group]
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


def alike_groups(points: np.ndarray) -> np.ndarray:
    """Tell kinds of beats apart, given as points, (beats, numbers); their numbers, (beats,).

    The first kind is the usual beat. The beat farthest from all kinds makes a new one, until each
    is near to one: Gonzalez, Clustering to minimize the maximum intercluster distance, 1985. The
    time rises with the number of beats, where that of comparing all pairs rises with its square.
    """
    shown = points[:: -(-len(points) // ALIKE.looked_at)]
    farthest = ALIKE.apart * np.median(np.square(points).sum(axis=1))
    kinds = [np.median(points, axis=0)]
    apart = np.square(shown - kinds[0]).sum(axis=1)
    while len(kinds) < ALIKE.most_groups and apart.max() > farthest:
        kinds.append(shown[apart.argmax()])
        apart = np.minimum(apart, np.square(shown - kinds[-1]).sum(axis=1))
    kinds = np.array(kinds)
    return (np.square(kinds).sum(axis=1) - 2 * points @ kinds.T).argmin(axis=1)
