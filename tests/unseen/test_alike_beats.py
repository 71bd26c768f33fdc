"""Beats that look alike agree on V, and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import database
from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import aligned_beats
from ecgutils.unseen.alike_beats import (
    ALIKE,
    agree_on_ventricular,
    alike_groups,
    with_ventricular,
)
from tests.helpers.changed_settings import all_settings

N, V = CLASSES.index("N"), CLASSES.index("V")


@pytest.fixture(scope="module")
def beats():
    """Bigeminy: V beats of one origin among N beats."""
    return aligned_beats(database.read("119"))


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


def test_a_beat_unlike_its_neighbours_moves_towards_them(beats, certain):
    mistaken = np.flatnonzero(beats.aami_class == V)[20]
    taken_for_v = np.flatnonzero(beats.aami_class == N)[300]
    certain = certain.copy()
    certain[mistaken] = [0.85, 0.05, 0.05, 0.05]
    certain[taken_for_v] = [0.05, 0.05, 0.85, 0.05]
    agreed = agree_on_ventricular(certain, beats)
    assert agreed[mistaken, V] == pytest.approx(0.7 * 0.05 + 0.3 * 0.85, abs=0.01)
    assert agreed[taken_for_v, V] == pytest.approx(0.7 * 0.85 + 0.3 * 0.05, abs=0.01)


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


@pytest.mark.parametrize("count", [1, 2, 3, 15])
def test_recordings_of_few_beats(beats, count):
    probabilities = random_probabilities(count)
    agreed = agree_on_ventricular(probabilities, first_beats(beats, count))
    assert agreed.shape == probabilities.shape
    assert_allclose(agreed.sum(axis=1), 1)
    if count == 1:
        assert_allclose(agreed, probabilities)


def test_beats_of_two_origins_are_in_different_groups(beats):
    """In bigeminy, where annotators agree about every beat."""
    group = alike_groups(beats.scaled_qrs)
    kinds, counts = np.unique(group, return_counts=True)
    assert len(kinds) <= 5
    assert counts.max() > 1000
    for kind in kinds:
        assert len(set(beats.aami_class[group == kind])) == 1


def test_clouds_of_points_are_told_apart():
    random = np.random.default_rng(1)
    centres = 10 * np.eye(5, 8)
    true = random.integers(5, size=4000)
    points = (centres[true] + random.normal(0, 0.5, (4000, 8))).astype(np.float32)
    group = alike_groups(points)
    assert len(np.unique(group)) == len(np.unique([*zip(group, true, strict=True)], axis=0)) == 5


def test_artefacts_without_end_do_not_make_groups_without_end():
    points = np.random.default_rng(1).normal(size=(3000, 30)).astype(np.float32)
    assert len(np.unique(alike_groups(points))) <= ALIKE.most_groups


@pytest.mark.parametrize("setting", list(all_settings(ALIKE)), ids=lambda setting: setting.name)
def test_each_number_changes_probabilities(beats, setting, monkeypatch):
    probabilities = random_probabilities(len(beats))
    before = agree_on_ventricular(probabilities, beats)
    # The recording has few kinds of beats.
    setting.change(monkeypatch, {"most_groups": 1, "looked_at": 3, "apart": 0.1}.get(setting.name))
    assert not np.array_equal(agree_on_ventricular(probabilities, beats), before)


def test_setting_the_probability_of_v():
    probabilities = np.array([[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 1.0, 0.0], [0.2, 0.2, 0.2, 0.4]])
    made = with_ventricular(probabilities, np.array([0.7, 1.0, 0.0]))
    assert_allclose(made[0], [0.2, 0.1, 0.7, 0.0])
    assert_allclose(made[1], probabilities[1])
    assert_allclose(made[2], [0.25, 0.25, 0.0, 0.5])
