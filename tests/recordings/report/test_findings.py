"""What follows from the beats of a recording, against what its annotations say."""

from dataclasses import replace
from itertools import groupby

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.aami import CLASSES
from ecgutils.recordings.report.findings import Findings, join_stretches, longest
from tests.helpers.classified_records import first_seconds, known_by_heart


def findings_of(classes, seconds_apart=0.8, unusable=()):
    """Findings in beats of these classes, one after the other: ``?`` in noise, ``P`` paced."""
    time = seconds_apart * np.arange(1, len(classes) + 1)
    names = np.array(list(classes.replace("?", "Q")))
    beats = pd.DataFrame({"sample": (time * 250).astype(int), "time_s": time, "class": names})
    for name in CLASSES:
        beats[f"p_{name}"] = np.where(names == name, 1.0, 0.0)
    beats["why_q"] = np.where(names == "Q", "noise", "")
    beats.loc[np.array(list(classes)) == "P", ["class", "p_Q", "why_q"]] = ("Q", 1.0, "paced")
    stretches = pd.DataFrame(list(unusable), columns=["start_s", "stop_s", "reason"])
    return Findings(beats, join_stretches(stretches, time[-1] + 1), time[-1] + 1)


def lengths(runs):
    return [(run.first, run.beats) for run in runs]


@pytest.fixture(scope="module")
def record_207():
    return Findings.from_classified(known_by_heart(database.read("207")))


def test_runs_and_couplets_are_those_of_the_annotations(record_207):
    long = record_207.rr > 1.75 * record_207.usual
    parts = np.cumsum(np.isnan(record_207.rr) | long)
    groups = [
        (name, len(list(beats)))
        for (name, _), beats in groupby(zip(record_207.classes, parts, strict=True))
    ]
    for name in ("V", "S"):
        expected = sorted(length for group, length in groups if group == name)
        assert len(record_207.couplets(name)) == expected.count(2)
        assert sorted(run.beats for run in record_207.runs(name)) == [n for n in expected if n >= 3]
        assert len(record_207.runs(name, at_least=2)) == sum(length > 1 for length in expected)
    assert len(record_207.runs("V")) == 3


def test_rate_of_a_run_is_that_of_its_intervals(record_207):
    run = longest(record_207.runs("V"))
    times = record_207.time[run.first : run.first + run.beats]
    assert run.rate == pytest.approx(60 / np.diff(times).mean())
    assert (run.start_s, run.stop_s) == (times[0], times[-1])


def test_mean_rate_and_its_extremes_are_those_of_the_intervals():
    findings = Findings.from_classified(known_by_heart(database.read("119")))
    rr = np.diff(findings.time)
    assert findings.mean_rate == pytest.approx(60 / rr.mean())
    eight = np.array([rr[k : k + 8].mean() for k in range(len(rr) - 7)])
    slow, fast = findings.extreme_rates()
    assert (slow.rate, fast.rate) == pytest.approx((60 / eight.max(), 60 / eight.min()))


def test_bigeminy_is_three_pairs_in_a_row():
    findings = findings_of("NVNVNNNVNVNVNVVNSNSNS")
    assert lengths(findings.bigeminy("V")) == [(6, 8)]


def early(classes, seconds_apart=0.8):
    """Findings in beats of which those in small letters come early, and the next one late."""
    early_by = 0.3 * np.array([letter.islower() for letter in classes])
    findings = findings_of(classes.upper(), seconds_apart)
    beats = findings.beats.assign(time_s=findings.time - early_by)
    return Findings(beats, findings.unusable, findings.duration)


def test_bigeminy_of_s_comes_early():
    assert lengths(early("NNNsNsNsNN").bigeminy("S")) == [(2, 6)]
    assert early("NNNSNSNSNN").bigeminy("S") == []


def with_rhythm(findings, rhythm, start_s=0.0, stop_s=1e3):
    rows = pd.DataFrame({"start_s": [start_s], "stop_s": [stop_s], "rhythm": [rhythm]})
    return replace(findings, rhythms=rows)


def test_in_fibrillation_nothing_is_called_bigeminy_or_a_group_of_s():
    findings = with_rhythm(findings_of("NVNVNVNSSSSNVVV", 0.5), "AFIB")
    assert findings.bigeminy("V") == findings.runs("S") == []
    assert lengths(findings.runs("V")) == [(12, 3)]


def test_fast_waves_without_qrs_make_no_interval():
    findings = with_rhythm(findings_of("NVVVVVVN"), "VFL", 3.3, 3.5)
    assert lengths(findings.runs("V")) == [(1, 3), (4, 3)]
    assert np.flatnonzero(np.isnan(findings.rr)).tolist() == [0, 4]


def test_couplets_are_not_parts_of_runs():
    assert lengths(findings_of("NVVNVVVNVV").couplets("V")) == [(1, 2), (8, 2)]


def test_fusion_breaks_no_run_of_v_and_belongs_to_none_at_its_ends():
    findings = findings_of("NVFVNFVVFNVFNVFFVV")
    assert lengths(findings.runs("V")) == [(1, 3), (13, 5)]
    assert lengths(findings.couplets("V")) == [(6, 2)]


@pytest.mark.parametrize(("seconds", "found"), [(0.75, False), (0.55, True)])
def test_s_in_a_row_are_a_group_if_they_are_fast(seconds, found):
    classes = "NNNNNNNNSSNNNNNSSSSNN"
    rr = np.where(np.array(list(classes)) == "S", seconds, 0.8)
    findings = findings_of(classes)
    beats = findings.beats.assign(time_s=rr.cumsum())
    findings = Findings(beats, findings.unusable, 99.0)
    assert lengths(findings.couplets("S")) == ([(8, 2)] if found else [])
    assert lengths(findings.runs("S")) == ([(15, 4)] if found else [])


def test_s_within_beats_that_are_as_fast_are_no_group():
    findings = findings_of("NNNNNNNNSSNNNNNSSSSNN", 0.42)
    assert findings.couplets("S") == findings.runs("S") == []


def test_s_in_a_row_are_a_group_if_they_are_premature():
    classes = "NNNNNNSSSNNNNNN"
    rr = np.where(np.array(list(classes)) == "S", 0.7, 1.0)
    findings = findings_of(classes)
    beats = findings.beats.assign(time_s=rr.cumsum())
    (run,) = Findings(beats, findings.unusable, 99.0).runs("S")
    assert run.beats == 3
    assert run.rate == pytest.approx(60 / 0.7)


def test_no_group_goes_on_across_an_interval_that_the_rhythm_does_not_allow():
    findings = findings_of("NNNVVVVNNNVVNNNNVNVNVNVNN")
    late = np.zeros(len(findings.time))
    late[5:] += 0.8
    late[11:] += 0.8
    late[19:] += 0.8
    beats = findings.beats.assign(time_s=findings.time + late)
    broken = Findings(beats, findings.unusable, findings.duration + 3)
    assert lengths(broken.couplets("V")) == [(3, 2), (5, 2)]
    assert broken.runs("V") == broken.bigeminy("V") == []
    assert broken.pauses() == []


@pytest.mark.parametrize(("name", "pauses"), [("100", 0), ("232", 114), ("219", 3)])
def test_pauses_are_the_intervals_of_two_seconds_between_annotated_beats(name, pauses):
    findings = Findings.from_classified(known_by_heart(database.read(name)))
    long = np.flatnonzero(np.diff(findings.time) >= 2).tolist()
    found = {run.first for run in findings.pauses()}
    assert len(found) == pauses
    # In two of 232, something is as steep as a low beat.
    assert set(long) - found <= {run.first for run in findings.gaps()}
    assert len(long) - len(found) <= 2


def without(classified, chosen):
    """Take beats away, as a detector does that has missed them."""
    beats = classified.beats[~chosen].reset_index(drop=True)
    return replace(classified, beats=beats)


def test_beats_that_were_missed_are_a_gap_and_no_pause_or_run():
    """In 208, ten beats half as tall as before."""
    whole = known_by_heart(database.read("208"))
    time, classes = whole.beats["time_s"], whole.beats["class"]
    classified = without(whole, time.between(204, 212) & (classes != "V"))
    before, after = Findings.from_classified(whole), Findings.from_classified(classified)
    assert after.pauses() == []
    assert len(after.runs("V")) == len(before.runs("V"))
    near = [gap for gap in after.gaps() if 200 < gap.start_s < 215]
    assert len(near) >= 3
    assert max(gap.seconds for gap in near) > 1.5


def test_a_recording_that_falls_silent_for_the_detector_says_so():
    whole = known_by_heart(first_seconds("100", 120))
    findings = Findings.from_classified(without(whole, whole.beats["time_s"] > 80))
    assert findings.silent_ends() == [(pytest.approx(80, abs=1), 120.0)]
    lost = known_by_heart(whole.recording, [(79.0, 120.0, "flat")])
    assert Findings.from_classified(lost).silent_ends() == []


def test_the_trend_has_the_extremes_of_the_rate():
    findings = Findings.from_classified(known_by_heart(database.read("119")))
    trend, (slow, fast) = findings.rate_trend(), findings.extreme_rates()
    assert trend["lowest"].min() == pytest.approx(slow.rate)
    assert trend["highest"].max() == pytest.approx(fast.rate)
    middle = trend.iloc[len(trend) // 2]
    assert middle["lowest"] <= middle["mean"] <= middle["highest"]
    assert trend["time_s"].iloc[-1] < findings.duration


def test_shares_are_of_the_beats_that_could_be_classified():
    assert findings_of("NNVQQ?").share_of("V") == pytest.approx(100 / 3)
    assert np.isnan(findings_of("Q?").share_of("V"))
    assert np.isnan(findings_of("Q?").by_period(60.0)["ectopic_percent"][0])


def test_missing_signal_ends_a_run_and_makes_no_interval():
    findings = findings_of("NVVVVVVN", unusable=[(3.3, 3.5, "missing")])
    assert lengths(findings.runs("V")) == [(1, 3), (4, 3)]
    np.testing.assert_array_equal(np.isnan(findings.rr), [1, 0, 0, 0, 1, 0, 0, 0])
    assert np.nanmax(findings.rr) == pytest.approx(0.8)


def test_beats_in_noise_make_no_intervals():
    findings = findings_of("NN?NN")
    np.testing.assert_array_equal(np.isnan(findings.rr), [1, 0, 1, 1, 0])
    np.testing.assert_array_equal(findings.in_noise, [0, 0, 1, 0, 0])


@pytest.mark.parametrize("classes", ["V", "?", "??", "Q"])
def test_too_few_beats_have_no_rate(classes):
    findings = findings_of(classes)
    assert findings.extreme_rates() is None
    assert findings.pauses() == findings.gaps() == []
    assert np.isnan(findings.mean_rate)
    assert findings.runs("V") == []


def test_stretches_that_touch_are_one():
    rows = [(5, 7, "noise"), (1, 2, "flat"), (2, 3, "missing"), (6, 99, "noise"), (20, 21, "flat")]
    joined = join_stretches(pd.DataFrame(rows, columns=["start_s", "stop_s", "reason"]), 10.0)
    assert joined.to_numpy().tolist() == [[1, 3, "flat, missing"], [5, 10, "noise"]]


def test_periods_hold_every_beat_once_and_all_lost_time():
    unusable = [(50.0, 130.0, "noise"), (250.0, 255.0, "flat")]
    findings = Findings.from_classified(known_by_heart(first_seconds("208", 300.5), unusable))
    table = findings.by_period(60.0)
    assert table["start_s"].tolist() == [0, 60, 120, 180, 240]
    assert table["stop_s"].iloc[-1] == 300.5
    assert {name: table[name].sum() for name in CLASSES} == findings.counts
    assert table["beats"].sum() == len(findings.beats)
    np.testing.assert_allclose(
        table["unusable_percent"], [100 / 6, 100, 100 / 6, 0, 500 / 60.5], rtol=1e-6
    )
    assert findings.unusable_s == 85
    inside = (findings.time >= 180) & (findings.time < 240)
    ectopic = np.isin(findings.classes[inside], ["S", "V"]).sum()
    assert table["ectopic_percent"][3] == pytest.approx(100 * ectopic / inside.sum())
    assert table["rate"][3] == pytest.approx(60 / np.diff(findings.time)[inside[1:]].mean())
    assert np.isnan(table["rate"][1])


def test_least_certain_beats_come_first_and_noise_is_none_of_them():
    findings = findings_of("NNQ?N")
    beats = findings.beats
    beats.loc[1, ["p_N", "p_S"]] = (0.8, 0.2)
    columns = ["p_N", "p_S", "p_V", "p_F", "p_Q", "why_q"]
    beats.loc[2, columns] = (0.36, 0.27, 0.18, 0.09, 0.1, "unsure")
    again = Findings(beats, findings.unusable, findings.duration)
    assert again.uncertain.tolist() == [2, 1]
    np.testing.assert_allclose(again.given_a_beat[2], [0.4, 0.3, 0.2, 0.1])


# Paced beats -------------------------------------------------------------------------------------


def test_paced_beats_are_beats_neither_in_noise_nor_uncertain():
    findings = findings_of("NPPPNP")
    assert findings.paced.tolist() == [False, True, True, True, False, True]
    assert not findings.in_noise.any()
    assert (findings.unsure, findings.with_class, findings.counts["Q"]) == (0, 2, 4)
    assert findings.uncertain.tolist() == []
    np.testing.assert_allclose(findings.rr[1:], 0.8)
    assert findings.mean_rate == pytest.approx(75)


def test_groups_end_at_paced_beats_and_a_pause_between_these_is_one():
    findings = findings_of("NVVPVNVPVPV" + 4 * "VP")
    assert lengths(findings.couplets("V")) == [(1, 2), (10, 2)]
    assert findings.runs("V") == findings.bigeminy("V") == []
    slow = findings_of("PPPP", seconds_apart=2.5)
    assert lengths(slow.pauses()) == [(0, 2), (1, 2), (2, 2)]
