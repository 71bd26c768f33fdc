"""Figures of beats show what they are given, each class in its colour."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color

from ecgutils import database
from ecgutils.beats.t_to_t import cut_t_to_t, t_to_t_borders
from ecgutils.plots import beats as draw
from ecgutils.plots.style import CLASS_COLOURS


def test_cuts_lie_where_the_beats_end():
    record = database.read("100")
    beats = cut_t_to_t(record)
    start, stop = t_to_t_borders(record.lead(0), record.fs, beats.sample)
    axes = draw.t_to_t_cuts(record, start=2.6, seconds=5.5)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("time (s)", "record 100, MLII (mV)")
    upright = [line.get_xdata()[0] for line in axes.lines if line.get_linestyle() == ":"]
    shown = (stop > 2.6 * 360) & (start < 8.1 * 360)
    np.testing.assert_allclose(upright, stop[shown] / 360)
    colours = {text.get_text(): text.get_color() for text in axes.texts}
    assert {name: CLASS_COLOURS[aami] for name, aami in (("N", "N"), ("A", "S"))} == colours


def test_each_beat_is_drawn_over_the_same_median_beat():
    time, median = np.arange(3.0), np.array([0, 1, 0])
    figure = draw.beats_against_median({"N": median + 0.1, "V": 2 * median}, median, time)
    for axes, name, beat in zip(figure.axes, "NV", (median + 0.1, 2 * median), strict=True):
        assert axes.get_xlabel() == "time from R (s)"
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), median)
        np.testing.assert_array_equal(axes.lines[1].get_ydata(), beat)
        assert same_color(axes.lines[1].get_color(), CLASS_COLOURS[name])


def test_a_beat_as_recorded_has_seconds_and_one_given_to_the_network_has_samples():
    stretches = {"N": np.arange(90.0), "S": np.arange(45.0)}
    figure = draw.recorded_and_scaled(stretches, np.zeros((2, 280)), fs=90)
    before, after = figure.axes
    assert [line.get_xdata()[-1] for line in before.lines] == [89 / 90, 44 / 90]
    assert [line.get_xdata()[-1] for line in after.lines] == [279, 279]
    assert (before.get_xlabel(), before.get_ylabel()) == ("time since the last T peak (s)", "mV")


def test_intervals_of_a_class_add_up_to_its_whole():
    axes = draw.rr_by_class({"N": np.full(30, 1.0), "S": np.array([0.5, 0.6])})
    for bars in axes.containers:
        assert sum(bar.get_height() for bar in bars) == pytest.approx(100)
    assert axes.get_ylabel() == "share of the class (%)"


def test_tachograms_show_each_beat_in_its_class():
    rr, classes = np.array([0.8, 0.5, 1.1, 0.8]), np.array([0, 2, 0, 1])
    (axes,) = draw.tachograms_side_by_side({"one": (rr, classes), "two": (rr, classes)}).axes[:1]
    points = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert points == {"N": [[0, 0.8], [2, 1.1]], "S": [[3, 0.8]], "V": [[1, 0.5]]}
    assert axes.get_ylabel() == "RR interval (s)"


def test_windows_and_coefficients_are_drawn_as_given():
    windows = {"one": np.arange(4.0), "two": np.arange(4.0) ** 2}
    panels = draw.windows_side_by_side(windows, "sample", "scaled to 0..1").axes
    for axes, (title, window) in zip(panels, windows.items(), strict=True):
        assert axes.get_title() == title
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), window)
    beat, low, high = draw.beat_with_coefficients(np.zeros(6), np.ones(4), np.full(4, -2)).axes
    assert [axes.get_title() for axes in (beat, low)] == [
        "beat: 6 values",
        "approximation: 4 values",
    ]
    assert low.get_ylim() == high.get_ylim() != beat.get_ylim()


def test_the_spread_of_a_class_lies_around_its_mean():
    mean = np.array([0.2, 0.8, 0.2])
    (axes,) = draw.class_shapes(
        {"V": np.stack([mean, mean - 0.1, mean + 0.2]), "N": [mean] * 3}
    ).axes[:1]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), mean)
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((0.1, 1.0))


def test_made_rows_are_told_from_real_ones():
    _, (parents, plane) = plt.subplots(1, 2)
    draw.smote_between_parents(np.zeros(3), np.ones(3), np.full(3, 0.5), "F", parents)
    *real, made = parents.lines
    assert {line.get_color() for line in real} == {CLASS_COLOURS["F"]}
    assert (made.get_color(), made.get_linestyle()) == ("black", "--")
    points = np.array([[0.0, 0.0], [1.0, 1.0]])
    draw.smote_projection(points, points / 2, [points], "F", plane)
    labels = [text.get_text() for text in plane.get_legend().get_texts()]
    assert labels == ["2 real", "2 made"]
    np.testing.assert_array_equal(plane.collections[1].get_offsets(), points / 2)


def test_distances_are_drawn_as_the_share_that_is_nearer():
    _, axes = plt.subplots()
    draw.nearest_distances({name: np.array([3.0, 1.0, 2.0, 4.0]) for name in "abc"}, axes)
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1, 2, 3, 4])
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [25, 50, 75, 100])
    assert len({line.get_linestyle() for line in axes.lines}) == 3
