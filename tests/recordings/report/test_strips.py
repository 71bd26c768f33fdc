"""Which strips are shown."""

import numpy as np
import pytest

from ecgutils import database
from ecgutils.recordings.report.findings import Findings, longest
from ecgutils.recordings.report.strips import telling_strips, uncertain_strips
from tests.helpers.classified_records import first_seconds, known_by_heart


@pytest.fixture(scope="module")
def record_207():
    return Findings.from_classified(known_by_heart(database.read("207")))


def starts(strips):
    return np.array([strip.start_s for strip in strips])


def test_the_longest_run_comes_first_and_is_marked(record_207):
    run = longest(record_207.runs("V"))
    strip = telling_strips(record_207)[0]
    assert strip.title == f"Longest run of V: {run.beats} beats, {run.rate:.0f} per minute"
    assert strip.marked == tuple(range(run.first, run.first + run.beats))
    assert strip.start_s == run.start_s - 1


@pytest.mark.parametrize("name", ["100", "207", "208", "232"])
def test_strips_are_few_lie_inside_and_do_not_overlap(name):
    findings = Findings.from_classified(known_by_heart(database.read(name), sure=0.6))
    for strips, most in ((telling_strips(findings), 7), (uncertain_strips(findings), 4)):
        assert 1 < len(strips) <= most
        assert (np.diff(np.sort(starts(strips))) >= 7).all()
        assert starts(strips).min() >= 0
        assert starts(strips).max() <= findings.duration - 7


def test_each_ectopic_class_has_its_surest_beat():
    # Far apart, so that each has a strip of its own.
    where = {"S": -1, "V": 50, "F": 100}
    classified = known_by_heart(database.read("208"))
    beats = classified.beats
    surest = {name: beats.index[beats["class"] == name][at] for name, at in where.items()}
    for name, k in surest.items():
        beats.loc[k, f"p_{name}"] = 0.999
    strips = telling_strips(Findings.from_classified(classified))
    assert {(k,) for k in surest.values()} <= {strip.marked for strip in strips}
    assert any(strip.title.startswith("Normal") for strip in strips)


def test_a_sure_beat_beside_a_gap_is_not_the_first_choice():
    record = first_seconds("208", 120)
    whole = known_by_heart(record)
    v_beats = whole.beats.index[whole.beats["class"] == "V"]
    time = whole.beats["time_s"][v_beats[10]]
    classified = known_by_heart(record, [(time + 0.3, time + 0.4, "flat")])
    classified.beats.loc[v_beats[10], "p_V"] = 0.999
    (strip,) = (
        s for s in telling_strips(Findings.from_classified(classified)) if "ventricular" in s.title
    )
    assert strip.marked != (v_beats[10],)


def test_least_certain_beats_are_shown_with_their_odds():
    classified = known_by_heart(first_seconds("208", 60))
    columns = ["class", "p_N", "p_S", "p_V", "p_F", "p_Q"]
    classified.beats.loc[20, columns] = ["Q", 0.36, 0.27, 0.27, 0.0, 0.1]
    classified.beats.loc[60, columns] = ["V", 0.3, 0.1, 0.6, 0.0, 0.0]
    first, second = uncertain_strips(Findings.from_classified(classified))
    assert (first.title, first.marked) == ("Unsure: N 40 %, S 30 %, V 30 %", (20,))
    assert (second.title, second.marked) == ("Called V: V 60 %, N 30 %, S 10 %", (60,))


def test_nothing_uncertain_is_invented():
    assert (
        uncertain_strips(Findings.from_classified(known_by_heart(first_seconds("208", 60)))) == []
    )


def test_a_recording_of_noise_shows_how_it_begins():
    record = first_seconds("208", 30)
    findings = Findings.from_classified(known_by_heart(record, [(0.0, 30.0, "noise")]))
    assert [strip.title for strip in telling_strips(findings)] == ["The first beats"]
    assert uncertain_strips(findings) == []
