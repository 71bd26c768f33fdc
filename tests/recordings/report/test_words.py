"""What a report says in words."""

import re

import pytest

from ecgutils import database
from ecgutils.recordings.report.findings import Findings
from ecgutils.recordings.report.words import duration, number, percent, summary
from tests.helpers.classified_records import known_by_heart


@pytest.mark.parametrize(
    ("share", "text"),
    [
        *((0, "0 %"), (0.04, "< 0.1 %"), (2.14, "2.1 %"), (34.4, "34 %"), (9.97, "10 %")),
        *((97.25, "97.2 %"), (99.99, "> 99.9 %"), (100, "100 %"), (float("nan"), "–")),
    ],
)
def test_shares_have_as_many_digits_as_say_something(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3.61, "3.6 s"), (59.7, "1 min"), (1805.6, "30 min 6 s"), (86400, "1 d"), (93784, "1 d 2 h")],
)
def test_lengths_of_time_have_two_units(seconds, text):
    assert duration(seconds) == text


def test_summary_tells_of_runs_pauses_and_unsure_beats():
    classified = known_by_heart(database.read("207"))
    columns = ["class", "p_N", "p_S", "p_V", "p_F", "p_Q"]
    classified.beats.loc[5, columns] = ["Q", 0.4, 0.1, 0.2, 0.2, 0.1]
    text = " ".join(summary(Findings.from_classified(classified)))
    assert re.search(r"Among them: \d+ couplets?, 3 runs of three or more", text)
    assert "The longest run is 105 beats at 58 per minute, at 0:27:21." in text
    assert "1 beat (< 0.1 %) is unsure" in text
    assert "noise" not in text
    assert text.endswith("Look first at the strip of the longest run of V, at 0:27:21.")


def test_what_is_probably_no_beat_counts_as_noise():
    classified = known_by_heart(database.read("207"))
    classified.beats.loc[5, ["class", "p_N", "p_S", "p_V", "p_F", "p_Q"]] = [
        "Q",
        0.2,
        0.1,
        0.1,
        0,
        0.6,
    ]
    text = " ".join(summary(Findings.from_classified(classified)))
    assert "1 beat lies in noise." in text
    assert "unsure" not in text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        *((1, "beat", "1 beat"), (1234, "beat", "1,234 beats")),
        *((1, "stretch", "1 stretch"), (2, "stretch", "2 stretches")),
    ],
)
def test_nouns_have_their_plural(count, noun, text):
    assert number(count, noun) == text
