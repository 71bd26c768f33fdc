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
    """Constants of the R-peak detector; CONTRIBUTING tells on which records they were chosen."""

    # Seconds for which a spike may last, as those of pacemakers do, and how tall it is at least, in
    # units of what is usual from peak to peak.
    spike_s: float = 0.004
    spike_height: float = 0.6
    # The same units, beyond which a lead is cut off around its median.
    tallest: float = 4.0
    # Seconds, a minute, whose median is what is usual.
    height_seconds: int = 61
    # Frequencies in which a QRS complex is steeper than other waves.
    steep_hz: tuple[float, float] = (2.0, 25.0)
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
    # Seconds over which the steepness is averaged to find the middle of a beat, and by which that
    # may lie beside where it is steepest. Over less, it jumps between the two steep flanks of a
    # wide complex with the least change of the signal.
    middle_width_s: float = 0.15
    reach_s: float = 0.10
    # Seconds by which candidates lie apart, and their least height, in units of QRS complexes.
    apart_s: float = 0.15
    least_candidate: float = 0.08
    # How much sharpness counts beside steepness in the height of a candidate.
    sharp_share: float = 0.27
    # Times the usual interval from which on a stretch without beats is looked at again. A low beat
    # there has this share of the height of the tallest candidate, and of the usual height.
    look_again: float = 2.8
    low: float = 0.58
    lowest_again: float = 0.2
    # How often the beats are chosen at most, each time by what was usual for those chosen before.
    rounds: int = 8
    # Beats around a candidate whose median height, and whose median interval, are usual there.
    heights_nearby: int = 15
    intervals_nearby: int = 21
    # Heights in units of that one: below the first there is no beat, above the second more does not
    # count.
    lowest: float = 0.10
    highest: float = 2.6
    # Height at which a candidate is as likely a beat as not, and how much more it needs in noise.
    least_height: float = 0.255
    height_in_noise: float = 1.9
    # Share of the usual interval below which a beat is early, and what that costs, in units of the
    # logarithm of a height.
    early: float = 0.65
    early_cost: float = 1.4
    early_cost_in_noise: float = 3.5
    # Seconds after a beat, and share of the usual interval, within which there is rather a second
    # wave of the same beat. Taking it for another beat costs so much.
    same_beat_s: float = 0.25
    same_beat: float = 0.33
    same_beat_cost: float = 0.5
    # Seconds after a beat in which there may be its T wave, and what share of the beat's height
    # one has at most.
    t_wave_s: float = 0.33
    t_wave: float = 0.49
    t_wave_cost: float = 2.7
    # Times the usual interval from which on a gap costs something, how much, and how much at most.
    gap: float = 1.1
    gap_cost: float = 0.3
    gap_most: float = 1.9
    # Seconds within which the heart cannot beat again: 300 a minute are 0.2 s apart.
    refractory_s: float = 0.19


BANDPASS = BandpassSettings()
DETECTOR = DetectorSettings()
