"""No beat on two sides of a split, and no made beat where results are measured."""

from typing import ClassVar

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import cross_val_predict

from ecgutils.errors import EcgError
from ecgutils.learning.oversampling import PAPER_TARGETS, smote, smote_then
from ecgutils.learning.splits import random_split

# Random splits


@pytest.mark.parametrize("seed", [0, 1, 99])
@pytest.mark.parametrize("beats", [20, 1001, 109_494])
def test_each_beat_is_in_exactly_one_part(beats, seed):
    split = random_split(beats, seed)
    parts = np.concatenate([split.train, split.validation, split.test])
    assert_array_equal(np.sort(parts), np.arange(beats))


def test_sizes_of_the_paper():
    split = random_split(109_494, seed=1)
    assert len(split.test) == 10_949
    assert len(split.validation) == 4_927
    assert len(split.train) == 93_618


def test_split_of_a_seed_never_changes():
    # The long study was run on these.
    split = random_split(109_494, seed=1)
    assert split.test[:5].tolist() == [47531, 86567, 67144, 25092, 22935]


def test_seeds_give_other_splits_and_the_same_seed_the_same():
    first, again, other = (random_split(1000, seed) for seed in (1, 1, 2))
    assert_array_equal(first.train, again.train)
    assert_array_equal(first.test, again.test)
    # Chance would have ten beats in both.
    assert len(np.intersect1d(first.test, other.test)) < 30


def test_beats_are_not_taken_in_order():
    test = random_split(10_000, seed=3).test
    assert abs(test.mean() - 5000) < 400
    assert (np.diff(test) < 0).any()


def test_test_part_does_not_depend_on_the_validation_part():
    assert_array_equal(
        random_split(1000, 1, validation_fraction=0).test, random_split(1000, 1).test
    )


@pytest.mark.parametrize(
    ("beats", "fractions"),
    [
        (100, {"test_fraction": 1.0}),
        (100, {"test_fraction": -0.1}),
        (100, {"validation_fraction": 1.0}),
        (100, {"test_fraction": float("nan")}),
        (100, {"test_fraction": 0.0}),
        (3, {}),
        (0, {}),
    ],
)
def test_impossible_splits(beats, fractions):
    with pytest.raises(EcgError):
        random_split(beats, 1, **fractions)


# SMOTE


class Probe(ClassifierMixin, BaseEstimator):
    """Remembers what it is given, also across clones."""

    fitted: ClassVar[list] = []
    asked: ClassVar[list] = []

    def fit(self, X, y):  # noqa: N803
        self.classes_ = np.unique(y)
        Probe.fitted.append((X, y))
        return self

    def predict(self, X):  # noqa: N803
        Probe.asked.append(X)
        return np.zeros(len(X), dtype=int)


@pytest.fixture
def probe(monkeypatch):
    monkeypatch.setattr(Probe, "fitted", [])
    monkeypatch.setattr(Probe, "asked", [])
    return Probe()


def some_beats(counts, seed=0):
    """Points around a place for each class, in mixed order."""
    random = np.random.default_rng(seed)
    classes = random.permutation(np.repeat(np.arange(len(counts)), counts)).astype(np.int8)
    return random.normal(size=(len(classes), 4)) + 10 * classes[:, None], classes


def rows_of(array):
    return {row.tobytes() for row in np.ascontiguousarray(array)}


TARGETS = {"F": 60, "S": 80}


def test_fit_sees_real_beats_first_then_made_ones(probe):
    features, classes = some_beats([200, 30, 40, 20, 50])
    smote_then(probe, seed=1, targets=TARGETS).fit(features, classes)
    ((seen, seen_classes),) = Probe.fitted
    assert_array_equal(seen[: len(features)], features)
    assert_array_equal(seen_classes[: len(features)], classes)
    assert np.bincount(seen_classes).tolist() == [200, 80, 40, 60, 50]
    assert not rows_of(seen[len(features) :]) & rows_of(features)


def test_prediction_sees_real_beats_only(probe):
    features, classes = some_beats([200, 30, 40, 20, 50])
    pipeline = smote_then(probe, seed=1, targets=TARGETS).fit(features, classes)
    assert len(pipeline.predict(features[:25])) == 25
    assert_array_equal(Probe.asked[0], features[:25])


def test_nothing_leaks_in_cross_validation(probe):
    features, classes = some_beats([200, 30, 40, 20, 50])
    pipeline = smote_then(probe, seed=1, targets=TARGETS)
    assert len(cross_val_predict(pipeline, features, classes, cv=4)) == len(features)
    assert_array_equal(sorted(rows_of(np.vstack(Probe.asked))), sorted(rows_of(features)))
    for (seen, seen_classes), held_out in zip(Probe.fitted, Probe.asked, strict=True):
        assert not rows_of(seen) & rows_of(held_out)
        assert np.bincount(seen_classes)[[1, 3]].tolist() == [80, 60]
        real = np.array([row.tobytes() in rows_of(features) for row in seen])
        assert real.sum() == len(features) - len(held_out)
        for row, k in zip(seen[~real], seen_classes[~real], strict=True):
            assert on_a_line(row, seen[real][seen_classes[real] == k])


def on_a_line(row, ends):
    """Whether a row lies on the line between two of these."""
    along = ends[None, :] - ends[:, None]
    towards = row - ends[:, None]
    length = np.maximum((along**2).sum(axis=2), 1e-30)
    share = np.clip((towards * along).sum(axis=2) / length, 0, 1)
    return np.min(((towards - share[..., None] * along) ** 2).sum(axis=2)) < 1e-18


def test_smote_repeats_with_its_seed_only():
    features, classes = some_beats([200, 30, 40, 20, 50])
    first, again, other = (
        smote(TARGETS, seed).fit_resample(features, classes)[0] for seed in (1, 1, 2)
    )
    assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_targets_of_the_paper():
    features, classes = some_beats([3000, 2503, 100, 723, 50])
    _, made = smote(PAPER_TARGETS, seed=1).fit_resample(features, classes)
    assert np.bincount(made).tolist() == [3000, 5000, 100, 2000, 50]


@pytest.mark.parametrize(
    ("counts", "after"),
    [
        ([200, 30, 40, 20, 50], [200] * 5),
        ([30, 20, 90, 6, 50], [90] * 5),  # N need not be the largest
        ([200, 5, 40, 0, 50], [200, 5, 200, 0, 200]),  # too few for five neighbours
    ],
)
def test_without_targets_all_classes_grow_to_the_largest(counts, after):
    features, classes = some_beats(counts)
    rows, made = smote(None, seed=1).fit_resample(features, classes)
    assert np.bincount(made, minlength=5).tolist() == after
    assert_array_equal(rows[: len(features)], features)
    for k in np.unique(made[len(features) :]):
        real = features[classes == k]
        for row in rows[len(features) :][made[len(features) :] == k][:5]:
            assert on_a_line(row, real)


@pytest.mark.parametrize(
    ("counts", "after"),
    [
        ([50, 0, 9, 20, 9], [50, 0, 9, 60, 9]),  # no S beat at all
        ([50, 5, 9, 20, 9], [50, 5, 9, 60, 9]),  # too few for five neighbours
        ([50, 6, 9, 20, 9], [50, 80, 9, 60, 9]),
        ([50, 90, 9, 60, 9], [50, 90, 9, 60, 9]),  # enough already
    ],
)
def test_classes_that_cannot_or_need_not_grow_are_left_alone(probe, counts, after):
    features, classes = some_beats(counts)
    smote_then(probe, seed=1, targets=TARGETS).fit(features, classes)
    assert np.bincount(Probe.fitted[0][1]).tolist() == after
    assert_allclose(Probe.fitted[0][0][: len(features)], features)


def test_unknown_class():
    with pytest.raises(EcgError, match="unknown class 'X'; the classes are N S V F Q"):
        smote({"X": 10}, seed=1)
