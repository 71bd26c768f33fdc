"""What the pictures of a report are drawn from."""

import numpy as np
import pytest

from ecgutils.recordings.report.findings import Findings
from ecgutils.recordings.report.pictures import mean_shapes, strip_signal
from tests.helpers.classified_records import first_seconds, known_by_heart

pytestmark = pytest.mark.slow


def test_mean_beats_are_those_of_whole_beats_outside_noise():
    record = first_seconds("208", 120)
    record.p_signal[5000:5010, 1] = np.nan
    classified = known_by_heart(record, [(60.0, 70.0, "noise")])
    seconds, shapes = mean_shapes(record, Findings.from_classified(classified), "V1")
    beats = classified.beats
    window = np.arange(-108, 181)
    np.testing.assert_allclose(seconds, window / 360)
    windows = []
    for sample in beats["sample"][beats["class"] == "V"]:
        part = record.p_signal[max(sample - 108, 0) : sample + 181, 1]
        if len(part) == len(window) and not np.isnan(part).any():
            windows.append(part - np.median(part))
    count, (mean, low, high) = shapes["V"]
    assert count == len(windows) < (beats["class"] == "V").sum()
    np.testing.assert_allclose(mean, np.mean(windows, axis=0))
    np.testing.assert_allclose([low, high], np.percentile(windows, [10, 90], axis=0))
    assert "Q" not in shapes


def test_signals_of_a_strip_are_those_of_the_leads_that_have_one_and_lie_around_zero():
    record = first_seconds("208", 20)
    record.p_signal[: 8 * 360, 0] = np.nan
    for begins, names in ((0.5, ("V1",)), (7.0, ("MLII", "V1")), (12.0, ("MLII", "V1"))):
        start, shown, signals = strip_signal(record, begins)
        assert (start, shown) == (begins, names)
        for name, signal in zip(shown, signals.T, strict=True):
            part = record.lead(name)[round(begins * 360) :][: 7 * 360]
            np.testing.assert_array_equal(signal, part - np.nanmedian(part))


def test_signal_of_a_strip_where_both_leads_are_missing_is_missing():
    record = first_seconds("208", 20)
    record.p_signal[:] = np.nan
    _, shown, signals = strip_signal(record, 3.0)
    assert shown == ("MLII",)
    assert np.isnan(signals).all()
