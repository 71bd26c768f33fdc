"""Figures of notebook 06: what the network gets right and wrong."""

from collections.abc import Mapping

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
    """Draw a confusion matrix: colour is the share of the true class, figures are beats.

    Parameters
    ----------
    counts : array of int, shape (classes, classes)
        Rows are the reference.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(5.5, 4.5))
    share = pd.DataFrame(100 * counts, index=CLASSES, columns=CLASSES)
    share = share.div(np.maximum(counts.sum(axis=1), 1), axis=0)
    sns.heatmap(
        share,
        annot=counts,
        fmt=",d",
        cmap="Blues",
        vmin=0,
        vmax=100,
        cbar_kws={"label": "share of the true class (%)"},
        ax=axes,
    )
    axes.set(xlabel="class given by the network", ylabel="true class")
    axes.tick_params(axis="y", rotation=0)
    return axes


def accuracy_against_paper(table: pd.DataFrame) -> Axes:
    """Draw one-vs-rest accuracy of each class with its interval beside the paper's claim.

    Parameters
    ----------
    table : pandas.DataFrame
        Indexed by class; columns ``acc``, ``low``, ``high``, ``claim`` and ``always_n``, in %.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3.8))
    rows = np.arange(len(table))
    error = np.abs(table[["low", "high"]].T.to_numpy() - table["acc"].to_numpy())
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
        Figure to heading, in the order of the rows.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3.2))
    shown, rows = differences.loc[list(titles)], np.arange(len(titles))
    error = np.abs(shown[["low", "high"]].T.to_numpy() - shown["difference"].to_numpy())
    axes.errorbar(shown["difference"], rows, xerr=error, fmt="o", capsize=2)
    axes.axvline(0, color="0.4", linestyle=":")
    axes.set(yticks=rows, yticklabels=titles.values(), ylim=(len(titles) - 0.5, -0.5))
    axes.set(xlabel="ours minus the paper's network (percentage points)")
    return axes


def beats_in_context(records: list[Record], beats: pd.DataFrame) -> Figure:
    """Draw beats with a second of signal on either side, three in a row.

    Parameters
    ----------
    records : list of Record
        The record of each beat.
    beats : pandas.DataFrame
        A row a beat, see :func:`ecgutils.learning.experiments.surest_errors`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = -(-len(beats) // 3)
    figure, panels = plt.subplots(rows, 3, figsize=(9, 1.9 * rows), sharex=True, squeeze=False)
    for axes in panels.flat[len(beats) :]:
        axes.set_visible(False)
    for axes, record, beat in zip(panels.flat, records, beats.itertuples(), strict=False):
        _draw_in_context(axes, record, beat.sample, CLASS_COLOURS[beat.true])
        title = f"{beat.record}: {beat.true} called {beat.called} ({beat.probability:.0%})"
        axes.set_title(title, fontsize="small")
        axes.tick_params(labelsize="small")
    figure.supxlabel("time from the beat (s)", fontsize="small")
    figure.supylabel("signal (mV)", fontsize="small")
    return figure


def _draw_in_context(axes: Axes, record: Record, position: int, colour: str) -> None:
    second = round(record.fs)
    first = max(position - second, 0)
    signal = record.lead(0)[first : position + second]
    time = (np.arange(first, first + len(signal)) - position) / record.fs
    axes.plot(time, signal, linewidth=0.9)
    axes.axvline(0, color=colour, alpha=0.5, linewidth=5, zorder=0)
