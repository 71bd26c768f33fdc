"""What several figures have in common: rows from the top, panels in threes, a beat's signal."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.plots import layout


def test_a_panel_without_a_beat_is_not_shown():
    figure, panels = layout.panels_in_threes(4, width=9, sharey=False)
    assert len(panels) == 4
    assert [axes.get_visible() for axes in figure.axes] == [True] * 4 + [False] * 2


def test_rows_are_named_from_top_to_bottom():
    _, axes = plt.subplots()
    np.testing.assert_array_equal(layout.name_rows(axes, ["first", "second"]), [0, 1])
    assert axes.get_ylim() == (1.5, -0.5)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]


def test_markers_of_a_row_lie_apart_and_an_unknown_mean_is_not_drawn():
    index = pd.MultiIndex.from_product([["a", "b"], ["f1"]])
    table = pd.DataFrame({"mean": [90.0, 60.0], "half_width": [1.0, 2.0]}, index=index)
    both = {"all": table, "one": table[:1]}
    figure = layout.interval_panels(both, ["b", "a"], {"f1": "F1"}, (4, 3), spread=0.1)
    (axes,) = figure.axes
    points = [bars.lines[0].get_xydata().tolist() for bars in axes.containers]
    assert points[0] == [[60, -0.1], [90, 0.9]]
    assert points[1][1] == [90, 1.1]
    assert np.isnan(points[1][0][0])


def test_the_surroundings_of_a_beat_begin_with_the_record():
    record = database.read("100")
    around = layout.around_beat(record, 0, 77, seconds=1)
    assert (around.index[0], around.index[-1]) == (-77 / 360, 359 / 360)
    np.testing.assert_array_equal(around, record.lead(0)[: 77 + 360])
