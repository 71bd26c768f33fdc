"""Beats that look alike agree on V, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import database
from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import beats_on_grid
from ecgutils.unseen import alike_beats
from ecgutils.unseen.alike_beats import agree_on_ventricular, with_ventricular

N, V = CLASSES.index("N"), CLASSES.index("V")


@pytest.fixture(scope="module")
def beats():
    """Bigeminy: V beats of one origin among N beats."""
    return beats_on_grid(database.read("119"))


@pytest.fixture(scope="module")
def certain(beats):
    """Answers that are right, and quite certain."""
    probabilities = np.full((len(beats), 4), 0.05)
    probabilities[np.arange(len(beats)), beats.aami_class] = 0.85
    return probabilities


def first_beats(beats, count):
    arrays = {name: getattr(beats, name)[:count] for name in ("windows", "rr", "aami_class")}
    return replace(beats, **arrays, sample=beats.sample[:count])


def random_answers(count):
    probabilities = np.random.default_rng(1).random((count, 4)) ** 3
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def test_who_is_outvoted_gives_half_way(beats, certain):
    mistaken = np.flatnonzero(beats.aami_class == V)[20]
    taken_for_v = np.flatnonzero(beats.aami_class == N)[300]
    certain = certain.copy()
    certain[mistaken] = [0.85, 0.05, 0.05, 0.05]
    certain[taken_for_v] = [0.05, 0.05, 0.85, 0.05]
    agreed = agree_on_ventricular(certain, beats)
    assert agreed[mistaken, V] == pytest.approx((0.05 + 0.85) / 2, abs=0.01)
    assert agreed[taken_for_v, V] == pytest.approx((0.85 + 0.05) / 2, abs=0.01)


def test_who_agrees_already_stays(beats, certain):
    agreed = agree_on_ventricular(certain, beats)
    assert_allclose(agreed, certain, atol=0.06)
    assert np.median(np.abs(agreed - certain)) < 1e-9
    assert_array_equal(agreed.argmax(axis=1), beats.aami_class)


def test_ventricular_beats_with_one_weak_half_raise_it(beats, certain):
    weak = np.flatnonzero(beats.aami_class == V)[::2]
    certain = certain.copy()
    certain[weak] = [0.6, 0.05, 0.3, 0.05]
    agreed = agree_on_ventricular(certain, beats)
    assert (agreed[weak, V] > 0.3).all()


def test_rows_are_probabilities_and_the_others_keep_their_proportions(beats):
    said = random_answers(len(beats))
    agreed = agree_on_ventricular(said, beats)
    assert agreed.shape == said.shape
    assert agreed.min() >= 0
    assert_allclose(agreed.sum(axis=1), 1)
    others = [k for k in range(4) if k != V]
    proportions = (one[:, others] / one[:, others].sum(axis=1)[:, None] for one in (agreed, said))
    assert_allclose(*proportions, atol=1e-6)


def test_answers_that_are_certain_stay_finite(beats):
    certain = np.zeros((len(beats), 4))
    certain[np.arange(len(beats)), beats.aami_class] = 1
    agreed = agree_on_ventricular(certain, beats)
    assert np.isfinite(agreed).all()
    assert_allclose(agreed.sum(axis=1), 1)
    assert_array_equal(agreed.argmax(axis=1), beats.aami_class)


def test_how_early_beats_come_does_not_matter_but_how_they_look(beats, certain):
    turned = replace(beats, windows=beats.windows[::-1].copy(), rr=np.flip(beats.rr))
    assert_allclose(
        agree_on_ventricular(certain[::-1], turned)[::-1],
        agree_on_ventricular(certain, beats),
        atol=0.06,
    )


@pytest.mark.parametrize("count", [1, 2, 3, 15, 16, 17])
def test_recordings_of_few_beats(beats, count):
    said = random_answers(count)
    agreed = agree_on_ventricular(said, first_beats(beats, count))
    assert agreed.shape == said.shape
    assert_allclose(agreed.sum(axis=1), 1)
    # With up to sixteen beats everybody else is asked; with one, nobody is.
    others = [
        said[np.arange(count) != k, V].mean() if count > 1 else said[k, V] for k in range(count)
    ]
    if count <= 16:
        assert_allclose(agreed[:, V], (said[:, V] + others) / 2)


def test_a_beat_is_not_its_own_neighbour(beats):
    points = alike_beats._complexes(beats)
    asked = np.arange(len(beats))
    nearest = alike_beats._nearest(points, asked)
    assert nearest.shape == (len(beats), alike_beats.NEAREST)
    assert not (nearest == asked[:, None]).any()
    for k in (0, 700, len(beats) - 1):
        apart = np.square(points - points[k]).sum(axis=1)
        apart[k] = np.inf
        assert set(nearest[k]) == set(np.argsort(apart)[:15])


@pytest.mark.parametrize("at_once", [1000, 7 * 50, 1987])
def test_comparing_a_few_at_a_time_changes_nothing(beats, at_once, monkeypatch):
    said = random_answers(len(beats))
    whole = agree_on_ventricular(said, beats)
    monkeypatch.setattr(alike_beats, "AT_ONCE", at_once)
    assert_allclose(agree_on_ventricular(said, beats), whole, atol=1e-3)


def test_asking_some_beats_of_a_long_recording_changes_little(beats, certain, monkeypatch):
    certain = certain.copy()
    mistaken = np.flatnonzero(beats.aami_class == V)[5::9]
    certain[mistaken] = [0.85, 0.05, 0.05, 0.05]
    whole = agree_on_ventricular(certain, beats)
    monkeypatch.setattr(alike_beats, "MOST_ASKED", 600)
    some = agree_on_ventricular(certain, beats)
    assert not np.array_equal(some, whole)
    assert np.abs(some - whole).mean() < 0.02
    assert_array_equal(some[:, V] > 0.25, beats.aami_class == V)


def test_setting_the_probability_of_v():
    said = np.array([[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 1.0, 0.0], [0.2, 0.2, 0.2, 0.4]])
    made = with_ventricular(said, np.array([0.7, 1.0, 0.0]))
    assert_allclose(made[0], [0.2, 0.1, 0.7, 0.0])
    assert_allclose(made[1], said[1])
    assert_allclose(made[2], [0.25, 0.25, 0.0, 0.5])
