"""SMOTE and shifted copies: how many, how alike, and never where results are measured."""

from typing import ClassVar

import numpy as np
import pytest
from imblearn.pipeline import Pipeline
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import cross_val_predict

from ecgutils.errors import EcgError
from ecgutils.learning.oversampling import PAPER_TARGETS, shifted_copies, smote, smote_then

# SMOTE


class Probe(ClassifierMixin, BaseEstimator):
    """Remembers what it is given, also across clones."""

    fitted: ClassVar[list] = []
    predicted: ClassVar[list] = []

    def fit(self, X, y):  # noqa: N803
        self.classes_ = np.unique(y)
        Probe.fitted.append((X, y))
        return self

    def predict(self, X):  # noqa: N803
        Probe.predicted.append(X)
        return np.zeros(len(X), dtype=int)


@pytest.fixture
def probe(monkeypatch):
    monkeypatch.setattr(Probe, "fitted", [])
    monkeypatch.setattr(Probe, "predicted", [])
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
    assert_array_equal(Probe.predicted[0], features[:25])


def test_nothing_leaks_in_cross_validation(probe):
    features, classes = some_beats([200, 30, 40, 20, 50])
    pipeline = smote_then(probe, seed=1, targets=TARGETS)
    assert len(cross_val_predict(pipeline, features, classes, cv=4)) == len(features)
    assert_array_equal(sorted(rows_of(np.vstack(Probe.predicted))), sorted(rows_of(features)))
    for (seen, seen_classes), held_out in zip(Probe.fitted, Probe.predicted, strict=True):
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


# Shifted copies


COEFFICIENTS, CHANNELS, RHYTHM = 6, 2, 3


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    return random.normal(size=(5, COEFFICIENTS * CHANNELS + RHYTHM)).astype(np.float32)


FIVE_CLASSES = np.array([0, 3, 1, 0, 4], dtype=np.int8)


def shape_of(rows):
    return rows[:, : COEFFICIENTS * CHANNELS].reshape(-1, COEFFICIENTS, CHANNELS)


def copies(rows, shift):
    made, classes = shifted_copies(COEFFICIENTS, CHANNELS, shift).fit_resample(rows, FIVE_CLASSES)
    assert len(made) == len(classes) == 3 * len(rows)
    return np.split(made, 3), np.split(classes, 3)


def test_rows_come_first_then_two_copies_of_each_with_its_class(rows):
    before = rows.copy()
    (given, *moved), classes = copies(rows, 1)
    assert_array_equal(given, before)
    assert_array_equal(rows, before)
    assert given.dtype == np.float32
    for part in classes:
        assert_array_equal(part, FIVE_CLASSES)
    for part in moved:
        assert not np.array_equal(part, given)


@pytest.mark.parametrize("shift", [1, 2, 5])
def test_copies_are_moved_by_coefficients_in_all_channels(rows, shift):
    (given, first, second), _ = copies(rows, shift)
    # The first begins with a repeated value, so what it shows comes later in the window.
    assert_array_equal(shape_of(first)[:, shift:], shape_of(given)[:, :-shift])
    assert_array_equal(shape_of(second)[:, :-shift], shape_of(given)[:, shift:])


@pytest.mark.parametrize("shift", [1, 2, 5, 9])
def test_the_value_at_the_edge_is_repeated(rows, shift):
    (given, first, second), _ = copies(rows, shift)
    for k in range(min(shift, COEFFICIENTS)):
        assert_array_equal(shape_of(first)[:, k], shape_of(given)[:, 0])
        assert_array_equal(shape_of(second)[:, -1 - k], shape_of(given)[:, -1])


@pytest.mark.parametrize("shift", [1, 9])
def test_the_rhythm_stays(rows, shift):
    (given, first, second), _ = copies(rows, shift)
    assert_array_equal(first[:, -RHYTHM:], given[:, -RHYTHM:])
    assert_array_equal(second[:, -RHYTHM:], given[:, -RHYTHM:])


def test_rows_without_a_rhythm(rows):
    shape = rows[:, : COEFFICIENTS * CHANNELS]
    made, _ = shifted_copies(COEFFICIENTS, CHANNELS, 1).fit_resample(shape, FIVE_CLASSES)
    assert made.shape == (15, COEFFICIENTS * CHANNELS)


class Watching(DummyClassifier):
    """Remembers the numbers of rows it meets."""

    def fit(self, X, y):  # noqa: N803
        self.fitted_on_ = len(X)
        return super().fit(X, y)

    def predict(self, X):  # noqa: N803
        self.predicted_ = X
        return super().predict(X)


def test_copies_are_made_while_fitting_alone(rows):
    step = shifted_copies(COEFFICIENTS, CHANNELS, 1)
    pipeline = Pipeline([("shift", step), ("classifier", Watching())]).fit(rows, FIVE_CLASSES)
    assert pipeline.named_steps["classifier"].fitted_on_ == 15
    assert len(pipeline.predict(rows)) == 5
    assert_array_equal(pipeline.named_steps["classifier"].predicted_, rows)
