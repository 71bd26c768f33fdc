"""The leak by patient, shown with the nearest beat on a few real records."""

import numpy as np
import pytest

from ecgutils.aami import CLASSES, DS1, DS2
from ecgutils.unseen import patient_leak
from ecgutils.unseen.patient_leak import (
    AT_RANDOM,
    BY_PATIENT,
    NEAREST_BEAT,
    SMOTE_FIRST,
    half_of_the_beats,
    known_or_unseen,
)

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _few_records(monkeypatch, database):
    few = ("208", "209", "119"), ("213", "232", "221")
    monkeypatch.setattr(patient_leak, "DS1", few[0])
    monkeypatch.setattr(patient_leak, "DS2", few[1])
    kept = database[np.isin(database.record, few[0] + few[1])]
    monkeypatch.setattr(patient_leak, "load_beats", lambda *_, **__: kept)


def test_halves_have_no_beat_in_common_and_leave_out_unclassifiable_ones(database):
    beats = database[np.isin(database.record, patient_leak.DS1 + patient_leak.DS2)]
    unclassifiable = np.flatnonzero(beats.aami_class == CLASSES.index("Q"))
    assert len(unclassifiable)
    for protocol in (AT_RANDOM, BY_PATIENT):
        split = half_of_the_beats(beats, protocol, seed=1)
        rows = np.concatenate([split.train, split.validation, split.test])
        assert len(rows) == len(np.unique(rows)) == len(beats) - len(unclassifiable)
        assert not np.isin(rows, unclassifiable).any()
    assert set(beats.record[split.test]) == set(patient_leak.DS2)


def test_a_beats_nearest_neighbour_knows_its_patient_and_no_other():
    right = {}
    for protocol in (AT_RANDOM, BY_PATIENT):
        reference, predicted, record = known_or_unseen(NEAREST_BEAT, protocol, seed=1)
        assert len(reference) == len(predicted) == len(record)
        right[protocol] = np.mean(reference == predicted)
    assert right[AT_RANDOM] > 0.95
    assert right[BY_PATIENT] < 0.85


def test_rows_made_before_the_split_are_tested_too_and_belong_to_nobody():
    reference, predicted, record = known_or_unseen(NEAREST_BEAT, SMOTE_FIRST, seed=1)
    made = record == ""
    assert set(reference[made]) <= {CLASSES.index("S"), CLASSES.index("F")}
    # Half of what SMOTE makes: the paper's 5,000 S and 2,000 F, less the real ones.
    assert 1500 < made.sum() < 3000
    assert np.mean(reference[made] == predicted[made]) > 0.95


def test_the_standard_division_is_what_is_measured():
    assert not set(DS1) & set(DS2)
    assert len(DS1) == len(DS2) == 22
