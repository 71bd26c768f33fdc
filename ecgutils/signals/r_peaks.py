"""Finding the heartbeats of a recording that nobody has annotated.

Each lead is searched twice by a detector of the Pan-Tompkins kind: as it is, and with its high
frequencies taken away, since wide ventricular beats are not steep. What it finds in any lead is
a candidate. A candidate becomes a beat where the leads together are steep enough there, each
lead counting the less the noisier it is at the time. No lead has to have a name or a polarity.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils.io.record import Record
from ecgutils.signals import settings
from ecgutils.signals.filters import bandpass


@dataclass(frozen=True)
class Steepness:
    """How steep the leads of a recording are together, and how much each of them counts."""

    # Weighted mean of the leads' steepness, in units of their usual QRS complexes, (samples,).
    together: np.ndarray
    # Of each lead, (samples,); together one.
    weight: list[np.ndarray]
    # Steepness between the QRS complexes, in units of theirs; one where a lead is silent,
    # (blocks, leads).
    noise: np.ndarray


def detect_r_peaks(record: Record, steepness: Steepness | None = None) -> np.ndarray:
    """Find the beats of a recording.

    The detector is that of sleepecg (J Open Source Softw 8:5411, 2023), after Pan and Tompkins,
    IEEE Trans Biomed Eng 32:230 (1985).

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

    Examples
    --------
    >>> from ecgutils import database
    >>> part = database.read("100").between(0, 10)
    >>> found, annotated = detect_r_peaks(part), part.annotations.beats.sample
    >>> len(found), len(annotated), bool(abs(found - annotated).max() < 0.03 * part.fs)
    (13, 13, True)
    """
    detector, fs = settings.DETECTOR, record.fs
    steepness = steepness or leads_together(record)
    found, votes = _candidates(record, steepness)
    if not len(found):
        return found
    height, certain = steepness.together[found], votes > detector.certain_votes
    usual = _rolling_median(height, certain, detector.certain_nearby, np.median(height))
    beat = (height > detector.least_steep * usual) & (votes > detector.least_votes)
    beat &= ~_doubtful(found, beat & certain, steepness.noise, fs)
    beats = _apart(found[beat], steepness.together, detector.refractory_s * fs)
    averaged = _averaged(steepness.together, round(detector.middle_width_s * fs))
    middle = np.unique(_to_highest(beats, averaged, fs))
    # What lay just far enough apart may have moved towards each other.
    return _apart(middle, steepness.together, detector.refractory_s * fs)


def leads_together(record: Record) -> Steepness:
    """Measure how steep the leads of a recording are, the cleaner ones counting more."""
    detector, fs = settings.DETECTOR, record.fs
    leads = [lead_steepness(signal, fs) for signal in record.p_signal.T]
    usual, trust, noise = [], [], []
    for steep in leads:
        high, middle = _block_levels(steep, fs)
        silent = high <= detector.silent
        level = _rolling_median(high, ~silent, detector.steady_blocks, detector.silent)
        usual.append(level)
        # A lead that has fallen silent is not to be taken for one without noise.
        trust.append(np.minimum(high / level, 1) / (middle / level + detector.least_noise))
        noise.append(np.where(silent, 1.0, middle / level))
    trust = np.maximum(trust, np.finfo(np.float32).tiny)
    weight = [_each_sample(share, len(leads[0]), fs) for share in trust / trust.sum(axis=0)]
    together = np.zeros(len(leads[0]))
    for steep, level, share in zip(leads, usual, weight, strict=True):
        relative = steep / _each_sample(level, len(steep), fs)
        together += share * np.minimum(relative, detector.steepest)
    averaged = _averaged(together, round(detector.qrs_width_s * fs))
    return Steepness(averaged, weight, np.stack(noise, axis=1))


def lead_steepness(signal: np.ndarray, fs: float) -> np.ndarray:
    """How steep a lead in mV is, in mV per second and never negative, shape (samples,)."""
    return np.abs(np.gradient(bandpass(signal, fs, *settings.DETECTOR.steep_hz))) * fs


def _block_levels(steep: np.ndarray, fs: float) -> np.ndarray:
    """Steepness that 98 % of each block's samples stay below, and its median, shape (2, blocks)."""
    length = min(len(steep), round(settings.DETECTOR.block_s * fs))
    blocks = steep[: len(steep) // length * length].reshape(-1, length)
    return np.percentile(blocks[:, ::3], [98, 50], axis=1)


def _rolling_median(values: np.ndarray, kept: np.ndarray, width: int, default: float) -> np.ndarray:
    """Median of the values around each that are to be kept, if any, shape (values,)."""
    around = pd.Series(values).where(kept).rolling(width, center=True, min_periods=1)
    return around.median().fillna(default).to_numpy()


def _doubtful(found: np.ndarray, certain: np.ndarray, noise: np.ndarray, fs: float) -> np.ndarray:
    """Tell which candidates lie in noise right beside a certain beat, without being one."""
    detector = settings.DETECTOR
    block = np.minimum((found / round(detector.block_s * fs)).astype(int), len(noise) - 1)
    noisy = noise.min(axis=1)[block] > detector.doubtful_noise
    beats = np.concatenate([[-np.inf], found[certain], [np.inf]])
    after = np.searchsorted(beats, found)
    apart = np.minimum(beats[after] - found, found - beats[after - 1])
    return noisy & ~certain & (apart < detector.doubtful_s * fs)


def _candidates(record: Record, steepness: Steepness) -> tuple[np.ndarray, np.ndarray]:
    """Positions that any search found, and the share of the searches that found each."""
    nothing = np.empty(0, dtype=np.int64), np.empty(0)
    searches = zip(nothing, *_searches(record, steepness.weight), strict=True)
    found, share = (np.concatenate(parts) for parts in searches)
    # After a deep S wave, one reach can end on the flank of the QRS complex.
    for _ in range(2):
        found = _to_highest(found, steepness.together, record.fs)
    same = settings.DETECTOR.same_beat_s * record.fs
    beats = _apart(np.unique(found), steepness.together, same)
    between = (beats[1:] + beats[:-1]) / 2
    return beats, np.bincount(np.searchsorted(between, found), share, len(beats))


def _searches(record: Record, weight: list[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Give what each search finds, and how much of all searches it is at that time."""
    import sleepecg

    for signal, share in zip(record.p_signal.T, weight, strict=True):
        # sleepecg refuses a lead that is flat from end to end.
        if np.ptp(signal) == 0:
            continue
        for searched in (signal, bandpass(signal, record.fs, *settings.DETECTOR.wide_hz)):
            # sleepecg reads double precision, and can give a beat twice.
            searched = np.ascontiguousarray(searched, dtype=np.float64)
            peaks = np.unique(sleepecg.detect_heartbeats(searched, record.fs)).astype(np.int64)
            yield peaks, share[peaks] / 2


def _to_highest(found: np.ndarray, values: np.ndarray, fs: float) -> np.ndarray:
    """Move each position to the highest value within reach."""
    reach = round(settings.DETECTOR.reach_s * fs)
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
    length = min(samples, round(settings.DETECTOR.block_s * fs))
    return np.interp(np.arange(samples), (np.arange(len(values)) + 0.5) * length, values)
