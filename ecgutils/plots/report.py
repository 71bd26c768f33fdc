"""Figures of one classified recording: for its report, and for a look at a stretch of it.

No text of a file is written into them, because a header may hold anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.plots.drawing import POINT_MM, Drawing
from ecgutils.plots.style import CLASS_COLOURS, CLASS_MARKERS

CLASS_HATCHES = {"S": "////", "V": "", "F": "xxxx"}

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
_GREY, _DARK, _EDGE, _SHADE = "#59636e", "#1f2328", "#8b949e", "#d5d9de"
_GRID = {"stroke": "#e3e6ea", "stroke_width": 0.6}
_LETTERS = 8
"""Size of the letters at axes, in points."""

# Of so many marks of a class, their shape cannot be seen.
_MANY = 1500
# Outlines of marks, in units of their size.
_ROUND_ANGLES = np.linspace(0, 2 * np.pi, 13)[:-1]
_SHAPES = {
    "o": (np.cos(_ROUND_ANGLES) / 2, np.sin(_ROUND_ANGLES) / 2),
    "^": ([-0.5, 0.5, 0.0], [-0.5, -0.5, 0.5]),
    "s": ([-0.5, 0.5, 0.5, -0.5], [-0.5, -0.5, 0.5, 0.5]),
    "D": ([-0.65, 0.0, 0.65, 0.0], [0.0, -0.65, 0.0, 0.65]),
    "x": ([-0.5, 0.5, np.nan, -0.5, 0.5], [-0.5, 0.5, np.nan, 0.5, -0.5]),
}


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
) -> Drawing:
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
    Drawing
        185 mm wide, the first lead uppermost. Above it stand the classes of the beats and the
        intervals between them in seconds. Its origin is the lower left corner of the first second.
    """
    gains = [paper_gain(signal) for signal in signals.T]
    reaches = [_reach(signal, gain) for signal, gain in zip(signals.T, gains, strict=True)]
    baseline = paper = sum(map(sum, reaches))
    height = paper + _INTERVALS_MM + _LABELS_MM + _CLOCK_MM
    strip = Drawing(PAGE_MM, height, left=_CALIBRATION_MM, below=_CLOCK_MM)
    _grid(strip, paper)
    x = np.arange(len(signals)) * (PAPER_SPEED / fs)
    for k, (signal, gain, (below, above)) in enumerate(zip(signals.T, gains, reaches, strict=True)):
        baseline -= above
        pulse = [-8, -7, -7, -2, -2, -1], baseline + np.array([0, 0, 1, 1, 0, 0]) * gain
        strip.line(*pulse, f"calibration-{k}", stroke=_DARK, stroke_width=0.8)
        look = {"stroke": "black", "stroke_width": 0.8, "stroke_linejoin": "round"}
        strip.line(x, baseline + signal * gain, f"trace-{k}", **look)
        baseline -= below
    for second in range(0, STRIP_S, 2):
        strip.text(second * PAPER_SPEED, -2.0, clock(start + second), 6.5, "start", fill=_GREY)
    _labels(strip, beats, start, marked, paper)
    return strip


def _grid(strip: Drawing, top: int) -> None:
    """Draw the paper's lines, every millimetre and every fifth, each kind as one path."""
    left, right = -_CALIBRATION_MM, STRIP_S * PAPER_SPEED
    for step, colour, width in ((1, "#f7d4d4", 0.3), (5, "#e8a3a3", 0.55)):
        upright = [((x, 0), (x, top)) for x in range(left, right + 1, step)]
        level = [((left, y), (right, y)) for y in range(0, top + 1, step)]
        strip.strokes(np.array(upright + level), f"grid-{step}", stroke=colour, stroke_width=width)


def _labels(
    strip: Drawing, beats: pd.DataFrame, start: float, marked: Sequence[int], top: int
) -> None:
    """Write each beat's class above it, framed in its colour unless it is normal."""
    x = (beats["time_s"].to_numpy() - start) * PAPER_SPEED
    names, width = beats["class"].to_numpy(), STRIP_S * PAPER_SPEED
    inside = np.flatnonzero((x >= 0) & (x <= width)).tolist()
    middle = top + _INTERVALS_MM + _LABELS_MM / 2 + 0.2
    for k in inside:
        place = np.clip(x[k], 2, width - 2)
        bold = k in marked or names[k] != "N"
        if bold:
            look = {"fill": "#fff3bf", "stroke_width": 1.4} if k in marked else {"fill": "white"}
            look = {"stroke": CLASS_COLOURS[names[k]], "stroke_width": 0.9} | look
            across, upwards = np.array([-1, 1, 1, -1]) * 1.7, np.array([-1, -1, 1, 1]) * 1.9
            strip.area(place + across, middle + upwards, stroke_linejoin="round", **look)
        weight = {"font_weight": "bold"} if bold else {}
        strip.text(place, middle, names[k], 8.5, fill=_DARK, **weight)
    ticks = [((x[k], top), (x[k], top + 0.9)) for k in inside]
    strip.strokes(np.reshape(ticks, (-1, 2, 2)), stroke=_GREY, stroke_width=0.6)
    _intervals(strip, x, top)


def _intervals(strip: Drawing, x: np.ndarray, top: int) -> None:
    """Write the seconds between beats, which lie at `x` mm, in the middle of what can be seen."""
    ends = np.clip(x, 0, STRIP_S * PAPER_SPEED)
    for k in np.flatnonzero(np.diff(ends) >= _NARROWEST_MM).tolist():
        seconds, middle = (x[k + 1] - x[k]) / PAPER_SPEED, (ends[k] + ends[k + 1]) / 2
        strip.text(middle, top + _INTERVALS_MM / 2 + 0.4, f"{seconds:.2f}", 6, fill=_GREY)


@dataclass(frozen=True)
class _Panel:
    """Axes: a part of a drawing, in mm from its lower left corner, and what it shows of the data.

    Each pair is a lower and an upper limit.
    """

    drawing: Drawing
    across: tuple[float, float]
    upwards: tuple[float, float]
    xlim: tuple[float, float]
    ylim: tuple[float, float]

    def x(self, values: np.ndarray | float) -> np.ndarray:
        return np.interp(values, self.xlim, self.across, np.nan, np.nan)

    def y(self, values: np.ndarray | float) -> np.ndarray:
        return np.interp(values, self.ylim, self.upwards, np.nan, np.nan)

    def shade(self, stretches: pd.DataFrame, colour: str, narrowest: float = 0.0) -> None:
        """Shade stretches of time, each at least so many seconds wide."""
        bottom, top = self.upwards
        start, stop = (stretches[name].to_numpy(dtype=float) for name in ("start_s", "stop_s"))
        ends = self.x(start), self.x(np.minimum(np.maximum(stop, start + narrowest), self.xlim[1]))
        for left, right in zip(*ends, strict=True):
            corners = [left, right, right, left], [bottom, bottom, top, top]
            self.drawing.area(*corners, "unusable", fill=colour)

    def heights(self, ticks: np.ndarray, label: str = "", numbers: bool = True) -> None:
        """Draw lines at some heights, name them, and say what they are."""
        (left, right), places = self.across, self.y(ticks)
        lines = [((left, y), (right, y)) for y in places]
        self.drawing.strokes(np.reshape(lines, (-1, 2, 2)), **_GRID)
        for y, tick in zip(places, ticks, strict=True) if numbers else ():
            self.drawing.text(left - 1.5, y, f"{tick:g}", _LETTERS, "end", fill=_DARK)
        if label:
            middle = sum(self.upwards) / 2
            self.drawing.text(3, middle, label, _LETTERS, upwards=True, fill=_DARK)

    def places(self, ticks: np.ndarray, names: Sequence[str]) -> None:
        """Draw the lower axis with ticks and their names, and the axis on the left."""
        (left, right), (bottom, top) = self.across, self.upwards
        axes = [((left, bottom), (right, bottom)), ((left, bottom), (left, top))]
        axes += [((x, bottom), (x, bottom - 1)) for x in self.x(ticks)]
        self.drawing.strokes(np.array(axes), stroke=_EDGE, stroke_width=0.8)
        for x, name in zip(self.x(ticks), names, strict=True):
            self.drawing.text(x, bottom - 3, name, _LETTERS, fill=_DARK)

    def time(self, duration: float) -> None:
        """Name round times since the start of the recording."""
        steps = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400]
        days = 86400 * (duration // 864000 + 1)
        step = next((step for step in steps if duration / step <= 10), days)
        unit, letters = ("h:min:s", slice(None)) if step < 60 else ("h:min", slice(-len(":00")))
        ticks = np.arange(0, duration + 1e-9, step)
        self.places(ticks, [clock(tick)[letters] for tick in ticks.tolist()])
        self.drawing.text(self.across[1], self.upwards[0] - 6.5, unit, 7, "end", fill=_GREY)


def _page_panel(
    height: float, duration: float, ylim: tuple[float, float], top: float = 7
) -> _Panel:
    """Return axes as wide as the page over the time, in a drawing so many millimetres high."""
    across, upwards = (14, PAGE_MM - 6), (10, height - top)
    return _Panel(Drawing(PAGE_MM, height), across, upwards, (0, duration), ylim)


def _round_steps(low: float, high: float, most: int) -> np.ndarray:
    """Return round numbers between two limits, at most so many and one."""
    rough = (high - low) / most
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(step for step in (1, 2, 2.5, 5, 10) if step * power >= rough * (1 - 1e-9))
    # Adding zero takes the sign of a negative zero away.
    return step * (np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) + 0.0)


def _marks(drawing: Drawing, x: np.ndarray, y: np.ndarray, name: str, size: float) -> None:
    """Mark places in mm as those of a class, by marks of so many points."""
    colour, group = CLASS_COLOURS[name], f"beats-{name}"
    if len(x) > _MANY:
        ends = _merged(x, y)
        look = {"stroke": colour, "stroke_width": round(size, 2), "stroke_linecap": "round"}
        drawing.strokes(ends, group, **look)
        return
    # A gap divides each mark from the next one.
    outline = [np.append(side, np.nan) * size * POINT_MM for side in _SHAPES[CLASS_MARKERS[name]]]
    outline = [np.add.outer(*pair).ravel() for pair in zip((x, y), outline, strict=True)]
    look = {"stroke": colour, "stroke_width": 0.9} if name == "Q" else {"fill": colour}
    drawing.line(*outline, group, **look)


def _merged(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Join places that are 0.2 mm apart into upright strokes, shape (strokes, 2, 2)."""
    column, row = np.unique(np.rint(5 * np.column_stack([x, y])).astype(int), axis=0).T
    first = np.append(True, (np.diff(column) != 0) | (np.diff(row) > 1))
    last = np.append(first[1:], True)
    ends = [np.column_stack([column[end], row[end]]) for end in (first, last)]
    return np.stack(ends, axis=1) / 5


def _legend(drawing: Drawing, names: Sequence[str]) -> None:
    """Show above the axes on the right which mark is which class."""
    right, height = PAGE_MM - 6, drawing.height - 3
    for k, name in enumerate(reversed(names)):
        left = right - 8 * (k + 1)
        _marks(drawing, np.array([left + 2.0]), np.array([height]), name, 4.5)
        drawing.text(left + 5.5, height, name, _LETTERS, fill=_DARK)


def tachogram(
    beats: pd.DataFrame, rr: np.ndarray, unusable: pd.DataFrame, duration: float, highest: float
) -> Drawing:
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
    Drawing
    """
    panel = _page_panel(62, duration, (0, highest * 1.02))
    panel.shade(unusable, _SHADE)
    panel.heights(_round_steps(*panel.ylim, 6), "interval before the beat (s)")
    known, classes = ~np.isnan(rr), beats["class"].to_numpy()
    x, y = panel.x(beats["time_s"].to_numpy()), panel.y(np.minimum(rr, highest))
    counts = {name: int((known & (classes == name)).sum()) for name in CLASSES}
    present = [name for name in CLASSES if counts[name]]
    # The rarest last and largest, so that none of them is hidden.
    for name in sorted(present, key=counts.get, reverse=True):
        rows = known & (classes == name)
        size = float(np.clip(70 / np.sqrt(counts[name]), 0.9, 4.5))
        _marks(panel.drawing, x[rows], y[rows], name, size)
    panel.time(duration)
    _legend(panel.drawing, present)
    return panel.drawing


def rate_trend(trend: pd.DataFrame, unusable: pd.DataFrame, duration: float) -> Drawing:
    """Draw the heart rate over the recording, with its lowest and highest value in each part.

    Parameters
    ----------
    trend : pandas.DataFrame with the columns ``time_s``, ``mean``, ``lowest``, ``highest``
        Beats per minute in equal parts of the recording, NaN where no rate is known.
    unusable : pandas.DataFrame with the columns ``start_s`` and ``stop_s``, which are shaded
    duration : float, of the recording in seconds

    Returns
    -------
    Drawing
    """
    low, high = float(trend["lowest"].min()), float(trend["highest"].max())
    room = 0.2 * max(high - low, 20)
    panel = _page_panel(45, duration, (max(0, low - room), high + room))
    drawing, colour = panel.drawing, CLASS_COLOURS["N"]
    panel.shade(unusable, _SHADE)
    panel.heights(_round_steps(*panel.ylim, 5), "beats per minute")
    columns = [trend[name].to_numpy() for name in ("mean", "lowest", "highest")]
    x, (mean, lowest, highest) = panel.x(trend["time_s"].to_numpy()), map(panel.y, columns)
    known = np.flatnonzero(~np.isnan(lowest))
    for part in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
        corners = np.append(x[part], x[part][::-1]), np.append(lowest[part], highest[part][::-1])
        drawing.area(*corners, "range", fill=colour, fill_opacity=0.3)
    drawing.line(x, mean, "mean", stroke=colour, stroke_width=1.2, stroke_linejoin="round")
    # A part between two without a rate has no line, and one alone no band.
    points = np.stack([np.column_stack([x[known], mean[known]])] * 2, axis=1)
    drawing.strokes(points, "parts", stroke=colour, stroke_width=1.5, stroke_linecap="round")
    for end, column, shift in ((low, "lowest", -2.2), (high, "highest", 2.2)):
        k = int(np.flatnonzero(trend[column] == end)[0])
        y = float(panel.y(end))
        drawing.strokes(
            np.array([[[x[k], y]] * 2]), stroke=_DARK, stroke_width=2.5, stroke_linecap="round"
        )
        drawing.text(x[k], y + shift, f"{end:.0f}", _LETTERS, fill=_DARK)
    panel.time(duration)
    _trend_legend(drawing, colour)
    return drawing


def _trend_legend(drawing: Drawing, colour: str) -> None:
    """Say above the axes which is the mean and which the range."""
    right, y = PAGE_MM - 6, drawing.height - 3
    line = [[[right - 46, y], [right - 41, y]]]
    drawing.strokes(np.array(line), stroke=colour, stroke_width=1.2)
    drawing.text(right - 40, y, "mean", _LETTERS, "start", fill=_DARK)
    box = [right - 30, right - 25, right - 25, right - 30], [y - 1, y - 1, y + 1, y + 1]
    drawing.area(*box, fill=colour, fill_opacity=0.3)
    drawing.text(right - 24, y, "lowest to highest", _LETTERS, "start", fill=_DARK)


def ectopic_bars(periods: pd.DataFrame) -> Drawing:
    """Draw how many ectopic beats there were in each period of the recording.

    Parameters
    ----------
    periods : pandas.DataFrame with the columns ``start_s``, ``stop_s``, ``S``, ``V``, ``F``

    Returns
    -------
    Drawing
        Bars as wide as the period is long, classes upon each other.
    """
    start, stop = (periods[name].to_numpy(dtype=float) for name in ("start_s", "stop_s"))
    present = [name for name in CLASS_HATCHES if periods[name].any()]
    tops = np.cumsum([np.zeros(len(periods)), *(periods[name] for name in present)], axis=0)
    highest = 1.08 * max(tops.max(), 1)
    panel = _page_panel(45, float(stop[-1]), (0, highest))
    steps = _round_steps(*panel.ylim, 4)
    panel.heights(steps[steps == np.rint(steps)], "ectopic beats")
    left, right = panel.x(start), panel.x(start + 0.92 * (stop - start))
    for k, name in enumerate(present):
        look = {"fill": _filling(panel.drawing, name), "stroke": "white", "stroke_width": 0.6}
        for bar in np.flatnonzero(tops[k + 1] > tops[k]).tolist():
            across = [left[bar], right[bar], right[bar], left[bar]]
            low, high = panel.y(tops[k, bar]), panel.y(tops[k + 1, bar])
            panel.drawing.area(across, [low, low, high, high], f"bar-{name}", **look)
        _bar_legend(panel.drawing, name, len(present) - k, look)
    panel.time(float(stop[-1]))
    return panel.drawing


def _filling(drawing: Drawing, name: str) -> str:
    """Return the filling of a class's bars."""
    hatch, colour = CLASS_HATCHES[name], CLASS_COLOURS[name]
    return drawing.hatching(f"hatch-{name}", colour, "x" in hatch) if hatch else colour


def _bar_legend(drawing: Drawing, name: str, place: int, look: dict) -> None:
    """Show above the axes how a class is filled, at a place counted from the right."""
    left, y = PAGE_MM - 6 - 10 * place, drawing.height - 3
    box = [left, left + 4.5, left + 4.5, left], [y - 1.1, y - 1.1, y + 1.1, y + 1.1]
    drawing.area(*box, **look)
    drawing.text(left + 7, y, name, _LETTERS, fill=_DARK)


def mean_beats(shapes: Mapping[str, tuple[int, np.ndarray]], seconds: np.ndarray) -> Drawing:
    """Draw the mean beat of each class in one lead, with its spread, on one scale.

    Parameters
    ----------
    shapes : mapping of class to (int, array of shape (3, samples))
        Number of beats; their mean, lower and upper border in mV.
    seconds : array, shape (samples,), counted from the R peak

    Returns
    -------
    Drawing
    """
    drawing = Drawing(PAGE_MM, 50)
    ends = np.array([[shape.min(), shape.max()] for _, shape in shapes.values()])
    low, high = ends[:, 0].min(), ends[:, 1].max()
    room = 0.05 * max(high - low, 0.1)
    width = (PAGE_MM - 20) / (len(CLASSES) + 0.12 * (len(CLASSES) - 1))
    for k, (name, (beats, shape)) in enumerate(shapes.items()):
        left = 14 + 1.12 * width * k
        limits = (float(seconds[0]), float(seconds[-1])), (low - room, high + room)
        panel = _Panel(drawing, (left, left + width), (10, 43), *limits)
        panel.heights(_round_steps(*panel.ylim, 6), "" if k else "mV", numbers=not k)
        _mean_beat(panel, name, shape, seconds)
        number = f"mean of {beats}" if beats > 1 else "one beat"
        drawing.text(left, 45.5, f"{name}: {number}", 9, "start", fill=_DARK)
    drawing.text(14, 3.5, "seconds from the R peak", _LETTERS, "start", fill=_DARK)
    return drawing


def _mean_beat(panel: _Panel, name: str, shape: np.ndarray, seconds: np.ndarray) -> None:
    """Draw one mean beat with its spread."""
    colour, x, (mean, low, high) = CLASS_COLOURS[name], panel.x(seconds), panel.y(shape)
    middle = float(panel.x(0.0))
    upright = [[[middle, panel.upwards[0]], [middle, panel.upwards[1]]]]
    panel.drawing.strokes(np.array(upright), stroke="#c8cdd3", stroke_width=0.6)
    corners = np.append(x, x[::-1]), np.append(low, high[::-1])
    panel.drawing.area(*corners, f"spread-{name}", fill=colour, fill_opacity=0.25)
    look = {"stroke": colour, "stroke_width": 1.4, "stroke_linejoin": "round"}
    panel.drawing.line(x, mean, f"mean-{name}", **look)
    ticks = _round_steps(*panel.xlim, 4)
    panel.places(ticks, [f"{tick:.1f}" for tick in ticks])


def signal_timeline(unusable: pd.DataFrame, duration: float) -> Drawing:
    """Draw a bar of the whole recording with the stretches that cannot be used.

    Parameters
    ----------
    unusable : pandas.DataFrame with the columns ``start_s`` and ``stop_s``
    duration : float, of the recording in seconds

    Returns
    -------
    Drawing
    """
    panel = _page_panel(14, duration, (0, 1), top=1)
    panel.shade(pd.DataFrame({"start_s": [0.0], "stop_s": [duration]}), "#cfe3d8")
    # A second of a day would be too thin to be seen.
    panel.shade(unusable, _DARK, narrowest=duration / 800)
    panel.time(duration)
    return panel.drawing
