"""How much of a figure was the patient: the same models, on patients they know and on others."""

from dataclasses import replace

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from ecgutils.aami import CLASSES, DS1, DS2
from ecgutils.beats.beats import Beats
from ecgutils.beats.cache import load_beats
from ecgutils.learning.experiments import train_and_test
from ecgutils.learning.oversampling import smote_then
from ecgutils.learning.recipes import OURS, PAPER_FAST
from ecgutils.learning.smote_leak import smote_before_split
from ecgutils.learning.splits import Split, patient_split, random_split
from ecgutils.unseen.validation import Predictions

NEAREST_BEAT = "nearest_beat"
"""The class of the most similar training beat: no learning, only remembering."""

KNOWN_PATIENTS = "known_patients"
"""Our method for patients that it knows."""

LEAK_MODELS = {NEAREST_BEAT: PAPER_FAST, "paper_fast": PAPER_FAST, KNOWN_PATIENTS: OURS}
"""What is compared, with the recipe that makes its beats."""

SMOTE_FIRST = "beats at random, SMOTE before the split"
AT_RANDOM = "beats at random"
BY_PATIENT = "by patient"
LEAK_PROTOCOLS = (SMOTE_FIRST, AT_RANDOM, BY_PATIENT)
"""Ways to divide the same 44 records into halves."""


def known_or_unseen(model: str, protocol: str, seed: int) -> Predictions:
    """Train a model on half of the beats of DS1 and DS2, and test it on the other half.

    Parameters
    ----------
    model, protocol : str
        Of :data:`LEAK_MODELS`, and of :data:`LEAK_PROTOCOLS`: by patient, DS2 is tested.
    seed : int
        Drives the split, SMOTE and the training.

    Returns
    -------
    reference, predicted, record : array, shape (test rows,)
        Positions in :data:`ecgutils.aami.CLASSES`, and the record; empty for rows SMOTE made.
    """
    recipe = LEAK_MODELS[model]
    beats = load_beats((*DS1, *DS2), cut=recipe.cut)
    split = half_of_the_beats(beats, protocol, seed)
    if model == NEAREST_BEAT:
        reference, predicted = _nearest(beats, split, protocol, seed)
    else:
        if protocol == SMOTE_FIRST:
            recipe = replace(recipe, balance="before split")
        experiment = train_and_test(beats, split, recipe, seed)
        reference, predicted = experiment.reference, experiment.predicted
    made = len(reference) - len(split.test)
    return reference, predicted, np.append(beats.record[split.test], np.repeat("", made))


def half_of_the_beats(beats: Beats, protocol: str, seed: int) -> Split:
    """Divide the beats of DS1 and DS2, without the few that nobody could classify."""
    scored = np.flatnonzero(beats.aami_class != CLASSES.index("Q"))
    if protocol == BY_PATIENT:
        split = patient_split(beats.record[scored], DS1, DS2, seed)
    else:
        split = random_split(len(scored), seed, test_fraction=0.5)
    return Split(scored[split.train], scored[split.validation], scored[split.test])


def _nearest(beats: Beats, split: Split, protocol: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return reference and predicted classes of the test rows, each of shape (test rows,)."""
    rows, classes = LEAK_MODELS[NEAREST_BEAT].features(beats), beats.aami_class
    classifier = KNeighborsClassifier(n_neighbors=1)
    if protocol == SMOTE_FIRST:
        rows, classes, split = smote_before_split(rows, classes, split, seed)
    else:
        classifier = smote_then(classifier, seed)
    classifier.fit(rows[split.train], classes[split.train])
    return classes[split.test], classifier.predict(rows[split.test])
