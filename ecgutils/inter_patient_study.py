"""The long comparison on unseen patients: DS1 to DS2, and how much of a figure was the patient."""

from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils.parallel import in_parallel
from ecgutils.paths import FIGURES_DIR
from ecgutils.patient_leak import BY_PATIENT, LEAK_MODELS, LEAK_PROTOCOLS, known_or_unseen
from ecgutils.patient_metrics import unseen_figures
from ecgutils.study import replace_rows

LEAK_SEEDS = (1, 2, 3)
"""Seeds of each model and protocol of :mod:`ecgutils.patient_leak`."""

FIGURES_CSV = "inter_patient_study.csv"
"""DS1 to DS2: columns ``model``, ``seed``, ``metric`` and ``value`` (%, j_kappa a fraction)."""

LEAK_CSV = "patient_leak_study.csv"
"""Known patients and others: the same columns, and ``protocol``."""

WITHOUT_202 = "without_202"
"""Ending of a model's name where record 202 is left out of the test."""


def run_inter_patient_study(folder: Path = FIGURES_DIR) -> None:
    """Train every model with every seed and write the figures down."""
    jobs = [
        (model, protocol, seed)
        for model in LEAK_MODELS
        for protocol in LEAK_PROTOCOLS
        for seed in LEAK_SEEDS
    ]
    for leak, figures in in_parallel(_leak, jobs):
        replace_rows(folder / LEAK_CSV, leak, ["model", "protocol", "seed", "metric"])
        if len(figures):
            replace_rows(folder / FIGURES_CSV, figures, ["model", "seed", "metric"])


def _leak(model: str, protocol: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    predictions = known_or_unseen(model, protocol, seed)
    leak = _rows(unseen_figures(*predictions), model, seed).assign(protocol=protocol)
    figures = with_and_without_202(model, seed, *predictions) if protocol == BY_PATIENT else []
    return leak, figures


def with_and_without_202(
    model: str, seed: int, reference: np.ndarray, predicted: np.ndarray, record: np.ndarray
) -> pd.DataFrame:
    kept = record != "202"
    return pd.concat(
        [
            _rows(unseen_figures(reference, predicted, record), model, seed),
            _rows(
                unseen_figures(reference[kept], predicted[kept], record[kept]),
                f"{model}_{WITHOUT_202}",
                seed,
            ),
        ]
    )


def _rows(figures: dict[str, float], model: str, seed: int) -> pd.DataFrame:
    table = pd.Series(figures, name="value").rename_axis("metric").reset_index()
    return table.assign(model=model, seed=seed)[["model", "seed", "metric", "value"]]
