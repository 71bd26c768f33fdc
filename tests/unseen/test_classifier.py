"""The method for unseen patients: what it learns from, what it sees, and that it is worth it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import f1_score
from sklearn.tree import DecisionTreeClassifier

from ecgutils import database
from ecgutils.aami import CLASSES, DS1, DS2, LEARNT_CLASSES, is_beat
from ecgutils.beats.aligned import beats_on_grid
from ecgutils.beats.waves import relative_features
from ecgutils.learning.training import Schedule
from ecgutils.unseen import classifier
from ecgutils.unseen.classifier import (
    MOST_BEATS,
    TrainingRows,
    UnseenMethod,
    UnseenPatientClassifier,
    training_rows,
)
from ecgutils.unseen.other_recorders import resampled
from ecgutils.unseen.synthetic_rhythms import (
    in_fibrillation,
    in_sinus_arrhythmia,
    in_supraventricular_rhythm,
)
from ecgutils.unseen.waveform_vote import FS, centred
from tests.beats.test_r_centred import first_minutes

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
def stranger():
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
    said = classifier.predict_proba(patient).argmax(axis=1)
    return f1_score(patient.aami_class == V, said == V)


def test_trees_find_the_ventricular_beats_of_a_stranger(trees, stranger):
    # Who calls every beat N has an F1 of 0, who calls every beat V one of 0.37.
    assert ventricular_f1(trees, stranger) > 0.9


@pytest.mark.usefixtures("glance")
def test_a_network_finds_them_too_and_the_same_seed_trains_the_same_one(patients, stranger):
    said = []
    for seed in (1, 1, 2):
        (network,) = UnseenPatientClassifier(seed, NETWORK).fit(patients).networks_
        said.append(network.predict_proba(relative_features(stranger).to_numpy()))
    assert f1_score(stranger.aami_class == V, said[0].argmax(axis=1) == V) > 0.8
    assert_array_equal(said[0], said[1])
    assert not np.array_equal(said[0], said[2])


def test_the_same_seed_grows_the_same_trees_and_another_others(patients, stranger):
    said = [
        UnseenPatientClassifier(seed, TREES).fit(patients).predict_proba(stranger)
        for seed in (1, 1, 2)
    ]
    assert_array_equal(said[0], said[1])
    assert not np.array_equal(said[0], said[2])
    assert [boosted_trees(seed).random_state for seed in (1, 2)] == [1, 2]


def test_probabilities_are_of_the_classes_that_can_be_learnt(trees, stranger):
    said = trees.predict_proba(stranger)
    assert said.shape == (len(stranger), 4)
    assert LEARNT_CLASSES == ("N", "S", "V", "F")
    assert said.min() >= 0
    assert_allclose(said.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("lacking", [S, F])
def test_a_training_that_lacks_a_class(patients, stranger, lacking):
    occurring = [k for k in (N, S, V, F) if k != lacking]
    method = replace(TREES, rhythms=())
    few = [only(patient, *occurring) for patient in patients[:2]]
    classifier = UnseenPatientClassifier(1, method).fit(few)
    said = classifier.predict_proba(stranger)
    assert said.shape == (len(stranger), 4)
    assert_array_equal(said[:, lacking], 0)
    assert_allclose(said.sum(axis=1), 1, rtol=1e-5)


# What it does not see


def test_the_classes_of_a_stranger_are_not_looked_at(trees, stranger):
    symbols = stranger.recording.annotations.symbol
    unknown = replace(
        stranger.recording, ann_symbol=np.where(is_beat(symbols), "Q", symbols), name="999"
    )
    hidden = beats_on_grid(unknown)
    assert set(hidden.aami_class) == {Q}
    assert_array_equal(trees.predict_proba(hidden), trees.predict_proba(stranger))


def test_neither_gain_nor_polarity_nor_the_order_of_leads_decides(trees):
    record = first_minutes("119", minutes=4)
    said = trees.predict_proba(beats_on_grid(record))
    changed = replace(
        record, p_signal=-2 * record.p_signal[:, ::-1], sig_name=record.sig_name[::-1]
    )
    again = trees.predict_proba(beats_on_grid(changed))
    assert np.mean(np.abs(again - said).max(axis=1) < 0.02) > 0.97
    assert_array_equal(again.argmax(axis=1), said.argmax(axis=1))


def test_another_recorder_is_nearly_the_same_to_it(trees):
    record = first_minutes("119", minutes=4)
    said, again = (
        trees.predict_proba(beats_on_grid(r)) for r in (record, resampled(record, 250.0))
    )
    assert np.mean(said.argmax(axis=1) == again.argmax(axis=1)) > 0.98


def test_one_lead_and_few_beats(trees):
    record = first_minutes("119", minutes=0.05)
    one_lead = replace(record, p_signal=record.p_signal[:, :1], sig_name=("MLII",))
    beats = beats_on_grid(one_lead)
    assert 1 <= len(beats) <= 4
    said = trees.predict_proba(beats)
    assert_allclose(said.sum(axis=1), 1, rtol=1e-5)


# The voters


class SaysAlways:
    """Stands for something trained."""

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


def test_all_networks_together_have_as_much_weight_as_the_trees(stranger):
    networks = [SaysAlways(1, 0, 0, 0, 0), SaysAlways(1, 0, 0, 0, 0), SaysAlways(0, 1, 0, 0, 0)]
    said = voting(networks, SaysAlways(0, 0, 1, 0), NO_PRIOR).predict_proba(stranger)
    assert_allclose(said, np.tile([1 / 3, 1 / 6, 1 / 2, 0], (len(stranger), 1)))


def test_what_is_said_of_unclassifiable_beats_goes_to_the_others(stranger):
    said = voting([], SaysAlways(0.3, 0, 0.1, 0, 0.6), NO_PRIOR).predict_proba(stranger)
    assert_allclose(said[0], [0.75, 0, 0.25, 0])


def test_s_is_rarer_than_synthetic_beats_make_believe(stranger):
    method = replace(NO_PRIOR, rhythms=(in_supraventricular_rhythm,))
    said = voting([], SaysAlways(0.5, 0.5), method).predict_proba(stranger)
    assert said[0, S] / said[0, N] == pytest.approx(classifier.RARER_THAN_SYNTHETIC)
    assert said[0].sum() == pytest.approx(1)


def test_the_waveform_has_half_of_the_say_on_v(stranger):
    classifier = voting([], SaysAlways(0.6, 0.2, 0.2, 0), replace(NO_PRIOR, waveform=True))
    classifier.waveform_ = SaysAlways(0, 0, 0.8)
    assert_allclose(classifier.predict_proba(stranger)[0], [0.375, 0.125, 0.5, 0])


def test_agreement_comes_last(stranger, monkeypatch):
    handed = []

    def note(probabilities, beats):
        handed.append((probabilities, beats))
        return "agreed"

    monkeypatch.setattr(classifier, "agree_on_ventricular", note)
    assert voting([], SaysAlways(0.5, 0.5), NO_PRIOR).predict_proba(stranger) == "agreed"
    assert handed[0][1] is stranger
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

    class Notes(SaysAlways):
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


def test_a_stranger_is_shown_as_the_network_is_used_to():
    record = first_minutes("119", minutes=2)
    usual = centred(record)
    assert usual.windows.shape[2] == 2
    other = centred(resampled(record, 250.0))
    assert other.windows.shape == usual.windows.shape
    assert_allclose(other.rr, usual.rr, atol=0.006)
    assert np.abs(other.sample - usual.sample).max() <= 1
    middle = other.windows[5:-5].ravel(), usual.windows[5:-5].ravel()
    assert np.corrcoef(*middle)[0, 1] > 0.98
    assert record.fs == FS


def test_a_single_lead_is_shown_twice():
    record = first_minutes("119", minutes=1)
    single = replace(record, p_signal=record.p_signal[:, :1], sig_name=record.sig_name[:1])
    windows = centred(single).windows
    assert windows.shape[2] == 2
    assert_array_equal(windows[..., 0], windows[..., 1])
    assert_array_equal(windows[..., 0], centred(record).windows[..., 0])
