"""Disorder of intervals and P waves: what it is in fibrillation, and where nothing is known."""

import numpy as np
import pytest

from ecgutils import database
from ecgutils.beats import aligned_beats
from ecgutils.beats.irregularity import LEAST_SHARE, irregularity

N = 0


@pytest.fixture(scope="module")
def fibrillation():
    return aligned_beats(database.read("203").between(0, 180))


def test_disorder_is_high_in_fibrillation_and_p_waves_have_nothing_in_common(fibrillation):
    sinus = aligned_beats(database.read("100").between(0, 180))
    entropy, coherence = irregularity(sinus, sinus.aami_class == N).median()
    assert entropy < 0.5
    assert coherence > 0.8
    entropy, coherence = irregularity(fibrillation, fibrillation.aami_class == N).median()
    assert entropy > 1.5
    assert abs(coherence) < 0.1


def test_intervals_beside_ectopic_beats_are_not_judged(fibrillation):
    conducted = fibrillation.aami_class == N
    known = irregularity(fibrillation, conducted).notna().all(axis=1).to_numpy()
    assert (known == conducted & np.append(False, conducted[:-1])).all()


def test_nothing_is_known_where_most_beats_are_ectopic(fibrillation):
    """Of four beats, three or two are conducted: two intervals of four are between them, or one."""
    place = np.arange(len(fibrillation)) % 4
    assert 1 / 4 < LEAST_SHARE < 2 / 4
    assert irregularity(fibrillation, place < 3).notna().any(axis=None)
    assert irregularity(fibrillation, place < 2).isna().all(axis=None)
