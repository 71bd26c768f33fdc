"""The probability of V by the waveform, learnt from one patient and predicted for another."""

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


@pytest.mark.slow
def test_ventricular_beats_of_an_unseen_patient_are_more_probably_so(vote):
    unseen = beats_on_grid(database.read("106"))
    probabilities, ventricular = vote.probability(unseen), unseen.aami_class == V
    assert probabilities.shape == (len(unseen),)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert np.median(probabilities[ventricular]) > np.quantile(probabilities[~ventricular], 0.9)
