"""Every number that aligned beats and their features depend on, in one place."""

from dataclasses import dataclass

import numpy as np

from ecgutils.signals.settings import BANDPASS, DETECTOR, BandpassSettings, DetectorSettings


@dataclass(frozen=True)
class BeatSettings:
    """A model keeps the settings that it was trained with, and is refused where one differs.

    Names ending in ``_s`` are in seconds, those with limits count from the R peak. Names ending in
    ``_hz`` are in Hz. Features of intervals are logarithms, so 0.1 there is about 10 %.
    """

    detector: DetectorSettings = DETECTOR
    """Where the beats are that nobody has annotated."""

    bandpass: BandpassSettings = BANDPASS
    """What is filtered out before beats are cut."""

    highest_hz: float = 35.0
    """Upper limit of that filter; a recording at 100 Hz still holds it."""

    grid_hz: int = 125
    """Points per second of every beat, whatever the recorder's sampling frequency."""

    window_s: tuple[float, float] = (-0.36, 0.56)
    """Where a beat begins and ends."""

    p_s: tuple[float, float] = (-0.24, -0.08)
    """Where the P wave is looked at."""

    qrs_s: tuple[float, float] = (-0.08, 0.10)
    """Where the QRS complex lies."""

    t_s: tuple[float, float] = (0.12, 0.45)
    """Where the T wave is looked at."""

    largest_shift_s: float = 0.04
    """How far a beat may be moved onto the template; annotators differ by as much."""

    fine_hz: float = 500.0
    """Steps per second in which :func:`~ecgutils.beats.aligned.aligned_beats` moves a beat."""

    smooth_hz: float = 300.0
    """Sampling frequency below which straight lines between samples are too coarse."""

    neighbourhood: int = 41
    """Beats around a beat, itself in the middle, that make its local rhythm."""

    template_quantile: float = 0.85
    """Beats after an interval above this quantile of their neighbourhood make the template."""

    tiny: float = 1e-6
    """Keeps flat signals from being divided by zero."""

    shortest_rr_s: float = 0.15
    """Shorter intervals count as this one: two detections so near to each other are one beat."""

    shortest_annotated_rr_s: float = 0.05
    """The same for :func:`~ecgutils.beats.rhythm.rhythm_features`. It reads annotations, which
    may be nearer to each other, and the networks of notebook 05 were measured with it."""

    shortest_conducted_rr_s: float = 0.25
    """Shortest interval of a synthetic rhythm: the conduction system follows no faster."""

    long_quantile: float = 0.9
    """Quantile of intervals that counts as long: ectopic beats can outnumber the others."""

    few: int = 8
    """Beats just before, or just after, whose median a small change of rhythm is seen against."""

    alike_pairs: int = 3
    """Neighbours, in a plot of intervals against the next ones, that make a rhythm regular."""

    early: float = 0.1
    """How much shorter than usual the interval before an early beat is."""

    many: int = 30
    """Beats before, or behind, among which the sharpest change of the rhythm is looked for."""

    minutes: int = 301
    """Beats around a beat that make the rhythm of some minutes."""

    slow_quantile: float = 0.8
    """Quantile of the intervals of a stretch that counts as its slow rhythm."""

    slow_quantile_of_all: float = 0.85
    """The same for a whole recording, most of which can be fast."""

    faster: float = 0.22
    """How much shorter than the slow ones of the recording the intervals of a fast episode are."""

    few_at_change: int = 5
    """Beats before, and behind, whose medians tell how fast a rhythm changed."""

    around_change: int = 15
    """Beats around the end of an episode among which its change is looked for."""

    same_rate: float = 0.12
    """Change from beat to beat below which a run of nearly equal intervals goes on."""

    most_counted: int = 6
    """Beats since the last normal one that are told apart."""

    least_alternation: float = 0.02
    """Added to a change of intervals before the logarithm is taken that tells bigeminy."""

    steady: float = 0.05
    """Change from beat to beat that is assumed where no normal beats follow each other."""

    least_change: float = 0.01
    """Added to a change from beat to beat before its logarithm is taken."""

    magnified: tuple[float, float] = (10, 30)
    """How much small changes of rhythm are magnified for a network."""

    saturated: float = 3.0
    """Where a magnified change is cut off."""

    least_distance: float = 0.02
    """Added to a distance between waves before its logarithm is taken."""

    least_square_distance: float = 1e-3
    """The same for the square of a distance."""

    most_normal_beats: int = 150
    """Beats of the template that each beat is compared with one by one."""

    nearest_of: int = 20
    """One in so many of them is near to a beat; the distance is the mean of those."""

    near_normal: float = 1.5
    """A QRS complex looks normal that is nearer than this to normal ones, against the usual."""

    like_normal: float = 0.9
    """It also looks normal where its correlation with the template is larger than this."""

    @property
    def grid_s(self) -> np.ndarray:
        """Seconds from the R peak of the points of a beat, shape (points,)."""
        # A little more than the end, which is a point itself.
        return np.arange(self.window_s[0], self.window_s[1] + 1e-4, 1 / self.grid_hz)

    def inside(self, limits_s: tuple[float, float]) -> np.ndarray:
        """Points of a beat between two limits, themselves included; bool, shape (points,)."""
        start, stop = limits_s
        return (start - self.tiny <= self.grid_s) & (stop + self.tiny >= self.grid_s)


BEATS = BeatSettings()
