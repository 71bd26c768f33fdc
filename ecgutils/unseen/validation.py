"""Classifying patients by a method that was trained on others."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.learning.experiments import errors_among
from ecgutils.learning.splits import patient_folds
from ecgutils.paths import MITDB_DIR
from ecgutils.unseen.classifier import UnseenMethod, UnseenPatientClassifier

Predictions = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Reference and predicted class, and record, of each beat; arrays of shape (beats,)."""


def trained_on_others(
    patients: Sequence[AlignedBeats], method: UnseenMethod, seed: int, folds: int
) -> Iterator[tuple[UnseenPatientClassifier, list[AlignedBeats]]]:
    """Hold out each patient once; yield what was trained on other folds, and those held out."""
    classes = {patient.record: patient.aami_class for patient in patients}
    for fold in patient_folds(classes, folds, seed):
        others = [patient for patient in patients if patient.record not in fold]
        trained = UnseenPatientClassifier(seed, method).fit(others)
        yield trained, [patient for patient in patients if patient.record in fold]


def pooled(predictions: Iterable[Predictions]) -> Predictions:
    """Put the predictions of several patients or folds together."""
    return tuple(np.concatenate(arrays) for arrays in zip(*predictions, strict=True))


def predictions_for(
    trained: UnseenPatientClassifier, patients: Sequence[AlignedBeats]
) -> Predictions:
    """Classify all beats of some patients.

    Parameters
    ----------
    trained, patients : UnseenPatientClassifier, sequence of AlignedBeats

    Returns
    -------
    reference, predicted, record : array, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`, and the name of the record.
    """
    return pooled(
        (p.aami_class, trained.predict_proba(p).argmax(axis=1), np.repeat(p.record, len(p)))
        for p in patients
    )


def surest_error_by_patient(
    trained: UnseenPatientClassifier, patients: Sequence[AlignedBeats]
) -> pd.DataFrame:
    """Find the wrong prediction that the method was most certain of, for each patient.

    Parameters
    ----------
    trained, patients : UnseenPatientClassifier, sequence of AlignedBeats

    Returns
    -------
    pandas.DataFrame
        One row per patient with errors (unclassifiable beats are none), surest first; columns
        ``record``, ``sample``, ``true`` and ``called`` class, and its ``probability``.
    """
    errors = [errors_among(p, trained.predict_proba(p)).head(1) for p in patients]
    return pd.concat(errors).sort_values("probability", ascending=False, ignore_index=True)


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

    Examples
    --------
    >>> as_annotations("100", np.zeros(2273, dtype=int)).symbol[:3].tolist()
    ['N', 'N', 'N']
    """
    reference = read_annotations(record_name, MITDB_DIR).beats
    return replace(reference, symbol=np.take(CLASSES, predicted))
