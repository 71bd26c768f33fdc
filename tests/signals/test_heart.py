"""Beats that stand out and are alike are readable, however little flat line lies between them."""

import numpy as np
import pytest

from ecgutils import database
from ecgutils.io.record import Record
from ecgutils.paths import NSTDB_DIR
from ecgutils.signals.heart import readable
from ecgutils.signals.quality import noisy
from ecgutils.signals.r_peaks import detect_r_peaks, leads_together
from tests.helpers.changed_waves import wide_beats


def judged(record):
    """How many blocks of a record are noisy, and how many of these are readable."""
    steepness = leads_together(record)
    asked = noisy(steepness.noise)
    found = readable(record.with_beats(detect_r_peaks(record, steepness)), steepness, asked)
    return asked.sum(), found.sum()


def test_wide_beats_without_a_flat_line_between_them_are_readable():
    assert judged(wide_beats()) == (12, 12)


@pytest.mark.parametrize(("noise", "lead"), [("ma", 0), ("ma", 1), ("bw", 0), ("bw", 1)])
def test_recorded_noise_is_not_readable(noise, lead):
    record = database.read(noise, NSTDB_DIR, None).between(0, 300).only([lead])
    asked, found = judged(record)
    assert asked > 10
    assert found == 0


def test_waves_that_are_never_alike_are_not_readable():
    record = wide_beats()
    noise = np.random.default_rng(1).normal(0, 0.3, record.p_signal.shape)
    smooth = np.apply_along_axis(np.convolve, 0, noise, np.ones(8) / 2, "same")
    asked, found = judged(Record("unlike", record.p_signal + smooth, record.fs, record.sig_name))
    assert asked > found == 0
