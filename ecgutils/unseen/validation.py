"""Classifying patients by a method that was trained on others."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES, is_beat
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.learning.splits import patient_folds
from ecgutils.paths import MITDB_DIR
from ecgutils.unseen.classifier import UnseenMethod, UnseenPatientClassifier

Predictions = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Reference and predicted class, and record, of each beat; arrays of shape (beats,)."""


def trained_on_others(
    patients: Sequence[AlignedBeats], method: UnseenMethod, seed: int, folds: int
) -> Iterator[tuple[UnseenPatientClassifier, list[AlignedBeats]]]:
    """Hold out each patient once, and train on patients of the other folds.

    Parameters
    ----------
    patients : sequence of AlignedBeats
    method : UnseenMethod
    seed : int
        Decides the folds, and drives the training.
    folds : int

    Yields
    ------
    trained : UnseenPatientClassifier
    held_out : list of AlignedBeats
        Patients that it was not trained on.
    """
    classes = np.concatenate([patient.aami_class for patient in patients])
    names = np.repeat([patient.record for patient in patients], [len(p) for p in patients])
    for fold in patient_folds(names, classes, folds, seed):
        others = [patient for patient in patients if patient.record not in fold]
        trained = UnseenPatientClassifier(seed, method).fit(others)
        yield trained, [patient for patient in patients if patient.record in fold]


def pooled(predictions: Iterable[Predictions]) -> Predictions:
    """Put the predictions of several folds together.

    Parameters
    ----------
    predictions : iterable of Predictions

    Returns
    -------
    Predictions
    """
    return tuple(np.concatenate(arrays) for arrays in zip(*predictions, strict=True))


def predictions_for(
    trained: UnseenPatientClassifier, patients: Sequence[AlignedBeats]
) -> Predictions:
    """Classify all beats of some patients.

    Parameters
    ----------
    trained : UnseenPatientClassifier
    patients : sequence of AlignedBeats

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


def surest_errors(
    trained: UnseenPatientClassifier, patients: Sequence[AlignedBeats]
) -> pd.DataFrame:
    """Find the wrong answer that the method was most certain of, for each patient.

    Parameters
    ----------
    trained : UnseenPatientClassifier
    patients : sequence of AlignedBeats

    Returns
    -------
    pandas.DataFrame
        A row a patient with errors, surest first; columns ``record``, ``sample``, ``true`` and
        ``called`` class, and ``probability`` of the class that was called.
    """
    rows = []
    for patient in patients:
        said = trained.predict_proba(patient)
        called, scored = said.argmax(axis=1), patient.aami_class < said.shape[1]
        sure = np.where(scored & (called != patient.aami_class), said.max(axis=1), 0)
        if sure.any():
            k = sure.argmax()
            classes = CLASSES[patient.aami_class[k]], CLASSES[called[k]]
            rows.append((patient.record, patient.sample[k], *classes, sure[k]))
    table = pd.DataFrame(rows, columns=["record", "sample", "true", "called", "probability"])
    return table.sort_values("probability", ascending=False, ignore_index=True)


def as_annotations(record_name: str, predicted: np.ndarray) -> Annotations:
    """Put predictions at the annotated positions of the beats of a record.

    Parameters
    ----------
    record_name : str
        A record of the embedded database.
    predicted : array of int, shape (beats,)
        Position in :data:`ecgutils.aami.CLASSES` of each annotated beat.

    Returns
    -------
    Annotations
        With the symbols N, S, V and F.
    """
    reference = read_annotations(record_name, MITDB_DIR)
    beat = is_beat(reference.symbol)
    return replace(
        reference,
        sample=reference.sample[beat],
        symbol=np.take(CLASSES, predicted),
        subtype=reference.subtype[beat],
        aux=reference.aux[beat],
    )
