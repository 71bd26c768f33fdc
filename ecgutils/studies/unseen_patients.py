"""The long comparison on unseen patients: choice on DS1, test on DS2, leak, two databases."""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.aami import CLASSES, DS1, DS2
from ecgutils.beats.aligned import aligned_beats
from ecgutils.files import write_csv
from ecgutils.scoring.patients import unseen_figures
from ecgutils.studies.across_databases import across_databases
from ecgutils.studies.store import STUDIES, Rows, figure_rows, known_only, run_jobs
from ecgutils.unseen.choice_on_ds1 import CANDIDATES, held_out_predictions, training_patients
from ecgutils.unseen.classifier import UnseenMethod, UnseenPatientClassifier
from ecgutils.unseen.patient_leak import BY_PATIENT, LEAK_MODELS, LEAK_PROTOCOLS, known_or_unseen
from ecgutils.unseen.validation import Predictions, pooled, predictions_for, trained_on_others

MANY_ECTOPIC = "synthetic_f1_S"
"""Metric: F1 of S in held-out patients of DS1 who were given many synthetic S beats."""

ALL_PATIENTS = "ours_all_patients"
"""Our method on each of the 44 patients, trained on others of them."""

WITHOUT_202 = "_without_202"
"""Ending of a model's name where record 202, whose patient is in DS1, is not tested."""

WITHOUT_F = "_without_f"
"""Ending of a model's name where fusion beats are not tested, as some published figures have it."""

PATIENT_FOLDS = 6
"""Parts of the 44 records, about seven patients each."""


def run_study(parts: Sequence[str] | None, folder: Path) -> None:
    """Do some parts of the study, or all, and store the figures."""
    parts = known_only(parts, (*PARTS, ACROSS), "part")
    run_jobs("unseen", [job for part in parts for job in PARTS.get(part, ())], folder)
    if ACROSS in parts:
        # Its trainings share the cores among their own jobs.
        write_csv(folder / STUDIES[ACROSS], across_databases(), "%.6g", index=False)


def known_and_unseen(model: str, protocol: str, seed: int) -> Rows:
    """Test a model on patients that it knows, or on others, as the protocol says."""
    predictions = known_or_unseen(model, protocol, seed)
    tables = {"leak": _rows(predictions, model, seed).assign(protocol=protocol)}
    if protocol == BY_PATIENT:
        tables["unseen"] = _with_and_without_202(predictions, model, seed)
    return tables


def try_candidate(candidate: str, seed: int) -> Rows:
    """Test a candidate on held-out patients of DS1, as recorded and with many synthetic S beats."""
    recorded, ectopic = held_out_predictions(training_patients(), CANDIDATES[candidate], seed)
    many = {MANY_ECTOPIC: unseen_figures(*ectopic)["f1_S"]}
    return {"choice": figure_rows(unseen_figures(*recorded) | many, candidate, seed)}


def score_on_ds2(seed: int) -> Rows:
    """Train our method on DS1 and test it on DS2."""
    trained = UnseenPatientClassifier(seed).fit(training_patients())
    tested = [aligned_beats(database.read(name)) for name in DS2]
    predictions = predictions_for(trained, tested)
    without_f = _some(predictions, predictions[0] != CLASSES.index("F"))
    rows = _with_and_without_202(predictions, "ours", seed)
    return {"unseen": pd.concat([rows, _rows(without_f, "ours" + WITHOUT_F, seed)])}


def score_on_all(seed: int) -> Rows:
    """Test our method on each of the 44 patients, trained on others of them."""
    patients = [aligned_beats(database.read(name)) for name in (*DS1, *DS2)]
    folds = trained_on_others(patients, UnseenMethod(), seed, PATIENT_FOLDS)
    predictions = [predictions_for(trained, held_out) for trained, held_out in folds]
    return {"unseen": _rows(pooled(predictions), ALL_PATIENTS, seed)}


LEAK_SEEDS = (1, 2, 3)
TEST_SEEDS = (1, 2, 3, 4, 5)

PARTS = {
    "choice": [(try_candidate, name, 1) for name in CANDIDATES],
    "test": [(score_on_ds2, seed) for seed in TEST_SEEDS],
    "all_patients": [(score_on_all, 1)],
    "leak": [(known_and_unseen, *job) for job in product(LEAK_MODELS, LEAK_PROTOCOLS, LEAK_SEEDS)],
}
"""What the study consists of, with the jobs of each part."""

ACROSS = "across"
"""The last part, see :mod:`ecgutils.studies.across_databases`."""


def _with_and_without_202(predictions: Predictions, model: str, seed: int) -> pd.DataFrame:
    others = _some(predictions, predictions[2] != "202")
    return pd.concat([_rows(predictions, model, seed), _rows(others, model + WITHOUT_202, seed)])


def _some(predictions: Predictions, kept: np.ndarray) -> Predictions:
    return tuple(array[kept] for array in predictions)


def _rows(predictions: Predictions, model: str, seed: int) -> pd.DataFrame:
    return figure_rows(unseen_figures(*predictions), model, seed)
