"""Figures of one classified recording: for its report, and for a look at a stretch of it.

They are made without pyplot, whose list of open figures is shared by all threads. No text of a
file is written into them, because a header may hold anything, even a formula.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from ecgutils.aami import CLASSES
from ecgutils.plots.style import CLASS_COLOURS, CLASS_MARKERS

CLASS_HATCHES = {"S": "////", "V": "", "F": "xxxx"}

MM = 1 / 25.4
"""A millimetre in inches, in which matplotlib measures figures."""

PAGE_MM = 185
"""Width of a figure: what A4 leaves between margins of 12 mm."""

PAPER_SPEED = 25
"""Speed of ECG paper in mm/s."""

STRIP_S = 7
"""Seconds on a strip, 175 mm of paper."""

STANDARD_GAIN = 10
"""Gain of ECG paper in mm/mV."""

HIGHEST_MM = 30
"""Most paper that the trace of a lead may take up and down."""

_CALIBRATION_MM, _INTERVALS_MM, _LABELS_MM, _CLOCK_MM = 10, 3, 6, 4
# Narrower than this, an interval is no place to write in.
_NARROWEST_MM = 4.5
_ROUND = {"boxstyle": "round,pad=0.22"}
_LINE = {"color": "#e3e6ea", "linewidth": 0.6}
_GREY, _DARK, _EDGE = "#59636e", "#1f2328", "#8b949e"


def clock(seconds: float, decimals: int = 0) -> str:
    """Return a time since the start of the recording such as ``"0:05:07"``."""
    units = round(seconds * 10**decimals)
    whole, part = divmod(units, 10**decimals)
    text = f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{part:0{decimals}}" if decimals else text


def paper_gain(signal: np.ndarray) -> float:
    """Halve the gain of 10 mm/mV until a signal in mV, shape (samples,), fits into 30 mm."""
    gain = float(STANDARD_GAIN)
    while sum(_reach(signal, gain)) > HIGHEST_MM:
        gain /= 2
    return gain


def _reach(signal: np.ndarray, gain: float) -> tuple[int, int]:
    """Return how much paper a trace needs below and above its baseline, in whole large boxes."""
    known = signal[np.isfinite(signal)]
    low, high = (known.min(), known.max()) if len(known) else (0, 0)
    return max(5, 5 * int(np.ceil(-low * gain / 5))), max(10, 5 * int(np.ceil(high * gain / 5)))


def ecg_strip(
    signals: np.ndarray,
    fs: float,
    start: float,
    beats: pd.DataFrame,
    marked: Sequence[int] = (),
) -> Figure:
    """Draw a stretch of a recording on ECG paper, true to scale: 25 mm/s and the gain that fits.

    Parameters
    ----------
    signals : array, shape (samples, leads)
        At most seven seconds of each lead in mV, baseline at zero; NaN where samples are missing.
    fs, start : float
        Their sampling frequency in Hz, and where they lie in the recording, in seconds.
    beats : pandas.DataFrame with the columns ``time_s`` (in the recording) and ``class``
    marked : sequence of int, the rows of `beats` that the strip is about

    Returns
    -------
    matplotlib.figure.Figure
        185 mm wide, the first lead uppermost. Above it stand the classes of the beats and the
        intervals between them in seconds. One data unit of its only axes is one millimetre.
    """
    gains = [paper_gain(signal) for signal in signals.T]
    reaches = [_reach(signal, gain) for signal, gain in zip(signals.T, gains, strict=True)]
    paper = sum(map(sum, reaches))
    top = paper + _INTERVALS_MM + _LABELS_MM
    figure = Figure(figsize=(PAGE_MM * MM, (top + _CLOCK_MM) * MM))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-_CALIBRATION_MM, PAGE_MM - _CALIBRATION_MM), ylim=(-_CLOCK_MM, top))
    axes.set_axis_off()
    _grid(axes, 0, paper)
    x, baseline = np.arange(len(signals)) * (PAPER_SPEED / fs), paper
    for k, (signal, gain, (below, above)) in enumerate(zip(signals.T, gains, reaches, strict=True)):
        baseline -= above
        pulse = [-8, -7, -7, -2, -2, -1], baseline + np.array([0, 0, 1, 1, 0, 0]) * gain
        look = {"linewidth": 0.8, "gid": f"calibration-{k}", "solid_joinstyle": "miter"}
        axes.plot(*pulse, color=_DARK, **look)
        axes.plot(x, baseline + signal * gain, color="black", linewidth=0.8, gid=f"trace-{k}")
        baseline -= below
    look = {"fontsize": 6.5, "color": _GREY, "va": "top", "ha": "left"}
    for second in range(0, STRIP_S, 2):
        axes.text(second * PAPER_SPEED, -0.8, clock(start + second), **look)
    _labels(axes, beats, start, marked, paper)
    return figure


def _grid(axes: Axes, bottom: int, top: int) -> None:
    """Draw the paper's lines, every millimetre and every fifth, each kind as one path."""
    left, right = -_CALIBRATION_MM, STRIP_S * PAPER_SPEED
    for step, colour, width in ((1, "#f7d4d4", 0.3), (5, "#e8a3a3", 0.55)):
        upright = [((x, bottom), (x, top)) for x in range(left, right + 1, step)]
        level = [((left, y), (right, y)) for y in range(bottom, top + 1, step)]
        corners = np.reshape(upright + level, (-1, 2))
        path = Path(corners, np.tile([Path.MOVETO, Path.LINETO], len(corners) // 2))
        look = {"edgecolor": colour, "linewidth": width, "fill": False, "gid": f"grid-{step}"}
        # add_patch would measure every line, though the limits are set.
        axes.add_artist(PathPatch(path, **look))


def _labels(axes: Axes, beats: pd.DataFrame, start: float, marked: Sequence[int], top: int) -> None:
    """Write each beat's class above it, framed in its colour unless it is normal."""
    x = (beats["time_s"].to_numpy() - start) * PAPER_SPEED
    names, width = beats["class"].to_numpy(), STRIP_S * PAPER_SPEED
    inside = np.flatnonzero((x >= 0) & (x <= width))
    look = {"fontsize": 8.5, "color": _DARK, "ha": "center", "va": "center"}
    for k in inside:
        face, thickness = ("#fff3bf", 1.4) if k in marked else ("white", 0.9)
        bold = k in marked or names[k] != "N"
        edge, weight = (CLASS_COLOURS[names[k]], "bold") if bold else ("none", "normal")
        frame = {"facecolor": face, "linewidth": thickness, "edgecolor": edge}
        place = np.clip(x[k], 2, width - 2), top + _INTERVALS_MM + _LABELS_MM / 2 + 0.2
        axes.text(*place, names[k], weight=weight, bbox=_ROUND | frame, **look)
    axes.vlines(x[inside], top, top + 0.9, color=_GREY, linewidth=0.6)
    _intervals(axes, x, top)


def _intervals(axes: Axes, x: np.ndarray, top: int) -> None:
    """Write the seconds between beats, which lie at `x` mm, in the middle of what can be seen."""
    look = {"fontsize": 6, "color": _GREY, "ha": "center", "va": "center"}
    ends = np.clip(x, 0, STRIP_S * PAPER_SPEED)
    for k in np.flatnonzero(np.diff(ends) >= _NARROWEST_MM).tolist():
        seconds, middle = (x[k + 1] - x[k]) / PAPER_SPEED, (ends[k] + ends[k + 1]) / 2
        axes.text(middle, top + _INTERVALS_MM / 2 + 0.4, f"{seconds:.2f}", **look)


def tachogram(
    beats: pd.DataFrame, rr: np.ndarray, unusable: pd.DataFrame, duration: float, highest: float
) -> Figure:
    """Draw the interval before each beat over the whole recording, each class its own mark.

    Parameters
    ----------
    beats : pandas.DataFrame with the columns ``time_s`` and ``class``
    rr : array, shape (beats,)
        Interval before each beat in seconds, NaN where none is known.
    unusable : pandas.DataFrame with the columns ``start_s`` and ``stop_s``, which are shaded
    duration, highest : float
        Length of the recording, and the interval at which longer ones are drawn, in seconds.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = _page_figure(62)
    known = beats.assign(rr=np.minimum(rr, highest)).dropna(subset="rr")
    counts = known["class"].value_counts()
    marks = {
        name: {"color": CLASS_COLOURS[name], "marker": CLASS_MARKERS[name], "linestyle": ""}
        for name in CLASSES
        if name in counts
    }
    # The rarest last and largest, so that none of them is hidden.
    for name in sorted(marks, key=counts.get, reverse=True):
        shown = known[known["class"] == name]
        size = {"markersize": np.clip(70 / np.sqrt(len(shown)), 0.9, 4.5)}
        size["markeredgewidth"] = 0.9 if name == "Q" else 0
        axes.plot(shown["time_s"], shown["rr"], clip_on=False, **marks[name], **size)
    look = {"transform": axes.get_xaxis_transform(), "facecolor": "#d5d9de", "zorder": 0}
    axes.broken_barh(_spans(unusable), (0, 1), linewidth=0, **look)
    _time_axis(axes, duration)
    axes.set(ylim=(0, highest * 1.02), ylabel="interval before the beat (s)")
    axes.grid(axis="y", **_LINE)
    _legend(figure, [Line2D([], [], label=name, **mark) for name, mark in marks.items()])
    return figure


def rate_trend(trend: pd.DataFrame, unusable: pd.DataFrame, duration: float) -> Figure:
    """Draw the heart rate over the recording, with its lowest and highest value in each part.

    Parameters
    ----------
    trend : pandas.DataFrame with the columns ``time_s``, ``mean``, ``lowest``, ``highest``
        Beats per minute in equal parts of the recording, NaN where no rate is known.
    unusable : pandas.DataFrame with the columns ``start_s`` and ``stop_s``, which are shaded
    duration : float, of the recording in seconds

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = _page_figure(45)
    colour = CLASS_COLOURS["N"]
    look = {"color": colour, "linewidth": 0, "alpha": 0.3, "label": "lowest to highest"}
    band = axes.fill_between(trend["time_s"], trend["lowest"], trend["highest"], **look)
    line = axes.plot(trend["time_s"], trend["mean"], color=colour, linewidth=1.2, label="mean")
    # A part between two without a rate has no line, and one alone no band.
    axes.plot(trend["time_s"], trend["mean"], ".", color=colour, markersize=1.5)
    for end, column in ((trend["lowest"].min(), "lowest"), (trend["highest"].max(), "highest")):
        place = trend["time_s"][trend[column] == end].iloc[0], end
        shift = (0, 3) if column == "highest" else (0, -8)
        words = {"textcoords": "offset points", "fontsize": 8, "color": _DARK, "ha": "center"}
        axes.annotate(f"{end:.0f}", place, shift, **words)
        axes.plot(*place, "o", color=_DARK, markersize=2.5)
    grey = {"transform": axes.get_xaxis_transform(), "facecolor": "#d5d9de", "zorder": 0}
    axes.broken_barh(_spans(unusable), (0, 1), linewidth=0, **grey)
    _time_axis(axes, duration)
    low, high = trend["lowest"].min(), trend["highest"].max()
    room = 0.2 * max(high - low, 20)
    axes.set(ylabel="beats per minute", ylim=(max(0, low - room), high + room))
    axes.grid(axis="y", **_LINE)
    _legend(figure, [*line, band])
    return figure


def _spans(stretches: pd.DataFrame, narrowest: float = 0.0) -> np.ndarray:
    """Return start and width of each stretch in seconds, shape (stretches, 2)."""
    start, stop = stretches["start_s"].to_numpy(), stretches["stop_s"].to_numpy()
    return np.column_stack([start, np.maximum(stop - start, narrowest)])


def ectopic_bars(periods: pd.DataFrame) -> Figure:
    """Draw how many ectopic beats there were in each period of the recording.

    Parameters
    ----------
    periods : pandas.DataFrame with the columns ``start_s``, ``stop_s``, ``S``, ``V``, ``F``

    Returns
    -------
    matplotlib.figure.Figure
        Bars as wide as the period is long, classes upon each other.
    """
    figure, axes = _page_figure(45)
    start, stop = periods["start_s"], periods["stop_s"]
    bottom, bars, width = np.zeros(len(periods)), [], 0.92 * (stop - start)
    for name in (name for name in CLASS_HATCHES if periods[name].any()):
        look = {"color": CLASS_COLOURS[name], "hatch": CLASS_HATCHES[name], "edgecolor": "white"}
        look |= {"align": "edge", "label": name}
        bars.append(axes.bar(start, periods[name], width, bottom, **look))
        bottom += periods[name]
    _time_axis(axes, stop.iloc[-1])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set(ylabel="ectopic beats", ylim=(0, 1.08 * max(bottom.max(), 1)))
    axes.grid(axis="y", **_LINE)
    _legend(figure, bars)
    return figure


def mean_beats(shapes: Mapping[str, tuple[int, np.ndarray]], seconds: np.ndarray) -> Figure:
    """Draw the mean beat of each class in one lead, with its spread, on one scale.

    Parameters
    ----------
    shapes : mapping of class to (int, array of shape (3, samples))
        Number of beats; their mean, lower and upper border in mV.
    seconds : array, shape (samples,), counted from the R peak

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, panels = _page_figure(50, panels=len(shapes), of=len(CLASSES))
    for axes, (name, (beats, (mean, low, high))) in zip(panels, shapes.items(), strict=False):
        colour = CLASS_COLOURS[name]
        axes.axvline(0, color="#c8cdd3", linewidth=0.6)
        axes.fill_between(seconds, low, high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(seconds, mean, color=colour, linewidth=1.4)
        number = f"mean of {beats}" if beats > 1 else "one beat"
        axes.set_title(f"{name}: {number}", fontsize=9, loc="left", color=_DARK)
        axes.xaxis.set_major_locator(MultipleLocator(0.2))
        axes.set_xlim(seconds[0], seconds[-1])
    panels[0].set_ylabel("mV")
    panels[0].set_xlabel("seconds from the R peak", fontsize=8, loc="left", color=_DARK)
    return figure


def signal_timeline(unusable: pd.DataFrame, duration: float) -> Figure:
    """Draw a bar of the whole recording with the stretches that cannot be used.

    Parameters
    ----------
    unusable : pandas.DataFrame with the columns ``start_s`` and ``stop_s``
    duration : float, of the recording in seconds

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure, axes = _page_figure(14, top=1)
    axes.set(ylim=(0, 1), yticks=[])
    axes.axhspan(0, 1, color="#cfe3d8", linewidth=0)
    # A second of a day would be too thin to be seen.
    spans = _spans(unusable, narrowest=duration / 800)
    axes.broken_barh(spans, (0, 1), facecolor=_DARK, linewidth=0)
    _time_axis(axes, duration)
    axes.spines["left"].set_visible(False)
    return figure


def _page_figure(
    height: float, top: float = 7, panels: int | None = None, of: int = 1
) -> tuple[Figure, Any]:
    """Return a figure as wide as the page and so many millimetres high, with its axes.

    With `panels`, there is a list of the first ones of so many for which there is room.
    """
    # The margins are fixed: the figures of a page are flush, and nothing has to be measured.
    figure = Figure(figsize=(PAGE_MM * MM, height * MM))
    margins = {"left": 14 / PAGE_MM, "right": 1 - 6 / PAGE_MM, "wspace": 0.12}
    margins |= {"bottom": 10 / height, "top": 1 - top / height}
    places = figure.add_gridspec(1, of, **margins)
    first = figure.add_subplot(places[0])
    others = [figure.add_subplot(places[k], sharey=first) for k in range(1, panels or 1)]
    for axes in others:
        axes.tick_params(labelleft=False)
    for axes in (first, *others):
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_EDGE)
        axes.tick_params(labelsize=8, color=_EDGE, labelcolor=_DARK)
        axes.yaxis.label.set(size=8, color=_DARK)
        axes.set_axisbelow(True)
    return figure, first if panels is None else [first, *others]


def _legend(figure: Figure, marks: Sequence[Artist]) -> None:
    """Show above the axes which mark is which class."""
    look = {"fontsize": 8, "borderpad": 0, "borderaxespad": 0.2, "labelcolor": _DARK}
    figure.legend(handles=marks, loc="upper right", ncols=len(marks), frameon=False, **look)


def _time_axis(axes: Axes, duration: float) -> None:
    """Label the time since the start of the recording at round steps."""
    steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400]
    step = next((step for step in steps if duration / step <= 10), 86400 * (duration // 864000 + 1))
    axes.xaxis.set_major_locator(MultipleLocator(step))
    unit, letters = ("h:min:s", slice(None)) if step < 60 else ("h:min", slice(-len(":00")))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: clock(x)[letters]))
    axes.set_xlim(0, duration)
    look = {"fontsize": 7, "color": _GREY, "ha": "right", "va": "top", "annotation_clip": False}
    look |= {"xycoords": "axes fraction", "textcoords": "offset points"}
    axes.annotate(unit, (1, 0), (0, -16), **look)
