"""Which annotations mark the same beat: each rule by hand, and what holds for any files."""

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.scoring.matching import NEVER, match_beats

# 150 ms at 360 Hz.
WINDOW = 54


# The match rules, by hand.


@pytest.mark.parametrize(
    ("reference", "test", "pairs"),
    [
        ([1000], [1000], [(0, 0)]),
        ([1000], [1000 + WINDOW], [(0, 0)]),
        ([1000], [1000 - WINDOW], [(0, 0)]),
        ([1000], [1001 + WINDOW], [(0, -1), (-1, 0)]),
        ([1000], [999 - WINDOW], [(-1, 0), (0, -1)]),
        ([1000], [], [(0, -1)]),
        ([], [1000], [(-1, 0)]),
        ([], [], []),
        # Of two candidates the closer one, whichever file has them.
        ([1000], [960, 990], [(-1, 0), (0, 1)]),
        ([960, 990], [1000], [(0, -1), (1, 0)]),
        ([1000], [990, 1030], [(0, 0), (-1, 1)]),
        # As close: the earlier one is left alone.
        ([1000], [980, 1020], [(-1, 0), (0, 1)]),
        # The example in the source of bxb: the rival has a better partner of its own.
        ([96, 160], [128, 185], [(0, 0), (1, 1)]),
        ([128, 185], [96, 160], [(0, 0), (1, 1)]),
    ],
)
def test_matching_by_hand(reference, test, pairs):
    found = match_beats(np.array(reference, int), np.array(test, int), WINDOW)
    assert found.tolist() == [list(pair) for pair in pairs]


@pytest.mark.parametrize(
    ("reference", "test", "pairs"),
    [
        # The last test beat of the learning period may match the first reference beat after it.
        ([900, 1010, 1400], [905, 990, 1400], [(1, 1), (2, 2)]),
        ([900, 1010, 1400], [905, 990, 1011, 1400], [(1, 2), (2, 3)]),
        # A test beat that belongs to the learning period is left out, unless it fits best.
        ([990, 1300], [1010, 1300], [(1, 1)]),
        ([990, 1300], [1010], [(-1, 0), (1, -1)]),
        ([990, 1300], [1060, 1300], [(-1, 0), (1, 1)]),
        ([990, 1040], [1030, 1300], [(1, 0), (-1, 1)]),
        ([1000, 1300], [1000, 1300], [(0, 0), (1, 1)]),
        ([500], [400, 500], []),
        ([500], [400, 1200], [(-1, 1)]),
    ],
)
def test_matching_at_the_end_of_the_learning_period_by_hand(reference, test, pairs):
    found = match_beats(np.array(reference), np.array(test), WINDOW, start=1000)
    assert found.tolist() == [list(pair) for pair in pairs]


@pytest.mark.parametrize("which", ["reference", "test"])
def test_beats_out_of_order_are_refused(which):
    beats = {"reference": np.array([1, 2]), "test": np.array([1, 2]), which: np.array([2, 1])}
    with pytest.raises(EcgError, match=f"^the {which} beats are not in ascending order; sort"):
        match_beats(**beats, window=WINDOW)


def random_beats(seed):
    rng = np.random.default_rng(seed)
    return [np.unique(rng.integers(0, 40_000, 400)) for _ in range(2)]


@pytest.mark.parametrize("seed", range(5))
def test_exchanging_the_files_exchanges_the_partners(seed):
    reference, test = random_beats(seed)
    there = {tuple(pair) for pair in match_beats(reference, test, WINDOW)}
    back = {tuple(pair[::-1]) for pair in match_beats(test, reference, WINDOW)}
    assert there == back


@pytest.mark.parametrize("seed", range(5))
def test_shifting_both_files_and_the_start_changes_nothing(seed):
    reference, test = random_beats(seed)
    here = match_beats(reference, test, WINDOW, start=5_000)
    there = match_beats(reference + 700, test + 700, WINDOW, start=5_700)
    assert np.array_equal(here, there)
    assert len(here) < len(match_beats(reference, test, WINDOW, start=0))


@pytest.mark.parametrize("seed", range(5))
def test_every_beat_has_at_most_one_partner_and_within_the_window(seed):
    reference, test = random_beats(seed)
    pairs = match_beats(reference, test, WINDOW)
    for column, beats in zip(pairs.T, (reference, test), strict=True):
        assert column[column >= 0].tolist() == list(range(len(beats)))
    both = pairs[(pairs >= 0).all(axis=1)]
    assert np.abs(reference[both[:, 0]] - test[both[:, 1]]).max() <= WINDOW
    assert not (pairs == -1).all(axis=1).any()


def one_by_one(reference, test, window):
    """The rules of `bxb`, followed beat after beat."""
    ours, theirs = ([*samples, NEVER, NEVER] for samples in (reference, test))
    r, t, pairs = 0, 0, []
    while r < len(reference) or t < len(test):
        one, other = ours[r], theirs[t]
        if other < one:
            near, next_pair = abs(one - theirs[t + 1]), abs(ours[r + 1] - theirs[t + 1])
        else:
            near, next_pair = abs(other - ours[r + 1]), abs(theirs[t + 1] - ours[r + 1])
        gap = abs(one - other)
        if gap <= window and (gap < near or next_pair < near):
            pairs.append([r, t])
            r, t = r + 1, t + 1
        elif other < one:
            pairs.append([-1, t])
            t += 1
        else:
            pairs.append([r, -1])
            r += 1
    return pairs


def test_all_at_once_is_matched_as_one_by_one():
    rng = np.random.default_rng(0)
    for _ in range(500):
        reference, test = (
            np.sort(rng.integers(0, rng.integers(50, 3000), rng.integers(0, 25))) for _ in range(2)
        )
        window = int(rng.integers(0, 80))
        found = match_beats(reference, test, window).tolist()
        assert found == one_by_one(reference.tolist(), test.tolist(), window)


@pytest.mark.parametrize(
    ("end", "pairs"),
    [
        (1400, [(0, 0), (1, 1), (-1, 2), (2, 3)]),
        # A pair counts if either of its annotations does.
        (1399, [(0, 0), (1, 1), (-1, 2), (2, 3)]),
        (1385, [(0, 0), (1, 1), (-1, 2), (2, 3)]),
        (1384, [(0, 0), (1, 1), (-1, 2)]),
        (999, [(0, 0)]),
    ],
)
def test_matching_ends_when_both_files_are_beyond_the_end(end, pairs):
    reference, test = np.array([500, 1000, 1400]), np.array([501, 1004, 1200, 1385])
    found = match_beats(reference, test, WINDOW, end=end)
    assert found.tolist() == [list(pair) for pair in pairs]


def test_reference_beats_before_sample_0_count_and_test_beats_do_not():
    found = match_beats(np.array([-3, 400]), np.array([-1, 400]), WINDOW)
    assert found.tolist() == [[0, -1], [1, 1]]
