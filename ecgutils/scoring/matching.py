"""Which annotation of one file marks the same beat as which of the other."""

from bisect import bisect_left

import numpy as np

from ecgutils.errors import EcgError

# Later than any sample.
NEVER = 2**62


def match_beats(
    reference: np.ndarray, test: np.ndarray, window: int, start: int = 0, end: int = NEVER
) -> np.ndarray:
    """Say which annotation of one file marks the same beat as which of the other.

    The two earliest annotations that are left form a pair if they lie within the match window and
    neither of them has a better partner. So the annotation that follows the later one must not lie
    closer, unless it is itself closer to the next of the other file. Otherwise the earlier
    annotation stays alone. At the start, the last test annotation of the learning period may match
    the first reference annotation after it. A test annotation that matches a beat of the learning
    period is left out. Matching goes on until both files are beyond the end.

    Parameters
    ----------
    reference, test : array of int, shapes (beats,) and (other beats,)
        Samples at which beats are marked, in ascending order.
    window, start, end : int
        Largest distance of two annotations of the same beat; first and last sample that is scored.
        From 0 on, reference beats before sample 0 count as well, as in `bxb`.

    Returns
    -------
    array of int64, shape (pairs, 2)
        Positions in `reference` and in `test`, in order of time; -1 where there is no partner.

    Raises
    ------
    EcgError
        If samples are not in ascending order.

    Examples
    --------
    >>> import numpy as np
    >>> match_beats(np.array([100, 460]), np.array([110, 300, 455]), window=54).tolist()
    [[0, 0], [-1, 1], [1, 2]]
    """
    reference, test = np.asarray(reference, np.int64), np.asarray(test, np.int64)
    for name, sample in (("reference", reference), ("test", test)):
        if np.any(np.diff(sample) < 0):
            raise EcgError(f"the {name} beats are not in ascending order; sort them first")
    r, t, spanning = _first_pair(reference, test, window, start)
    pairs = _pairs(reference[r:], test[t:], window)
    pairs += np.where(pairs >= 0, [r, t], 0)
    pairs = np.concatenate([np.array(spanning, np.int64).reshape(-1, 2), pairs])
    ours, theirs = np.append(reference, NEVER)[pairs[:, 0]], np.append(test, NEVER)[pairs[:, 1]]
    return pairs[np.minimum(ours, theirs) <= end]


def _first_pair(
    reference: np.ndarray, test: np.ndarray, window: int, start: int
) -> tuple[int, int, list[tuple[int, int]]]:
    """Return where matching starts in both files, and the pair that spans the start, if any."""
    t = bisect_left(test, start)
    if start <= 0:
        return 0, t, []
    r = bisect_left(reference, start)
    ours = int(reference[r]) if r < len(reference) else NEVER
    before, next_one, after = (
        int(test[k]) if 0 <= k < len(test) else side * NEVER
        for k, side in ((t - 1, -1), (t, 1), (t + 1, 1))
    )
    gap = abs(ours - next_one)
    if ours - before <= window and ours - before < gap:
        return r + 1, t, [(r, t - 1)]
    belongs_to_learning = next_one - start <= window
    if belongs_to_learning and abs(ours - after) < gap:
        t += 1
    return r, t, []


def _pairs(reference: np.ndarray, test: np.ndarray, window: int) -> np.ndarray:
    """Match all of two files."""
    # In order of time, annotations farther apart than the window do not depend on each other. Of
    # the groups in between nearly all are one beat of each file, and those need no search.
    sample = np.concatenate([reference, test])
    order = np.argsort(sample, kind="stable")
    is_test = order >= len(reference)
    first = np.flatnonzero(np.diff(sample[order], prepend=-NEVER) > window)
    size = np.diff(first, append=len(order))
    plain = first[size == 2]
    plain = plain[is_test[plain] != is_test[plain + 1]]
    # The place, in order of time, of the other annotation of each pair.
    other = np.full(len(order), -1)
    other[plain] = plain + 1
    other[plain + 1] = plain
    tangled = (size > 1) & (other[first] < 0)
    if tangled.any():
        ends = zip(first[tangled].tolist(), (first + size)[tangled].tolist(), strict=True)
        found = _tangled(reference, test, window, np.cumsum(is_test), ends)
        place = np.argsort(order)
        one, two = place[found[:, 0]], place[found[:, 1] + len(reference)]
        other[one], other[two] = two, one
    # A pair stands where its earlier annotation does.
    shown = np.flatnonzero((other < 0) | (other > np.arange(len(other))))
    return _positions(order, is_test, shown, other[shown], len(reference))


def _positions(
    order: np.ndarray, is_test: np.ndarray, one: np.ndarray, two: np.ndarray, references: int
) -> np.ndarray:
    """Return the positions in both files of what stands at some places in order of time."""
    pairs = np.full((len(one), 2), -1)
    pairs[np.arange(len(one)), is_test[one].astype(int)] = order[one]
    paired = np.flatnonzero(two >= 0)
    pairs[paired, is_test[two[paired]].astype(int)] = order[two[paired]]
    pairs[:, 1] -= np.where(pairs[:, 1] >= 0, references, 0)
    return pairs


def _tangled(
    reference: np.ndarray, test: np.ndarray, window: int, tests_before: np.ndarray, groups: zip
) -> np.ndarray:
    """Match groups of annotations one after the other; return the pairs, shape (pairs, 2)."""
    # Plain integers, for indexing an array one element at a time is slow.
    ours, theirs = ([*sample.tolist(), NEVER, NEVER] for sample in (reference, test))
    pairs = []
    for first, end in groups:
        t, last_t = (int(tests_before[k - 1]) if k else 0 for k in (first, end))
        r, last_r = first - t, end - last_t
        while r < last_r and t < last_t:
            one, other = ours[r], theirs[t]
            gap = abs(one - other)
            rival = abs(one - theirs[t + 1]) if other < one else abs(other - ours[r + 1])
            if gap <= window and (gap < rival or abs(ours[r + 1] - theirs[t + 1]) < rival):
                pairs.append((r, t))
                r, t = r + 1, t + 1
            elif other < one:
                t += 1
            else:
                r += 1
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
