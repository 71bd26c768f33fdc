"""The study of all that EC57 names: who is tested by which model, and its table."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.errors import EcgError
from ecgutils.learning.splits import SAME_PERSON
from ecgutils.studies import ec57_page as study
from ecgutils.unseen import model_training
from ecgutils.unseen.classifier import TrainingRows

FEW = {"mitdb": ("100", "202", "207", "208"), "svdb": ("801", "803")}


@pytest.fixture
def copied(monkeypatch, tmp_path):
    """A folder with the references of a few records as what was found."""
    monkeypatch.setattr(study, "RECORDS", FEW)
    for own in (database.MITDB, database.SVDB):
        (tmp_path / own.name).mkdir()
        for name in FEW[own.name]:
            content = (own.directory / f"{name}.atr").read_bytes()
            (tmp_path / own.name / f"{name}.aami").write_bytes(content)
    return tmp_path


def figures_of(folder, of, statistic, name="mitdb"):
    figures = study.ec57_figures(folder, start=0)
    return figures.set_index(["database", "of", "statistic"]).loc[(name, of, statistic)]


def test_what_agrees_with_the_reference_is_perfect(copied):
    figures = study.ec57_figures(copied, start=0)
    expected = np.where(figures["statistic"].isin(["Se", "+P"]), 100, 0)
    assert np.array_equal(
        figures["gross"].fillna(-1), np.where(figures["gross"].isna(), -1, expected)
    )
    of = figures[figures["database"] == "mitdb"]["of"].unique().tolist()
    assert of[:4] == ["QRS", "V", "S", "RR intervals"]
    assert of[4:10] == [f"{k}, {n}" for k in "VS" for n in ("couplets", "short runs", "long runs")]
    assert of[10:] == [f"{k}, {n}" for k in ("VF", "AF") for n in ("episodes", "duration")] + [
        "heart rate"
    ]
    # Nobody has annotated the rhythms of SVDB.
    assert not figures[figures["database"] == "svdb"]["of"].str.contains("F,").any()


def test_events_are_those_of_the_reference(copied):
    assert figures_of(copied, "VF, episodes", "Se")["events"] == 6
    beats = [len(database.read(name).annotations.beats) for name in FEW["mitdb"]]
    assert figures_of(copied, "QRS", "Se")["events"] == sum(beats)


def test_a_file_without_annotations_misses_all(copied):
    before = figures_of(copied, "QRS", "Se")["events"]
    (copied / "mitdb" / "100.aami").write_bytes(b"\0\0")
    beats = len(database.read("100").annotations.beats)
    missed = figures_of(copied, "QRS", "Se")
    assert missed["gross"] == pytest.approx(100 * (1 - beats / before))
    assert missed["average"] == 75


def test_table_has_the_databases_side_by_side(copied):
    table = study.ec57_table(study.ec57_figures(copied, start=0))
    titles = ["MIT-BIH Arrhythmia Database", "MIT-BIH Supraventricular Arrhythmia Database"]
    assert table.columns.get_level_values(0).unique().tolist() == titles
    assert table.loc[("VF, episodes", "Se", "%")].tolist() == ["100.00", "100.00", "6"] + ["–"] * 3
    assert table.index[0] == ("QRS", "Se", "%")


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
