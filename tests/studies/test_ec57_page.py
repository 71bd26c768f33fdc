"""The study of all that EC57 names: who is tested by which model, and its table."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ecgutils import database
from ecgutils.errors import EcgError
from ecgutils.learning.splits import SAME_PERSON
from ecgutils.studies import ec57_page as study
from ecgutils.unseen import model_training
from ecgutils.unseen.classifier import TrainingRows
from tests.helpers.marks import marks

REFERENCE = "1:N 2:V 3:V 4:N 10:[ 20:] 30:(AFIB 40:(N 50:N 51:A 52:N 53:V"
FOUND = "1:N 2:V 3:N 4:N 12:[ 20:] 30:(AFIB 35:(N 50:N 51:A 52:N 53:V"


@pytest.fixture
def worked(monkeypatch):
    """The figures of three short records, one of them of the second database."""
    pairs = {"1": (REFERENCE, FOUND), "2": (REFERENCE, REFERENCE), "3": ("1:N 2:A", "1:N 2:A")}
    monkeypatch.setattr(study, "RECORDS", {"mitdb": ("1", "2"), "svdb": ("3",)})
    monkeypatch.setattr(study, "_read_pair", lambda name, *_: tuple(map(marks, pairs[name])))
    return study.ec57_figures(Path("unused"), start=0)


def test_figures_by_hand(worked):
    rows = worked[worked["database"] == "mitdb"].set_index(["of", "statistic"])
    found = {key: tuple(row) for key, row in rows[["gross", "average", "events"]].iterrows()}
    # Of eight beats in each record none is missed; one of three V is called N in the first.
    assert found["QRS", "Se"] == (100, 100, 16)
    assert found["V", "Se"] == pytest.approx((500 / 6, 250 / 3, 6))
    assert found["V", "+P"] == (100, 100, 5)
    assert found["S", "Se"] == (100, 100, 2)
    assert found["V, couplets", "Se"] == (50, 50, 2)
    assert found["V, couplets", "+P"] == (100, 100, 1)
    # The ten seconds of flutter are a long run.
    assert found["V, long runs", "Se"] == (100, 100, 2)
    assert found["VF, episodes", "Se"] == (100, 100, 2)
    assert found["VF, duration", "Se"] == (90, 90, 20)
    assert found["VF, duration", "+P"] == (100, 100, 18)
    assert found["AF, duration", "Se"] == (75, 75, 20)
    assert found["AF, episodes", "+P"] == (100, 100, 2)
    assert found["heart rate", "RMS error"] == (0, 0, 10)


def test_rhythms_are_left_out_where_nobody_has_annotated_them(worked):
    second = worked[worked["database"] == "svdb"]
    assert not second["of"].str.contains("F,").any()
    assert {"QRS", "S", "S, couplets", "heart rate"} <= set(second["of"])


def test_table_has_the_databases_side_by_side(worked):
    table = study.ec57_table(worked)
    titles = ["MIT-BIH Arrhythmia Database", "MIT-BIH Supraventricular Arrhythmia Database"]
    assert table.columns.get_level_values(0).unique().tolist() == titles
    assert table.loc[("VF, duration", "Se", "%")].tolist() == ["90.00", "90.00", "20"] + ["–"] * 3
    assert table.index[0] == ("QRS", "Se", "%")


def test_files_as_classify_writes_them_are_scored(monkeypatch, tmp_path):
    monkeypatch.setattr(study, "RECORDS", {"mitdb": ("100", "207")})
    (tmp_path / "mitdb").mkdir()
    # A recording that was refused has no annotations: all its beats are missed.
    (tmp_path / "mitdb" / "100.aami").write_bytes(b"\0\0")
    content = (database.MITDB.directory / "207.atr").read_bytes()
    (tmp_path / "mitdb" / "207.aami").write_bytes(content)
    rows = study.ec57_figures(tmp_path, start=0).set_index(["of", "statistic"])
    assert rows.loc[("QRS", "Se"), "average"] == 50
    assert rows.loc[("VF, episodes", "Se"), ["gross", "events"]].tolist() == [100, 6]


def test_patients_are_classified_by_models_that_have_not_met_them(monkeypatch, tmp_path, capsys):
    rng = np.random.default_rng(1)
    trained = {}

    def patient_rows(name):
        return TrainingRows(np.zeros((9, 1)), rng.integers(0, 4, 9), np.full(9, name))

    def grown_trees(rows, _):
        return ",".join(np.unique(rows.version)).encode()

    def classify(record, model):
        assert not len(record.annotations)
        if record.name == "801":
            raise EcgError("801: no heartbeats found")
        trained[record.name] = model.content.decode().split(",")
        return record.name

    monkeypatch.setattr(study, "in_parallel", lambda do, jobs: [do(*job) for job in jobs])
    monkeypatch.setattr(model_training, "patient_rows", patient_rows)
    monkeypatch.setattr(study, "grown_trees", grown_trees)
    monkeypatch.setattr(study, "to_onnx", lambda trees: trees)
    monkeypatch.setattr(study, "classify", classify)
    monkeypatch.setattr(study, "annotation_bytes", lambda name: name.encode())
    nothing = database.read("100").between(0, 10)
    monkeypatch.setattr(model_training, "read_patient", lambda name: replace(nothing, name=name))
    study.write_held_out_annotations(tmp_path)
    names = {name for of_database in model_training.RECORDS.values() for name in of_database}
    assert trained.keys() == names - {"801"}
    for name, others in trained.items():
        same = {name, SAME_PERSON.get(name, name)}
        assert same.isdisjoint(others), name
        assert len(others) > 0.7 * len(names)
    assert (tmp_path / "mitdb" / "100.aami").read_bytes() == b"100"
    assert (tmp_path / "svdb" / "801.aami").read_bytes() == b"\0\0"
    assert "801: no heartbeats found" in capsys.readouterr().out
