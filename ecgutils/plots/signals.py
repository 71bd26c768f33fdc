"""Figures of signals: strips of ECG with their annotations, and single beats."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MultipleLocator

from ecgutils import aami
from ecgutils.io.record import Record
from ecgutils.plots import layout
from ecgutils.plots.style import CLASS_COLOURS

PAPER_COLOUR = "#e8b4b4"
"""Of the lines printed on ECG paper."""

BEAT_LEAD = "MLII"
"""The lead in which single beats are drawn."""

NEIGHBOURS_S = 1.2
"""Seconds shown before and after a beat of the gallery."""


def ecg_paper(axes: plt.Axes, millivolt: float = 0.5) -> None:
    """Draw the grid of ECG paper on axes of s and mV: squares of 0.2 s by `millivolt`."""
    axes.set_aspect(0.2 / millivolt)
    for axis, step in ((axes.xaxis, 0.2), (axes.yaxis, millivolt)):
        axis.set_minor_locator(MultipleLocator(step))
        # Otherwise there is no line of the paper where the scale has a number.
        axis.remove_overlapping_locs = False
    axes.grid(False, which="major")
    axes.grid(True, which="minor", color=PAPER_COLOUR, linewidth=0.5)
    axes.tick_params(which="minor", length=0)


def annotated_strip(record: Record, start: float, seconds: float) -> plt.Figure:
    """Draw a strip of all leads with the annotations above it, beats in their class's colour.

    Parameters
    ----------
    record : Record
    start, seconds : float, the begin and length of the strip

    Returns
    -------
    matplotlib.figure.Figure
    """
    first, last = (round(s * record.fs) for s in (start, start + seconds))
    time, leads = np.arange(first, last) / record.fs, len(record.sig_name)
    signals = record.p_signal[first:last].T
    look = {"sharex": True, "squeeze": False, "height_ratios": np.ptp(signals, axis=1)}
    figure, panels = plt.subplots(leads, figsize=(10, 2.1 * leads), **look)
    for axes, lead, signal in zip(panels[:, 0], record.sig_name, signals, strict=True):
        axes.plot(time, signal, color="black", linewidth=0.9)
        axes.set(ylabel=f"{lead} (mV)", xlim=(start, start + seconds))
        ecg_paper(axes)
    marks = record.annotations
    shown = marks[(marks.sample >= first) & (marks.sample < last)]
    look = {"xycoords": ("data", "axes fraction"), "ha": "center", "weight": "bold"}
    for sample, symbol, note in zip(shown.sample, shown.symbol, shown.aux, strict=True):
        place = (sample / record.fs, 1.03)
        colour = CLASS_COLOURS.get(aami.SYMBOL_TO_CLASS.get(symbol), "black")
        panels[0, 0].annotate(note or symbol, place, color=colour, annotation_clip=False, **look)
    panels[-1, 0].set(xlabel=f"time in record {record.name} (s)")
    return figure


def named_waves(record: Record, sample: int, names: dict[str, float]) -> plt.Axes:
    """Draw one heartbeat in lead MLII with the names of its waves.

    Parameters
    ----------
    record : Record
    sample : int, where the beat is annotated
    names : mapping of wave to seconds from the annotation

    Returns
    -------
    matplotlib.axes.Axes
    """
    time = np.arange(round(-0.4 * record.fs), round(0.6 * record.fs)) / record.fs
    signal = record.lead(BEAT_LEAD)[sample + np.round(time * record.fs).astype(int)]
    _, axes = plt.subplots(figsize=(4.6, 4.4))
    axes.plot(time, signal, color="black", linewidth=1.2)
    look = {"textcoords": "offset points", "ha": "center", "weight": "bold"}
    for name, position in names.items():
        height = np.interp(position, time, signal)
        axes.annotate(name, (position, height), (0, 8), **look)
    axes.set(xlabel=f"time from the annotation (s), record {record.name}")
    axes.set(ylabel=f"{BEAT_LEAD} (mV)", xlim=(time[0], time[-1]))
    axes.set(ylim=(signal.min() - 0.2, signal.max() + 0.4))
    ecg_paper(axes)
    return axes


def beat_gallery(beats: dict[str, tuple[Record, int]]) -> plt.Figure:
    """Draw one beat of each kind with its neighbours in lead MLII, all to the same scale.

    The beat is thick and coloured; the median of the signal around it is zero.

    Parameters
    ----------
    beats : mapping of symbol to (record, sample of the beat)

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = layout.panels_in_threes(len(beats), width=10, sharey=True)
    for axes, (symbol, (record, sample)) in zip(panels, beats.items(), strict=True):
        around = layout.around_beat(record, BEAT_LEAD, sample, NEIGHBOURS_S)
        colour = CLASS_COLOURS[aami.SYMBOL_TO_CLASS[symbol]]
        around = around - around.median()
        axes.plot(around, color="0.35", linewidth=0.8)
        axes.plot(around[(around.index > -0.25) & (around.index < 0.35)], color=colour, linewidth=2)
        axes.set_title(f"{symbol}  {aami.SYMBOL_NAMES[symbol]} ({record.name})", fontsize=10)
        ecg_paper(axes, millivolt=1)
    panels[0].set(xlim=(-NEIGHBOURS_S, NEIGHBOURS_S), ylim=(-2.5, 3.5))
    figure.supxlabel("time from the beat (s)", fontsize=12)
    figure.supylabel(f"{BEAT_LEAD} (mV)", fontsize=12)
    return figure


def stacked_signals(
    signals: dict[str, np.ndarray], fs: float, seconds: float, titles: list[str]
) -> plt.Figure:
    """Draw signals of the same stretch of time below one another, each to its own scale.

    Parameters
    ----------
    signals : mapping of name to array of mV, shape (samples,)
    fs, seconds : float
        Sampling frequency in Hz, and how much of the beginning is shown.
    titles : sequence of str, what stands beside each panel

    Returns
    -------
    matplotlib.figure.Figure
    """
    time = np.arange(round(seconds * fs)) / fs
    figure, panels = plt.subplots(len(signals), figsize=(9, 0.95 * len(signals) + 0.6), sharex=True)
    for axes, (name, signal), title in zip(panels, signals.items(), titles, strict=True):
        axes.plot(time, signal[: len(time)], color="black", linewidth=0.9)
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
        axes.locator_params(axis="y", nbins=3)
        axes.annotate(title, (1.01, 0.5), xycoords="axes fraction", va="center")
    panels[-1].set(xlabel="time (s)", xlim=(0, seconds))
    figure.align_ylabels(panels)
    return figure


def signal_grid(
    columns: dict[str, dict[str, np.ndarray]], fs: float, seconds: float, reference: np.ndarray
) -> plt.Figure:
    """Draw versions of a signal in rows and columns, with the original behind each.

    Parameters
    ----------
    columns : mapping of column title to mapping of row title to array, shape (samples,)
        Signals in mV; each column has the same rows.
    fs, seconds : float
        Sampling frequency in Hz, and how much of the beginning is shown.
    reference : array of mV, shape (samples,)

    Returns
    -------
    matplotlib.figure.Figure
        Each signal is moved to a median of zero; the panels of a row have one scale.
    """
    time = np.arange(round(seconds * fs)) / fs
    original = reference[: len(time)] - np.median(reference[: len(time)])
    rows = list(next(iter(columns.values())))
    size, shared = (3.4 * len(columns), 1.7 * len(rows) + 0.6), {"sharex": True, "sharey": "row"}
    figure, panels = plt.subplots(len(rows), len(columns), figsize=size, squeeze=False, **shared)
    for column, (title, signals) in zip(panels.T, columns.items(), strict=True):
        column[0].set_title(title)
        for axes, row in zip(column, rows, strict=True):
            signal = signals[row][: len(time)]
            axes.plot(time, signal - np.median(signal), linewidth=1)
            axes.plot(time, original, color="black", linewidth=0.8, alpha=0.6)
    for axes, row in zip(panels[:, 0], rows, strict=True):
        axes.set_ylabel(f"{row}\n(mV)")
    panels[0, 0].set(xlim=(0, seconds))
    figure.supxlabel("time (s)", fontsize=12)
    return figure
