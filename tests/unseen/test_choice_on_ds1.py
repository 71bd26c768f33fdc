"""The choice is made on DS1: no other record is read, and each patient is held out once."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.aami import CLASSES, DS1, DS2
from ecgutils.beats.aligned import aligned_beats
from ecgutils.errors import EcgError
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from ecgutils.unseen import validation
from ecgutils.unseen.choice_on_ds1 import CANDIDATES, held_out_predictions, training_patients
from ecgutils.unseen.classifier import UnseenMethod
from ecgutils.unseen.validation import as_annotations, surest_error_by_patient

N, S, V, F, Q = range(len(CLASSES))


@pytest.fixture(scope="module")
def patients():
    return [aligned_beats(database.read(name)) for name in ("106", "119", "209", "220", "223")]


class WatchedClassifier:
    """Stands for the method: notes who trains it and whom it classifies, and says V always."""

    made = []  # noqa: RUF012 (emptied by each test)

    def __init__(self, seed, method):
        self.seed, self.method, self.tested = seed, method, []
        self.made.append(self)

    def fit(self, patients):
        self.trained_on = {patient.record for patient in patients}
        return self

    def predict_proba(self, beats):
        self.tested.append(beats)
        return np.tile([0.1, 0.2, 0.6, 0.1], (len(beats), 1))


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(WatchedClassifier, "made", [])
    monkeypatch.setattr(validation, "UnseenPatientClassifier", WatchedClassifier)
    return WatchedClassifier.made


# DS1 alone


@pytest.mark.slow
def test_patients_of_the_test_are_not_there_to_be_read(tmp_path):
    for name in DS1:
        for file in MITDB_DIR.glob(f"{name}.*"):
            shutil.copy(file, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3 * len(DS1)
    patients = training_patients(tmp_path)
    assert tuple(patient.record for patient in patients) == DS1
    assert not set(DS1) & set(DS2)


@pytest.mark.parametrize("tested", [["100"], ["232", "202"]])
def test_patients_of_the_test_are_refused(patients, watched, tested):
    seen = [aligned_beats(database.read(name)) for name in tested]
    named = ", ".join(sorted(tested))
    with pytest.raises(EcgError, match=f"^records {named} are for the test alone; [^\n]*$"):
        held_out_predictions([*patients, *seen], UnseenMethod(), seed=1, folds=2)
    assert not watched


# Each patient is held out


@pytest.mark.parametrize("seed", [1, 2])
def test_every_beat_is_tested_once_by_who_was_not_trained_on_its_patient(patients, watched, seed):
    method = UnseenMethod(draws=7)
    predictions, ectopic = held_out_predictions(patients, method, seed, folds=2)
    assert len(watched) == 2
    for classifier in watched:
        tested = {beats.record for beats in classifier.tested}
        assert tested
        assert not tested & classifier.trained_on
        assert tested | classifier.trained_on == {patient.record for patient in patients}
        assert (classifier.seed, classifier.method) == (seed, method)
    for reference, predicted, record in (predictions, ectopic):
        assert set(predicted) == {V}
        for patient in patients:
            assert np.sum(record == patient.record) == len(patient)
        assert len(reference) == len(predicted) == sum(map(len, patients))
    for patient in patients:
        of_patient = predictions[2] == patient.record
        assert np.array_equal(predictions[0][of_patient], patient.aami_class)


def test_patients_are_tested_again_with_many_synthetic_s_beats(patients, watched):
    (real, _, _), (ectopic, _, _) = held_out_predictions(patients, UnseenMethod(), 1, folds=2)
    assert np.sum(ectopic == S) > 2 * np.sum(real == S)
    assert set(real[real != ectopic]) == {N}
    assert set(ectopic[real != ectopic]) == {S}
    tested = [beats for classifier in watched for beats in classifier.tested]
    assert len(tested) == 2 * len(patients)
    assert sum(any(beats is patient for patient in patients) for beats in tested) >= len(patients)


def test_the_seed_deals_the_patients_out(patients, watched):
    twins = [
        replace(patients[1], recording=replace(patients[1].recording, name=f"twin {k}"))
        for k in range(6)
    ]
    dealt = []
    for seed in (1, 1, 2, 3, 4):
        watched.clear()
        held_out_predictions(twins, UnseenMethod(), seed, folds=2)
        dealt.append({frozenset(classifier.trained_on) for classifier in watched})
    assert dealt[0] == dealt[1]
    assert any(other != dealt[0] for other in dealt[2:])


def test_candidates_lack_a_part_each():
    ours = CANDIDATES["ours"]
    assert ours == UnseenMethod()
    assert len(set(CANDIDATES.values())) == len(CANDIDATES)


# What is read from the predictions


def test_the_surest_error_of_each_patient(patients):
    class Mistaken:
        def predict_proba(self, beats):
            probabilities = np.tile([0.9, 0.05, 0.03, 0.02], (len(beats), 1))
            if beats.record == "223":
                probabilities[np.flatnonzero(beats.aami_class == N)[[7, 9]]] = [
                    [0, 0.6, 0.4, 0],
                    [0, 0, 1, 0],
                ]
            return probabilities

    errors = surest_error_by_patient(Mistaken(), patients)
    by_record = errors.set_index("record")
    assert by_record.index.is_unique
    assert errors["probability"].is_monotonic_decreasing
    mistaken = patients[-1].sample[np.flatnonzero(patients[-1].aami_class == N)[9]]
    assert by_record.loc["223"].tolist() == [mistaken, "N", "V", 1]
    bigeminy = patients[1]
    first = bigeminy.sample[bigeminy.aami_class == V][0]
    assert by_record.loc["119"].tolist() == [first, "V", "N", 0.9]
    # A beat that nobody could classify is no error.
    assert "Q" not in set(errors["true"])


def test_who_makes_no_errors_has_no_row(patients):
    class Right:
        def predict_proba(self, beats):
            return np.eye(len(CLASSES))[beats.aami_class][:, :Q]

    errors = surest_error_by_patient(Right(), patients)
    assert errors.empty
    assert list(errors.columns) == ["record", "sample", "true", "called", "probability"]


def test_predictions_as_annotations(patients):
    predicted = np.arange(len(patients[1])) % 4
    made, reference = as_annotations("119", predicted), read_annotations("119", MITDB_DIR)
    assert list(made.symbol[:5]) == ["N", "S", "V", "F", "N"]
    assert np.array_equal(made.sample, patients[1].sample)
    assert len(made.sample) == len(made.subtype) == len(made.aux) < len(reference.sample)
