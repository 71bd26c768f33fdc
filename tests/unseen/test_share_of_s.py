"""How far S is believed in a patient who seems to have many S beats, or few."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from ecgutils.unseen import share_of_s
from ecgutils.unseen.share_of_s import S, expecting_own_share

DOUBTFUL = [0.5, 0.3, 0.2, 0.0]


def patient(share, beats=10_000):
    """One doubtful beat of a patient whose other beats are S with this probability."""
    return np.vstack([DOUBTFUL, np.tile([1 - share, share, 0, 0], (beats, 1))])


def belief(share, beats=10_000):
    return expecting_own_share(patient(share, beats))[0]


def test_a_doubtful_beat_is_s_where_most_are_and_is_not_where_none_is():
    many, usual, few = (belief(share)[S] for share in (0.8, 0.1, 0.001))
    assert many > 0.5
    assert usual == pytest.approx(0.3, abs=0.001)
    assert few < 0.15


def test_the_other_classes_keep_their_proportions_and_all_add_up_to_one():
    for share in (0.8, 0.001):
        found = belief(share)
        assert found[0] / found[2] == pytest.approx(2.5)
        assert found.sum() == pytest.approx(1)


def test_few_beats_tell_little_of_the_patient():
    assert belief(0.8, beats=10)[S] == pytest.approx(0.3, abs=0.02)
    assert np.isfinite(expecting_own_share(np.empty((0, 4)))).all()


def test_without_power_nothing_changes(monkeypatch):
    unmoved = share_of_s.ShareSettings(power=0.0)
    monkeypatch.setattr(share_of_s, "SHARE", unmoved)
    assert_allclose(expecting_own_share(patient(0.8)), patient(0.8))
