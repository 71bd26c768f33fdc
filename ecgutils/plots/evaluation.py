"""Figures of results: what a network gets right and wrong."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecgutils.aami import CLASSES
from ecgutils.io.record import Record
from ecgutils.plots.style import CLASS_COLOURS


def confusion_matrix(counts: np.ndarray) -> Axes:
    """Draw a confusion matrix: colour is the share of the true class, numbers are beats.

    Parameters
    ----------
    counts : array of int, shape (classes, classes)
        Rows are the reference.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(5.5, 4.5))
    _heatmap(axes, counts, CLASSES, colour_bar=True)
    axes.set(xlabel="class given by the network", ylabel="true class")
    return axes


def confusion_matrices(matrices: Mapping[str, np.ndarray]) -> Figure:
    """Draw confusion matrices of N, S, V and F side by side.

    Parameters
    ----------
    matrices : mapping of str to array of int, shape (classes, classes)
        Title to beats; rows are the reference.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = plt.subplots(1, len(matrices), figsize=(10, 3.6), sharey=True)
    for axes, (title, counts) in zip(panels, matrices.items(), strict=True):
        _heatmap(axes, counts[:4, :4], CLASSES[:4], colour_bar=axes is panels[-1])
        axes.set(title=title, xlabel="class given")
    panels[0].set(ylabel="true class")
    return figure


def _heatmap(axes: Axes, counts: np.ndarray, names: Sequence[str], colour_bar: bool) -> None:
    """Draw counts, shape (classes, classes), coloured by their share of the row."""
    share = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    table = pd.DataFrame(share, index=names, columns=names)
    look = {"cmap": "Blues", "vmin": 0, "vmax": 100, "cbar": colour_bar}
    look["cbar_kws"] = {"label": "share of the true class (%)"}
    sns.heatmap(table, annot=counts, fmt=",d", ax=axes, **look)
    axes.tick_params(axis="y", rotation=0)


def accuracy_against_paper(table: pd.DataFrame) -> Axes:
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
    rows = np.arange(len(table))
    error = _lengths(table, "acc")
    axes.errorbar(table["acc"], rows - 0.12, xerr=error, fmt="o", label="measured, 95 % interval")
    axes.plot(table["claim"], rows + 0.12, "D", label="paper's claim")
    axes.plot(table["always_n"], rows, "x", color="0.3", label="calling every beat N")
    axes.set(yticks=rows, yticklabels=table.index, xlabel="one-vs-rest accuracy (%)")
    axes.set(ylabel="class", ylim=(len(table) - 0.5, -0.5))
    axes.legend(loc="lower left")
    return axes


def network_differences(differences: pd.DataFrame, titles: Mapping[str, str]) -> Axes:
    """Draw by how much one network is better than another, with intervals over records.

    Parameters
    ----------
    differences : pandas.DataFrame
        See :func:`ecgutils.scoring.intervals.difference_over_records`.
    titles : mapping of str to str
        Metric to heading, in the order of the rows.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3.2))
    shown, rows = differences.loc[list(titles)], np.arange(len(titles))
    error = _lengths(shown, "difference")
    axes.errorbar(shown["difference"], rows, xerr=error, fmt="o", capsize=2)
    axes.axvline(0, color="0.4", linestyle=":")
    axes.set(yticks=rows, yticklabels=titles.values(), ylim=(len(titles) - 0.5, -0.5))
    axes.set(xlabel="ours minus the paper's network (percentage points)")
    return axes


def _lengths(table: pd.DataFrame, middle: str) -> np.ndarray:
    """Return how far each interval reaches to both sides of its middle, shape (2, rows)."""
    return np.abs(table[["low", "high"]].T.to_numpy() - table[middle].to_numpy())


def beats_in_context(records: list[Record], beats: pd.DataFrame) -> Figure:
    """Draw beats with a second of signal on either side, three in a row.

    Parameters
    ----------
    records : list of Record
        The record of each beat.
    beats : pandas.DataFrame
        One row per beat, see :func:`ecgutils.learning.experiments.surest_errors`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = -(-len(beats) // 3)
    figure, panels = plt.subplots(rows, 3, figsize=(9, 1.9 * rows), sharex=True, squeeze=False)
    for axes in panels.flat[len(beats) :]:
        axes.set_visible(False)
    for axes, record, beat in zip(panels.flat, records, beats.itertuples(), strict=False):
        first = max(beat.sample - round(record.fs), 0)
        signal = record.lead(0)[first : beat.sample + round(record.fs)]
        time = (np.arange(first, first + len(signal)) - beat.sample) / record.fs
        axes.plot(time, signal, linewidth=0.9)
        axes.axvline(0, color=CLASS_COLOURS[beat.true], alpha=0.5, linewidth=5, zorder=0)
        title = f"{beat.record}: {beat.true} called {beat.called} ({beat.probability:.0%})"
        axes.set_title(title, fontsize="small")
        axes.tick_params(labelsize="small")
    figure.supxlabel("time from the beat (s)", fontsize="small")
    figure.supylabel("signal (mV)", fontsize="small")
    return figure
