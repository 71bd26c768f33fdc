"""Wavelets on real signals: nothing is lost, and denoising keeps what it should keep."""

from itertools import pairwise

import numpy as np
import pytest
import pywt

from ecgutils.errors import EcgError
from ecgutils.signals import wavelets
from ecgutils.signals.noise import add_noise, snr
from ecgutils.signals.noise_stress_test import read_noise, read_stretch


@pytest.fixture(scope="module")
def stretch():
    return read_stretch("103")


@pytest.fixture(scope="module")
def signal(stretch):
    return stretch.signal[:20_001]


@pytest.fixture(params=[True, False], ids=["stationary", "decimated"])
def stationary(request):
    return request.param


def test_one_level_of_db2_makes_141_coefficients_of_280_samples(signal):
    windows = signal[: 3 * 280].reshape(3, 280, 1)
    coefficients = wavelets.approximation(windows)
    assert coefficients.shape == (3, 141, 1)
    assert coefficients.dtype == np.float32
    expected = pywt.dwt(windows[1, :, 0], "db2")[0]
    np.testing.assert_allclose(coefficients[1, :, 0], expected, rtol=1e-5, atol=1e-6)


def test_each_lead_has_its_own_approximation(signal):
    windows = signal[: 2 * 280].reshape(1, 2, 280).swapaxes(1, 2)
    both = wavelets.approximation(windows, level=2)
    for lead in (0, 1):
        alone = wavelets.approximation(windows[:, :, [lead]], level=2)
        np.testing.assert_array_equal(both[:, :, [lead]], alone)


@pytest.mark.parametrize("wavelet", ["db2", "sym8"])
@pytest.mark.parametrize("samples", [20_000, 20_001])
def test_components_add_up_to_the_signal(signal, wavelet, samples):
    parts = wavelets.decompose(signal[:samples], wavelet, level=5)
    assert list(parts) == ["D1", "D2", "D3", "D4", "D5", "A5"]
    np.testing.assert_allclose(sum(parts.values()), signal[:samples], atol=1e-10)


@pytest.mark.parametrize(("hertz", "name"), [(130, "D1"), (60, "D2"), (30, "D3"), (2, "A3")])
def test_a_sine_is_found_at_the_level_of_its_frequency(hertz, name):
    sine = np.sin(2 * np.pi * hertz * np.arange(3600) / 360)
    shares = wavelets.energy_shares(wavelets.decompose(sine, level=3))
    low, high = wavelets.bands(360, 3)[name]
    assert low < hertz < high
    assert max(shares, key=shares.get) == name


def test_bands_leave_no_gap():
    edges = sorted(wavelets.bands(360, 8).values())
    assert edges[0][0] == 0
    assert edges[-1] == (90, 180)
    assert all(low[1] == high[0] for low, high in pairwise(edges))


def test_energy_shares_add_up_to_1_and_do_not_count_an_offset(signal):
    shares = wavelets.energy_shares(wavelets.decompose(signal))
    raised = wavelets.energy_shares(wavelets.decompose(signal + 100))
    assert sum(shares.values()) == pytest.approx(1)
    assert raised == pytest.approx(shares, abs=1e-9)


@pytest.mark.parametrize("flat", [0.0, 1.0, -1e6])
def test_a_flat_signal_has_no_energy_to_share(flat):
    with pytest.raises(EcgError, match="flat"):
        wavelets.energy_shares(wavelets.decompose(np.full(1000, flat), level=3))


def test_gains_of_all_bands_let_the_whole_power_through():
    _, gains = wavelets.band_gains(360, level=4)
    assert list(gains) == ["D1", "D2", "D3", "D4", "A4"]
    np.testing.assert_allclose(sum(gain**2 for gain in gains.values()), 1)


def test_gain_is_what_becomes_of_a_sine():
    frequency, gains = wavelets.band_gains(360, level=1)
    for hertz in (20, 60, 120):
        sine = np.sin(2 * np.pi * hertz * np.arange(36_000) / 360)
        low, _ = pywt.dwt(sine, "db2")
        # The coefficients are half as many and sqrt(2) as high as the sine that goes through.
        measured = low[10:-10].std() / np.sqrt(2) / sine.std()
        assert measured == pytest.approx(np.interp(hertz, frequency, gains["A1"]), abs=0.01)


def test_denoising_a_scaled_signal_scales_the_result(signal, stationary):
    once = wavelets.denoise(signal, stationary=stationary)
    thrice = wavelets.denoise(-3 * signal, stationary=stationary)
    np.testing.assert_allclose(thrice, -3 * once, atol=1e-10)


def test_denoising_does_not_see_a_constant_offset(signal, stationary):
    once = wavelets.denoise(signal, stationary=stationary)
    raised = wavelets.denoise(signal + 5, stationary=stationary)
    np.testing.assert_allclose(raised, once, atol=1e-10)


@pytest.mark.parametrize("flat", [0.0, -1.5])
def test_denoising_a_flat_signal_gives_zeros(flat, stationary):
    cleaned = wavelets.denoise(np.full(5000, flat), stationary=stationary)
    np.testing.assert_allclose(cleaned, 0, atol=1e-10)


def test_a_trend_does_not_make_the_ends_jump(stationary):
    trend = np.linspace(0, 20, 20_001)
    assert np.abs(wavelets.denoise(trend, stationary=stationary)).max() < 0.5


@pytest.mark.parametrize("samples", [1024, 5000, 5001])
def test_denoising_keeps_the_length(signal, samples, stationary):
    cleaned = wavelets.denoise(signal[:samples], stationary=stationary)
    assert cleaned.shape == (samples,)


def test_without_thresholds_only_the_baseline_is_left_out(signal):
    cleaned = wavelets.denoise(signal, noisy_levels=0, stationary=False)
    parts = wavelets.decompose(signal)
    # Away from the ends, where the two mirror the signal differently.
    inside = slice(2000, -2000)
    assert np.var(cleaned[inside] - (signal - parts["A8"])[inside]) < 0.05 * np.var(signal)


def test_the_stationary_transform_does_not_depend_on_where_the_signal_begins(signal):
    whole, later = wavelets.denoise(signal)[37:], wavelets.denoise(signal[37:])
    assert np.abs(whole - later)[2000:-2000].max() < 0.005
    decimated = [wavelets.denoise(s, stationary=False) for s in (signal, signal[37:])]
    assert np.abs(decimated[0][37:] - decimated[1])[2000:-2000].max() > 0.05


def test_a_slow_wander_is_removed(signal):
    wander = np.sin(2 * np.pi * 0.15 * np.arange(len(signal)) / 360)
    left = wavelets.denoise(signal + wander) - wavelets.denoise(signal)
    assert left[1000:-1000].std() < 0.05 * wander.std()


def test_the_qrs_complexes_stay_where_they_are(stretch):
    cleaned = wavelets.denoise(stretch.signal)
    r_peaks = stretch.r_peaks[5:-5]
    around = np.arange(-18, 19)
    peaks = cleaned[r_peaks[:, None] + around].argmax(axis=1)
    before = stretch.signal[r_peaks[:, None] + around].argmax(axis=1)
    assert np.abs(peaks - before).max() <= 1


@pytest.mark.parametrize(("name", "least"), [("bw", 19.0), ("ma", 8.0), ("em", 2.0)])
def test_signal_to_noise_ratio_rises_on_record_103(stretch, name, least):
    noise = read_noise([name])[name][: len(stretch.signal)]
    noisy = add_noise(stretch.signal, noise, stretch.fs, stretch.r_peaks, snr_db=6)
    cleaned = wavelets.denoise(noisy)
    assert snr(stretch.signal, cleaned) - snr(stretch.signal, noisy) > least


@pytest.mark.parametrize("name", ["nonsense", "", "gaus1", None])
def test_an_unknown_wavelet_is_refused(signal, name):
    with pytest.raises(EcgError, match="unknown wavelet"):
        wavelets.denoise(signal, name)
    with pytest.raises(EcgError, match="unknown wavelet"):
        wavelets.decompose(signal, name)


@pytest.mark.parametrize("level", [0, 7])
def test_a_level_that_the_signal_is_too_short_for_is_refused(signal, level):
    short = signal[:280]
    with pytest.raises(EcgError, match="280 samples allow db2 levels 1 to 6, not level 8"):
        wavelets.denoise(short)
    with pytest.raises(EcgError, match="280 samples allow db2 levels 1 to 6"):
        wavelets.decompose(short, level=level)
    with pytest.raises(EcgError, match="levels 1 to 6"):
        wavelets.approximation(short.reshape(1, 280, 1), level=level)


@pytest.mark.parametrize("noisy_levels", [-1, 9])
def test_more_noisy_levels_than_levels_are_refused(signal, noisy_levels):
    with pytest.raises(EcgError, match="noisy levels of 8"):
        wavelets.denoise(signal, noisy_levels=noisy_levels)
