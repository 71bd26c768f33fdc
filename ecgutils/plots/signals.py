"""Figures of signals: strips of ECG with their annotations, and single beats."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from ecgutils import aami
from ecgutils.io.record import Record
from ecgutils.plots.style import CLASS_COLOURS

PAPER_COLOUR = "#e8b4b4"
"""Of the lines printed on ECG paper."""


def ecg_paper(axes: Axes, second: float = 0.2, millivolt: float = 0.5) -> None:
    """Draw the grid of ECG paper: large squares of 0.2 s by 0.5 mV.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        With seconds on the x axis and mV on the y axis.
    second, millivolt : float
        Distance of the lines.
    """
    axes.xaxis.set_minor_locator(MultipleLocator(second))
    axes.yaxis.set_minor_locator(MultipleLocator(millivolt))
    axes.grid(True, which="both", color=PAPER_COLOUR, linewidth=0.5)
    axes.tick_params(which="minor", length=0)


def annotated_strip(record: Record, start: float, seconds: float) -> Figure:
    """Draw a strip of all leads with the annotations above it.

    Parameters
    ----------
    record : Record
        With annotations.
    start : float
        Where the strip begins, in seconds from the start of the record.
    seconds : float
        How long it is.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a lead.
    """
    first, last = (round(s * record.fs) for s in (start, start + seconds))
    time = np.arange(first, last) / record.fs
    leads = len(record.sig_name)
    figure, panels = plt.subplots(leads, figsize=(10, 2.3 * leads), sharex=True, squeeze=False)
    for axes, lead in zip(panels[:, 0], record.sig_name, strict=True):
        axes.plot(time, record.lead(lead)[first:last], color="black", linewidth=0.9)
        axes.set(ylabel=f"{lead} (mV)", xlim=(start, start + seconds))
        ecg_paper(axes)
    _write_annotations(panels[0, 0], record, first, last)
    panels[-1, 0].set(xlabel=f"time in record {record.name} (s)")
    return figure


def _write_annotations(axes: Axes, record: Record, first: int, last: int) -> None:
    """Write each symbol above the panel, beats in the colour of their class."""
    inside = (record.annotations.sample >= first) & (record.annotations.sample < last)
    for sample, symbol, note in zip(
        record.annotations.sample[inside],
        record.annotations.symbol[inside],
        record.annotations.aux[inside],
        strict=True,
    ):
        name = aami.SYMBOL_TO_CLASS.get(symbol)
        axes.annotate(
            note or symbol,
            (sample / record.fs, 1.03),
            xycoords=("data", "axes fraction"),
            ha="center",
            fontweight="bold",
            color=CLASS_COLOURS.get(name, "black"),
            annotation_clip=False,
        )


def named_waves(
    record: Record, sample: int, names: Mapping[str, float], lead: str = "MLII"
) -> Axes:
    """Draw one heartbeat with the names of its waves.

    Parameters
    ----------
    record : Record
    sample : int
        Where the beat is annotated.
    names : mapping of str to float
        Name of each wave to where it is, in seconds from the annotation.
    lead : str
        Name of the lead.

    Returns
    -------
    matplotlib.axes.Axes
    """
    time = np.arange(round(-0.4 * record.fs), round(0.6 * record.fs)) / record.fs
    signal = record.lead(lead)[sample + np.round(time * record.fs).astype(int)]
    _, axes = plt.subplots(figsize=(6, 3.6))
    axes.plot(time, signal, color="black", linewidth=1.2)
    for name, position in names.items():
        height = np.interp(position, time, signal)
        axes.annotate(
            name, (position, height), (0, 8), textcoords="offset points", ha="center", weight="bold"
        )
    axes.set(
        xlabel=f"time from the annotation (s), record {record.name}",
        ylabel=f"{lead} (mV)",
        xlim=(time[0], time[-1]),
        ylim=(signal.min() - 0.2, signal.max() + 0.4),
    )
    ecg_paper(axes)
    return axes


def beat_gallery(
    beats: Mapping[str, tuple[Record, int]], lead: str = "MLII", side: float = 1.2
) -> Figure:
    """Draw one beat of each kind with its neighbours.

    Parameters
    ----------
    beats : mapping of str to (Record, int)
        Beat symbol to the record and the sample of the beat.
    lead : str
        Name of the lead.
    side : float
        Seconds shown before and after the beat.

    Returns
    -------
    matplotlib.figure.Figure
        A panel a symbol, all to the same scale, the beat in the colour of its AAMI class.
    """
    columns = 3
    rows = -(-len(beats) // columns)
    figure, panels = plt.subplots(
        rows, columns, figsize=(10, 1.9 * rows), sharex=True, sharey=True, squeeze=False
    )
    for axes, (symbol, (record, sample)) in zip(panels.flat, beats.items(), strict=False):
        _draw_beat(axes, record.lead(lead), record.fs, sample, side, symbol)
        axes.set_title(f"{symbol}  {aami.SYMBOL_NAMES[symbol]} ({record.name})", fontsize=10)
        ecg_paper(axes, millivolt=1)
    for axes in panels.flat[len(beats) :]:
        axes.set_axis_off()
    panels[0, 0].set(xlim=(-side, side), ylim=(-2.5, 3.5))
    figure.supxlabel("time from the beat (s)", fontsize=12)
    figure.supylabel(f"{lead} (mV)", fontsize=12)
    return figure


def _draw_beat(
    axes: Axes, signal: np.ndarray, fs: float, sample: int, side: float, symbol: str
) -> None:
    """Draw a beat thick and coloured on the signal around it, the median of which is zero."""
    first, last = max(sample - round(side * fs), 0), sample + round(side * fs)
    around = signal[first:last] - np.median(signal[first:last])
    time = (np.arange(first, first + len(around)) - sample) / fs
    axes.plot(time, around, color="0.35", linewidth=0.8)
    beat = (time > -0.25) & (time < 0.35)
    colour = CLASS_COLOURS[aami.SYMBOL_TO_CLASS[symbol]]
    axes.plot(time[beat], around[beat], color=colour, linewidth=2)


def stacked_signals(
    signals: Mapping[str, np.ndarray], fs: float, seconds: float, titles: Sequence[str] = ()
) -> Figure:
    """Draw signals of the same stretch of time below one another, each to its own scale.

    Parameters
    ----------
    signals : mapping of str to array of shape (samples,)
        Name to signal in mV.
    fs : float
        Sampling frequency in Hz.
    seconds : float
        How much of the beginning is shown.
    titles : sequence of str
        What stands above each panel; nothing when not given.

    Returns
    -------
    matplotlib.figure.Figure
    """
    shown = round(seconds * fs)
    time = np.arange(shown) / fs
    figure, panels = plt.subplots(len(signals), figsize=(9, 0.95 * len(signals) + 0.6), sharex=True)
    for position, (axes, (name, signal)) in enumerate(zip(panels, signals.items(), strict=True)):
        axes.plot(time, signal[:shown], color="black", linewidth=0.9)
        axes.set_ylabel(name, rotation=0, ha="right", va="center")
        axes.locator_params(axis="y", nbins=3)
        if titles:
            axes.annotate(titles[position], (1.01, 0.5), xycoords="axes fraction", va="center")
    panels[-1].set(xlabel="time (s)", xlim=(0, seconds))
    figure.align_ylabels(panels)
    return figure


def signal_grid(
    columns: Mapping[str, Mapping[str, np.ndarray]],
    fs: float,
    seconds: float,
    reference: np.ndarray,
) -> Figure:
    """Draw versions of a signal in rows and columns, with the original behind each.

    Parameters
    ----------
    columns : mapping of str to mapping of str to array of shape (samples,)
        Column title to row title to signal in mV; the rows are the same in each column.
    fs : float
        Sampling frequency in Hz.
    seconds : float
        How much of the beginning is shown.
    reference : array of shape (samples,)
        The original in mV.

    Returns
    -------
    matplotlib.figure.Figure
        The panels of a row to the same scale, each signal moved to a median of zero.
    """
    shown = round(seconds * fs)
    time = np.arange(shown) / fs
    original = reference[:shown] - np.median(reference[:shown])
    rows = list(next(iter(columns.values())))
    figure, panels = plt.subplots(
        len(rows),
        len(columns),
        figsize=(3.4 * len(columns), 1.7 * len(rows) + 0.6),
        sharex=True,
        sharey="row",
        squeeze=False,
    )
    for down, row in enumerate(rows):
        for across, (title, signals) in enumerate(columns.items()):
            axes, signal = panels[down, across], signals[row][:shown]
            axes.plot(time, signal - np.median(signal), linewidth=1)
            axes.plot(time, original, color="black", linewidth=0.8, alpha=0.6)
            if down == 0:
                axes.set_title(title)
        panels[down, 0].set_ylabel(f"{row}\n(mV)")
    panels[0, 0].set(xlim=(0, seconds))
    figure.supxlabel("time (s)", fontsize=12)
    return figure
