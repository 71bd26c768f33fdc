"""The method for unseen patients: what it learns from, what it sees, and how good it is."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.metrics import f1_score

from ecgutils import database
from ecgutils.aami import CLASSES, DS1, DS2, LEARNT_CLASSES, is_beat
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.description import MODEL_FEATURES, RELATIVE_FEATURES, model_features
from ecgutils.unseen import classifier
from ecgutils.unseen.classifier import (
    MOST_BEATS,
    MOST_MADE,
    TrainingRows,
    UnseenMethod,
    UnseenPatientClassifier,
    grown_trees,
    training_rows,
)
from ecgutils.unseen.share_of_s import expecting_own_share
from ecgutils.unseen.synthetic_rhythms import (
    in_fibrillation,
    in_sinus_arrhythmia,
    in_supraventricular_rhythm,
)
from tests.helpers.classified_records import first_seconds

pytestmark = pytest.mark.slow

N, S, V, F, Q = range(len(CLASSES))
METHOD = UnseenMethod(draws=1, rhythms=(in_sinus_arrhythmia,))


@pytest.fixture(autouse=True)
def _few_trees(monkeypatch):
    """Learn in no time."""
    monkeypatch.setattr(classifier, "ROUNDS", 4)


@pytest.fixture(scope="module")
def patients():
    return [aligned_beats(database.read(name)) for name in ("208", "209", "223")]


@pytest.fixture(scope="module")
def unseen():
    return aligned_beats(database.read("119"))


@pytest.fixture(scope="module")
def trees(patients):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "ROUNDS", 8)
        return UnseenPatientClassifier(1, METHOD).fit(patients)


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


def test_the_same_seed_grows_the_same_trees_and_another_others(patients, unseen):
    probabilities = [
        UnseenPatientClassifier(seed, METHOD).fit(patients).predict_proba(unseen)
        for seed in (1, 1, 2)
    ]
    assert_array_equal(probabilities[0], probabilities[1])
    assert not np.array_equal(probabilities[0], probabilities[2])


def test_probabilities_are_of_the_classes_that_can_be_learnt(trees, unseen):
    probabilities = trees.predict_proba(unseen)
    assert probabilities.shape == (len(unseen), 4)
    assert LEARNT_CLASSES == ("N", "S", "V", "F")
    assert probabilities.min() >= 0
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("lacking", [S, F])
def test_a_training_that_lacks_a_class(patients, unseen, lacking):
    occurring = [k for k in (N, S, V, F) if k != lacking]
    method = replace(METHOD, rhythms=())
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
    hidden = aligned_beats(replace(unseen.recording, annotations=hidden_marks, name="999"))
    assert set(hidden.aami_class) == {Q}
    assert_array_equal(trees.predict_proba(hidden), trees.predict_proba(unseen))


def test_neither_gain_nor_polarity_nor_the_order_of_leads_decides(trees):
    record = first_seconds("119", 240)
    probabilities = trees.predict_proba(aligned_beats(record))
    changed = replace(
        record, p_signal=-2 * record.p_signal[:, ::-1], sig_name=record.sig_name[::-1]
    )
    again = trees.predict_proba(aligned_beats(changed))
    assert np.mean(np.abs(again - probabilities).max(axis=1) < 0.02) > 0.97
    assert_array_equal(again.argmax(axis=1), probabilities.argmax(axis=1))


def test_another_recorder_is_nearly_the_same_to_it(trees):
    record = first_seconds("119", 240)
    probabilities, again = (
        trees.predict_proba(aligned_beats(r)) for r in (record, record.resampled(250.0))
    )
    assert np.mean(probabilities.argmax(axis=1) == again.argmax(axis=1)) > 0.98


def test_one_lead_and_few_beats(trees):
    record = first_seconds("119", 3)
    beats = aligned_beats(record.only(["MLII"]))
    assert 1 <= len(beats) <= 4
    probabilities = trees.predict_proba(beats)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


# From trees to classes


class Constant:
    """Stands for trees, with the same probabilities always."""

    def __init__(self, *probabilities):
        self.probabilities = probabilities
        self.classes_ = np.arange(len(probabilities))

    def predict_proba(self, rows):
        self.shown = rows
        return np.tile(self.probabilities, (len(rows), 1))


def judging(trees, method=UnseenMethod(agree=False)):  # noqa: B008
    made = UnseenPatientClassifier(1, method)
    made.trees_ = trees
    return made


def test_ectopic_beats_are_rarer_than_the_weights_of_the_training_make_believe(unseen):
    probabilities = judging(Constant(0.4, 0.3, 0.3)).predict_proba(unseen)[0]
    assert probabilities[S] / probabilities[N] == pytest.approx(
        0.75 * classifier.RARER_THAN_LEARNT["S"]
    )
    assert probabilities[V] > probabilities[S]
    assert probabilities[F] == 0
    assert probabilities.sum() == pytest.approx(1)


def test_agreement_comes_last_where_it_is_part_of_the_method(unseen, monkeypatch):
    handed = []

    def note(probabilities, beats):
        handed.append((probabilities, beats))
        return "agreed"

    monkeypatch.setattr(classifier, "agree_on_ventricular", note)
    alone = judging(Constant(0.5, 0.5)).predict_proba(unseen)
    assert not handed
    assert judging(Constant(0.5, 0.5), UnseenMethod()).predict_proba(unseen) == "agreed"
    assert handed[0][1] is unseen
    assert_array_equal(handed[0][0], expecting_own_share(alone))


def test_the_trees_see_the_features_of_the_method_alone(patients, unseen):
    made = UnseenPatientClassifier(1, replace(METHOD, features=RELATIVE_FEATURES)).fit(patients)
    assert made.trees_.n_features_in_ == len(RELATIVE_FEATURES)
    trees = made.trees_ = Constant(0.5, 0.5)
    made.predict_proba(unseen)
    assert_array_equal(trees.shown, model_features(unseen)[:, : len(RELATIVE_FEATURES)])


# What it learns from


def test_at_most_so_many_beats_of_a_class_in_each_rhythm(patients):
    method = replace(METHOD, rhythms=(in_fibrillation, in_sinus_arrhythmia), draws=2)
    rows = training_rows(patients, method, seed=1)
    assert len(rows.features) == len(rows.classes) == len(rows.version)
    versions = {f"{patient.record} {k}" for patient in patients for k in range(5)}
    assert set(rows.version) == versions
    for patient in patients:
        counts = np.bincount(patient.aami_class, minlength=5)
        real = rows.classes[rows.version == f"{patient.record} 0"]
        expected = np.minimum(counts, MOST_BEATS)[:Q]
        assert_array_equal(np.bincount(real, minlength=4), expected)
        made = rows.classes[rows.version == f"{patient.record} 2"]
        assert np.bincount(made).max() == MOST_MADE
    assert counts.max() > MOST_BEATS
    fibrillating = np.isin(rows.version, [f"{patient.record} 1" for patient in patients])
    assert S not in rows.classes[fibrillating]
    assert Q not in rows.classes


def test_a_rhythm_that_cannot_be_made_adds_no_beats_twice():
    fibrillation = aligned_beats(database.read("203"))
    method = replace(METHOD, rhythms=(in_supraventricular_rhythm,), draws=2)
    assert set(training_rows([fibrillation], method, seed=1).version) == {"203 0"}


def test_rows_are_features_of_their_beats(patients):
    rows = training_rows(patients, replace(METHOD, rhythms=()), seed=1)
    whole = model_features(patients[0])
    mine = rows.version == "208 0"
    known = {row.tobytes(): k for row, k in zip(whole, patients[0].aami_class, strict=True)}
    assert [known[row.tobytes()] for row in rows.features[mine]] == rows.classes[mine].tolist()


@pytest.fixture(scope="module")
def rows():
    classes = np.repeat([N, N, S, V, V], [1000, 200, 30, 90, 10]).astype(np.int8)
    version = np.repeat(["a 0", "b 0", "a 0", "a 0", "b 0"], [1000, 200, 30, 90, 10])
    return TrainingRows(np.zeros((len(classes), 1)), classes, version)


@pytest.mark.parametrize("power", [0.0, 0.3, 0.5, 1.0])
def test_weights_are_one_on_average(rows, power, monkeypatch):
    monkeypatch.setattr(classifier, "CLASS_POWER", power)
    weights = rows.weights()
    assert weights.shape == (len(rows.classes),)
    assert weights.mean() == pytest.approx(1, rel=1e-5)
    assert weights.min() > 0


@pytest.mark.parametrize(("power", "expected"), [(0, [1200, 30, 100]), (1, [1, 1, 1])])
def test_weights_of_classes_as_they_are_or_all_alike(rows, power, expected, monkeypatch):
    monkeypatch.setattr(classifier, "CLASS_POWER", power)
    totals = np.bincount(rows.classes, rows.weights())[[N, S, V]]
    assert_allclose(totals / totals.sum(), np.array(expected) / np.sum(expected), rtol=1e-5)


def test_a_patient_with_many_beats_of_a_class_does_not_rule_it(rows):
    weights = rows.weights()
    in_a, in_b = ((rows.classes == V) & (rows.version == name) for name in ("a 0", "b 0"))
    assert weights[in_a].sum() / weights[in_b].sum() == pytest.approx(3)
    assert len(set(weights[in_a].tolist())) == 1


def test_trees_learn_by_the_weights():
    """Of rows that look alike, the weightier class is the likelier one."""
    classes = np.repeat([N, S, V], [300, 300, 100])
    version = np.repeat(["a 0", "a 0", "a 0"], [300, 300, 100])
    rows = TrainingRows(np.zeros((700, len(MODEL_FEATURES)), np.float32), classes, version)
    found = grown_trees(rows, 1).predict_proba(rows.features[:1])[0]
    shares = np.bincount(classes, rows.weights())
    assert_allclose(found, shares / shares.sum(), atol=1e-3)


def test_features_keep_their_order_when_they_are_made_coarse():
    features = np.random.default_rng(1).normal(size=(5000, 3)).astype(np.float32)
    coarse = classifier._coarse(features)
    assert coarse.dtype == np.float32
    assert max(len(np.unique(column)) for column in coarse.T) <= classifier.BINS
    order = features[:, 0].argsort()
    assert (np.diff(coarse[order, 0]) >= 0).all()
    assert np.abs(coarse - features).mean() < 0.05
    few = np.float32([[0], [1], [1], [2]])
    assert_array_equal(classifier._coarse(few), few)


def test_nothing_in_the_method_names_a_record():
    values = [value for value in vars(classifier).values() if isinstance(value, str | tuple)]
    named = {one for value in values for one in ([value] if isinstance(value, str) else value)}
    assert not named & {*DS1, *DS2}
