"""The numbers that decide where beats are found; a model remembers those it was trained with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BandpassSettings:
    """What :func:`ecgutils.signals.filters.bandpass` does unless it is told otherwise."""

    # Limits in Hz, the usual ones of ambulatory monitoring.
    low_hz: float = 0.5
    high_hz: float = 40.0
    # Of the filter in each direction.
    order: int = 2


@dataclass(frozen=True)
class DetectorSettings:
    """Constants of the R-peak detector, chosen on the records outside DS2."""

    # Frequencies in which a QRS complex is steeper than other waves, and those in which also a wide
    # one stands out, for the second search.
    steep_hz: tuple[float, float] = (2.0, 25.0)
    wide_hz: tuple[float, float] = (1.0, 15.0)
    # Seconds for which the steepness and the noise of a lead are measured at a time.
    block_s: float = 5.0
    # Blocks, two minutes, whose median is how steep the QRS complexes of a lead usually are.
    steady_blocks: int = 25
    # Times the usual steepness beyond which more does not count: artefacts are steeper.
    steepest: float = 1.1
    # Noise that no lead is without, in units of its QRS complexes.
    least_noise: float = 0.02
    # Seconds over which the steepness is averaged, about the width of a QRS complex.
    qrs_width_s: float = 0.10
    # Steepness in mV per second below which there is only the rounding of a filter.
    silent: float = 1e-7
    # Seconds by which a candidate may be moved at a time: twice to where its QRS complex is
    # steepest, and once to its middle.
    reach_s: float = 0.10
    # Seconds over which the steepness is averaged to find that middle. Over less, it jumps between
    # the two steep flanks of a wide complex with the least change of the signal.
    middle_width_s: float = 0.15
    # Seconds within which two candidates are the same beat, and within which the heart muscle
    # cannot be excited again.
    same_beat_s: float = 0.15
    refractory_s: float = 0.25
    # Share of the steepness of the beats around it that a beat needs; P and T waves have less.
    least_steep: float = 0.45
    # Share of the searches, each counting as its lead does, that have to find a beat, and from
    # which on a candidate is sure enough to measure others by.
    least_votes: float = 0.2
    certain_votes: float = 0.6
    # Candidates around a candidate whose median is the steepness it is measured by.
    certain_nearby: int = 31
    # Noise, in units of QRS complexes, and seconds from a beat, in which a beat that few searches
    # find is not believed. It may be an artefact, and few beats are so early.
    doubtful_noise: float = 0.05
    doubtful_s: float = 0.35


BANDPASS = BandpassSettings()
DETECTOR = DetectorSettings()
