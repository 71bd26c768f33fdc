"""Finding the heartbeats of a recording that nobody has annotated.

Where all leads together are steepest, each lead counting the less the noisier it is at the time,
there may be a beat. Which of these candidates are beats is decided for the recording as a whole
by :mod:`ecgutils.signals.beat_sequence`. No lead has to have a name or a polarity.
"""

from dataclasses import dataclass

import numpy as np

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

    # Weighted mean of the leads' steepness, in units of their usual QRS complexes, (samples,).
    together: np.ndarray
    # The same of how fast the steepness changes: T waves may be steep, but are never sharp.
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
    sharp = _around(steepness.sharp, found, detector.qrs_width_s / 2, fs).max(axis=1)
    height = steepness.together[found] ** (1 - detector.sharp_share) * sharp**detector.sharp_share
    beats = found[choose_beats(Candidates(found / fs, height, sharp, noise))]
    averaged = _averaged(steepness.together, round(detector.middle_width_s * fs))
    # Two that lie just far enough apart may move towards each other.
    return _apart(np.unique(_to_highest(beats, averaged, fs)), averaged, detector.refractory_s * fs)


def leads_together(record: Record) -> Steepness:
    """Measure how steep the leads of a recording are, the cleaner ones counting more."""
    detector, fs = settings.DETECTOR, record.fs
    samples, block = len(record.p_signal), _block(record.p_signal, fs)
    trust, noise, parts = [], [], []
    for signal in record.p_signal.T:
        slope = _slope(without_excursions(signal, fs), fs)
        steep, sharp = np.abs(slope), np.abs(_changes(slope, fs))
        high, middle = _block_levels(steep, block)
        silent = high <= detector.silent
        levels = [_usual_level(values, silent) for values in (high, _block_levels(sharp, block)[0])]
        level = levels[0]
        # A lead that has fallen silent is not to be taken for one without noise.
        trust.append(np.minimum(high / level, 1) / (middle / level + detector.least_noise))
        noise.append(np.where(silent, 1.0, middle / level))
        parts.append([_limited(*pair, block) for pair in zip((steep, sharp), levels, strict=True)])
    trust = np.maximum(trust, np.finfo(np.float32).tiny)
    weight = [each_sample(share, samples, block) for share in trust / trust.sum(axis=0)]
    width = round(detector.qrs_width_s * fs)
    together, sharp = (
        _averaged(sum(share * part for share, part in zip(weight, leads, strict=True)), width)
        for leads in zip(*parts, strict=True)
    )
    frames = np.stack([_in_frames(steep, fs) for steep, _ in parts], axis=1)
    return Steepness(together, sharp, weight, np.stack(noise, axis=1), frames)


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


def _to_highest(found: np.ndarray, values: np.ndarray, fs: float) -> np.ndarray:
    """Move each position to the highest value within reach."""
    reach = settings.DETECTOR.reach_s
    moved = found + _around(values, found, reach, fs).argmax(axis=1) - round(reach * fs)
    return np.clip(moved, 0, len(values) - 1)


def _around(values: np.ndarray, found: np.ndarray, reach_s: float, fs: float) -> np.ndarray:
    """Values within reach of each position, shape (positions, samples)."""
    reach = round(reach_s * fs)
    near = found[:, None] + np.arange(-reach, reach + 1)
    return values[np.clip(near, 0, len(values) - 1)]


def _averaged(values: np.ndarray, width: int) -> np.ndarray:
    """Average over so many samples, those in the middle counting more."""
    bell = np.hanning(width | 1)
    return np.convolve(values, bell / bell.sum(), "same")


def _apart(found: np.ndarray, steepness: np.ndarray, apart: float) -> np.ndarray:
    """Of positions that lie nearer to each other than `apart`, keep the steepest."""
    kept, height, samples = [], steepness[found].tolist(), found.tolist()
    for k, sample in enumerate(samples):
        if not kept or sample - samples[kept[-1]] >= apart:
            kept.append(k)
        elif height[k] > height[kept[-1]]:
            kept[-1] = k
    return found[kept]


def _block(values: np.ndarray, fs: float) -> int:
    """How many samples a block has."""
    return min(len(values), round(settings.DETECTOR.block_s * fs))
