"""What a report says in words."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.database.embedded import record_names
from ecgutils.recordings import classify
from ecgutils.recordings.report.findings import Findings, longest
from ecgutils.recordings.report.words import duration, number, percent, plain, summary
from tests.helpers.classified_records import first_seconds, known_by_heart


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


def said(classified):
    return " ".join(map(plain, summary(Findings.from_classified(classified))))


def test_summary_tells_of_runs_pauses_and_unsure_beats():
    classified = known_by_heart(database.read("207"))
    columns = ["class", "p_N", "p_S", "p_V", "p_F", "p_Q", "why_q"]
    classified.beats.loc[5, columns] = ["Q", 0.4, 0.1, 0.2, 0.2, 0.1, "unsure"]
    text = said(classified)
    assert re.search(r"Among them: \d+ couplets?, 3 runs of three or more", text)
    assert "The longest run is 103 beats at 59 per minute, at 0:27:25." in text
    assert "The fastest run is 3 beats at 153 per minute, at 0:01:02." in text
    assert "The run is 104 beats at 121 per minute, at 0:29:14." in text
    pauses = "In 2 places no beat was found for 2 s or more in a clean signal (pauses). The longest"
    assert f"{pauses} lasts 2.5 s, at 0:27:23; look at the strip." in text
    assert "1 beat (< 0.1 % of all) is unsure" in text
    assert "noise" not in text
    assert text.endswith("Look first at the strip of the longest run of V, at 0:27:25.")


def test_what_is_probably_no_beat_counts_as_noise():
    classified = known_by_heart(database.read("207"))
    columns = ["class", "p_N", "p_S", "p_V", "p_F", "p_Q", "why_q"]
    classified.beats.loc[5, columns] = ["Q", 0.2, 0.1, 0.1, 0, 0.6, "noise"]
    text = said(classified)
    assert "1 beat lies in noise." in text
    assert "unsure" not in text


def test_paced_beats_are_told_apart_from_noise_and_from_what_is_unsure():
    text = said(known_by_heart(database.read("217")))
    words = (
        "1,802 paced beats (Q), 82 % of all, are told by the impulse of a pacemaker, from 0:00:01."
    )
    assert words in text
    assert "unsure" not in text
    assert "noise" not in text
    assert "Every other beat was given a class" in text
    assert "162 beats (40 % of those that could be classified) are ventricular ectopic (V)" in text


def test_where_all_beats_are_paced_no_class_is_denied():
    record = database.read("107").between(0, 60)
    assert set(record.annotations.beats.symbol) == {"/"}
    text = said(known_by_heart(record))
    assert "No beat but paced ones could be classified, so whether any is ventricular" in text


def rhythms(classified, *rows):
    table = pd.DataFrame(rows, columns=["start_s", "stop_s", "rhythm"])
    return replace(classified, rhythms=table)


def test_rhythms_with_a_name_come_first_the_most_dangerous_before_the_others():
    rows = [(10.0, 46.0, "AFIB"), (50.0, 60.0, "VT"), (90.0, 97.0, "VFL"), (100.0, 118.0, "VFL")]
    text = said(rhythms(known_by_heart(first_seconds("100", 120)), *rows))
    assert text.startswith(
        "Fast wide waves without readable QRS: may be ventricular flutter or fibrillation (VFL): "
        "25 s (21 % of the time), in 2 stretches. The longest lasts 18 s, from 0:01:40. "
        "Ventricular tachycardia (VT): 10 s (8.3 % of the time), at 7"
    )
    assert "Irregular rhythm, maybe atrial fibrillation (AFIB): 36 s (30 % of the time), at" in text
    assert text.endswith("Look first at the strip from 0:01:40.")


def test_the_flutter_of_207_is_no_gap():
    record = database.read("207")
    flutter = record.annotations[np.isin(record.annotations.symbol, ["[", "]"])].sample / 360
    rows = [(*ends, "VFL") for ends in flutter.reshape(-1, 2)]
    text = said(rhythms(known_by_heart(record), *rows))
    assert text.startswith("Fast wide waves")
    assert "(VFL): 2 min 23 s (7.9 % of the time), in 6 stretches" in text
    assert "was left out" not in text


def test_where_nothing_could_be_classified_nothing_is_denied():
    text = said(known_by_heart(first_seconds("208", 30), [(0.0, 30.0, "noise")]))
    assert "No beat could be classified, so whether any is ventricular ectopic (V)" in text
    assert "were found" not in text


def test_what_is_denied_holds_for_the_beats_that_could_be_classified():
    text = said(known_by_heart(first_seconds("100", 60), [(10.0, 20.0, "noise")]))
    assert "No ventricular ectopic beats (V) were found among the 62 beats that could be" in text


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        *((1, "beat", "1 beat"), (1234, "beat", "1,234 beats")),
        *((1, "stretch", "1 stretch"), (2, "stretch", "2 stretches")),
    ],
)
def test_nouns_have_their_plural(count, noun, text):
    assert number(count, noun) == text


# All records, against their annotations ---------------------------------------------------------


def reference(record):
    """Findings in the annotations: beats Q are known to be beats, and flutter has none."""
    classified = known_by_heart(record)
    unknown = classified.beats["why_q"] == "noise"
    classified.beats.loc[unknown, ["p_N", "p_Q", "why_q"]] = (0.6, 0.4, "unsure")
    marks = record.annotations
    ends = marks.sample[np.isin(marks.symbol, ["[", "]"])] / record.fs
    rows = [(*pair, "VFL") for pair in ends.reshape(-1, 2)]
    rhythms = pd.DataFrame(rows, columns=["start_s", "stop_s", "rhythm"])
    return Findings.from_classified(replace(classified, rhythms=rhythms))


def figures(findings):
    """What a summary says in figures."""
    found = {"beats": len(findings.beats), "rate": findings.mean_rate}
    for name in ("V", "S"):
        runs = findings.runs(name)
        found[f"{name} %"] = findings.share_of(name)
        found[f"{name} couplets"] = len(findings.couplets(name))
        found[f"{name} runs"] = len(runs)
        found[f"{name} longest"] = longest(runs).beats if runs else 0
    return found | {"pauses": len(findings.pauses())}


@pytest.fixture(scope="module")
def both():
    """Figures of each record by the program and by its annotations, and where they differ."""
    rows = {}
    for name in record_names():
        record = database.read(name)
        ours = figures(Findings.from_classified(classify(record.without_annotations())))
        true = figures(reference(record))
        rows |= {(name, "found"): ours, (name, "true"): true}
    table = pd.DataFrame.from_dict(rows, orient="index")
    found, true = table.xs("found", level=1), table.xs("true", level=1)
    differ = (found - true).round(1).loc[:, lambda t: t.any()]
    differ = differ[differ.any(axis=1)]
    print("\nfound minus true, where they differ:")
    print(differ.replace(0, "").fillna("unknown").to_string())
    return found, true


PACED_OR_FAR_OFF = {
    # Few beats are the heart's own, so each paced one that is not told counts much.
    *("102", "104", "107", "217"),
    # Flutter, which the annotations call S or N as they have it.
    *("202", "222"),
    # Many fusion beats, which the program calls V.
    *("208", "213"),
}
"""Records of which the shares of V and S are not bounded."""


@pytest.mark.slow
def test_shares_of_ectopic_beats_are_those_of_the_annotations(both):
    found, true = (table.drop(PACED_OR_FAR_OFF) for table in both)
    assert (found["V %"] - true["V %"]).abs().max() <= 3
    assert (found["S %"] - true["S %"]).abs().max() <= 5
    assert (found["rate"] / true["rate"] - 1).abs().max() <= 0.03


@pytest.mark.slow
def test_groups_of_ectopic_beats_are_those_of_the_annotations(both):
    found, true = (table.drop(PACED_OR_FAR_OFF) for table in both)
    for name, most in (("V couplets", 65), ("V runs", 25), ("S couplets", 40), ("S runs", 15)):
        assert (found[name] - true[name]).abs().sum() <= most, name
    # Where there are many, few are missed, and few invented.
    assert found["V couplets"].sum() / true["V couplets"].sum() == pytest.approx(1, abs=0.15)


@pytest.mark.slow
def test_no_record_has_a_pause_that_is_none_and_few_are_overlooked(both):
    found, true = both
    off = found["pauses"] - true["pauses"]
    assert off.max() <= 2
    assert off.min() >= -3
    assert true["pauses"].sum() > 120
