"""The waveform's say on V, learnt from one patient and asked of another."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import beats_on_grid
from ecgutils.learning.recipes import OURS
from ecgutils.learning.training import TRIAL
from ecgutils.unseen import waveform_vote
from ecgutils.unseen.waveform_vote import VentricularVote

V = CLASSES.index("V")


@pytest.fixture(scope="module")
def vote():
    with pytest.MonkeyPatch.context() as patch:
        short = replace(OURS, balance="none", shifts=False, schedule=TRIAL)
        patch.setattr(waveform_vote, "OURS", short)
        yield VentricularVote(seed=1).fit([beats_on_grid(database.read("119"))])


def test_ventricular_beats_of_a_stranger_are_more_probably_so(vote):
    stranger = beats_on_grid(database.read("106"))
    said, ventricular = vote.probability(stranger), stranger.aami_class == V
    assert said.shape == (len(stranger),)
    assert ((said >= 0) & (said <= 1)).all()
    assert np.median(said[ventricular]) > np.quantile(said[~ventricular], 0.9)
