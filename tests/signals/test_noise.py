"""Noise is added in the amount that is wanted, and measured as it is defined."""

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.signals import noise
from ecgutils.signals.noise_stress_test import read_noise, read_stretch

FS = 360.0


@pytest.fixture(scope="module")
def stretch():
    return read_stretch("103")


@pytest.fixture(scope="module")
def muscle(stretch):
    return read_noise(["ma"])["ma"][: len(stretch.signal)]


def spikes(heights):
    """A flat signal with a spike of each height, a second apart, and where the spikes are."""
    signal = np.zeros(round(FS) * (len(heights) + 1))
    r_peaks = round(FS) * np.arange(1, len(heights) + 1)
    signal[r_peaks] = heights
    return signal, r_peaks


def test_qrs_amplitude_is_the_mean_height_without_the_extremes():
    signal, r_peaks = spikes([100.0] + [1.0] * 9 + [2.0] * 9 + [0.0])
    assert noise.qrs_amplitude(signal, FS, r_peaks) == pytest.approx(1.5)


def test_qrs_amplitude_looks_no_further_than_50_milliseconds():
    signal, r_peaks = spikes([1.0, 1.0, 1.0])
    assert noise.qrs_amplitude(signal, FS, r_peaks + 18) == 1
    assert noise.qrs_amplitude(signal, FS, r_peaks + 19) == 0


def test_beats_at_the_ends_are_passed_over():
    signal, r_peaks = spikes([1.0, 1.0])
    signal[[0, -1]] = 50
    ends = np.array([0, *r_peaks, len(signal) - 1])
    assert noise.qrs_amplitude(signal, FS, ends) == 1


def test_without_beats_there_is_no_qrs_amplitude():
    with pytest.raises(EcgError, match="no beat"):
        noise.qrs_amplitude(np.zeros(1000), FS, np.array([], dtype=int))


def test_noise_level_is_the_root_mean_square_of_each_second_about_its_mean():
    seconds = 40
    steps = np.repeat(np.arange(seconds) * 10.0, 360)
    flicker = np.tile([1.0, -1.0], 180 * seconds)
    assert noise.noise_level(steps, FS) == 0
    assert noise.noise_level(steps + 3 * flicker, FS) == pytest.approx(3)


def test_noise_level_leaves_out_the_loudest_seconds():
    flicker = np.tile([1.0, -1.0], 180 * 40)
    flicker[: 2 * 360] *= 1000
    assert noise.noise_level(flicker, FS) == pytest.approx(1)


def test_less_than_a_second_of_noise_is_refused():
    with pytest.raises(EcgError, match="second"):
        noise.noise_level(np.ones(359), FS)


@pytest.mark.parametrize("snr_db", [24, 6, 0, -6])
def test_added_noise_has_the_ratio_of_the_noise_stress_test(stretch, muscle, snr_db):
    noisy = noise.add_noise(stretch.signal, muscle, stretch.fs, stretch.r_peaks, snr_db)
    added = noise.noise_level(noisy - stretch.signal, stretch.fs)
    height = noise.qrs_amplitude(stretch.signal, stretch.fs, stretch.r_peaks)
    assert 10 * np.log10(height**2 / 8 / added**2) == pytest.approx(snr_db)


def test_how_strongly_the_noise_was_recorded_does_not_matter(stretch, muscle):
    arguments = (stretch.fs, stretch.r_peaks, 6)
    once = noise.add_noise(stretch.signal, muscle, *arguments)
    tenfold = noise.add_noise(stretch.signal, 10 * muscle, *arguments)
    np.testing.assert_allclose(tenfold, once)


def test_6_db_less_is_twice_the_noise(stretch, muscle):
    weak, strong = (
        noise.add_noise(stretch.signal, muscle, stretch.fs, stretch.r_peaks, db) - stretch.signal
        for db in (6 + 20 * np.log10(2), 6)
    )
    np.testing.assert_allclose(strong, 2 * weak)


def test_noise_of_another_length_is_refused(stretch, muscle):
    with pytest.raises(EcgError, match="cut one"):
        noise.add_noise(stretch.signal, muscle[:-1], stretch.fs, stretch.r_peaks, 6)


def test_silent_noise_is_refused(stretch):
    silence = np.zeros_like(stretch.signal)
    with pytest.raises(EcgError, match="silent"):
        noise.add_noise(stretch.signal, silence, stretch.fs, stretch.r_peaks, 6)


def test_ratio_of_powers_in_decibels(stretch):
    clean = stretch.signal
    error = np.roll(clean - clean.mean(), 5000) / 10
    noisy = clean + error
    assert noise.snr(clean, noisy) == pytest.approx(20)
    assert noise.snr(clean, noisy + 7) == pytest.approx(20)
    assert noise.snr(3 * clean, 3 * noisy) == pytest.approx(20)


def test_an_unchanged_signal_has_an_infinite_ratio(stretch):
    assert noise.snr(stretch.signal, stretch.signal) == np.inf


def test_a_flat_original_has_no_ratio():
    with pytest.raises(EcgError, match="flat"):
        noise.snr(np.ones(100), np.arange(100.0))
