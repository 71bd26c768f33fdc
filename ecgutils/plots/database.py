"""Figures of what is in the database: patients, rhythms, classes."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.ticker import StrMethodFormatter

from ecgutils.aami import CLASS_NAMES
from ecgutils.plots.style import CLASS_COLOURS

NAMED_PERCENT = 4.0
"""Records that hold at least this share of a class are named in its bar."""


def patient_ages(patients: pd.DataFrame) -> plt.Axes:
    """Draw how old the patients are, without those whose age is unknown.

    Parameters
    ----------
    patients : pandas.DataFrame with the columns ``age`` and ``sex``

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3))
    known = patients.dropna(subset="age").astype({"age": int})
    bins = {"binrange": (20, 90), "binwidth": 10, "multiple": "dodge", "shrink": 0.9, "alpha": 1}
    sns.histplot(known, x="age", hue="sex", hue_order=["F", "M"], ax=axes, **bins)
    axes.set(xlabel="age (years)", ylabel="patients")
    axes.grid(False, axis="x")
    return axes


def rhythm_bars(rhythms: pd.DataFrame) -> plt.Axes:
    """Draw the time in each rhythm.

    Parameters
    ----------
    rhythms : DataFrame with the columns ``rhythm``, ``minutes`` and ``records``, longest first

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(9, 0.32 * len(rhythms) + 1))
    bars = axes.barh(rhythms["rhythm"], rhythms["minutes"])
    texts = [
        f"{row.minutes:,.{1 if row.minutes < 10 else 0}f} min, {row.records} "
        f"{'record' if row.records == 1 else 'records'}"
        for row in rhythms.itertuples()
    ]
    axes.bar_label(bars, texts, padding=4, fontsize=10)
    axes.set(xlabel="minutes")
    axes.margins(x=0.35, y=0.01)
    return _finished_bars(axes)


def class_bars(counts: pd.Series) -> plt.Axes:
    """Draw the number of beats in each AAMI class.

    Parameters
    ----------
    counts : pandas.Series of int, indexed by class

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3))
    names = [f"{name}  {CLASS_NAMES[name]}" for name in counts.index]
    bars = axes.barh(names, counts, color=[CLASS_COLOURS[name] for name in counts.index])
    total = counts.sum()
    axes.bar_label(bars, [f"{n:,} ({100 * n / total:.1f} %)" for n in counts], padding=4)
    axes.set(xlabel="beats")
    axes.margins(x=0.4)
    return _finished_bars(axes)


def _finished_bars(axes: plt.Axes) -> plt.Axes:
    """Put the first bar on top. The scale is linear: lengths are what a reader compares."""
    axes.invert_yaxis()
    axes.grid(False)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    return axes


def classes_by_record(counts: pd.DataFrame, classes: list[str]) -> plt.Figure:
    """Draw how the beats of each class are spread over the records, most beats first.

    Parameters
    ----------
    counts : pandas.DataFrame of int, one row per record and one column per class
    classes : sequence of str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = plt.subplots(figsize=(10, 0.75 * len(classes) + 0.9))
    for position, name in enumerate(classes):
        shares = (100 * counts[name] / counts[name].sum()).sort_values(ascending=False)
        shares = shares[shares > 0]
        left = np.append(0, shares.cumsum().to_numpy()[:-1])
        look = {"color": CLASS_COLOURS[name], "edgecolor": "white", "height": 0.75}
        bars = axes.barh(position, shares, left=left, **look)
        names = shares.index.where(shares >= NAMED_PERCENT, "")
        axes.bar_label(bars, names, label_type="center", color="black", fontsize=10)
    labels = [f"{name} ({(counts[name] > 0).sum()} records)" for name in classes]
    axes.set(yticks=range(len(classes)), yticklabels=labels)
    axes.set(xlim=(0, 100), xlabel="share of the class's beats (%), a block a record")
    axes.invert_yaxis()
    axes.grid(False)
    return figure
