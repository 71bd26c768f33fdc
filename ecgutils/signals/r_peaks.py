"""Finding the heartbeats of a recording that nobody has annotated.

Each lead is searched twice by a detector of the Pan-Tompkins kind, as it is and with its high
frequencies taken away, since wide ventricular beats are not steep. What it finds in any lead is
a candidate. A candidate becomes a beat where the leads together are steep enough there, each
lead counting the less the noisier it is at the time. No lead has to have a name or a polarity.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils.io.record import Record
from ecgutils.signals.filters import bandpass

STEEP_HZ = (2.0, 25.0)
"""Limits of the frequencies in which a QRS complex is steeper than other waves."""

WIDE_HZ = (1.0, 15.0)
"""Limits in which also a wide QRS complex stands out, for the second search."""

BLOCK_S = 5.0
"""Seconds for which the steepness and the noise of a lead are measured at a time."""

STEADY_BLOCKS = 25
"""Blocks, two minutes, whose median says how steep the QRS complexes of a lead usually are."""

STEEPEST = 1.1
"""Times the usual steepness beyond which more of it does not count: artefacts are steeper."""

LEAST_NOISE = 0.02
"""Noise that no lead is without, in units of its QRS complexes."""

QRS_WIDTH_S = 0.10
"""Seconds over which the steepness is averaged, about the width of a QRS complex."""

SILENT = 1e-7
"""Steepness in mV per second below which there is nothing but the rounding of a filter."""

REACH_S = 0.10
"""Seconds by which a candidate may be moved at a time: twice to where its QRS complex is steepest,
and once to its middle."""

MIDDLE_WIDTH_S = 0.15
"""Seconds over which the steepness is averaged to find that middle.

Wide QRS complexes have two steep flanks. Averaged over less, their middle jumps from one to the
other with the least change of the signal, such as another sampling frequency.
"""

SAME_BEAT_S = 0.15
"""Seconds within which two candidates are the same beat."""

REFRACTORY_S = 0.25
"""Seconds after a beat in which the heart muscle cannot be excited again."""

LEAST_STEEP = 0.45
"""Share of the steepness of the beats around it that a beat needs; P and T waves have less."""

LEAST_VOTES = 0.2
"""Share of the searches, each counting as its lead does, that have to find a beat."""

CERTAIN_VOTES = 0.6
"""Share of the searches from which on a candidate is sure enough to measure others by."""

CERTAIN_NEARBY = 31
"""Candidates around a candidate whose median is the steepness it is measured by."""


DOUBTFUL_NOISE = 0.05
"""Noise, in units of QRS complexes, in which a beat that few searches find may be an artefact."""

DOUBTFUL_S = 0.35
"""Seconds from a beat within which such an artefact is not believed; few beats are so early."""


@dataclass(frozen=True)
class Steepness:
    """How steep the leads of a recording are together, and how much each of them counts.

    Attributes
    ----------
    together : array of float, shape (samples,)
        Weighted mean of the leads' steepness, in units of their usual QRS complexes.
    weight : list of array of float, shape (samples,)
        Of each lead; together one.
    noise : array of float, shape (blocks, leads)
        Steepness between the QRS complexes, in units of theirs, of each block of
        :data:`BLOCK_S`; one where a lead is silent.
    """

    together: np.ndarray
    weight: list[np.ndarray]
    noise: np.ndarray


def detect_r_peaks(record: Record, steepness: Steepness | None = None) -> np.ndarray:
    """Find the beats of a recording.

    Parameters
    ----------
    record : Record
        Any number of leads, no sample missing; at least a few seconds. Its annotations are not
        looked at.
    steepness : Steepness, optional
        Of the record, where it has been measured already.

    Returns
    -------
    array of int64, shape (beats,)
        The middle of each QRS complex, in samples, in ascending order. Empty where there are
        none.

    References
    ----------
    The detector is that of sleepecg (J Open Source Softw 8:5411, 2023), after Pan and Tompkins,
    IEEE Trans Biomed Eng 32:230 (1985). The constants of this module were chosen on the records
    outside DS2.
    """
    steepness = steepness or leads_together(record)
    found, votes = _candidates(record, steepness)
    if not len(found):
        return found
    height = steepness.together[found]
    certain = pd.Series(np.where(votes > CERTAIN_VOTES, height, np.nan))
    usual = certain.rolling(CERTAIN_NEARBY, center=True, min_periods=1).median()
    usual = usual.fillna(np.median(height)).to_numpy()
    beat = (height > LEAST_STEEP * usual) & (votes > LEAST_VOTES)
    beat &= ~_doubtful(found, beat & (votes > CERTAIN_VOTES), steepness, record.fs)
    beats = _apart(found[beat], steepness.together, REFRACTORY_S * record.fs)
    middle = _in_the_middle(beats, steepness.together, record.fs)
    # What lay just far enough apart may have moved towards each other.
    return _apart(middle, steepness.together, REFRACTORY_S * record.fs)


def leads_together(record: Record) -> Steepness:
    """Measure how steep the leads of a recording are, the cleaner ones counting more.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Steepness
    """
    fs, leads = record.fs, [lead_steepness(signal, record.fs) for signal in record.p_signal.T]
    usual, trust, noise = [], [], []
    for steep in leads:
        high, middle = block_levels(steep, fs)
        level = usual_level(high)
        usual.append(level)
        # A lead that has fallen silent is not to be taken for one without noise.
        heard = np.minimum(high / level, 1)
        trust.append(heard / (middle / level + LEAST_NOISE))
        noise.append(np.where(high <= SILENT, 1.0, middle / level))
    trust = np.maximum(trust, np.finfo(np.float32).tiny)
    weight = [_each_sample(share, len(leads[0]), fs) for share in trust / trust.sum(axis=0)]
    together = np.zeros(len(leads[0]))
    for steep, level, share in zip(leads, usual, weight, strict=True):
        relative = steep / _each_sample(level, len(steep), fs)
        together += share * np.minimum(relative, STEEPEST)
    return Steepness(
        together=_averaged(together, round(QRS_WIDTH_S * fs)),
        weight=weight,
        noise=np.stack(noise, axis=1),
    )


def lead_steepness(signal: np.ndarray, fs: float) -> np.ndarray:
    """Measure how steep a lead is.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead in mV.
    fs : float
        Sampling frequency in Hz.

    Returns
    -------
    array of float, shape (samples,)
        In mV per second, never negative.
    """
    return np.abs(np.gradient(bandpass(signal, fs, *STEEP_HZ))) * fs


def block_levels(steep: np.ndarray, fs: float) -> tuple[np.ndarray, np.ndarray]:
    """Measure the QRS complexes, and what lies between them, every few seconds.

    Parameters
    ----------
    steep : array, shape (samples,)
        Steepness of a lead.
    fs : float
        Sampling frequency in Hz.

    Returns
    -------
    high, middle : array of float, shape (blocks,)
        What is steeper than 98 % of the samples of each block, and its median.
    """
    length = min(len(steep), round(BLOCK_S * fs))
    blocks = steep[: len(steep) // length * length].reshape(-1, length)
    middle, high = np.percentile(blocks[:, ::3], [50, 98], axis=1)
    return high, middle


def usual_level(high: np.ndarray) -> np.ndarray:
    """Tell how steep the QRS complexes of a lead usually are at the time of each block.

    Parameters
    ----------
    high : array, shape (blocks,)
        See :func:`block_levels`.

    Returns
    -------
    array of float, shape (blocks,)
        Larger than zero. Blocks in which the lead is silent do not count.
    """
    heard = pd.Series(high).where(high > SILENT)
    around = heard.rolling(STEADY_BLOCKS, center=True, min_periods=1)
    return around.median().fillna(SILENT).to_numpy()


def _doubtful(
    found: np.ndarray, certain: np.ndarray, steepness: Steepness, fs: float
) -> np.ndarray:
    """Tell which candidates lie in noise right beside a certain beat, without being one."""
    if not certain.any():
        return np.zeros(len(found), dtype=bool)
    block = np.minimum((found / round(BLOCK_S * fs)).astype(int), len(steepness.noise) - 1)
    noisy = steepness.noise.min(axis=1)[block] > DOUBTFUL_NOISE
    beats = found[certain]
    after = np.searchsorted(beats, found).clip(max=len(beats) - 1)
    before = (after - 1).clip(min=0)
    apart = np.minimum(np.abs(beats[after] - found), np.abs(found - beats[before]))
    return noisy & ~certain & (apart < DOUBTFUL_S * fs)


def _candidates(record: Record, steepness: Steepness) -> tuple[np.ndarray, np.ndarray]:
    """Positions that any search found, and the share of the searches that found each."""
    import sleepecg

    found, share = [], []
    for signal, weight in zip(record.p_signal.T, steepness.weight, strict=True):
        # sleepecg refuses a lead that is flat from end to end.
        if np.ptp(signal) == 0:
            continue
        for searched in (signal, bandpass(signal, record.fs, *WIDE_HZ)):
            # sleepecg reads double precision, and can give a beat twice.
            searched = np.ascontiguousarray(searched, dtype=np.float64)
            peaks = np.unique(sleepecg.detect_heartbeats(searched, record.fs)).astype(np.int64)
            found.append(peaks)
            share.append(weight[peaks] / 2)
    if not found:
        return np.empty(0, dtype=np.int64), np.empty(0)
    moved = _to_steepest(np.concatenate(found), steepness.together, record.fs)
    beats = np.unique(moved)
    beats = _apart(beats, steepness.together, SAME_BEAT_S * record.fs)
    if not len(beats):
        return beats, np.empty(0)
    between = (beats[1:] + beats[:-1]) / 2
    votes = np.bincount(np.searchsorted(between, moved), np.concatenate(share), len(beats))
    return beats, votes


def _to_steepest(found: np.ndarray, steepness: np.ndarray, fs: float) -> np.ndarray:
    """Move each position to the steepest place within reach, and once more from there."""
    # After a deep S wave, one reach can end on the flank of the QRS complex.
    for _ in range(2):
        found = _to_highest(found, steepness, round(REACH_S * fs))
    return found


def _in_the_middle(beats: np.ndarray, steepness: np.ndarray, fs: float) -> np.ndarray:
    """Move beats to the middle of their QRS complexes."""
    averaged = _averaged(steepness, round(MIDDLE_WIDTH_S * fs))
    return np.unique(_to_highest(beats, averaged, round(REACH_S * fs)))


def _to_highest(found: np.ndarray, values: np.ndarray, reach: int) -> np.ndarray:
    """Move each position to the highest value within reach."""
    near = np.clip(found[:, None] + np.arange(-reach, reach + 1), 0, len(values) - 1)
    return near[np.arange(len(near)), values[near].argmax(axis=1)]


def _averaged(values: np.ndarray, width: int) -> np.ndarray:
    """Average over so many samples, those in the middle counting more."""
    bell = np.hanning(width | 1)
    return np.convolve(values, bell / bell.sum(), "same")


def _apart(found: np.ndarray, steepness: np.ndarray, apart: float) -> np.ndarray:
    """Of positions that lie nearer to each other than `apart`, keep the steepest."""
    kept, height = [], steepness[found]
    for k, sample in enumerate(found):
        if not kept or sample - found[kept[-1]] >= apart:
            kept.append(k)
        elif height[k] > height[kept[-1]]:
            kept[-1] = k
    return found[kept]


def _each_sample(values: np.ndarray, samples: int, fs: float) -> np.ndarray:
    """Values of blocks at every sample, changing evenly from block to block."""
    length = min(samples, round(BLOCK_S * fs))
    return np.interp(np.arange(samples), (np.arange(len(values)) + 0.5) * length, values)
