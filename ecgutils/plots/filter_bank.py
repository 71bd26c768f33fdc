"""The tree of the wavelet transform, with the coefficients of a real signal."""

import matplotlib.pyplot as plt
import numpy as np
import pywt
from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch

from ecgutils.signals.wavelets import WAVELET

_SLOW, _FAST = "#0173b2", "#d55e00"


def db2_tree(signal: np.ndarray, fs: float, level: int = 3) -> plt.Figure:
    """Draw how db2 splits a signal into a slow and a fast half, and the slow one again.

    Parameters
    ----------
    signal : array of mV, shape (samples,)
    fs : float, its sampling frequency in Hz
    level : int, how many times the slow half is split

    Returns
    -------
    matplotlib.figure.Figure
        The signal and approximations on the left, details on the right, all over one time axis
        and the details on one scale; on the upper right the two filters.
    """
    figure, panels = plt.subplots(level + 1, 2, figsize=(10, 1.25 * level + 1.9), sharex="none")
    wavelet, slow, rate = pywt.Wavelet(WAVELET), np.asarray(signal), fs
    _filters(panels[0, 1], wavelet)
    _coefficients(panels[0, 0], slow, rate, f"ECG: {len(slow)} samples", "black")
    for k in range(1, level + 1):
        (slow, fast), rate = pywt.dwt(slow, wavelet), rate / 2
        words = f"{len(slow)} coefficients,"
        _coefficients(panels[k, 0], slow, rate, f"A{k}: {words} 0 to {rate / 2:g} Hz", _SLOW)
        title = f"D{k}: {words} {rate / 2:g} to {rate:g} Hz"
        _coefficients(panels[k, 1], fast, rate, title, _FAST)
        _arrow(figure, (panels[k - 1, 0], (0.8, 0)), (panels[k, 0], (0.8, 1)), _SLOW)
        _arrow(figure, (panels[k - 1, 0], (1, 0.25)), (panels[k, 1], (0, 0.75)), _FAST)
    highest = max(np.abs(axes.get_ylim()).max() for axes in panels[1:, 1])
    for axes in panels[1:, 1]:
        axes.set(ylim=(-highest, highest))
    for axes in panels[-1]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("time (s)")
    return figure


def _coefficients(axes: Axes, values: np.ndarray, rate: float, title: str, colour: str) -> None:
    """Draw values at so many a second, each as a dot."""
    look = {"color": colour, "linewidth": 1, "marker": ".", "markersize": 3}
    axes.plot(np.arange(len(values)) / rate, values, **look)
    axes.set_title(title, size=10, color=colour)
    axes.locator_params(axis="y", nbins=3)
    axes.tick_params(labelbottom=False)
    if colour == _FAST:
        axes.yaxis.tick_right()
        axes.yaxis.set_label_position("right")
    axes.set_ylabel("mV", size=10)


def _filters(axes: Axes, wavelet: pywt.Wavelet) -> None:
    """Draw the four numbers of both filters."""
    filters = (("slow half", wavelet.dec_lo, _SLOW, "o"), ("fast half", wavelet.dec_hi, _FAST, "s"))
    for shift, (name, taps, colour, marker) in zip((-0.06, 0.06), filters, strict=True):
        places = np.arange(len(taps)) + shift
        axes.vlines(places, 0, taps, color=colour, linewidth=2)
        axes.plot(places, taps, marker, color=colour, markersize=5, label=name)
    axes.set_title("the filters of db2: four numbers each", size=10)
    axes.set(xticks=range(len(wavelet.dec_lo)), xlim=(-0.4, 4.9))
    axes.yaxis.tick_right()
    axes.margins(y=0.15)
    axes.legend(fontsize="x-small", loc="center right")


def _arrow(figure: plt.Figure, start: tuple, end: tuple, colour: str) -> None:
    """Draw an arrow between places of two panels, each given in shares of its sides."""
    ends = {"xyA": start[1], "coordsA": start[0].transAxes}
    ends |= {"xyB": end[1], "coordsB": end[0].transAxes}
    look = {"arrowstyle": "-|>", "color": colour, "mutation_scale": 12, "linewidth": 1.6}
    figure.add_artist(ConnectionPatch(**ends, **look))
