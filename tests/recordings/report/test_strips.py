"""Which strips are shown."""

import numpy as np
import pytest

from ecgutils import database
from ecgutils.recordings.report.findings import Findings
from ecgutils.recordings.report.strips import (
    Strip,
    apart,
    normal_strip,
    strip_around,
    strip_of_run,
    strip_of_time,
    surest_beats,
    together,
    uncertain_strips,
)
from tests.helpers.classified_records import first_seconds, known_by_heart


@pytest.fixture(scope="module")
def record_207():
    return Findings.from_classified(known_by_heart(database.read("207")))


def test_a_long_run_is_shown_from_its_beginning_and_marked(record_207):
    run = max(record_207.runs("V"), key=lambda run: run.beats)
    strip = strip_of_run(record_207, run, "a title")
    assert strip.title == "a title"
    assert strip.marked == tuple(range(run.first, run.first + run.beats))
    assert (strip.start_s, strip.named_s) == (run.start_s - 1, run.start_s)


def test_what_is_short_lies_in_the_middle_and_no_strip_leaves_the_recording(record_207):
    assert strip_of_time(record_207, 100.0, 103.0, "").start_s == 98
    assert strip_of_time(record_207, 0.0, 3.0, "").start_s == 0
    assert strip_around(record_207, record_207.duration, "").start_s == record_207.duration - 7
    assert strip_around(record_207, 50.0, "", 3) == Strip("", 46.5, (3,), 50.0)


def test_strips_that_show_the_same_are_one():
    strips = [
        *(Strip("first", 10.0, (1,), 12.0), Strip("apart", 40.0, (), 41.0)),
        *(Strip("second", 11.0, (2,), 12.5), Strip("", 10.0, (1,), 12.0)),
        Strip("too late in it", 15.0, (), 16.0),
    ]
    kept, places = together(strips)
    assert [strip.title for strip in kept] == ["first · second", "apart", "too late in it"]
    assert kept[0].marked == (1, 2)
    assert places == [0, 1, 0, 0, 2]


def test_of_each_proposal_the_first_strip_that_overlaps_none_is_taken():
    proposals = [[Strip("a", 10.0)], [Strip("b", 12.0), Strip("c", 17.0)], [Strip("d", 5.0)]]
    assert [s.title for s in apart(proposals)] == ["a", "c"]
    assert [s.title for s in apart(proposals, [Strip("", 20.0)])] == ["a"]


@pytest.mark.parametrize("name", ["100", "207", "208", "232"])
def test_uncertain_strips_are_few_lie_inside_and_do_not_overlap(name):
    findings = Findings.from_classified(known_by_heart(database.read(name), sure=0.6))
    starts = np.sort([strip.start_s for strip in uncertain_strips(findings)])
    assert 1 < len(starts) <= 4
    assert (np.diff(starts) >= 7).all()
    assert starts[0] >= 0
    assert starts[-1] <= findings.duration - 7


def test_surest_beats_come_first_but_for_those_beside_a_gap():
    record = first_seconds("208", 120)
    v_beats = np.flatnonzero(known_by_heart(record).beats["class"] == "V")
    time = known_by_heart(record).beats["time_s"][v_beats[10]]
    classified = known_by_heart(record, [(time + 0.3, time + 0.4, "flat")])
    classified.beats.loc[v_beats[10], "p_V"] = 0.999
    classified.beats.loc[v_beats[40], "p_V"] = 0.998
    order = [*surest_beats(Findings.from_classified(classified), "V")]
    assert sorted(order) == v_beats.tolist()
    assert order[0] == v_beats[40]
    assert order.index(v_beats[10]) > 40


def test_normal_beats_are_shown_where_there_are_any():
    classified = known_by_heart(first_seconds("208", 60))
    (strip,) = normal_strip(Findings.from_classified(classified))
    assert strip.title == "Normal beats (N)"
    classified.beats["class"] = "V"
    assert normal_strip(Findings.from_classified(classified)) == []


def test_least_certain_beats_are_shown_with_their_odds():
    classified = known_by_heart(first_seconds("208", 60))
    columns = ["class", "p_N", "p_S", "p_V", "p_F", "p_Q", "why_q"]
    classified.beats.loc[20, columns] = ["Q", 0.36, 0.27, 0.27, 0.0, 0.1, "unsure"]
    classified.beats.loc[60, columns] = ["V", 0.3, 0.1, 0.6, 0.0, 0.0, ""]
    first, second = uncertain_strips(Findings.from_classified(classified))
    assert (first.title, first.marked) == ("Unsure: N 40 %, S 30 %, V 30 %", (20,))
    assert (second.title, second.marked) == ("Called V: V 60 %, N 30 %, S 10 %", (60,))


def test_nothing_uncertain_is_invented():
    assert (
        uncertain_strips(Findings.from_classified(known_by_heart(first_seconds("208", 60)))) == []
    )
