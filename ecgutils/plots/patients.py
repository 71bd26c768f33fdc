"""Figures of patients that a method knows, and of patients that it has not seen."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ecgutils.aami import CLASSES
from ecgutils.plots.style import CLASS_COLOURS

MARKERS = ("o", "s", "D", "v")


def known_against_unseen(
    figures: pd.DataFrame, metrics: Mapping[str, str], models: Mapping[str, str]
) -> Figure:
    """Draw the results of each model under several ways of dividing the beats.

    Parameters
    ----------
    figures : pandas.DataFrame
        Columns ``model``, ``protocol``, ``metric``, ``mean`` and ``half_width`` (in %).
    metrics, models : mapping of str to str
        Name to title, in the order of the panels and of the rows.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = plt.subplots(1, len(metrics), figsize=(10, 3), sharey=True)
    protocols = list(figures["protocol"].unique())
    rows, apart = np.arange(len(models)), 0.2
    for axes, (metric, title) in zip(panels, metrics.items(), strict=True):
        shown = figures[figures["metric"] == metric].set_index(["protocol", "model"])
        for k, protocol in enumerate(protocols):
            values = shown.loc[protocol].loc[list(models)]
            place = rows + apart * (k - (len(protocols) - 1) / 2)
            look = {"fmt": MARKERS[k], "label": protocol, "capsize": 2}
            axes.errorbar(values["mean"], place, xerr=values["half_width"], **look)
        axes.set(title=title, xlabel="%", xlim=(None, 101))
    panels[0].set(yticks=rows, yticklabels=models.values(), ylim=(len(models) - 0.5, -0.5))
    handles = panels[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside upper center", ncols=len(protocols))
    return figure


def correct_by_patient(table: pd.DataFrame, models: Mapping[str, str]) -> Figure:
    """Draw the share of beats classified rightly for each patient, the worst first.

    Parameters
    ----------
    table : pandas.DataFrame
        Percentages, indexed by record.
    models : mapping of str to str
        Column to title; the first decides the order.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(9, 3.2))
    ordered = table.sort_values(next(iter(models)))
    for marker, (model, title) in zip(MARKERS, models.items(), strict=False):
        axes.plot(ordered.index, ordered[model], marker, label=title)
    axes.set(xlabel="record", ylabel="beats classified rightly (%)")
    axes.tick_params(axis="x", rotation=90)
    axes.legend(loc="lower right")
    return figure


def tachograms_side_by_side(rhythms: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Figure:
    """Draw the interval before each beat in the colour of its class, one panel per rhythm.

    Parameters
    ----------
    rhythms : mapping of str to (array of float, array of int), both of shape (beats,)
        Title to intervals in seconds and positions in :data:`ecgutils.aami.CLASSES`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = plt.subplots(1, len(rhythms), figsize=(10, 3), sharey=True)
    for axes, (title, (rr, classes)) in zip(panels, rhythms.items(), strict=True):
        for k, name in enumerate(CLASSES[:3]):
            beat = np.flatnonzero(classes == k)
            look = {"color": CLASS_COLOURS[name], "label": name, "markersize": 4}
            axes.plot(beat, rr[beat], MARKERS[k], **look)
        axes.set(title=title, xlabel="beat")
    panels[0].set(ylabel="RR interval (s)")
    panels[-1].legend(loc="upper right")
    return figure
