"""Divisions are drawn as they are: which beats and patients are on which side."""

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES, DS1, DS2
from ecgutils.plots import divisions as draw


def test_each_way_to_split_has_a_panel_with_a_row_per_record():
    by_beat, by_patient = np.eye(3, 4, dtype=bool), np.repeat([[False], [False], [True]], 4, axis=1)
    ways = {"by beat": by_beat, "by patient": by_patient}
    figure = draw.two_splits(ways, ["101", "106", "100"])
    for axes, (title, tested) in zip(figure.axes, ways.items(), strict=True):
        np.testing.assert_array_equal(axes.collections[0].get_array().reshape(3, 4), tested)
        assert axes.get_title() == title
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["101", "106", "100"]
    # The first record is uppermost.
    assert figure.axes[0].get_ylim() == (3, 0)


def test_bars_are_the_ectopic_beats_of_each_record():
    counts = pd.DataFrame(0, index=[*DS1, *DS2], columns=list(CLASSES))
    counts.loc["208"] = [1586, 2, 992, 373, 2]
    figure = draw.ds1_and_ds2(counts)
    for axes, names in zip(figure.axes, (DS1, DS2), strict=True):
        assert [label.get_text() for label in axes.get_xticklabels()] == list(names)
        for bars, name in zip(axes.containers, "SVF", strict=True):
            heights = [bar.get_height() for bar in bars]
            assert heights == counts.loc[list(names), name].tolist()
    tops = [bars[DS1.index("208")].get_y() for bars in figure.axes[0].containers]
    assert tops == [0, 2, 994]


def test_the_two_records_of_one_person_stand_out():
    figure = draw.ds1_and_ds2(pd.DataFrame(1, index=[*DS1, *DS2], columns=list(CLASSES)))
    labels = [label for axes in figure.axes for label in axes.get_xticklabels()]
    assert [one.get_text() for one in labels if one.get_weight() == "bold"] == ["201", "202"]


def test_a_set_of_few_records_is_drawn_too():
    figure = draw.ds1_and_ds2(pd.DataFrame(1, index=["208"], columns=list(CLASSES)))
    assert sum(bar.get_height() for bar in figure.axes[1].containers[0]) == 0
