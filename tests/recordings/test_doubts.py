"""What is doubtful: each rule on a real record that it is about, and on one that it is not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.io.record import Record
from ecgutils.recordings import classify
from ecgutils.recordings.doubts import RULES, Evidence, find_doubts
from ecgutils.studies.channels import CHANNELS
from tests.helpers.changed_waves import made_beats
from tests.helpers.classified_records import first_seconds, known_by_heart
from tests.helpers.fast_rhythms import tachycardia

pytestmark = pytest.mark.slow


def evidence(classified):
    return Evidence(classified.recording, classified.beats, classified.unusable, classified.rhythms)


def doubts(classified):
    """The doubts by the names of their rules."""
    known = evidence(classified)
    found = {rule.__name__: rule(known) for rule in RULES}
    assert find_doubts(known.record, known.beats, known.unusable, known.rhythms) == tuple(
        filter(None, found.values())
    )
    return {name: doubt for name, doubt in found.items() if doubt}


@pytest.mark.parametrize("name", ["100", "119", "232"])
def test_clean_records_are_not_doubted(name):
    assert doubts(known_by_heart(database.read(name))) == {}


def at_rate(record, fs):
    """The record as if a file had told this sampling frequency."""
    return replace(record, fs=fs, annotations=replace(record.annotations, fs=fs))


@pytest.mark.parametrize(
    ("fs", "rate", "likely"),
    [
        (125.0, 26, "250, 256, 300, 360, 400, 500 or 512"),
        (1000.0, 206, "250, 256, 300, 360, 400, 500 or 512"),
    ],
)
def test_an_unusual_rate_names_the_sampling_frequencies_that_explain_it(fs, rate, likely):
    found = doubts(known_by_heart(at_rate(first_seconds("100", 300), fs)))["unusual_rate"]
    assert found == (
        f"A mean rate of {rate} beats a minute is unusual: is {fs:g} Hz the sampling frequency? "
        f"At {likely} Hz it would be that of most hearts."
    )


@pytest.mark.parametrize("name", ["119", "208", "221"])
@pytest.mark.parametrize("rate", [130, 180])
def test_a_tachycardia_that_fills_the_recording_may_be_ventricular(name, rate):
    signal, _ = tachycardia(name, rate, 60)
    found = doubts(classify(Record("made", signal, 360.0, ("MLII", "V1"))))
    assert found["fast_and_wide"].startswith(f"Wide complexes at {rate} a minute throughout may")


def test_a_tachycardia_that_is_too_steep_to_be_read_is_no_mere_noise():
    signal, _ = tachycardia("119", 180, 20)
    found = classify(Record("made", signal, 360.0, ("MLII", "V1")))
    noisy = found.beats.assign(**{"class": "Q", "why_q": "noise"})
    told = doubts(replace(found, beats=noisy))
    assert told["fast_and_wide"].startswith("Wide complexes at 180 a minute throughout may")
    uneven = np.random.default_rng(1).uniform(-0.1, 0.1, len(noisy))
    assert "fast_and_wide" not in doubts(
        replace(found, beats=noisy.assign(time_s=noisy["time_s"] + uneven))
    )


def test_wide_waves_may_be_flutter_though_not_every_one_is_found():
    for name, fs, doubted in (("221", 300.0, True), ("119", 360.0, False)):
        signal, _ = tachycardia(name, 180, 20)
        found = classify(Record("made", signal, fs, ("MLII", "V1")))
        some = found.beats[np.arange(len(found.beats)) % 4 > 0]
        told = doubts(replace(found, beats=some.assign(**{"class": "N", "why_q": ""})))
        assert ("fast_and_wide" in told) == doubted


@pytest.mark.parametrize("name", ["100", "208"])
def test_a_chest_that_swings_after_each_beat_is_told(name):
    record = first_seconds(name, 30)
    motion = CHANNELS["acceleration"]["strong recoil"](record, np.random.default_rng(0))
    alone = replace(record.only([0]), p_signal=motion[:, None], sig_name=("ECG",))
    found = doubts(classify(alone.without_annotations()))
    assert found["swinging"].startswith("Each beat swings evenly to and fro")


def test_narrow_beats_may_be_fast():
    assert doubts(classify(made_beats(rate=150, seconds=60).without_annotations())) == {}


def without_beats(classified, start, stop):
    time = classified.beats["time_s"]
    return replace(classified, beats=classified.beats[~time.between(start, stop)])


def test_a_clean_signal_without_beats_is_a_doubt():
    silent = without_beats(known_by_heart(first_seconds("100", 300)), 100.0, 300.0)
    words = "For 201 s of a signal that seems clean, in one place, no beat was found: look there"
    assert doubts(silent)["silence"].startswith(words)


def test_noise_and_flutter_are_no_clean_signal_without_beats():
    silent = without_beats(known_by_heart(first_seconds("100", 300)), 100.0, 130.0)
    rows = pd.DataFrame({"start_s": [100.0], "stop_s": [130.0]})
    assert "silence" in doubts(silent)
    assert "silence" not in doubts(replace(silent, unusable=rows.assign(reason="noise")))
    assert "silence" not in doubts(replace(silent, rhythms=rows.assign(rhythm="VFL")))


def test_leads_of_two_patients_disagree():
    record, other = first_seconds("100", 300), first_seconds("234", 300)
    signals = np.stack([record.lead(0), other.lead(0)], axis=1)
    mixed = known_by_heart(replace(record, p_signal=signals))
    words = doubts(mixed)["leads_that_disagree"]
    assert words.startswith("Leads MLII and V5 disagree: of the beats found in one of them alone, ")
    assert "--lead" in words
    assert doubts(replace(mixed, recording=mixed.recording.only([0]))) == {}


def test_paced_beats_are_told():
    words = "A pacemaker was seen: 82 % of the beats come after its impulse. "
    assert doubts(known_by_heart(database.read("217")))["pacemaker"].startswith(words)


@pytest.mark.parametrize("name", ["102", "217"])
def test_where_impulses_cannot_be_seen_beats_may_be_paced(name):
    slow = known_by_heart(database.read(name).between(0, 600).resampled(128.0))
    slow.beats["why_q"] = ""
    words = "Beats may be paced: many are wide and begin abruptly, but 128 Hz is too slow "
    assert doubts(slow)["pacemaker"].startswith(words)


def test_wide_beats_of_the_heart_are_no_doubt_where_the_sampling_is_slow():
    assert "pacemaker" not in doubts(known_by_heart(database.read("214").resampled(128.0)))


def test_much_noise_is_a_doubt_and_little_is_none():
    record = first_seconds("100", 300)
    words = "25 % of the recording could not be used: what was found is of the rest. "
    words += "Check the electrodes, and whether 360 Hz is the sampling frequency."
    assert doubts(known_by_heart(record, [(0.0, 75.0, "noise")])) == {"noise": words}
    assert doubts(known_by_heart(record, [(0.0, 30.0, "noise")])) == {}


@pytest.mark.parametrize(("factor", "doubted"), [(1, False), (200, True), (0.001, True)])
def test_numbers_without_a_unit_are_doubted_where_they_are_hardly_millivolts(factor, doubted):
    record = first_seconds("100", 60)
    unitless = replace(record, p_signal=factor * record.p_signal, unit_declared=(False, False))
    found = doubts(known_by_heart(unitless))
    assert set(found) == ({"unit"} if doubted else set())
    declared = replace(unitless, unit_declared=(True, True))
    assert "unit" not in doubts(known_by_heart(declared))


def test_many_unsure_beats_are_a_doubt():
    classified = known_by_heart(first_seconds("100", 300))
    columns = ["class", "p_N", "p_S", "p_V", "p_F", "p_Q", "why_q"]
    classified.beats.loc[:60, columns] = ["Q", 0.3, 0.3, 0.2, 0.1, 0.1, "unsure"]
    assert doubts(classified)["unsure"].startswith("16 % of the beats are unsure")
    classified.beats.loc[10:, ["class", "why_q"]] = ["N", ""]
    assert doubts(classified) == {}


def test_doubts_are_told_with_the_classes():
    classified = classify(first_seconds("104", 120).without_annotations())
    assert classified.doubts[0].startswith("A pacemaker was seen: ")
    assert classified.summary().endswith("; ".join(["", *classified.doubts]))
