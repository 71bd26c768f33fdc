"""Dividing beats into training, validation and test parts: at random, or by patient."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from ecgutils.errors import EcgError

TEST_FRACTION = 0.1
"""Share of the beats that the paper tests on."""

VALIDATION_FRACTION = 0.05
"""Share of the training beats that is held out to watch the training."""

SAME_PERSON = {"202": "201"}
"""Record of a person who has another one, too, see its header. DS1 has 201 and DS2 has 202."""


@dataclass(frozen=True)
class Split:
    """Positions of beats, in random order, shape (beats of the part,); none is in two parts."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def random_split(
    beats: int,
    seed: int,
    test_fraction: float = TEST_FRACTION,
    validation_fraction: float = VALIDATION_FRACTION,
) -> Split:
    """Split beats at random, the paper's intra-patient protocol.

    Beats of one patient land on both sides: the result says nothing about a new patient.

    Parameters
    ----------
    beats, seed : int
        Number of beats, and what decides the split.
    test_fraction, validation_fraction : float
        Share of all beats to test on, and of the other beats to hold out for validation.

    Returns
    -------
    Split
        With positions to ``train`` on, for ``validation`` and to ``test``.

    Raises
    ------
    EcgError
        If a fraction is not between 0 and 1 or leaves nothing to train or test on.

    Examples
    --------
    >>> split = random_split(1000, seed=1)
    >>> len(split.train), len(split.validation), len(split.test)
    (855, 45, 100)
    """
    for name, fraction in (("test", test_fraction), ("validation", validation_fraction)):
        if not 0 <= fraction < 1:
            raise EcgError(f"the {name} fraction must be at least 0 and below 1, not {fraction}")
    order = np.random.default_rng(seed).permutation(beats)
    tested = round(test_fraction * beats)
    validated = round(validation_fraction * (beats - tested))
    test, validation, train = np.split(order, [tested, tested + validated])
    if not len(train) or not len(test):
        raise EcgError(f"{beats} beats are too few to train on some and test on others")
    return Split(train, validation, test)


def patient_split(
    record: np.ndarray,
    train: Iterable[str],
    test: Iterable[str],
    seed: int,
    validation_fraction: float = VALIDATION_FRACTION,
) -> Split:
    """Train on the beats of some records and test on those of others.

    Parameters
    ----------
    record : array of str, shape (beats,)
        Name of the record of each beat.
    train, test : iterable of str
        Names of records, none in both.
    seed, validation_fraction
        As in :func:`random_split`; beats of training patients are held out for validation.

    Returns
    -------
    Split
        Beats of records in neither list are in no part.

    Raises
    ------
    EcgError
        If a record is in both lists, or has no beats here.

    Examples
    --------
    >>> record = np.repeat(["100", "101", "103"], 40)
    >>> split = patient_split(record, train=["100", "103"], test=["101"], seed=1)
    >>> len(split.train), len(split.validation), sorted(set(record[split.test].tolist()))
    (76, 4, ['101'])
    """
    train, test = set(train), set(test)
    if both := sorted(train & test):
        why = "are in training and test; leave them out of one of the two"
        raise EcgError(f"records {', '.join(both)} {why}")
    if absent := sorted((train | test) - set(np.unique(record).tolist())):
        raise EcgError(f"records {', '.join(absent)} have no beats here; cut them first")
    random = np.random.default_rng(seed)
    positions = [np.flatnonzero(np.isin(record, list(names))) for names in (train, test)]
    trained, tested = map(random.permutation, positions)
    validation, train = np.split(trained, [round(validation_fraction * len(trained))])
    return Split(train, validation, tested)


def patient_folds(
    classes: Mapping[str, np.ndarray], folds: int, seed: int
) -> list[tuple[str, ...]]:
    """Deal records out into folds, given the class of each beat, by record.

    Each fold has a fair share of every class, and :data:`SAME_PERSON` is in one fold.
    """
    people = [SAME_PERSON.get(name, name) for name in classes]
    if (count := len(set(people))) < folds:
        raise EcgError(f"{count} patients cannot be dealt out into {folds} folds")
    beats = [len(of_record) for of_record in classes.values()]
    record, person = np.repeat(list(classes), beats), np.repeat(people, beats)
    dealer = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    parts = dealer.split(record, np.concatenate(list(classes.values())), person)
    return [tuple(np.unique(record[held_out]).tolist()) for _, held_out in parts]
