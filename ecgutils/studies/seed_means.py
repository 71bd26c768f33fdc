"""Cells of the tables: the mean of several trainings, which differ in their seed."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from ecgutils.scoring.metrics import seed_intervals


def means_table(
    study: pd.DataFrame, titles: Mapping[str, str], metrics: Mapping[str, str], digits: int
) -> pd.DataFrame:
    """Write the mean ± half of the 95 % interval of each model (row) and metric (column).

    The mappings give titles and headings; models that the study lacks are left out.
    """
    intervals = seed_intervals(study)
    rows = {}
    for model in (name for name in titles if name in intervals.index):
        figures = intervals.loc[model]
        seeds = figures["seeds"].iloc[0]
        rows[f"{titles[model]}, {seeds} seed{'s' if seeds > 1 else ''}"] = {
            heading: mean_and_half_width(figures.loc[metric], 3 if metric == "j_kappa" else digits)
            for metric, heading in metrics.items()
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def mean_and_half_width(figures: pd.Series, digits: int) -> str:
    """Write a row of `seed_intervals` as ``mean ± half width``; one seed has no interval."""
    mean, half_width = (f"{figures[name]:.{digits}f}" for name in ("mean", "half_width"))
    return mean if np.isnan(figures["half_width"]) else f"{mean} ± {half_width}"


def mean_seconds(study: pd.DataFrame, models: Iterable[str]) -> pd.Series:
    """Return how long a training of each of the models in the study took, in s on one core."""
    seconds = study[study["metric"] == "train_seconds"].groupby("model")["value"].mean()
    return seconds[[model for model in models if model in seconds]]
