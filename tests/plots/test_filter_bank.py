"""The tree of db2 shows the coefficients of the transform, each in its band."""

import numpy as np
import pytest
import pywt

from ecgutils.plots.filter_bank import db2_tree


def test_panels_hold_the_coefficients_of_each_level():
    signal = np.random.default_rng(1).normal(size=720)
    panels = np.reshape(db2_tree(signal, 360, level=3).axes, (4, 2))
    np.testing.assert_array_equal(panels[0, 0].lines[0].get_ydata(), signal)
    a3, *details = pywt.wavedec(signal, "db2", level=3)
    np.testing.assert_allclose(panels[3, 0].lines[0].get_ydata(), a3)
    for axes, coefficients in zip(panels[1:, 1], details[::-1], strict=True):
        np.testing.assert_allclose(axes.lines[0].get_ydata(), coefficients)
    assert panels[2, 0].get_title() == "A2: 182 coefficients, 0 to 45 Hz"
    assert panels[2, 1].get_title() == "D2: 182 coefficients, 45 to 90 Hz"
    assert panels[3, 0].get_xlabel() == "time (s)"


def test_all_levels_lie_over_one_time_and_details_on_one_scale():
    panels = np.reshape(db2_tree(np.sin(np.arange(720.0)), 360, level=2).axes, (3, 2))
    for axes in (panels[0, 0], *panels[1:].flat):
        assert axes.lines[0].get_xdata()[-1] == pytest.approx(2, abs=0.02)
    assert panels[1, 1].get_ylim() == panels[2, 1].get_ylim()


def test_the_filters_are_those_of_db2():
    slow, fast = db2_tree(np.zeros(720), 360).axes[1].lines
    np.testing.assert_allclose(slow.get_ydata(), [-0.1294, 0.2241, 0.8365, 0.4830], atol=1e-4)
    np.testing.assert_allclose(fast.get_ydata(), [-0.4830, 0.8365, -0.2241, -0.1294], atol=1e-4)
