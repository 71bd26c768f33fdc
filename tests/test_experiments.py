"""The protocol as a whole: nothing leaks, results are stored whole or not at all."""

import numpy as np
import pytest

from ecgutils import experiments
from ecgutils.aami import CLASSES
from ecgutils.beats import load_beats
from ecgutils.training import TRIAL, NetworkClassifier


@pytest.fixture(scope="module")
def beats():
    return load_beats(["208", "209"])


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(experiments, "EXPERIMENTS_DIR", tmp_path / "experiments")
    return tmp_path / "experiments"


def test_an_experiment_tests_the_beats_that_were_held_out(beats):
    experiment = experiments.intra_patient(beats, TRIAL, seed=1)
    split = experiment.split
    assert experiment.probabilities.shape == (len(split.test), len(CLASSES))
    assert len(experiment.history) == TRIAL.epochs
    figures = experiments.figures_of(experiment, beats)
    right = experiment.predicted == beats.aami_class[split.test]
    assert figures["accuracy"] == pytest.approx(100 * right.mean())
    assert figures["train_seconds"] == experiment.history["seconds"].iloc[-1]
    assert experiment.model_path.exists()


def test_a_finished_experiment_is_read_not_repeated(beats, monkeypatch):
    first = experiments.intra_patient(beats, TRIAL, seed=1)
    monkeypatch.setattr(NetworkClassifier, "fit", None)
    again = experiments.intra_patient(beats, TRIAL, seed=1)
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    with pytest.raises(TypeError):
        experiments.intra_patient(beats, TRIAL, seed=2)


def test_only_training_beats_are_fitted_and_only_real_ones_validate(beats, monkeypatch):
    seen = {}
    fit = NetworkClassifier.fit

    def watch(self, inputs, classes, validation_data):
        seen.update(train=inputs, validation=validation_data[0])
        return fit(self, inputs, classes, validation_data)

    monkeypatch.setattr(NetworkClassifier, "fit", watch)
    split = experiments.intra_patient(beats, TRIAL, seed=1).split
    inputs = experiments.features(beats)
    np.testing.assert_array_equal(seen["validation"], inputs[split.validation])
    np.testing.assert_array_equal(seen["train"][: len(split.train)], inputs[split.train])
    assert len(seen["train"]) > len(split.train)
    tested = {row.tobytes() for row in inputs[split.test]}
    made = {row.tobytes() for row in seen["train"][len(split.train) :]}
    assert not tested & made


def test_an_interrupted_training_leaves_nothing_that_is_read(beats, store, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(NetworkClassifier, "predict_proba", stop)
    with pytest.raises(KeyboardInterrupt):
        experiments.intra_patient(beats, TRIAL, seed=1)
    assert list(store.iterdir()) == []


def test_what_a_killed_training_left_is_not_taken_for_a_result(beats):
    finished = experiments.intra_patient(beats, TRIAL, seed=1)
    folder = finished.model_path.parent
    folder.rename(folder.with_name(f".{folder.name}-killed"))
    again = experiments.intra_patient(beats, TRIAL, seed=1)
    np.testing.assert_array_equal(again.probabilities, finished.probabilities)


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


def test_surest_errors_are_errors_and_surest_first(beats):
    experiment = experiments.intra_patient(beats, TRIAL, seed=1)
    errors = experiments.surest_errors(experiment, beats, count=5)
    assert (errors.true != errors.called).all()
    assert errors.probability.is_monotonic_decreasing
    for row in errors.itertuples():
        beat = (beats.record == row.record) & (beats.sample == row.sample)
        assert CLASSES[beats.aami_class[beat][0]] == row.true
