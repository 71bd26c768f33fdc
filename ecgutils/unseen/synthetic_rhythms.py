"""Real beats in rhythms that their patient did not have, so that a method learns the rhythms.

DS1 holds two patients in atrial fibrillation. A method that has seen two takes the irregular
beats of the next one for premature ones. But what fibrillation does is known: it makes the
intervals irregular, without memory, and puts fine waves in the place of the P wave. So it
can be given to the beats of any patient, and their class stays what it was.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.settings import BEATS

FIBRILLATION_HZ = (4.0, 9.0)
"""Frequencies of the waves of fibrillating atria."""

P_WAVE_S = (-0.30, -0.05)
"""Seconds from the R peak between which the P wave lies, with its rise and fall."""

SHORTEST_PAROXYSM = 60
"""Beats that a stretch of fibrillation lasts at least, more than make a local rhythm."""

REGULAR = 0.06
"""Median change of the logarithm of the interval, above which a rhythm is irregular already."""

ROOM_FOR_TACHYCARDIA = 200
"""Beats that a recording must have to be given a tachycardia."""

FEW_ECTOPICS = 3
"""Single V beats below which a recording teaches nothing about interpolated ones."""

UNMOVED_S = 0.01
"""Change of an interval in seconds that moves no wave visibly."""

N, S = CLASSES.index("N"), CLASSES.index("S")
V_AND_F = [CLASSES.index("V"), CLASSES.index("F")]


def in_fibrillation(beats: AlignedBeats, random: np.random.Generator) -> AlignedBeats:
    """Put a whole recording into atrial fibrillation.

    Intervals are drawn independently of each other from a log-normal or a gamma distribution,
    around a slowly wandering mean; ventricular beats stay early, with a pause behind them. The
    P wave of the others becomes a fine wave of random phase. S beats, which have no meaning in
    fibrillation, are left out of the classes (they become Q).

    Parameters
    ----------
    beats : AlignedBeats
    random : numpy.random.Generator

    Returns
    -------
    AlignedBeats
        As many beats, in the same order.

    References
    ----------
    Tateno and Glass, Med Biol Eng Comput 39:664 (2001), doi 10.1007/BF02345439, on the
    distribution of intervals in atrial fibrillation.
    """
    ventricular = np.isin(beats.aami_class, V_AND_F)
    windows = beats.windows.copy()
    windows[~ventricular] += _waves_for_p(beats, random)[~ventricular]
    rr = _irregular(beats.rr, ventricular, random)
    classes = np.where(beats.aami_class == S, CLASSES.index("Q"), beats.aami_class)
    return replace(beats, windows=windows, rr=rr, aami_class=classes)


def in_paroxysms(beats: AlignedBeats, random: np.random.Generator) -> AlignedBeats:
    """Put one to three stretches of a recording into atrial fibrillation."""
    changed, fibrillating = in_fibrillation(beats, random), np.zeros(len(beats), dtype=bool)
    for _ in range(random.integers(1, 4)):
        first = random.integers(0, len(beats))
        longest = max(SHORTEST_PAROXYSM + 1, len(beats) // 3)
        fibrillating[first : first + random.integers(SHORTEST_PAROXYSM, longest)] = True
    windows = np.where(fibrillating[:, None, None], changed.windows, beats.windows)
    rr = np.where(fibrillating, changed.rr, beats.rr)
    classes = np.where(fibrillating, changed.aami_class, beats.aami_class)
    return replace(beats, windows=windows, rr=rr, aami_class=classes)


def in_sinus_arrhythmia(beats: AlignedBeats, random: np.random.Generator) -> AlignedBeats:
    """Let the intervals swell and shrink with the breath, and drift."""
    count = len(beats)
    breath = 2 * np.pi / random.uniform(3, 9)
    phase = np.cumsum(breath * np.exp(random.normal(0, 0.15, count)))
    wander = np.cumsum(random.normal(0, random.choice([0.003, 0.02]), count))
    drift = wander - pd.Series(wander).rolling(201, center=True, min_periods=1).mean().to_numpy()
    swing = random.uniform(0.03, 0.18) * np.sin(phase) + drift.clip(-0.3, 0.3)
    return replace(beats, rr=beats.rr * np.exp(swing) * random.uniform(0.75, 1.1))


def in_supraventricular_rhythm(beats: AlignedBeats, random: np.random.Generator) -> AlignedBeats:
    """Make some of the N beats of a regular recording come early, from another place in the atria.

    They come singly, in pairs, every other beat or in long runs, in some patients more often than
    the normal beats. Their P wave is missing, inverted, moved or of another size. The beat after
    them comes after a pause, which in sick sinus syndrome can be a long one. The QRS complex
    stays, since the ventricles are excited the usual way. A recording whose rhythm is irregular
    already is given back.
    """
    steps = np.abs(np.diff(np.log(beats.rr[1:])))
    if len(steps) == 0 or np.median(steps) > REGULAR:
        return beats
    ectopic = _ectopic(beats.aami_class, random)
    windows = beats.windows.copy()
    windows[ectopic] += _other_p_wave(beats, random)
    rr = _early(beats.rr, ectopic, random)
    return replace(beats, windows=windows, rr=rr, aami_class=np.where(ectopic, S, beats.aami_class))


def in_sinus_tachycardia(beats: AlignedBeats, random: np.random.Generator) -> AlignedBeats:
    """Let the sinus node become fast once or twice, gradually, and slow again.

    The beats stay N, however fast they come. A recording whose rhythm is irregular already, or
    that is too short, is given back.
    """
    if not _long_and_regular(beats):
        return beats
    fastest_s = random.uniform(0.38, 0.55)
    depth = max(np.log(np.nanmedian(beats.rr) / fastest_s), BEATS.early)
    return _with_intervals(beats, beats.rr * np.exp(-depth * _swelling(len(beats), random)))


def in_supraventricular_tachycardia(
    beats: AlignedBeats, random: np.random.Generator
) -> AlignedBeats:
    """Let a fast rhythm from elsewhere in the atria begin and end in one beat, a few times.

    Its beats become S. It lasts from a few beats to most of the recording. A recording whose
    rhythm is irregular already, or that is too short, is given back.
    """
    if not _long_and_regular(beats):
        return beats
    count = len(beats)
    fast = _long_runs(count, random) & (beats.aami_class == N)
    level = max(0.30, np.nanmedian(beats.rr) * random.uniform(0.4, 0.7))
    slowly = np.sin(np.arange(count) * random.uniform(0.002, 0.02) + random.uniform(0, 6))
    change = 0.06 * slowly + random.normal(0, random.uniform(0.005, 0.03), count)
    rr = np.where(fast, np.minimum(level * np.exp(change), 0.9 * beats.rr), beats.rr)
    rr[np.append(False, fast[:-1]) & ~fast] *= random.uniform(1.0, 1.6)
    changed = _with_intervals(beats, rr)
    if random.random() < 0.7:
        changed.windows[fast] += _other_p_wave(beats, random)
    return replace(changed, aami_class=np.where(fast, S, beats.aami_class))


def in_interpolated_ectopics(beats: AlignedBeats, random: np.random.Generator) -> AlignedBeats:
    """Put single V beats between two N beats that come nearly as if there were no V beat.

    A recording with fewer than :data:`FEW_ECTOPICS` of them is given back.
    """
    calm = beats.aami_class == N
    alone = ~calm & np.append(False, calm[:-1]) & np.append(calm[1:], False)
    chosen = np.flatnonzero(alone & (beats.aami_class == V_AND_F[0]))
    chosen = chosen[random.random(len(chosen)) < random.uniform(0.3, 1)]
    chosen = chosen[chosen > 1]
    if len(chosen) < FEW_ECTOPICS:
        return beats
    of_normal = pd.Series(beats.rr).where(calm).rolling(21, center=True, min_periods=1).median()
    usual, rr = of_normal.bfill().ffill().to_numpy()[chosen], beats.rr.copy()
    early = random.uniform(0.38, 0.55) * random.normal(1, 0.05, len(chosen))
    both = random.uniform(1.0, 1.15) * random.normal(1, 0.02, len(chosen))
    rr[chosen], rr[chosen + 1] = usual * early, usual * (both - early)
    return _with_intervals(beats, rr)


SYNTHETIC_RHYTHMS = (
    *(in_fibrillation, in_paroxysms, in_sinus_arrhythmia),
    *(in_supraventricular_rhythm, in_supraventricular_rhythm),
    *(in_sinus_tachycardia, in_supraventricular_tachycardia, in_interpolated_ectopics),
)
"""Rhythms that every training patient is put into; where S beats are made, in two ways."""


def _long_and_regular(beats: AlignedBeats) -> bool:
    """Tell whether a recording has room for a tachycardia, and a rhythm for it to stand out."""
    steps = np.abs(np.diff(np.log(beats.rr[1:])))
    return len(beats) >= ROOM_FOR_TACHYCARDIA and bool(np.median(steps) <= REGULAR)


def _swelling(count: int, random: np.random.Generator) -> np.ndarray:
    """How far a tachycardia has come that grows and goes over many beats: 0 to 1, (beats,)."""
    level = np.zeros(count)
    for _ in range(random.integers(1, 3)):
        order = np.arange(count) - random.integers(0, count)
        rise, fall = random.integers(25, 150), random.integers(25, 200)
        end = random.integers(100, max(101, count // 2)) + fall
        level = np.maximum(level, np.minimum(order / rise, (end - order) / fall).clip(0, 1))
    return level


def _long_runs(count: int, random: np.random.Generator) -> np.ndarray:
    """Choose one to four runs, of eight beats up to most of the recording; bool, (beats,)."""
    chosen = np.zeros(count, dtype=bool)
    for _ in range(random.integers(1, 5)):
        first = random.integers(2, count)
        chosen[first : first + int(np.exp(random.uniform(np.log(8), np.log(0.6 * count))))] = True
    return chosen


def _with_intervals(beats: AlignedBeats, rr: np.ndarray) -> AlignedBeats:
    """Give beats other intervals; T waves before and QRS complexes behind them move along."""
    rr = np.append(np.nan, np.maximum(rr, BEATS.shortest_conducted_rr_s)[1:]).astype(np.float32)
    windows = beats.windows.copy()
    for wave, sign, behind in ((_t_wave(beats), 1, 0), (_qrs_complex(beats), -1, 1)):
        before, after = (
            np.nan_to_num(np.append(x[behind:], [1.0] * behind), nan=1.0) for x in (beats.rr, rr)
        )
        moved = np.flatnonzero(np.abs(after - before) > UNMOVED_S)
        for lead in range(windows.shape[2]):
            for interval, share in ((after, 1), (before, -1)):
                at = BEATS.grid_s + sign * interval[moved, None]
                values = np.interp(at.ravel(), BEATS.grid_s, wave[:, lead], left=0, right=0)
                windows[moved, :, lead] += share * values.reshape(at.shape)
    return replace(beats, windows=windows, rr=rr)


def _t_wave(beats: AlignedBeats) -> np.ndarray:
    """Cut out what follows the usual QRS complex, zero around it, [points, leads]."""
    return beats.template * _between((0.10, 0.56), 0.05)


def _qrs_complex(beats: AlignedBeats) -> np.ndarray:
    """Cut out the usual P wave and QRS complex, zero around them, [points, leads]."""
    return beats.template * _between((-0.30, 0.10), 0.04)


def _between(limits_s: tuple[float, float], edge_s: float) -> np.ndarray:
    """One between two limits, with edges that fall to zero inside them, [points, 1]."""
    start, stop = limits_s
    inside = np.minimum(BEATS.grid_s - start, stop - BEATS.grid_s) / edge_s
    return inside.clip(0, 1)[:, None]


def _ectopic(classes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Choose N beats between N and S beats, in groups; their share varies from few to most."""
    share = np.exp(random.uniform(np.log(0.02), np.log(0.8)))
    chosen, k = np.zeros(len(classes), dtype=bool), 2
    while k < len(classes):
        length = random.choice([1, 1, 2, random.integers(3, 12), random.integers(10, 100)])
        step = random.choice([1, 1, 2])
        chosen[k : k + length * step : step] = True
        k += length * step + 1 + int(random.exponential(length * (1 - share) / share))
    calm = np.isin(classes, [N, S])
    between = calm & np.append(True, calm[:-1]) & np.append(calm[1:], True)
    return chosen & between & (classes == N)


def _early(rr: np.ndarray, ectopic: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Shorten the interval before each ectopic beat, and make a pause after the last of a group."""
    local = pd.Series(rr).bfill().rolling(15, center=True, min_periods=1).median().to_numpy()
    early = random.uniform(0.45, 0.75)
    first = ectopic & ~np.append(False, ectopic[:-1])
    group = np.cumsum(first)
    level = random.uniform(early, max(early + 0.05, 0.9), group[-1] + 1)[group]
    changed = np.where(ectopic, local * level * random.normal(1, 0.02, len(rr)), rr)
    after = np.append(False, ectopic[:-1]) & ~ectopic
    pause = random.choice([1.0, random.uniform(1, 1.3), random.uniform(1.3, 2.5)])
    changed[after] = local[after] * pause * random.normal(1, 0.05, after.sum())
    return np.append(np.nan, np.maximum(changed, BEATS.shortest_conducted_rr_s)[1:])


def _other_p_wave(beats: AlignedBeats, random: np.random.Generator) -> np.ndarray:
    """Difference between the P wave of an ectopic beat and the usual one, [points, leads]."""
    usual = _p_wave(beats)
    steps = int(random.choice([-6, -4, -2, 2, 4, 6]))
    other = {
        "missing": 0 * usual,
        "inverted": -random.uniform(0.4, 1) * usual,
        "moved": random.uniform(0.5, 1.2) * np.roll(usual, steps, axis=0),
        "another size": random.uniform(0.2, 2, usual.shape[1]) * usual,
    }
    kind = random.choice(list(other), p=[0.35, 0.25, 0.25, 0.15])
    return (other[kind] - usual).astype(np.float32)


def _irregular(rr: np.ndarray, ventricular: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Intervals of atrial fibrillation in seconds, the first of them unknown."""
    count, spread = len(rr), random.uniform(0.10, 0.32)
    if random.random() < 0.5:
        ratio = np.exp(random.normal(-(spread**2) / 2, spread, count))
    else:
        ratio = random.gamma(1 / spread**2, spread**2, count)
    wander = np.exp(np.cumsum(random.normal(0, 0.004, count)))
    mean = np.nanmedian(rr) * random.uniform(0.6, 1.05) * wander / np.median(wander)
    drawn = mean * ratio
    drawn[ventricular] *= random.uniform(0.65, 1.0)
    behind = np.append(False, ventricular[:-1]) & ~ventricular
    drawn[behind] *= random.uniform(1.0, 1.25)
    return np.append(np.nan, np.maximum(drawn, BEATS.shortest_conducted_rr_s)[1:])


def _waves_for_p(beats: AlignedBeats, random: np.random.Generator) -> np.ndarray:
    """Differences that turn the P wave of each beat into waves of fibrillation."""
    p_wave = _p_wave(beats)
    points = max(1, np.any(p_wave, axis=1).sum())
    size = np.sqrt(np.square(p_wave).sum(axis=0) / points) * random.uniform(0, 1.5)
    frequency = random.uniform(*FIBRILLATION_HZ, len(beats))[:, None]
    phase = random.random(len(beats))[:, None]
    waves = np.sin(2 * np.pi * (frequency * BEATS.grid_s + phase))[:, :, None]
    return (waves * (size + BEATS.tiny) * np.sqrt(2) - p_wave).astype(np.float32)


def _p_wave(beats: AlignedBeats) -> np.ndarray:
    """Usual P wave of the patient, zero around it, [points, leads]."""
    grid_s, template, (start, stop) = BEATS.grid_s, beats.template, P_WAVE_S
    rise = np.minimum((grid_s - start) / 0.04, (stop - grid_s) / 0.03).clip(0, 1)[:, None]
    inside = np.flatnonzero(rise > 0)
    base = np.linspace(template[inside[0]], template[inside[-1]], len(inside))
    p_wave = np.zeros_like(template)
    p_wave[inside] = template[inside] - base
    return p_wave * rise
