"""The method for unseen patients: what it learns from, what it sees, and how good it is."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from ecgutils import database
from ecgutils.aami import CLASSES, DS1, DS2, LEARNT_CLASSES, is_beat
from ecgutils.beats.aligned import beats_on_grid
from ecgutils.beats.description import relative_features
from ecgutils.learning.training import Schedule
from ecgutils.unseen import classifier
from ecgutils.unseen.classifier import (
    MOST_BEATS,
    TrainingRows,
    UnseenMethod,
    UnseenPatientClassifier,
    training_rows,
)
from ecgutils.unseen.synthetic_rhythms import (
    in_fibrillation,
    in_sinus_arrhythmia,
    in_supraventricular_rhythm,
)
from ecgutils.unseen.waveform_vote import FS, centred
from tests.helpers.classified_records import first_seconds

pytestmark = pytest.mark.slow

N, S, V, F, Q = range(len(CLASSES))
TREES = UnseenMethod(networks=0, draws=1, rhythms=(in_sinus_arrhythmia,), waveform=False)
NETWORK = replace(TREES, networks=1)
boosted_trees = classifier.trees


@pytest.fixture(autouse=True)
def _one_tree(monkeypatch):
    """Learn in no time: one tree in place of the boosted ones."""
    monkeypatch.setattr(classifier, "trees", a_tree)


@pytest.fixture(scope="module")
def patients():
    return [beats_on_grid(database.read(name)) for name in ("208", "209", "223")]


@pytest.fixture(scope="module")
def unseen():
    return beats_on_grid(database.read("119"))


@pytest.fixture(scope="module")
def trees(patients):
    """Few of the boosted trees, for the rest with what the method consists of."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            classifier,
            "trees",
            lambda seed: boosted_trees(seed).set_params(max_iter=2, learning_rate=1),
        )
        return UnseenPatientClassifier(1, TREES).fit(patients)


@pytest.fixture
def glance(monkeypatch):
    """Shorten the training of the networks."""
    monkeypatch.setattr(
        classifier, "SCHEDULE", Schedule(epochs=1, batch_size=64, learning_rate=5e-3)
    )


def a_tree(seed):
    return DecisionTreeClassifier(max_depth=5, max_features=0.5, random_state=seed)


def only(patient, *classes):
    """Recording in which beats of other classes are called unclassifiable."""
    kept = np.isin(patient.aami_class, classes)
    return replace(patient, aami_class=np.where(kept, patient.aami_class, Q))


# It learns


def ventricular_f1(classifier, patient):
    probabilities = classifier.predict_proba(patient).argmax(axis=1)
    return f1_score(patient.aami_class == V, probabilities == V)


def test_trees_find_the_ventricular_beats_of_an_unseen_patient(trees, unseen):
    # Who calls every beat N has an F1 of 0, who calls every beat V one of 0.37.
    assert ventricular_f1(trees, unseen) > 0.9


@pytest.mark.usefixtures("glance")
def test_a_network_finds_them_too_and_the_same_seed_trains_the_same_one(patients, unseen):
    probabilities = []
    for seed in (1, 1, 2):
        (network,) = UnseenPatientClassifier(seed, NETWORK).fit(patients).networks_
        probabilities.append(network.predict_proba(relative_features(unseen).to_numpy()))
    assert f1_score(unseen.aami_class == V, probabilities[0].argmax(axis=1) == V) > 0.8
    assert_array_equal(probabilities[0], probabilities[1])
    assert not np.array_equal(probabilities[0], probabilities[2])


def test_the_same_seed_grows_the_same_trees_and_another_others(patients, unseen):
    probabilities = [
        UnseenPatientClassifier(seed, TREES).fit(patients).predict_proba(unseen)
        for seed in (1, 1, 2)
    ]
    assert_array_equal(probabilities[0], probabilities[1])
    assert not np.array_equal(probabilities[0], probabilities[2])
    assert [boosted_trees(seed).random_state for seed in (1, 2)] == [1, 2]


def test_probabilities_are_of_the_classes_that_can_be_learnt(trees, unseen):
    probabilities = trees.predict_proba(unseen)
    assert probabilities.shape == (len(unseen), 4)
    assert LEARNT_CLASSES == ("N", "S", "V", "F")
    assert probabilities.min() >= 0
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("lacking", [S, F])
def test_a_training_that_lacks_a_class(patients, unseen, lacking):
    occurring = [k for k in (N, S, V, F) if k != lacking]
    method = replace(TREES, rhythms=())
    few = [only(patient, *occurring) for patient in patients[:2]]
    classifier = UnseenPatientClassifier(1, method).fit(few)
    probabilities = classifier.predict_proba(unseen)
    assert probabilities.shape == (len(unseen), 4)
    assert_array_equal(probabilities[:, lacking], 0)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


# What it does not see


def test_the_classes_of_an_unseen_patient_are_not_looked_at(trees, unseen):
    marks = unseen.recording.annotations
    hidden_marks = replace(marks, symbol=np.where(is_beat(marks.symbol), "Q", marks.symbol))
    hidden = beats_on_grid(replace(unseen.recording, annotations=hidden_marks, name="999"))
    assert set(hidden.aami_class) == {Q}
    assert_array_equal(trees.predict_proba(hidden), trees.predict_proba(unseen))


def test_neither_gain_nor_polarity_nor_the_order_of_leads_decides(trees):
    record = first_seconds("119", 240)
    probabilities = trees.predict_proba(beats_on_grid(record))
    changed = replace(
        record, p_signal=-2 * record.p_signal[:, ::-1], sig_name=record.sig_name[::-1]
    )
    again = trees.predict_proba(beats_on_grid(changed))
    assert np.mean(np.abs(again - probabilities).max(axis=1) < 0.02) > 0.97
    assert_array_equal(again.argmax(axis=1), probabilities.argmax(axis=1))


def test_another_recorder_is_nearly_the_same_to_it(trees):
    record = first_seconds("119", 240)
    probabilities, again = (
        trees.predict_proba(beats_on_grid(r)) for r in (record, record.resampled(250.0))
    )
    assert np.mean(probabilities.argmax(axis=1) == again.argmax(axis=1)) > 0.98


def test_one_lead_and_few_beats(trees):
    record = first_seconds("119", 3)
    beats = beats_on_grid(record.only(["MLII"]))
    assert 1 <= len(beats) <= 4
    probabilities = trees.predict_proba(beats)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


# The voters


class Constant:
    """Stands for something trained, with the same probabilities always."""

    def __init__(self, *probabilities):
        self.probabilities = probabilities
        self.classes_ = np.arange(len(probabilities))

    def predict_proba(self, rows):
        return np.tile(self.probabilities, (len(rows), 1))

    def probability(self, beats):
        return np.full(len(beats), self.probabilities[V])


def voting(networks, trees, method):
    classifier = UnseenPatientClassifier(1, method)
    classifier.networks_, classifier.trees_ = networks, trees
    return classifier


NO_PRIOR = UnseenMethod(rhythms=(), waveform=False)


def test_all_networks_together_have_as_much_weight_as_the_trees(unseen):
    networks = [Constant(1, 0, 0, 0, 0), Constant(1, 0, 0, 0, 0), Constant(0, 1, 0, 0, 0)]
    probabilities = voting(networks, Constant(0, 0, 1, 0), NO_PRIOR).predict_proba(unseen)
    assert_allclose(probabilities, np.tile([1 / 3, 1 / 6, 1 / 2, 0], (len(unseen), 1)))


def test_the_probability_of_unclassifiable_beats_goes_to_the_others(unseen):
    probabilities = voting([], Constant(0.3, 0, 0.1, 0, 0.6), NO_PRIOR).predict_proba(unseen)
    assert_allclose(probabilities[0], [0.75, 0, 0.25, 0])


def test_s_is_rarer_than_synthetic_beats_make_believe(unseen):
    method = replace(NO_PRIOR, rhythms=(in_supraventricular_rhythm,))
    probabilities = voting([], Constant(0.5, 0.5), method).predict_proba(unseen)
    assert probabilities[0, S] / probabilities[0, N] == pytest.approx(
        classifier.RARER_THAN_SYNTHETIC
    )
    assert probabilities[0].sum() == pytest.approx(1)


def test_the_waveform_has_half_of_the_weight_for_v(unseen):
    classifier = voting([], Constant(0.6, 0.2, 0.2, 0), replace(NO_PRIOR, waveform=True))
    classifier.waveform_ = Constant(0, 0, 0.8)
    assert_allclose(classifier.predict_proba(unseen)[0], [0.375, 0.125, 0.5, 0])


def test_agreement_comes_last(unseen, monkeypatch):
    handed = []

    def note(probabilities, beats):
        handed.append((probabilities, beats))
        return "agreed"

    monkeypatch.setattr(classifier, "agree_on_ventricular", note)
    assert voting([], Constant(0.5, 0.5), NO_PRIOR).predict_proba(unseen) == "agreed"
    assert handed[0][1] is unseen
    assert_allclose(handed[0][0][0], [0.5, 0.5, 0, 0])


@pytest.mark.parametrize("waveform", [False, True])
def test_the_waveform_is_learnt_only_where_it_votes(patients, waveform, monkeypatch):
    learnt = []

    class Vote:
        def __init__(self, seed):
            self.seed = seed

        def fit(self, patients):
            learnt.append((self.seed, patients))

    monkeypatch.setattr(classifier, "VentricularVote", Vote)
    UnseenPatientClassifier(7, replace(TREES, rhythms=(), waveform=waveform)).fit(patients)
    assert learnt == ([(7, patients)] if waveform else [])


# What it learns from


def test_at_most_so_many_beats_of_a_class_in_each_rhythm(patients):
    method = replace(TREES, rhythms=(in_fibrillation, in_sinus_arrhythmia), draws=2)
    rows = training_rows(patients, method, seed=1)
    assert len(rows.features) == len(rows.classes) == len(rows.version)
    versions = {f"{patient.record} {k}" for patient in patients for k in range(5)}
    assert set(rows.version) == versions
    for patient in patients:
        counts = np.bincount(patient.aami_class, minlength=5)
        real = rows.classes[rows.version == f"{patient.record} 0"]
        expected = np.minimum(counts, MOST_BEATS)[:Q]
        assert_array_equal(np.bincount(real, minlength=4), expected)
    assert counts.max() > MOST_BEATS
    fibrillating = np.isin(rows.version, [f"{patient.record} 1" for patient in patients])
    assert S not in rows.classes[fibrillating]
    assert Q not in rows.classes


def test_a_rhythm_that_cannot_be_made_adds_no_beats_twice():
    fibrillation = beats_on_grid(database.read("203"))
    method = replace(TREES, rhythms=(in_supraventricular_rhythm,), draws=2)
    assert set(training_rows([fibrillation], method, seed=1).version) == {"203 0"}


def test_rows_are_features_of_their_beats(patients):
    rows = training_rows(patients, replace(TREES, rhythms=()), seed=1)
    whole = relative_features(patients[0])
    mine = rows.version == "208 0"
    known = {
        row.tobytes(): k for row, k in zip(whole.to_numpy(), patients[0].aami_class, strict=True)
    }
    assert [known[row.tobytes()] for row in rows.features[mine]] == rows.classes[mine].tolist()


@pytest.fixture(scope="module")
def rows():
    classes = np.repeat([N, N, S, V, V], [1000, 200, 30, 90, 10]).astype(np.int8)
    version = np.repeat(["a 0", "b 0", "a 0", "a 0", "b 0"], [1000, 200, 30, 90, 10])
    return TrainingRows(np.zeros((len(classes), 1)), classes, version)


@pytest.mark.parametrize("power", [0.0, 0.3, 0.5, 1.0])
def test_weights_are_one_on_average(rows, power):
    weights = rows.weights(power)
    assert weights.shape == (len(rows.classes),)
    assert weights.mean() == pytest.approx(1, rel=1e-5)
    assert weights.min() > 0


@pytest.mark.parametrize(("power", "expected"), [(0, [1200, 30, 100]), (1, [1, 1, 1])])
def test_weights_of_classes_as_they_are_or_all_alike(rows, power, expected):
    totals = np.bincount(rows.classes, rows.weights(power))[[N, S, V]]
    assert_allclose(totals / totals.sum(), np.array(expected) / np.sum(expected), rtol=1e-5)


def test_a_patient_with_many_beats_of_a_class_does_not_rule_it(rows):
    weights = rows.weights(1.0)
    in_a, in_b = ((rows.classes == V) & (rows.version == name) for name in ("a 0", "b 0"))
    assert weights[in_a].sum() / weights[in_b].sum() == pytest.approx(3)
    assert len(set(weights[in_a].tolist())) == 1


def test_networks_and_trees_are_given_their_weights(patients, monkeypatch):
    given = {}

    class Notes(Constant):
        def __init__(self, kind):
            self.kind = kind

        def fit(self, features, classes, sample_weight):
            given[self.kind] = features, classes, sample_weight
            return self

    monkeypatch.setattr(UnseenPatientClassifier, "_network", lambda *_: Notes("networks"))
    monkeypatch.setattr(classifier, "trees", lambda _: Notes("trees"))
    UnseenPatientClassifier(1, replace(TREES, networks=1)).fit(patients)
    made = training_rows(patients, TREES, 1)
    powers = {"networks": classifier.NETWORK_CLASS_POWER, "trees": classifier.TREE_CLASS_POWER}
    for kind, (features, classes, weights) in given.items():
        assert_array_equal(features, made.features)
        assert_array_equal(classes, made.classes)
        assert_array_equal(weights, made.weights(powers[kind]))
    assert given.keys() == powers.keys()


def test_nothing_in_the_method_names_a_record():
    values = [value for value in vars(classifier).values() if isinstance(value, str | tuple)]
    named = {one for value in values for one in ([value] if isinstance(value, str) else value)}
    assert not named & {*DS1, *DS2}


# What the network for known patients is shown


def test_a_patient_is_shown_as_the_network_is_used_to():
    record = first_seconds("119", 120)
    usual = centred(record)
    assert usual.windows.shape[2] == 2
    other = centred(record.resampled(250.0))
    assert other.windows.shape == usual.windows.shape
    assert_allclose(other.rr, usual.rr, atol=0.006)
    assert np.abs(other.sample - usual.sample).max() <= 1
    middle = other.windows[5:-5].ravel(), usual.windows[5:-5].ravel()
    assert np.corrcoef(*middle)[0, 1] > 0.98
    assert record.fs == FS


def test_a_single_lead_is_shown_twice():
    record = first_seconds("119", 60)
    windows = centred(record.only([0])).windows
    assert windows.shape[2] == 2
    assert_array_equal(windows[..., 0], windows[..., 1])
    assert_array_equal(windows[..., 0], centred(record).windows[..., 0])
