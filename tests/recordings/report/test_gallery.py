"""Which strips a report shows, and what its sentences are linked with."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from ecgutils import database
from ecgutils.recordings.report.findings import Findings, longest
from ecgutils.recordings.report.gallery import hang
from tests.helpers.classified_records import first_seconds, known_by_heart

pytestmark = pytest.mark.slow


def hung(classified):
    findings = Findings.from_classified(classified)
    return findings, hang(findings)


@pytest.mark.parametrize("name", ["100", "207", "208", "232"])
def test_every_time_that_is_named_can_be_seen_in_its_strip(name):
    findings, gallery = hung(known_by_heart(database.read(name), sure=0.6))
    named = [part for text in gallery.sentences for part in text if not isinstance(part, str)]
    assert named
    for place, time in named:
        strip = gallery.telling[place]
        assert strip.start_s <= time <= strip.start_s + 4.1
    words = " ".join(part for text in gallery.sentences for part in text if isinstance(part, str))
    assert not re.search(r"\d:\d\d", words)
    starts = [strip.start_s for strip in gallery.telling]
    assert len(set(starts)) == len(starts) <= 14
    assert 0 <= min(starts) <= max(starts) <= findings.duration - 7


def test_dangerous_rhythms_come_first_in_words_and_strips():
    rows = [(10.0, 40.0, "AFIB"), (60.0, 70.0, "VT"), (80.0, 85.0, "VFL"), (90.0, 110.0, "VFL")]
    rhythms = pd.DataFrame(rows, columns=["start_s", "stop_s", "rhythm"])
    classified = replace(known_by_heart(first_seconds("208", 120)), rhythms=rhythms)
    _, gallery = hung(classified)
    titles = [strip.title.split(" (")[0] for strip in gallery.telling[:3]]
    assert titles[0].startswith("Fast wide waves without readable QRS")
    assert titles[1:] == ["Ventricular tachycardia", "Irregular rhythm, maybe atrial fibrillation"]
    assert [text[1] for text in gallery.sentences[:3]] == [(0, 90.0), (1, 60.0), (2, 10.0)]
    assert gallery.sentences[-1] == ["Look first at the strip from ", (0, 90.0), "."]


def test_the_strip_of_the_longest_run_is_marked_and_bears_its_rate():
    findings, gallery = hung(known_by_heart(database.read("207")))
    run = longest(findings.runs("V"))
    title = f"Longest run of V: {run.beats} beats at {run.rate:.0f} per minute"
    (strip,) = (s for s in gallery.telling if title in s.title)
    assert set(range(run.first, run.first + run.beats)) <= set(strip.marked)


def test_each_ectopic_class_has_its_surest_beat():
    # Far apart, so that each has a strip of its own.
    where = {"S": -1, "V": 50, "F": 100}
    classified = known_by_heart(database.read("208"))
    beats = classified.beats
    surest = {name: beats.index[beats["class"] == name][at] for name, at in where.items()}
    for name, k in surest.items():
        beats.loc[k, f"p_{name}"] = 0.999
    _, gallery = hung(classified)
    assert {(k,) for k in surest.values()} <= {strip.marked for strip in gallery.telling}
    assert any(strip.title.startswith("Normal") for strip in gallery.telling)


def test_uncertain_strips_overlap_none_of_the_others():
    _, gallery = hung(known_by_heart(database.read("208"), sure=0.6))
    assert gallery.uncertain
    for strip in gallery.uncertain:
        assert all(abs(strip.start_s - other.start_s) >= 7 for other in gallery.telling)


def test_a_recording_of_noise_shows_how_it_begins():
    _, gallery = hung(known_by_heart(first_seconds("208", 30), [(0.0, 30.0, "noise")]))
    assert [strip.title for strip in gallery.telling] == ["The first beats"]
    assert gallery.uncertain == []
