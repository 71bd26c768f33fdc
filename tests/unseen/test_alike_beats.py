"""Beats that look alike agree on V, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import database
from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import beats_on_grid
from ecgutils.unseen import alike_beats
from ecgutils.unseen.alike_beats import ALIKE, agree_on_ventricular, with_ventricular
from tests.helpers.changed_settings import all_settings

N, V = CLASSES.index("N"), CLASSES.index("V")


@pytest.fixture(scope="module")
def beats():
    """Bigeminy: V beats of one origin among N beats."""
    return beats_on_grid(database.read("119"))


@pytest.fixture(scope="module")
def certain(beats):
    """Probabilities that are right, and quite certain."""
    probabilities = np.full((len(beats), 4), 0.05)
    probabilities[np.arange(len(beats)), beats.aami_class] = 0.85
    return probabilities


def first_beats(beats, count):
    arrays = {name: getattr(beats, name)[:count] for name in ("windows", "rr", "aami_class")}
    return replace(beats, **arrays, sample=beats.sample[:count])


def random_probabilities(count):
    probabilities = np.random.default_rng(1).random((count, 4)) ** 3
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def test_a_beat_unlike_its_neighbours_moves_half_way(beats, certain):
    mistaken = np.flatnonzero(beats.aami_class == V)[20]
    taken_for_v = np.flatnonzero(beats.aami_class == N)[300]
    certain = certain.copy()
    certain[mistaken] = [0.85, 0.05, 0.05, 0.05]
    certain[taken_for_v] = [0.05, 0.05, 0.85, 0.05]
    agreed = agree_on_ventricular(certain, beats)
    assert agreed[mistaken, V] == pytest.approx((0.05 + 0.85) / 2, abs=0.01)
    assert agreed[taken_for_v, V] == pytest.approx((0.85 + 0.05) / 2, abs=0.01)


def test_a_beat_like_its_neighbours_stays(beats, certain):
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
    probabilities = random_probabilities(len(beats))
    agreed = agree_on_ventricular(probabilities, beats)
    assert agreed.shape == probabilities.shape
    assert agreed.min() >= 0
    assert_allclose(agreed.sum(axis=1), 1)
    others = [k for k in range(4) if k != V]
    proportions = (
        one[:, others] / one[:, others].sum(axis=1)[:, None] for one in (agreed, probabilities)
    )
    assert_allclose(*proportions, atol=1e-6)


def test_certain_probabilities_stay_finite(beats):
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
    probabilities = random_probabilities(count)
    agreed = agree_on_ventricular(probabilities, first_beats(beats, count))
    assert agreed.shape == probabilities.shape
    assert_allclose(agreed.sum(axis=1), 1)
    # Up to sixteen beats are all neighbours of each other; a single one has none.
    own = probabilities[:, V]
    others = [own[np.arange(count) != k].mean() if count > 1 else own[k] for k in range(count)]
    if count <= 16:
        assert_allclose(agreed[:, V], (own + others) / 2)


def test_a_beat_is_not_its_own_neighbour(beats):
    points, candidates = beats.scaled_qrs, np.arange(len(beats))
    nearest = alike_beats._nearest(points, candidates)
    assert nearest.shape == (len(beats), ALIKE.nearest)
    assert not (nearest == candidates[:, None]).any()
    for k in (0, 700, len(beats) - 1):
        apart = np.square(points - points[k]).sum(axis=1)
        apart[k] = np.inf
        assert set(nearest[k]) == set(np.argsort(apart)[:15])


@pytest.mark.parametrize("size", [1000, 7 * 50, 1987])
def test_comparing_a_few_at_a_time_changes_nothing(beats, size, monkeypatch):
    probabilities = random_probabilities(len(beats))
    whole = agree_on_ventricular(probabilities, beats)
    monkeypatch.setattr(alike_beats, "BATCH_SIZE", size)
    assert_allclose(agree_on_ventricular(probabilities, beats), whole, atol=1e-3)


def test_comparing_with_some_beats_of_a_long_recording_changes_little(beats, certain, monkeypatch):
    certain = certain.copy()
    mistaken = np.flatnonzero(beats.aami_class == V)[5::9]
    certain[mistaken] = [0.85, 0.05, 0.05, 0.05]
    whole = agree_on_ventricular(certain, beats)
    monkeypatch.setitem(vars(ALIKE), "most_compared", 600)
    fewer = agree_on_ventricular(certain, beats)
    assert not np.array_equal(fewer, whole)
    assert np.abs(fewer - whole).mean() < 0.02
    assert_array_equal(fewer[:, V] > 0.25, beats.aami_class == V)


@pytest.mark.parametrize("setting", list(all_settings(ALIKE)), ids=lambda setting: setting.name)
def test_each_number_changes_probabilities(beats, setting, monkeypatch):
    probabilities = random_probabilities(len(beats))
    before = agree_on_ventricular(probabilities, beats)
    # The recording has fewer beats than are compared at most.
    setting.change(monkeypatch, {"most_compared": 600}.get(setting.name))
    assert not np.array_equal(agree_on_ventricular(probabilities, beats), before)


def test_setting_the_probability_of_v():
    probabilities = np.array([[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 1.0, 0.0], [0.2, 0.2, 0.2, 0.4]])
    made = with_ventricular(probabilities, np.array([0.7, 1.0, 0.0]))
    assert_allclose(made[0], [0.2, 0.1, 0.7, 0.0])
    assert_allclose(made[1], probabilities[1])
    assert_allclose(made[2], [0.25, 0.25, 0.0, 0.5])
