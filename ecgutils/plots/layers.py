"""A network drawn from its layers, with their real shapes."""

from typing import TYPE_CHECKING, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from ecgutils.errors import EcgError

if TYPE_CHECKING:
    import keras

_LOOKS = {
    "Reshape": ("input", "0.35"),
    "Conv1D": ("convolution", "#0173b2"),
    "MaxPooling1D": ("pooling", "#de8f05"),
    "Flatten": ("in one row", "0.35"),
    "Dense": ("dense", "#029e73"),
}
"""What the layers that change the shape of a beat are called, and their colours."""


class Stage(NamedTuple):
    """What a beat is after some layers: so many positions with so many channels each."""

    layer: str
    positions: int
    channels: int
    parameters: int


def network_stages(network: "keras.Model") -> list[Stage]:
    """List what a beat becomes on its way through a network of one layer after another.

    Parameters
    ----------
    network : keras.Model, trained or not

    Returns
    -------
    list of Stage
        One per shape. Layers that leave it as it is, such as a normalisation, count with the one
        before them.

    Raises
    ------
    EcgError
        If layers have several inputs.
    """
    stages = []
    for layer in network.layers:
        if isinstance(layer.input, list) and len(layer.input) > 1:
            raise EcgError(f"{network.name}: {layer.name} joins layers; draw one without branches")
        positions, channels = (*layer.output.shape[1:], 1)[:2]
        if stages and stages[-1][1:3] == (positions, channels):
            parameters = stages[-1].parameters + layer.count_params()
            stages[-1] = stages[-1]._replace(parameters=parameters)
        else:
            kind = type(layer).__name__
            stages.append(Stage(kind, positions, channels, layer.count_params()))
    return stages


def network_layers(network: "keras.Model") -> plt.Figure:
    """Draw what a beat becomes on its way through a network of one layer after another.

    Parameters
    ----------
    network : keras.Model
        See :func:`network_stages`.

    Returns
    -------
    matplotlib.figure.Figure
        One block per shape. Its height grows with the root of the number of positions, and its
        width with that of the channels.
    """
    stages = network_stages(network)
    figure, axes = plt.subplots(figsize=(10, 3.6))
    sides = np.sqrt([(stage.channels, stage.positions) for stage in stages])
    widths, heights = (sides * (0.72 / sides[:, 0].max(), 2.4 / sides[:, 1].max())).T
    edges = {"arrowstyle": "-|>", "color": "0.45", "shrinkA": 2, "shrinkB": 2}
    for k, (stage, width, height) in enumerate(zip(stages, widths, heights, strict=True)):
        words, colour = _LOOKS.get(stage.layer, (stage.layer, "0.35"))
        corner = (k - width / 2, -height / 2)
        axes.add_patch(Rectangle(corner, width, height, facecolor=colour, alpha=0.85))
        size = f"{stage.positions} × {stage.channels}" if stage.channels > 1 else stage.positions
        axes.text(k, height / 2 + 0.08, size, ha="center", va="bottom", size=11)
        weights = f"{stage.parameters:,} weights" if stage.parameters else ""
        axes.text(k, -1.35, words, ha="center", va="top", size=10.5)
        axes.text(k, -1.58, weights, ha="center", va="top", size=8.5, color="0.35")
        if k:
            ends = (k - width / 2, 0), (k - 1 + widths[k - 1] / 2, 0)
            axes.annotate("", *ends, arrowprops=edges)
    axes.set(xlim=(-0.5, len(stages) - 0.5), ylim=(-1.8, 1.55))
    axes.set_title("numbers that a beat consists of: positions × channels", size=10.5)
    axes.set_axis_off()
    return figure
