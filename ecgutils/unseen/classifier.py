"""A method for patients it has never seen: boosted trees on relative features.

Nothing here knows which records are for training and which for testing; it learns from the
patients that it is given.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from ecgutils.aami import LEARNT_CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.description import MODEL_FEATURES, model_features
from ecgutils.unseen.alike_beats import agree_on_ventricular
from ecgutils.unseen.share_of_s import expecting_own_share
from ecgutils.unseen.synthetic_rhythms import SYNTHETIC_RHYTHMS

Rhythm = Callable[[AlignedBeats, np.random.Generator], AlignedBeats]
"""Puts a patient into another rhythm, or gives him back where it cannot."""

MOST_BEATS, MOST_MADE = 300, 60
"""Beats of a class that are kept of each patient as recorded, and in each other version; more
would add nothing new."""

CLASS_POWER = 0.3
"""0 counts all beats alike, 1 gives every class the same total weight."""

PATIENT_POWER = 0.5
"""0 counts all beats of a class alike, 1 gives every patient the same share of it."""

RARER_THAN_LEARNT = {"S": np.exp(-1.2), "V": np.exp(-0.9), "F": np.exp(-1.5)}
"""How much rarer these are in patients than the weights of the training make believe."""

ROUNDS = 40
"""Rounds of boosting. With more, the S beats of the training patients are learnt by heart."""

BINS = 250
"""Values of a feature that the trees tell apart."""


@dataclass(frozen=True)
class UnseenMethod:
    """What the method consists of; each part can be left out to see what it is worth.

    Attributes
    ----------
    draws : int
        How often each rhythm is made.
    rhythms : tuple of callable
        Rhythms that are added to the real one; some of ``synthetic_rhythms.SYNTHETIC_RHYTHMS``.
    features : tuple of str
        What the trees see of a beat; some of ``description.MODEL_FEATURES``.
    agree : bool
        Whether beats of a patient tell about each other: those that look alike agree on being
        V, and S is expected where there is much of it.

    Examples
    --------
    >>> UnseenMethod().draws, UnseenMethod(rhythms=()).rhythms
    (2, ())
    """

    draws: int = 2
    rhythms: tuple[Rhythm, ...] = SYNTHETIC_RHYTHMS
    features: tuple[str, ...] = MODEL_FEATURES
    agree: bool = True


class TrainingRows(NamedTuple):
    """Beats to learn from."""

    # Of each row, shape (rows, ...).
    features: np.ndarray
    # Positions in CLASSES, shape (rows,).
    classes: np.ndarray
    # Which patient, in which rhythm, shape (rows,).
    version: np.ndarray

    @classmethod
    def of(
        cls, beats: AlignedBeats, chosen: np.ndarray, features: np.ndarray, number: int
    ) -> "TrainingRows":
        """Take some beats, by their positions, of one version of a patient."""
        version = np.full(len(chosen), f"{beats.record} {number}")
        return cls(features[chosen], beats.aami_class[chosen], version)

    @classmethod
    def joined(cls, parts: Iterable["TrainingRows"]) -> "TrainingRows":
        """Put rows one after another."""
        return cls(*map(np.concatenate, zip(*parts, strict=True)))

    def weights(self) -> np.ndarray:
        """How much each row counts, see :data:`CLASS_POWER`; one on average, (rows,)."""
        classes = pd.Series(self.classes)
        weights = classes.groupby([classes, self.version]).transform("size") ** -PATIENT_POWER
        total = classes.groupby(classes).transform("size") ** (1 - CLASS_POWER)
        weights = weights / weights.groupby(classes).transform("sum") * total
        return (weights / weights.mean()).to_numpy(dtype=np.float32)


@dataclass(eq=False, repr=False)
class UnseenPatientClassifier:
    """Classifies the beats of patients that it was not trained on.

    Parameters
    ----------
    seed : int
        Drives synthetic rhythms, the choice of beats and the growth of the trees.
    method : UnseenMethod, optional
        All parts of it where left out.
    """

    seed: int
    method: UnseenMethod = UnseenMethod()

    def fit(self, patients: Sequence[AlignedBeats]) -> Self:
        """Learn from patients, and return itself."""
        rows = training_rows(patients, self.method, self.seed)
        self.trees_ = grown_trees(rows._replace(features=self._seen(rows.features)), self.seed)
        return self

    def predict_proba(self, beats: AlignedBeats) -> np.ndarray:
        """Probabilities of N, S, V and F for all beats of one recording, shape (beats, 4)."""
        probabilities = np.zeros((len(beats), len(LEARNT_CLASSES)))
        seen = self._seen(model_features(beats))
        probabilities[:, self.trees_.classes_] = self.trees_.predict_proba(seen)
        probabilities *= [RARER_THAN_LEARNT.get(name, 1.0) for name in LEARNT_CLASSES]
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        if not self.method.agree:
            return probabilities
        return agree_on_ventricular(expecting_own_share(probabilities), beats)

    def _seen(self, features: np.ndarray) -> np.ndarray:
        """Columns that the method sees."""
        return features[:, [MODEL_FEATURES.index(name) for name in self.method.features]]


def training_rows(
    patients: Sequence[AlignedBeats], method: UnseenMethod, seed: int
) -> TrainingRows:
    """Compute the features of beats of all patients, in their own rhythm and in others.

    Parameters
    ----------
    patients, method, seed : sequence of AlignedBeats, UnseenMethod, int
        The seed drives the rhythms and the choice of beats.

    Returns
    -------
    TrainingRows
        ``features``, shape (rows, features), ``classes``, and the ``version`` of the patient.

    Examples
    --------
    >>> from ecgutils import database
    >>> from ecgutils.beats.aligned import aligned_beats
    >>> patient = aligned_beats(database.read("119").between(0, 60))
    >>> rows = training_rows([patient], UnseenMethod(rhythms=()), seed=1)
    >>> len(rows.features) == len(patient), set(rows.version.tolist())
    (True, {'119 0'})
    """
    random = np.random.default_rng(seed)
    return TrainingRows.joined(
        rows_of_versions([patient, *in_other_rhythms([patient], method, random)], random)
        for patient in patients
    )


def in_other_rhythms(
    versions: Sequence[AlignedBeats], method: UnseenMethod, random: np.random.Generator
) -> list[AlignedBeats]:
    """Put versions of one patient, chosen at random, into every rhythm that can be made of them."""
    made = []
    for rhythm in method.rhythms * method.draws:
        before = versions[random.integers(len(versions))]
        after = rhythm(before, random)
        # A rhythm that cannot be made of this patient gives the patient back.
        if after is not before:
            made.append(after)
    return made


def rows_of_versions(
    versions: Sequence[AlignedBeats], random: np.random.Generator, detected: int = 0
) -> TrainingRows:
    """Take rows of versions of one patient, most of the first, which is the one recorded.

    Only in the first ones, where the detector has looked, does a beat of no class mean that
    there is no beat; in the others such beats are left out.
    """
    parts = []
    for number, beats in enumerate(versions):
        most = MOST_MADE if number else MOST_BEATS
        order = _first_of_each_class(random.permutation(len(beats)), beats.aami_class, most)
        if number >= detected:
            order = order[beats.aami_class[order] < len(LEARNT_CLASSES)]
        parts.append(TrainingRows.of(beats, order, model_features(beats), number))
    return TrainingRows.joined(parts)


def _first_of_each_class(order: np.ndarray, classes: np.ndarray, most: int) -> np.ndarray:
    """Positions of so many first beats of each class, in this order."""
    classes = pd.Series(classes[order])
    return order[(classes.groupby(classes).cumcount() < most).to_numpy()]


def grown_trees(rows: TrainingRows, seed: int) -> HistGradientBoostingClassifier:
    """Grow the boosted trees; the seed draws the features of each split."""
    trees = HistGradientBoostingClassifier(
        learning_rate=0.1,
        max_iter=ROUNDS,
        max_leaf_nodes=16,
        min_samples_leaf=200,
        l2_regularization=20,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )
    return trees.fit(_coarse(rows.features), rows.classes, sample_weight=rows.weights())


def _coarse(features: np.ndarray) -> np.ndarray:
    """Leave each feature so many values as the trees tell apart, spread evenly over its rows.

    They would do so themselves, but take minutes where rows have weights.
    """
    values = np.quantile(features, np.linspace(0, 1, BINS), axis=0).astype(np.float32)
    columns = [
        kept[np.searchsorted(kept, column).clip(0, BINS - 1)]
        for kept, column in zip(values.T, features.T, strict=True)
    ]
    return np.column_stack(columns)
