"""The measurement of what SMOTE before the split does."""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier

from ecgutils.learning.oversampling import smote
from ecgutils.learning.smote_leak import (
    AFTER_SPLIT,
    BEFORE_SPLIT_ALL_ROWS,
    BEFORE_SPLIT_REAL_BEATS,
    NO_SMOTE,
    PROTOCOLS,
    compare_protocols,
    gains,
    smote_before_split,
    smote_parents,
)
from ecgutils.learning.splits import random_split
from ecgutils.scoring.metrics import seed_intervals

TARGETS = {"F": 500, "S": 600}


@pytest.fixture(scope="module")
def noise():
    """Beats that hold nothing about their classes."""
    random = np.random.default_rng(0)
    classes = np.repeat(np.arange(5), [1500, 150, 150, 80, 150]).astype(np.int8)
    return random.normal(size=(len(classes), 10)), random.permutation(classes)


@pytest.fixture(scope="module")
def study(noise):
    return compare_protocols(KNeighborsClassifier(1), *noise, seeds=(1, 2, 3), targets=TARGETS)


def test_every_protocol_of_every_seed_is_there(study):
    assert list(study.columns) == ["model", "seed", "metric", "value"]
    assert set(study["model"]) == set(PROTOCOLS)
    rows = study.groupby(["model", "seed"]).size()
    assert len(rows) == 12
    assert rows.nunique() == 1


def test_leak_makes_noise_look_like_knowledge(study):
    f1 = seed_intervals(study)["mean"].xs("f1_F", level="metric")
    # One of 25 beats is F: whoever guesses cannot be much better than that.
    assert f1[NO_SMOTE] < 15
    assert f1[AFTER_SPLIT] < 15
    assert f1[BEFORE_SPLIT_ALL_ROWS] > 50


def test_real_beats_are_scored_alike_in_all_protocols(noise):
    always_n = DummyClassifier(strategy="constant", constant=0)
    study = compare_protocols(always_n, *noise, seeds=[1], targets=TARGETS)
    accuracy = study[study["metric"] == "accuracy"].set_index("model")["value"]
    right = 100 * (noise[1][random_split(len(noise[1]), 1).test] == 0).mean()
    for protocol in (NO_SMOTE, AFTER_SPLIT, BEFORE_SPLIT_REAL_BEATS):
        assert accuracy[protocol] == pytest.approx(right)
    # A tenth of 420 + 450 made rows is tested on besides the 203 real ones.
    assert accuracy[BEFORE_SPLIT_ALL_ROWS] == pytest.approx(right * 203 / (203 + 87))


class RowCounter(DummyClassifier):
    """Remembers, also across clones, how many rows it was trained on."""

    trained_on: ClassVar[list] = []

    def fit(self, X, y):  # noqa: N803
        RowCounter.trained_on.append(len(X))
        return super().fit(X, y)


def test_each_protocol_trains_on_its_own_rows(noise, monkeypatch):
    monkeypatch.setattr(RowCounter, "trained_on", [])
    compare_protocols(RowCounter(), *noise, seeds=[4], targets=TARGETS)
    train = noise[1][random_split(len(noise[1]), 4, validation_fraction=0).train]
    made = 500 + 600 - np.isin(train, [1, 3]).sum()
    # 2,030 real beats and 870 made ones, nine tenths of each.
    assert RowCounter.trained_on == [len(train), len(train) + made, 1827 + 783]


def test_classifier_that_is_passed_in_is_not_trained(noise):
    classifier = KNeighborsClassifier(1)
    compare_protocols(classifier, *noise, seeds=[1], targets=TARGETS)
    assert not hasattr(classifier, "classes_")


def test_split_after_smote_keeps_real_beats_in_their_part(noise):
    features, classes = noise
    split = random_split(len(features), 5, validation_fraction=0)
    rows, row_classes, mixed = smote_before_split(features, classes, split, 5, TARGETS)
    real = len(features)
    assert_array_equal(rows[:real], features)
    assert np.bincount(row_classes).tolist() == [1500, 600, 150, 500, 150]
    assert_array_equal(mixed.test[: len(split.test)], split.test)
    assert_array_equal(mixed.train[: len(split.train)], split.train)
    assert (mixed.test[len(split.test) :] >= real).all()
    assert_array_equal(np.sort(np.append(mixed.train, mixed.test)), np.arange(len(rows)))


def test_parents_of_made_rows_are_found(noise):
    features, classes = noise
    rows, row_classes = smote(TARGETS, 3).fit_resample(features, classes)
    real = features[classes == 3]
    made = rows[len(features) :][row_classes[len(features) :] == 3]
    first, second = smote_parents(made, real).T
    assert (first != second).all()
    whole = np.linalg.norm(real[first] - real[second], axis=1)
    ways = np.linalg.norm(made - real[first], axis=1) + np.linalg.norm(made - real[second], axis=1)
    assert_allclose(ways, whole, rtol=1e-6)


def test_no_rows_have_no_parents(noise):
    assert smote_parents(np.empty((0, 10)), noise[0]).shape == (0, 2)


def test_gains_are_taken_seed_by_seed():
    study = pd.DataFrame(
        [
            (NO_SMOTE, 1, "f1_S", 70.0),
            (NO_SMOTE, 2, "f1_S", 80.0),
            (NO_SMOTE, 1, "f1_F", 10.0),
            (NO_SMOTE, 2, "f1_F", 20.0),
            (AFTER_SPLIT, 2, "f1_S", 83.0),
            (AFTER_SPLIT, 1, "f1_S", 75.0),
            (AFTER_SPLIT, 1, "f1_F", 9.0),
            (AFTER_SPLIT, 2, "f1_F", 22.0),
        ],
        columns=["model", "seed", "metric", "value"],
    )
    gained = gains(study)
    assert set(gained["model"]) == {AFTER_SPLIT}
    assert gained.set_index(["metric", "seed"])["value"].to_dict() == {
        ("f1_S", 2): 3.0,
        ("f1_S", 1): 5.0,
        ("f1_F", 1): -1.0,
        ("f1_F", 2): 2.0,
    }
