"""Training on real beats of a few records: repeatable, learning, and as documented."""

import numpy as np
import pytest
from sklearn.base import clone

from ecgutils.beats import load_beats
from ecgutils.experiments import features
from ecgutils.models import paper_cnn
from ecgutils.training import FAST, PAPER, TRIAL, NetworkClassifier, Schedule, learning_rates


@pytest.fixture(scope="module")
def beats():
    return load_beats(["208", "209"])


@pytest.fixture(scope="module")
def trained(beats):
    rows = slice(0, 4000)
    return NetworkClassifier(TRIAL, seed=3).fit(features(beats)[rows], beats.aami_class[rows])


def test_the_network_is_the_papers():
    network = paper_cnn(141, 5)
    assert network.count_params() == 54_735
    convolutions = [layer for layer in network.layers if "conv1d" in layer.name]
    assert [(c.filters, c.kernel_size, c.strides) for c in convolutions] == [
        (100, (5,), (2,)),
        (90, (5,), (2,)),
    ]
    assert network.output_shape == (None, 5)


def test_the_papers_schedule():
    assert Schedule(epochs=50, batch_size=20, learning_rate=1e-3, cosine=False) == PAPER


def test_a_trained_network_knows_most_beats_of_its_patients(beats, trained):
    rest = slice(4000, None)
    accuracy = trained.score(features(beats)[rest], beats.aami_class[rest])
    always_n = np.mean(beats.aami_class[rest] == 0)
    assert accuracy > always_n + 0.02


def test_probabilities_add_up_to_one(beats, trained):
    probabilities = trained.predict_proba(features(beats)[:50])
    assert probabilities.shape == (50, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(
        trained.predict(features(beats)[:50]), probabilities.argmax(axis=1)
    )


def test_the_same_seed_trains_the_same_network_and_another_seed_another(beats, trained):
    rows = slice(0, 4000)
    inputs, classes = features(beats)[rows], beats.aami_class[rows]
    again = clone(trained).fit(inputs, classes)
    other = NetworkClassifier(TRIAL, seed=4).fit(inputs, classes)
    asked = inputs[:100]
    np.testing.assert_array_equal(again.predict_proba(asked), trained.predict_proba(asked))
    assert not np.array_equal(other.predict_proba(asked), trained.predict_proba(asked))


def test_history_has_an_entry_an_epoch(trained):
    assert set(trained.history_) >= {"loss", "accuracy", "seconds"}
    assert all(len(column) == TRIAL.epochs for column in trained.history_.values())
    assert np.all(np.diff(trained.history_["seconds"]) > 0)


def test_a_class_missing_from_the_training_keeps_its_column(beats):
    without_f = beats.aami_class != 3
    inputs, classes = features(beats)[without_f][:1000], beats.aami_class[without_f][:1000]
    network = NetworkClassifier(TRIAL, seed=1).fit(inputs, classes)
    assert network.predict_proba(inputs[:10]).shape == (10, 5)


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
