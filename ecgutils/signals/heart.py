"""Whether a lead shows a heart: by its own shape, and by what the leads beside it show.

QRS complexes are short, steep and alike, and every lead has them at the same time. Nothing else
that recorders store is all of that. A pulse comes after the beat, a counter jumps within one
sample, respiration has no high frequencies, and no beat of noise is like the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import find_objects, label, median_filter
from scipy.signal import find_peaks
from scipy.sparse.csgraph import connected_components

from ecgutils.io.record import Record
from ecgutils.signals import settings
from ecgutils.signals.filters import bandpass
from ecgutils.signals.r_peaks import Steepness, leads_together

# The limits below were chosen with all records of MIT-BIH in view, the odd records of three
# databases (SVDB, VFDB, CUDB), clips of CPSC2019, and channels without a heart.

AGREEING = 0.25
"""Correlation of the steepness of two leads that show the same (0.32 to 0.99; strangers 0.2)."""

FOLLOWING = 0.4
"""The same for a lead that comes later, as a pulse or the heart's recoil does (0.5 to 0.8)."""

CLEAR_NOISE, CLEAR_ALIKE, CLEAR_SHARP = 0.15, 0.85, 0.10
"""Noise below which, likeness of the beats and sharpness from which on a lead is clear."""

NOISE_NOISE, NOISE_ALIKE, NOISE_SHARP, NOISE_DRIFT = 0.235, 0.82, 0.35, 3.3
"""The same for what can be nothing but noise (0.25 to 0.32, 0.61 to 0.81, 0.38 and more).

Fibrillation is as noisy, and its waves are no more alike. But they are not sharp (0.09 to 0.3),
nor small beside slower ones, as in noise that drifts (2 and more; fibrillation 0.3 to 3.2).
"""

NOISE = "noise"
"""What a lead is called that is nothing but noise."""

DRIFT_HZ, FIBRILLATION_HZ = (0.3, 1.5), (2.0, 8.0)
"""Frequencies of such a drift, and of fibrillation."""

HUM_NOISE = 0.45
"""Noise from which on a lead is a tone (ECG to 0.33; tones and ramps 0.5 to 1)."""

SMOOTH = 0.075
"""Sharpness below which there are only slow waves (ECG 0.13 to 4, ventricular flutter 0.09; a
pulse and respiration 0.01 to 0.07)."""

STEP = 0.65
"""Share of a beat's height by which a lead jumps from one sample to the next, and stays there."""

SPIKE_S = 0.005
"""Half of the width of a pacemaker's spike, which is no step, in seconds."""

FEWEST_ALIKE = 4
"""Beats from which on it is asked whether they are alike."""

LATEST_S = 0.25
"""Seconds by which a lead may come after another one to be told from it."""

HALF_QRS_S, SHIFT_S = 0.08, 0.04
"""Seconds to each side of a beat that are compared, and by which it may be moved."""

LEAST_REST, LEAST_REPEATED = 0.40, 0.97
"""What lies between readable beats is lower than this share of them, and they are alike.

Wide beats of CUDB have 0.26 to 0.39 and nearly always 0.97 or more, some low ones of wearables
as well. The noisy blocks of MIT-BIH have more than 0.40, but for two of the flutter of 207 and one
of 105. Muscle artefacts are less alike (0.83). Motion of electrodes can look the same; over an ECG,
at 6 to -6 dB, no class changed by it.
"""

BEATING_REST, BEATING_ALIKE, BEATING_UNEVEN, BEATING_COUNT = 0.60, 0.90, 0.10, 500
"""What may be beats in noise: what lies between, likeness, unevenness, how many are looked at.

Three hard clips of CPSC2019 have 0.53 to 0.57, 0.92 to 0.98 and 0.01 to 0.07. Muscle artefacts are
less alike, and hum has no rest.
Steps that somebody walks in time look the same, so no class is given to such beats.
"""

QRS_REST, QRS_REST_SHARP, QRS_SHARP, QRS_RR_S = 0.30, 0.45, 0.45, 0.30
"""How high sharp waves between beats may be where QRS complexes are readable in fast wide waves.

They are in heights of the beats: in any waves, and in sharp ones. Then follow what is sharp, and
the least usual interval in seconds.

Of 70 stretches in VFDB, CUDB (odd records) and 207, none has less than 0.40, and of sharp ones only
421 has less than 0.84: tachycardia of 240 a minute. Normal beats of eight records of MIT-BIH under
slow waves as tall as they are have 0.09 to 0.24, and a hard clip of CPSC2019 has 0.36.
"""

BEAT_SIDE_S = 0.15
"""Seconds to each side of a beat that belong to it."""

NEAR_FRAMES = 3
"""Frames of 20 ms by which two leads may differ that show the same at the same time."""


@dataclass(frozen=True)
class Look:
    """What a stretch of a lead looks like."""

    # Steepness between the QRS complexes, in units of theirs.
    noise: float
    # Median correlation of the beats with the usual one; NaN where there are few.
    alike: float
    # Height of the quick waves against that of the slow ones.
    sharp: float
    # Height of the slowest waves against that of waves as slow as those of fibrillation.
    drift: float
    # Largest change from sample to sample that lasts, in heights of the beat.
    jump: float

    @property
    def clear(self) -> bool:
        """Whether this shows a heart, whatever is beside it."""
        steep = self.noise < CLEAR_NOISE and self.jump < STEP
        return steep and self.sharp > CLEAR_SHARP and self.alike > CLEAR_ALIKE

    @property
    def against(self) -> str:
        """What this is, if it cannot be a heart; else nothing."""
        kinds = {
            "a tone or a ramp": self.noise > HUM_NOISE,
            "steps": self.jump > STEP,
            "slow waves": self.sharp < SMOOTH,
            NOISE: self.noise > NOISE_NOISE
            and self.alike < NOISE_ALIKE
            and (self.sharp > NOISE_SHARP or self.drift > NOISE_DRIFT),
        }
        return next((kind for kind, found in kinds.items() if found), "")

    @property
    def score(self) -> float:
        """How clear it is; only to compare clear leads of which not both can be right."""
        return self.alike**2 / (self.noise + settings.DETECTOR.least_noise)


@dataclass(frozen=True)
class Verdict:
    """Which leads show a heart in a stretch: 1, 0 where it cannot be told, -1 not; and why not."""

    shown: np.ndarray
    against: list[str]


def look_at(signal: np.ndarray, fs: float, noise: float) -> Look:
    """Look at a stretch of a lead, no sample missing, whose noise has been measured."""
    limits = ((8, min(40, 0.45 * fs)), (1, 8), DRIFT_HZ, FIBRILLATION_HZ)
    waves = [np.percentile(np.abs(bandpass(signal, fs, *hz)), 98) for hz in limits]
    quick, slow, drift, middle = np.maximum(waves, settings.DETECTOR.silent).tolist()
    steep_hz = bandpass(signal, fs, *settings.DETECTOR.steep_hz)
    beats = _steepest(steep_hz, fs)
    alike, jump = np.nan, 0.0
    if len(beats) >= FEWEST_ALIKE:
        alike, jump = _alike(steep_hz, beats, fs), _jump(signal, beats, fs)
    return Look(float(noise), alike, quick / slow, drift / middle, jump)


def judge(
    signals: np.ndarray, frames: np.ndarray, noise: np.ndarray, fs: float, seen: bool = False
) -> Verdict:
    """Tell which leads show a heart in a stretch.

    Given are signals (samples, leads) without a missing sample, `frames` (frames, leads) of the
    same stretch as :class:`~ecgutils.signals.r_peaks.Steepness` has them, and the median of its
    noise (leads,). Of leads that agree, the clearest one speaks for all. Where a heart has been
    `seen` in all leads already, and they agree, it is not looked for again.
    """
    group = connected_components(_agreement(frames) >= AGREEING)[1]
    if seen and not group.any() and noise.min() < CLEAR_NOISE:
        return Verdict(np.ones(len(group)), [""] * len(group))
    looks = [look_at(signals[:, k], fs, noise[k]) for k in range(len(noise))]
    # A pulse can come so late that it is there with the next beat; it has no quick waves.
    strange = np.array([look.against not in ("", NOISE) for look in looks])
    same = [np.flatnonzero(group == k) for k in range(group.max() + 1)]
    speakers = [leads[np.argmin(noise[leads] + strange[leads])] for leads in same]
    late = _followers(frames[:, speakers], len(frames) / len(signals) * fs)
    clear = np.array([looks[k].clear for k in speakers]) & ~late
    if clear.any():
        scores = [looks[k].score for k in speakers]
        best = np.argmax(np.where(clear, scores, -1))
        shown = np.where((group == best) & ~strange, 1, -1)
    else:
        shown = np.where([looks[speakers[k]].against != "" for k in group] | strange, -1, 0)
    return Verdict(shown, [look.against for look in looks])


def without_heart(record: Record, steepness: Steepness) -> np.ndarray:
    """Tell in which blocks a lead shows no heart, while another one may; bool, (blocks, leads).

    The record, of which no sample is missing, has one or two leads. A block of
    `settings.DETECTOR.block_s` is looked at together with the one on each side.
    """
    blocks, leads = steepness.noise.shape
    shown = np.zeros((blocks, leads))
    if leads < 2:
        return shown < 0
    strange = _agreement_around(steepness.frames, blocks) < AGREEING
    shown[~strange] = 1
    for middle in _every_third(strange):
        around = slice(max(0, middle - 1), min(blocks, middle + 2))
        shown[around][strange[around]] = _judge_blocks(record, steepness, around)
    return _unknown_as_around(shown) < 0


def readable(record: Record, steepness: Steepness, asked: np.ndarray) -> np.ndarray:
    """Tell in which of the blocks that are asked for beats stand out and are alike, (blocks,).

    Wide beats leave no flat line between them, so their steepness alone would make them noise.
    """
    found, length = np.zeros(len(asked), dtype=bool), round(settings.DETECTOR.block_s * record.fs)
    for block in np.flatnonzero(asked).tolist():
        around = slice(max(0, block - 1) * length, (block + 2) * length)
        rest = _rest(steepness.together, record.annotations.beats.sample, around, record.fs)
        lead = steepness.noise[block].argmin()
        look = look_at(record.p_signal[around, lead], record.fs, steepness.noise[block, lead])
        found[block] = rest < LEAST_REST and look.alike >= LEAST_REPEATED
    return found


def readable_in_waves(record: Record, steepness: Steepness, waves: np.ndarray) -> np.ndarray:
    """Tell in which seconds of fast wide waves sharp QRS complexes stand out, bool (seconds,).

    `waves` (seconds,) tells where such waves are; each stretch of them is looked at as a whole.
    """
    found, second = np.zeros(len(waves), dtype=bool), round(record.fs)
    for (seconds,) in find_objects(label(waves)[0]):
        part = slice(seconds.start * second, seconds.stop * second)
        found[seconds] = _sharp_beats(record, steepness, part)
    return found


def _sharp_beats(record: Record, steepness: Steepness, part: slice) -> bool:
    """Tell whether QRS complexes stand out by being sharp, whatever lies between them."""
    beats, length = record.annotations.beats.sample, round(settings.DETECTOR.block_s * record.fs)
    rr = np.diff(beats[(beats >= part.start) & (beats < part.stop)])
    rest = _rest(steepness.sharp, beats, part, record.fs)
    if rest > QRS_REST_SHARP or np.median(rr) < QRS_RR_S * record.fs:
        return False
    if rest <= QRS_REST:
        return True
    noise = steepness.noise[part.start // length : -(-part.stop // length)].mean(axis=0)
    lead = noise.argmin()
    return look_at(record.p_signal[part, lead], record.fs, noise[lead]).sharp >= QRS_SHARP


def beating(record: Record) -> bool:
    """Tell whether the beats of a lead stand out in noise: sharp, or alike and in time."""
    steepness, beats = leads_together(record), record.annotations.beats.sample
    together, whole = steepness.together, slice(0, len(record.p_signal))
    if _sharp_beats(record, steepness, whole):
        return True
    inside = beats[_far_from_ends(beats, len(together), record.fs)]
    rest = _rest(together, inside, whole, record.fs)
    if rest > BEATING_REST:
        return False
    rr = np.diff(beats)
    uneven = np.median(np.abs(rr - np.median(rr))) / np.median(rr)
    chosen = np.linspace(0, len(inside) - 1, min(len(inside), BEATING_COUNT)).astype(int)
    steep_hz = bandpass(record.lead(0), record.fs, *settings.DETECTOR.steep_hz)
    return uneven <= BEATING_UNEVEN and _alike(steep_hz, inside[chosen], record.fs) >= BEATING_ALIKE


def _rest(together: np.ndarray, beats: np.ndarray, part: slice, fs: float) -> float:
    """Height of the waves between the beats of a part, in heights of the beats."""
    beats = beats[(beats >= part.start) & (beats < part.stop)]
    far = np.ones(len(together[part]), dtype=bool)
    side = round(BEAT_SIDE_S * fs)
    near = beats[:, None] - part.start + np.arange(-side, side + 1)
    far[np.clip(near, 0, len(far) - 1)] = False
    if len(beats) < FEWEST_ALIKE or far.sum() < fs:
        return np.inf
    return np.percentile(together[part][far], 90) / np.median(together[beats])


def _agreement_around(frames: np.ndarray, blocks: int) -> np.ndarray:
    """Correlation of two leads' steepness in each block and its neighbours, shape (blocks,)."""
    length = len(frames) / blocks
    first = np.clip(np.arange(-1, blocks - 1) * length, 0, max(0, len(frames) - 3 * length))
    at = np.minimum(first[:, None] + np.arange(3 * length), len(frames) - 1).astype(int)
    one, other = frames.T
    moved = [np.roll(other, lag)[at] for lag in range(-NEAR_FRAMES, NEAR_FRAMES + 1)]
    return np.max(_correlations(one[at], moved), axis=0)


def _every_third(strange: np.ndarray) -> Iterator[int]:
    """Middles of three blocks each, as many as cover all that are to be looked at."""
    next_one = 0
    for block in np.flatnonzero(strange).tolist():
        if block >= next_one:
            yield min(block + 1, len(strange) - 1)
            next_one = block + 3


def _judge_blocks(record: Record, steepness: Steepness, blocks: slice) -> np.ndarray:
    """Judge some blocks together; 0 for all leads where none is clear, as in flutter."""
    count, length = len(steepness.noise), round(settings.DETECTOR.block_s * record.fs)
    # The last block has the rest of the samples, too.
    stop = len(record.p_signal) if blocks.stop == count else blocks.stop * length
    signals = record.p_signal[blocks.start * length : stop]
    per_frame = len(record.p_signal) / len(steepness.frames)
    frames = steepness.frames[round(blocks.start * length / per_frame) : round(stop / per_frame)]
    noise = np.median(steepness.noise[blocks], axis=0)
    shown = judge(signals, frames, noise, record.fs).shown
    return shown if shown.max() > 0 else np.zeros(len(shown))


def _unknown_as_around(shown: np.ndarray) -> np.ndarray:
    """Let a lead show no heart in an open stretch where it shows none before and after."""
    told = pd.DataFrame(shown).replace(0, np.nan)
    before, after = (filled.bfill().ffill() for filled in (told.ffill(), told.bfill()))
    return np.fmax(before, after).fillna(0).to_numpy()


def _agreement(frames: np.ndarray) -> np.ndarray:
    """Correlation of the leads' steepness, at about the same time, shape (leads, leads)."""
    lags = range(-NEAR_FRAMES, NEAR_FRAMES + 1)
    return np.max([_all_correlations(frames, lag) for lag in lags], axis=0)


def _followers(frames: np.ndarray, rate: float) -> np.ndarray:
    """Tell which of the leads come regularly after another one, bool, shape (leads,)."""
    lags = range(NEAR_FRAMES + 1, round(LATEST_S * rate) + 1)
    later = np.max([_all_correlations(frames, lag) for lag in lags], axis=0)
    np.fill_diagonal(later, 0)
    return ((later >= FOLLOWING) & (later > later.T)).any(axis=0)


def _all_correlations(frames: np.ndarray, lag: int) -> np.ndarray:
    """Correlation of each lead (rows) with each lead so many frames later, (leads, leads)."""
    centred = frames - frames.mean(axis=0)
    centred /= np.maximum(np.linalg.norm(centred, axis=0), settings.DETECTOR.silent)
    return centred.T @ np.roll(centred, -lag, axis=0)


def _correlations(one: np.ndarray, others: list[np.ndarray]) -> list[np.ndarray]:
    """Correlation of rows with those of others; 0 where one of the two does not change."""
    one, own = _centred(one)
    correlations = []
    for other in others:
        other, size = _centred(other)
        norms = np.maximum(own * size, settings.DETECTOR.silent)
        correlations.append(np.vecdot(one, other) / norms)
    return correlations


def _centred(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows without their mean, and their lengths as vectors."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    return centred, np.sqrt(np.vecdot(centred, centred))


def _steepest(signal: np.ndarray, fs: float) -> np.ndarray:
    """Where the steepest places of a stretch are, far enough from its ends."""
    steep = np.abs(np.gradient(signal))
    bell = np.hanning(round(settings.DETECTOR.qrs_width_s * fs) | 1)
    steep = np.convolve(np.minimum(steep, np.percentile(steep, 98)), bell / bell.sum(), "same")
    distance = round(settings.DETECTOR.refractory_s * fs)
    beats, _ = find_peaks(steep, np.percentile(steep, 98) / 2, distance=distance)
    return beats[_far_from_ends(beats, len(signal), fs)]


def _far_from_ends(beats: np.ndarray, samples: int, fs: float) -> np.ndarray:
    """Tell which beats can be seen as a whole."""
    margin = round((HALF_QRS_S + SHIFT_S) * fs) + 1
    return (beats >= margin) & (beats < samples - margin)


def _alike(signal: np.ndarray, beats: np.ndarray, fs: float) -> float:
    """Median correlation of the beats with the median of them, each moved to where it fits best."""
    half, shift = round(HALF_QRS_S * fs), round(SHIFT_S * fs)
    around = signal[beats[:, None] + np.arange(-half - shift, half + shift + 1)]
    places = sliding_window_view(around, 2 * half + 1, axis=1)
    places = places - places.mean(axis=2, keepdims=True)
    places /= np.linalg.norm(places, axis=2, keepdims=True) + settings.DETECTOR.silent
    usual = np.median(around[:, shift : shift + 2 * half + 1], axis=0)
    for _ in range(2):
        usual = usual - usual.mean()
        fit = places @ (usual / (np.linalg.norm(usual) + settings.DETECTOR.silent))
        best = fit.argmax(axis=1)[:, None] + np.arange(2 * half + 1)
        usual = np.median(np.take_along_axis(around, best, axis=1), axis=0)
    return float(np.median(fit.max(axis=1)))


def _jump(signal: np.ndarray, beats: np.ndarray, fs: float) -> float:
    """Largest change from sample to sample that lasts, in heights of the beat; a median."""
    # A median leaves steps and takes spikes away.
    without_spikes = median_filter(signal, 2 * round(SPIKE_S * fs) + 1)
    side = round((HALF_QRS_S + SHIFT_S) * fs)
    around = without_spikes[beats[:, None] + np.arange(-side, side + 1)]
    change = np.abs(np.diff(around, axis=1)).max(axis=1)
    before, after = np.median([around[:, : side // 3], around[:, -(side // 3) :]], axis=2)
    height = np.maximum(np.ptp(around, axis=1), settings.DETECTOR.silent)
    return float(np.median(np.minimum(change, np.abs(after - before)) / height))
