"""Means over seeds: what a cell shows, and which models have a row."""

import pandas as pd
import pytest

from ecgutils.studies.seed_means import mean_and_half_width, mean_seconds, means_table


@pytest.fixture
def study():
    rows = [
        (model, seed, metric, value + seed)
        for model, seeds in {"theirs": (1,), "ours": (1, 2, 3)}.items()
        for seed in seeds
        for metric, value in {"accuracy": 90, "j_kappa": 0, "train_seconds": 60}.items()
    ]
    return pd.DataFrame(rows, columns=["model", "seed", "metric", "value"])


def test_one_seed_has_no_interval():
    figures = pd.Series({"mean": 98.765, "half_width": 0.123})
    assert mean_and_half_width(figures, 1) == "98.8 ± 0.1"
    assert mean_and_half_width(figures.replace(0.123, float("nan")), 2) == "98.77"


def test_models_come_in_the_order_of_their_titles_with_their_seeds(study):
    titles = {"ours": "our method", "nobody": "not trained", "theirs": "another"}
    table = means_table(study, titles, {"j_kappa": "kappa", "accuracy": "right"}, 1)
    assert table.index.tolist() == ["our method, 3 seeds", "another, 1 seed"]
    assert list(table) == ["kappa", "right"]
    assert table.loc["our method, 3 seeds"].tolist() == ["2.000 ± 2.484", "92.0 ± 2.5"]
    assert table.loc["another, 1 seed"].tolist() == ["1.000", "91.0"]


def test_seconds_are_means_in_the_order_of_the_models(study):
    assert mean_seconds(study, ["nobody", "ours", "theirs"]).to_dict() == {"ours": 62, "theirs": 61}
