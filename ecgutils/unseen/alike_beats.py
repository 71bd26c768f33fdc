"""Beats of one patient that look alike are of one origin: letting them agree."""

import numpy as np

from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import QRS_S, TINY, AlignedBeats, part, template_beats

NEAREST = 15
"""Most alike beats of the same recording that are asked."""

THEIR_SHARE = 0.5
"""How much their mean counts beside a beat's own probability."""

MOST_ASKED = 4000
"""Beats, spread over a long recording, among which the most alike ones are looked for."""

AT_ONCE = 250
"""Beats compared at once, which bounds the memory."""

V = CLASSES.index("V")


def agree_on_ventricular(probabilities: np.ndarray, beats: AlignedBeats) -> np.ndarray:
    """Move the probability of V towards that of the beats with the most similar QRS complex.

    Where a beat comes from shows in its QRS complex, and ventricular beats from one place look
    alike; how early each of them comes does not matter.

    Parameters
    ----------
    probabilities : array, shape (beats, classes)
    beats : AlignedBeats
        The recording that they are about.

    Returns
    -------
    array of the same shape
        The other classes keep their proportions.
    """
    ventricular = probabilities[:, V]
    asked = np.unique(np.linspace(0, len(beats) - 1, min(len(beats), MOST_ASKED)).astype(int))
    theirs = ventricular[asked[_nearest(_complexes(beats), asked)]].mean(axis=1)
    return with_ventricular(probabilities, (1 - THEIR_SHARE) * ventricular + THEIR_SHARE * theirs)


def with_ventricular(probabilities: np.ndarray, ventricular: np.ndarray) -> np.ndarray:
    """Set the probability of V.

    Parameters
    ----------
    probabilities : array, shape (beats, classes)
    ventricular : array, shape (beats,)
        The new probability of V.

    Returns
    -------
    array, shape (beats, classes)
        The other classes keep their proportions.
    """
    others = (1 - ventricular) / np.maximum(1 - probabilities[:, V], TINY)
    moved = probabilities * others[:, None]
    moved[:, V] = ventricular
    return moved / moved.sum(axis=1, keepdims=True)


def _complexes(beats: AlignedBeats) -> np.ndarray:
    """QRS complexes of all leads in units of the template's, shape (beats, numbers)."""
    template = np.median(beats.windows[template_beats(beats.rr)], axis=0)
    height = np.sqrt(np.square(part(template, *QRS_S)).mean(axis=0)) + TINY
    return (part(beats.windows, *QRS_S) / height).reshape(len(beats), -1)


def _nearest(points: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Positions in `asked` of the nearest points to each point, itself left out."""
    others = points[asked]
    size = np.square(others).sum(axis=1)
    count = min(NEAREST, len(asked) - 1) or 1
    found = []
    for first in range(0, len(points), AT_ONCE):
        some = points[first : first + AT_ONCE]
        apart = size - 2 * some @ others.T
        itself = np.arange(first, first + len(some))[:, None] == asked
        apart[itself & (len(asked) > 1)] = np.inf
        found.append(np.argpartition(apart, count - 1, axis=1)[:, :count])
    return np.concatenate(found)
