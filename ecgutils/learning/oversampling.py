"""SMOTE as a step of a pipeline, so that it can only ever see training beats."""

from collections.abc import Mapping

import numpy as np
from imblearn.over_sampling import SMOTE
from imblearn.pipeline import Pipeline
from sklearn.base import ClassifierMixin

from ecgutils.aami import CLASSES
from ecgutils.errors import EcgError

PAPER_TARGETS = {"F": 2000, "S": 5000}
"""Training beats that the paper's SMOTE raises the two rarest classes to."""

NEIGHBOURS = 5
"""Nearest beats of its class that a beat may be joined with, as in the paper's code."""


def smote(targets: Mapping[str, int] | None, seed: int) -> SMOTE:
    """Synthetic minority oversampling to a given number of beats of some classes.

    A class that has as many beats already, or too few for each to have five neighbours, is
    left alone.

    Parameters
    ----------
    targets : mapping of str to int, or None
        AAMI class to number of training beats, see :data:`PAPER_TARGETS`; where None, every
        class is raised to the largest.
    seed : int
        Decides which beats are joined, and where between them the new one lies.

    Returns
    -------
    imblearn.over_sampling.SMOTE
        With :data:`NEIGHBOURS`.

    Raises
    ------
    EcgError
        If a class is unknown.

    References
    ----------
    Chawla et al., Journal of Artificial Intelligence Research 16:321 (2002),
    doi 10.1613/jair.953.
    """
    for name in targets or ():
        if name not in CLASSES:
            raise EcgError(f"unknown class {name!r}; the classes are {' '.join(CLASSES)}")

    def counts(classes: np.ndarray) -> dict[int, int]:
        present = np.bincount(classes, minlength=len(CLASSES))
        to_largest = dict.fromkeys(CLASSES, present.max()) if targets is None else targets
        wanted = {CLASSES.index(name): count for name, count in to_largest.items()}
        return {k: count for k, count in wanted.items() if NEIGHBOURS < present[k] < count}

    return SMOTE(sampling_strategy=counts, k_neighbors=NEIGHBOURS, random_state=seed)


def smote_then(
    classifier: ClassifierMixin, seed: int, targets: Mapping[str, int] = PAPER_TARGETS
) -> Pipeline:
    """Oversample, then train: the two steps that belong on the training side of a split.

    The pipeline oversamples in ``fit`` alone. Whatever it predicts, validates or is
    cross-validated on is real beats.

    Parameters
    ----------
    classifier : scikit-learn classifier
    seed : int
        For SMOTE.
    targets : mapping of str to int
        See :func:`smote`.

    Returns
    -------
    imblearn.pipeline.Pipeline
        With the steps ``smote`` and ``classifier``.
    """
    return Pipeline([("smote", smote(targets, seed)), ("classifier", classifier)])
