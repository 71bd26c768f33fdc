"""Choosing a method for unseen patients on the training patients DS1, and on nobody else.

Whatever is chosen by looking at a set of patients is no longer tested by it. So everything
here reads the records of DS1 and no other, and refuses patients of DS2 who are handed in.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecgutils.aami import DS1, DS2
from ecgutils.errors import EcgError
from ecgutils.paths import MITDB_DIR
from ecgutils.patient_beats import PatientBeats, patient_beats
from ecgutils.patient_validation import cross_validated
from ecgutils.records import read_record
from ecgutils.unseen import UnseenMethod

FOLDS = 6
"""Parts of DS1, three or four patients each; each part is held out once."""

CANDIDATES = {
    "ours": UnseenMethod(),
    "real_rhythms_only": UnseenMethod(rhythms=()),
    "no_irregularity": UnseenMethod(hidden=("irregularity", "scatter")),
    "no_p_wave": UnseenMethod(hidden=("P_",)),
    "networks_only": UnseenMethod(trees=False),
    "trees_only": UnseenMethod(networks=0),
    "no_agreement": UnseenMethod(agreement=False),
}
"""The method that was chosen, and what it is without each of its parts."""


def training_patients(directory: Path = MITDB_DIR) -> list[PatientBeats]:
    """Read the patients of DS1.

    Parameters
    ----------
    directory : Path
        The database.

    Returns
    -------
    list of PatientBeats
    """
    return [patient_beats(read_record(name, directory)) for name in DS1]


def held_out_predictions(
    patients: Sequence[PatientBeats], method: UnseenMethod, seed: int, folds: int = FOLDS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Classify each training patient by a method trained on patients of the other folds.

    Parameters
    ----------
    patients : sequence of PatientBeats
        Of DS1.
    method : UnseenMethod
    seed : int
        Decides the folds, and drives the training.
    folds : int

    Returns
    -------
    reference, predicted : array of int, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`.
    record : array of str, shape (beats,)

    Raises
    ------
    EcgError
        If a patient is of DS2.
    """
    if seen := sorted({patient.record for patient in patients} & set(DS2)):
        raise EcgError(
            f"records {', '.join(seen)} are for the test alone; no choice may be made with them"
        )
    return cross_validated(patients, method, seed, folds)
