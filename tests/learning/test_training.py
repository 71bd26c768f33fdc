"""Training on real beats of a few records: repeatable, learning, and as documented."""

from contextlib import contextmanager

import numpy as np
import pytest
from sklearn.base import clone

from ecgutils.beats.cache import load_beats
from ecgutils.learning import training
from ecgutils.learning.keras_backend import import_keras
from ecgutils.learning.networks import paper_cnn, small_cnn
from ecgutils.learning.recipes import PAPER_RECIPE
from ecgutils.learning.training import (
    FAST,
    PAPER,
    TRIAL,
    NetworkClassifier,
    Schedule,
    learning_rates,
)

pytestmark = pytest.mark.slow

TRAINED_ON = 4000
GLANCE = Schedule(epochs=1, batch_size=100)


@pytest.fixture(scope="module")
def beats():
    return load_beats(["208", "209"])


@pytest.fixture(scope="module")
def rows(beats):
    return PAPER_RECIPE.features(beats)


@pytest.fixture(scope="module")
def trained(rows, beats):
    classifier = NetworkClassifier(TRIAL, seed=3)
    return classifier.fit(rows[:TRAINED_ON], beats.aami_class[:TRAINED_ON])


def a_layer(features, classes):
    """The smallest network there is."""
    layers = import_keras().layers
    return import_keras().Sequential(
        [layers.Input((features,)), layers.Dense(classes, activation="softmax")]
    )


def a_short_cnn(features, classes):
    return small_cnn(features, classes, coefficients=features, channels=1)


def test_the_papers_schedule():
    assert Schedule(epochs=50, batch_size=20, learning_rate=1e-3, cosine=False) == PAPER


def test_a_trained_network_knows_most_beats_of_its_patients(rows, beats, trained):
    accuracy = trained.score(rows[TRAINED_ON:], beats.aami_class[TRAINED_ON:])
    always_n = np.mean(beats.aami_class[TRAINED_ON:] == 0)
    assert accuracy > always_n + 0.02


def test_probabilities_add_up_to_one(rows, trained):
    probabilities = trained.predict_proba(rows[:50])
    assert probabilities.shape == (50, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(trained.predict(rows[:50]), probabilities.argmax(axis=1))


@pytest.mark.parametrize("build", [pytest.param(paper_cnn, marks=pytest.mark.slow), a_short_cnn])
def test_the_same_seed_trains_the_same_network_and_another_seed_another(rows, beats, build):
    first = NetworkClassifier(GLANCE, seed=3, build=build).fit(rows[:300], beats.aami_class[:300])
    again = clone(first).fit(rows[:300], beats.aami_class[:300])
    other = clone(first).set_params(seed=4).fit(rows[:300], beats.aami_class[:300])
    probabilities = [
        classifier.network_(rows[:100]).numpy() for classifier in (first, again, other)
    ]
    np.testing.assert_array_equal(probabilities[0], probabilities[1])
    assert not np.array_equal(probabilities[0], probabilities[2])


def test_history_has_an_entry_an_epoch(trained):
    assert set(trained.history_) >= {"loss", "accuracy", "seconds"}
    assert all(len(column) == TRIAL.epochs for column in trained.history_.values())
    assert np.all(np.diff(trained.history_["seconds"]) > 0)


def test_a_class_missing_from_the_training_keeps_its_column(rows, beats):
    without_f = np.flatnonzero(beats.aami_class != 3)[:300]
    for balanced in (False, True):
        network = NetworkClassifier(GLANCE, seed=1, build=a_layer, balanced=balanced)
        network.fit(rows[without_f], beats.aami_class[without_f])
        assert network.predict_proba(rows[:10]).shape == (10, 5)


# Rare classes that weigh more


@pytest.mark.parametrize(("balanced", "expected"), [(False, [0.9, 0.1]), (True, [0.5, 0.5])])
def test_who_knows_nothing_guesses_the_frequencies_or_if_balanced_each_class(balanced, expected):
    classes = np.repeat([0, 3], [900, 100]).astype(np.int8)
    nothing = np.zeros((1000, 1), dtype=np.float32)
    schedule = Schedule(epochs=3, batch_size=10, learning_rate=0.05)
    network = NetworkClassifier(schedule, seed=1, build=a_layer, balanced=balanced)
    probabilities = network.fit(nothing, classes).predict_proba(nothing[:1])
    np.testing.assert_allclose(probabilities[0, [0, 3]], expected, atol=0.07)


# Probabilities in the place of classes


def test_the_probabilities_of_a_teacher_are_learnt():
    nothing = np.zeros((1000, 1), dtype=np.float32)
    taught = np.tile(np.float32([0.6, 0.1, 0.1, 0.0, 0.2]), (1000, 1))
    schedule = Schedule(epochs=3, batch_size=10, learning_rate=0.05)
    student = NetworkClassifier(schedule, seed=1, build=a_layer).fit(nothing, taught)
    np.testing.assert_allclose(student.predict_proba(nothing[:1]), taught[:1], atol=0.02)


# The best epoch


class Weights:
    """Stands for a network: its weights are the number of the epoch that has ended."""

    stop_training = False
    weights = 0

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 6),
        ([0.1, 0.2, 0.3, 0.6, 0.5, 0.4], 4),
        ([0.9, 0.9, 0.9, 0.5, 0.7, 0.6], 5),  # the first half is not looked at
        ([0.9, 0.1, 0.1, 0.1, 0.7, 0.7], 5),  # the first of equals
        ([0.9, 0.5, 0.6, 0.8, 0.7], 4),
        ([0.9, 0.8, 0.7, 0.6, 0.5], 3),  # the third of five begins the second half
        ([0.3, 0.2], 2),
        ([0.3], 1),
    ],
)
def test_best_epoch_of_the_second_half_is_kept_and_none_is_left_out(accuracies, best):
    schedule = Schedule(epochs=len(accuracies), batch_size=1, keep_best=True)
    (callback,) = training._best_epoch(schedule)
    network = Weights()
    callback.set_model(network)
    callback.on_train_begin()
    for epoch, accuracy in enumerate(accuracies):
        network.weights = epoch + 1
        callback.on_epoch_end(epoch, {"val_accuracy": accuracy, "accuracy": 1 - accuracy})
        assert not network.stop_training
    callback.on_train_end()
    assert network.weights == best


def test_last_epoch_is_kept_where_nothing_else_is_asked_for():
    assert training._best_epoch(FAST) == []
    assert not PAPER.keep_best


def test_a_network_is_left_with_the_weights_of_its_best_epoch():
    random = np.random.default_rng(0)
    # Nothing to be learnt, at a high rate: validation accuracy goes up and down.
    rows = random.normal(size=(600, 8)).astype(np.float32)
    classes = random.integers(0, 5, size=600).astype(np.int8)
    validation = rows[:400], classes[:400]
    schedule = Schedule(epochs=6, batch_size=20, learning_rate=0.3, keep_best=True)
    network = NetworkClassifier(schedule, seed=2, build=a_layer)
    network.fit(rows[400:], classes[400:], validation_data=validation)
    accuracies = network.history_["val_accuracy"]
    assert len(accuracies) == 6
    assert accuracies[-1] < max(accuracies[3:]) - 0.005
    assert network.score(*validation) == pytest.approx(max(accuracies[3:]), abs=1e-6)


# The learning rate


def test_rate_rises_then_falls_to_zero():
    rates = learning_rates(FAST, 10_000)
    assert rates.iloc[0] == 0
    assert rates.max() == pytest.approx(FAST.learning_rate, rel=0.01)
    assert rates.idxmax() == pytest.approx(FAST.warmup_epochs, abs=0.1)
    assert rates.iloc[-1] < FAST.learning_rate / 1000
    after = rates[rates.index > FAST.warmup_epochs + 0.1]
    assert after.is_monotonic_decreasing


def test_the_papers_rate_is_constant():
    assert set(learning_rates(PAPER, 1000)) == {PAPER.learning_rate}


# Beats that count less, and weights that shrink


def test_beats_of_weight_0_do_not_matter(rows, beats):
    kept = np.arange(300) % 3 > 0
    classes = beats.aami_class[:300]
    probabilities = []
    for wrong in (classes, np.where(kept, classes, 4 - classes)):
        network = NetworkClassifier(GLANCE, seed=1, build=a_layer)
        network.fit(rows[:300], wrong.astype(np.int8), sample_weight=kept.astype(float))
        probabilities.append(network.predict_proba(rows[:50]))
    np.testing.assert_array_equal(*probabilities)
    unweighted = NetworkClassifier(GLANCE, seed=1, build=a_layer).fit(rows[:300], classes)
    assert not np.array_equal(unweighted.predict_proba(rows[:50]), probabilities[0])


def test_weights_decay_and_biases_do_not():
    nothing, classes = np.zeros((100, 4), dtype=np.float32), np.zeros(100, dtype=np.int8)
    kept = {}
    for decay in (0.0, 0.5):
        schedule = Schedule(epochs=3, batch_size=10, learning_rate=0.01, weight_decay=decay)
        network = NetworkClassifier(schedule, seed=1, build=a_layer).fit(nothing, classes)
        kept[decay] = network.network_.get_weights()
    (weights, biases), (decayed, same_biases) = kept[0.0], kept[0.5]
    # Without anything to learn from, each of 30 steps takes away 0.01 times 0.5 of a weight.
    np.testing.assert_allclose(decayed, weights * (1 - 0.005) ** 30, rtol=1e-3)
    np.testing.assert_allclose(same_biases, biases, rtol=1e-4)
    assert np.abs(biases).min() > 0.1


def test_each_epoch_is_told_to_whoever_waits(rows, beats, monkeypatch):
    told = []

    @contextmanager
    def shown(total, unit):
        yield lambda done, words: told.append((done, total, unit, words.split()[:-1]))

    monkeypatch.setattr(training, "progress_shown", shown)
    two = Schedule(epochs=2, batch_size=100)
    NetworkClassifier(two).fit(rows[:200], beats.aami_class[:200])
    assert told == [(1, 2, "epoch", ["accuracy"]), (2, 2, "epoch", ["accuracy"])]
