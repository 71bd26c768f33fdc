"""Figures of training: how a network learns, and what helps it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import MaxNLocator

from ecgutils.plots import layout


def learning_curves(history: pd.DataFrame) -> np.ndarray:
    """Draw loss and accuracy after each epoch, on training and on held-out beats.

    Parameters
    ----------
    history : pandas.DataFrame, see :class:`ecgutils.learning.experiments.Experiment`

    Returns
    -------
    array of matplotlib.axes.Axes, shape (2,)
    """
    _, panels = plt.subplots(1, 2, figsize=(9, 3.5), sharex=True)
    for axes, measure, scale in zip(panels, ("loss", "accuracy"), (1, 100), strict=True):
        axes.plot(scale * history[measure], label="training beats, with SMOTE")
        axes.plot(scale * history[f"val_{measure}"], "--", label="validation beats, all real")
        axes.set(xlabel="epoch", title=measure)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set(ylabel="cross-entropy", yscale="log")
    panels[1].set(ylabel="accuracy (%)", ylim=(92, 100))
    panels[1].legend(loc="lower right")
    return panels


def learning_rate_curve(rates: pd.Series) -> plt.Axes:
    """Draw the learning rate over the training.

    Parameters
    ----------
    rates : pandas.Series, indexed by epoch (fractions allowed)

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 2.5))
    axes.plot(rates)
    axes.set(xlabel="epoch", ylabel="learning rate", title="warm-up, then half a cosine")
    return axes


def accuracy_over_time(curves: pd.DataFrame, claim: float) -> plt.Axes:
    """Draw validation accuracy against training time, one line per model and seed.

    Parameters
    ----------
    curves : pandas.DataFrame
        Columns ``model``, ``seed``, ``minutes`` and ``val_accuracy`` (in %).
    claim : float, the overall accuracy in % that the paper's numbers imply

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 4))
    lines = {"hue": "model", "style": "model", "units": "seed", "estimator": None}
    sns.lineplot(curves, x="minutes", y="val_accuracy", linewidth=1.2, ax=axes, **lines)
    axes.axhline(claim, color="0.4", linestyle=":")
    place = {"xycoords": ("axes fraction", "data"), "ha": "right", "color": "0.3"}
    axes.annotate(f"implied by the paper's claims: {claim:.2f} %", (0.99, claim + 0.2), **place)
    axes.legend(title=None, loc="lower right")
    axes.set(xlabel="training time on one core (minutes)")
    axes.set(ylabel="accuracy on validation beats (%)", ylim=(96, 100))
    return axes


def ablation_effects(gains: pd.DataFrame, titles: dict[str, str]) -> plt.Figure:
    """Draw what each change of the method costs or brings.

    Parameters
    ----------
    gains : pandas.DataFrame, see :func:`ecgutils.studies.known_tables.ablation_gains`
    titles : mapping of metric to title, one panel each

    Returns
    -------
    matplotlib.figure.Figure
    """
    changes = list(gains["changed"].unique())
    tables = {"": gains.set_index(["changed", "metric"])}
    figure = layout.interval_panels(tables, changes, titles, (9, 0.36 * len(changes) + 1))
    for axes in figure.axes:
        axes.axvline(0, color="0.4", linestyle=":")
        axes.set_xlabel("change (percentage points)")
    return figure
