"""The measurement of notebook 02: what it claims to measure, on real noise."""

import numpy as np
import pytest
from scipy.signal import welch

from ecgutils import database
from ecgutils.database.embedded import record_names
from ecgutils.signals import noise_stress_test
from ecgutils.signals.noise import NOISES


@pytest.fixture(scope="module")
def stretches():
    return [noise_stress_test.read_stretch(name) for name in ("103", "123")]


@pytest.fixture(scope="module")
def noises():
    return noise_stress_test.read_noise()


@pytest.fixture(scope="module")
def gains(stretches, noises):
    table = noise_stress_test.stress_test(stretches, noises, snrs_db=(24, 0))
    return table.pivot_table(index=["noise", "nst_db"], columns="method", values="gain")


def unchanged(signal, _):
    return signal


def test_a_stretch_is_minutes_five_to_seven_with_its_beats(stretches):
    record = database.read("103")
    stretch = stretches[0]
    np.testing.assert_array_equal(stretch.signal, record.lead("MLII")[108_000:151_200])
    assert set(stretch.r_peaks + 108_000) <= set(record.annotations.sample)
    assert len(stretch.r_peaks) == 139


def test_the_stretch_is_of_the_named_lead_wherever_it_is():
    expected = database.read("114").p_signal[108_000:151_200, 1]
    np.testing.assert_array_equal(noise_stress_test.read_stretch("114").signal, expected)


@pytest.mark.slow
def test_the_clean_records_are_the_twelve_with_least_power_outside_the_band():
    outside = {}
    for name in record_names():
        record = database.read(name, annotations=None)
        if "MLII" in record.sig_name:
            signal = record.lead("MLII")[108_000:151_200]
            frequency, power = welch(signal, record.fs, nperseg=8 * 360)
            inside = (frequency >= 0.5) & (frequency <= 40)
            outside[name] = power[~inside].sum() / power.sum()
    cleanest = sorted(outside, key=outside.get)[:12]
    assert sorted(cleanest) == sorted(noise_stress_test.CLEAN_RECORDS)


def test_each_stretch_meets_other_noise_and_the_last_begin_anew(stretches, noises):
    noise = noises["bw"]
    parts = [noise_stress_test.noise_for(noise, k, stretches[0]) for k in range(16)]
    assert {len(part) for part in parts} == {len(stretches[0].signal)}
    np.testing.assert_array_equal(parts[1], noise[43_200:86_400])
    np.testing.assert_array_equal(parts[15], parts[0])


def test_noise_is_added_to_every_stretch_with_every_method(stretches, noises):
    table = noise_stress_test.stress_test(stretches, noises, snrs_db=(12,))
    assert len(table) == len(stretches) * len(NOISES) * len(noise_stress_test.METHODS)
    assert not table.duplicated(["record", "noise", "nst_db", "method"]).any()
    np.testing.assert_allclose(table["gain"], table["after"] - table["before"])


def test_doing_nothing_gains_nothing_and_an_oracle_gains_everything(stretches, noises, monkeypatch):
    first = stretches[:1]
    methods = {"nothing": unchanged, "oracle": lambda *_: first[0].signal}
    monkeypatch.setattr(noise_stress_test, "METHODS", methods)
    table = noise_stress_test.stress_test(first, noises, snrs_db=(0,)).set_index("method")
    assert (table.loc["nothing", "gain"] == 0).all()
    assert (table.loc["oracle", "gain"] == np.inf).all()


def test_wander_is_removed_by_filters_and_wavelets(gains):
    wander = gains.loc[("bw", 0)]
    assert wander["band-pass 0.5–40 Hz"] > 15
    assert wander["db2, stationary"] > 15


def test_strong_muscle_noise_is_removed_best_by_the_stationary_wavelets(gains):
    muscle = gains.loc[("ma", 0)]
    assert muscle.idxmax() == "db2, stationary"
    assert muscle["db2, stationary"] > muscle["band-pass 0.67–40 Hz"] + 1


def test_electrode_motion_is_removed_by_no_method(gains):
    assert gains.loc[("em", 0)].max() < gains.loc[("bw", 0)].max() / 3
    assert gains.loc[("em", 24)].max() < 2


def test_one_level_of_db2_removes_next_to_nothing(gains):
    assert gains["db2, one level (the paper's)"].abs().max() < 0.15


def test_harm_is_none_for_a_method_that_does_nothing(stretches, monkeypatch):
    monkeypatch.setattr(noise_stress_test, "METHODS", {"nothing": unchanged})
    table = noise_stress_test.harm_by_method(stretches)
    assert table.loc["nothing"].tolist() == [np.inf, 1.0]


def test_denoising_costs_qrs_height_and_a_filter_less(stretches):
    table = noise_stress_test.harm_by_method(stretches)
    assert 0.8 < table.loc["db2, stationary", "qrs_kept"] < 0.97
    assert table.loc["band-pass 0.5–40 Hz", "qrs_kept"] > table.loc["db2, stationary", "qrs_kept"]


def test_energies_add_up_and_lie_where_the_noise_is(stretches, noises):
    table = noise_stress_test.energy_by_level(stretches, noises)
    np.testing.assert_allclose(table.sum(), 1)
    assert table["bw"].idxmax() == "A8"
    assert table.loc["D4":"D8", "em"].sum() > 0.5
    assert table.loc["A8", "ECG"] < 0.1


def test_waves_lie_at_their_levels(stretches):
    table = noise_stress_test.energy_by_wave(stretches)
    np.testing.assert_allclose(table.sum(), 1)
    assert table.loc["D3":"D5", "QRS"].sum() > 0.6
    assert table.loc["D1":"D4", "T"].sum() < 0.15
