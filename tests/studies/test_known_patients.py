"""The committed study: whole, plausible, and what the README shows."""

import json
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgutils import parallel
from ecgutils.aami import CLASSES
from ecgutils.beats.cache import load_beats
from ecgutils.errors import EcgError
from ecgutils.learning.experiments import Experiment
from ecgutils.learning.recipes import ABLATIONS, MODELS
from ecgutils.learning.splits import random_split
from ecgutils.scoring.metrics import confusion
from ecgutils.studies import known_patients, known_tables

METRICS = ["accuracy", "macro_f1", "train_seconds"]
METRICS += [f"{measure}_{name}" for measure in ("acc", "se", "ppv", "f1") for name in CLASSES]


@pytest.fixture(scope="module")
def committed():
    return known_patients.read_study(known_patients.FIGURES_CSV)


@pytest.fixture(scope="module")
def ablations():
    return known_patients.read_study(known_patients.ABLATION_CSV)


@pytest.mark.parametrize(
    ("table", "models", "seeds"),
    [("committed", MODELS, known_patients.SEEDS), ("ablations", ABLATIONS, {})],
)
def test_committed_studies_have_their_columns_models_and_seeds(table, models, seeds, request):
    rows = request.getfixturevalue(table)
    assert list(rows.columns) == ["model", "seed", "metric", "value"]
    trained = rows.groupby("model")["seed"].nunique().to_dict()
    assert trained.keys() == models.keys()
    for model, count in trained.items():
        assert count >= max(3, len(seeds.get(model, ()))), model
    for which, figures in rows.groupby(["model", "seed"]):
        assert set(METRICS) <= set(figures["metric"]), which
        assert not figures["metric"].duplicated().any(), which


def test_our_method_has_five_seeds_or_more(committed):
    assert committed.loc[committed["model"] == "ours", "seed"].nunique() >= 5


def test_ablations_were_split_as_our_method_was(committed, ablations):
    ours = set(committed.loc[committed["model"] == "ours", "seed"])
    assert set(ablations["seed"]) <= ours


@pytest.mark.parametrize("table", ["committed", "ablations"])
def test_committed_figures_fit_each_other(table, request):
    rows = request.getfixturevalue(table)
    figures = rows.pivot_table(index=["model", "seed"], columns="metric", values="value")
    errors = sum(100 - figures[f"acc_{name}"] for name in CLASSES)
    np.testing.assert_allclose(figures["accuracy"], 100 - errors / 2, atol=0.002)
    mean_f1 = figures[[f"f1_{name}" for name in CLASSES]].mean(axis=1)
    np.testing.assert_allclose(figures["macro_f1"], mean_f1, atol=0.002)


def test_committed_curves_are_as_long_as_the_trainings(committed):
    curves = known_patients.read_study(known_patients.CURVES_CSV)
    epochs = curves.groupby(["model", "seed"])["epoch"].max()
    assert set(curves["model"]) == set(MODELS)
    for (model, seed), count in epochs.items():
        assert count == MODELS[model].schedule.epochs, (model, seed)
    seconds = committed[committed["metric"] == "train_seconds"]
    last = curves.set_index(["model", "seed", "epoch"])["seconds"]
    assert len(seconds) == len(epochs)
    for row in seconds.itertuples():
        ended = last[row.model, row.seed, MODELS[row.model].schedule.epochs]
        assert row.value == pytest.approx(ended, rel=1e-4)


def test_the_study_says_what_made_it():
    made_by = json.loads((known_patients.FIGURES_DIR / known_patients.MADE_BY_JSON).read_text())
    assert set(made_by) == {"command", "machine", "versions"}


def test_readme_shows_the_committed_study(committed):
    readme = known_tables.README.read_text(encoding="utf-8")
    shown = readme.partition(known_tables.TABLE_START)[2].partition(known_tables.TABLE_END)[0]
    assert shown.strip() == known_tables.markdown(known_tables.study_table(committed)).strip()


def experiment_on(beats, _, seed):
    """Stands for a training of two epochs: half of the answers are N, half are right."""
    split = random_split(len(beats), seed)
    reference = beats.aami_class[split.test]
    said = np.where(np.arange(len(reference)) % 2, 0, reference)
    columns = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds")
    history = pd.DataFrame({name: [0.1, 0.2] for name in columns}, pd.Index([1, 2], name="epoch"))
    return Experiment(split, reference, np.eye(len(CLASSES))[said], history, Path())


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


def test_a_study_trains_adds_its_rows_and_keeps_others(trainings, tmp_path):
    figures, curves = known_patients._train("paper", 1)
    assert trainings == [(MODELS["paper"], 1, (280, 1))]
    value = figures.set_index("metric")["value"]
    assert value["train_seconds"] == 0.2
    assert 50 < value["accuracy"] < 100
    known_patients._store(figures, curves, tmp_path)
    later = figures.assign(value=0.0), curves.assign(loss=0.0)
    for again in (1, 2, 2):
        known_patients._store(*(table.assign(seed=again) for table in later), tmp_path)
    table = known_patients.read_study(known_patients.FIGURES_CSV, tmp_path)
    assert set(table["metric"]) >= set(METRICS)
    assert table.groupby("seed").size().to_dict() == {1: len(figures), 2: len(figures)}
    assert (table["value"] == 0).all()
    curve = known_patients.read_study(known_patients.CURVES_CSV, tmp_path)
    assert list(curve["epoch"]) == [1, 2, 1, 2]
    assert list(curve["seed"]) == [1, 1, 2, 2]


def test_an_ablation_is_cut_its_own_way_and_stored_in_its_own_file(trainings, tmp_path):
    figures, curves = known_patients._train("one_lead", 3)
    assert trainings == [(ABLATIONS["one_lead"], 3, (268, 1))]
    assert set(figures["metric"]) >= set(METRICS)
    known_patients._store(figures, curves, tmp_path)
    table = known_patients.read_study(known_patients.ABLATION_CSV, tmp_path)
    assert set(zip(table["model"], table["seed"], strict=True)) == {("one_lead", 3)}
    assert list(table["metric"]) == list(figures["metric"])
    assert not (tmp_path / known_patients.FIGURES_CSV).exists()
    assert not (tmp_path / known_patients.CURVES_CSV).exists()


class AtOnce:
    """Stands for the pool of processes: whatever is submitted is done here and now."""

    jobs = None

    def __init__(self, *_, **__):
        AtOnce.jobs = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def submit(self, _, model, seed):
        AtOnce.jobs.append((model, seed))
        row = pd.DataFrame({"model": [model], "seed": [seed]})
        done = Future()
        done.set_result((row.assign(metric="accuracy", value=99.0), row.assign(epoch=1)))
        return done


ABLATED = [(model, seed) for model in ABLATIONS for seed in (1, 2, 3)]
PAPERS = [(model, seed) for model in ("paper", "paper_fast") for seed in (1, 2, 3)]


@pytest.mark.parametrize(
    ("asked", "jobs"),
    [
        ({}, [*PAPERS, *(("ours", seed) for seed in (1, 2, 3, 4, 5)), *ABLATED]),
        ({"models": ["no_smote"]}, [("no_smote", 1), ("no_smote", 2), ("no_smote", 3)]),
        ({"models": ["haar", "ours"], "seeds": [7]}, [("haar", 7), ("ours", 7)]),
        ({"models": iter(["ours"]), "seeds": iter([7, 8])}, [("ours", 7), ("ours", 8)]),
    ],
)
def test_each_model_is_trained_with_its_seeds_or_those_asked_for(
    asked, jobs, tmp_path, monkeypatch
):
    monkeypatch.setattr(parallel, "ProcessPoolExecutor", AtOnce)
    known_patients.run_study(**asked, folder=tmp_path)
    assert AtOnce.jobs == jobs
    stored = [
        known_patients.read_study(name, tmp_path)
        for name in (known_patients.FIGURES_CSV, known_patients.ABLATION_CSV)
        if (tmp_path / name).exists()
    ]
    together = pd.concat(stored)
    assert sorted(zip(together["model"], together["seed"], strict=True)) == sorted(jobs)
    made_by = json.loads((tmp_path / known_patients.MADE_BY_JSON).read_text())
    assert made_by["versions"].keys() >= {"keras", "tensorflow"}


def test_unknown_model_is_named(tmp_path):
    with pytest.raises(EcgError, match="unknown model 'resnet'; the models are paper, ") as caught:
        known_patients.run_study(["ours", "resnet"], [1], tmp_path)
    assert all(name in str(caught.value) for name in (*MODELS, *ABLATIONS))
    assert not list(tmp_path.iterdir())


def test_missing_study_says_how_to_make_it(tmp_path):
    for name in (
        known_patients.FIGURES_CSV,
        known_patients.ABLATION_CSV,
        known_patients.CURVES_CSV,
    ):
        with pytest.raises(EcgError, match=f"{name}: there is no study yet; .* `make study`"):
            known_patients.read_study(name, tmp_path)


def test_readme_without_marks_is_left_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("nothing\n")
    table = known_tables.study_table(known_patients.read_study(known_patients.FIGURES_CSV))
    with pytest.raises(EcgError, match="marks around the study table are gone"):
        known_tables.write_into_readme(
            table, known_tables.TABLE_START, known_tables.TABLE_END, readme
        )
    assert readme.read_text() == "nothing\n"


def test_comparison_with_the_paper_takes_its_figures_from_the_counts(tmp_path, monkeypatch):
    from ecgutils.scoring.metrics import bootstrap_over_records

    reference = np.array([0] * 90 + [1] * 4 + [2] * 3 + [3] * 2 + [4])
    counts = confusion(reference, np.where(np.arange(100) == 99, 0, reference))
    intervals = bootstrap_over_records({"100": counts, "208": counts}, seed=1, repeats=20)
    comparison = known_tables.against_paper(counts, intervals)
    assert comparison.loc["Q", "acc"] == 99
    assert comparison.loc["all", "acc"] == 99
    assert comparison.loc["all", "always_n"] == 90
    assert comparison.loc["F", "always_n"] == 98
    assert comparison.loc["S", "claim"] == 99.45

    monkeypatch.setattr(known_tables, "RESULTS_DIR", tmp_path)
    text = known_tables.store_results({"paper": (counts, comparison), "ours": (counts, comparison)})
    assert (tmp_path / "table.txt").read_text() == text
    titles = [known_tables.MODEL_TITLES[model] for model in ("paper", "ours")]
    assert [
        line for line in text.splitlines() if line in known_tables.MODEL_TITLES.values()
    ] == titles
    stored = pd.read_csv(tmp_path / "table.csv", index_col=["model", "class"])
    assert stored.loc[("ours", "all"), "beats"] == 100
    assert stored.loc[("paper", "V"), "acc"] == pytest.approx(comparison.loc["V", "acc"])


def test_every_figure_stands_beside_its_interval():
    counts = np.diag([50, 10, 10, 10, 10])
    names = [f"{m}_{k}" for m in ("acc", "se", "sp", "ppv", "f1") for k in CLASSES]
    intervals = pd.DataFrame({"low": 97.0, "high": 99.5}, index=names)
    table = known_tables.with_intervals(counts, intervals)
    assert table.loc["S", "se"] == "100.00 (97.00 to 99.50)"
    assert table.shape == (5, 5)
