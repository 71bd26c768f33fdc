"""How probably a beat is V, by the network for known patients.

A ventricular beat is wide in any patient, and the network of `recipes.OURS` has seen every beat
of the training patients as a waveform. Its probability of S is worth nothing for patients that
it has not seen, and is not used.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(eq=False, repr=False)
class VentricularVote:
    """The network for known patients; `seed` drives SMOTE, the validation beats and training."""

    seed: int

    def fit(self, patients: Sequence[AlignedBeats]) -> Self:
        """Train the network on all beats of some patients, but for unclassifiable ones."""
        beats = join(centred(patient.recording) for patient in patients)
        rows, classes = OURS.features(beats), beats.aami_class
        known = np.flatnonzero(classes != CLASSES.index("Q"))
        order = np.random.default_rng(self.seed).permutation(known)
        watched, trained = np.split(order, [round(VALIDATION_FRACTION * len(order))])
        self.pipeline_ = OURS.pipeline(OURS.shape(beats), self.seed)
        watch = (rows[watched], classes[watched])
        self.pipeline_.fit(rows[trained], classes[trained], classifier__validation_data=watch)
        return self

    def probability(self, patient: AlignedBeats) -> np.ndarray:
        """Probability of V for each beat of a recording, shape (beats,)."""
        rows = OURS.features(centred(patient.recording))
        return self.pipeline_.predict_proba(rows)[:, CLASSES.index("V")]


def centred(record: Record) -> Beats:
    """Cut an annotated recording as the network is used to it: two leads at :data:`FS`."""
    if len(record.sig_name) == 1:
        record = record.only([0, 0])
    return OURS.cut(record.resampled(FS))
