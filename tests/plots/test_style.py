"""One look for all figures; what is stored of them is the same each time."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns

from ecgutils.aami import CLASSES
from ecgutils.plots import style
from ecgutils.plots.drawing import Drawing


def test_colours_of_the_classes_can_be_told_apart_with_any_colour_vision():
    palette = [colour.lower() for colour in sns.color_palette("colorblind").as_hex()]
    assert list(style.CLASS_COLOURS.values()) == palette[: len(CLASSES)]


def test_classes_differ_without_colour_too():
    assert tuple(style.CLASS_MARKERS) == CLASSES
    assert len(set(style.CLASS_MARKERS.values())) == len(CLASSES)


def test_a_figure_is_stored_with_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "DRAWN_DIR", tmp_path)
    figure, axes = plt.subplots(figsize=(4, 2))
    axes.plot([1, 2])
    numbers = pd.DataFrame({"share": [1 / 3, 2.0]}, index=pd.Index(["a", "b"], name="class"))
    stored = []
    for _ in range(2):
        style.save_figure(figure, "shares", numbers)
        stored.append((tmp_path / "shares.png").read_bytes())
    assert stored[0] == stored[1]
    assert plt.imread(tmp_path / "shares.png").shape == (300, 600, 4)
    assert (tmp_path / "shares.csv").read_bytes() == b"class,share\na,0.333333\nb,2\n"


def test_a_drawing_is_stored_with_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(style, "DRAWN_DIR", tmp_path)
    drawing = Drawing(20, 10)
    drawing.line([0, 20], [0, 10], stroke="black")
    style.save_figure(drawing, "line", pd.DataFrame({"mm": [0, 20]}))
    assert (tmp_path / "line.svg").read_text() == drawing.svg()
    assert (tmp_path / "line.csv").exists()


def test_the_style_holds_for_new_figures():
    with plt.rc_context():
        style.use_style()
        figure, axes = plt.subplots()
        (line,) = axes.plot([1, 2])
        assert line.get_color() == sns.color_palette("colorblind")[0]
        np.testing.assert_array_equal(figure.get_size_inches(), (8, 4))


@pytest.mark.slow
def test_figures_of_the_report_are_drawn_without_a_plotting_library():
    heavy = {"matplotlib", "seaborn"}
    code = f"import sys, ecgutils.plots.report; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
