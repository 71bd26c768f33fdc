"""The study of patients the model knows: what is trained, and which rows that adds."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgutils.aami import CLASSES
from ecgutils.beats.cache import load_beats
from ecgutils.errors import EcgError
from ecgutils.learning.experiments import Experiment
from ecgutils.learning.recipes import ABLATIONS, MODELS
from ecgutils.learning.splits import random_split
from ecgutils.studies import known_patients, store

METRICS = {"accuracy", "macro_f1", "train_seconds"}
METRICS |= {f"{measure}_{name}" for measure in ("acc", "se", "ppv", "f1") for name in CLASSES}


def experiment_on(beats, _, seed):
    """Stands for a training of two epochs: half of the predictions are N, half are right."""
    split = random_split(len(beats), seed)
    reference = beats.aami_class[split.test]
    predicted = np.where(np.arange(len(reference)) % 2, 0, reference)
    columns = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
    history = pd.DataFrame({name: [0.1, 0.2] for name in columns}, pd.Index([1, 2], name="epoch"))
    return Experiment(split, reference, np.eye(len(CLASSES))[predicted], history, Path())


@pytest.fixture
def trainings(monkeypatch):
    """What was trained, in a study that trains nothing."""
    done = []

    def note(beats, recipe, seed):
        done.append((recipe, seed, beats.windows.shape[1:]))
        return experiment_on(beats, recipe, seed)

    monkeypatch.setattr(known_patients, "load_beats", lambda cut: load_beats(["209"], cut=cut))
    monkeypatch.setattr(known_patients, "intra_patient", note)
    return done


def test_a_training_gives_its_figures_and_its_curve(trainings):
    tables = known_patients.train_model("paper", 1)
    assert trainings == [(MODELS["paper"], 1, (280, 1))]
    assert tables.keys() == {"known", "curves"}
    assert list(tables["known"]) == ["model", "seed", "metric", "value"]
    value = tables["known"].set_index("metric")["value"]
    assert set(value.index) >= METRICS
    assert value["train_seconds"] == 0.2
    assert 50 < value["accuracy"] < 100
    assert list(tables["curves"])[:3] == ["model", "seed", "epoch"]
    assert list(tables["curves"]["epoch"]) == [1, 2]
    for table in tables.values():
        assert set(zip(table["model"], table["seed"], strict=True)) == {("paper", 1)}


def test_an_ablation_is_cut_its_own_way_and_has_its_own_file(trainings):
    tables = known_patients.train_model("one_lead", 3)
    assert trainings == [(ABLATIONS["one_lead"], 3, (268, 1))]
    assert tables.keys() == {"ablations"}
    table = tables["ablations"]
    assert set(table["metric"]) >= METRICS
    assert set(zip(table["model"], table["seed"], strict=True)) == {("one_lead", 3)}


@pytest.fixture
def jobs(monkeypatch):
    """Which jobs were handed out, none of which is done."""
    handed_out = []

    def note(_, jobs):
        handed_out.extend(jobs)
        return iter([])

    monkeypatch.setattr(store, "in_parallel", note)
    return handed_out


ABLATED = [(model, seed) for model in ABLATIONS for seed in (1, 2, 3)]
PAPERS = [(model, seed) for model in ("paper", "paper_fast") for seed in (1, 2, 3)]


@pytest.mark.parametrize(
    ("options", "trained"),
    [
        ((None, None), [*PAPERS, *(("ours", seed) for seed in (1, 2, 3, 4, 5)), *ABLATED]),
        ((["no_smote"], None), [("no_smote", 1), ("no_smote", 2), ("no_smote", 3)]),
        ((["haar", "ours"], [7]), [("haar", 7), ("ours", 7)]),
        ((["ours"], [7, 8]), [("ours", 7), ("ours", 8)]),
    ],
)
def test_each_model_is_trained_with_its_seeds_or_with_those_given(options, trained, jobs, tmp_path):
    known_patients.run_study(*options, tmp_path)
    assert jobs == [(known_patients.train_model, *job) for job in trained]
    assert store.made_by_json("known", tmp_path).exists()


def test_unknown_model_is_named(jobs, tmp_path):
    with pytest.raises(EcgError, match="unknown model 'resnet'; the models are paper, ") as caught:
        known_patients.run_study(["ours", "resnet"], [1], tmp_path)
    assert all(name in str(caught.value) for name in (*MODELS, *ABLATIONS))
    assert not jobs
    assert not list(tmp_path.iterdir())
