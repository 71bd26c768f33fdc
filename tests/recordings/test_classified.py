"""From a recording to classified beats: what comes out, and what it does not depend on."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ecgutils import aami, database
from ecgutils.beats.settings import BEATS
from ecgutils.errors import EcgError
from ecgutils.io.record import Record
from ecgutils.io.recording import read_recording
from ecgutils.paths import NSTDB_DIR
from ecgutils.recordings import segments
from ecgutils.recordings.classified import PROBABILITIES, classify, classify_recording
from ecgutils.scoring.ec57 import match_beats
from ecgutils.signals.filters import bandpass
from ecgutils.signals.noise import add_noise
from ecgutils.studies.channels import CHANNELS
from ecgutils.studies.recorders import VARIANTS, changed_beats
from ecgutils.unseen.trained_model import OUTPUTS, most_likely
from tests.helpers.changed_waves import wide_beats
from tests.helpers.classified_records import first_seconds

pytestmark = pytest.mark.slow

ECTOPIC = ("119", "208", "232")
SECONDS = 300
FS = 360


@pytest.fixture(scope="module")
def annotated():
    return {name: first_seconds(name, SECONDS) for name in ECTOPIC}


@pytest.fixture(scope="module")
def records(annotated):
    return {name: record.without_annotations() for name, record in annotated.items()}


@pytest.fixture(scope="module")
def classified(records):
    return {name: classify(record) for name, record in records.items()}


@pytest.fixture(scope="module")
def minute(records):
    """A minute of record 208."""
    return first(records["208"], 60)


def first(record, seconds):
    """Return the first seconds, with signals that a test may change."""
    part = record.between(0, seconds)
    return replace(part, p_signal=part.p_signal.copy())


def seconds(start, stop):
    return slice(start * FS, stop * FS)


def within(beats, start, stop):
    return beats[(beats["time_s"] >= start) & (beats["time_s"] < stop)]


def share_changed(beats, others):
    """Share of beats that have another class, or that only one of the tables has."""
    changed, total = changed_beats(beats, others)
    return changed / total


# What comes out ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ECTOPIC)
def test_the_table_has_one_row_per_beat_in_time_order(classified, name):
    beats = classified[name].beats
    assert list(beats) == ["sample", "time_s", "class", *PROBABILITIES, "why_q"]
    assert beats["sample"].dtype == np.int64
    assert (np.diff(beats["sample"]) > 0).all()
    assert np.allclose(beats["time_s"], beats["sample"] / FS)
    assert beats.index.equals(beats.reset_index(drop=True).index)


@pytest.mark.parametrize("name", ECTOPIC)
def test_probabilities_sum_to_one_and_the_class_is_the_most_likely(classified, name):
    beats = classified[name].beats
    probabilities = beats[list(PROBABILITIES)].to_numpy()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert (np.take(aami.CLASSES, most_likely(probabilities)) == beats["class"]).all()
    # F is never said.
    sure = probabilities[:, :3].max(axis=1) > 0.7
    largest = np.take(aami.CLASSES, probabilities.argmax(axis=1))
    assert (largest[sure] == beats["class"][sure]).all()


@pytest.mark.parametrize("name", ECTOPIC)
def test_beats_of_training_patients_are_told_apart(annotated, classified, name):
    """The model knows these patients, so anything else would be a broken chain."""
    record, beats = annotated[name], classified[name].beats
    marks = record.annotations.beats
    true = np.take(aami.CLASSES, aami.to_classes(marks.symbol))
    pairs = match_beats(marks.sample, beats["sample"].to_numpy(), round(0.15 * FS))
    both = pairs[(pairs >= 0).all(axis=1)]
    true, predicted = true[both[:, 0]], beats["class"].to_numpy()[both[:, 1]]
    fusion = true == "F"
    assert (true == predicted)[~fusion].mean() > 0.95
    assert np.isin(predicted[fusion], ["N", "V"]).all()


def test_clean_recordings_have_no_unusable_stretches(classified):
    assert all(len(found.unusable) == 0 for found in classified.values())


def test_the_remarks_say_what_was_looked_at_and_how_beats_were_found(records, classified):
    assert classified["208"].remarks == (
        "Looked at leads MLII and V1 of 2.",
        "The positions of the beats were detected.",
    )
    read = replace(first(records["208"], 30), remarks=("The unit is not declared.",))
    assert classify(read).remarks[0] == "The unit is not declared."


def test_the_model_that_was_used_is_told(classified):
    assert all(len(found.model.sha256) == 64 for found in classified.values())


def test_the_recording_is_not_changed(records):
    record = first(records["119"], 60)
    record.p_signal[seconds(10, 20)] = np.nan
    before = record.p_signal.copy()
    found = classify(record)
    assert np.array_equal(record.p_signal, before, equal_nan=True)
    assert np.isnan(found.recording.p_signal[seconds(10, 20)]).all()


def test_classify_recording_gives_the_table(minute):
    assert classify_recording(minute).equals(classify(minute).beats)


def test_one_lead_can_be_asked_for(minute):
    alone = minute.only(["V1"])
    assert classify_recording(minute, lead="v1").equals(classify_recording(alone))
    assert classify(minute, ("V1", "MLII")).recording.sig_name == ("V1", "MLII")


def test_two_leads_may_have_one_name(minute):
    found = classify(replace(minute, sig_name=("ECG", "ECG")))
    assert set(found.recording.sig_name) == {"ECG", "ECG (2)"}


def test_a_lead_that_is_not_there_is_one_line(minute):
    with pytest.raises(EcgError, match=r"^208: no lead 'III'; its leads are MLII, V1$"):
        classify_recording(minute, lead="III")


# Positions ---------------------------------------------------------------------------------------


def test_positions_are_those_of_the_annotations_where_there_are_some(annotated):
    record = annotated["208"]
    found = classify(record)
    assert found.beats["sample"].tolist() == record.annotations.beats.sample.tolist()
    assert found.remarks[-1] == "The positions of the beats were annotated."


def test_a_beat_annotated_just_outside_is_classified_at_the_end(annotated):
    record = annotated["208"].between(0, 60)
    length, inside = len(record.p_signal), record.annotations.beats.sample.tolist()
    found = classify(record.with_beats([-1, *inside, length])).beats
    assert found["sample"].tolist() == [0, *inside, length - 1]


def test_what_annotations_say_of_a_beat_is_not_looked_at(annotated):
    record = annotated["208"]
    hidden = record.with_beats(record.annotations.beats.sample, "N")
    assert classify(hidden).beats.equals(classify(record).beats)


def test_annotations_without_beats_do_not_keep_beats_from_being_found(minute):
    marked = minute.with_beats([100], "+")
    assert classify(marked).beats.equals(classify(minute).beats)


# Where nothing can be said -----------------------------------------------------------------------


def test_beats_in_noise_are_q_and_the_stretch_is_told(records):
    record = first(records["119"], 180)
    random = np.random.default_rng(0)
    record.p_signal[seconds(60, 100)] = random.standard_normal((40 * FS, 2))
    found = classify(record)
    assert found.unusable.to_numpy().tolist() == [[60.0, 100.0, "noise"]]
    noise = within(found.beats, 60, 100)
    assert (noise["class"] == "Q").all()
    assert (noise["p_Q"] == 1).all()
    assert (noise["why_q"] == "noise").all()
    assert (within(found.beats, 0, 60)["class"] != "Q").all()


@pytest.mark.parametrize(("value", "reason"), [(np.nan, "missing"), (0.5, "flat")])
def test_no_beats_are_invented_where_both_leads_have_gaps(records, value, reason):
    record = first(records["119"], 60)
    record.p_signal[seconds(20, 40)] = value
    found = classify(record)
    assert found.unusable.to_numpy().tolist() == [[20.0, 40.0, reason]]
    assert len(within(found.beats, 20, 40)) == 0
    assert len(within(found.beats, 0, 20)) > 15
    assert len(within(found.beats, 40, 60)) > 15


def test_a_recording_cut_off_at_zero_keeps_its_beats(records):
    record = first(records["119"], 60).only(["MLII"])
    whole = classify(record).beats["class"].value_counts()
    record.p_signal[:] = np.maximum(record.p_signal - np.median(record.p_signal, axis=0), 0)
    found = classify(record)
    assert found.unusable.empty
    assert found.beats["class"].value_counts()["V"] == pytest.approx(whole["V"], abs=1)
    assert len(found.beats) == pytest.approx(whole.sum(), abs=1)


def test_beats_in_a_clipped_stretch_are_q(records):
    record = first(records["119"], 60)
    record.p_signal[seconds(20, 40)] = np.clip(10 * record.p_signal[seconds(20, 40)], -3.5, 3.5)
    found = classify(record)
    assert "clipped" in set(found.unusable["reason"])
    assert (found.unusable["start_s"].min(), found.unusable["stop_s"].max()) == (20, 40)
    assert (within(found.beats, 20, 40)["class"] == "Q").all()
    assert (within(found.beats, 0, 20)["class"] != "Q").all()


@pytest.mark.parametrize("name", ECTOPIC)
def test_a_long_gap_changes_nothing_around_it(records, classified, name):
    """Least of all the patient's usual interval, which would make every beat premature."""
    record = first(records[name], SECONDS)
    record.p_signal[seconds(100, 250)] = np.nan
    beats = classify(record).beats
    for start, stop in ((0, 98), (252, SECONDS)):
        whole = within(classified[name].beats, start, stop)
        # Of 208 every eighth beat is a fusion beat, half way between N and V.
        assert share_changed(whole, within(beats, start, stop)) <= 0.04


@pytest.mark.parametrize("name", ["119", "232"])
@pytest.mark.parametrize("lead", [0, 1])
def test_a_gap_in_one_lead_is_bridged_by_the_other(records, classified, name, lead):
    record = first(records[name], 300)
    record.p_signal[seconds(100, 160), lead] = np.nan
    found = classify(record)
    assert len(found.unusable) == 0
    whole = within(classified[name].beats, 102, 158)
    assert share_changed(whole, within(found.beats, 102, 158)) <= 0.1


def test_in_a_gap_of_one_lead_only_the_other_speaks(annotated):
    """What lies in the faulty seconds does not matter."""
    beats = []
    for level in (0.0, 3.0):
        record = first(annotated["119"], SECONDS)
        record.p_signal[seconds(100, 160), 1] = level
        beats.append(within(classify(record).beats, 101, 159))
    assert share_changed(*beats) == 0


class Predicts:
    """A model with the same probabilities for some beats, at first, and others for the rest."""

    card = None

    def __init__(self, *probabilities, at=slice(None, None, 2), then=(0.97, 0.01, 0.01, 0.01, 0.0)):
        self.probabilities, self.at, self.then, self.seen = probabilities, at, then, []

    def judged(self, beats, rows):
        self.seen.append(beats)
        predicted = np.tile(np.float64(self.then), (len(beats), 1))
        if len(self.seen) == 1:
            predicted[:] = [0.97, 0.01, 0.01, 0.01, 0.0]
            predicted[self.at] = self.probabilities
        return predicted[rows]

    def agreed(self, judgements, beats):
        assert judgements.shape == (len(beats), len(OUTPUTS))
        return judgements


def test_a_beat_that_no_class_is_likely_for_is_still_given_the_likeliest(minute):
    beats = classify(minute, model=Predicts(0.3, 0.1, 0.4, 0.2, 0.0)).beats
    assert (beats["class"][::2] == "V").all()
    assert np.allclose(beats.loc[::2, "p_N":"p_Q"], [0.3, 0.1, 0.4, 0.2, 0.0])
    assert (beats["class"][1::2] == "N").all()


def test_a_detection_that_is_no_beat_is_q_and_its_neighbours_do_without_it(minute):
    model = Predicts(0.05, 0.05, 0.0, 0.0, 0.9)
    beats = classify(minute, model=model).beats
    assert (beats["class"][::2] == "Q").all()
    assert np.allclose(beats["p_Q"][::2], 0.9)
    assert (beats["class"][1::2] == "N").all()
    first, second = model.seen
    assert second.sample.tolist() == first.sample[1::2].tolist()
    between = len(second) - 1
    intervals = first.rr[2::2][:between] + first.rr[3::2][:between]
    assert np.allclose(second.rr[1:], intervals, atol=1e-5)


def test_an_interval_over_several_detections_that_are_no_beats_is_not_known(minute):
    model = Predicts(0.05, 0.05, 0.0, 0.0, 0.9, at=slice(10, 15))
    classify(minute, model=model)
    first, second = model.seen
    assert np.flatnonzero(np.isnan(second.rr)).tolist() == [0, 10]
    assert np.allclose(second.rr[11:], first.rr[16:], atol=1e-5)


def test_only_beats_around_a_detection_that_is_no_beat_are_asked_about_again(records):
    model = Predicts(0, 0, 0, 0, 1, at=200, then=(0, 0, 1, 0, 0))
    beats = classify(records["208"], model=model).beats
    again = range(200 - BEATS.neighbourhood, 200 + BEATS.neighbourhood + 1)
    expected = np.where(np.isin(np.arange(len(beats)), again), "V", "N")
    expected[200] = "Q"
    assert beats["class"].tolist() == expected.tolist()


def test_where_one_lead_is_missing_only_the_beats_there_are_asked_about_in_the_other(annotated):
    record = first(annotated["119"], SECONDS)
    record.p_signal[seconds(100, 160), 1] = 0
    model = Predicts(1, 0, 0, 0, 0, at=slice(None), then=(0, 0, 1, 0, 0))
    beats = classify(record, model=model).beats
    assert [shown.windows.shape[2] for shown in model.seen] == [2, 1]
    assert set(within(beats, 101, 159)["class"]) == {"V"}
    assert set(within(beats, 0, 99)["class"]) | set(within(beats, 161, 300)["class"]) == {"N"}


def test_annotated_beats_are_beats_whatever_the_model_thinks(annotated):
    record = annotated["208"]
    beats = classify(record, model=Predicts(0.06, 0.03, 0.01, 0.0, 0.9)).beats
    assert (beats["p_Q"] == 0).all()
    # Where the rhythm is irregular, what may be S is N.
    others = beats[::2][beats["p_S"][::2] > 0]
    assert len(others) > 0.4 * len(beats)
    assert np.allclose(others.loc[:, "p_N":"p_F"], [0.6, 0.3, 0.1, 0.0])


# Paced beats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("annotated", [False, True])
def test_paced_beats_are_q_and_those_of_the_heart_are_not(annotated):
    record = database.read("217")
    marks = record.annotations.beats
    blank = record.with_beats(marks.sample) if annotated else record.without_annotations()
    found = classify(blank)
    paced = found.beats[found.beats["why_q"] == "paced"]
    assert (paced["class"] == "Q").all()
    assert (paced["p_Q"] == 1).all()
    assert np.allclose(paced.loc[:, "p_N":"p_F"], 0)
    pairs = match_beats(marks.sample, paced["sample"].to_numpy(), round(0.15 * FS))
    true, called = np.isin(marks.symbol, ["/", "f"]), pairs[(pairs >= 0).all(axis=1), 0]
    assert len(np.intersect1d(called, np.flatnonzero(true))) > 0.96 * true.sum()
    assert len(np.intersect1d(called, np.flatnonzero(~true))) < 0.03 * (~true).sum()
    # Those of the heart are compared with each other, so paced ones make them neither V nor Q.
    pairs = match_beats(marks.sample, found.beats["sample"].to_numpy(), round(0.15 * FS))
    pairs = pairs[(pairs >= 0).all(axis=1)]
    symbol, named = marks.symbol[pairs[:, 0]], found.beats["class"].to_numpy()[pairs[:, 1]]
    assert [(named[symbol == name] == name).mean() > 0.88 for name in "NV"] == [True, True]
    q = int((found.beats["class"] == "Q").sum())
    assert f", Q {q} (of these {len(paced)} paced) (" in found.summary()


@pytest.mark.parametrize("height", [-9999.0, 187.5, 30.0])
def test_a_glitch_makes_no_ectopic_beats(height):
    """A filter would smear it over the beats of two seconds."""
    record = first(database.read("103").without_annotations(), 120).only([0])
    before = classify(record).beats
    record.p_signal[80 * FS : 80 * FS + FS // 5] = height
    beats = classify(record).beats
    for start, stop in ((0, 80), (81, 120)):
        assert share_changed(within(before, start, stop), within(beats, start, stop)) == 0


def test_every_q_has_a_reason_and_no_other_beat_has_one(minute):
    beats = classify(minute, model=Predicts(0.05, 0.05, 0.0, 0.0, 0.9, at=slice(5, 8))).beats
    assert (beats["why_q"][5:8] == "unsure").all()
    assert ((beats["why_q"] != "") == (beats["class"] == "Q")).all()


# Leads that show no heart -------------------------------------------------------------------------

PARTLY = [("open electrode", "one step"), ("electrode motion", "em 0"), ("pulse", "finger")]


def with_channel(record, kind, name, part=slice(None), lead=1):
    """Put a channel without a heart in the place of a part of a lead."""
    signal = record.p_signal.copy()
    signal[part, lead] = CHANNELS[kind][name](record, np.random.default_rng(1))[part]
    return replace(record, p_signal=signal)


@pytest.mark.parametrize("lead", [0, 1])
def test_a_second_lead_that_is_open_changes_nothing(annotated, lead):
    record = annotated["208"]
    opened = with_channel(record, *PARTLY[0], lead=lead).without_annotations()
    found = classify(opened)
    alone = classify(record.only([1 - lead]).without_annotations())
    assert found.beats.equals(alone.beats)
    name = record.sig_name[lead]
    assert found.doubts == (f"Lead {name} shows no heart and was left out: check its electrode.",)


@pytest.mark.parametrize(("kind", "name"), PARTLY)
def test_a_lead_that_is_bad_for_a_part_speaks_only_for_the_rest(annotated, classified, kind, name):
    """Two fifths of a recording with many V, among which the lead is bad."""
    record = annotated["208"]
    found = classify(with_channel(record, kind, name, seconds(90, 210)).without_annotations())
    assert len(found.doubts) == 1
    assert re.fullmatch(
        r"Lead V1 shows no heart for (2 min|1[12]\d s) of 5 min and was left out there: "
        r"check its electrode\.",
        found.doubts[0],
    )
    assert len(found.unusable) == 0
    alone = classify(record.only([0]).without_annotations())
    inside = [within(table, 100, 200) for table in (alone.beats, found.beats)]
    assert share_changed(*inside) <= 0.03
    for start, stop in ((0, 80), (220, SECONDS)):
        whole = within(classified["208"].beats, start, stop)
        assert share_changed(whole, within(found.beats, start, stop)) <= 0.03


def test_leads_that_are_bad_one_after_the_other_are_both_used(annotated, classified):
    record = with_channel(annotated["119"], *PARTLY[0], seconds(0, 150), lead=0)
    record = with_channel(record, *PARTLY[0], seconds(150, SECONDS), lead=1)
    found = classify(record.without_annotations())
    assert set(found.recording.sig_name) == {"MLII", "V1"}
    assert share_changed(classified["119"].beats, found.beats) <= 0.1


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("open electrode", "drift"), ("respiration", "calm"), ("pulse", "noisy")),
        *(
            ("EDA", "lively"),
            ("EDA", "coarse"),
            ("EDA", "calm"),
            ("acceleration", "walking"),
            ("EEG, EOG, EMG", "sleep"),
        ),
        ("EEG, EOG, EMG", "EOG"),
    ],
)
def test_what_looks_somewhat_like_a_heart_has_no_heartbeats(annotated, kind, name):
    record = with_channel(annotated["119"].only([0]), kind, name, lead=0)
    with pytest.raises(EcgError, match=r"^119: no heartbeats found"):
        classify(record.without_annotations())


# Whatever the recorder ---------------------------------------------------------------------------


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["208", "232"])
def test_another_recorder_changes_hardly_any_class(records, classified, name, variant):
    others = classify_recording(VARIANTS[variant](records[name]))
    assert share_changed(classified[name].beats, others) <= 0.01


@pytest.mark.parametrize("fs", [100.0, 257.3, 1000.0])
def test_any_sampling_frequency_keeps_time(records, classified, fs):
    others = classify(records["119"].resampled(fs))
    assert share_changed(classified["119"].beats, others.beats) <= 0.01


def test_two_of_twelve_leads_at_500_hz_say_what_two_alone_say(records):
    """Six of the limbs, of which two are measured, and six of the chest."""
    record = first(records["208"], 60).resampled(500.0)
    two, one = record.p_signal.T
    limbs = [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]
    names = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    chest = [factor * one for factor in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)]
    twelve = Record(record.name, np.stack(limbs + chest, axis=1), record.fs, names)
    found = classify(twelve)
    assert found.recording.sig_name == ("II", "V1")
    alone = replace(record, sig_name=("II", "V1"))
    assert found.beats.equals(classify(alone).beats)


# Long recordings ---------------------------------------------------------------------------------


def test_no_beat_is_lost_or_doubled_where_segments_meet(records, classified, monkeypatch):
    """Five minutes in five segments, with the margins that those of half an hour have."""
    monkeypatch.setattr(segments, "SEGMENT_S", 60.0)
    beats = classify(records["119"]).beats
    times = [table["sample"].to_numpy() for table in (classified["119"].beats, beats)]
    pairs = match_beats(*times, window=18)
    assert (pairs >= 0).all()


def test_an_hour_is_classified_in_segments_and_their_seam_does_not_show(records, classified):
    """Record 119 twelve times over, in two segments."""
    record, once, times = records["119"], classified["119"].beats, 12
    beats = classify(replace(record, p_signal=np.tile(record.p_signal, (times, 1)))).beats
    assert abs(len(beats) - times * len(once)) <= times
    assert np.diff(beats["sample"]).min() >= 0.25 * FS
    seam = times * SECONDS // 2
    before = within(beats, seam - 100, seam - 2)
    before = before.assign(time_s=before["time_s"] - seam + SECONDS)
    assert share_changed(before, within(once, SECONDS - 100, SECONDS - 2)) <= 0.02
    after = within(beats, seam + 2, seam + 100)
    after = after.assign(time_s=after["time_s"] - seam)
    assert share_changed(after, within(once, 2, 100)) <= 0.02


# What is no recording of a heart -----------------------------------------------------------------


def made_of(record, signal, fs=FS):
    signal = np.asarray(signal, dtype=float)
    return replace(record, p_signal=np.stack([signal, signal], axis=1), fs=float(fs))


def refused(record, pattern):
    with pytest.raises(EcgError, match=pattern) as caught:
        classify(record)
    assert str(caught.value).startswith("208: ")
    assert "\n" not in str(caught.value)


TIME = np.arange(60 * FS) / FS
NO_HEARTS = {
    "silence": np.zeros(60 * FS),
    "a constant": np.full(60 * FS, 1.5),
    "nothing but gaps": np.full(60 * FS, np.nan),
    "white noise": np.random.default_rng(0).standard_normal(60 * FS),
    "faint white noise": 0.1 * np.random.default_rng(1).standard_normal(60 * FS),
    "a sine of 1 Hz": np.sin(2 * np.pi * TIME),
    "a sine of 10 Hz": np.sin(2 * np.pi * 10 * TIME),
    "mains hum": np.sin(2 * np.pi * 50 * TIME),
    "a drift": np.linspace(-1, 1, 60 * FS),
}


@pytest.mark.parametrize("kind", NO_HEARTS)
def test_what_is_no_ecg_has_no_heartbeats(minute, kind):
    refused(made_of(minute, NO_HEARTS[kind]), "no heartbeats found")


@pytest.mark.parametrize("fs", [128, 250, 500])
@pytest.mark.parametrize("seed", range(3))
def test_white_noise_has_no_heartbeats_at_any_frequency(minute, fs, seed):
    noise = np.random.default_rng(seed).standard_normal(120 * fs)
    refused(made_of(minute, noise, fs), "no heartbeats found")


@pytest.mark.parametrize("samples", [1, 5 * FS])
def test_what_is_too_short_is_refused(minute, samples):
    refused(made_of(minute, minute.lead(0)[:samples]), "at least 10 s are needed")


@pytest.mark.parametrize("fs", [50.0, 99.9, 1001.0, 10_000.0])
def test_frequencies_beyond_what_can_be_read_are_refused(minute, fs):
    refused(replace(minute, fs=fs), "read are 100 to 1000 Hz")


def test_infinite_values_are_refused(minute):
    signal = minute.p_signal.copy()
    signal[100, 1] = np.inf
    refused(replace(minute, p_signal=signal), "infinite")


@pytest.mark.parametrize("gain", [1e-6, 1e3, 1e12])
def test_absurd_amplitudes_are_refused(minute, gain):
    refused(replace(minute, p_signal=minute.p_signal * gain), "check the unit and the gain")


def read_csv(tmp_path, record, factors, header):
    """Write both leads, each times its factor, with this header, and read the file."""
    path = tmp_path / "208.csv"
    signals = record.p_signal * factors
    np.savetxt(path, signals, fmt="%.7g", delimiter=",", header=header, comments="")
    return read_recording(path, fs=FS)


def test_height_of_a_main_lead_without_a_declared_unit_is_not_judged(tmp_path, minute):
    record = read_csv(tmp_path, minute, (1000, 1), "MLII,V1 (mV)")
    assert record.unit_declared == (False, True)
    classified = classify(record)
    assert classified.recording.sig_name == ("MLII", "V1")
    assert share_changed(classify(minute).beats, classified.beats) == 0


def test_side_lead_without_a_declared_unit_does_not_spare_the_main_lead(tmp_path, minute):
    record = read_csv(tmp_path, minute, (1000, 1), "MLII (mV),V1")
    assert record.unit_declared == (True, False)
    refused(record, "waves of .* mV in lead MLII .*; check the unit and the gain")


@pytest.mark.parametrize("remark", ["The unit is not declared: taken as mV.", "unit"])
def test_what_a_remark_says_decides_nothing(minute, remark):
    refused(
        replace(minute, p_signal=minute.p_signal * 1000, remarks=(remark,)),
        "check the unit and the gain",
    )


def test_a_frequency_that_is_far_too_high_is_noticed(records):
    fast = replace(records["208"].resampled(128.0), fs=1000.0)
    found = classify(fast)
    assert any("whether 1000 Hz is the sampling frequency" in doubt for doubt in found.doubts)
    assert (found.beats["class"] == "Q").mean() > 0.7


@pytest.mark.parametrize(("fs", "rate"), [(100.0, 21), (1000.0, 206)])
def test_a_rate_that_is_unusual_for_a_heart_makes_the_frequency_doubtful(fs, rate):
    """Record 100 beats 75 times a minute at its true 360 Hz."""
    record = first_seconds("100", 120).without_annotations()
    assert classify(record).doubts == ()
    (doubt,) = classify(replace(record, fs=fs)).doubts
    found = re.fullmatch(
        r"A mean rate of (\d+) beats a minute is unusual: is (\d+) Hz .*[?] At .* 360, .*", doubt
    )
    assert abs(int(found[1]) - rate) <= 2
    assert float(found[2]) == fs


def test_a_rate_that_no_heart_has_is_noticed(minute):
    """Four annotations in a minute."""
    slow = minute.with_beats([100, 500, 20_000, 21_000])
    refused(slow, r"no heartbeats found that a heart could make \(4 a minute\)")


@pytest.mark.parametrize("name", ECTOPIC)
def test_ten_seconds_are_enough(records, name):
    assert 6 <= len(classify(first(records[name], 10)).beats) <= 25


def test_wide_beats_without_a_flat_line_between_them_are_no_noise():
    found = classify(wide_beats())
    assert len(found.beats) == 80
    assert not len(found.unusable)


def test_clear_beats_in_noise_are_told_not_refused():
    record = database.read("100").between(70, 80).only([0])
    noise = database.read("ma", NSTDB_DIR, None).between(10, 20).p_signal[:, 0]
    signal = add_noise(record.lead(0), noise, record.fs, record.annotations.beats.sample, 8)
    found = classify(replace(record.without_annotations(), p_signal=signal[:, None]))
    assert found.unusable["reason"].tolist() == ["noise"]
    assert set(found.beats["class"]) == {"Q"}
    assert any("whole recording is too noisy" in doubt for doubt in found.doubts)


def test_regular_beats_that_are_alike_in_heavy_noise_are_told_without_a_class():
    record = database.read("103").between(0, 10).only([0])
    noise = database.read("ma", NSTDB_DIR, None).between(10, 20).p_signal[:, 0]
    signal = add_noise(record.lead(0), noise, record.fs, record.annotations.beats.sample, 6)
    found = classify(replace(record.without_annotations(), p_signal=signal[:, None]))
    assert set(found.beats["class"]) == {"Q"}
    nearest = np.abs(record.annotations.beats.sample[:, None] - found.beats["sample"].to_numpy())
    assert (nearest.min(axis=1) < 0.03 * record.fs).sum() >= 10
    assert found.doubts[0].startswith("No clear heartbeats were seen in lead MLII")
    assert found.doubts[1].startswith("The whole recording is too noisy: no beat has a class.")


@pytest.mark.parametrize("name", ["100", "205"])
def test_sharp_complexes_under_tall_slow_waves_are_beats_and_no_flutter(name):
    record = database.read(name).between(0, 20).only([0])
    waves = bandpass(np.random.default_rng(1).normal(size=len(record.p_signal)), record.fs, 2, 5)
    signal = record.p_signal + (0.5 / waves.std() * waves)[:, None]
    found = classify(replace(record.without_annotations(), p_signal=signal))
    assert not len(found.rhythms)
    nearest = np.abs(record.annotations.beats.sample[:, None] - found.beats["sample"].to_numpy())
    assert (nearest.min(axis=1) < 0.1 * record.fs).all()


@pytest.mark.parametrize("name", ["103", "214"])
def test_a_beat_that_an_end_of_the_recording_cuts_is_not_ectopic(name):
    beats = database.read(name).annotations.beats
    first, last = (sample / 360 for sample in beats.sample[[40, 80]])
    found = classify(database.read(name).between(first, last).without_annotations()).beats
    assert [*found["class"].iloc[[0, -1]]] == ["N", "N"]


@pytest.mark.parametrize("name", ["107", "208", "231"])
def test_the_gain_of_a_recorder_changes_no_class(name):
    record = first_seconds(name, 60).without_annotations()
    expected = classify(record)
    for gain in (0.5, 2.0):
        found = classify(replace(record, p_signal=gain * record.p_signal))
        columns = ["sample", "class", "why_q"]
        assert found.beats[columns].equals(expected.beats[columns])
        assert found.doubts == expected.doubts
