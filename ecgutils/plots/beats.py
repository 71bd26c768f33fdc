"""Figures of beats: how they are cut, what scaling does to them, and what SMOTE makes."""

import matplotlib.pyplot as plt
import numpy as np

from ecgutils.aami import CLASS_NAMES, CLASSES
from ecgutils.beats.t_to_t import cut_t_to_t, t_to_t_borders
from ecgutils.io.record import Record
from ecgutils.plots import layout
from ecgutils.plots.style import CLASS_COLOURS

MADE_COLOUR = "black"
"""Colour of what SMOTE made."""


def t_to_t_cuts(record: Record, start: float, seconds: float) -> plt.Axes:
    """Draw where the first lead is cut into beats, each shaded in the colour of its class.

    Parameters
    ----------
    record : Record, with annotations
    start, seconds : float, the begin and length of the strip

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(10, 3.4))
    signal, fs, beats = record.lead(0), record.fs, cut_t_to_t(record)
    first, last = round(start * fs), round((start + seconds) * fs)
    axes.plot(np.arange(first, last) / fs, signal[first:last], color="black", linewidth=1)
    low, height = signal[first:last].min(), np.ptp(signal[first:last])
    begins, ends = t_to_t_borders(signal, fs, beats.sample)
    for k in np.flatnonzero((ends > first) & (begins < last)):
        colour = CLASS_COLOURS[CLASSES[beats.aami_class[k]]]
        axes.axvspan(begins[k] / fs, ends[k] / fs, color=colour, alpha=0.15, linewidth=0)
        axes.axvline(ends[k] / fs, color="black", linestyle=":", linewidth=1)
        if first < beats.sample[k] < last:
            place = (beats.sample[k] / fs, low + 1.1 * height)
            axes.annotate(beats.symbol[k], place, color=colour, ha="center", weight="bold")
    marks = {"R peak (annotated)": (beats.sample, "o"), "T peak (found)": (ends, "v")}
    for label, (peaks, marker) in marks.items():
        inside = peaks[(peaks > first) & (peaks < last)]
        axes.plot(inside / fs, signal[inside], marker, color="black", label=label)
    axes.set(xlim=(start, start + seconds), ylim=(low - 0.1 * height, low + 1.25 * height))
    axes.set(xlabel="time (s)", ylabel=f"record {record.name}, {record.sig_name[0]} (mV)")
    axes.grid(False)
    axes.figure.legend(loc="outside lower right", ncols=2)
    return axes


def beats_against_median(
    beats: dict[str, np.ndarray], median: np.ndarray, time: np.ndarray
) -> plt.Figure:
    """Draw a beat of each class over the median beat of its record, one panel per class.

    Parameters
    ----------
    beats : mapping of class to array, shape (samples,)
    median, time : array, shape (samples,)
        The record's median beat, which is 1 high, and seconds from the R peak.

    Returns
    -------
    matplotlib.figure.Figure
    """
    titles = [f"beat of class {name}" for name in beats]
    figure, panels = layout.panel_row(titles, (9, 2.8), "time from R (s)", "median height = 1")
    for axes, (name, beat) in zip(panels, beats.items(), strict=True):
        axes.plot(time, median, "--", color="0.5")
        axes.plot(time, beat, color=CLASS_COLOURS[name])
        axes.fill_between(time, median, beat, color=CLASS_COLOURS[name], alpha=0.2)
    panels[0].legend(["median beat", "this beat"], loc="upper right", fontsize="x-small")
    return figure


def recorded_and_scaled(
    stretches: dict[str, np.ndarray], windows: np.ndarray, fs: float
) -> plt.Figure:
    """Draw beats as they were recorded, and as they are given to the network.

    Parameters
    ----------
    stretches : mapping of class to array of mV, shape (samples,)
    windows : array, shape (beats, samples)
        The same beats resized and scaled to 0..1.
    fs : float, of the stretches in Hz

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, (before, after) = plt.subplots(1, 2, figsize=(10, 3.4))
    for (name, stretch), window in zip(stretches.items(), windows, strict=True):
        look = {"color": CLASS_COLOURS[name], "label": f"{name} beat"}
        before.plot(np.arange(len(stretch)) / fs, stretch, **look)
        after.plot(window, **look)
    before.set(xlabel="time since the last T peak (s)", ylabel="mV", title="as recorded")
    after.set(xlabel="sample", ylabel="scaled to 0..1", title="resized and scaled")
    before.legend()
    return figure


def rr_by_class(rr: dict[str, np.ndarray]) -> plt.Axes:
    """Draw how early or late the beats of each class come.

    Parameters
    ----------
    rr : mapping of class to array, shape (beats,)
        RR interval before each beat, divided by the median of its record.

    Returns
    -------
    matplotlib.axes.Axes
    """
    _, axes = plt.subplots(figsize=(8, 3.2))
    edges = np.arange(0.2, 2.01, 0.04)
    for name, values in rr.items():
        look = {"color": CLASS_COLOURS[name], "alpha": 0.6, "label": f"{name} beats"}
        axes.hist(values, edges, weights=np.full(len(values), 100 / len(values)), **look)
    axes.set_xlabel("RR interval before the beat / median of its record")
    axes.set_ylabel("share of the class (%)")
    axes.legend()
    return axes


def tachograms_side_by_side(rhythms: dict[str, tuple[np.ndarray, np.ndarray]]) -> plt.Figure:
    """Draw the interval before each beat in the colour of its class, one panel per rhythm.

    Parameters
    ----------
    rhythms : mapping of title to (array of float, array of int), both of shape (beats,)
        Intervals in seconds, and positions in :data:`ecgutils.aami.CLASSES`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = layout.panel_row(rhythms, (10, 3), "beat", "RR interval (s)")
    for axes, (rr, classes) in zip(panels, rhythms.values(), strict=True):
        for k, name in enumerate(CLASSES[:3]):
            beat = np.flatnonzero(classes == k)
            look = {"color": CLASS_COLOURS[name], "label": name, "markersize": 4}
            axes.plot(beat, rr[beat], "osD"[k], **look)
    panels[-1].legend(loc="upper right")
    return figure


def windows_side_by_side(windows: dict[str, np.ndarray], xlabel: str, ylabel: str) -> plt.Figure:
    """Draw several windows next to each other on one scale.

    Parameters
    ----------
    windows : mapping of title to array, shape (samples,)
    xlabel, ylabel : str

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = layout.panel_row(windows, (10, 2.8), xlabel, ylabel)
    for axes, window in zip(panels, windows.values(), strict=True):
        axes.plot(window, color="black")
    return figure


def beat_with_coefficients(
    window: np.ndarray, approximation: np.ndarray, detail: np.ndarray
) -> plt.Figure:
    """Draw a beat beside its wavelet coefficients of one level, which have one scale.

    Parameters
    ----------
    window : array of 0..1, shape (samples,)
    approximation, detail : array, shape (coefficients,)

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = plt.subplots(1, 3, figsize=(10, 2.8))
    panels[1].sharey(panels[2])
    shown = {"beat": window, "approximation": approximation, "detail": detail}
    for axes, (name, values) in zip(panels, shown.items(), strict=True):
        axes.plot(values, color="black")
        axes.set(title=f"{name}: {len(values)} values", xlabel="position")
    panels[0].set_ylabel("scaled to 0..1")
    panels[1].set_ylabel("coefficient")
    return figure


def class_shapes(quantiles: dict[str, np.ndarray]) -> plt.Figure:
    """Draw the mean beat of each class and how far beats spread around it.

    Parameters
    ----------
    quantiles : mapping of class to array, shape (3, samples)
        Mean, lower and upper border of the spread.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = layout.panel_row(quantiles, (11, 2.8), "sample", "scaled to 0..1")
    for axes, (name, (mean, low, high)) in zip(panels, quantiles.items(), strict=True):
        sample = np.arange(len(mean))
        axes.fill_between(sample, low, high, color=CLASS_COLOURS[name], alpha=0.3, linewidth=0)
        axes.plot(sample, mean, color=CLASS_COLOURS[name])
    panels[0].set_ylim(0, 1)
    return figure


def smote_between_parents(
    first: np.ndarray, second: np.ndarray, made: np.ndarray, name: str, axes: plt.Axes
) -> None:
    """Draw a row that SMOTE made between the two real rows that it was made from.

    Parameters
    ----------
    first, second, made : array, shape (coefficients,)
    name : class
    axes : matplotlib.axes.Axes
    """
    axes.plot(first, color=CLASS_COLOURS[name], label="two real beats")
    axes.plot(second, color=CLASS_COLOURS[name])
    axes.plot(made, color=MADE_COLOUR, linestyle="--", label="made from them")
    axes.set(title=f"{name}: {CLASS_NAMES[name]}", xlabel="coefficient", ylabel="value")
    axes.legend(fontsize="small")


def smote_projection(
    real: np.ndarray, made: np.ndarray, lines: list[np.ndarray], name: str, axes: plt.Axes
) -> None:
    """Draw real rows of a class, and those made by SMOTE, as points in a plane.

    Parameters
    ----------
    real, made : array, shape (rows, 2)
    lines : sequence of pairs of real points to join, shape (2, 2)
    name : class
    axes : matplotlib.axes.Axes
    """
    for ends in lines:
        axes.plot(*np.transpose(ends), color="grey", linewidth=0.6, zorder=1)
    axes.scatter(*real.T, s=18, color=CLASS_COLOURS[name], label=f"{len(real):,} real")
    axes.scatter(*made.T, s=4, color=MADE_COLOUR, alpha=0.6, label=f"{len(made):,} made")
    axes.set(title=f"{name} beats", xlabel="first component", ylabel="second component")
    axes.legend(fontsize="small", markerscale=1.5)


def nearest_distances(distances: dict[str, np.ndarray], axes: plt.Axes) -> None:
    """Draw the share of test rows whose nearest training row is nearer than a distance.

    Parameters
    ----------
    distances : mapping of three labels to array, shape (rows,)
    axes : matplotlib.axes.Axes
    """
    for (label, values), style in zip(distances.items(), ("-", "--", ":"), strict=True):
        share = 100 * np.arange(1, len(values) + 1) / len(values)
        axes.step(np.sort(values), share, linestyle=style, color="black", label=label)
    axes.set(xscale="log", xlabel="distance", ylabel="share of rows nearer (%)", ylim=(0, 100))
    axes.legend(fontsize="small")
