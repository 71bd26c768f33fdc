"""One look for all figures, and where they are stored with the numbers behind them."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ecgutils.aami import CLASSES
from ecgutils.files import write_beside
from ecgutils.paths import BUILD_DIR

DRAWN_DIR = BUILD_DIR / "figures"
"""Where a run stores its figures; `make notebooks` copies them to ``figures/``."""

CLASS_COLOURS = dict(zip(CLASSES, sns.color_palette("colorblind").as_hex(), strict=False))
"""A colour a class, told apart with any colour vision."""


def use_style() -> None:
    """Set fonts and sizes that stay readable at the width of a column."""
    sns.set_theme(context="notebook", style="whitegrid", palette="colorblind")
    plt.rcParams |= {
        "figure.figsize": (8, 4),
        "figure.dpi": 100,
        "figure.constrained_layout.use": True,
        "axes.titlesize": "medium",
        "axes.titlelocation": "left",
        "legend.frameon": False,
    }


def save_figure(figure: Figure, name: str, numbers: pd.DataFrame) -> None:
    """Store a figure and the numbers behind it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        File name without its ending, for example ``"class_counts"``.
    numbers : pandas.DataFrame
        What the figure shows; stored with its index.
    """
    with write_beside(DRAWN_DIR / f"{name}.png") as file:
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    with write_beside(DRAWN_DIR / f"{name}.csv") as file:
        numbers.to_csv(file, float_format="%.6g", lineterminator="\n")
