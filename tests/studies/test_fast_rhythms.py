"""How fast rhythms are counted, how their constants are fitted, and what is reached."""

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.io.record import Annotations, Record
from ecgutils.paths import FIGURES_DIR
from ecgutils.recordings.classified import Classified
from ecgutils.studies.fast_rhythms import count_seconds, cross_validated, fitted, rhythm_of_seconds


def test_rhythms_of_seconds_are_those_annotated():
    marks = Annotations.at("made", 100.0, 1000, [0, 220, 500, 700], ["+", "+", "[", "]"])
    marks.aux[:2] = "(N", "(VT"
    assert rhythm_of_seconds(marks).tolist() == ["N"] * 2 + ["VT"] * 3 + ["VFL"] * 2 + [""] * 3


def test_flutter_of_207_lasts_as_its_annotations_say():
    marks = database.read("207").annotations
    starts, stops = (marks.sample[marks.symbol == mark] for mark in "[]")
    lasting = (stops - starts).sum() / marks.fs
    assert np.sum(rhythm_of_seconds(marks) == "VFL") == pytest.approx(lasting, abs=6)


def test_seconds_are_counted_by_what_is_annotated_and_what_is_marked():
    rhythm = np.array(["N"] * 10 + ["VT"] * 10 + ["VFL"] * 10 + ["NOISE"] * 10, dtype=object)
    rhythms = pd.DataFrame(
        [(8.0, 10.0, "VT"), (18.0, 20.0, "VT"), (22.0, 32.0, "VFL")],
        columns=["start_s", "stop_s", "rhythm"],
    )
    beats = pd.DataFrame({"time_s": [12.5, 14.5], "class": ["V", "N"]})
    record = Record("made", np.zeros((4000, 1)), 100.0, ("II",))
    counted = count_seconds(rhythm, Classified(record, beats, None, (), None, (), rhythms))
    assert counted.to_dict() == {
        "VT": 10,
        "VT found": 5,
        "VFL": 10,
        "VFL found": 8,
        "VFL as VFL": 8,
        "other": 10,
        "other marked": 2,
        "other as VFL": 0,
    }


def made_seconds(records=16):
    """Seconds of records that leak little while they flutter, in the second half."""
    random, tables = np.random.default_rng(0), []
    for record in range(records):
        flutter = np.arange(100) >= 50
        leakage = np.where(flutter, 0.3, 0.8) + random.normal(0, 0.1, 100)
        steepness = np.where(flutter, 0.3, 0.05) + random.normal(0, 0.01, 100)
        table = pd.DataFrame({"leakage": leakage, "steepness": steepness.clip(0.01)})
        table = table.assign(rhythm=np.where(flutter, "VFL", "N"), second=np.arange(100))
        tables.append(table.assign(record=f"r{record}", lead=0, leads=1))
    return pd.concat(tables, ignore_index=True).assign(known=True, readable=True, weight=1.0)


def test_flutter_leaks_less_and_is_steeper_between_its_steepest_parts():
    _, weights = fitted(made_seconds())
    assert weights[0] < 0 < weights[1]


def test_a_record_is_marked_by_constants_of_other_patients():
    seconds = made_seconds()
    marked = cross_validated(seconds)
    assert len(marked) == len(seconds)
    assert np.mean(marked["marked"] == (marked["rhythm"] == "VFL")) > 0.97


def test_committed_figures_reach_what_was_aimed_at():
    table = pd.read_csv(FIGURES_DIR / "fast_rhythms.csv", index_col="record")
    total = table.loc["all"]
    assert total.equals(table.drop("all").sum().rename("all"))
    assert total["VT found"] >= 0.9 * total["VT"]
    assert total["VFL found"] >= 0.9 * total["VFL"]
    assert total["other marked"] <= 0.02 * total["other"]
