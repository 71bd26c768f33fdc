"""Windows and made beats are drawn where the method puts them."""

import numpy as np
import pytest
from matplotlib.colors import same_color

from ecgutils import database
from ecgutils.beats import RCentred, cut_t_to_t, t_to_t_borders
from ecgutils.errors import EcgError
from ecgutils.plots import method as draw
from ecgutils.plots.style import CLASS_COLOURS

EARLY = 7
"""Of the beats of record 100 this one is supraventricular."""


@pytest.fixture(scope="module")
def record():
    return database.read("100").between(0, 20)


def test_windows_lie_where_beats_are_cut(record):
    figure = draw.two_windows(record, EARLY)
    start, stop = t_to_t_borders(record.lead(0), record.fs, cut_t_to_t(record).sample)
    sample = cut_t_to_t(record).sample / record.fs
    expected = [np.stack([start, stop]) / record.fs, [sample - 0.29, sample + 0.455]]
    for axes, (first, last) in zip(figure.axes[:2], expected, strict=True):
        spans = [
            (p.get_x(), p.get_x() + p.get_width()) for p in axes.patches if hasattr(p, "get_x")
        ]
        wanted = [(first[k], last[k]) for k in (EARLY - 1, EARLY)]
        np.testing.assert_allclose(spans, wanted, atol=1e-9)
        assert axes.get_xlabel() == "time in record 100 (s)"


def test_below_stands_what_is_left_of_both_beats(record):
    _, _, stretched, centred = draw.two_windows(record, EARLY).axes
    paper, ours = cut_t_to_t(record).windows, RCentred(leads=1)(record).windows
    for axes, windows in ((stretched, paper), (centred, ours)):
        for line, k, name in zip(axes.lines, (EARLY - 1, EARLY), "NS", strict=True):
            np.testing.assert_array_equal(line.get_ydata(), windows[k, :, 0])
            assert same_color(line.get_color(), CLASS_COLOURS[name])
    assert centred.get_xlabel().endswith("(s)")


@pytest.mark.parametrize("beat", [-1, 1, 1000])
def test_a_beat_that_is_not_there_is_refused(record, beat):
    with pytest.raises(EcgError, match=f"100: beat {beat} is not one of 2 to "):
        draw.two_windows(record, beat)


def test_a_made_beat_lies_on_the_line_in_its_share():
    real = np.random.default_rng(1).normal(size=(6, 20))
    plane, rows = draw.smote_line(real, 0.25, "F").axes
    points = {line.get_label(): line.get_xydata() for line in plane.lines}
    length = np.linalg.norm(real[1] - real[0])
    np.testing.assert_allclose(points["two real beats"], [[0, 0], [length, 0]], atol=1e-9)
    np.testing.assert_allclose(points["made from them"], [[length / 4, 0]], atol=1e-9)
    assert len(points["other neighbours"]) == 4
    np.testing.assert_allclose(rows.lines[2].get_ydata(), 0.75 * real[0] + 0.25 * real[1])
