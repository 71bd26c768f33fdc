"""A method for patients it has never seen: networks and trees on relative features.

Nothing here knows which records are for training and which for testing; it learns from the
patients that it is given.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, Self

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier

from ecgutils.aami import CLASSES, LEARNT_CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.description import relative_features
from ecgutils.learning.networks import relative_network
from ecgutils.learning.training import FAST, NetworkClassifier
from ecgutils.unseen.alike_beats import V, agree_on_ventricular, with_ventricular
from ecgutils.unseen.synthetic_rhythms import SYNTHETIC_RHYTHMS, in_supraventricular_rhythm
from ecgutils.unseen.waveform_vote import VentricularVote

Rhythm = Callable[[AlignedBeats, np.random.Generator], AlignedBeats]
"""Puts a patient into another rhythm, or gives him back where it cannot."""

MOST_BEATS = 400
"""Beats of a class that are kept of each patient in each rhythm; more would add nothing new."""

NETWORK_CLASS_POWER, TREE_CLASS_POWER = 0.5, 0.3
"""0 counts all beats alike, 1 gives every class the same total weight; trees are stricter."""

PATIENT_POWER = 0.5
"""0 counts all beats of a class alike, 1 gives every patient the same share of it."""

RARER_THAN_SYNTHETIC = np.exp(-1)
"""By how much S beats are rarer than training with synthetic ones makes believe."""

SCHEDULE = replace(FAST, epochs=25, batch_size=256, warmup_epochs=1.25, weight_decay=0.05)


@dataclass(frozen=True)
class UnseenMethod:
    """What the method consists of; each part can be left out to see what it is worth.

    Attributes
    ----------
    networks, draws : int
        How many networks vote, all with the weight of the trees; how often each rhythm is made.
    rhythms : tuple of callable
        Rhythms that are added to the real one; some of ``synthetic_rhythms.SYNTHETIC_RHYTHMS``.
    waveform : bool
        Whether the network for known patients decides about V, too, with half of the weight.

    Examples
    --------
    >>> UnseenMethod().networks, UnseenMethod(rhythms=()).rhythms
    (3, ())
    """

    networks: int = 3
    draws: int = 2
    rhythms: tuple[Rhythm, ...] = SYNTHETIC_RHYTHMS
    waveform: bool = True


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

    def weights(self, class_power: float) -> np.ndarray:
        """How much each row counts, see :data:`NETWORK_CLASS_POWER`; one on average, (rows,)."""
        classes = pd.Series(self.classes)
        weights = classes.groupby([classes, self.version]).transform("size") ** -PATIENT_POWER
        total = classes.groupby(classes).transform("size") ** (1 - class_power)
        weights = weights / weights.groupby(classes).transform("sum") * total
        return (weights / weights.mean()).to_numpy(dtype=np.float32)


@dataclass(eq=False, repr=False)
class UnseenPatientClassifier:
    """Classifies the beats of patients that it was not trained on.

    Parameters
    ----------
    seed : int
        Drives synthetic rhythms, the choice of beats, initialisation and shuffling.
    method : UnseenMethod, optional
        All parts of it where left out.
    """

    seed: int
    method: UnseenMethod = UnseenMethod()

    def fit(self, patients: Sequence[AlignedBeats]) -> Self:
        """Learn from patients, and return itself."""
        rows = training_rows(patients, self.method, self.seed)
        learnt, weights = (rows.features, rows.classes), rows.weights(NETWORK_CLASS_POWER)
        networks = [self._network(rows, k) for k in range(self.method.networks)]
        self.networks_ = [network.fit(*learnt, sample_weight=weights) for network in networks]
        weights = rows.weights(TREE_CLASS_POWER)
        self.trees_ = trees(self.seed).fit(*learnt, sample_weight=weights)
        if self.method.waveform:
            self.waveform_ = VentricularVote(self.seed).fit(patients)
        return self

    def predict_proba(self, beats: AlignedBeats) -> np.ndarray:
        """Probabilities of N, S, V and F for all beats of one recording, shape (beats, 4)."""
        rows = relative_features(beats).to_numpy()
        votes = [_vote(self.trees_, rows)]
        if self.networks_:
            votes.append(np.mean([_vote(network, rows) for network in self.networks_], axis=0))
        probabilities = np.mean(votes, axis=0)
        if in_supraventricular_rhythm in self.method.rhythms:
            prior = np.where(np.array(LEARNT_CLASSES) == "S", RARER_THAN_SYNTHETIC, 1.0)
            probabilities = _normalised(probabilities * prior)
        if self.method.waveform:
            voted = (probabilities[:, V] + self.waveform_.probability(beats)) / 2
            probabilities = with_ventricular(probabilities, voted)
        return agree_on_ventricular(probabilities, beats)

    def _network(self, rows: TrainingRows, number: int) -> NetworkClassifier:
        """Make one of the networks, not yet trained."""
        build = partial(relative_network, shown=rows.features)
        return NetworkClassifier(SCHEDULE, 100 * self.seed + number, build)


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
    >>> from ecgutils.beats.aligned import beats_on_grid
    >>> patient = beats_on_grid(database.read("119").between(0, 60))
    >>> rows = training_rows([patient], UnseenMethod(rhythms=()), seed=1)
    >>> len(rows.features) == len(patient), set(rows.version.tolist())
    (True, {'119 0'})
    """
    random, parts = np.random.default_rng(seed), []
    for patient in patients:
        made = [rhythm(patient, random) for rhythm in method.rhythms * method.draws]
        versions = [patient, *(version for version in made if version is not patient)]
        for number, version in enumerate(versions):
            features = relative_features(version).to_numpy()
            learnt = np.flatnonzero(version.aami_class < len(LEARNT_CLASSES))
            order = learnt[random.choice(len(learnt), len(learnt), replace=False)]
            chosen = first_of_each_class(order, version.aami_class)
            parts.append(TrainingRows.of(version, chosen, features, number))
    rows = TrainingRows.joined(parts)
    # Means of columns that lie together differ in the last digit from those of scattered ones.
    return rows._replace(features=np.asfortranarray(rows.features))


def first_of_each_class(order: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Positions of the :data:`MOST_BEATS` first beats of each class, in this order."""
    classes = pd.Series(classes[order])
    return order[(classes.groupby(classes).cumcount() < MOST_BEATS).to_numpy()]


def for_all_classes(voter: ClassifierMixin, rows: np.ndarray) -> np.ndarray:
    """Probabilities, shape (rows, classes), 0 for a class that the training lacked."""
    probabilities = np.zeros((len(rows), len(CLASSES)))
    probabilities[:, voter.classes_] = voter.predict_proba(rows)
    return probabilities


def _vote(voter: ClassifierMixin, rows: np.ndarray) -> np.ndarray:
    """Probabilities of the classes that can be learnt."""
    return _normalised(for_all_classes(voter, rows)[:, : len(LEARNT_CLASSES)])


def _normalised(probabilities: np.ndarray) -> np.ndarray:
    """Let the probabilities of each beat add up to one."""
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def trees(seed: int) -> HistGradientBoostingClassifier:
    """Make the boosted trees, not yet trained; the seed draws the features of each split."""
    return HistGradientBoostingClassifier(
        learning_rate=0.08,
        max_iter=80,
        max_leaf_nodes=12,
        min_samples_leaf=40,
        l2_regularization=5,
        max_features=0.3,
        early_stopping=False,
        random_state=seed,
    )
