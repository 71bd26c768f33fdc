"""The methods that are compared: the paper's, ours, and ours with one ingredient changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
from imblearn.pipeline import Pipeline

from ecgutils.beats.beats import Beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.rhythm import rhythm_features
from ecgutils.beats.t_to_t import cut_t_to_t
from ecgutils.beats.wavelet_features import shape_features
from ecgutils.io.record import Record
from ecgutils.learning.networks import paper_cnn, small_cnn
from ecgutils.learning.oversampling import PAPER_TARGETS, shifted_copies, smote
from ecgutils.learning.training import FAST, PAPER, SHORT, NetworkClassifier, Schedule
from ecgutils.signals.wavelets import WAVELET

SHIFT_SAMPLES = 4
"""How far the shifted copies of a beat are moved: 11 ms at 360 Hz."""


@dataclass(frozen=True)
class Recipe:
    """All that decides what a beat looks like and how a network learns it."""

    # Cuts a record into beats.
    cut: Callable[[Record], Beats] = cut_t_to_t
    # Name of the discrete wavelet.
    wavelet: str = WAVELET
    # How often a beat is halved; 0 leaves the samples as they are.
    level: int = 1
    # Whether the difference from the record's median beat stands beside the beat.
    against_median: bool = False
    # Whether RR features stand beside the beat.
    rhythm: bool = False
    # What is done about rare classes: SMOTE to the paper's counts ("paper") or to the count of
    # the largest class ("equal"), class weights ("weights") or nothing ("none"). "before split"
    # is a mistake: SMOTE of all beats, of which some are then tested on.
    balance: Literal["paper", "equal", "before split", "weights", "none"] = "paper"
    # Whether shifted copies are trained on, too.
    shifts: bool = False
    # paper_cnn or small_cnn of the module `networks`.
    network: Literal["paper", "small"] = "paper"
    # How the network learns.
    schedule: Schedule = PAPER

    def features(self, beats: Beats) -> np.ndarray:
        """Return what a network sees of all beats of some records, shape (beats, features).

        The shape of the beat comes first, coefficient by coefficient with the channels side by
        side, then its rhythm, if any.
        """
        shape = shape_features(beats, self.wavelet, self.level, self.against_median)
        flat = shape.reshape(len(beats), -1)
        return np.hstack([flat, rhythm_features(beats)]) if self.rhythm else flat

    def shape(self, beats: Beats) -> tuple[int, int]:
        """Return how many coefficients and channels the shape of a beat has."""
        return shape_features(beats[:1], self.wavelet, self.level, self.against_median).shape[1:]

    def pipeline(self, shape: tuple[int, int], seed: int) -> Pipeline:
        """Assemble the steps that turn training beats into a trained network.

        The steps before the last one, ``classifier``, change the number of rows, and so act
        while it is fitted and never while it predicts.
        """
        steps = []
        if self.balance in ("paper", "equal"):
            targets = PAPER_TARGETS if self.balance == "paper" else None
            steps.append(("smote", smote(targets, seed)))
        if self.shifts:
            moved = max(1, SHIFT_SAMPLES >> self.level)
            steps.append(("shift", shifted_copies(*shape, moved)))
        small = partial(small_cnn, coefficients=shape[0], channels=shape[1])
        build = paper_cnn if self.network == "paper" else small
        classifier = NetworkClassifier(self.schedule, seed, build, self.balance == "weights")
        return Pipeline([*steps, ("classifier", classifier)])


PAPER_RECIPE = Recipe()
"""The paper's own."""

PAPER_FAST = Recipe(schedule=FAST)
"""The paper's beats and network, trained with our schedule."""

OURS = Recipe(
    cut=RCentred(),
    level=2,
    against_median=True,
    rhythm=True,
    shifts=True,
    network="small",
    schedule=SHORT,
)
"""Our own method."""

MODELS = {"paper": PAPER_RECIPE, "paper_fast": PAPER_FAST, "ours": OURS}
"""What the study compares."""


ABLATIONS = {
    "one_lead": replace(OURS, cut=replace(OURS.cut, leads=1)),
    "no_rhythm": replace(OURS, rhythm=False),
    "no_median_beat": replace(OURS, against_median=False),
    "no_shifts": replace(OURS, shifts=False, schedule=replace(SHORT, epochs=18)),
    "height_per_beat": replace(OURS, cut=replace(OURS.cut, scale_each_beat=True)),
    **{f"level_{level}": replace(OURS, level=level) for level in (0, 1, 3)},
    **{name: replace(OURS, wavelet=name) for name in ("haar", "sym4")},
    "no_smote": replace(OURS, balance="none"),
    "smote_equal": replace(OURS, balance="equal"),
    "smote_before_split": replace(OURS, balance="before split"),
    "class_weights": replace(OURS, balance="weights"),
    "paper_beats": Recipe(shifts=True, network="small", schedule=SHORT),
}
"""Our method with one ingredient changed."""
