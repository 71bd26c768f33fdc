"""The network for known patients, asked the one thing that it knows of strangers: whether it is V.

A ventricular beat is wide in anybody, and the network of `recipes.OURS` has seen
every beat of the training patients as a waveform. What it says of S is worth nothing for
patients that it has not met, and is not asked for.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import numpy as np

from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.beats import Beats, join
from ecgutils.io.record import Record
from ecgutils.learning.recipes import OURS
from ecgutils.learning.splits import VALIDATION_FRACTION

FS = 360.0
"""Sampling frequency in Hz of what the network sees."""

UNCLASSIFIABLE = CLASSES.index("Q")


class VentricularVote:
    """Tells how likely each beat of a stranger is ventricular.

    Parameters
    ----------
    seed : int
        Drives SMOTE, the beats that validate, initialisation and shuffling.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, patients: Sequence[AlignedBeats]) -> Self:
        """Train the network on all beats of some patients.

        Parameters
        ----------
        patients : sequence of AlignedBeats

        Returns
        -------
        VentricularVote
            Itself, trained.
        """
        beats = join(centred(patient.recording) for patient in patients)
        rows, classes = OURS.features(beats), beats.aami_class
        known = np.flatnonzero(classes != UNCLASSIFIABLE)
        order = np.random.default_rng(self.seed).permutation(known)
        watched, trained = np.split(order, [round(VALIDATION_FRACTION * len(order))])
        self.pipeline_ = OURS.pipeline(OURS.shape(beats), self.seed)
        watch = (rows[watched], classes[watched])
        self.pipeline_.fit(rows[trained], classes[trained], classifier__validation_data=watch)
        return self

    def probability(self, patient: AlignedBeats) -> np.ndarray:
        """Probability of V for each beat of a recording.

        Parameters
        ----------
        patient : AlignedBeats

        Returns
        -------
        array of float, shape (beats,)
        """
        rows = OURS.features(centred(patient.recording))
        return self.pipeline_.predict_proba(rows)[:, CLASSES.index("V")]


def centred(record: Record) -> Beats:
    """Cut any recording as the network is used to it.

    Parameters
    ----------
    record : Record
        With annotations. A single lead is shown twice.

    Returns
    -------
    Beats
        Of two leads at :data:`FS`.
    """
    if len(record.sig_name) == 1:
        twice = np.repeat(record.p_signal, 2, axis=1)
        record = replace(record, p_signal=twice, sig_name=record.sig_name * 2)
    return OURS.cut(record.resampled(FS))
