"""Figures of wavelets: bands, energies, and what denoising gains."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from ecgutils.plots import layout


def band_responses(
    frequency: np.ndarray, gains: dict[str, np.ndarray], bands: dict[str, tuple[float, float]]
) -> plt.Axes:
    """Draw the frequency response of each level over its nominal band.

    Parameters
    ----------
    frequency : array of Hz, shape (points,)
    gains : mapping of level to array, the share of the amplitude let through, shape (points,)
    bands : mapping of level to its nominal band (low, high) in Hz

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(9, 3.6))
    for name, colour in zip(gains, sns.color_palette("colorblind"), strict=False):
        axes.plot(frequency, gains[name], color=colour, linewidth=2)
        low, high = bands[name]
        axes.axvspan(low, high, color=colour, alpha=0.18, linewidth=0)
        look = {"ha": "center", "va": "bottom", "color": colour, "fontsize": 10}
        axes.text((low + high) / 2, 1.04, f"{name}\n{low:g}–{high:g}", **look)
    axes.set(xlabel="frequency (Hz)", xlim=(0, frequency[-1]))
    axes.set(ylabel="amplitude let through", ylim=(0, 1.03))
    axes.grid(False)
    return axes


def energy_bars(shares: pd.DataFrame, titles: dict[str, str]) -> plt.Figure:
    """Draw which levels hold the energy of an ECG and of each noise, one panel per signal.

    Parameters
    ----------
    shares : pandas.DataFrame
        One row per level, one column per signal; the first is the ECG. Shares from 0 to 1.
    titles : mapping of column to title

    Returns
    -------
    matplotlib.figure.Figure
    """
    size = (2.5 * len(titles), 3.6)
    figure, panels = layout.panel_row(titles.values(), size, ylabel="level", sharex=True)
    edges = np.arange(len(shares) + 1) - 0.5
    for axes, (name, title) in zip(panels, titles.items(), strict=True):
        axes.barh(shares.index, 100 * shares[name], alpha=0.9)
        axes.stairs(100 * shares.iloc[:, 0], edges, orientation="horizontal", color="black")
        axes.set_title(title, fontsize=11)
        axes.grid(False)
    panels[0].invert_yaxis()
    panels[0].set_xlim(0, 100)
    figure.supxlabel("share of the energy (%); black: the ECG's", fontsize=11)
    return figure


def denoising_gains(gains: pd.DataFrame, titles: dict[str, str]) -> plt.Figure:
    """Draw how many dB each method gains on average, by kind and amount of noise.

    Parameters
    ----------
    gains : pandas.DataFrame
        Columns ``noise``, ``nst_db``, ``method`` and ``gain`` (dB), one row per record.
    titles : mapping of noise to title, one panel each

    Returns
    -------
    matplotlib.figure.Figure
    """
    xlabel, ylabel = "noise stress test SNR (dB)", "gain in signal-to-noise ratio (dB)"
    size = (3.5 * len(titles), 5.2)
    figure, panels = layout.panel_row(titles.values(), size, xlabel, ylabel, sharex=True)
    palette = [*sns.color_palette("colorblind", gains["method"].nunique() - 1), "black"]
    lines = {"hue": "method", "style": "method", "markers": True, "palette": palette}
    for axes, noise in zip(panels, titles, strict=True):
        shown = gains[gains["noise"] == noise]
        sns.lineplot(shown, x="nst_db", y="gain", errorbar=None, ax=axes, **lines)
        axes.axhline(0, color="0.6", linewidth=1)
        handles = axes.get_legend_handles_labels()
        axes.get_legend().remove()
    panels[0].set(xticks=sorted(set(gains["nst_db"])))
    panels[0].invert_xaxis()
    figure.legend(*handles, loc="outside lower center", ncols=3, fontsize=10)
    return figure
