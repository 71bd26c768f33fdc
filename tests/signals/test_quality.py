"""Stretches without a usable signal are found where they are, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils.signals.quality import fill, lead_faults, noisy, stretches
from ecgutils.signals.r_peaks import leads_together
from ecgutils.signals.settings import DETECTOR
from tests.helpers.classified_records import first_seconds

FS = 360
CLEAN = ("100", "119", "208", "231")


@pytest.fixture(scope="module")
def records():
    return {name: first_seconds(name, 120) for name in CLEAN}


@pytest.fixture
def lead(records):
    return records["100"].lead(0).copy()


def seconds(first, stop):
    return slice(first * FS, stop * FS)


def seconds_by_fault(lead, fs=FS):
    """The faulty seconds by what is wrong with them."""
    faults = lead_faults(lead, fs)
    return {name: np.flatnonzero(faults == name).tolist() for name in np.unique(faults) if name}


# Faults of a lead --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLEAN)
def test_clean_leads_have_no_faults(records, name):
    assert [seconds_by_fault(lead) for lead in records[name].p_signal.T] == [{}, {}]


def test_missing_samples_are_found_even_a_single_one(lead):
    lead[seconds(20, 30)] = np.nan
    lead[50 * FS + 17] = np.nan
    assert seconds_by_fault(lead) == {"missing": [*range(20, 30), 50]}


def test_a_lead_that_is_all_missing_is_missing_throughout():
    assert seconds_by_fault(np.full(10 * FS, np.nan)) == {"missing": list(range(10))}


def test_a_cable_that_is_off_is_flat(lead):
    lead[seconds(40, 60)] = 0.3
    assert seconds_by_fault(lead) == {"flat": list(range(40, 60))}


def test_a_lead_that_is_all_constant_is_flat_throughout():
    assert seconds_by_fault(np.full(10 * FS, 0.3)) == {"flat": list(range(10))}


@pytest.mark.parametrize("turned", [1, -1])
def test_waves_cut_off_at_the_end_of_the_converters_range_are_clipped(lead, turned):
    lead = turned * lead
    lead[seconds(10, 13)] *= 10
    assert seconds_by_fault(np.clip(lead, -3.5, 3.5)) == {"clipped": [10, 11, 12]}


@pytest.mark.parametrize("turned", [1, -1])
@pytest.mark.parametrize("below", [0, 0.1])
def test_a_signal_cut_off_where_the_heart_rests_is_not_clipped(lead, turned, below):
    # As a recorder with a single supply has it.
    cut = turned * np.maximum(lead, np.median(lead) - below)
    assert seconds_by_fault(cut) == {}


def test_gain_and_offset_do_not_matter(lead):
    lead[seconds(20, 30)] = np.nan
    lead[seconds(40, 60)] = lead[40 * FS]
    assert seconds_by_fault(-7 * lead + 3) == seconds_by_fault(lead) == seconds_by_fault(lead / 100)


def test_the_last_part_of_a_second_counts_as_one(lead):
    lead = lead[: 10 * FS + 90]
    lead[10 * FS :] = np.nan
    faults = lead_faults(lead, FS)
    assert len(faults) == 11
    assert seconds_by_fault(lead) == {"missing": [10]}


def test_seconds_of_an_odd_sampling_frequency_are_whole_samples(lead):
    lead[257 * 20 + 5] = np.nan
    assert len(lead_faults(lead, 257.3)) == -(-len(lead) // 257)
    assert seconds_by_fault(lead, 257.3) == {"missing": [20]}


# Filling -----------------------------------------------------------------------------------------


def test_gaps_are_bridged_by_straight_lines():
    filled = fill(np.array([np.nan, 1.0, np.nan, np.nan, 4.0, np.nan]))
    assert filled.tolist() == [1, 1, 2, 3, 4, 4]


def test_filling_leaves_what_was_there_and_its_argument_alone(lead):
    lead[seconds(20, 30)] = np.nan
    before = lead.copy()
    filled = fill(lead)
    assert np.array_equal(lead, before, equal_nan=True)
    known = ~np.isnan(before)
    assert np.array_equal(filled[known], before[known])
    assert np.isfinite(filled).all()


def test_a_whole_lead_is_not_copied_and_an_empty_one_becomes_silence(lead):
    assert fill(lead) is lead
    assert fill(np.full(5, np.nan)).tolist() == [0] * 5


# Noise -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CLEAN)
def test_clean_records_are_not_noisy(records, name):
    assert not noisy(leads_together(records[name]).noise).any()


def test_noise_is_found_where_both_leads_have_it(records):
    record = records["119"]
    signal = record.p_signal.copy()
    signal[seconds(40, 80)] = np.random.default_rng(0).standard_normal((40 * FS, 2))
    found = noisy(_noise(record, signal))
    blocks = np.arange(len(found)) * DETECTOR.block_s
    assert set(blocks[found]) == {40, 45, 50, 55, 60, 65, 70, 75}


def test_noise_in_one_lead_leaves_the_other(records):
    record = records["119"]
    signal = record.p_signal.copy()
    signal[seconds(40, 80), 0] = np.random.default_rng(0).standard_normal(40 * FS)
    assert not noisy(_noise(record, signal)).any()


def test_a_single_noisy_block_is_passed_over():
    noise = np.full((20, 2), 0.05)
    noise[7] = 0.5
    assert not noisy(noise).any()
    noise[8] = 0.5
    assert np.flatnonzero(noisy(noise)).tolist() == [7, 8]


def _noise(record, signal):
    return leads_together(replace(record, p_signal=signal)).noise


# Stretches ---------------------------------------------------------------------------------------


def test_seconds_of_one_kind_become_a_stretch():
    reason = np.array(["", "flat", "flat", "", "missing", "noise"])
    table = stretches(reason, 360.0, 6.0)
    assert table.to_numpy().tolist() == [
        [1.0, 3.0, "flat"],
        [4.0, 5.0, "missing"],
        [5.0, 6.0, "noise"],
    ]


def test_nothing_wrong_gives_an_empty_table_with_its_columns():
    table = stretches(np.array(["", ""]), 360.0, 2.0)
    assert len(table) == 0
    assert list(table) == ["start_s", "stop_s", "reason"]


def test_a_stretch_ends_with_the_recording():
    assert stretches(np.array(["", "flat"]), 360.0, 1.25)["stop_s"].item() == 1.25


def test_times_follow_an_odd_sampling_frequency():
    """At 257.3 Hz a second is 257 samples; after an hour that makes four seconds."""
    reason = np.full(3600, "", dtype="U7")
    reason[3500:] = "flat"
    start = stretches(reason, 257.3, 3600 * 257 / 257.3)["start_s"].item()
    assert start == pytest.approx(3500 * 257 / 257.3)
