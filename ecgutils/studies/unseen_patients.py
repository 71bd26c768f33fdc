"""The long comparison on unseen patients: the choice on DS1, the test on DS2, and the leak."""

import json
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from ecgutils import database
from ecgutils.aami import DS1, DS2
from ecgutils.beats.aligned import beats_on_grid
from ecgutils.errors import EcgError
from ecgutils.files import write_beside
from ecgutils.parallel import in_parallel
from ecgutils.paths import FIGURES_DIR
from ecgutils.scoring.patients import unseen_figures
from ecgutils.studies.known_patients import made_by, replace_rows
from ecgutils.unseen.choice_on_ds1 import CANDIDATES, held_out_predictions, training_patients
from ecgutils.unseen.classifier import UnseenMethod, UnseenPatientClassifier
from ecgutils.unseen.patient_leak import BY_PATIENT, LEAK_MODELS, LEAK_PROTOCOLS, known_or_unseen
from ecgutils.unseen.validation import (
    Predictions,
    pooled,
    predictions_for,
    trained_on_others,
)

LEAK_CSV = "patient_leak_study.csv"
"""Known patients and others: columns ``model``, ``protocol``, ``seed``, ``metric``, ``value``."""

CHOICE_CSV = "choice_study.csv"
"""Candidates on held-out patients of DS1: columns ``model``, ``seed``, ``metric``, ``value``."""

INTER_PATIENT_CSV = "inter_patient_study.csv"
"""DS1 to DS2: the same columns; in %, but j_kappa as a fraction."""

MADE_BY_JSON = "inter_patient_study.json"
"""The command, machine and versions that made them."""

MANY_ECTOPIC = "synthetic_f1_S"
"""Metric: F1 of S in held-out patients of DS1 who were given many synthetic S beats."""

ALL_PATIENTS = "ours_all_patients"
"""Our method on each of the 44 patients, trained on others of them."""

WITHOUT_202 = "_without_202"
"""Ending of a model's name where record 202, whose patient is in DS1, is not tested."""

PATIENT_FOLDS = 6
"""Parts of the 44 records, about seven patients each."""

KEYS = {
    LEAK_CSV: ["model", "protocol", "seed", "metric"],
    CHOICE_CSV: ["model", "seed", "metric"],
    INTER_PATIENT_CSV: ["model", "seed", "metric"],
}


def run_inter_patient_study(parts: Iterable[str] | None = None, folder: Path = FIGURES_DIR) -> None:
    """Train every model with every seed and write the figures down.

    Parameters
    ----------
    parts : iterable of str, optional
        Names in :data:`PARTS`; all where left out.
    folder : Path
        Where the files are written. Rows of other models and seeds stay.

    Raises
    ------
    EcgError
        If a part is unknown.
    """
    parts = list(PARTS if parts is None else parts)
    for part in parts:
        if part not in PARTS:
            raise EcgError(f"unknown part {part!r}; the parts are {', '.join(PARTS)}")
    jobs = [job for part in parts for job in PARTS[part]]
    for tables in in_parallel(do, jobs):
        for name, rows in tables.items():
            replace_rows(folder / name, rows, KEYS[name])
    with write_beside(folder / MADE_BY_JSON, "w") as file:
        json.dump(made_by("ecgutils study-unseen"), file, indent=2)
        file.write("\n")


def do(work: str, *arguments: object) -> dict[str, pd.DataFrame]:
    """Do one job; return the rows that it adds to each file."""
    return WORK[work](*arguments)


def _leak(model: str, protocol: str, seed: int) -> dict[str, pd.DataFrame]:
    predictions = known_or_unseen(model, protocol, seed)
    tables = {LEAK_CSV: _rows(predictions, model, seed).assign(protocol=protocol)}
    if protocol == BY_PATIENT:
        tables[INTER_PATIENT_CSV] = _with_and_without_202(predictions, model, seed)
    return tables


def _choice(candidate: str, seed: int) -> dict[str, pd.DataFrame]:
    recorded, ectopic = held_out_predictions(training_patients(), CANDIDATES[candidate], seed)
    many = pd.DataFrame([(candidate, seed, MANY_ECTOPIC, unseen_figures(*ectopic)["f1_S"])])
    rows = _rows(recorded, candidate, seed)
    return {CHOICE_CSV: pd.concat([rows, many.set_axis(rows.columns, axis=1)])}


def _test(seed: int) -> dict[str, pd.DataFrame]:
    trained = UnseenPatientClassifier(seed).fit(training_patients())
    tested = [beats_on_grid(database.read(name)) for name in DS2]
    predictions = predictions_for(trained, tested)
    return {INTER_PATIENT_CSV: _with_and_without_202(predictions, "ours", seed)}


def _all_patients(seed: int) -> dict[str, pd.DataFrame]:
    patients = [beats_on_grid(database.read(name)) for name in (*DS1, *DS2)]
    folds = trained_on_others(patients, UnseenMethod(), seed, PATIENT_FOLDS)
    predictions = [predictions_for(trained, held_out) for trained, held_out in folds]
    return {INTER_PATIENT_CSV: _rows(pooled(predictions), ALL_PATIENTS, seed)}


WORK = {"leak": _leak, "choice": _choice, "test": _test, "all_patients": _all_patients}

LEAK_SEEDS = (1, 2, 3)
TEST_SEEDS = (1, 2, 3, 4, 5)
CHOICE_SEEDS = ALL_PATIENTS_SEEDS = (1,)

PARTS = {
    "choice": [("choice", name, seed) for seed in CHOICE_SEEDS for name in CANDIDATES],
    "test": [("test", seed) for seed in TEST_SEEDS],
    "all_patients": [("all_patients", seed) for seed in ALL_PATIENTS_SEEDS],
    "leak": [
        ("leak", model, protocol, seed)
        for model in LEAK_MODELS
        for protocol in LEAK_PROTOCOLS
        for seed in LEAK_SEEDS
    ],
}
"""What the study consists of, with the jobs of each part."""


def _with_and_without_202(predictions: Predictions, model: str, seed: int) -> pd.DataFrame:
    kept = predictions[2] != "202"
    others = tuple(array[kept] for array in predictions)
    parts = _rows(predictions, model, seed), _rows(others, model + WITHOUT_202, seed)
    return pd.concat(parts)


def _rows(predictions: Predictions, model: str, seed: int) -> pd.DataFrame:
    table = pd.Series(unseen_figures(*predictions), name="value").rename_axis("metric")
    return table.reset_index().assign(model=model, seed=seed)[["model", "seed", "metric", "value"]]
