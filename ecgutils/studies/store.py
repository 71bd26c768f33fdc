"""The files of the long studies: each training adds its rows as soon as it ends."""

import json
import operator
import os
import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from ecgutils.errors import EcgError
from ecgutils.files import write_csv, write_whole
from ecgutils.parallel import in_parallel
from ecgutils.paths import FIGURES_DIR

STUDIES = {
    "known": "intra_patient_study.csv",
    "ablations": "ablation_study.csv",
    "curves": "intra_patient_curves.csv",
    "choice": "choice_study.csv",
    "unseen": "inter_patient_study.csv",
    "leak": "patient_leak_study.csv",
    "across": "across_databases_study.csv",
    "ec57": "ec57_study.csv",
}
"""What :func:`read_study` reads, and the files in ``figures/`` that hold it."""

Rows = Mapping[str, pd.DataFrame]
"""The rows that a job adds to each of some studies."""

_KEY = ("model", "protocol", "seed", "metric", "epoch")
"""Columns that tell the rows of a file apart, of those that it has."""


def read_study(name: str, folder: Path = FIGURES_DIR) -> pd.DataFrame:
    """Read the results of a long study.

    Parameters
    ----------
    name : str
        Models on ``known`` patients, our method with one ingredient changed (``ablations``), and
        learning ``curves``. Candidates on held-out patients of DS1 (``choice``), models on
        ``unseen`` patients, and the same models on both (``leak``). The model that comes with
        the package, trained on one database and tested on the other (``across``), and what
        EC57 asks of it (``ec57``).
    folder : Path

    Returns
    -------
    pandas.DataFrame
        Columns ``model``, ``seed``, ``metric``, ``value`` (a % if not ``j_kappa`` or a time),
        in ``leak`` ``protocol``; ``curves`` has ``epoch`` and one column per measure instead.
        ``across`` is what :func:`~ecgutils.studies.across_databases.across_databases` returns,
        ``ec57`` what :func:`~ecgutils.studies.ec57_page.ec57_figures` does.

    Raises
    ------
    EcgError
        If there is no such study, or its file is missing.

    Examples
    --------
    >>> from ecgutils.studies import read_study
    >>> read_study("unseen").query("model == 'ours' and metric == 'f1_V'")["seed"].tolist()
    [1, 2, 3, 4, 5]
    """
    if name not in STUDIES:
        raise EcgError(f"unknown study {name!r}; the studies are {', '.join(STUDIES)}")
    path = folder / STUDIES[name]
    try:
        # Names of records are no numbers.
        return pd.read_csv(path, dtype={"record": str})
    except FileNotFoundError:
        raise EcgError(f"{path}: there is no study yet; make it with `make study`") from None


def known_only(names: Sequence[str] | None, known: Iterable[str], kind: str) -> Sequence[str]:
    """Return the names, all of `known` for None; an unknown one is an error."""
    known = list(known)
    for name in names or ():
        if name not in known:
            raise EcgError(f"unknown {kind} {name!r}; the {kind}s are {', '.join(known)}")
    return names or known


def run_jobs(
    study: str, jobs: Iterable[tuple[Callable[..., Rows], *tuple[object, ...]]], folder: Path
) -> None:
    """Do jobs (a function and its arguments) side by side; store rows as they come.

    Rows of other models and seeds stay. At the end it is stored what made the rows.
    """
    for tables in in_parallel(operator.call, jobs):
        for name, rows in tables.items():
            _replace_rows(folder / STUDIES[name], rows)
    packages = ("tensorflow", "keras", "numpy", "imbalanced-learn", "pywavelets")
    made_by = {
        "command": f"ecgutils study {study}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one core a training",
        "versions": {"python": platform.python_version()} | {n: version(n) for n in packages},
    }
    write_whole(made_by_json(study, folder), json.dumps(made_by, indent=2) + "\n")


def made_by_json(study: str, folder: Path) -> Path:
    """Return the file that holds the command, machine and versions that made a study's files."""
    return (folder / STUDIES[study]).with_suffix(".json")


def figure_rows(figures: Mapping[str, float], model: str, seed: int) -> pd.DataFrame:
    """Return figures as rows of a study: columns ``model``, ``seed``, ``metric``, ``value``."""
    table = pd.Series(figures, name="value").rename_axis("metric").reset_index()
    return table.assign(model=model, seed=seed)[["model", "seed", "metric", "value"]]


def _replace_rows(path: Path, rows: pd.DataFrame) -> None:
    """Add rows to a CSV file in place of those with the same key, in order of model and seed."""
    key = [column for column in _KEY if column in rows]
    known = [pd.read_csv(path)] if path.exists() else []
    table = pd.concat([*known, rows]).drop_duplicates(key, keep="last")
    table = table.sort_values(["model", "seed"], kind="stable")
    write_csv(path, table, "%.6g", index=False)
