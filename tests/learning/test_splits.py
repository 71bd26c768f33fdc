"""No beat is on two sides of a split, and where patients are divided, no patient."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from ecgutils.aami import CLASSES, DS1, DS2
from ecgutils.errors import EcgError
from ecgutils.learning.splits import SAME_PERSON, patient_folds, patient_split, random_split

pytestmark = pytest.mark.slow

# Random splits


@pytest.mark.parametrize("seed", [0, 1, 99])
@pytest.mark.parametrize("beats", [20, 1001, 109_494])
def test_each_beat_is_in_exactly_one_part(beats, seed):
    split = random_split(beats, seed)
    parts = np.concatenate([split.train, split.validation, split.test])
    assert_array_equal(np.sort(parts), np.arange(beats))


def test_sizes_of_the_paper():
    split = random_split(109_494, seed=1)
    assert len(split.test) == 10_949
    assert len(split.validation) == 4_927
    assert len(split.train) == 93_618


def test_split_of_a_seed_never_changes():
    # The long study was run on these.
    split = random_split(109_494, seed=1)
    assert split.test[:5].tolist() == [47531, 86567, 67144, 25092, 22935]


def test_seeds_give_other_splits_and_the_same_seed_the_same():
    first, again, other = (random_split(1000, seed) for seed in (1, 1, 2))
    assert_array_equal(first.train, again.train)
    assert_array_equal(first.test, again.test)
    # Chance would have ten beats in both.
    assert len(np.intersect1d(first.test, other.test)) < 30


def test_beats_are_not_taken_in_order():
    test = random_split(10_000, seed=3).test
    assert abs(test.mean() - 5000) < 400
    assert (np.diff(test) < 0).any()


def test_test_part_does_not_depend_on_the_validation_part():
    assert_array_equal(
        random_split(1000, 1, validation_fraction=0).test, random_split(1000, 1).test
    )


@pytest.mark.parametrize(
    ("beats", "fractions"),
    [
        (100, {"test_fraction": 1.0}),
        (100, {"test_fraction": -0.1}),
        (100, {"validation_fraction": 1.0}),
        (100, {"test_fraction": float("nan")}),
        (100, {"test_fraction": 0.0}),
        (3, {}),
        (0, {}),
    ],
)
def test_impossible_splits(beats, fractions):
    with pytest.raises(EcgError):
        random_split(beats, 1, **fractions)


# Splits of patients


@pytest.fixture(scope="module")
def record(database):
    return database.record


def test_ds1_and_ds2_are_split_by_patient(record):
    split = patient_split(record, DS1, DS2, seed=1)
    assert set(record[split.train]) == set(record[split.validation]) == set(DS1)
    assert set(record[split.test]) == set(DS2)
    parts = np.concatenate([split.train, split.validation, split.test])
    assert len(parts) == np.isin(record, DS1 + DS2).sum() == len(np.unique(parts))
    assert len(split.validation) == round(0.05 * np.isin(record, DS1).sum())


def test_the_seed_decides_which_beats_validate(record):
    first, again, other = (patient_split(record, DS1, DS2, seed) for seed in (1, 1, 2))
    assert_array_equal(first.validation, again.validation)
    assert not np.array_equal(first.validation, other.validation)


def test_a_record_on_both_sides_is_refused(record):
    with pytest.raises(EcgError, match="records 100, 103 are in training and test; leave"):
        patient_split(record, [*DS1, "103", "100"], DS2, seed=1)


def test_a_record_without_beats_is_refused(record):
    with pytest.raises(EcgError, match="records 999 have no beats here"):
        patient_split(record, [*DS1, "999"], DS2, seed=1)


@pytest.fixture(scope="module")
def classes(database):
    """Class of each beat, by record."""
    names = np.unique(database.record).tolist()
    return {name: database.aami_class[database.record == name] for name in names}


@pytest.mark.parametrize("folds", [2, 5, 11])
def test_every_record_is_held_out_once(classes, folds):
    dealt = patient_folds(classes, folds, seed=3)
    assert len(dealt) == folds
    assert sorted(name for fold in dealt for name in fold) == sorted(classes)


@pytest.mark.parametrize("seed", range(5))
def test_one_person_is_held_out_at_once(classes, seed):
    dealt = patient_folds(classes, 11, seed)
    for records in SAME_PERSON.items():
        assert any(set(records) <= set(fold) for fold in dealt)


def test_folds_hold_every_class_of_many_patients(classes):
    for fold in patient_folds({name: classes[name] for name in DS1}, 4, seed=1):
        held_out = np.concatenate([classes[name] for name in fold])
        for name in "NSVF":
            assert (held_out == CLASSES.index(name)).sum() > 0, (fold, name)


def test_too_few_patients_for_the_folds_are_refused():
    classes = dict.fromkeys(["201", "202", "203"], np.zeros(4, int))
    with pytest.raises(EcgError, match="2 patients cannot be dealt out into 3 folds"):
        patient_folds(classes, 3, seed=1)
