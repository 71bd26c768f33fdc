"""Shifted copies: how many, by how much, and never where results are measured."""

import numpy as np
import pytest
from imblearn.pipeline import Pipeline
from numpy.testing import assert_array_equal
from sklearn.dummy import DummyClassifier

from ecgutils.learning.oversampling import shifted_copies

COEFFICIENTS, CHANNELS, RHYTHM = 6, 2, 3


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    return random.normal(size=(5, COEFFICIENTS * CHANNELS + RHYTHM)).astype(np.float32)


CLASSES = np.array([0, 3, 1, 0, 4], dtype=np.int8)


def shape_of(rows):
    return rows[:, : COEFFICIENTS * CHANNELS].reshape(-1, COEFFICIENTS, CHANNELS)


def copies(rows, shift):
    made, classes = shifted_copies(COEFFICIENTS, CHANNELS, shift).fit_resample(rows, CLASSES)
    assert len(made) == len(classes) == 3 * len(rows)
    return np.split(made, 3), np.split(classes, 3)


def test_rows_come_first_then_two_copies_of_each_with_its_class(rows):
    before = rows.copy()
    (given, *moved), classes = copies(rows, 1)
    assert_array_equal(given, before)
    assert_array_equal(rows, before)
    assert given.dtype == np.float32
    for part in classes:
        assert_array_equal(part, CLASSES)
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
    made, _ = shifted_copies(COEFFICIENTS, CHANNELS, 1).fit_resample(shape, CLASSES)
    assert made.shape == (15, COEFFICIENTS * CHANNELS)


class Watching(DummyClassifier):
    """Remembers the numbers of rows it meets."""

    def fit(self, X, y):  # noqa: N803
        self.fitted_on_ = len(X)
        return super().fit(X, y)

    def predict(self, X):  # noqa: N803
        self.asked_of_ = X
        return super().predict(X)


def test_copies_are_made_while_fitting_alone(rows):
    step = shifted_copies(COEFFICIENTS, CHANNELS, 1)
    pipeline = Pipeline([("shift", step), ("classifier", Watching())]).fit(rows, CLASSES)
    assert pipeline.named_steps["classifier"].fitted_on_ == 15
    assert len(pipeline.predict(rows)) == 5
    assert_array_equal(pipeline.named_steps["classifier"].asked_of_, rows)
