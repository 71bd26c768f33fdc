"""Irregular rhythm: stretches that the cardiologists call atrial fibrillation, and no others."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.recordings.classified import PROBABILITIES, classify
from ecgutils.recordings.irregular import SHORTEST_S, irregular_stretches, within
from ecgutils.signals.noise import add_noise
from ecgutils.signals.noise_stress_test import read_noise

pytestmark = pytest.mark.slow

SECONDS = 300
FIBRILLATION = {"201": 0, "203": 0, "210": 0, "219": 360, "221": 0}
OTHER = {
    "100 (premature beats)": 0,
    "106 (bigeminy)": 900,
    "108 (sinus arrhythmia)": 0,
    "113 (sinus arrhythmia)": 300,
    "119 (trigeminy)": 900,
    "207 (flutter)": 0,
    "208 (trigeminy)": 300,
    "209 (runs of S)": 0,
    "228 (bigeminy)": 300,
    "231 (Wenckebach)": 600,
    "232 (pauses and runs of S)": 300,
    "102 (pacemaker)": 0,
    "104 (pacemaker)": 0,
}


def part(name, start, seconds=SECONDS):
    """A part of a record that a test may change, without its annotations."""
    record = database.read(name).between(start, start + seconds)
    return replace(record.without_annotations(), p_signal=record.p_signal.copy())


def marked(classified):
    """Seconds that are marked as fibrillation of the atria."""
    rows = classified.rhythms[classified.rhythms["rhythm"] == "AFIB"]
    return (rows["stop_s"] - rows["start_s"]).sum()


@pytest.fixture(scope="module")
def paroxysm():
    """Record 202 from minute 18 on: fibrillation comes and goes, and once it is flutter."""
    record = database.read("202").between(1080, 1800)
    return record, classify(record.without_annotations())


@pytest.mark.parametrize(("name", "start"), FIBRILLATION.items())
def test_fibrillation_is_marked_from_end_to_end(name, start):
    classified = classify(part(name, start))
    assert set(classified.rhythms["rhythm"]) == {"AFIB"}
    assert marked(classified) > 0.9 * SECONDS


@pytest.mark.parametrize("what", OTHER)
def test_what_is_irregular_otherwise_is_not_marked(what):
    assert marked(classify(part(what[:3], OTHER[what]))) == 0


def test_paroxysms_are_marked_where_the_cardiologists_mark_them(paroxysm):
    record, classified = paroxysm
    notes = record.annotations[record.annotations.symbol == "+"]
    times = np.arange(0, record.duration, 0.1)
    last = np.searchsorted(notes.sample / record.fs, times, side="right") - 1
    fibrillates = (notes.aux[last] == "(AFIB") & (last >= 0)
    found = within(times, classified.rhythms)
    # Of the labelled time, one and a half minutes are nearly as regular as flutter is.
    assert found[fibrillates].mean() > 0.8
    assert found[~fibrillates].mean() < 0.25
    assert not within(np.arange(1535.0, 1570) - 1080, classified.rhythms).any()


def test_no_beat_is_early_where_the_rhythm_is_irregular(paroxysm):
    beats, rhythms = paroxysm[1].beats, paroxysm[1].rhythms
    inside = within(beats["time_s"].to_numpy(), rhythms)
    assert not (beats["class"][inside] == "S").any()
    assert (beats["p_S"][inside] == 0).all()
    assert np.allclose(beats[list(PROBABILITIES)].sum(axis=1), 1)
    assert (beats["class"][~inside] == "S").any()


def test_annotated_positions_are_judged_alike():
    record = database.read("203").between(0, SECONDS)
    assert marked(classify(record)) > 0.9 * SECONDS


def test_an_episode_is_at_least_half_a_minute_long():
    assert marked(classify(part("219", 180, 28))) == 0
    assert classify(part("219", 180, 35)).rhythms.to_numpy().tolist() == [[0, 35, "AFIB"]]


def test_a_gap_interrupts():
    record = part("203", 0)
    record.p_signal[140 * 360 : 160 * 360] = np.nan
    start, stop = classify(record).rhythms[["start_s", "stop_s"]].to_numpy().T
    assert len(start) == 2
    assert 137 < stop[0] <= 140
    assert 160 <= start[1] < 163


def test_a_lead_that_is_open_for_a_while_changes_nothing():
    record = part("203", 0)
    noise = np.random.default_rng(seed=0).normal(scale=0.3, size=180 * 360)
    record.p_signal[60 * 360 : 240 * 360, 1] = noise
    classified = classify(record)
    assert len(classified.recording.sig_name) == 2
    assert marked(classified) > 0.9 * SECONDS


def test_noise_that_hides_the_p_waves_is_not_marked():
    record = database.read("108").between(0, 1800)
    noise, r_peaks = read_noise(["em"])["em"], record.annotations.beats.sample
    leads = [
        add_noise(lead, noise[: len(lead)], record.fs, r_peaks, 0) for lead in record.p_signal.T
    ]
    record = replace(record.without_annotations(), p_signal=np.stack(leads, axis=1))
    assert marked(classify(record)) < 60


def test_stretches_are_bridged_over_a_few_ectopic_beats():
    time = np.arange(0, 120, 0.5)
    irregular = (time > 20) & (time < 100) & ~((time > 50) & (time < 58))
    assert irregular_stretches(time, irregular, 120.0).to_numpy().tolist() == [[20, 99.5, "AFIB"]]
    irregular &= time < 60
    assert irregular_stretches(time, irregular & (time < 20 + SHORTEST_S - 2), 120.0).empty
    assert irregular_stretches(time[:0], irregular[:0], 120.0).empty
