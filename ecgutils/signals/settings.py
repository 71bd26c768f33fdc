"""The numbers that decide where beats are found; a model remembers those it was trained with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class BandpassSettings:
    """What :func:`ecgutils.signals.filters.bandpass` does unless it is told otherwise.

    Attributes
    ----------
    low_hz, high_hz : float
        Limits in Hz; 0.5 and 40 Hz are the usual ones of ambulatory monitoring.
    order : int
        Order of the filter in each direction.
    """

    low_hz: float = 0.5
    high_hz: float = 40.0
    order: int = 2


@dataclass(frozen=True)
class DetectorSettings:
    """Constants of the R-peak detector, chosen on the records outside DS2.

    Attributes
    ----------
    steep_hz, wide_hz : tuple of float
        Frequencies in which a QRS complex is steeper than other waves, and those in which also a
        wide one stands out, for the second search.
    block_s : float
        Seconds for which the steepness and the noise of a lead are measured at a time.
    steady_blocks : int
        Blocks, two minutes, whose median is how steep the QRS complexes of a lead usually are.
    steepest : float
        Times the usual steepness beyond which more does not count: artefacts are steeper.
    least_noise : float
        Noise that no lead is without, in units of its QRS complexes.
    qrs_width_s : float
        Seconds over which the steepness is averaged, about the width of a QRS complex.
    silent : float
        Steepness in mV per second below which there is only the rounding of a filter.
    reach_s : float
        Seconds by which a candidate may be moved at a time: twice to where its QRS complex is
        steepest, and once to its middle.
    middle_width_s : float
        Seconds over which the steepness is averaged to find that middle. Over less, it jumps
        between the two steep flanks of a wide complex with the least change of the signal.
    same_beat_s, refractory_s : float
        Seconds within which two candidates are the same beat, and within which the heart muscle
        cannot be excited again.
    least_steep : float
        Share of the steepness of the beats around it that a beat needs; P and T waves have less.
    least_votes, certain_votes : float
        Share of the searches, each counting as its lead does, that have to find a beat, and from
        which on a candidate is sure enough to measure others by.
    certain_nearby : int
        Candidates around a candidate whose median is the steepness it is measured by.
    doubtful_noise, doubtful_s : float
        Noise, in units of QRS complexes, and seconds from a beat, in which a beat that few searches
        find is not believed: it may be an artefact, and few beats are so early.
    """

    steep_hz: tuple[float, float] = (2.0, 25.0)
    wide_hz: tuple[float, float] = (1.0, 15.0)
    block_s: float = 5.0
    steady_blocks: int = 25
    steepest: float = 1.1
    least_noise: float = 0.02
    qrs_width_s: float = 0.10
    silent: float = 1e-7
    reach_s: float = 0.10
    middle_width_s: float = 0.15
    same_beat_s: float = 0.15
    refractory_s: float = 0.25
    least_steep: float = 0.45
    least_votes: float = 0.2
    certain_votes: float = 0.6
    certain_nearby: int = 31
    doubtful_noise: float = 0.05
    doubtful_s: float = 0.35


BANDPASS = BandpassSettings()
DETECTOR = DetectorSettings()
