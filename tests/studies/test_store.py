"""The files of the studies: rows are added, replaced and kept, and what made them is written."""

import json

import pandas as pd
import pytest

from ecgutils.errors import EcgError
from ecgutils.parallel import shared_among_machines
from ecgutils.studies.store import (
    STUDIES,
    figure_rows,
    known_only,
    made_by_json,
    read_study,
    run_jobs,
)
from tests.helpers.clusters import local_cluster

pytestmark = pytest.mark.slow


def accuracy(model, seed, value=99.0):
    return {"known": figure_rows({"accuracy": value, "macro_f1": value - 1}, model, seed)}


def accuracy_and_curve(model, seed):
    curve = pd.DataFrame({"model": model, "seed": seed, "epoch": [1, 2], "loss": [0.2, 0.1]})
    return accuracy(model, seed) | {"curves": curve}


def by_protocol(protocol, value):
    rows = figure_rows({"accuracy": value}, "ours", 1).assign(protocol=protocol)
    return {"leak": rows}


def failing(model):
    raise EcgError(f"{model} failed")


def run(jobs, folder):
    run_jobs("unseen", jobs, folder)


def test_jobs_of_different_functions_add_their_rows_in_order(tmp_path):
    run([(accuracy, "ours", 2), (accuracy_and_curve, "ours", 1)], tmp_path)
    study = read_study("known", tmp_path)
    assert list(study.columns) == ["model", "seed", "metric", "value"]
    assert study["seed"].tolist() == [1, 1, 2, 2]
    assert study["value"].tolist() == [99, 98, 99, 98]
    assert read_study("curves", tmp_path)["epoch"].tolist() == [1, 2]


def test_rows_of_the_same_model_and_seed_are_replaced_and_others_kept(tmp_path):
    run([(accuracy, "ours", 1), (accuracy, "paper", 1)], tmp_path)
    run([(accuracy, "ours", 1, 50.0), (accuracy, "ours", 3)], tmp_path)
    study = read_study("known", tmp_path)
    figures = study[study["metric"] == "accuracy"].set_index(["model", "seed"])["value"]
    assert figures.to_dict() == {("ours", 1): 50, ("ours", 3): 99, ("paper", 1): 99}


def test_curves_are_told_apart_by_epoch(tmp_path):
    for _ in range(2):
        run([(accuracy_and_curve, "paper", 1)], tmp_path)
    assert len(read_study("curves", tmp_path)) == 2


def test_protocols_are_told_apart(tmp_path):
    run([(by_protocol, "at random", 90.0)], tmp_path)
    run([(by_protocol, "by patient", 80.0)], tmp_path)
    assert read_study("leak", tmp_path)["value"].tolist() == [90, 80]


def test_what_made_the_files_is_written(tmp_path):
    run([], tmp_path)
    made_by = json.loads(made_by_json("unseen", tmp_path).read_text())
    assert made_by["command"] == "ecgutils study unseen"
    assert made_by["versions"].keys() >= {"python", "keras", "tensorflow"}


def test_a_failed_job_ends_the_study_in_its_own_words(tmp_path):
    with pytest.raises(EcgError, match=r"^ours failed$"):
        run([(failing, "ours")], tmp_path)
    assert not made_by_json("unseen", tmp_path).exists()


def test_a_cluster_gives_the_same_files(tmp_path):
    jobs = [(accuracy_and_curve, model, seed) for model in ("ours", "paper") for seed in (1, 2, 3)]
    run(jobs, tmp_path / "here")
    with local_cluster(2) as address, shared_among_machines(address):
        run(jobs, tmp_path / "there")
    names = {path.name for path in (tmp_path / "here").iterdir()}
    assert names == {STUDIES["known"], STUDIES["curves"], "inter_patient_study.json"}
    for name in names:
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


@pytest.mark.parametrize("name", STUDIES)
def test_missing_study_says_how_to_make_it(name, tmp_path):
    with pytest.raises(EcgError, match=f"{STUDIES[name]}: there is no study yet; .* `make study`"):
        read_study(name, tmp_path)


def test_unknown_study_is_named():
    with pytest.raises(EcgError, match=r"^unknown study 'known\.csv'; the studies are known, abl"):
        read_study("known.csv")


def test_all_names_or_some_but_no_others():
    assert known_only(None, ("a", "b"), "part") == ["a", "b"]
    assert known_only(["b"], ("a", "b"), "part") == ["b"]
    with pytest.raises(EcgError, match=r"^unknown part 'c'; the parts are a, b$"):
        known_only(["a", "c"], ("a", "b"), "part")
