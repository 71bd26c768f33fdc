"""Heartbeats of one patient on a common grid, each laid upon the patient's own template."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils import aami
from ecgutils.beats import rr_intervals
from ecgutils.errors import EcgError
from ecgutils.filters import bandpass
from ecgutils.records import Record

GRID_HZ = 125
"""Points a second at which every beat is looked at, whatever the recorder's rate."""

HIGHEST_HZ = 35.0
"""Upper limit of the band-pass; a recording at 100 Hz still holds it."""

GRID_S = np.arange(-0.36, 0.5601, 1 / GRID_HZ)
"""Seconds from the R peak of the points of a beat."""

QRS_S = (-0.08, 0.10)
"""Seconds from the R peak between which the QRS complex lies."""

LARGEST_SHIFT_S = 0.04
"""How far a beat may be moved to lie on the template; annotators and detectors differ so much."""

NEIGHBOURHOOD = 41
"""Beats around a beat, itself in the middle, that make its local rhythm."""

LONG_RR = 0.85
"""Beats after an interval above this quantile of their neighbourhood make the template."""

TINY = 1e-6
"""Keeps flat signals from being divided by zero."""


@dataclass(frozen=True)
class PatientBeats:
    """All beats of one recording, in their order.

    Attributes
    ----------
    windows : array of float32, shape (beats, points, leads)
        Signal at :data:`GRID_S`, in mV, without baseline wander and mains hum.
    rr : array of float32, shape (beats,)
        Seconds since the previous beat; NaN for the first.
    aami_class : array of int8, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`; what a classifier must not look at.
    sample : array of int64, shape (beats,)
        Where the beats are, in samples of the recording.
    recording : Record
        What they were cut from.
    """

    windows: np.ndarray
    rr: np.ndarray
    aami_class: np.ndarray
    sample: np.ndarray
    recording: Record

    @property
    def record(self) -> str:
        """Name of the recording."""
        return self.recording.name

    def __len__(self) -> int:
        return len(self.windows)


def patient_beats(record: Record) -> PatientBeats:
    """Cut a recording into beats on the common grid.

    Parameters
    ----------
    record : Record
        With annotations, of which only the positions decide how beats are cut. Any number of
        leads, in any order.

    Returns
    -------
    PatientBeats

    Raises
    ------
    EcgError
        If the recording has no annotated beats or too few samples, or samples are missing.
    """
    beat = aami.is_beat(record.ann_symbol)
    if not beat.any():
        raise EcgError(f"record {record.name} has no annotated beats; choose another record")
    if np.isnan(record.p_signal).any():
        raise EcgError(f"record {record.name}: samples are missing in it; fill them")
    sample = record.ann_sample[beat]
    rr = rr_intervals(sample, record.fs)[:, 0]
    leads = [_on_grid(signal, record.fs, sample) for signal in record.p_signal.T]
    windows = np.stack(leads, axis=-1)
    return PatientBeats(
        windows=_laid_upon_template(windows, template_beats(rr)),
        rr=rr,
        aami_class=aami.to_classes(record.ann_symbol[beat]),
        sample=sample,
        recording=record,
    )


def template_beats(rr: np.ndarray) -> np.ndarray:
    """Find the beats whose median is the patient's template: those after a long interval.

    Beats after a long interval are seldom premature, also where premature beats outnumber
    all others and the median of *all* beats would be one of them.

    Parameters
    ----------
    rr : array, shape (beats,)
        Seconds since the previous beat.

    Returns
    -------
    array of int
        Positions of beats, at least one.
    """
    interval = pd.Series(rr).bfill().fillna(1.0)
    nearby = interval.rolling(NEIGHBOURHOOD, center=True, min_periods=1)
    return np.flatnonzero(interval >= nearby.quantile(LONG_RR))


def part(windows: np.ndarray, start: float, stop: float) -> np.ndarray:
    """Cut one wave out of beats and take its mean away.

    Parameters
    ----------
    windows : array, shape (..., points, leads)
        On :data:`GRID_S`.
    start, stop : float
        Seconds from the R peak.

    Returns
    -------
    array, shape (..., points, leads)
    """
    inside = windows[..., (start - TINY <= GRID_S) & (stop + TINY >= GRID_S), :]
    return inside - inside.mean(axis=-2, keepdims=True)


def _on_grid(signal: np.ndarray, fs: float, sample: np.ndarray) -> np.ndarray:
    """One lead around each beat, shape (beats, points)."""
    clean = bandpass(signal, fs, high=HIGHEST_HZ)
    times = (sample / fs)[:, None] + GRID_S
    values = np.interp(times.ravel(), np.arange(len(clean)) / fs, clean)
    return values.reshape(times.shape).astype(np.float32)


def _laid_upon_template(windows: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Move each beat to where its QRS complex lies best on the template's."""
    template = part(np.median(windows[reference], axis=0), *QRS_S)
    farthest = round(LARGEST_SHIFT_S * GRID_HZ)
    shifts = np.array(sorted(range(-farthest, farthest + 1), key=abs))
    match = []
    for shift in shifts:
        moved = part(np.roll(windows, -shift, axis=1), *QRS_S)
        size = np.linalg.norm(moved, axis=(1, 2)) + TINY
        match.append(np.einsum("bpl,pl->b", moved, template) / size)
    best = shifts[np.argmax(match, axis=0)]
    points = np.clip(np.arange(windows.shape[1]) + best[:, None], 0, windows.shape[1] - 1)
    return np.take_along_axis(windows, points[:, :, None], axis=1)
