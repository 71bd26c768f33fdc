"""Figures of results show the numbers that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from ecgutils.plots import evaluation as draw


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def test_reliability_has_a_panel_before_and_one_after():
    rows = [
        (False, "N", 0.9, 1000, 0.95, 0.8),
        (False, "V", 0.9, 20, 0.91, 0.7),
        (True, "N", 0.9, 1000, 0.93, 0.94),
        (True, "V", 0.5, 200, 0.55, 0.5),
    ]
    columns = ["calibrated", "class", "from", "beats", "said", "true"]
    before, after = draw.reliability_diagram(pd.DataFrame(rows, columns=columns)).axes
    for axes, expected in ((before, [(95, 80), (91, 70)]), (after, [(93, 94), (55, 50)])):
        points = np.vstack([dots.get_offsets() for dots in axes.collections])
        np.testing.assert_allclose(points, expected)
        np.testing.assert_array_equal(axes.lines[0].get_xydata(), [(0, 0), (100, 100)])


def test_shares_of_few_beats_are_hollow():
    rows = [(done, "V", 0.5, beats, 0.55, 0.5) for done in (False, True) for beats in (49, 50)]
    columns = ["calibrated", "class", "from", "beats", "said", "true"]
    before, _ = draw.reliability_diagram(pd.DataFrame(rows, columns=columns)).axes
    filled, hollow = before.collections
    assert not np.array_equal(filled.get_facecolor(), hollow.get_facecolor())
    np.testing.assert_array_equal(hollow.get_facecolor(), [[1, 1, 1, 1]])


def test_detection_by_record_begins_with_the_worst():
    table = pd.DataFrame(
        {"Se": [100.0, 96.8, 99.4], "+P": [99.9, 100.0, 96.5]}, index=["100", "201", "208"]
    )
    (axes,) = draw.detection_by_record(table).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["208", "201", "100"]
    found, right = (line.get_ydata() for line in axes.lines)
    np.testing.assert_array_equal(found, [99.4, 96.8, 100])
    np.testing.assert_array_equal(right, [96.5, 100, 99.9])
