"""The protocol as a whole: nothing leaks, results are stored whole or not at all."""

import numpy as np
import pytest

from ecgutils import experiments
from ecgutils.aami import CLASSES
from ecgutils.backend import import_keras
from ecgutils.beats import load_beats
from ecgutils.training import TRIAL, NetworkClassifier


@pytest.fixture(scope="module")
def beats():
    return load_beats(["208", "209"])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("store") / "experiments"
        patch.setattr(experiments, "EXPERIMENTS_DIR", folder)
        yield folder


@pytest.fixture(scope="module")
def fitted():
    """What the network was given, filled in by the fixture `experiment`."""
    return {}


@pytest.fixture(scope="module")
def experiment(beats, store, fitted):
    fit = NetworkClassifier.fit

    def watch(self, inputs, classes, validation_data):
        fitted.update(train=inputs, validation=validation_data[0])
        return fit(self, inputs, classes, validation_data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NetworkClassifier, "fit", watch)
        finished = experiments.intra_patient(beats, TRIAL, seed=1)
    assert [path.name for path in store.iterdir()] == [finished.model_path.parent.name]
    return finished


def test_an_experiment_tests_the_beats_that_were_held_out(beats, experiment):
    split = experiment.split
    assert experiment.probabilities.shape == (len(split.test), len(CLASSES))
    assert len(experiment.history) == TRIAL.epochs
    figures = experiments.figures_of(experiment, beats)
    right = experiment.predicted == beats.aami_class[split.test]
    assert figures["accuracy"] == pytest.approx(100 * right.mean())
    assert figures["train_seconds"] == experiment.history["seconds"].iloc[-1]


def test_the_stored_network_is_the_one_that_was_tested(beats, experiment):
    network = import_keras().saving.load_model(experiment.model_path, safe_mode=True)
    tested = experiments.features(beats)[experiment.split.test]
    np.testing.assert_allclose(
        network.predict(tested, verbose=0), experiment.probabilities, atol=1e-5
    )


def test_a_finished_experiment_is_read_not_repeated(beats, experiment, monkeypatch):
    monkeypatch.setattr(NetworkClassifier, "fit", None)
    again = experiments.intra_patient(beats, TRIAL, seed=1)
    np.testing.assert_array_equal(again.probabilities, experiment.probabilities)
    with pytest.raises(TypeError):
        experiments.intra_patient(beats, TRIAL, seed=2)


def test_only_training_beats_are_fitted_and_only_real_ones_validate(beats, experiment, fitted):
    split, inputs = experiment.split, experiments.features(beats)
    np.testing.assert_array_equal(fitted["validation"], inputs[split.validation])
    np.testing.assert_array_equal(fitted["train"][: len(split.train)], inputs[split.train])
    assert len(fitted["train"]) > len(split.train)
    tested = {row.tobytes() for row in inputs[split.test]}
    made = {row.tobytes() for row in fitted["train"][len(split.train) :]}
    assert not tested & made


def test_an_interrupted_training_leaves_nothing_behind(beats, store, experiment, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    before = set(store.iterdir())
    monkeypatch.setattr(NetworkClassifier, "predict_proba", stop)
    with pytest.raises(KeyboardInterrupt):
        experiments.intra_patient(beats, TRIAL, seed=2)
    assert set(store.iterdir()) == before
    assert experiment.model_path.exists()


def test_what_a_killed_training_left_is_not_taken_for_a_result(beats, experiment):
    folder = experiment.model_path.parent
    # What a kill leaves: the folder under its temporary name, never renamed.
    folder.rename(folder.with_name(f".{folder.name}-killed"))
    again = experiments.intra_patient(beats, TRIAL, seed=1)
    np.testing.assert_array_equal(again.probabilities, experiment.probabilities)


@pytest.mark.parametrize("changed", ["schedule", "seed", "beats", "code"])
def test_another_key_for_other(changed, beats, monkeypatch):
    key = experiments._key(beats, TRIAL, 1)
    if changed == "schedule":
        assert experiments._key(beats, experiments.Schedule(1, 20), 1) != key
    elif changed == "seed":
        assert experiments._key(beats, TRIAL, 2) != key
    elif changed == "beats":
        assert experiments._key(beats[:-1], TRIAL, 1) != key
    else:
        monkeypatch.setattr(experiments, "CODE", experiments.CODE[:-1])
        assert experiments._key(beats, TRIAL, 1) != key


def test_surest_errors_are_errors_and_surest_first(beats, experiment):
    errors = experiments.surest_errors(experiment, beats, count=5)
    assert (errors.true != errors.called).all()
    assert errors.probability.is_monotonic_decreasing
    for row in errors.itertuples():
        beat = (beats.record == row.record) & (beats.sample == row.sample)
        assert CLASSES[beats.aami_class[beat][0]] == row.true
