"""The band-pass filter lets through what it should."""

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.signals.filters import bandpass

FS = 360.0


def sine(hertz, seconds=40):
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * FS)) / FS)


@pytest.mark.parametrize(
    ("hertz", "kept"),
    [(0.1, 0.0), (0.25, 1 / 17), (0.5, 0.5), (5, 1.0), (10, 1.0), (40, 0.5), (120, 0.0)],
)
def test_amplitude_that_is_left_of_a_sine(hertz, kept):
    middle = slice(3600, -3600)
    left = bandpass(sine(hertz), FS)[middle].std() / sine(hertz)[middle].std()
    assert left == pytest.approx(kept, abs=0.02)


def test_nothing_is_shifted_in_time():
    wave = np.exp(-0.5 * ((np.arange(7200) - 3000) / 6) ** 2)
    assert bandpass(wave, FS).argmax() == 3000


def test_an_offset_is_removed_and_a_factor_kept():
    np.testing.assert_allclose(bandpass(2 * sine(5) + 9, FS), 2 * bandpass(sine(5), FS), atol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(0, 40), (-1, 40), (40, 0.5), (5, 5), (0.5, 180)])
def test_impossible_limits_are_refused(low, high):
    with pytest.raises(EcgError, match="no band-pass"):
        bandpass(sine(5), FS, low, high)


def test_a_signal_that_is_too_short_is_refused():
    with pytest.raises(EcgError, match="10 samples are too few"):
        bandpass(np.arange(10.0), FS)
