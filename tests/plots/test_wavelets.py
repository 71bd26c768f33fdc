"""Figures of wavelets show the numbers that they are given, in Hz, % and dB."""

import numpy as np
import pandas as pd
import pytest

from ecgutils.plots import wavelets as draw


def test_each_response_lies_over_its_band():
    gains = {"D1": np.array([0, 0.5, 1]), "A1": np.array([1, 0.5, 0])}
    axes = draw.band_responses(np.array([0, 90, 180]), gains, {"D1": (90, 180), "A1": (0, 90)})
    for line, band, (name, gain) in zip(axes.lines, axes.patches, gains.items(), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), gain)
        assert band.get_width() == 90
        assert line.get_color() == band.get_facecolor()[:3], name
    assert [text.get_text() for text in axes.texts] == ["D1\n90–180", "A1\n0–90"]
    assert axes.get_xlabel() == "frequency (Hz)"


def test_energies_stand_before_the_outline_of_the_ecg():
    shares = pd.DataFrame({"ECG": [0.1, 0.9], "ma": [0.75, 0.25]}, index=["D1", "A1"])
    figure = draw.energy_bars(shares, {"ECG": "clean", "ma": "muscle"})
    assert [axes.get_title() for axes in figure.axes] == ["clean", "muscle"]
    widths = [bar.get_width() for bar in figure.axes[1].containers[0]]
    assert widths == pytest.approx([75, 25])
    outlines = [axes.patches[-1].get_data().values for axes in figure.axes]
    np.testing.assert_allclose(outlines, [[10, 90]] * 2)
    assert "(%)" in figure.get_supxlabel()


def test_gains_are_means_over_the_records_and_the_last_method_is_black():
    rows = [("ma", db, m, g) for db in (0, 6) for m in ("filter", "db2") for g in (db, db + 2)]
    gains = pd.DataFrame(rows, columns=["noise", "nst_db", "method", "gain"])
    both = pd.concat([gains, gains.assign(noise="bw")])
    figure = draw.denoising_gains(both, {"ma": "muscle", "bw": "wander"})
    first = figure.axes[0]
    means = [list(line.get_ydata()) for line in first.lines if len(line.get_xdata()) == 2]
    assert means[:2] == [[1, 7], [1, 7]]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["filter", "db2"]
    assert figure.legends[0].legend_handles[-1].get_color() == "black"
    assert first.get_ylabel().endswith("(dB)")
