"""What several figures have in common: panels, rows with names, the signal around a beat."""

import math
from collections.abc import Collection

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ecgutils.io.record import Record

MARKERS = "osDv"
"""Of rows that are no classes."""


def panel_row(
    titles: Collection[str], size: tuple, xlabel: str = "", ylabel: str = "", sharex: bool = False
) -> tuple[plt.Figure, np.ndarray]:
    """Return a figure so many inches wide and high, and its panels side by side; (titles,)."""
    shared = {"sharex": sharex, "sharey": True, "squeeze": False}
    figure, (panels,) = plt.subplots(1, len(titles), figsize=size, **shared)
    for axes, title in zip(panels, titles, strict=True):
        axes.set(title=title, xlabel=xlabel)
    panels[0].set(ylabel=ylabel)
    return figure, panels


def panels_in_threes(count: int, width: float, sharey: bool) -> tuple[plt.Figure, np.ndarray]:
    """Return a figure and its panels, three of them in a row; shape (count,)."""
    rows = math.ceil(count / 3)
    shared = {"sharex": True, "sharey": sharey, "squeeze": False}
    figure, panels = plt.subplots(rows, 3, figsize=(width, 1.9 * rows), **shared)
    for axes in panels.flat[count:]:
        axes.set_visible(False)
    return figure, panels.flat[:count]


def name_rows(axes: plt.Axes, names: Collection[str]) -> np.ndarray:
    """Name the rows of points from top to bottom, and return their heights."""
    rows = np.arange(len(names))
    axes.set(yticks=rows, yticklabels=names, ylim=(len(rows) - 0.5, -0.5))
    return rows


def interval_panels(
    tables: dict[str, pd.DataFrame],
    rows: list[str],
    metrics: dict[str, str],
    size: tuple[float, float],
    spread: float = 0.0,
    capsize: float = 2,
    legend: str = "",
) -> plt.Figure:
    """Draw means with their intervals: one panel per metric, one marker per table.

    Tables have the columns ``mean`` and ``half_width``, indexed by row and metric. Where a place
    outside the panels is given for the legend, it names the tables.
    """
    figure, panels = panel_row(metrics.values(), size, "%")
    shifts = np.linspace(-spread, spread, len(tables))
    markers = MARKERS[: len(tables)]
    heights = name_rows(panels[0], rows)
    for axes, metric in zip(panels, metrics, strict=True):
        for (label, table), shift, marker in zip(tables.items(), shifts, markers, strict=True):
            shown = table.xs(metric, level=1).reindex(rows)
            look = {"fmt": marker, "label": label, "capsize": capsize}
            axes.errorbar(shown["mean"], heights + shift, xerr=shown["half_width"], **look)
    if legend:
        handles = panels[0].get_legend_handles_labels()
        figure.legend(*handles, loc=f"outside {legend}", ncols=len(tables))
    return figure


def around_beat(record: Record, lead: int | str, sample: int, seconds: float) -> pd.Series:
    """Return the signal of a lead on both sides of a beat, indexed by seconds from the beat."""
    side = round(seconds * record.fs)
    first = max(sample - side, 0)
    signal = record.lead(lead)[first : sample + side]
    return pd.Series(signal, (np.arange(first, first + len(signal)) - sample) / record.fs)
