"""Figures of results: what is right and wrong, of which class, for which patient."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from ecgutils.aami import CLASSES
from ecgutils.io.record import Record
from ecgutils.plots import layout
from ecgutils.plots.style import CLASS_COLOURS, CLASS_MARKERS

SOLID_BEATS = 50
"""Beats from which on a share is a solid point; that of fewer is drawn hollow."""


def confusion_matrix(counts: np.ndarray) -> plt.Axes:
    """Draw a confusion matrix: colour is the share of the true class, numbers are beats.

    Parameters
    ----------
    counts : array of int, shape (classes, classes), rows are the reference

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(5.5, 4.5))
    _heatmap(axes, counts, colour_bar=True)
    axes.set(xlabel="class given by the network", ylabel="true class")
    return axes


def confusion_matrices(matrices: dict[str, np.ndarray]) -> plt.Figure:
    """Draw confusion matrices of N, S, V and F side by side.

    Parameters
    ----------
    matrices : mapping of title to array of int, shape (classes, classes)

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = layout.panel_row(matrices, (10, 3.6))
    for axes, counts in zip(panels, matrices.values(), strict=True):
        _heatmap(axes, counts[:4, :4], colour_bar=axes is panels[-1])
        axes.set(xlabel="class given")
    panels[0].set(ylabel="true class")
    return figure


def _heatmap(axes: plt.Axes, counts: np.ndarray, colour_bar: bool) -> None:
    """Draw counts, shape (classes, classes), coloured by their share of the row."""
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names, bar = CLASSES[: len(counts)], {"label": "share of the true class (%)"}
    look = {"cmap": "Blues", "vmin": 0, "vmax": 100, "xticklabels": names, "yticklabels": names}
    sns.heatmap(share, annot=counts, fmt=",d", ax=axes, cbar=colour_bar, cbar_kws=bar, **look)
    axes.tick_params(axis="y", rotation=0)


def accuracy_against_paper(table: pd.DataFrame) -> plt.Axes:
    """Draw one-vs-rest accuracy of each class with its interval beside the paper's claim.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``acc``, ``low``, ``high``, ``claim``, ``always_n`` in %, indexed by class.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3.8))
    rows, error = layout.name_rows(axes, table.index), _lengths(table, "acc")
    axes.errorbar(table["acc"], rows - 0.12, xerr=error, fmt="o", label="measured, 95 % interval")
    axes.plot(table["claim"], rows + 0.12, "D", label="paper's claim")
    axes.plot(table["always_n"], rows, "x", color="0.3", label="calling every beat N")
    axes.set(xlabel="one-vs-rest accuracy (%)", ylabel="class")
    axes.legend(loc="lower left")
    return axes


def network_differences(differences: pd.DataFrame, titles: dict[str, str]) -> plt.Axes:
    """Draw by how much one network is better than another, with intervals over records.

    Parameters
    ----------
    differences : DataFrame, see :func:`ecgutils.scoring.intervals.difference_over_records`
    titles : mapping of metric to title, in the order of the rows

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3.2))
    shown, rows = differences.loc[list(titles)], layout.name_rows(axes, titles.values())
    error = _lengths(shown, "difference")
    axes.errorbar(shown["difference"], rows, xerr=error, fmt="o", capsize=2)
    axes.axvline(0, color="0.4", linestyle=":")
    axes.set(xlabel="ours minus the paper's network (percentage points)")
    return axes


def _lengths(table: pd.DataFrame, middle: str) -> np.ndarray:
    """Return how far each interval reaches to both sides of its middle, shape (2, rows)."""
    return np.abs(table[["low", "high"]].T.to_numpy() - table[middle].to_numpy())


def beats_in_context(records: list[Record], beats: pd.DataFrame) -> plt.Figure:
    """Draw beats with a second of signal on either side, three in a row.

    Parameters
    ----------
    records : list of Record, one per beat
    beats : pandas.DataFrame, see :func:`ecgutils.learning.experiments.surest_errors`

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = layout.panels_in_threes(len(beats), width=9, sharey=False)
    for axes, record, beat in zip(panels, records, beats.itertuples(), strict=True):
        axes.plot(layout.around_beat(record, 0, beat.sample, seconds=1), linewidth=0.9)
        axes.axvline(0, color=CLASS_COLOURS[beat.true], alpha=0.5, linewidth=5, zorder=0)
        title = f"{beat.record}: {beat.true} called {beat.called} ({beat.probability:.0%})"
        axes.set_title(title, fontsize="small")
        axes.tick_params(labelsize="small")
    figure.supxlabel("time from the beat (s)", fontsize="small")
    figure.supylabel("signal (mV)", fontsize="small")
    return figure


def known_against_unseen(
    figures: pd.DataFrame, metrics: dict[str, str], models: dict[str, str]
) -> plt.Figure:
    """Draw the results of each model under several ways of dividing the beats.

    Parameters
    ----------
    figures : pandas.DataFrame
        Columns ``model``, ``protocol``, ``metric``, ``mean`` and ``half_width`` (in %).
    metrics, models : mapping of name to title, in the order of the panels and of the rows

    Returns
    -------
    matplotlib.figure.Figure
    """
    titled = figures.replace({"model": models}).groupby("protocol", sort=False)
    tables = {protocol: table.set_index(["model", "metric"]) for protocol, table in titled}
    rows, spread = list(models.values()), 0.1 * (len(tables) - 1)
    figure = layout.interval_panels(tables, rows, metrics, (10, 3), spread, legend="upper center")
    for axes in figure.axes:
        axes.set_xlim(right=101)
    return figure


def correct_by_patient(table: pd.DataFrame, models: dict[str, str]) -> plt.Figure:
    """Draw the share of beats classified rightly for each patient, the worst first.

    Parameters
    ----------
    table : pandas.DataFrame of percentages, indexed by record
    models : mapping of column to title, of which the first decides the order

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(9, 3.2))
    ordered = table.sort_values(next(iter(models)))
    for marker, (model, title) in zip(layout.MARKERS, models.items(), strict=False):
        axes.plot(ordered.index, ordered[model], marker, label=title)
    axes.set(xlabel="record", ylabel="beats classified rightly (%)")
    axes.tick_params(axis="x", rotation=90)
    axes.legend(loc="lower right")
    return figure


def reliability_diagram(table: pd.DataFrame) -> plt.Figure:
    """Draw how often each class came true against its probability, before and after calibration.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``calibrated``, ``class``, ``beats``, ``probability`` and ``true``.

    Returns
    -------
    matplotlib.figure.Figure
        Reliable probabilities lie on the diagonal; hollow points have fewer than 50 beats.
    """
    titles = ("before calibration", "after calibration")
    xlabel, ylabel = "probability given (%)", "share that had this class (%)"
    figure, panels = layout.panel_row(titles, (9, 4.4), xlabel, ylabel, sharex=True)
    for axes, calibrated in zip(panels, (False, True), strict=True):
        axes.plot([0, 100], [0, 100], color="grey", linewidth=1, linestyle="--")
        shown = table[table["calibrated"] == calibrated]
        for name, points in shown.groupby("class", sort=False):
            given, true = 100 * points["probability"], 100 * points["true"]
            colour, enough = CLASS_COLOURS[name], points["beats"] >= SOLID_BEATS
            axes.plot(given, true, color=colour, linewidth=0.8, alpha=0.5)
            look = {"marker": CLASS_MARKERS[name], "edgecolors": colour, "zorder": 3}
            axes.scatter(given[enough], true[enough], color=colour, label=name, **look)
            axes.scatter(given[~enough], true[~enough], facecolors="white", **look)
        axes.set_aspect("equal")
    panels[1].legend(loc="upper left", title="class")
    return figure


def detection_by_record(table: pd.DataFrame) -> plt.Figure:
    """Draw how many beats of each record were found, the worst record first.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``Se`` and ``+P`` in %, indexed by record.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(9.5, 3.4))
    ordered = table.loc[table[["Se", "+P"]].min(axis=1).sort_values(kind="stable").index]
    place = np.arange(len(ordered))
    axes.vlines(place, ordered["Se"], ordered["+P"], color="grey", linewidth=0.8)
    axes.plot(place, ordered["Se"], "o", label="Se: share of the beats that were found")
    axes.plot(place, ordered["+P"], "D", label="+P: share of the found ones that are beats")
    axes.set_xticks(place, ordered.index, rotation=90)
    axes.set(xlabel="record", ylabel="%", xlim=(-1, len(ordered)))
    axes.grid(visible=False, axis="x")
    axes.legend(loc="lower right")
    return figure


def results_by_protocol(intervals: dict[str, pd.DataFrame], metrics: dict[str, str]) -> plt.Figure:
    """Draw the results of classifiers under several protocols, one panel per metric.

    Parameters
    ----------
    intervals : mapping of classifier to pandas.DataFrame
        Columns ``mean`` and ``half_width`` in %, indexed by protocol and metric.
    metrics : mapping of metric to title

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = list(next(iter(intervals.values())).index.unique(0))
    look = {"spread": 0.15, "capsize": 4, "legend": "lower right"}
    return layout.interval_panels(intervals, rows, metrics, (11, 0.6 * len(rows) + 1.4), **look)
