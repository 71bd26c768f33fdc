"""One look for all figures, and where they are stored with the numbers behind them."""

from typing import TYPE_CHECKING

import pandas as pd

from ecgutils.files import write_beside, write_csv, write_whole
from ecgutils.paths import BUILD_DIR
from ecgutils.plots.drawing import Drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DRAWN_DIR = BUILD_DIR / "figures"
"""Where a run stores its figures; `make notebooks` copies them to ``figures/``."""

# Written out, because seaborn takes seconds to import and the report does without it.
CLASS_COLOURS = {"N": "#0173b2", "S": "#de8f05", "V": "#029e73", "F": "#d55e00", "Q": "#cc78bc"}
"""A colour for each class, told apart with any colour vision: seaborn's "colorblind"."""

CLASS_MARKERS = {"N": "o", "S": "^", "V": "s", "F": "D", "Q": "x"}
"""A marker for each class, so that classes differ without colour too."""


def use_style() -> None:
    """Set fonts and sizes that stay readable at the width of a column."""
    import seaborn as sns

    settings = {
        "figure.figsize": (8, 4),
        "figure.dpi": 100,
        "figure.constrained_layout.use": True,
        "axes.titlesize": "medium",
        "axes.titlelocation": "left",
        "legend.frameon": False,
    }
    sns.set_theme(context="notebook", style="whitegrid", palette="colorblind", rc=settings)


def save_figure(figure: "Figure | Drawing", name: str, numbers: pd.DataFrame) -> None:
    """Store a figure and the numbers behind it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure, stored as PNG, or Drawing, stored as SVG
    name : str, the file name without its ending
    numbers : pandas.DataFrame, stored with its index
    """
    if isinstance(figure, Drawing):
        write_whole(DRAWN_DIR / f"{name}.svg", figure.svg())
    else:
        with write_beside(DRAWN_DIR / f"{name}.png") as file:
            figure.savefig(file, format="png", dpi=150, metadata={"Software": None})
    write_csv(DRAWN_DIR / f"{name}.csv", numbers, "%.6g")
