"""The study across databases: who is trained and tested, which beats count, and its table."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.aami import CLASSES, to_classes
from ecgutils.studies import across_databases as study
from ecgutils.unseen import model_training
from ecgutils.unseen.model_training import MITDB_RECORDS, SVDB_RECORDS
from ecgutils.unseen.trained_model import OUTPUTS

FIRST_BEATS = 4


def patient(name, hours=0.5, **beats):
    """Return the row of a patient; beats are named such as ``S_as_N``."""
    counts = {column: beats.pop(column.replace(" ", "_"), 0) for column in study.COUNTS}
    assert not beats
    return {"direction": "there", "record": name, "hours": hours, **counts}


def table_of(*patients):
    return study.across_table(pd.DataFrame(patients)).loc["there"]


def first_figure(cell):
    return float(cell.split(" ")[0])


def test_figures_are_those_of_all_patients_together():
    table = table_of(
        patient("a", N_as_N=80, S_as_S=30, S_as_N=10, N_as_S=5, Q_as_S=3),
        patient("b", N_as_N=90, S_as_S=50, S_as_V=10, V_as_S=2, V_as_V=20),
    )
    s = table.loc["S"].map(first_figure)
    assert s["Se"] == 80
    assert s["+P"] == pytest.approx(100 * 80 / 90, abs=0.05)
    assert s["F1"] == pytest.approx(100 * 160 / 190, abs=0.05)
    # Ten false ones in two half hours.
    assert s["false per hour"] == 10
    assert table.loc["V"].map(first_figure)["false per hour"] == 10


def test_patients_with_few_such_beats_are_not_in_the_mean_over_patients():
    table = table_of(
        patient("a", S_as_S=10, S_as_N=10, V_as_V=1),
        patient("b", S_as_S=40, V_as_V=10),
        patient("c", S_as_N=9, V_as_N=100),
    )
    assert first_figure(table.loc["S", "F1 by patient"]) == pytest.approx(
        (100 * 20 / 30 + 100) / 2, abs=0.05
    )
    assert first_figure(table.loc["V", "F1 by patient"]) == 50


def test_patients_who_are_alike_leave_no_doubt_and_others_do():
    alike = [patient(name, S_as_S=30, S_as_N=10, V_as_V=20) for name in "abcd"]
    cell = table_of(*alike).loc["S", "Se"]
    assert cell == "75.0 (75.0 to 75.0)"
    halves = [patient(str(k), S_as_S=20, V_as_V=20) for k in range(50)]
    halves += [patient(str(k), S_as_N=20, V_as_V=20) for k in range(50, 100)]
    cell = table_of(*halves).loc["S", "Se"]
    bounds = [float(x) for x in cell.split("(")[1].rstrip(")").split(" to ")]
    # The mean of 100 draws from 0 and 100 % has a standard deviation of 5.
    assert bounds == pytest.approx([50 - 1.96 * 5, 50 + 1.96 * 5], abs=1.5)


@pytest.fixture
def trained(monkeypatch):
    """Who was trained and tested, in a study that trains nothing and misses some first beats."""
    calls = []

    def beats_of(names):
        tables = []
        for name in names:
            outputs = np.eye(len(OUTPUTS))[[0, 1, 2, 4]]
            rows = pd.DataFrame(outputs, columns=list(OUTPUTS))
            tables.append(rows.assign(record=name, **{"class": [0, 0, 2, 4]}))
        return pd.concat(tables, ignore_index=True)

    def train(records):
        calls.append(("train", records))
        card = SimpleNamespace(temperature=1.0, bias=(0.0,) * len(OUTPUTS))
        return SimpleNamespace(content=b"model", card=card), beats_of(records)

    def held_out_beats(content, records):
        calls.append((content, records))
        return beats_of(records)

    def without_first(record):
        marks = record.annotations.beats
        return record.with_beats(marks.sample[FIRST_BEATS:], marks.symbol[FIRST_BEATS:])

    minute = database.read("208").between(0, 60)
    monkeypatch.setattr(model_training, "train", train)
    monkeypatch.setattr(model_training, "held_out_beats", held_out_beats)
    monkeypatch.setattr(model_training, "read_patient", lambda _: minute)
    monkeypatch.setattr(study, "at_detected_beats", without_first)
    return calls, minute


def test_patients_are_tested_by_models_that_have_not_met_them(trained):
    calls, _ = trained
    table = study.across_databases()
    everybody = (*MITDB_RECORDS, *SVDB_RECORDS)
    assert calls == [
        ("train", MITDB_RECORDS),
        (b"model", SVDB_RECORDS),
        ("train", SVDB_RECORDS),
        (b"model", MITDB_RECORDS),
        ("train", everybody),
    ]
    tested = table.groupby("direction", sort=False)["record"].agg(tuple)
    assert tested.tolist() == [SVDB_RECORDS, MITDB_RECORDS, everybody]


def test_beats_that_are_not_found_count_as_missed(trained):
    _, minute = trained
    row = study.across_databases().iloc[0]
    assert row["hours"] == pytest.approx(1 / 60)
    missed = to_classes(minute.annotations.beats.symbol[:FIRST_BEATS])
    for name in CLASSES:
        expected = (missed == CLASSES.index(name)).sum() + (name == "Q")
        assert row[f"{name} as Q"] == expected, name
    assert row[["N as N", "N as S", "V as V"]].tolist() == [1, 1, 1]
    assert row[study.COUNTS].sum() == 4 + FIRST_BEATS
