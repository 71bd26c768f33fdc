"""Figures for unseen patients, against scikit-learn's and by hand."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score, precision_score, recall_score

from ecgutils.scoring.metrics import confusion, j_kappa
from ecgutils.scoring.patients import unseen_figures

N, S, V, F, Q = range(5)


@pytest.fixture
def predictions():
    random = np.random.default_rng(7)
    reference = random.choice([N, S, V, F], size=4000, p=[0.8, 0.08, 0.1, 0.02])
    wrong = random.random(4000) < 0.2
    predicted = np.where(wrong, random.integers(0, 4, 4000), reference)
    return reference, predicted, np.repeat(["a", "b", "c", "d"], 1000)


def test_figures_are_those_of_scikit_learn(predictions):
    reference, predicted, _ = predictions
    figures = unseen_figures(*predictions)
    assert figures["accuracy"] == pytest.approx(100 * np.mean(reference == predicted))
    for name, score in (("se", recall_score), ("ppv", precision_score), ("f1", f1_score)):
        expected = 100 * score(reference, predicted, average=None)
        shown = [figures[f"{name}_{letter}"] for letter in "NSVF"]
        np.testing.assert_allclose(shown, expected)
    found = sum(figures[f"{m}_{letter}"] for m in ("se", "ppv") for letter in "SV") / 100
    kappa = cohen_kappa_score(reference, predicted)
    assert figures["j_kappa"] == pytest.approx(kappa / 2 + found / 8)


def test_j_kappa_of_a_perfect_classifier_is_one():
    assert j_kappa(np.diag([50, 20, 20, 10, 0])) == pytest.approx(1)


def test_unclassifiable_beats_are_not_scored(predictions):
    reference, predicted, record = predictions
    more = (
        np.append(reference, [Q, Q]),
        np.append(predicted, [V, S]),
        np.append(record, ["a", "b"]),
    )
    assert unseen_figures(*more) == unseen_figures(*predictions)


def test_each_patient_counts_as_one(predictions):
    reference, predicted, record = predictions
    figures = unseen_figures(*predictions)
    patients = [record == name for name in "abcd"]
    mean = np.mean([np.mean(reference[own] == predicted[own]) for own in patients])
    assert figures["patients_accuracy"] == pytest.approx(100 * mean)
    # A patient with a thousand ectopic beats more, all found, moves the pooled figure.
    many = np.full(1000, V)
    grown = unseen_figures(
        np.append(reference, many),
        np.append(predicted, many),
        np.append(record, np.full(1000, "a")),
    )
    assert grown["f1_V"] > figures["f1_V"] + 10
    assert grown["patients_f1_V"] < figures["patients_f1_V"] + 8


def test_patients_with_few_beats_of_a_class_have_no_figure_for_it():
    reference = np.repeat([N, S, N, S], [50, 20, 50, 9])
    record = np.repeat(["a", "a", "b", "b"], [50, 20, 50, 9])
    predicted = np.where(record == "b", N, reference)
    figures = unseen_figures(reference, predicted, record)
    assert figures["patients_f1_S"] == 100
    assert np.isnan(figures["patients_f1_V"])
    assert confusion(reference, predicted)[S].tolist() == [9, 20, 0, 0, 0]


def test_all_beats_are_scored_where_none_is_to_be_left_out():
    reference, record = np.array([N, N, S, V, Q]), np.full(5, "a")
    predicted = np.array([N, N, S, V, N])
    assert unseen_figures(reference, predicted, record)["accuracy"] == 100
    assert unseen_figures(reference, predicted, record, every_beat=True)["accuracy"] == 80
