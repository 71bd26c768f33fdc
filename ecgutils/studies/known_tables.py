"""The tables a reader meets first: ours beside the paper's claims, also in the README."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.files import write_csv, write_whole
from ecgutils.learning.smote_leak import gains
from ecgutils.paths import BUILD_DIR
from ecgutils.scoring import metrics
from ecgutils.studies.seed_means import mean_seconds, means_table

RESULTS_DIR = BUILD_DIR / "results"
"""Where a run leaves its table, as text and as CSV."""

KNOWN_MODEL_TITLES = {
    "paper": "paper's training (50 epochs, batch 20)",
    "paper_fast": "paper's network, our schedule (16 epochs, batch 128)",
    "ours": "our beats and network",
}
"""What tables call each model of the study."""

ABLATION_TITLES = {
    "ours": "our method, whole",
    "one_lead": "one lead instead of two",
    "no_rhythm": "without RR features",
    "no_median_beat": "without the difference from the median beat",
    "no_shifts": "without shifted copies",
    "height_per_beat": "every beat scaled to the same height",
    "level_0": "no wavelet (level 0)",
    "level_1": "level 1 of db2",
    "level_3": "level 3 of db2",
    "haar": "haar instead of db2",
    "sym4": "sym4 instead of db2",
    "no_smote": "without SMOTE",
    "smote_equal": "SMOTE until all classes are equal",
    "class_weights": "class weights instead of SMOTE",
    "smote_before_split": "SMOTE before the split (a mistake)",
    "paper_beats": "the paper's beats in our network",
}
"""What tables call each changed ingredient."""

ABLATION_METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1", "f1_S": "F1 S", "f1_F": "F1 F"}
"""Figures of the ablation table and their headings."""


def with_intervals(counts: np.ndarray, intervals: pd.DataFrame) -> pd.DataFrame:
    """Put each figure of each class beside its interval.

    Parameters
    ----------
    counts : array of int, shape (classes, classes)
        Confusion matrix, rows are the reference.
    intervals : pandas.DataFrame
        See :func:`ecgutils.scoring.metrics.bootstrap_over_records`.

    Returns
    -------
    pandas.DataFrame of str
        One row per class, one column per measure: ``value (low to high)`` in %.
    """
    figures = metrics.summary(counts)

    def cell(name: str) -> str:
        low, high = intervals.loc[name, ["low", "high"]]
        return f"{figures[name]:.2f} ({low:.2f} to {high:.2f})"

    rows = {k: [cell(f"{measure}_{k}") for measure in metrics.MEASURES] for k in CLASSES}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(metrics.MEASURES))


def against_paper(counts: np.ndarray, intervals: pd.DataFrame) -> pd.DataFrame:
    """Put the accuracies of one run beside the paper's claims.

    Parameters
    ----------
    counts, intervals
        See :func:`with_intervals`.

    Returns
    -------
    pandas.DataFrame
        One row per class and one for all; in %, ``acc`` (one-vs-rest, for all overall) with its
        ``low`` and ``high``, the ``claim``, and ``always_n``, where every beat is called N.
    """
    figures = metrics.summary(counts)
    always_n = metrics.summary(np.outer(counts.sum(axis=1), np.array(CLASSES) == "N"))
    names = [f"acc_{k}" for k in CLASSES] + ["accuracy"]
    table = intervals.loc[names, ["low", "high"]]
    table.insert(0, "acc", [figures[name] for name in names])
    table["claim"] = [*metrics.PAPER_ACCURACY.values(), metrics.PAPER_OVERALL]
    table["always_n"] = [always_n[name] for name in names]
    return table.set_axis(pd.Index([*CLASSES, "all"], name="class"))


def store_results(
    results: Mapping[str, tuple[np.ndarray, pd.DataFrame]], quick: bool = False
) -> str:
    """Store the results of a run for the report; return their tables as text.

    Parameters
    ----------
    results : mapping of str to (array of int, pandas.DataFrame)
        For each model, its confusion matrix and what :func:`against_paper` made of it.
    quick : bool
        Whether the run was a trial, which the tables are to say.

    Returns
    -------
    str
        As in ``build/results/table.txt``.
    """
    tables = {model: _run_table(*result) for model, result in results.items()}
    tested = next(iter(results.values()))[0].sum()
    text = "A QUICK TRIAL of a few records and epochs: it proves nothing.\n" if quick else ""
    text += (
        f"Tested on {tested:,} beats of patients the network knows, as in the paper; in %.\n"
        "acc: one-vs-rest accuracy with its 95 % interval (low to high); claim: the paper's.\n"
    )
    for model, table in tables.items():
        shown = table.to_string(float_format="{:.2f}".format, na_rep="")
        text += f"\n{KNOWN_MODEL_TITLES[model]}\n{shown}\n"
    write_whole(RESULTS_DIR / "table.txt", text)
    write_csv(RESULTS_DIR / "table.csv", pd.concat(tables, names=["model"]), "%.4f")
    return text


def _run_table(counts: np.ndarray, comparison: pd.DataFrame) -> pd.DataFrame:
    """Figures of one run: one row per class and one for all."""
    table = metrics.class_table(counts).join(comparison[["low", "high", "claim"]], how="right")
    table.loc["all", ["beats", "acc"]] = counts.sum(), comparison.loc["all", "acc"]
    # For all classes together, F1 is their mean.
    table.loc["all", "f1"] = metrics.summary(counts)["macro_f1"]
    table = table[["beats", "claim", "acc", "low", "high", "se", "ppv", "f1"]]
    return table.astype({"beats": int})


def study_table(study: pd.DataFrame) -> pd.DataFrame:
    """Put the seeds of a study beside the paper's claims.

    Parameters
    ----------
    study : pandas.DataFrame
        ``read_study("known")``.

    Returns
    -------
    pandas.DataFrame of str
        One row per figure: the claim, then each model's mean ± half of the 95 % interval in %.

    Examples
    --------
    >>> from ecgutils.studies import read_study, study_table
    >>> study_table(read_study("known")).loc["overall accuracy", "paper's claim"]
    '98.50 (implied)'
    """
    rows = {f"acc_{name}": f"accuracy {name} vs rest" for name in CLASSES}
    rows |= {"accuracy": "overall accuracy", "macro_f1": "macro-F1"}
    table = means_table(study, KNOWN_MODEL_TITLES, rows, 2)
    seconds = mean_seconds(study, KNOWN_MODEL_TITLES)
    table["training, minutes on one core"] = [f"{value / 60:.1f}" for value in seconds]
    table = table.T.rename_axis("%")
    claims = [f"{claim:.2f}" for claim in metrics.PAPER_ACCURACY.values()]
    claims += [f"{metrics.PAPER_OVERALL:.2f} (implied)", "", ""]
    table.insert(0, "paper's claim", claims)
    return table


def ablation_table(study: pd.DataFrame) -> pd.DataFrame:
    """Put our method beside itself with one ingredient changed.

    Parameters
    ----------
    study : pandas.DataFrame
        ``read_study("ablations")``, and rows of ``ours`` in ``read_study("known")``.

    Returns
    -------
    pandas.DataFrame of str
        One row per recipe: mean ± half of the 95 % interval of each figure in %, the training's
        seconds on one core, and the command that repeats the row.
    """
    table = means_table(study, ABLATION_TITLES, ABLATION_METRICS, 2)
    seconds = mean_seconds(study, ABLATION_TITLES)
    table["training (s)"] = [f"{value:.0f}" for value in seconds]
    seeds = study.groupby("model")["seed"].unique()
    table["command"] = [
        f"ecgutils study known --models {model} --seeds {' '.join(map(str, sorted(seeds[model])))}"
        for model in seconds.index
    ]
    titles = [ABLATION_TITLES[model] for model in seconds.index]
    return table.set_axis(pd.Index(titles, name="changed"))


def ablation_gains(study: pd.DataFrame) -> pd.DataFrame:
    """Compare each change with our whole method, seed by seed, on the same beats.

    Parameters
    ----------
    study : pandas.DataFrame
        See :func:`ablation_table`.

    Returns
    -------
    pandas.DataFrame
        Columns ``changed`` (the title), ``metric``, and ``mean`` and ``half_width`` of the 95 %
        interval in percentage points.
    """
    differences = gains(study[study["metric"].isin(list(ABLATION_METRICS))], "ours")
    intervals = metrics.seed_intervals(differences).reset_index()
    intervals["changed"] = intervals["model"].map(ABLATION_TITLES)
    order = list(ABLATION_TITLES)
    intervals = intervals.sort_values("model", key=lambda models: models.map(order.index))
    return intervals[["changed", "metric", "mean", "half_width"]].reset_index(drop=True)
