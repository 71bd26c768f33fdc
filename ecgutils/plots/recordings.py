"""Figures of what to expect of a recording that nobody has annotated."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ecgutils.plots.style import CLASS_COLOURS, CLASS_MARKERS

ENOUGH_BEATS = 50
"""Beats from which on a share says something; a point of fewer is drawn hollow."""


def reliability_diagram(table: pd.DataFrame) -> Figure:
    """Draw how often each class came true against its probability, before and after calibration.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``calibrated``, ``class``, ``beats``, ``said`` and ``true``, see
        :func:`ecgutils.unseen.model_training.reliability`.

    Returns
    -------
    matplotlib.figure.Figure
        Reliable probabilities lie on the diagonal; hollow points have fewer than 50 beats.
    """
    figure, panels = plt.subplots(1, 2, figsize=(9, 4.4), sharex=True, sharey=True)
    names = {False: "before calibration", True: "after calibration"}
    for axes, (calibrated, title) in zip(panels, names.items(), strict=True):
        axes.plot([0, 100], [0, 100], color="grey", linewidth=1, linestyle="--")
        shown = table[table["calibrated"] == calibrated]
        for name, points in shown.groupby("class", sort=False):
            given, true = 100 * points["said"], 100 * points["true"]
            colour, enough = CLASS_COLOURS[name], points["beats"] >= ENOUGH_BEATS
            axes.plot(given, true, color=colour, linewidth=0.8, alpha=0.5)
            look = {"marker": CLASS_MARKERS[name], "edgecolors": colour, "zorder": 3}
            axes.scatter(given[enough], true[enough], color=colour, label=name, **look)
            axes.scatter(given[~enough], true[~enough], facecolors="white", **look)
        axes.set(title=title, xlabel="probability given (%)", aspect="equal")
    panels[0].set(ylabel="share that had this class (%)")
    panels[1].legend(loc="upper left", title="class")
    return figure


def detection_by_record(table: pd.DataFrame) -> Figure:
    """Draw how many beats of each record were found, the worst record first.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns ``Se`` and ``+P`` in %, indexed by record, see
        :func:`ecgutils.studies.detection.detection_table`.

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
