"""Figures of notebook 02: bands, energies, and what denoising gains."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def band_responses(
    frequency: np.ndarray,
    gains: Mapping[str, np.ndarray],
    bands: Mapping[str, tuple[float, float]],
) -> Axes:
    """Draw the frequency response of each level with the band that it is said to hold.

    Parameters
    ----------
    frequency : array, shape (points,)
        In Hz.
    gains : mapping of str to array of shape (points,)
        Level to share of the amplitude that it lets through.
    bands : mapping of str to (float, float)
        Level to its nominal band in Hz.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(9, 3.6))
    for name, colour in zip(gains, sns.color_palette("colorblind"), strict=False):
        axes.plot(frequency, gains[name], color=colour, linewidth=2)
        low, high = bands[name]
        axes.axvspan(low, high, color=colour, alpha=0.18, linewidth=0)
        label = f"{name}\n{low:g}–{high:g}"
        axes.annotate(label, ((low + high) / 2, 1.04), ha="center", va="bottom", color=colour)
        axes.texts[-1].set(annotation_clip=False, fontsize=10)
    axes.set(
        xlabel="frequency (Hz)",
        ylabel="amplitude let through",
        xlim=(0, frequency[-1]),
        ylim=(0, 1.03),
    )
    axes.grid(False)
    return axes


def energy_bars(shares: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw which levels the energy of an ECG, and of each noise, lies at.

    Parameters
    ----------
    shares : pandas.DataFrame
        A row a level, a column a signal; shares from 0 to 1.
    titles : mapping of str to str
        Column to title.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a signal, with the outline of the first column (the ECG) in each.
    """
    figure, panels = plt.subplots(
        1, len(titles), figsize=(2.5 * len(titles), 3.6), sharex=True, sharey=True
    )
    for axes, (name, title) in zip(panels, titles.items(), strict=True):
        axes.barh(shares.index, 100 * shares[name], alpha=0.9)
        axes.stairs(
            100 * shares.iloc[:, 0],
            np.arange(len(shares) + 1) - 0.5,
            orientation="horizontal",
            color="black",
        )
        axes.set_title(title, fontsize=11)
        axes.grid(False)
    panels[0].invert_yaxis()
    panels[0].set(xlim=(0, 100), ylabel="level")
    figure.supxlabel("share of the energy (%); black: the ECG's", fontsize=11)
    return figure


def denoising_gains(gains: pd.DataFrame, titles: Mapping[str, str]) -> Figure:
    """Draw how many dB each method gains, by kind and amount of noise.

    Parameters
    ----------
    gains : pandas.DataFrame
        Columns ``noise``, ``nst_db``, ``method`` and ``gain`` (dB), a row a record.
    titles : mapping of str to str
        Noise to title, a panel each.

    Returns
    -------
    matplotlib.figure.Figure
        Lines are means over the records; the last method's is black.
    """
    figure, panels = plt.subplots(
        1, len(titles), figsize=(3.5 * len(titles), 5.2), sharex=True, sharey=True
    )
    palette = [*sns.color_palette("colorblind", gains["method"].nunique() - 1), "black"]
    for axes, (noise, title) in zip(panels, titles.items(), strict=True):
        sns.lineplot(
            gains[gains["noise"] == noise],
            x="nst_db",
            y="gain",
            hue="method",
            style="method",
            errorbar=None,
            markers=True,
            dashes=True,
            palette=palette,
            ax=axes,
            legend=axes is panels[0],
        )
        axes.axhline(0, color="0.6", linewidth=1)
        axes.set(title=title, xlabel="noise stress test SNR (dB)")
    panels[0].set(
        ylabel="gain in signal-to-noise ratio (dB)", xticks=sorted(gains["nst_db"].unique())
    )
    panels[0].invert_xaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    panels[0].get_legend().remove()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=10)
    return figure
