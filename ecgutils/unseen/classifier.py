"""A method for patients it has never seen: networks and trees on relative features.

Nothing here knows which records are for training and which for testing; it learns from the
patients that it is given.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier

from ecgutils.aami import CLASSES, LEARNT_CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.description import relative_features
from ecgutils.learning.networks import relative_network
from ecgutils.learning.training import NetworkClassifier, Schedule
from ecgutils.unseen.alike_beats import V, agree_on_ventricular, with_ventricular
from ecgutils.unseen.synthetic_rhythms import (
    in_fibrillation,
    in_paroxysms,
    in_sinus_arrhythmia,
    in_supraventricular_rhythm,
)
from ecgutils.unseen.waveform_vote import VentricularVote

SYNTHETIC_RHYTHMS = (in_fibrillation, in_paroxysms, in_sinus_arrhythmia, in_supraventricular_rhythm)
"""Rhythms that every training patient is put into."""

MOST_BEATS = 400
"""Beats of a class that are kept of each patient in each rhythm; the others say the same."""

NETWORK_CLASS_POWER, TREE_CLASS_POWER = 0.5, 0.3
"""0 counts all beats alike, 1 gives every class the same total weight.

The networks find more of the rare classes that way, the trees are the stricter judges.
"""

PATIENT_POWER = 0.5
"""0 counts all beats of a class alike, 1 gives every patient the same share of it."""

RARER_THAN_SYNTHETIC = np.exp(-1)
"""By how much S beats are rarer than training with synthetic ones makes believe."""

SCHEDULE = Schedule(
    epochs=25,
    batch_size=256,
    learning_rate=3e-3,
    warmup_epochs=1.25,
    cosine=True,
    weight_decay=0.05,
)


@dataclass(frozen=True)
class UnseenMethod:
    """What the method consists of; each part can be left out to see what it is worth.

    Attributes
    ----------
    networks : int
        How many networks vote; the trees have as much weight as all of them.
    draws : int
        How often each patient is put into each of the :data:`SYNTHETIC_RHYTHMS`.
    rhythms : tuple of callable
        Rhythms that are added to the real one.
    waveform : bool
        Whether the network for known patients has half of the say on V.
    """

    networks: int = 3
    draws: int = 2
    rhythms: tuple[Callable[[AlignedBeats, np.random.Generator], AlignedBeats], ...] = (
        SYNTHETIC_RHYTHMS
    )
    waveform: bool = True


@dataclass(frozen=True)
class TrainingRows:
    """Beats to learn from.

    Attributes
    ----------
    features : array of float32, shape (rows, features)
    classes : array of int8, shape (rows,)
        Positions in :data:`ecgutils.aami.CLASSES`.
    version : array of str, shape (rows,)
        Which patient, in which rhythm.
    """

    features: np.ndarray
    classes: np.ndarray
    version: np.ndarray

    def weights(self, class_power: float) -> np.ndarray:
        """Keep large classes, and patients with many beats of a class, from ruling a training.

        Parameters
        ----------
        class_power : float
            See :data:`NETWORK_CLASS_POWER`.

        Returns
        -------
        array of float32, shape (rows,)
            How much each row counts; their mean is one.
        """
        classes = pd.Series(self.classes)
        weights = classes.groupby([classes, self.version]).transform("size") ** -PATIENT_POWER
        total = classes.groupby(classes).transform("size") ** (1 - class_power)
        weights = weights / weights.groupby(classes).transform("sum") * total
        return (weights / weights.mean()).to_numpy(dtype=np.float32)


class UnseenPatientClassifier:
    """Classifies the beats of patients that it was not trained on.

    Parameters
    ----------
    seed : int
        Drives synthetic rhythms, the choice of beats, initialisation and shuffling.
    method : UnseenMethod
    """

    def __init__(self, seed: int, method: UnseenMethod | None = None) -> None:
        self.seed = seed
        self.method = method or UnseenMethod()

    def fit(self, patients: Sequence[AlignedBeats]) -> Self:
        """Learn from patients.

        Parameters
        ----------
        patients : sequence of AlignedBeats

        Returns
        -------
        UnseenPatientClassifier
            Itself, trained.
        """
        rows = training_rows(patients, self.method, self.seed)
        learnt = rows.features, rows.classes
        weights = {"sample_weight": rows.weights(NETWORK_CLASS_POWER)}
        networks = [self._network(rows, k) for k in range(self.method.networks)]
        self.networks_ = [network.fit(*learnt, **weights) for network in networks]
        weights = {"sample_weight": rows.weights(TREE_CLASS_POWER)}
        self.trees_ = trees(self.seed).fit(*learnt, **weights)
        if self.method.waveform:
            self.waveform_ = VentricularVote(self.seed).fit(patients)
        return self

    def predict_proba(self, beats: AlignedBeats) -> np.ndarray:
        """Probability of each class for all beats of one recording.

        Parameters
        ----------
        beats : AlignedBeats

        Returns
        -------
        array of float, shape (beats, 4)
            Of N, S, V and F.
        """
        rows = relative_features(beats).to_numpy()
        votes = [_vote(self.trees_, rows)]
        if self.networks_:
            votes.append(np.mean([_vote(network, rows) for network in self.networks_], axis=0))
        probabilities = self._with_real_prior(np.mean(votes, axis=0))
        if self.method.waveform:
            own = probabilities[:, V]
            voted = (own + self.waveform_.probability(beats)) / 2
            probabilities = with_ventricular(probabilities, voted)
        return agree_on_ventricular(probabilities, beats)

    def _with_real_prior(self, probabilities: np.ndarray) -> np.ndarray:
        if in_supraventricular_rhythm not in self.method.rhythms:
            return probabilities
        prior = np.ones(len(LEARNT_CLASSES))
        prior[LEARNT_CLASSES.index("S")] = RARER_THAN_SYNTHETIC
        weighted = probabilities * prior
        return weighted / weighted.sum(axis=1, keepdims=True)

    def _network(self, rows: TrainingRows, number: int) -> NetworkClassifier:
        mean, deviation = rows.features.mean(axis=0), rows.features.std(axis=0)
        build = partial(relative_network, mean=mean, deviation=deviation)
        return NetworkClassifier(SCHEDULE, 100 * self.seed + number, build)


def training_rows(
    patients: Sequence[AlignedBeats], method: UnseenMethod, seed: int
) -> TrainingRows:
    """Describe the beats of all patients, in their own rhythm and in others.

    Parameters
    ----------
    patients : sequence of AlignedBeats
    method : UnseenMethod
    seed : int

    Returns
    -------
    TrainingRows
    """
    random, tables = np.random.default_rng(seed), []
    for patient in patients:
        made = [rhythm(patient, random) for rhythm in method.rhythms * method.draws]
        # A rhythm that cannot be made of this patient gives the patient back.
        versions = [patient, *(version for version in made if version is not patient)]
        tables += [_some_beats(version, k, random) for k, version in enumerate(versions)]
    table = pd.concat(tables, ignore_index=True)
    return TrainingRows(
        features=table.drop(columns=["class", "version"]).to_numpy(),
        classes=table["class"].to_numpy(),
        version=table["version"].to_numpy(dtype=str),
    )


def _some_beats(beats: AlignedBeats, version: int, random: np.random.Generator) -> pd.DataFrame:
    """Features of at most so many beats of each class, with their class and where from."""
    table = relative_features(beats)
    table["class"] = beats.aami_class
    table["version"] = f"{beats.record} {version}"
    table = table[table["class"] < len(LEARNT_CLASSES)].sample(frac=1, random_state=random)
    return table.groupby("class").head(MOST_BEATS)


def _vote(voter: ClassifierMixin, rows: np.ndarray) -> np.ndarray:
    """Probabilities of the classes that can be learnt, also where training lacked one."""
    probabilities = np.zeros((len(rows), len(CLASSES)))
    probabilities[:, voter.classes_] = voter.predict_proba(rows)
    learnt = probabilities[:, : len(LEARNT_CLASSES)]
    return learnt / learnt.sum(axis=1, keepdims=True)


def trees(seed: int) -> HistGradientBoostingClassifier:
    """Make the boosted trees, not yet trained.

    Parameters
    ----------
    seed : int
        Drives which features each split may look at.

    Returns
    -------
    sklearn.ensemble.HistGradientBoostingClassifier
    """
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
