"""SMOTE and shifted copies as steps of a pipeline, so that they only ever see training beats."""

from collections.abc import Mapping

import numpy as np
from imblearn import FunctionSampler
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

    A class with as many beats already, or too few for five neighbours each, is left alone.

    Parameters
    ----------
    targets : mapping of str to int, or None
        AAMI class to number of beats, see :data:`PAPER_TARGETS`; None raises all to the largest.
    seed : int
        Decides which beats are joined, and where between them the new one lies.

    Returns
    -------
    imblearn.over_sampling.SMOTE

    Raises
    ------
    EcgError
        If a class is unknown.

    References
    ----------
    Chawla et al., J Artif Intell Res 16:321 (2002), doi 10.1613/jair.953.

    Examples
    --------
    >>> classes = np.repeat([0, 1], [50, 10])
    >>> beats = np.random.default_rng(1).normal(size=(60, 3))
    >>> more, their_classes = smote({"S": 30}, seed=1).fit_resample(beats, classes)
    >>> np.bincount(their_classes).tolist()
    [50, 30]
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

    Parameters
    ----------
    classifier, seed, targets
        A scikit-learn classifier, and what :func:`smote` is given.

    Returns
    -------
    imblearn.pipeline.Pipeline
        The step ``smote`` acts in ``fit`` alone: what is predicted or validated on is real.

    Examples
    --------
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> list(smote_then(DecisionTreeClassifier(), seed=1).named_steps)
    ['smote', 'classifier']
    """
    return Pipeline([("smote", smote(targets, seed)), ("classifier", classifier)])


def shifted_copies(coefficients: int, channels: int, shift: int) -> FunctionSampler:
    """Add to each training beat a copy `shift` coefficients earlier, and one as much later.

    Annotations sit beside the R peak, by a few milliseconds that a network should not learn from.
    """
    options = {"coefficients": coefficients, "channels": channels, "shift": shift}
    return FunctionSampler(func=_add_copies, kw_args=options, validate=False)


def _add_copies(
    features: np.ndarray, classes: np.ndarray, coefficients: int, channels: int, shift: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rows as they are, then moved either way; only the shape, at their beginning, moves."""
    width = coefficients * channels
    shape = features[:, :width].reshape(-1, coefficients, channels)
    copies = [features]
    for moved in (-shift, shift):
        # The value at the edge is repeated.
        taken = np.clip(np.arange(coefficients) + moved, 0, coefficients - 1)
        shifted = shape[:, taken].reshape(len(shape), width)
        copies.append(np.hstack([shifted, features[:, width:]]))
    return np.concatenate(copies), np.tile(classes, len(copies))
