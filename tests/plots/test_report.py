"""Figures of one recording: true to scale, and showing what they are given."""

import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.plots import report as draw
from ecgutils.plots.style import CLASS_COLOURS

FS = 360
POINT = 25.4 / 72


def beats(*rows):
    return pd.DataFrame(rows, columns=["time_s", "class"])


def tags(drawing, kind):
    """All elements of a kind, as a reader of SVG sees them."""
    return list(ElementTree.fromstring(drawing.svg()).iter(f"{{http://www.w3.org/2000/svg}}{kind}"))


def texts(drawing):
    return [text.text for text in tags(drawing, "text")]


def paths(drawing, name):
    """Paths of a name, each in pieces: places in mm from the upper left corner, (places, 2)."""
    found = []
    for group in tags(drawing, "g"):
        if group.get("id") == name:
            pieces = group[0].get("d").split("M")[1:]
            numbers = [np.array(re.findall(r"[-\d.]+", piece), dtype=float) for piece in pieces]
            found.append([POINT * each.reshape(-1, 2) for each in numbers])
    return found


def line(drawing, name):
    """The only piece of the only path of a name, in mm; x counts from the first second."""
    (((x, y),),) = [[piece.T for piece in path] for path in paths(drawing, name)]
    return x - 10, y


@pytest.fixture(scope="module")
def strip():
    """The first seven seconds of record 100, as if they began at 0:01:00."""
    signals = database.read("100").p_signal[: 7 * FS]
    signals = signals - np.median(signals, axis=0)
    shown = beats((59.9, "N"), (60.2, "N"), (62.0, "V"), (63.0, "Q"), (67.5, "S"))
    return signals, draw.ecg_strip(signals, FS, 60.0, shown, marked=(2,))


def test_a_strip_is_as_large_as_it_says(strip):
    svg = ElementTree.fromstring(strip[1].svg())
    left, top, width, height = map(float, svg.get("viewBox").split())
    assert (left, top) == (0, 0)
    assert (svg.get("width"), svg.get("height")) == (f"{width:.2f}pt", f"{height:.2f}pt")
    assert [POINT * width, POINT * height] == pytest.approx([185, strip[1].height], abs=0.01)


def test_a_second_is_25_mm_and_a_millivolt_10(strip):
    signals, drawing = strip
    for k, signal in enumerate(signals.T):
        pulse_x, pulse_y = line(drawing, f"calibration-{k}")
        baseline = pulse_y.max()
        assert np.ptp(pulse_y) == pytest.approx(10, abs=0.01)
        assert np.ptp(pulse_x[pulse_y < baseline - 1]) == pytest.approx(5, abs=0.01)
        x, y = line(drawing, f"trace-{k}")
        np.testing.assert_allclose(x, 25 * np.arange(len(signal)) / FS, atol=0.004)
        np.testing.assert_allclose(y, baseline - 10 * signal, atol=0.01)
        # Paper ends 4 mm above the lower edge.
        from_below = drawing.height - 4 - baseline
        assert from_below == pytest.approx(5 * round(from_below / 5), abs=0.01)


def test_seconds_between_beats_stand_between_them(strip):
    places = {t.text: POINT * float(t.get("x")) - 10 for t in tags(strip[1], "text")}
    assert places["1.80"] == pytest.approx(25 * (0.2 + 2.0) / 2, abs=0.01)
    assert places["1.00"] == pytest.approx(25 * (2.0 + 3.0) / 2, abs=0.01)
    # Of an interval that ends beyond the strip, in the middle of what is seen.
    assert places["4.50"] == pytest.approx(25 * (3.0 + 7.0) / 2, abs=0.01)
    assert places["0.30"] == pytest.approx(25 * 0.1, abs=0.01)


def test_paper_has_a_line_every_millimetre_and_a_bold_one_every_five(strip):
    for step in (1, 5):
        (lines,) = paths(strip[1], f"grid-{step}")
        upright = [ends[0, 0] for ends in lines if ends[0, 0] == ends[1, 0]]
        level = [ends[0, 1] for ends in lines if ends[0, 1] == ends[1, 1]]
        np.testing.assert_allclose(np.diff(upright), step, atol=0.01)
        np.testing.assert_allclose(np.diff(level), -step, atol=0.01)
        assert np.ptp(upright) == pytest.approx(185, abs=0.01)


def test_beats_of_a_strip_are_labelled_at_their_place(strip):
    labels = [text for text in tags(strip[1], "text") if len(text.text) == 1]
    assert [label.text for label in labels] == ["N", "V", "Q"]
    places = [POINT * float(label.get("x")) - 10 for label in labels]
    assert places == pytest.approx([5, 50, 75], abs=0.01)
    frames = [path for path in tags(strip[1], "path") if path.get("fill") not in (None, "none")]
    # N has no frame, and only the beat that the strip is about is yellow.
    assert [frame.get("fill") for frame in frames] == ["#fff3bf", "white"]
    assert [frame.get("stroke") for frame in frames] == [CLASS_COLOURS["V"], CLASS_COLOURS["Q"]]


def test_times_of_a_strip_are_those_of_the_recording(strip):
    assert [t for t in texts(strip[1]) if ":" in t] == [
        *("0:01:00", "0:01:02"),
        *("0:01:04", "0:01:06"),
    ]


@pytest.mark.parametrize(
    ("height", "gain"), [(0.1, 10), (2.4, 10), (3.1, 5), (8.5, 2.5), (1200, 10 / 2**9)]
)
def test_gain_is_lowered_until_the_trace_fits(height, gain):
    signal = np.linspace(0, height, 100)
    assert draw.paper_gain(signal) == gain
    drawing = draw.ecg_strip(signal[:, None], 100, 0, beats())
    _, trace = line(drawing, "trace-0")
    assert 0 <= trace.min() <= trace.max() <= drawing.height


def test_missing_samples_are_a_gap():
    signal = np.sin(np.arange(7 * FS) / 30)
    signal[500:700] = np.nan
    drawing = draw.ecg_strip(signal[:, None], FS, 0, beats())
    ((before, after),) = paths(drawing, "trace-0")
    assert (len(before), len(after)) == (500, 7 * FS - 700)
    assert after[0, 0] - 10 == pytest.approx(25 * 700 / FS, abs=0.01)
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
    drawing = draw.rate_trend(trend, unusable, 30.0)
    assert {"61", "119"} <= set(texts(drawing))
    ((before, after),) = paths(drawing, "mean")
    # Five and 25 of 30 seconds, on an axis from 14 mm to 6 mm before the end.
    assert [before[0, 0], after[0, 0]] == pytest.approx([14 + 165 / 6, 14 + 165 * 5 / 6], abs=0.01)
    assert len(paths(drawing, "range")) == 2
    places = np.concatenate([piece for path in paths(drawing, "range") for piece in path])
    assert 7 < places[:, 1].min() < places[:, 1].max() < 35


def middles(drawing, name):
    """Middles of the marks of a class, rounded to tenths of a mm."""
    (marks,) = paths(drawing, f"beats-{name}")[:1]
    return {tuple(((mark.max(axis=0) + mark.min(axis=0)) / 2).round(1).tolist()) for mark in marks}


def test_tachogram_marks_each_class_and_leaves_out_unknown_intervals():
    time, rr = np.arange(6.0), np.array([np.nan, 0.8, 0.5, 3.0, 0.8, np.nan])
    beats = pd.DataFrame({"time_s": time, "class": list("NNVNSQ")})
    unusable = pd.DataFrame({"start_s": [4.5], "stop_s": [5.0]})
    drawing = draw.tachogram(beats, rr, unusable, 6.0, highest=2.0)

    def place(second, interval):
        return round(14 + 165 * second / 6, 1), round(52 - 45 * interval / 2.04, 1)

    # An interval above the highest one is drawn there.
    assert middles(drawing, "N") == {place(1, 0.8), place(3, 2.0)}
    assert middles(drawing, "V") == {place(2, 0.5)}
    assert middles(drawing, "S") == {place(4, 0.8)}
    assert [text for text in texts(drawing) if text in tuple("NSVFQ")] == ["V", "S", "N"]
    assert len(paths(drawing, "unusable")) == 1


def test_many_beats_are_strokes_that_cover_the_same_places():
    time, rr = np.arange(4000) / 4, np.tile([0.5, 0.502, 0.504, 1.0], 1000)
    beats = pd.DataFrame({"time_s": time, "class": "N"})
    nowhere = pd.DataFrame({"start_s": [], "stop_s": []})
    drawing = draw.tachogram(beats, rr, nowhere, 1000.0, highest=2.0)
    strokes = paths(drawing, "beats-N")[0]
    assert len(strokes) < 4000
    covered = {
        (round(5 * x), step)
        for (x, low), (_, high) in strokes
        for step in range(round(5 * high), round(5 * low) + 1)
    }
    for second, interval in zip(time, rr, strict=True):
        x, y = 70 + 825 * second / 1000, 260 - 225 * interval / 2.04
        near = {(round(x) + i, round(y) + j) for i in (-1, 0, 1) for j in (-1, 0, 1)}
        assert near & covered


def test_bars_stand_upon_each_other():
    periods = pd.DataFrame(
        {"start_s": [0, 60], "stop_s": [60, 120], "S": [1, 0], "V": [2, 3], "F": [0, 0]}
    )
    drawing = draw.ectopic_bars(periods)
    bars = {name: [piece for (piece,) in paths(drawing, f"bar-{name}")] for name in "SVF"}
    assert [len(bars[name]) for name in "SVF"] == [1, 2, 0]
    beat = 28 / (1.08 * 3)
    tops = [(35 - bar[:, 1].min()) / beat for name in "SV" for bar in bars[name]]
    assert tops == pytest.approx([1, 3, 3], abs=0.01)
    assert (35 - bars["V"][0][:, 1].max()) / beat == pytest.approx(1, abs=0.01)
    assert bars["V"][1][0, 0] == pytest.approx(14 + 165 / 2, abs=0.01)


def test_mean_beats_have_one_scale_and_say_how_many_they_are():
    shape = np.stack([np.zeros(9), np.full(9, -1), np.full(9, 1)])
    drawing = draw.mean_beats({"N": (300, shape), "V": (1, 2 * shape)}, np.linspace(-0.3, 0.5, 9))
    (((n,),), ((v,),)) = (paths(drawing, f"spread-{name}") for name in "NV")
    assert np.ptp(v[:, 1]) == pytest.approx(2 * np.ptp(n[:, 1]), abs=0.02)
    assert [text for text in texts(drawing) if text[1:2] == ":"] == [
        "N: mean of 300",
        "V: one beat",
    ]


def test_a_short_stretch_of_a_long_day_can_be_seen():
    unusable = pd.DataFrame({"start_s": [40000.0], "stop_s": [40001.0]})
    (_, (bar,)) = paths(draw.signal_timeline(unusable, 86400.0), "unusable")
    assert np.ptp(bar[:, 0]) >= 165 / 1000


@pytest.mark.parametrize("duration", [0.5, 10, 100, 1805.6, 86400, 14 * 86400, 100 * 86400])
def test_times_on_an_axis_are_few_and_differ(duration):
    drawing = draw.signal_timeline(pd.DataFrame({"start_s": [], "stop_s": []}), duration)
    labels = [text for text in texts(drawing) if not text.startswith("h")]
    assert 1 <= len(labels) <= 14
    assert len(set(labels)) == len(labels)
