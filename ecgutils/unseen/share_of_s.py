"""How many of a patient's beats are S tells how much a beat that may be S is to be believed.

Most patients have hardly any, some have more than normal beats. A training of all of them expects
the same share of everybody: too many false S beats of the ones, too few S beats of the others.
"""

from dataclasses import dataclass

import numpy as np

from ecgutils.aami import CLASSES


@dataclass(frozen=True)
class ShareSettings:
    """How far the probability of S follows its mean over the recording."""

    power: float = 0.5
    """0 leaves the probabilities as they are, 1 takes the mean for the share of S beats."""

    usual: float = 0.1
    """Mean probability of S that is expected of a patient of whom nothing is known."""

    beats: int = 1000
    """How many beats that expectation counts as much as."""


SHARE = ShareSettings()

S = CLASSES.index("S")


def expecting_own_share(probabilities: np.ndarray) -> np.ndarray:
    """Change the odds of S by how probable S is on average; given and returned (beats, classes).

    Only half of the way is gone, since means of probabilities exaggerate: Saerens et al.,
    Adjusting the outputs of a classifier to new a priori probabilities, Neural Computation 2002.

    Examples
    --------
    >>> beats = np.tile([0.99, 0.01, 0, 0], (9000, 1))
    >>> beats[0] = [0.5, 0.5, 0, 0]
    >>> expecting_own_share(beats)[0].round(2).tolist()
    [0.7, 0.3, 0.0, 0.0]
    """
    expected = SHARE.beats * SHARE.usual
    share = (probabilities[:, S].sum() + expected) / (len(probabilities) + SHARE.beats)
    changed = probabilities.copy()
    changed[:, S] *= (share / SHARE.usual) ** SHARE.power
    return changed / changed.sum(axis=1, keepdims=True)
