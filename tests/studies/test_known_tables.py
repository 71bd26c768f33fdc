"""The tables of patients the model knows: where each figure stands, and what is beside it."""

import numpy as np
import pandas as pd
import pytest

from ecgutils.aami import CLASSES
from ecgutils.scoring.metrics import bootstrap_over_records, confusion
from ecgutils.studies import known_patients, known_tables
from ecgutils.studies.store import read_study


def test_comparison_with_the_paper_takes_its_figures_from_the_counts(tmp_path, monkeypatch):
    reference = np.array([0] * 90 + [1] * 4 + [2] * 3 + [3] * 2 + [4])
    counts = confusion(reference, np.where(np.arange(100) == 99, 0, reference))
    intervals = bootstrap_over_records({"100": counts, "208": counts}, seed=1)
    comparison = known_tables.against_paper(counts, intervals)
    assert comparison.loc["Q", "acc"] == 99
    assert comparison.loc["all", "acc"] == 99
    assert comparison.loc["all", "always_n"] == 90
    assert comparison.loc["F", "always_n"] == 98
    assert comparison.loc["S", "claim"] == 99.45

    monkeypatch.setattr(known_tables, "RESULTS_DIR", tmp_path)
    results = {"paper": (counts, comparison), "ours": (counts, comparison)}
    trial = known_tables.store_results(results, quick=True)
    text = known_tables.store_results(results)
    assert (tmp_path / "table.txt").read_text() == text
    assert trial == f"A QUICK TRIAL of a few records and epochs: it proves nothing.\n{text}"
    titles = [known_tables.KNOWN_MODEL_TITLES[model] for model in ("paper", "ours")]
    assert [
        line for line in text.splitlines() if line in known_tables.KNOWN_MODEL_TITLES.values()
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


def test_the_study_table_has_a_column_per_model_and_the_mean_of_its_seeds():
    study = read_study("known")
    table = known_tables.study_table(study[study["model"] != "paper"])
    assert table.loc["accuracy S vs rest", "paper's claim"] == "99.45"
    assert [column.rpartition(", ")[2] for column in table.columns[1:]] == ["3 seeds", "5 seeds"]
    ours = study[(study["model"] == "ours") & (study["metric"] == "macro_f1")]["value"]
    assert table.loc["macro-F1"].iloc[-1].startswith(f"{ours.mean():.2f} ± ")
    seconds = study[(study["model"] == "ours") & (study["metric"] == "train_seconds")]["value"]
    assert table.iloc[-1, -1] == f"{seconds.mean() / 60:.1f}"


@pytest.fixture(scope="module")
def ablations():
    known = read_study("known")
    ours = known[(known["model"] == "ours") & known["seed"].isin(known_patients.ABLATION_SEEDS)]
    return pd.concat([ours, read_study("ablations")])


def test_each_row_of_the_ablations_names_the_command_that_repeats_it(ablations):
    table = known_tables.ablation_table(ablations)
    assert list(table.index) == list(known_tables.ABLATION_TITLES.values())
    command = table.loc["without SMOTE", "command"]
    assert command == "ecgutils study known --models no_smote --seeds 1 2 3"
    value = ablations.query("model == 'no_smote' and metric == 'accuracy'")["value"]
    assert table.loc["without SMOTE", "accuracy"].startswith(f"{value.mean():.2f} ± ")


def test_gains_are_differences_from_our_whole_method(ablations):
    gains = known_tables.ablation_gains(ablations).set_index(["changed", "metric"])
    by_model = ablations[ablations["metric"] == "accuracy"].groupby("model")["value"].mean()
    expected = by_model["haar"] - by_model["ours"]
    assert gains.loc[("haar instead of db2", "accuracy"), "mean"] == pytest.approx(expected)
    assert "our method, whole" not in gains.index.get_level_values("changed")
