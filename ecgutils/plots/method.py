"""Drawings of the method's steps on real beats: where a beat is cut, and what SMOTE makes."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ecgutils.aami import CLASSES
from ecgutils.beats.beats import Beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.t_to_t import cut_t_to_t, t_to_t_borders
from ecgutils.errors import EcgError
from ecgutils.io.record import Record
from ecgutils.plots.beats import MADE_COLOUR, smote_between_parents
from ecgutils.plots.style import CLASS_COLOURS

_MARGIN_S = 0.15
"""Seconds that are shown beside the windows."""

_SPAN = {"arrowstyle": "|-|,widthA=0.3,widthB=0.3", "shrinkA": 0, "shrinkB": 0}


def two_windows(record: Record, beat: int) -> plt.Figure:
    """Draw a beat and the one before it, cut from T peak to T peak and around their R peaks.

    Parameters
    ----------
    record : Record, with annotations
    beat : int
        Which beat, counted from 0, but neither of the first two; best one that comes early.

    Returns
    -------
    matplotlib.figure.Figure
        Above the signal with both windows, below what is left of each beat. On the left it is
        resized and scaled to 0..1, on the right in seconds and heights of the median beat.

    Raises
    ------
    EcgError
        If there is no such beat.
    """
    record, cut, pair = record.only([0]), RCentred(leads=1), slice(beat - 1, beat + 1)
    every, ours = cut_t_to_t(record), cut(record)[pair]
    if not 2 <= beat < len(every) - 1:
        raise EcgError(f"{record.name}: beat {beat} is not one of 2 to {len(every) - 2}")
    paper = every[pair]
    borders = np.stack(t_to_t_borders(record.lead(0), record.fs, every.sample))[:, pair]
    figure, panels = plt.subplots(2, 2, figsize=(10, 5))
    around = np.array([[-cut.before_s], [cut.after_s]]) * record.fs
    for axes, edges in zip(panels[0], (borders, paper.sample + around), strict=True):
        _windows(axes, record, edges / record.fs, paper)
    t_peaks = np.unique(borders)
    look = {"color": "black", "label": "T peak"}
    panels[0, 0].plot(t_peaks / record.fs, record.lead(0)[t_peaks], "v", **look)
    panels[0, 0].legend(loc="upper right", fontsize="small")
    seconds = np.arange(ours.windows.shape[1]) / record.fs - cut.before_s
    _both(panels[1, 0], np.arange(paper.windows.shape[1]), paper.windows, paper)
    _both(panels[1, 1], seconds, ours.windows, paper)
    panels[0, 0].set(title="from one T peak to the next", ylabel=f"{record.sig_name[0]} (mV)")
    panels[0, 1].set(title="around the R peak")
    panels[1, 0].set(title="stretched to one length")
    panels[1, 1].set(title="as long as it was")
    panels[1, 0].set(xlabel="sample of the resized beat", ylabel="scaled to 0..1")
    panels[1, 1].set(xlabel="time from the R peak (s)", ylabel="median height = 1")
    return figure


def _windows(axes: Axes, record: Record, edges: np.ndarray, beats: Beats) -> None:
    """Draw the signal around two beats, with windows from and to so many seconds shaded."""
    first, last = edges.min() - _MARGIN_S, edges.max() + _MARGIN_S
    ends = np.clip([first * record.fs, last * record.fs], 0, len(record.p_signal))
    rows = np.arange(*np.rint(ends).astype(int))
    signal = record.lead(0)[rows]
    axes.plot(rows / record.fs, signal, color="black", linewidth=1)
    low, height = signal.min(), np.ptp(signal)
    for k, name in enumerate(_class_names(beats)):
        colour, (start, stop) = CLASS_COLOURS[name], edges[:, k]
        axes.axvspan(start, stop, color=colour, alpha=0.18, linewidth=0)
        level = low - (0.12 + 0.13 * k) * height
        axes.annotate("", (start, level), (stop, level), arrowprops=_SPAN | {"color": colour})
        words = f"{stop - start:.2f} s"
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        look = {"ha": "center", "va": "center", "size": 9, "color": colour, "bbox": box}
        axes.text((start + stop) / 2, level, words, **look)
    r_peaks = beats.sample / record.fs
    heights = record.lead(0)[beats.sample]
    for place, up, symbol, name in zip(
        r_peaks, heights, beats.symbol, _class_names(beats), strict=True
    ):
        look = {"ha": "center", "weight": "bold", "color": CLASS_COLOURS[name]}
        axes.annotate(symbol, (place, up), (0, 5), textcoords="offset points", **look)
    axes.set(xlim=(first, last), ylim=(low - 0.35 * height, low + 1.2 * height))
    axes.set_xlabel(f"time in record {record.name} (s)")
    axes.grid(False)


def _both(axes: Axes, places: np.ndarray, windows: np.ndarray, beats: Beats) -> None:
    """Draw what is left of two beats over each other."""
    for k, (name, style) in enumerate(zip(_class_names(beats), ("--", "-"), strict=True)):
        look = {"color": CLASS_COLOURS[name], "linestyle": style}
        axes.plot(places, windows[k, :, 0], label=f"{beats.symbol[k]} beat", **look)
    axes.legend(loc="upper right", fontsize="small")


def _class_names(beats: Beats) -> list[str]:
    """Return the class of each beat."""
    return [CLASSES[k] for k in beats.aami_class]


def smote_line(real: np.ndarray, share: float, name: str) -> plt.Figure:
    """Draw how SMOTE makes a beat: on the line from a real one to one of its neighbours.

    Parameters
    ----------
    real : array, shape (1 + neighbours, coefficients)
        A beat and its nearest neighbours of the same class, the first of which it is joined with.
    share : float
        Of the way to that neighbour, from 0 to 1.
    name : class

    Returns
    -------
    matplotlib.figure.Figure
        On the left the beats are points in a plane through the line, on the right their
        coefficients.
    """
    made = real[0] + share * (real[1] - real[0])
    figure, (plane, rows) = plt.subplots(1, 2, figsize=(10, 3.8), width_ratios=(1, 1.25))
    points, (point,) = _beside_line(real, real), _beside_line(real, made[None])
    colour = CLASS_COLOURS[name]
    plane.plot(*points[:2].T, color="0.4", linewidth=1.2, zorder=1)
    plane.plot(*points[2:].T, "o", color=colour, alpha=0.45, label="other neighbours")
    plane.plot(*points[:2].T, "o", color=colour, markersize=9, label="two real beats")
    plane.plot(*point, "D", color=MADE_COLOUR, markersize=8, label="made from them")
    marks = (("beat", points[0], -17), (f"λ = {share:g}", point, 9), ("neighbour", points[1], -17))
    for words, place, shift in marks:
        look = {"textcoords": "offset points", "ha": "center", "size": 10}
        plane.annotate(words, place, (0, shift), **look)
    plane.set(xlabel="distance along the line", ylabel="distance beside it")
    plane.set_title(f"{name} beats as points")
    plane.margins(0.2)
    plane.legend(fontsize="small", loc="best")
    smote_between_parents(real[0], real[1], made, name, rows)
    rows.set_title("the same beats as coefficients")
    rows.get_legend().remove()
    return figure


def _beside_line(real: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Return how far rows are along the line through the first two, and beside it; (rows, 2).

    Beside it there are many directions: taken is the one in which the real beats are spread most.
    """
    along = (real[1] - real[0]) / np.linalg.norm(real[1] - real[0])
    away = real - real[0] - np.outer((real - real[0]) @ along, along)
    beside = np.linalg.svd(away, full_matrices=False)[2][0]
    return (shown - real[0]) @ np.column_stack([along, beside])
