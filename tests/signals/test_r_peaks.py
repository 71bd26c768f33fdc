"""Beats are found where annotators put them, by one lead or two, whatever the recorder."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.paths import NSTDB_DIR
from ecgutils.scoring.ec57 import MATCH_WINDOW, match_beats
from ecgutils.signals.noise import add_noise
from ecgutils.signals.r_peaks import detect_r_peaks, lead_steepness, leads_together
from ecgutils.studies.excursions import with_excursion
from tests.helpers.changed_waves import (
    lowered,
    made_beats,
    with_second_waves,
    with_spikes,
    with_tall_t_waves,
)
from tests.helpers.classified_records import first_seconds

SECONDS = 300

FLOORS = {"100": 99.5, "119": 99.5, "201": 99.5, "222": 99.5, "231": 99.5, "203": 99.0, "208": 98.0}
"""Least Se and +P in %. In 203 runs of ectopic beats hide in noise; 208 fades away at 3:29."""


@pytest.fixture(scope="module")
def records():
    return {name: first_seconds(name, SECONDS) for name in FLOORS}


@pytest.fixture(scope="module")
def detected(records):
    return {name: detect_r_peaks(record) for name, record in records.items()}


def missed_and_false(reference, found, window):
    pairs = match_beats(reference, found, window)
    return int((pairs[:, 1] < 0).sum()), int((pairs[:, 0] < 0).sum())


def against_annotators(record, found):
    """Se and +P in %."""
    beats = record.annotations.beats.sample
    missed, false = missed_and_false(beats, found, round(MATCH_WINDOW * record.fs))
    return 100 * (1 - missed / len(beats)), 100 * (1 - false / len(found))


# Against annotators ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FLOORS)
def test_two_leads_give_the_beats_that_annotators_saw(records, detected, name):
    assert min(against_annotators(records[name], detected[name])) >= FLOORS[name]


@pytest.mark.parametrize("lead", [0, 1])
@pytest.mark.parametrize("name", ["100", "119", "201", "222", "231"])
def test_one_lead_is_enough(records, name, lead):
    found = detect_r_peaks(records[name].only([lead]))
    assert min(against_annotators(records[name], found)) >= 99


def test_annotations_are_not_looked_at(records, detected):
    found = detect_r_peaks(records["208"].without_annotations())
    assert np.array_equal(found, detected["208"])


@pytest.mark.parametrize("name", FLOORS)
def test_positions_are_those_of_annotators_within_a_few_samples(records, detected, name):
    """Half a QRS complex; annotators do not agree better on the middle of a wide one."""
    beats, found = records[name].annotations.beats.sample, detected[name]
    nearest = np.abs(beats[:, None] - found).min(axis=1) / records[name].fs
    assert np.median(nearest) < 0.025


def test_beats_are_whole_numbers_in_order_and_further_apart_than_a_heart_can_beat(detected):
    for found in detected.values():
        assert found.dtype == np.int64
        assert np.diff(found).min() >= 0.19 * 360


@pytest.mark.parametrize("name", ["203", "207"])
def test_moving_beats_to_their_middle_does_not_bring_them_too_near(name):
    assert np.diff(detect_r_peaks(first_seconds(name, 600))).min() >= 0.19 * 360


# Whatever the recorder ---------------------------------------------------------------------------

RECORDERS = {
    "half the gain": lambda r: replace(r, p_signal=r.p_signal * 0.5),
    "twice the gain": lambda r: replace(r, p_signal=r.p_signal * 2),
    "turned over": lambda r: replace(r, p_signal=-r.p_signal),
    "one lead turned over": lambda r: replace(r, p_signal=r.p_signal * [1, -1]),
    "an offset": lambda r: replace(r, p_signal=r.p_signal + 2.5),
    "leads swapped": lambda r: r.only([1, 0]),
    "single precision": lambda r: replace(r, p_signal=r.p_signal.astype(np.float32)),
    "128 Hz": lambda r: r.resampled(128.0),
    "250 Hz": lambda r: r.resampled(250.0),
    "500 Hz": lambda r: r.resampled(500.0),
}


NOT_EXACT = {"turned over", "one lead turned over", "128 Hz", "250 Hz", "500 Hz"}
"""A search that runs over the peaks may prefer the other slope of a wide beat."""


@pytest.mark.parametrize("recorder", RECORDERS)
@pytest.mark.parametrize("name", ["119", "208", "231"])
def test_another_recorder_finds_the_same_beats(records, detected, name, recorder):
    other = RECORDERS[recorder](records[name])
    found = np.round(detect_r_peaks(other) * 360 / other.fs).astype(int)
    changed = missed_and_false(detected[name], found, round(0.02 * 360))
    assert sum(changed) <= (0.005 * len(found) if recorder in NOT_EXACT else 0)


# Poor leads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["119", "222"])
def test_a_silent_lead_beside_a_good_one_changes_nothing(records, name):
    good = records[name].only([0])
    silent = replace(records[name], p_signal=records[name].p_signal * [1, 0])
    assert missed_and_false(detect_r_peaks(good), detect_r_peaks(silent), 7) == (0, 0)


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", ["100", "119", "222"])
def test_a_lead_in_heavy_noise_beside_a_clean_one_costs_next_to_nothing(records, name, place):
    record = records[name]
    noise = database.read("em", NSTDB_DIR, None).p_signal[: len(record.p_signal), 0]
    signal = record.p_signal.copy()
    signal[:, place] = add_noise(
        signal[:, place], noise, record.fs, record.annotations.beats.sample, 0.0
    )
    se, ppv = against_annotators(record, detect_r_peaks(replace(record, p_signal=signal)))
    assert min(se, ppv) >= 99


def test_the_cleaner_lead_counts_more(records):
    record = records["100"]
    random = np.random.default_rng(0)
    signal = record.p_signal + [0, 0.2] * random.standard_normal(record.p_signal.shape)
    steepness = leads_together(replace(record, p_signal=signal))
    clean, poor = steepness.weight
    assert np.allclose(clean + poor, 1)
    assert (clean > 2 * poor).all()
    assert (steepness.noise[:, 0] < steepness.noise[:, 1]).all()


def test_a_lead_that_falls_silent_leaves_the_other_in_charge(records):
    """All but at the border, where the step outshouts the beats for a few seconds."""
    record = records["119"]
    signal = record.p_signal.copy()
    signal[len(signal) // 2 :, 0] = signal[len(signal) // 2, 0]
    se, ppv = against_annotators(record, detect_r_peaks(replace(record, p_signal=signal)))
    assert min(se, ppv) >= 98.5


@pytest.mark.parametrize("level", [0.0, 2.5])
def test_nothing_is_found_in_silence(records, level):
    silent = replace(records["100"], p_signal=np.full((3600, 2), level))
    found = detect_r_peaks(silent)
    assert (found.dtype, len(found)) == (np.int64, 0)


# Whatever the heart ------------------------------------------------------------------------------


def changed(record, found):
    """Beats that are missed, and those that are found where there are none."""
    window = round(MATCH_WINDOW * record.fs)
    return missed_and_false(record.annotations.beats.sample, found, window)


@pytest.mark.parametrize("name", ["100", "112"])
def test_t_waves_taller_than_the_qrs_complexes_are_no_beats(name):
    record = with_tall_t_waves(database.read(name).between(0, 120).only([0]), height=3.0)
    assert changed(record, detect_r_peaks(record)) == (0, 0)


def test_a_second_sharp_wave_of_a_ventricular_beat_is_no_beat():
    """Of 26 such waves, a fifth of a second after the beat."""
    record = with_second_waves(database.read("119").between(0, 120))
    missed, false = changed(record, detect_r_peaks(record))
    assert (missed, false <= 2) == (0, True)


@pytest.mark.parametrize("share", [0.2, 0.3])
@pytest.mark.parametrize("name", ["100", "119"])
def test_low_beats_between_tall_ones_are_found(name, share):
    record = lowered(database.read(name).between(0, 120), 60, 70, share)
    missed, false = changed(record, detect_r_peaks(record))
    assert (missed, false <= 1) == (0, True)


def test_beats_that_fade_away_are_found():
    """Ten beats of 208 at 3:24 are half as tall as those before them."""
    part = database.read("208").between(190, 220)
    whole = detect_r_peaks(database.read("208"))
    inside = whole[(whole >= 190 * 360) & (whole < 220 * 360)] - 190 * 360
    assert sum(changed(part, inside)) <= 2


@pytest.mark.parametrize("name", ["122", "209"])
def test_p_waves_of_a_heart_that_stands_still_are_no_beats(name):
    """QRS complexes and T waves of twelve seconds are taken out, P waves are left."""
    record = database.read(name).between(60, 180)
    signal, beats = record.p_signal.astype(float), record.annotations.beats.sample
    still = beats[(beats > 50 * 360) & (beats < 62 * 360)]
    for beat in still:
        ends = signal[[beat - 25, beat + 170]]
        signal[beat - 25 : beat + 170] = np.linspace(*ends, 195)
    noise = np.random.default_rng(0).normal(0, 0.008, signal.shape)
    found = detect_r_peaks(replace(record, p_signal=signal + noise))
    assert not ((found > still[0] - 40) & (found < still[-1] + 150)).any()


@pytest.mark.parametrize("height", [2.0, 10.0])
@pytest.mark.parametrize("before_s", [0.03, 0.19])
def test_beats_are_where_the_qrs_complex_is_not_the_spike_before_it(before_s, height):
    record = database.read("100").between(0, 60)
    found = detect_r_peaks(with_spikes(record, height, before_s))
    beats = record.annotations.beats.sample
    assert len(found) == len(beats)
    assert abs(found - beats).max() < 0.03 * record.fs


@pytest.mark.slow
@pytest.mark.parametrize("rate", [20, 40, 150, 250, 300])
@pytest.mark.parametrize("fs", [128.0, 360.0, 1000.0])
def test_a_heart_may_beat_twenty_to_three_hundred_times_a_minute(rate, fs):
    record = made_beats(rate, seconds=60, fs=fs)
    found = detect_r_peaks(record)
    assert changed(record, found) == (0, 0)


@pytest.mark.parametrize("share", [0.1, 10.0])
def test_a_lead_of_any_height_has_the_same_beats(records, detected, share):
    record = records["119"]
    found = detect_r_peaks(replace(record, p_signal=share * record.p_signal))
    assert np.array_equal(found, detected["119"])


# Excursions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [5.0, -200.0])
@pytest.mark.parametrize("kind", ["rail", "step", "discharge"])
def test_an_excursion_costs_no_more_than_the_beats_beside_it(kind, height):
    record = database.read("119").between(0, 120).only([0])
    found = detect_r_peaks(with_excursion(record, kind, height, time_s=60.0))
    missed, false = changed(record, found)
    assert missed <= 3
    assert false <= 3


@pytest.mark.parametrize(
    ("kind", "height", "time_s"), [("step", 30.0, 201.44), ("discharge", 200.0, 201.08)]
)
def test_low_beats_long_after_an_excursion_are_found_as_without_it(kind, height, time_s):
    """In V1 of 208 beats fade away, and what is usual depends on which of them are beats."""
    record = database.read("208").between(0, 600).only([1])
    annotated, window = record.annotations.beats.sample, round(MATCH_WINDOW * record.fs)
    excursion = with_excursion(record, kind, height, time_s)
    pairs = [match_beats(annotated, detect_r_peaks(one), window) for one in (record, excursion)]
    before, after = (set(some[(some >= 0).all(axis=1), 0].tolist()) for some in pairs)
    assert len(before - after) <= 3


# Steepness ---------------------------------------------------------------------------------------


def test_steepness_is_in_millivolts_per_second_at_any_frequency():
    """A sine of 1 mV at 10 Hz is at most 2 pi 10 mV/s steep; of 8 Hz, 2 pi 8."""
    for fs in (128, 360, 1000):
        steep = lead_steepness(np.sin(2 * np.pi * 8 * np.arange(10 * fs) / fs), fs)
        assert steep[2 * fs : -2 * fs].max() == pytest.approx(2 * np.pi * 8, rel=0.06)


def test_qrs_complexes_are_the_steepest_waves(records):
    record = records["100"]
    steep, beats = lead_steepness(record.lead(0), record.fs), record.annotations.beats.sample[1:-1]
    at_beat = np.max([steep[beats + shift] for shift in range(-18, 19)], axis=0)
    at_t_wave = np.max([steep[beats + shift] for shift in range(60, 140)], axis=0)
    assert (at_beat > 2 * at_t_wave).all()
