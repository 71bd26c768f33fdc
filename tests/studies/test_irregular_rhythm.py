"""The study of irregular rhythm: limits from other patients, and time that is counted right."""

import numpy as np
import pandas as pd
import pytest

from ecgutils.studies import irregular_rhythm
from ecgutils.studies.irregular_rhythm import CHOICES, SECONDS, figures, held_out_table

CHOICE = CHOICES["entropy and P waves"]


def judged(entropy, rhythm, coherence=0.0):
    """A record of ten minutes with a beat a second, with one entropy and one rhythm throughout."""
    beats = pd.DataFrame({"time_s": np.arange(600.0), "rr": 1.0, "doubtful": False})
    beats = beats.assign(entropy=entropy, coherence=coherence, rhythm=rhythm)
    rhythms = pd.DataFrame({"start_s": [0.0], "stop_s": [600.0], "rhythm": [rhythm]})
    return {CHOICE.window: beats}, rhythms, 600.0


@pytest.fixture
def records():
    return {
        "100": judged(0.45, "(N"),
        "101": judged(1.0, "(N", coherence=0.9),
        "103": judged(0.45, "(N"),
        "201": judged(0.8, "(AFIB"),
        "202": judged(0.7, "(AFIB"),
        "203": judged(1.6, "(AFIB"),
        "222": judged(1.8, "(AFL"),
    }


def test_time_is_counted_and_flutter_is_another_rhythm(records):
    table = held_out_table(records, CHOICE)
    assert table.loc["203", list(SECONDS)].tolist() == [600, 0, 0, 600, 600, 0]
    assert table.loc["222", list(SECONDS)].tolist() == [0, 600, 0, 600, 0, 600]
    assert (table.loc[["100", "101", "103"], "marked"] == 0).all()
    found = figures(table.drop(["201", "202"]))
    assert found["Se"] == 100
    assert found["Sp"] == 75
    assert found["Sp_without_AFL"] == 100


def test_limits_come_from_other_patients(records):
    """201 and 202 are of one patient: without both of them the limit on entropy may be higher."""
    limits = held_out_table(records, CHOICE)["least_disorder"]
    assert limits["203"] <= 0.7
    del records["203"]
    records["210"] = judged(1.6, "(AFIB")
    records["100"] = judged(0.9, "(N")
    limits = held_out_table(records, CHOICE)["least_disorder"]
    assert limits["201"] == limits["202"] > 0.9


def test_patients_count_alike_in_the_averages():
    rows = {"201": [600, 0, 0, 300, 300, 0], "202": [600, 0, 0, 600, 600, 0]}
    rows |= {"203": [60, 0, 600, 60, 0, 0], "222": [59, 0, 600, 0, 0, 0]}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(SECONDS))
    found = figures(table)
    assert found["Se_patients"] == pytest.approx((75 + 0) / 2)
    assert found["Sp_patients"] == pytest.approx((90 + 100) / 2)


@pytest.mark.slow
def test_a_record_is_judged_at_its_detected_beats():
    name, windows, rhythms, duration = irregular_rhythm._judged("203")
    beats = windows[CHOICE.window]
    assert name == "203"
    assert windows.keys() == {choice.window for choice in CHOICES.values()}
    assert duration == pytest.approx(1805.6, abs=0.1)
    lasting = (rhythms["stop_s"] - rhythms["start_s"]).groupby(rhythms["rhythm"]).sum()
    assert lasting["(AFIB"] == pytest.approx(1455, abs=1)
    assert beats["entropy"].median() > 1.5
    assert beats["rr"].sum() > 1600
