"""The long comparisons over several seeds: the paper against ours, and what buys what."""

import json
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from ecgutils.beats.cache import load_beats
from ecgutils.errors import EcgError
from ecgutils.files import write_beside
from ecgutils.learning.experiments import figures_of, intra_patient
from ecgutils.learning.recipes import ABLATIONS, MODELS
from ecgutils.parallel import in_parallel
from ecgutils.paths import FIGURES_DIR

SEEDS = {"paper": (1, 2, 3), "paper_fast": (1, 2, 3), "ours": (1, 2, 3, 4, 5)}
"""Seeds of each model; each is a split, an initialisation and an order of the beats."""

ABLATION_SEEDS = (1, 2, 3)
"""Seeds of our method with one ingredient changed."""

FIGURES_CSV = "intra_patient_study.csv"
"""Results: columns ``model``, ``seed``, ``metric`` and ``value`` (in %)."""

ABLATION_CSV = "ablation_study.csv"
"""The same for our method with one ingredient changed."""

CURVES_CSV = "intra_patient_curves.csv"
"""Learning curves: columns ``model``, ``seed``, ``epoch`` and one a measure."""

MADE_BY_JSON = "intra_patient_study.json"
"""The command, machine and versions that made both."""


def run_study(
    models: Iterable[str] = (*MODELS, *ABLATIONS),
    seeds: Iterable[int] | None = None,
    folder: Path = FIGURES_DIR,
) -> None:
    """Train each model with each seed and write the figures down.

    Each training runs on one core, as many at a time as there are cores. Finished
    trainings are kept, so an interrupted study goes on where it stopped.

    Parameters
    ----------
    models : iterable of str
        Names in `MODELS` and `ABLATIONS` of :mod:`ecgutils.learning.recipes`.
    seeds : iterable of int, optional
        Those of :data:`SEEDS` and :data:`ABLATION_SEEDS` where left out.
    folder : Path
        Where :data:`FIGURES_CSV`, :data:`ABLATION_CSV`, :data:`CURVES_CSV` and
        :data:`MADE_BY_JSON` are written. Rows of other models and seeds stay.

    Raises
    ------
    EcgError
        If a model is unknown or a training fails.
    """
    models = list(models)
    known = MODELS | ABLATIONS
    for model in models:
        if model not in known:
            raise EcgError(f"unknown model {model!r}; the models are {', '.join(known)}")
    chosen = None if seeds is None else list(seeds)
    jobs = [
        (model, seed) for model in models for seed in chosen or SEEDS.get(model, ABLATION_SEEDS)
    ]
    for figures, curves in in_parallel(_train, jobs):
        _store(figures, curves, folder)
    with write_beside(folder / MADE_BY_JSON, "w") as file:
        json.dump(made_by("make study"), file, indent=2)
        file.write("\n")


def read_study(name: str, folder: Path = FIGURES_DIR) -> pd.DataFrame:
    """Read the committed results of a study.

    Parameters
    ----------
    name : str
        :data:`FIGURES_CSV`, :data:`ABLATION_CSV` or :data:`CURVES_CSV`.
    folder : Path
        Where it is.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    EcgError
        If the file is missing.
    """
    try:
        return pd.read_csv(folder / name)
    except FileNotFoundError:
        raise EcgError(
            f"{folder / name}: there is no study yet; make it with `make study`"
        ) from None


def _train(model: str, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Run one training; return its figures and its learning curve as rows of the two files."""
    recipe = (MODELS | ABLATIONS)[model]
    experiment = intra_patient(load_beats(cut=recipe.cut), recipe, seed)
    figures = pd.Series(figures_of(experiment), name="value")
    tables = figures.rename_axis("metric").reset_index(), experiment.history.reset_index()
    for table in tables:
        table.insert(0, "model", model)
        table.insert(1, "seed", seed)
    return tables


def _store(figures: pd.DataFrame, curves: pd.DataFrame, folder: Path) -> None:
    """Put the rows of one training into the files of its study."""
    if figures["model"].iloc[0] in ABLATIONS:
        replace_rows(folder / ABLATION_CSV, figures, ["model", "seed", "metric"])
        return
    replace_rows(folder / FIGURES_CSV, figures, ["model", "seed", "metric"])
    replace_rows(folder / CURVES_CSV, curves, ["model", "seed", "epoch"])


def replace_rows(path: Path, rows: pd.DataFrame, key: list[str]) -> None:
    """Add rows to a CSV file in place of those with the same key.

    Parameters
    ----------
    path : Path
        Made where there is none.
    rows : pandas.DataFrame
        With columns ``model`` and ``seed``, which order the file.
    key : list of str
        Columns that tell rows apart.
    """
    known = [pd.read_csv(path)] if path.exists() else []
    table = pd.concat([*known, rows]).drop_duplicates(key, keep="last")
    table = table.sort_values(["model", "seed"], kind="stable")
    with write_beside(path, "w") as file:
        table.to_csv(file, index=False, float_format="%.6g", lineterminator="\n")


def made_by(command: str) -> dict[str, object]:
    """Tell the command, the machine and the versions of what decides the results.

    Parameters
    ----------
    command : str
        What the user typed.

    Returns
    -------
    dict of str to object
    """
    packages = ("tensorflow", "keras", "numpy", "imbalanced-learn", "pywavelets")
    return {
        "command": command,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one core a training",
        "versions": {"python": platform.python_version()} | {n: version(n) for n in packages},
    }
