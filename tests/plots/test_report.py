"""Figures of one recording: true to scale, and showing what they are given."""

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.plots import report as draw

FS = 360


def beats(*rows):
    return pd.DataFrame(rows, columns=["time_s", "class"])


def drawn(axes, gid):
    (artist,) = (child for child in axes.get_children() if child.get_gid() == gid)
    return artist


def texts(axes):
    return [text.get_text() for text in axes.texts if text.get_text()]


@pytest.fixture(scope="module")
def strip():
    """The first seven seconds of record 100, as if they began at 0:01:00."""
    signals = database.read("100").p_signal[: 7 * FS]
    signals = signals - np.median(signals, axis=0)
    shown = beats((59.9, "N"), (60.2, "N"), (62.0, "V"), (63.0, "Q"), (67.5, "S"))
    return signals, draw.ecg_strip(signals, FS, 60.0, shown, marked=(2,))


def test_a_data_unit_of_a_strip_is_a_millimetre(strip):
    (axes,) = strip[1].axes
    width, height = 25.4 * strip[1].get_size_inches()
    assert axes.get_position().bounds == (0, 0, 1, 1)
    assert np.ptp(axes.get_xlim()) == pytest.approx(width) == 185
    assert np.ptp(axes.get_ylim()) == pytest.approx(height)


def test_a_second_is_25_mm_and_a_millivolt_10(strip):
    signals, figure = strip
    for k, signal in enumerate(signals.T):
        pulse_x, pulse_y = drawn(figure.axes[0], f"calibration-{k}").get_data()
        baseline = pulse_y.min()
        assert np.ptp(pulse_y) == 10
        assert np.ptp(pulse_x[pulse_y > baseline]) == 5
        x, y = drawn(figure.axes[0], f"trace-{k}").get_data()
        np.testing.assert_allclose(x, 25 * np.arange(len(signal)) / FS)
        np.testing.assert_allclose(y, baseline + 10 * signal)
        assert baseline % 5 == 0


def test_seconds_between_beats_stand_between_them(strip):
    places = {t.get_text(): t.get_position()[0] for t in strip[1].axes[0].texts}
    assert places["1.80"] == pytest.approx(25 * (0.2 + 2.0) / 2)
    assert places["1.00"] == pytest.approx(25 * (2.0 + 3.0) / 2)
    # Of an interval that ends beyond the strip, in the middle of what is seen.
    assert places["4.50"] == pytest.approx(25 * (3.0 + 7.0) / 2)
    assert places["0.30"] == pytest.approx(25 * 0.1)


def test_paper_has_a_line_every_millimetre_and_a_bold_one_every_five(strip):
    for step in (1, 5):
        corners = drawn(strip[1].axes[0], f"grid-{step}").get_path().vertices
        upright = corners[::2][corners[::2, 0] == corners[1::2, 0]]
        assert (np.diff(np.unique(upright[:, 0])) == step).all()
        assert (np.diff(np.unique(corners[:, 1])) == step).any()


def test_beats_of_a_strip_are_labelled_at_their_place(strip):
    labels = {text.get_text(): text for text in strip[1].axes[0].texts}
    assert [name for name in texts(strip[1].axes[0]) if len(name) == 1] == ["N", "V", "Q"]
    assert [labels[name].get_position()[0] for name in "NVQ"] == pytest.approx([5, 50, 75])
    frames = {name: labels[name].get_bbox_patch().get_facecolor() for name in "VQ"}
    assert frames["V"] != frames["Q"]


def test_times_of_a_strip_are_those_of_the_recording(strip):
    assert [t for t in texts(strip[1].axes[0]) if ":" in t] == [
        *("0:01:00", "0:01:02"),
        *("0:01:04", "0:01:06"),
    ]


@pytest.mark.parametrize(
    ("height", "gain"), [(0.1, 10), (2.4, 10), (3.1, 5), (8.5, 2.5), (1200, 10 / 2**9)]
)
def test_gain_is_lowered_until_the_trace_fits(height, gain):
    signal = np.linspace(0, height, 100)
    assert draw.paper_gain(signal) == gain
    figure = draw.ecg_strip(signal[:, None], 100, 0, beats())
    low, high = figure.axes[0].get_ylim()
    trace = drawn(figure.axes[0], "trace-0").get_ydata()
    assert low <= trace.min() <= trace.max() <= high


def test_missing_samples_are_a_gap():
    signal = np.sin(np.arange(7 * FS) / 30)
    signal[500:700] = np.nan
    figure = draw.ecg_strip(signal[:, None], FS, 0, beats())
    np.testing.assert_array_equal(
        np.flatnonzero(np.isnan(drawn(figure.axes[0], "trace-0").get_ydata())), np.arange(500, 700)
    )
    assert draw.paper_gain(np.full(100, np.nan)) == 10


@pytest.mark.parametrize(
    ("seconds", "decimals", "text"),
    [(0, 0, "0:00:00"), (59.96, 1, "0:01:00.0"), (3725.25, 0, "1:02:05"), (90000, 0, "25:00:00")],
)
def test_clock_counts_hours_since_the_start(seconds, decimals, text):
    assert draw.clock(seconds, decimals) == text


def test_trend_has_a_gap_where_no_rate_is_known_and_names_its_extremes():
    trend = {"time_s": [5.0, 15, 25], "mean": [70.0, np.nan, 80], "lowest": [61.2, np.nan, 75]}
    trend = pd.DataFrame({**trend, "highest": [75, np.nan, 118.7]})
    unusable = pd.DataFrame({"start_s": [10.0], "stop_s": [20.0]})
    figure = draw.rate_trend(trend, unusable, 30.0)
    (axes,) = figure.axes
    assert {"61", "119"} <= {text.get_text() for text in axes.texts}
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), trend["mean"])
    low, high = axes.get_ylim()
    assert low < 61
    assert high > 119


def test_tachogram_marks_each_class_and_leaves_out_unknown_intervals():
    time, rr = np.arange(6.0), np.array([np.nan, 0.8, 0.5, 3.0, 0.8, np.nan])
    beats = pd.DataFrame({"time_s": time, "class": list("NNVNSQ")})
    unusable = pd.DataFrame({"start_s": [4.5], "stop_s": [5.0]})
    figure = draw.tachogram(beats, rr, unusable, 6.0, highest=2.0)
    (axes,) = figure.axes
    points = {(x, y, line.get_marker()) for line in axes.lines for x, y in line.get_xydata()}
    assert points == {(1, 0.8, "o"), (2, 0.5, "s"), (3, 2.0, "o"), (4, 0.8, "^")}
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["N", "S", "V"]
    assert len(axes.collections) == 1


def test_bars_stand_upon_each_other():
    periods = pd.DataFrame(
        {"start_s": [0, 60], "stop_s": [60, 120], "S": [1, 0], "V": [2, 3], "F": [0, 0]}
    )
    (axes,) = draw.ectopic_bars(periods).axes
    tops = [round(bar.get_y() + bar.get_height()) for bars in axes.containers for bar in bars]
    assert tops == [1, 0, 3, 3]
    assert axes.get_xlim() == (0, 120)


def test_mean_beats_have_one_scale_and_say_how_many_they_are():
    shape = np.stack([np.zeros(9), np.full(9, -1), np.full(9, 1)])
    figure = draw.mean_beats({"N": (300, shape), "V": (1, 2 * shape)}, np.linspace(-0.3, 0.5, 9))
    first, second = (axes for axes in figure.axes if axes.get_visible())
    assert first.get_ylim() == second.get_ylim()
    titles = [axes.get_title(loc="left") for axes in (first, second)]
    assert titles == ["N: mean of 300", "V: one beat"]


def test_a_short_stretch_of_a_long_day_can_be_seen():
    unusable = pd.DataFrame({"start_s": [40000.0], "stop_s": [40001.0]})
    (axes,) = draw.signal_timeline(unusable, 86400.0).axes
    (bar,) = axes.collections[-1].get_paths()
    assert np.ptp(bar.vertices[:, 0]) >= 86400 / 1000


@pytest.mark.parametrize("duration", [0.5, 10, 100, 1805.6, 86400, 14 * 86400, 100 * 86400])
def test_times_on_an_axis_are_few_and_differ(duration):
    figure = draw.signal_timeline(pd.DataFrame({"start_s": [], "stop_s": []}), duration)
    figure.canvas.draw()
    labels = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert 1 <= len(labels) <= 14
    assert len(set(labels)) == len(labels)
