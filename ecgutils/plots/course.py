"""The map of the course, and where a notebook stands on it."""

from base64 import b64encode
from io import BytesIO

import numpy as np
import pandas as pd
import pywt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from ecgutils.aami import CLASSES
from ecgutils.plots.style import CLASS_COLOURS

STATIONS = pd.DataFrame(
    [
        ("recording", 1, "database"),
        ("wavelet", 2, "signals"),
        ("beat", 3, "beats"),
        ("split", 4, "learning"),
        ("SMOTE", 4, "learning"),
        ("CNN", 5, "learning"),
        ("score", 6, "scoring"),
        ("unseen", 7, "unseen"),
        ("yours", 8, "recordings"),
    ],
    columns=["station", "notebook", "room"],
)
"""The steps of the course, with the notebook and the room of the package that each is in."""

HERE_COLOUR = CLASS_COLOURS["N"]
"""Of the stations of today's notebook."""

_SIDE = 0.74
"""Of a station, where two are one apart."""


class CourseMap:
    """A figure that a notebook shows with a description for those who cannot see it.

    It is a PNG, since JupyterLab shows no SVG of a notebook that has not been run yet.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    stations : pandas.DataFrame
        Columns ``station``, ``notebook``, ``room`` and ``here``, one row per station.
    description : str
    """

    def __init__(self, stations: pd.DataFrame) -> None:
        self.stations = stations
        names = " → ".join(stations["station"])
        here = " and ".join(stations["station"][stations["here"]])
        self.description = f"Map of the course: {names}." + f" Here: {here}." * bool(here)
        self.figure = _drawn(stations)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, dict]]:
        """Return the picture, and its description beside it."""
        file = BytesIO()
        self.figure.savefig(file, format="png", dpi=125, metadata={"Software": None})
        picture = {"image/png": b64encode(file.getvalue()).decode(), "text/plain": repr(self)}
        return picture, {"image/png": {"alt": self.description, "width": 960}}

    def __repr__(self) -> str:
        """Return the description."""
        return self.description


def course_map(here: int = 0) -> CourseMap:
    """Draw the map of the course, with the stations of a notebook filled.

    Parameters
    ----------
    here : int
        Number of the notebook; 0 fills none.

    Returns
    -------
    CourseMap
        As the last value of a cell it is displayed.

    Examples
    --------
    >>> course_map(here=4)
    Map of the course: recording → wavelet → beat → split → SMOTE → CNN → score → unseen → yours. \
Here: split and SMOTE.
    """
    return CourseMap(STATIONS.assign(here=STATIONS["notebook"] == here))


def _drawn(stations: pd.DataFrame) -> Figure:
    """Draw the stations in a row, each with its symbol, its name, its notebook and its room."""
    figure = Figure((9.6, 1.62), layout="none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(-0.5, len(stations) - 0.5), ylim=(-0.98, 0.54))
    axes.set_axis_off()
    arrow = {"arrowstyle": "-|>", "color": "0.45", "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    for k, row in enumerate(stations.itertuples()):
        face, ink = (HERE_COLOUR, "white") if row.here else ("white", "0.15")
        box = FancyBboxPatch(
            (k - _SIDE / 2 + 0.06, -_SIDE / 2 + 0.06),
            *(_SIDE - 0.12, _SIDE - 0.12),
            boxstyle="round,pad=0.06",
            facecolor=face,
            edgecolor=HERE_COLOUR if row.here else "0.45",
        )
        axes.add_patch(box)
        _SYMBOLS[row.station](axes, k, ink)
        weight = "bold" if row.here else "normal"
        axes.text(k, -0.53, row.station, ha="center", va="center", size=11.5, weight=weight)
        place = f"{row.notebook:02} · {row.room}/"
        axes.text(k, -0.78, place, ha="center", va="center", size=8, color="0.35")
        if k:
            axes.annotate("", (k - _SIDE / 2, 0), (k - 1 + _SIDE / 2, 0), arrowprops=arrow)
    return figure


def _line(
    axes: Axes, middle: float, x: np.ndarray, y: np.ndarray, ink: str, **look: object
) -> None:
    """Draw a line whose points are within -1 to 1 of the middle of a station."""
    look = {"linewidth": 1.4, "solid_joinstyle": "round"} | look
    axes.plot(middle + 0.29 * np.asarray(x), 0.29 * np.asarray(y), color=ink, **look)


def _ecg(x: np.ndarray) -> np.ndarray:
    """Return the height of a heartbeat at positions from -1 to 1, the R peak at -0.1."""
    waves = [(-0.55, 0.1, 0.2), (-0.19, 0.04, -0.25), (-0.1, 0.05, 1.4), (0.0, 0.05, -0.45)]
    waves.append((0.5, 0.15, 0.4))
    return sum(h * np.exp(-(((x - m) / w) ** 2) / 2) for m, w, h in waves) - 0.35


def _recording(axes: Axes, middle: float, ink: str) -> None:
    x = np.linspace(-1, 1, 300)
    _line(axes, middle, x, 0.8 * _ecg((1.5 * (x + 1)) % 1.5 * 4 / 3 - 1), ink)


def _wavelet(axes: Axes, middle: float, ink: str) -> None:
    _, psi, x = pywt.Wavelet("db2").wavefun(level=7)
    _line(axes, middle, 2 * x / x[-1] - 1, psi / np.abs(psi).max(), ink)


def _beat(axes: Axes, middle: float, ink: str) -> None:
    x = np.linspace(-0.75, 0.75, 200)
    _line(axes, middle, x, _ecg(x), ink)
    for border in (-0.9, 0.9):
        _line(axes, middle, [border] * 2, [-0.95, 0.95], ink, linestyle=":")


def _split(axes: Axes, middle: float, ink: str) -> None:
    for column, tested in ((-0.8, False), (-0.3, False), (0.7, True)):
        for row in (-0.6, 0, 0.6):
            filled = {"markerfacecolor": "none"} if tested else {}
            _line(axes, middle, [column], [row], ink, marker="o", markersize=6, **filled)
    _line(axes, middle, [0.2] * 2, [-1, 1], ink, linestyle="--")


def _smote(axes: Axes, middle: float, ink: str) -> None:
    _line(axes, middle, [-0.8, 0.8], [-0.7, 0.7], ink, marker="o", markersize=7)
    inside = HERE_COLOUR if ink == "white" else "white"
    _line(axes, middle, [0.2], [0.175], ink, marker="D", markersize=6.5, markerfacecolor=inside)


def _cnn(axes: Axes, middle: float, ink: str) -> None:
    for x, half, width in ((-0.85, 1, 1.5), (-0.4, 0.75, 4), (0.15, 0.5, 7), (0.75, 0.25, 3)):
        _line(axes, middle, [x, x], [-half, half], ink, linewidth=width, solid_capstyle="butt")


def _score(axes: Axes, middle: float, ink: str) -> None:
    side, cells = 0.12, len(CLASSES)
    for row in range(cells):
        for column in range(cells):
            corner = middle + (column - cells / 2) * side, (cells / 2 - 1 - row) * side
            fill = ink if row == column else "none"
            axes.add_patch(Rectangle(corner, side, side, facecolor=fill, edgecolor=ink, lw=0.7))


def _unseen(axes: Axes, middle: float, ink: str) -> None:
    angle = np.linspace(0, 2 * np.pi, 60)
    _line(axes, middle, 0.38 * np.cos(angle) - 0.25, 0.5 + 0.38 * np.sin(angle), ink)
    half = angle[:31]
    _line(axes, middle, 0.7 * np.cos(half) - 0.25, 0.85 * np.sin(half) - 0.95, ink)
    look = {"ha": "center", "va": "center", "size": 13, "weight": "bold", "color": ink}
    axes.text(middle + 0.22, 0.1, "?", **look)


def _yours(axes: Axes, middle: float, ink: str) -> None:
    _line(axes, middle, [-0.75, 0.3, 0.75, 0.75, -0.75, -0.75], [1, 1, 0.55, -1, -1, 1], ink)
    _line(axes, middle, [0.3, 0.3, 0.75], [1, 0.55, 0.55], ink, linewidth=1)
    x = np.linspace(-0.9, 0.9, 200)
    _line(axes, middle, 0.62 * x, 0.62 * _ecg(x) - 0.1, ink, linewidth=1.1)


_SYMBOLS = {
    "recording": _recording,
    "wavelet": _wavelet,
    "beat": _beat,
    "split": _split,
    "SMOTE": _smote,
    "CNN": _cnn,
    "score": _score,
    "unseen": _unseen,
    "yours": _yours,
}
