"""Figures of signals show the samples and annotations that they are given, in s and mV."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import same_color

from ecgutils import database
from ecgutils.plots import signals
from ecgutils.plots.style import CLASS_COLOURS


@pytest.fixture(scope="module")
def record():
    return database.read("100")


def test_a_strip_shows_each_lead_and_the_annotations_of_its_time(record):
    panels = signals.annotated_strip(record, start=4.0, seconds=2.5).axes
    assert [axes.get_ylabel() for axes in panels] == ["MLII (mV)", "V5 (mV)"]
    assert panels[-1].get_xlabel() == "time in record 100 (s)"
    for axes, lead in zip(panels, record.sig_name, strict=True):
        time, signal = axes.lines[0].get_data()
        assert (time[0], time[-1]) == (4.0, 4.0 + 899 / 360)
        np.testing.assert_array_equal(signal, record.lead(lead)[1440:2340])
    marks = record.annotations
    inside = (marks.sample >= 1440) & (marks.sample < 2340)
    assert [text.get_text() for text in panels[0].texts] == list(marks.symbol[inside])
    places = [text.xy[0] for text in panels[0].texts]
    np.testing.assert_allclose(places, marks.sample[inside] / 360)


def test_a_beat_is_written_in_the_colour_of_its_class_and_a_rhythm_in_words(record):
    first = signals.annotated_strip(record, start=0.0, seconds=7.0).axes[0]
    colours = {text.get_text(): text.get_color() for text in first.texts}
    assert colours["(N"] == "black"
    assert same_color(colours["N"], CLASS_COLOURS["N"])
    assert same_color(colours["A"], CLASS_COLOURS["S"])


def test_the_names_of_waves_stand_above_the_signal(record):
    axes = signals.named_waves(record, sample=2044, names={"R": 0.0, "T": 0.25})
    assert axes.get_ylabel() == "MLII (mV)"
    heights = {text.get_text(): text.xy for text in axes.texts}
    assert heights["R"] == pytest.approx((0, record.lead("MLII")[2044]))
    assert heights["T"] == pytest.approx((0.25, record.lead("MLII")[2044 + 90]))


def test_beats_of_the_gallery_lie_around_zero_in_the_colour_of_their_class(record):
    figure = signals.beat_gallery({"N": (record, 77), "A": (record, 2044)})
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["N  normal (100)", "A  atrial premature (100)", ""]
    for axes, name in zip(figure.axes, "NS", strict=False):
        around, beat = axes.lines
        assert np.median(around.get_ydata()) == pytest.approx(0, abs=0.01)
        assert same_color(beat.get_color(), CLASS_COLOURS[name])
        assert -0.25 < beat.get_xdata().min() < beat.get_xdata().max() < 0.35


def test_stacked_signals_share_the_time_axis():
    given = {"ECG": np.sin(np.arange(1000.0)), "D1": np.cos(np.arange(1000.0))}
    figure = signals.stacked_signals(given, fs=100, seconds=5, titles=["", "50-100 Hz"])
    for axes, (name, signal) in zip(figure.axes, given.items(), strict=True):
        assert axes.get_ylabel() == name
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), signal[:500])
    assert figure.axes[-1].get_xlabel() == "time (s)"
    assert figure.axes[-1].get_xlim() == (0, 5)
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == ["", "50-100 Hz"]


def test_a_grid_shows_each_signal_before_the_original_both_around_zero():
    original = np.linspace(0, 1, 301)
    columns = {title: {"noisy": original + 5, "cleaned": 2 * original} for title in ("ma", "bw")}
    figure = signals.signal_grid(columns, fs=100, seconds=3, reference=original)
    corner, _, below, _ = figure.axes
    assert [axes.get_title() for axes in figure.axes] == ["ma", "bw", "", ""]
    assert [axes.get_ylabel() for axes in (corner, below)] == ["noisy\n(mV)", "cleaned\n(mV)"]
    for axes, factor in ((corner, 1), (below, 2)):
        drawn, reference = (line.get_ydata() for line in axes.lines)
        assert [np.median(drawn), np.median(reference)] == pytest.approx([0, 0])
        np.testing.assert_allclose(drawn, factor * reference, atol=1e-12)


@pytest.mark.parametrize("millivolt", [0.5, 1.0])
def test_squares_of_ecg_paper_are_square(millivolt):
    figure, axes = plt.subplots()
    axes.set(xlim=(0, 3), ylim=(-1, 2))
    signals.ecg_paper(axes, millivolt)
    figure.draw_without_rendering()
    corner, opposite = axes.transData.transform([(0, 0), (0.2, millivolt)])
    width, height = opposite - corner
    assert width == pytest.approx(height)
