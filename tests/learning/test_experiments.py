"""The protocol as a whole: nothing leaks, results are stored whole or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils.aami import CLASSES
from ecgutils.beats.cache import load_beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.learning import experiments, recipes
from ecgutils.learning.keras_backend import import_keras
from ecgutils.learning.oversampling import shifted_copies
from ecgutils.learning.recipes import OURS, Recipe
from ecgutils.learning.splits import random_split
from ecgutils.learning.training import TRIAL, NetworkClassifier, Schedule

pytestmark = pytest.mark.slow

TARGETS = {"F": 500, "S": 600}
"""In place of the paper's thousands of beats, of which little more would be learnt here."""

TRIED = replace(OURS, schedule=TRIAL)
PLAIN = Recipe(network="small", level=3)
"""For where nothing is learnt."""


@pytest.fixture(scope="module")
def beats():
    return load_beats(["208", "209"], cut=OURS.cut)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("store") / "experiments"
        patch.setattr(experiments, "EXPERIMENTS_DIR", folder)
        for module in (experiments, recipes):
            patch.setattr(module, "PAPER_TARGETS", TARGETS)
        yield folder


def learn_nothing(self, rows, classes, validation_data):  # noqa: ARG001
    """Stands for a training: the network stays as it was built."""
    self.network_ = self.build(rows.shape[1], len(CLASSES))
    self.history_ = {"accuracy": [0.5], "seconds": [0.1]}
    return self


def run_and_watch(beats, recipe, fit=NetworkClassifier.fit):
    """Run an experiment; return it with the rows and classes that its network was given."""
    given = {}

    def watch(self, rows, classes, validation_data):
        given.update(train=(rows, classes), validation=validation_data)
        return fit(self, rows, classes, validation_data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NetworkClassifier, "fit", watch)
        return experiments.intra_patient(beats, recipe, seed=1), given


@pytest.fixture(scope="module")
def watched(beats, store):
    finished, given = run_and_watch(beats, TRIED)
    assert [path.name for path in store.iterdir()] == [finished.model_path.parent.name]
    return finished, given


@pytest.fixture(scope="module")
def experiment(watched):
    return watched[0]


def rows_of(array):
    return {row.tobytes() for row in array}


def test_an_experiment_tests_the_beats_that_were_held_out(beats, experiment):
    split = experiment.split
    assert experiment.probabilities.shape == (len(split.test), len(CLASSES))
    np.testing.assert_array_equal(experiment.reference, beats.aami_class[split.test])
    assert len(experiment.history) == TRIAL.epochs
    figures = experiments.figures_of(experiment)
    right = experiment.predicted == beats.aami_class[split.test]
    assert figures["accuracy"] == pytest.approx(100 * right.mean())
    assert figures["train_seconds"] == experiment.history["seconds"].iloc[-1]


def test_our_method_soon_knows_most_beats_that_were_held_out(experiment):
    right = experiment.predicted == experiment.reference
    # Calling them all N would be right for 70 %.
    assert np.mean(experiment.reference == 0) < 0.75
    assert right.mean() > 0.9


def test_the_stored_network_is_the_one_that_was_tested(beats, experiment):
    network = import_keras().saving.load_model(experiment.model_path, safe_mode=True)
    tested = TRIED.features(beats)[experiment.split.test]
    np.testing.assert_allclose(
        network.predict(tested, verbose=0), experiment.probabilities, atol=1e-5
    )


def test_a_finished_experiment_is_read_not_repeated(beats, experiment, monkeypatch):
    monkeypatch.setattr(NetworkClassifier, "fit", None)
    again = experiments.intra_patient(beats, TRIED, seed=1)
    np.testing.assert_array_equal(again.probabilities, experiment.probabilities)
    np.testing.assert_array_equal(again.reference, experiment.reference)
    with pytest.raises(TypeError):
        experiments.intra_patient(beats, TRIED, seed=2)


def test_only_training_beats_are_fitted_and_only_real_ones_validate(beats, watched):
    (experiment, given), rows = watched, TRIED.features(beats)
    split, (fitted, classes) = experiment.split, given["train"]
    np.testing.assert_array_equal(given["validation"][0], rows[split.validation])
    np.testing.assert_array_equal(given["validation"][1], beats.aami_class[split.validation])
    np.testing.assert_array_equal(fitted[: len(split.train)], rows[split.train])
    np.testing.assert_array_equal(classes[: len(split.train)], beats.aami_class[split.train])
    held_out = np.append(split.test, split.validation)
    assert not rows_of(rows[held_out]) & rows_of(fitted)


def test_training_meets_real_then_synthetic_beats_then_both_shifted(beats, watched):
    (experiment, given), rows = watched, TRIED.features(beats)
    fitted, classes = given["train"]
    unmoved = len(fitted) // 3
    assert len(fitted) == 3 * unmoved
    counts = np.bincount(classes[:unmoved], minlength=len(CLASSES))
    real = np.bincount(beats.aami_class[experiment.split.train], minlength=len(CLASSES))
    assert counts.tolist() == [real[0], TARGETS["S"], real[2], TARGETS["F"], real[4]]
    # Level 2 keeps every fourth of 360 samples a second, so a copy moves by one coefficient.
    moved = shifted_copies(*TRIED.shape(beats), 1).fit_resample(fitted[:unmoved], classes[:unmoved])
    np.testing.assert_array_equal(fitted, moved[0])
    np.testing.assert_array_equal(classes, moved[1])
    shifted = {*rows_of(moved[0][unmoved:])}
    held_out = np.append(experiment.split.test, experiment.split.validation)
    of_held_out = shifted_copies(*TRIED.shape(beats), 1).fit_resample(
        rows[held_out], beats.aami_class[held_out]
    )[0]
    assert not rows_of(of_held_out) & shifted


@pytest.mark.usefixtures("store")
def test_smote_before_the_split_tests_synthetic_rows_after_the_real_ones(beats):
    recipe = replace(PLAIN, balance="before split")
    experiment, given = run_and_watch(beats, recipe, learn_nothing)
    rows, split = recipe.features(beats), experiment.split
    real = np.bincount(beats.aami_class, minlength=len(CLASSES))
    made = sum(TARGETS.values()) - real[1] - real[3]
    assert len(experiment.reference) == len(split.test) + round(0.1 * made)
    assert len(experiment.probabilities) == len(experiment.reference)
    of_test = beats.aami_class[split.test]
    np.testing.assert_array_equal(experiment.reference[: len(split.test)], of_test)
    assert set(experiment.reference[len(split.test) :]) == {1, 3}
    assert len(given["train"][0]) == len(split.train) + made - round(0.1 * made)
    np.testing.assert_array_equal(given["validation"][0], rows[split.validation])


def test_an_interrupted_training_leaves_nothing_behind(beats, store, experiment, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    before = set(store.iterdir())
    monkeypatch.setattr(NetworkClassifier, "fit", learn_nothing)
    monkeypatch.setattr(NetworkClassifier, "predict_proba", stop)
    with pytest.raises(KeyboardInterrupt):
        experiments.intra_patient(beats, PLAIN, seed=2)
    assert set(store.iterdir()) == before
    assert experiment.model_path.exists()


def test_of_two_processes_that_train_the_same_the_first_one_counts(beats, experiment, monkeypatch):
    """The other one had begun before the experiment was there."""
    folder, train = experiment.model_path.parent, experiments._train
    away = folder.rename(folder.with_name("away"))

    def overtaken(*arguments):
        away.rename(folder)
        train(*arguments)

    monkeypatch.setattr(experiments, "_train", overtaken)
    again = experiments.intra_patient(beats, TRIED, seed=1)
    np.testing.assert_array_equal(again.probabilities, experiment.probabilities)
    assert not list(folder.parent.glob(f".{folder.name}-*"))


def test_what_a_killed_training_left_is_not_taken_for_a_result(beats, experiment, monkeypatch):
    folder = experiment.model_path.parent
    # What a kill leaves: the folder under its temporary name, never renamed.
    left = folder.rename(folder.with_name(f".{folder.name}-killed"))
    monkeypatch.setattr(NetworkClassifier, "fit", None)
    try:
        with pytest.raises(TypeError):
            experiments.intra_patient(beats, TRIED, seed=1)
    finally:
        left.rename(folder)


def key(beats, split=None, recipe=TRIED, seed=1):
    split = split or random_split(len(beats), seed=1)
    return experiments._key(beats, split, recipe, seed)


@pytest.mark.parametrize(
    "recipe",
    [
        replace(TRIED, schedule=Schedule(1, 20)),
        replace(TRIED, schedule=replace(TRIAL, keep_best=True)),
        replace(TRIED, wavelet="haar"),
        replace(TRIED, level=1),
        replace(TRIED, against_median=False),
        replace(TRIED, rhythm=False),
        replace(TRIED, balance="none"),
        replace(TRIED, shifts=False),
        replace(TRIED, network="paper"),
    ],
)
def test_another_key_for_another_recipe(recipe, beats):
    assert key(beats, recipe=recipe) != key(beats)


def test_the_same_key_for_the_same(beats):
    again = replace(OURS, cut=RCentred(), schedule=replace(TRIAL))
    assert key(beats[:], recipe=again) == key(beats)


@pytest.mark.parametrize("field", ["windows", "aami_class", "rr"])
def test_another_key_for_other_beats(field, beats):
    changed = getattr(beats, field).copy()
    changed[5] += 1
    assert key(replace(beats, **{field: changed})) != key(beats)


@pytest.mark.parametrize("part", ["train", "validation", "test"])
def test_another_key_for_another_split(part, beats):
    split = random_split(len(beats), seed=1)
    other = replace(split, **{part: getattr(split, part)[::-1]})
    assert key(beats, split=other) != key(beats)


def test_another_key_for_another_seed_and_other_code(beats, monkeypatch):
    before = key(beats)
    assert key(beats, seed=2) != before
    monkeypatch.setattr(experiments, "ROOMS", experiments.ROOMS[:-1])
    assert key(beats) != before


def test_surest_errors_are_errors_and_surest_first(beats, experiment):
    errors = experiments.surest_errors(experiment, beats, count=5)
    assert len(errors) == 5
    assert (errors.true != errors.called).all()
    assert errors.probability.is_monotonic_decreasing
    for row in errors.itertuples():
        beat = (beats.record == row.record) & (beats.sample == row.sample)
        assert CLASSES[beats.aami_class[beat][0]] == row.true
