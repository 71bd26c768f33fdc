"""Finding the heartbeats of a recording that nobody has annotated.

Where all leads together are steepest, each lead counting the less the noisier it is at the time,
there may be a beat. Which of these candidates are beats is decided for the recording as a whole
by :mod:`ecgutils.signals.beat_sequence`. No lead has to have a name or a polarity.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ecgutils.io.record import Record
from ecgutils.signals import settings
from ecgutils.signals.beat_sequence import Candidates, choose_beats
from ecgutils.signals.excursions import without_excursions
from ecgutils.signals.filters import bandpass
from ecgutils.signals.rolling import each_sample, percentiles, rolling_median

FRAME_S = 0.02
"""Seconds between what is kept of the steepness of each lead."""


@dataclass(frozen=True)
class Steepness:
    """How steep the leads of a recording are together, and how much each of them counts."""

    # Weighted mean of the leads' steepness, in units of their usual QRS complexes, averaged over
    # the width of one, (samples,).
    together: np.ndarray
    # The same of how fast the steepness changes, not averaged: T waves may be steep, but are never
    # sharp.
    sharp: np.ndarray
    # Of each lead, (samples,); together one.
    weight: list[np.ndarray]
    # Steepness between the QRS complexes, in units of theirs; one where a lead is silent,
    # (blocks, leads).
    noise: np.ndarray
    # Steepness of each lead, in units of its usual QRS complexes, every 20 ms, (frames, leads).
    frames: np.ndarray


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
    found = _candidates(steepness, fs)
    if not len(found):
        return found
    block = np.minimum(found // _block(steepness.together, fs), len(steepness.noise) - 1)
    share = np.stack([weight[found] for weight in steepness.weight], axis=1)
    noise = (share * steepness.noise[block]).sum(axis=1)
    near = round(detector.qrs_width_s / 2 * fs)
    sharp = _averaged_around(steepness.sharp, found, near, round(detector.qrs_width_s * fs))
    sharp = sharp.max(axis=1)
    height = steepness.together[found] ** (1 - detector.sharp_share) * sharp**detector.sharp_share
    beats = found[choose_beats(Candidates(found / fs, height, sharp, noise))]
    moved, height = _to_highest(beats, steepness.together, fs)
    moved, first = np.unique(moved, return_index=True)
    # Two that lie just far enough apart may move towards each other.
    return _apart(moved, height[first], detector.refractory_s * fs)


def leads_together(record: Record) -> Steepness:
    """Measure how steep the leads of a recording are, the cleaner ones counting more."""
    return put_together(
        [measure_lead(signal, record.fs) for signal in record.p_signal.T], record.fs
    )


@dataclass(frozen=True)
class MeasuredLead:
    """How steep one lead is by itself, in units of its usual QRS complexes."""

    # The steepness and how fast it changes, (samples,).
    steep: np.ndarray
    sharp: np.ndarray
    # How much it counts beside others, and its noise as Steepness has it, (blocks,).
    trust: np.ndarray
    noise: np.ndarray


def measure_lead(signal: np.ndarray, fs: float) -> MeasuredLead:
    """Measure how steep a lead in mV is, no sample missing."""
    detector, block = settings.DETECTOR, _block(signal, fs)
    slope = _slope(without_excursions(signal, fs), fs)
    steep, sharp = np.abs(slope), _changes(slope, fs)
    np.abs(sharp, out=sharp)
    high, middle = _block_levels(steep, block)
    silent = high <= detector.silent
    level, sharp_level = (
        _usual_level(values, silent) for values in (high, _block_levels(sharp, block)[0])
    )
    # A lead that has fallen silent is not to be taken for one without noise.
    trust = np.minimum(high / level, 1) / (middle / level + detector.least_noise)
    noise = np.where(silent, 1.0, middle / level)
    limited = _limited(steep, level, block), _limited(sharp, sharp_level, block)
    return MeasuredLead(*limited, trust, noise)


def put_together(leads: list[MeasuredLead], fs: float) -> Steepness:
    """Put the leads of a recording together, the cleaner ones counting more."""
    samples, block = len(leads[0].steep), _block(leads[0].steep, fs)
    trust = np.maximum([lead.trust for lead in leads], np.finfo(np.float32).tiny)
    weight = [each_sample(share, samples, block) for share in trust / trust.sum(axis=0)]
    together = _weighted_sum(weight, [lead.steep for lead in leads])
    together = _averaged(together, round(settings.DETECTOR.qrs_width_s * fs))
    sharp = _weighted_sum(weight, [lead.sharp for lead in leads])
    frames = np.stack([_in_frames(lead.steep, fs) for lead in leads], axis=1)
    noise = np.stack([lead.noise for lead in leads], axis=1)
    return Steepness(together, sharp, weight, noise, frames)


def _weighted_sum(weight: list[np.ndarray], values: list[np.ndarray]) -> np.ndarray:
    """Sum of the values of each lead, times its weights, shape (samples,)."""
    total = weight[0] * values[0]
    for share, more in zip(weight[1:], values[1:], strict=True):
        total += share * more
    return total


def lead_steepness(signal: np.ndarray, fs: float) -> np.ndarray:
    """How steep a lead in mV is, in mV per second and never negative, shape (samples,)."""
    return np.abs(_slope(signal, fs))


def _in_frames(values: np.ndarray, fs: float) -> np.ndarray:
    """Values smoothed over a QRS complex, every :data:`FRAME_S` seconds, shape (frames,)."""
    length = max(1, round(FRAME_S * fs))
    frames = values[: len(values) // length * length].reshape(-1, length).mean(axis=1)
    return _averaged(frames, round(settings.DETECTOR.qrs_width_s * fs / length))


def _slope(signal: np.ndarray, fs: float) -> np.ndarray:
    """Slope of a lead in mV per second, shape (samples,)."""
    return _changes(bandpass(signal, fs, *settings.DETECTOR.steep_hz), fs)


def _changes(values: np.ndarray, fs: float) -> np.ndarray:
    """Change per second at each sample, as `np.gradient` has it, in half of its time."""
    changes = np.empty(len(values))
    np.subtract(values[2:], values[:-2], out=changes[1:-1])
    changes[0], changes[-1] = 2 * (values[1] - values[0]), 2 * (values[-1] - values[-2])
    changes *= fs / 2
    return changes


def _block_levels(values: np.ndarray, block: int) -> np.ndarray:
    """Value that 98 % of each block's samples stay below, and their median, shape (2, blocks)."""
    blocks = values[: len(values) // block * block].reshape(-1, block)
    return percentiles(blocks[:, ::3], [98, 50])


def _usual_level(high: np.ndarray, silent: np.ndarray) -> np.ndarray:
    """Take the median of the blocks around each that are not silent, shape (blocks,)."""
    detector = settings.DETECTOR
    return rolling_median(high, ~silent, detector.steady_blocks, detector.silent)


def _limited(values: np.ndarray, level: np.ndarray, block: int) -> np.ndarray:
    """Express values in units of what is usual, up to a limit, shape (samples,)."""
    relative = each_sample(level, len(values), block)
    np.divide(values, relative, out=relative)
    return np.minimum(relative, settings.DETECTOR.steepest, out=relative)


def _candidates(steepness: Steepness, fs: float) -> np.ndarray:
    """Positions at which the leads together are steepest."""
    # scipy.signal takes long to import.
    from scipy.signal import find_peaks

    detector = settings.DETECTOR
    apart = max(1, round(detector.apart_s * fs))
    return find_peaks(steepness.together, height=detector.least_candidate, distance=apart)[0]


def _to_highest(
    found: np.ndarray, together: np.ndarray, fs: float
) -> tuple[np.ndarray, np.ndarray]:
    """Move each position to the middle of what is steep within reach; return how steep it is."""
    reach, width = (
        round(seconds * fs)
        for seconds in (settings.DETECTOR.reach_s, settings.DETECTOR.middle_width_s)
    )
    around = _averaged_around(together, found, reach, width)
    best = around.argmax(axis=1)
    return found + best - reach, around[np.arange(len(found)), best]


def _averaged_around(values: np.ndarray, found: np.ndarray, reach: int, width: int) -> np.ndarray:
    """Average as `_averaged`, near some positions alone; (positions, samples), -1 outside."""
    bell = _bell(width)
    farthest, near = reach + len(bell) // 2, np.arange(-reach, reach + 1)
    known = sliding_window_view(np.pad(values, farthest), 2 * farthest + 1)[found]
    placed = np.zeros((2 * farthest + 1, len(near)))
    for k in range(len(near)):
        placed[k : k + len(bell), k] = bell
    averaged, place = known @ placed, found[:, None] + near
    averaged[(place < 0) | (place >= len(values))] = -1
    return averaged


def _averaged(values: np.ndarray, width: int) -> np.ndarray:
    """Average over so many samples, those in the middle counting more."""
    return np.convolve(values, _bell(width), "same")


def _bell(width: int) -> np.ndarray:
    """Weights of so many samples, an odd number of them; their sum is one."""
    bell = np.hanning(width | 1)
    return bell / bell.sum()


def _apart(found: np.ndarray, height: np.ndarray, apart: float) -> np.ndarray:
    """Of positions that lie nearer to each other than `apart`, keep the steepest."""
    kept, height, samples = [], height.tolist(), found.tolist()
    for k, sample in enumerate(samples):
        if not kept or sample - samples[kept[-1]] >= apart:
            kept.append(k)
        elif height[k] > height[kept[-1]]:
            kept[-1] = k
    return found[kept]


def _block(values: np.ndarray, fs: float) -> int:
    """How many samples a block has."""
    return min(len(values), round(settings.DETECTOR.block_s * fs))
