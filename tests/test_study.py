"""The committed study: whole, plausible, and what the README shows."""

import json

import numpy as np
import pandas as pd
import pytest

from ecgutils import beats, experiments, study, tables
from ecgutils.aami import CLASSES
from ecgutils.errors import EcgError
from ecgutils.metrics import confusion
from ecgutils.training import TRIAL

METRICS = ["accuracy", "macro_f1", "train_seconds"]
METRICS += [f"{measure}_{name}" for measure in ("acc", "se", "ppv", "f1") for name in CLASSES]


@pytest.fixture(scope="module")
def committed():
    return study.read_study(study.FIGURES_CSV)


def test_committed_study_has_its_columns_models_and_three_seeds_each(committed):
    assert list(committed.columns) == ["model", "seed", "metric", "value"]
    seeds = committed.groupby("model")["seed"].nunique()
    assert seeds["paper"] >= 3
    assert seeds["paper_fast"] >= 3
    for _, rows in committed.groupby(["model", "seed"]):
        assert set(METRICS) <= set(rows["metric"])
        assert not rows["metric"].duplicated().any()


def test_committed_figures_fit_each_other(committed):
    table = committed.pivot_table(index=["model", "seed"], columns="metric", values="value")
    errors = sum(100 - table[f"acc_{name}"] for name in CLASSES)
    np.testing.assert_allclose(table["accuracy"], 100 - errors / 2, atol=0.002)
    mean_f1 = table[[f"f1_{name}" for name in CLASSES]].mean(axis=1)
    np.testing.assert_allclose(table["macro_f1"], mean_f1, atol=0.002)


def test_committed_curves_are_as_long_as_the_trainings(committed):
    curves = study.read_study(study.CURVES_CSV)
    epochs = curves.groupby(["model", "seed"])["epoch"].max()
    assert {model: n for (model, _), n in epochs.items()} == {
        name: schedule.epochs for name, schedule in study.SCHEDULES.items()
    }
    seconds = committed[committed["metric"] == "train_seconds"]
    assert len(seconds) == len(epochs)


def test_the_study_says_what_made_it():
    made_by = json.loads((study.FIGURES_DIR / study.MADE_BY_JSON).read_text())
    assert set(made_by) == {"command", "machine", "versions"}


def test_readme_shows_the_committed_study(committed):
    readme = tables.README.read_text(encoding="utf-8")
    shown = readme.partition(tables.TABLE_START)[2].partition(tables.TABLE_END)[0]
    assert shown.strip() == tables.markdown(tables.study_table(committed)).strip()


def test_a_study_trains_adds_its_rows_and_keeps_others(tmp_path, monkeypatch):
    few = beats.load_beats(["208", "209"])
    monkeypatch.setattr(study, "SCHEDULES", {"paper": TRIAL})
    monkeypatch.setattr(experiments, "EXPERIMENTS_DIR", tmp_path / "experiments")
    monkeypatch.setattr(study, "load_beats", lambda: few)
    for seed in (1, 2):
        figures, curves = study._train("paper", seed)
        study._replace_rows(tmp_path / "a.csv", figures, ["model", "seed", "metric"])
        study._replace_rows(tmp_path / "a.csv", figures, ["model", "seed", "metric"])
    table = study.read_study("a.csv", tmp_path)
    assert set(table["metric"]) >= set(METRICS)
    assert table.groupby("seed").size().to_dict() == {1: len(figures), 2: len(figures)}
    assert list(curves["epoch"]) == [1, 2]


def test_unknown_model_is_named(tmp_path):
    with pytest.raises(EcgError, match="unknown model 'resnet'; the models are paper, paper_fast"):
        study.run_study(["resnet"], [1], tmp_path)


def test_missing_study_says_how_to_make_it(tmp_path):
    with pytest.raises(EcgError, match="make study"):
        study.read_study(study.FIGURES_CSV, tmp_path)


def test_readme_without_marks_is_left_alone(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text("nothing\n")
    with pytest.raises(EcgError, match="marks around the study table are gone"):
        tables.update_readme(readme)
    assert readme.read_text() == "nothing\n"


def test_comparison_with_the_paper_takes_its_figures_from_the_counts(tmp_path, monkeypatch):
    from ecgutils.metrics import bootstrap_over_records

    reference = np.array([0] * 90 + [1] * 4 + [2] * 3 + [3] * 2 + [4])
    counts = confusion(reference, np.where(np.arange(100) == 99, 0, reference))
    intervals = bootstrap_over_records({"100": counts, "208": counts}, seed=1, repeats=20)
    comparison = tables.against_paper(counts, intervals)
    assert comparison.loc["Q", "acc"] == 99
    assert comparison.loc["all", "acc"] == 99
    assert comparison.loc["all", "always_n"] == 90
    assert comparison.loc["F", "always_n"] == 98
    assert comparison.loc["S", "claim"] == 99.45

    monkeypatch.setattr(tables, "RESULTS_DIR", tmp_path)
    text = tables.store_results(counts, comparison)
    assert (tmp_path / "table.txt").read_text() == text
    stored = pd.read_csv(tmp_path / "table.csv", index_col="class")
    assert stored.loc["all", "beats"] == 100
    assert stored.loc["V", "acc"] == pytest.approx(comparison.loc["V", "acc"])


def test_every_figure_stands_beside_its_interval():
    counts = np.diag([50, 10, 10, 10, 10])
    names = [f"{m}_{k}" for m in ("acc", "se", "sp", "ppv", "f1") for k in CLASSES]
    intervals = pd.DataFrame({"low": 97.0, "high": 99.5}, index=names)
    table = tables.with_intervals(counts, intervals)
    assert table.loc["S", "se"] == "100.00 (97.00 to 99.50)"
    assert table.shape == (5, 5)
