"""Two networks on the same beats: McNemar's test, and differences over drawn records."""

import numpy as np
import pytest

from ecgutils.scoring.intervals import difference_over_records, mcnemar


def predictions(only_first, only_second, both_right=50, both_wrong=3):
    """Reference and two predictions with so many beats of each outcome."""
    outcomes = [(0, 0)] * both_right + [(0, 1)] * only_first + [(1, 0)] * only_second
    first, second = np.array(outcomes + [(1, 2)] * both_wrong).T
    return np.zeros_like(first), first, second


def test_mcnemar_counts_each_outcome():
    won = mcnemar(*predictions(only_first=4, only_second=11))
    assert won[["only first right", "only second right"]].tolist() == [4, 11]
    assert won[["both right", "both wrong"]].tolist() == [50, 3]


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    # Twice the tail of the binomial distribution: 2 * (1 + 10) / 2**10, 2 / 2**8.
    [(1, 9, 22 / 1024), (0, 8, 2 / 256), (5, 5, 1.0), (0, 0, 1.0)],
)
def test_mcnemar_is_the_exact_test(only_first, only_second, p):
    assert mcnemar(*predictions(only_first, only_second))["p"] == pytest.approx(p)


def test_mcnemar_does_not_look_at_beats_that_tell_nothing_apart():
    few, many = predictions(2, 9), predictions(2, 9, both_right=5000, both_wrong=400)
    assert mcnemar(*few)["p"] == mcnemar(*many)["p"]


@pytest.fixture
def patients():
    """Ten records of forty beats; the second network repairs three of four errors in each."""
    record = np.repeat([f"{k}" for k in range(100, 110)], 40)
    reference = np.tile(np.repeat([0, 1, 2, 2], 10), 10)
    first, second = reference.copy(), reference.copy()
    first[::10] = (reference[::10] + 1) % 5
    second[::40] = first[::40]
    return reference, first, second, record


def test_a_better_network_is_better_on_every_draw_of_records(patients):
    better = difference_over_records(*patients, seed=1)
    assert better.loc["accuracy", "difference"] == pytest.approx(7.5)
    # Every record has the same errors, so every draw gives the same difference.
    assert better.loc["accuracy", ["low", "high"]].tolist() == pytest.approx([7.5, 7.5])
    bounds = better.dropna()
    assert (bounds["low"] <= bounds["high"]).all()


def test_errors_of_one_record_make_the_interval_reach_zero(patients):
    reference, _, _, record = patients
    one_patient = np.where((record == "103") & (reference == 1), 0, reference)
    better = difference_over_records(reference, one_patient, reference, record, seed=1)
    assert better.loc["accuracy", "difference"] == pytest.approx(2.5)
    assert better.loc["accuracy", "low"] == 0
    assert better.loc["accuracy", "high"] > 2.5


def test_a_network_is_no_better_than_itself(patients):
    reference, _, _, record = patients
    one_patient = np.where((record == "103") & (reference == 1), 0, reference)
    same = difference_over_records(reference, one_patient, one_patient, record, seed=1)
    assert (same.dropna() == 0).all(axis=None)
    assert "accuracy" in same.dropna().index
