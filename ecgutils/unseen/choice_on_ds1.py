"""Comparing methods for unseen patients on the training patients DS1, and on nobody else.

Whatever is chosen by looking at a set of patients is no longer tested by it. So everything
here reads the records of DS1 and no other, and refuses patients of DS2 who are handed in.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecgutils import database
from ecgutils.aami import DS1, DS2
from ecgutils.beats.aligned import AlignedBeats, aligned_beats
from ecgutils.beats.description import RELATIVE_FEATURES
from ecgutils.errors import EcgError
from ecgutils.paths import MITDB_DIR
from ecgutils.unseen import synthetic_rhythms as synthetic
from ecgutils.unseen.classifier import Rhythm, UnseenMethod
from ecgutils.unseen.validation import Predictions, pooled, predictions_for, trained_on_others

FOLDS = 6
"""Parts of DS1, three or four patients each; each part is held out once."""


def _without(*rhythms: Rhythm) -> UnseenMethod:
    """Leave some rhythms out of the method."""
    kept = tuple(rhythm for rhythm in synthetic.SYNTHETIC_RHYTHMS if rhythm not in rhythms)
    return UnseenMethod(rhythms=kept)


CANDIDATES = {
    "ours": UnseenMethod(),
    "real_rhythms_only": UnseenMethod(rhythms=()),
    "no_fibrillation": _without(synthetic.in_fibrillation, synthetic.in_paroxysms),
    "no_tachycardia": _without(
        synthetic.in_sinus_tachycardia, synthetic.in_supraventricular_tachycardia
    ),
    "no_supraventricular": _without(
        synthetic.in_supraventricular_rhythm, synthetic.in_supraventricular_tachycardia
    ),
    "beat_alone": UnseenMethod(features=RELATIVE_FEATURES),
    "no_agreement": UnseenMethod(agree=False),
}
"""The method that was chosen, and that without each of its parts."""


def training_patients(directory: Path = MITDB_DIR) -> list[AlignedBeats]:
    """Read the patients of DS1.

    Parameters
    ----------
    directory : Path
        The database.

    Returns
    -------
    list of AlignedBeats
    """
    return [aligned_beats(database.read(name, directory)) for name in DS1]


def held_out_predictions(
    patients: Sequence[AlignedBeats], method: UnseenMethod, seed: int, folds: int = FOLDS
) -> tuple[Predictions, Predictions]:
    """Classify each training patient by a method trained on patients of the other folds.

    Parameters
    ----------
    patients, method : sequence of AlignedBeats, UnseenMethod
    seed, folds : int
        The seed decides the folds, and drives the training.

    Returns
    -------
    as_recorded, with_ectopic_beats : Predictions
        The second of the same patients with up to most beats S, as nobody in DS1 has them.

    Raises
    ------
    EcgError
        If a patient is of DS2.
    """
    if seen := sorted({patient.record for patient in patients} & set(DS2)):
        why = "are for the test alone; no choice may be made with them"
        raise EcgError(f"records {', '.join(seen)} {why}")
    random, as_recorded, with_ectopic_beats = np.random.default_rng(seed), [], []
    for trained, held_out in trained_on_others(patients, method, seed, folds):
        ectopic = [synthetic.in_supraventricular_rhythm(patient, random) for patient in held_out]
        as_recorded.append(predictions_for(trained, held_out))
        with_ectopic_beats.append(predictions_for(trained, ectopic))
    return pooled(as_recorded), pooled(with_ectopic_beats)
