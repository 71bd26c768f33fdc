"""The study on unseen patients: who is trained and tested, and what is written where."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecgutils.aami import CLASSES, DS1, DS2
from ecgutils.cli import main
from ecgutils.errors import EcgError
from ecgutils.scoring.patients import unseen_figures
from ecgutils.studies import store
from ecgutils.studies import unseen_patients as study
from ecgutils.studies.store import STUDIES, read_study
from ecgutils.unseen.choice_on_ds1 import CANDIDATES
from ecgutils.unseen.classifier import UnseenMethod
from ecgutils.unseen.patient_leak import BY_PATIENT, LEAK_MODELS, LEAK_PROTOCOLS

N, S, V, F, Q = range(len(CLASSES))
METRICS = list(unseen_figures(np.array([N, S, V, F]), np.array([N, S, V, F]), np.full(4, "100")))


def predictions_of(*records, right=True):
    """Stands for predictions: twelve beats of each class and record."""
    reference = np.tile(np.repeat([N, S, V, F], 12), len(records))
    predicted = reference if right else np.full_like(reference, N)
    return reference, predicted, np.repeat(records, 48)


class Patient:
    """Stands for a patient: only the name is looked at."""

    def __init__(self, record):
        self.record = record


@pytest.fixture
def calls(monkeypatch):
    """What was called, in a study that reads and trains nothing."""
    made = []

    class Classifier:
        def __init__(self, seed):
            self.seed = seed

        def fit(self, patients):
            made.append(("fit", self.seed, [patient.record for patient in patients]))
            return self

    def leak(model, protocol, seed):
        made.append(("leak", model, protocol, seed))
        return predictions_of("100", "202", right=seed != 2)

    def held_out(patients, method, seed):
        made.append(("choice", [patient.record for patient in patients], method, seed))
        return predictions_of(*DS1), predictions_of(*DS1, right=False)

    def predict(trained, tested):
        records = [patient.record for patient in tested]
        made.append(("predict", trained, records))
        reference, predicted, record = predictions_of(*records)
        return reference, np.where(record == "202", N, predicted), record

    def on_others(patients, method, seed, folds):
        made.append(("folds", method, seed, folds))
        half = len(patients) // 2
        yield "first", patients[:half]
        yield "second", patients[half:]

    monkeypatch.setattr(study, "training_patients", lambda: [Patient(name) for name in DS1])
    monkeypatch.setattr(study, "database", SimpleNamespace(read=lambda name: name))
    monkeypatch.setattr(study, "aligned_beats", Patient)
    monkeypatch.setattr(study, "UnseenPatientClassifier", Classifier)
    monkeypatch.setattr(study, "known_or_unseen", leak)
    monkeypatch.setattr(study, "held_out_predictions", held_out)
    monkeypatch.setattr(study, "predictions_for", predict)
    monkeypatch.setattr(study, "trained_on_others", on_others)
    monkeypatch.setattr(study, "across_databases", lambda: pd.DataFrame({"hours": [0.5]}))
    monkeypatch.setattr(store, "in_parallel", lambda call, jobs: (call(*job) for job in jobs))
    return made


def values(table, **chosen):
    for column, value in chosen.items():
        table = table[table[column] == value]
    return table.set_index("metric")["value"]


# The jobs


@pytest.mark.parametrize("part", study.PARTS)
def test_every_job_adds_rows_of_the_files_columns(part, calls):
    for function, *arguments in study.PARTS[part]:
        tables = function(*arguments)
        assert tables
        for name, rows in tables.items():
            key = ["model", "seed", "metric", *(["protocol"] if name == "leak" else [])]
            assert set(rows.columns) == {*key, "value"}
            assert not rows.duplicated(key).any()
            assert set(rows["metric"]) >= set(METRICS)
            assert set(rows["seed"]) == {arguments[-1]}
    assert len(calls) >= len(study.PARTS[part])


def test_the_test_trains_on_ds1_and_tests_ds2(calls):
    study.score_on_ds2(4)
    (fit, predict) = calls
    assert fit == ("fit", 4, list(DS1))
    assert predict[2] == list(DS2)


def test_the_choice_is_made_on_ds1(calls):
    tables = study.try_candidate("beat_alone", 2)
    assert calls == [("choice", list(DS1), CANDIDATES["beat_alone"], 2)]
    made = values(tables["choice"], model="beat_alone", seed=2)
    assert tables.keys() == {"choice"}
    # Those with many synthetic S beats were called N in this test, the others were right.
    assert (made["f1_S"], made[study.MANY_ECTOPIC]) == (100, 0)


def test_every_patient_is_tested_by_a_model_trained_on_others(calls):
    tables = study.score_on_all(1)
    assert calls[0] == ("folds", UnseenMethod(), 1, study.PATIENT_FOLDS)
    assert [call[1] for call in calls[1:]] == ["first", "second"]
    assert calls[1][2] + calls[2][2] == [*DS1, *DS2]
    assert set(tables["unseen"]["model"]) == {study.ALL_PATIENTS}


@pytest.mark.parametrize("protocol", LEAK_PROTOCOLS)
def test_known_patients_and_others(protocol, calls):
    tables = study.known_and_unseen("paper_fast", protocol, 1)
    assert calls == [("leak", "paper_fast", protocol, 1)]
    assert set(tables["leak"]["protocol"]) == {protocol}
    # Only a test on other patients belongs beside our method.
    assert ("unseen" in tables) == (protocol == BY_PATIENT)


def test_without_202_its_beats_are_left_out(calls):
    rows = study.score_on_ds2(1)["unseen"]
    assert calls
    assert set(rows["model"]) == {"ours", "ours" + study.WITHOUT_202, "ours" + study.WITHOUT_F}
    with_202, without = values(rows, model="ours"), values(rows, model="ours" + study.WITHOUT_202)
    # In this test 202 has all the errors: 36 of its 48 beats.
    assert without["accuracy"] == 100
    assert with_202["accuracy"] == pytest.approx(100 * (1 - 36 / (22 * 48)))
    assert with_202["se_S"] == pytest.approx(100 * 21 / 22)


# The files


@pytest.mark.slow
def test_all_parts_write_all_files(calls, tmp_path):
    study.run_study(None, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        *(STUDIES[name] for name in ("choice", "leak", "unseen", "across")),
        "inter_patient_study.json",
    }
    chosen = read_study("choice", tmp_path)
    assert list(chosen.columns) == ["model", "seed", "metric", "value"]
    assert set(chosen["model"]) == set(CANDIDATES)
    leak = read_study("leak", tmp_path)
    assert set(leak.columns) == {"model", "protocol", "seed", "metric", "value"}
    combinations = leak.groupby(["model", "protocol"])["seed"].nunique()
    assert len(combinations) == len(LEAK_MODELS) * len(LEAK_PROTOCOLS)
    assert set(combinations) == {len(study.LEAK_SEEDS)}
    tested = read_study("unseen", tmp_path)
    both = {name + ending for name in ("ours", *LEAK_MODELS) for ending in ("", study.WITHOUT_202)}
    both |= {"ours" + study.WITHOUT_F}
    assert set(tested["model"]) == both | {study.ALL_PATIENTS}
    assert tested.loc[tested["model"] == "ours", "seed"].nunique() == len(study.TEST_SEEDS) >= 5
    made_by = json.loads(store.made_by_json("unseen", tmp_path).read_text())
    assert made_by["command"] == "ecgutils study unseen"
    assert calls


def test_a_part_keeps_the_rows_of_others_and_replaces_its_own(calls, tmp_path):
    row = {"seed": 1, "metric": "accuracy", "value": 12.5}
    known = pd.DataFrame([{"model": "another", **row}, {"model": "ours", **row}])
    known.to_csv(tmp_path / STUDIES["unseen"], index=False)
    study.run_study(["test"], tmp_path)
    assert {call[0] for call in calls} == {"fit", "predict"}
    rows = read_study("unseen", tmp_path)
    assert values(rows, model="another", seed=1).tolist() == [12.5]
    assert values(rows, model="ours", seed=1)["accuracy"] > 90
    assert not rows.duplicated(["model", "seed", "metric"]).any()
    assert not (tmp_path / STUDIES["choice"]).exists()


def test_the_part_across_databases_writes_its_own_file(calls, tmp_path):
    study.run_study([study.ACROSS], tmp_path)
    assert not calls
    assert read_study("across", tmp_path)["hours"].tolist() == [0.5]
    assert not (tmp_path / STUDIES["unseen"]).exists()


def test_unknown_part_is_named(calls, tmp_path):
    with pytest.raises(EcgError, match=r"^unknown part 'tests'; the parts are choice, ") as caught:
        study.run_study(["test", "tests"], tmp_path)
    assert all(name in str(caught.value) for name in study.PARTS)
    assert not calls
    assert not list(tmp_path.iterdir())


# The command


def test_command_does_the_given_parts(calls, tmp_path):
    assert main(["study", "unseen", "--parts", "all_patients", "test", "--out", str(tmp_path)]) == 0
    assert {call[0] for call in calls} == {"folds", "fit", "predict"}
    assert (tmp_path / STUDIES["unseen"]).exists()


@pytest.mark.slow
def test_command_without_parts_does_all(calls, tmp_path):
    assert main(["study", "unseen", "--out", str(tmp_path)]) == 0
    assert {call[0] for call in calls} == {"folds", "fit", "predict", "leak", "choice"}


def test_command_names_an_unknown_part(calls, tmp_path, capsys):
    assert main(["study", "unseen", "--parts", "everything", "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ecgutils: error: unknown part 'everything'; the parts are ")
    assert error.count("\n") == 1
    assert not calls
