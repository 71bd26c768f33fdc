"""Classifying patients by a method that was trained on others."""

from collections.abc import Sequence

import numpy as np

from ecgutils.patient_beats import PatientBeats
from ecgutils.patient_splits import patient_folds
from ecgutils.unseen import UnseenMethod, UnseenPatientClassifier


def cross_validated(
    patients: Sequence[PatientBeats], method: UnseenMethod, seed: int, folds: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classify each patient by a method trained on patients of the other folds.

    Parameters
    ----------
    patients : sequence of PatientBeats
    method : UnseenMethod
    seed : int
        Decides the folds, and drives the training.
    folds : int

    Returns
    -------
    reference, predicted : array of int, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`.
    record : array of str, shape (beats,)
    """
    classes = np.concatenate([patient.aami_class for patient in patients])
    names = np.repeat([patient.record for patient in patients], [len(p) for p in patients])
    predictions = []
    for held_out in patient_folds(names, classes, folds, seed):
        others = [patient for patient in patients if patient.record not in held_out]
        trained = UnseenPatientClassifier(seed, method).fit(others)
        tested = [patient for patient in patients if patient.record in held_out]
        predictions.append(predictions_for(trained, tested))
    return tuple(np.concatenate(arrays) for arrays in zip(*predictions, strict=True))


def predictions_for(
    trained: UnseenPatientClassifier, patients: Sequence[PatientBeats]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classify all beats of some patients.

    Parameters
    ----------
    trained : UnseenPatientClassifier
    patients : sequence of PatientBeats

    Returns
    -------
    reference, predicted : array of int, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`.
    record : array of str, shape (beats,)
    """
    return (
        np.concatenate([patient.aami_class for patient in patients]),
        np.concatenate([trained.predict_proba(patient).argmax(axis=1) for patient in patients]),
        np.repeat([patient.record for patient in patients], [len(p) for p in patients]),
    )
