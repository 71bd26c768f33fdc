"""What swings evenly after each beat is told from the waves of real hearts."""

import numpy as np
import pytest

from ecgutils import database
from ecgutils.signals.swinging import even_lobes

FS = 250.0
BEATS = np.arange(200, 10000, 230)


@pytest.mark.parametrize("hz", [5, 7, 12])
def test_lobes_of_a_swing_that_dies_away_are_counted(hz):
    time, signal = np.arange(0, 0.5, 1 / FS), np.zeros(10400)
    signal[BEATS] = 1
    swing = np.sin(2 * np.pi * hz * time) * np.exp(-hz * time / 1.5)
    assert even_lobes(np.convolve(signal, swing)[: len(signal)], BEATS, FS) >= 5
    fast = np.sin(2 * np.pi * 50 * np.arange(len(signal)) / FS)
    assert even_lobes(fast, BEATS, FS) < 5


@pytest.mark.parametrize("name", ["104", "119", "207", "208", "214", "222"])
def test_no_lead_of_a_heart_swings(name):
    record = database.read(name).between(0, 120)
    for signal in record.p_signal.T:
        assert even_lobes(signal, record.annotations.beats.sample, record.fs) < 5


def test_few_beats_are_no_usual_beat():
    assert even_lobes(np.zeros(1000), BEATS[:3], FS) == 0
