"""Drawings of how beats and patients are divided into training and test."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from ecgutils.aami import DS1, DS2
from ecgutils.plots import layout
from ecgutils.plots.style import CLASS_COLOURS

_TRAINED, _TESTED = "#9cc6e3", "#d55e00"
_ONE_PERSON = ("201", "202")


def two_splits(tested: Mapping[str, np.ndarray], records: Sequence[str]) -> plt.Figure:
    """Draw beats of some patients, and which of them each way to split puts into the test.

    Parameters
    ----------
    tested : mapping of title to array of bool, shape (records, beats)
    records : sequence of str, one name per row

    Returns
    -------
    matplotlib.figure.Figure
        One panel per way; each row is a patient, each square a beat.
    """
    figure, panels = layout.panel_row(tested, (10, 0.27 * len(records) + 1.1), "beat", "record")
    for axes, chosen in zip(panels, tested.values(), strict=True):
        look = {"cmap": ListedColormap([_TRAINED, _TESTED]), "vmin": 0, "vmax": 1}
        axes.pcolormesh(chosen, edgecolors="white", linewidth=1.5, **look)
        axes.grid(False)
    rows = np.arange(len(records)) + 0.5
    panels[0].set(yticks=rows, yticklabels=records, ylim=(len(records), 0))
    patches = [Patch(color=_TRAINED, label="to train on"), Patch(color=_TESTED, label="to test on")]
    figure.legend(handles=patches, loc="outside lower right", ncols=2)
    return figure


def ds1_and_ds2(counts: pd.DataFrame) -> plt.Figure:
    """Draw the ectopic beats of each record of both sets.

    Parameters
    ----------
    counts : pandas.DataFrame
        Beats of each class, one row per record, see
        :func:`ecgutils.database.overview.count_classes`.

    Returns
    -------
    matplotlib.figure.Figure
        DS1 above, DS2 below, one bar per record, S, V and F beats upon each other.
    """
    figure, panels = plt.subplots(2, figsize=(10, 4.8), sharey=True)
    sets = {"DS1, to train on": DS1, "DS2, to test on": DS2}
    for axes, (title, names) in zip(panels, sets.items(), strict=True):
        shown, base = counts.reindex(list(names)).fillna(0), 0
        for name, hatch in zip("SVF", ("", "////", "xxxx"), strict=True):
            look = {"color": CLASS_COLOURS[name], "hatch": hatch, "edgecolor": "white"}
            axes.bar(shown.index, shown[name], bottom=base, label=f"{name} beats", **look)
            base = base + shown[name]
        axes.set(title=f"{title}: {len(names)} records", ylabel="beats", xlim=(-0.6, 21.6))
        axes.tick_params(axis="x", labelsize=9)
        axes.grid(False, axis="x")
        for label in axes.get_xticklabels():
            if label.get_text() in _ONE_PERSON:
                label.set(weight="bold", color="#d55e00")
    panels[0].set_ylim(0, 1.1 * panels[0].get_ylim()[1])
    panels[1].set_xlabel("record; the two in colour are one person")
    panels[0].legend(ncols=3, loc="upper left")
    return figure
