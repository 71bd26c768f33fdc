"""Where electrodes lie, and what two leads see of the same heartbeat."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy.interpolate import splev, splprep

from ecgutils.errors import EcgError
from ecgutils.io.record import Record

LIMB_ELECTRODES = {"RA": (-2.5, 7.5), "LA": (2.5, 7.5), "RL": (-2.0, 0.9), "LL": (2.0, 0.9)}
"""Limb electrodes moved to the trunk, as portable recorders have them (Mason and Likar 1966).

Places are seen from in front, where the trunk is nine high: the patient's left is on the right.
"""

CHEST_ELECTRODES = {
    "V1": (-0.5, 5.2),
    "V2": (0.5, 5.2),
    "V3": (1.1, 4.6),
    "V4": (1.75, 4.0),
    "V5": (2.4, 4.0),
    "V6": (3.0, 4.0),
}
"""V1 and V2 lie beside the breastbone, V4 below the middle of the left collarbone."""

SECONDS_SHOWN = (-0.3, 0.4)
"""Before and after the annotation of the beat."""

_HEART = [(-0.45, 4.7), (-0.1, 5.6), (0.7, 5.5), (1.4, 4.7), (1.7, 3.6), (0.5, 3.8)]
_TRUNK = [(-0.8, 9.7), (-0.85, 9.0), (-1.5, 8.6), (-3.0, 8.3), (-3.9, 7.7), (-4.2, 6.2)]
_ARM = [(-3.3, 6.3), (-3.25, 4.5), (-2.9, 2.4), (-3.1, 0.2)]
_COLOURS = ("#0173b2", "#d55e00")


def lead_positions(record: Record, sample: int) -> plt.Figure:
    """Draw where the electrodes of a record's two leads lie, and one beat as both leads see it.

    Parameters
    ----------
    record : Record, the first of whose leads is MLII, and the second one from V1 to V6
    sample : int, where the beat is annotated

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    EcgError
        If the record has other leads.
    """
    if record.sig_name not in [("MLII", chest) for chest in CHEST_ELECTRODES]:
        leads = " and ".join(record.sig_name)
        raise EcgError(f"{record.name}: has the leads {leads}; take a record of MLII and V1 to V6")
    figure = plt.figure(figsize=(9, 4.6))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.1, 1))
    _trunk(figure.add_subplot(grid[:, 0]), record.sig_name[1])
    first, last = (round(seconds * record.fs) for seconds in SECONDS_SHOWN)
    shown = np.arange(first, last)
    shared = None
    for k, (lead, colour) in enumerate(zip(record.sig_name, _COLOURS, strict=False)):
        shared = figure.add_subplot(grid[k, 1], sharex=shared, sharey=shared)
        shared.plot(
            shown / record.fs, record.lead(lead)[sample + shown], color=colour, linewidth=1.6
        )
        shared.set(ylabel=f"{lead} (mV)")
        shared.tick_params(labelbottom=k == 1)
    shared.set(xlabel=f"time from the R peak (s), record {record.name}")
    return figure


def _trunk(axes: Axes, chest_lead: str) -> None:
    """Draw a trunk from in front with its electrodes, and the directions of the two leads."""
    for side, words in ((-1, "patient's right"), (1, "patient's left")):
        for outline in (_TRUNK, _ARM):
            x, y = np.transpose(outline)
            axes.plot(-side * x, y, color="0.55", linewidth=1.5, solid_joinstyle="round")
        axes.text(3.2 * side, 9.3, words, ha="center", size=10, color="0.35")
    axes.fill(*_rounded(_HEART), color="#cc78bc", alpha=0.3, linewidth=0)
    limb, (colour, chest_colour) = LIMB_ELECTRODES, _COLOURS
    colours = {"RA": colour, "LL": colour, chest_lead: chest_colour}
    for name, place in (limb | CHEST_ELECTRODES).items():
        _electrode(axes, name, place, colours.get(name))
    arrow = {"arrowstyle": "-|>,head_width=0.4,head_length=0.8", "color": colour, "linewidth": 2}
    axes.annotate("", limb["LL"], limb["RA"], arrowprops=arrow | {"shrinkA": 8, "shrinkB": 8})
    words = {
        f"{chest_lead}: towards you": (-0.5, chest_colour),
        "MLII: from RA to LL": (-1.2, colour),
    }
    for text, (height, tone) in words.items():
        axes.text(-0.2, height, text, color=tone, ha="center", va="center", size=10.5)
    # A dot in a ring is the tip of an arrow that points at the reader.
    axes.plot(*CHEST_ELECTRODES[chest_lead], "o", color="white", markersize=4)
    axes.set(xlim=(-4.9, 4.9), ylim=(-1.6, 9.8), aspect="equal")
    axes.set_axis_off()


def _electrode(axes: Axes, name: str, place: tuple[float, float], colour: str | None) -> None:
    """Draw an electrode with its name above, larger and in colour where a lead uses it."""
    axes.plot(*place, "o", color=colour or "0.6", markersize=11 if colour else 7)
    weight = "bold" if colour else "normal"
    look = {"ha": "center", "va": "center", "size": 9, "weight": weight, "color": colour or "0.35"}
    look["textcoords"] = "offset points"
    axes.annotate(name, place, (0, -13 if name in ("RL", "LL") else 12), **look)


def _rounded(corners: list[tuple[float, float]]) -> np.ndarray:
    """Return a closed line through some corners without kinks, shape (2, points)."""
    line, _ = splprep(np.transpose([*corners, corners[0]]), s=0, per=True)
    return np.array(splev(np.linspace(0, 1, 100), line))
