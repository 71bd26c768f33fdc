"""Figures of results show the numbers that they are given."""

import numpy as np
import pandas as pd
from matplotlib.colors import same_color

from ecgutils import database
from ecgutils.plots import evaluation as draw
from ecgutils.plots.style import CLASS_COLOURS


def test_reliability_has_a_panel_before_and_one_after():
    rows = [
        (False, "N", 0.9, 1000, 0.95, 0.8),
        (False, "V", 0.9, 20, 0.91, 0.7),
        (True, "N", 0.9, 1000, 0.93, 0.94),
        (True, "V", 0.5, 200, 0.55, 0.5),
    ]
    columns = ["calibrated", "class", "from", "beats", "probability", "true"]
    before, after = draw.reliability_diagram(pd.DataFrame(rows, columns=columns)).axes
    for axes, expected in ((before, [(95, 80), (91, 70)]), (after, [(93, 94), (55, 50)])):
        points = np.vstack([dots.get_offsets() for dots in axes.collections])
        np.testing.assert_allclose(points, expected)
        np.testing.assert_array_equal(axes.lines[0].get_xydata(), [(0, 0), (100, 100)])


def test_shares_of_few_beats_are_hollow():
    rows = [(done, "V", 0.5, beats, 0.55, 0.5) for done in (False, True) for beats in (49, 50)]
    columns = ["calibrated", "class", "from", "beats", "probability", "true"]
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


def test_a_confusion_matrix_is_coloured_by_the_share_of_the_true_class():
    counts = np.diag([90, 8, 7, 2, 0])
    counts[0, 1] = 10
    axes = draw.confusion_matrix(counts)
    assert [text.get_text() for text in axes.texts] == [str(n) for n in counts.ravel()]
    np.testing.assert_array_equal(axes.collections[0].get_array()[0], [90, 10, 0, 0, 0])
    assert axes.collections[0].colorbar.ax.get_ylabel() == "share of the true class (%)"
    panels = draw.confusion_matrices({"one": counts, "two": 2 * counts}).axes
    assert [len(axes.texts) for axes in panels[:2]] == [16, 16]


def test_a_measured_accuracy_has_its_interval():
    table = {"acc": 98.0, "low": 97.0, "high": 98.5, "claim": 99.0, "always_n": 90.0}
    axes = draw.accuracy_against_paper(pd.DataFrame(table, index=["N", "S"]))
    assert axes.get_xlabel() == "one-vs-rest accuracy (%)"
    (bars,) = axes.containers
    ends = bars.lines[2][0].get_segments()[0]
    np.testing.assert_allclose(ends[:, 0], (97, 98.5))


def test_differences_are_drawn_in_the_order_of_their_titles():
    values = {"difference": [1.0, -0.5], "low": [0.5, -1.0], "high": [1.5, 0.0]}
    table = pd.DataFrame(values, index=["accuracy", "macro_f1"])
    axes = draw.network_differences(table, {"macro_f1": "F1", "accuracy": "right"})
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [-0.5, 1])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["F1", "right"]


def test_a_beat_in_context_has_a_second_on_either_side():
    record = database.read("100")
    row = {"record": "100", "sample": 2044, "true": "S", "called": "N", "probability": 0.97}
    axes = draw.beats_in_context([record], pd.DataFrame([row])).axes[0]
    time, signal = axes.lines[0].get_data()
    assert (time[0], time[-1]) == (-1, 359 / 360)
    np.testing.assert_array_equal(signal, record.lead(0)[2044 - 360 : 2044 + 360])
    assert same_color(axes.lines[1].get_color(), CLASS_COLOURS["S"])
    assert axes.get_title() == "100: S called N (97%)"


def test_models_stand_in_rows_and_protocols_have_markers():
    rows = [(m, p, "acc", 90 + k, 1) for k, m in enumerate("ab") for p in ("known", "unseen")]
    columns = ["model", "protocol", "metric", "mean", "half_width"]
    figure = draw.known_against_unseen(
        pd.DataFrame(rows, columns=columns), {"acc": "A"}, {"b": "B"}
    )
    points = [bars.lines[0] for bars in figure.axes[0].containers]
    assert [line.get_marker() for line in points] == ["o", "s"]
    assert [line.get_xdata().tolist() for line in points] == [[91], [91]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["known", "unseen"]


def test_the_patient_with_fewest_right_comes_first():
    table = pd.DataFrame({"all": [99.0, 80.0]}, index=["100", "232"])
    (axes,) = draw.correct_by_patient(table, {"all": "all beats"}).axes
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [80, 99])


def test_protocols_stand_in_rows_and_classifiers_have_markers():
    index = pd.MultiIndex.from_product([["before", "after"], ["f1"]])
    table = pd.DataFrame({"mean": [90.0, 60.0], "half_width": [1.0, 2.0]}, index=index)
    figure = draw.results_by_protocol({"nearest": table, "trees": table + 1}, {"f1": "F1"})
    points = [bars.lines[0] for bars in figure.axes[0].containers]
    assert [line.get_xdata().tolist() for line in points] == [[90, 60], [91, 61]]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["before", "after"]
