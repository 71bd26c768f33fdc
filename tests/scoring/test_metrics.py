"""Figures against scikit-learn's, intervals against their definition."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

from ecgutils.aami import CLASSES
from ecgutils.scoring import metrics


@pytest.fixture
def predictions():
    random = np.random.default_rng(7)
    reference = random.choice(5, size=3000, p=[0.8, 0.05, 0.08, 0.03, 0.04])
    predicted = np.where(random.random(3000) < 0.85, reference, random.integers(0, 5, 3000))
    return reference, predicted, random.choice(["100", "101", "208"], size=3000)


def test_confusion_matrix_is_scikit_learns(predictions):
    reference, predicted, _ = predictions
    counts = metrics.confusion(reference, predicted)
    np.testing.assert_array_equal(counts, confusion_matrix(reference, predicted))


def test_per_class_figures_are_scikit_learns(predictions):
    reference, predicted, _ = predictions
    table = metrics.class_table(metrics.confusion(reference, predicted))
    precision, recall, f1, support = precision_recall_fscore_support(reference, predicted)
    np.testing.assert_allclose(table["ppv"], 100 * precision)
    np.testing.assert_allclose(table["se"], 100 * recall)
    np.testing.assert_allclose(table["f1"], 100 * f1)
    np.testing.assert_array_equal(table["beats"], support)
    for k, name in enumerate(CLASSES):
        one, rest = reference == k, predicted == k
        assert table.loc[name, "acc"] == pytest.approx(100 * accuracy_score(one, rest))
        assert table.loc[name, "sp"] == pytest.approx(100 * np.mean(~rest[~one]))


def test_every_error_counts_twice_in_one_vs_rest_accuracy(predictions):
    reference, predicted, _ = predictions
    figures = metrics.summary(metrics.confusion(reference, predicted))
    errors = sum(100 - figures[f"acc_{name}"] for name in CLASSES)
    assert figures["accuracy"] == pytest.approx(100 - errors / 2)


def test_the_papers_claims_mean_98_50_percent():
    assert pytest.approx(98.50, abs=0.005) == metrics.PAPER_OVERALL


def test_a_class_that_does_not_occur_has_no_sensitivity_and_does_not_count_in_the_mean():
    figures = metrics.summary(metrics.confusion(np.array([0, 0, 2]), np.array([0, 0, 2])))
    assert np.isnan(figures["se_F"])
    assert figures["acc_F"] == 100
    assert figures["macro_f1"] == 100


def test_records_add_up_to_all_beats(predictions):
    reference, predicted, record = predictions
    by_record = metrics.confusion_by_record(reference, predicted, record)
    assert list(by_record) == ["100", "101", "208"]
    total = sum(by_record.values())
    np.testing.assert_array_equal(total, metrics.confusion(reference, predicted))


def test_bootstrap_is_seeded_and_holds_the_measured_figures(predictions):
    by_record = metrics.confusion_by_record(*predictions)
    intervals = metrics.bootstrap_over_records(by_record, seed=1)
    pd.testing.assert_frame_equal(intervals, metrics.bootstrap_over_records(by_record, seed=1))
    figures = metrics.summary(sum(by_record.values()))
    assert list(intervals.index) == list(figures)
    inside = intervals["low"].le(pd.Series(figures)) & intervals["high"].ge(pd.Series(figures))
    assert inside.all()


def test_bootstrap_over_one_record_knows_no_spread(predictions):
    reference, predicted, _ = predictions
    counts = {"100": metrics.confusion(reference, predicted)}
    intervals = metrics.bootstrap_over_records(counts, seed=1)
    np.testing.assert_allclose(intervals["low"], intervals["high"])


def test_records_that_differ_widen_the_interval():
    good, bad = np.diag([100, 5, 5, 5, 5]), np.full((5, 5), 5)
    alike = metrics.bootstrap_over_records({str(k): good + bad for k in range(10)}, seed=1)
    apart = {str(k): 2 * (good if k % 2 else bad) for k in range(10)}
    spread = metrics.bootstrap_over_records(apart, seed=1)
    width = spread["high"] - spread["low"]
    assert (width > (alike["high"] - alike["low"])).all()


def test_interval_over_seeds_is_students_t():
    study = pd.DataFrame(
        {"model": "paper", "seed": [1, 2, 3], "metric": "accuracy", "value": [98.0, 98.2, 98.4]}
    )
    row = metrics.seed_intervals(study).loc["paper", "accuracy"]
    assert row["mean"] == pytest.approx(98.2)
    # 4.3027 is the 97.5th percentile of Student's t with two degrees of freedom.
    assert row["half_width"] == pytest.approx(4.3027 * 0.2 / np.sqrt(3), rel=1e-4)
    assert row["seeds"] == 3


def test_errors_are_listed_by_record_most_first(predictions):
    table = metrics.errors_by_record(metrics.confusion_by_record(*predictions))
    assert table["errors"].is_monotonic_decreasing
    reference, predicted, _ = predictions
    assert table["errors"].sum() == (reference != predicted).sum()
    assert table["beats"].sum() == len(reference)
