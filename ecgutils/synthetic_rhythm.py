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
from ecgutils.patient_beats import GRID_S, TINY, PatientBeats, template_beats

SHORTEST_RR_S = 0.25
"""Seconds; the conduction system does not follow faster."""

FIBRILLATION_HZ = (4.0, 9.0)
"""Frequencies of the waves of fibrillating atria."""

P_WAVE_S = (-0.30, -0.05)
"""Seconds from the R peak between which the P wave lies, with its rise and fall."""

SHORTEST_PAROXYSM = 60
"""Beats that a stretch of fibrillation lasts at least, more than make a local rhythm."""

VENTRICULAR = [CLASSES.index("V"), CLASSES.index("F")]


def in_fibrillation(beats: PatientBeats, random: np.random.Generator) -> PatientBeats:
    """Put a whole recording into atrial fibrillation.

    Intervals are drawn independently of each other from a log-normal or a gamma distribution,
    around a slowly wandering mean; ventricular beats stay early, with a pause behind them. The
    P wave of the others becomes a fine wave of random phase. S beats, which have no meaning in
    fibrillation, are left out of the classes (they become Q).

    Parameters
    ----------
    beats : PatientBeats
    random : numpy.random.Generator

    Returns
    -------
    PatientBeats
        As many beats, in the same order.

    References
    ----------
    Tateno and Glass, Med Biol Eng Comput 39:664 (2001), doi 10.1007/BF02345439, on the
    distribution of intervals in atrial fibrillation.
    """
    ventricular = np.isin(beats.aami_class, VENTRICULAR)
    changed = beats.windows.copy()
    changed[~ventricular] += _waves_for_p(beats, random)[~ventricular]
    supraventricular = beats.aami_class == CLASSES.index("S")
    return replace(
        beats,
        windows=changed,
        rr=_irregular(beats.rr, ventricular, random),
        aami_class=np.where(supraventricular, CLASSES.index("Q"), beats.aami_class),
    )


def in_paroxysms(beats: PatientBeats, random: np.random.Generator) -> PatientBeats:
    """Put one to three stretches of a recording into atrial fibrillation.

    Parameters
    ----------
    beats : PatientBeats
    random : numpy.random.Generator

    Returns
    -------
    PatientBeats
        As :func:`in_fibrillation` makes them there, as they were elsewhere.
    """
    changed, fibrillating = in_fibrillation(beats, random), np.zeros(len(beats), dtype=bool)
    for _ in range(random.integers(1, 4)):
        first = random.integers(0, len(beats))
        longest = max(SHORTEST_PAROXYSM + 1, len(beats) // 3)
        fibrillating[first : first + random.integers(SHORTEST_PAROXYSM, longest)] = True
    return replace(
        beats,
        windows=np.where(fibrillating[:, None, None], changed.windows, beats.windows),
        rr=np.where(fibrillating, changed.rr, beats.rr),
        aami_class=np.where(fibrillating, changed.aami_class, beats.aami_class),
    )


def in_sinus_arrhythmia(beats: PatientBeats, random: np.random.Generator) -> PatientBeats:
    """Let the intervals swell and shrink with the breath, and drift.

    Parameters
    ----------
    beats : PatientBeats
    random : numpy.random.Generator

    Returns
    -------
    PatientBeats
        The same beats with other intervals.
    """
    count = len(beats)
    breath = 2 * np.pi / random.uniform(3, 9)
    phase = np.cumsum(breath * np.exp(random.normal(0, 0.15, count)))
    wander = np.cumsum(random.normal(0, random.choice([0.003, 0.02]), count))
    drift = wander - pd.Series(wander).rolling(201, center=True, min_periods=1).mean().to_numpy()
    swing = random.uniform(0.03, 0.18) * np.sin(phase) + drift.clip(-0.3, 0.3)
    return replace(beats, rr=beats.rr * np.exp(swing) * random.uniform(0.75, 1.1))


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
    return np.append(np.nan, np.maximum(drawn, SHORTEST_RR_S)[1:])


def _waves_for_p(beats: PatientBeats, random: np.random.Generator) -> np.ndarray:
    """Differences that turn the P wave of each beat into waves of fibrillation."""
    template = np.median(beats.windows[template_beats(beats.rr)], axis=0)
    start, stop = P_WAVE_S
    rise = np.minimum((GRID_S - start) / 0.04, (stop - GRID_S) / 0.03).clip(0, 1)[:, None]
    inside = np.flatnonzero(rise > 0)
    base = np.linspace(template[inside[0]], template[inside[-1]], len(inside))
    p_wave = np.zeros_like(template)
    p_wave[inside] = template[inside] - base
    p_wave = p_wave * rise
    size = np.sqrt(np.square(p_wave).sum(axis=0) / len(inside)) * random.uniform(0, 1.5)
    frequency = random.uniform(*FIBRILLATION_HZ, len(beats))[:, None]
    phase = random.random(len(beats))[:, None]
    waves = np.sin(2 * np.pi * (frequency * GRID_S + phase))[:, :, None]
    return (waves * (size + TINY) * np.sqrt(2) - p_wave).astype(np.float32)
