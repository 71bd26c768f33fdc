"""Dividing beats into training, validation and test parts."""

from dataclasses import dataclass

import numpy as np

from ecgutils.errors import EcgError

TEST_FRACTION = 0.1
"""Share of the beats that the paper tests on."""

VALIDATION_FRACTION = 0.05
"""Share of the training beats that is held out to watch the training."""


@dataclass(frozen=True)
class Split:
    """Which beats serve for what; no beat is in two parts.

    Attributes
    ----------
    train, validation, test : array of int
        Positions of beats, in random order.
    """

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

    Beats of one patient land on both sides, so a network can know the patients it is
    tested on: the result says nothing about a new patient.

    Parameters
    ----------
    beats : int
        Number of beats.
    seed : int
        Decides the split.
    test_fraction : float
        Share of all beats to test on.
    validation_fraction : float
        Share of the other beats to hold out for validation.

    Returns
    -------
    Split

    Raises
    ------
    EcgError
        If a fraction is not between 0 and 1 or leaves nothing to train or test on.
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
    return Split(train=train, validation=validation, test=test)
