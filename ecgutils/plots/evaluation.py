"""Figures of notebook 06: what the network gets right and wrong."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecgutils.aami import CLASSES
from ecgutils.plots.style import CLASS_COLOURS
from ecgutils.records import Record


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


def beats_in_context(
    records: list[Record], positions: list[int], captions: list[str], classes: list[str]
) -> Figure:
    """Draw beats with a second of signal on either side, three in a row.

    Parameters
    ----------
    records : list of Record
        The record of each beat.
    positions : list of int
        Sample number of each beat.
    captions : list of str
        Title of each panel.
    classes : list of str
        True class of each beat, which colours its marker.

    Returns
    -------
    matplotlib.figure.Figure
    """
    rows = -(-len(records) // 3)
    figure, panels = plt.subplots(rows, 3, figsize=(9, 1.9 * rows), sharex=True, squeeze=False)
    for axes in panels.flat[len(records) :]:
        axes.set_visible(False)
    for axes, record, position, caption, name in zip(
        panels.flat, records, positions, captions, classes, strict=False
    ):
        first = max(position - round(record.fs), 0)
        signal = record.lead(0)[first : position + round(record.fs)]
        axes.plot((np.arange(first, first + len(signal)) - position) / record.fs, signal, lw=0.9)
        axes.axvline(0, color=CLASS_COLOURS[name], alpha=0.5, lw=5, zorder=0)
        axes.set_title(caption, fontsize="small")
        axes.tick_params(labelsize="small")
    figure.supxlabel("time from the beat (s)", fontsize="small")
    figure.supylabel("signal (mV)", fontsize="small")
    return figure
