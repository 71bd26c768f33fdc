"""Heartbeats of one patient on a common grid, each laid upon the patient's own template."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import resample_poly

from ecgutils import aami
from ecgutils.beats.beats import rr_intervals
from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations, Record
from ecgutils.signals.filters import bandpass

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

FINE_HZ = 500.0
"""Steps a second in which a beat is moved where it is laid finely."""

SMOOTH_HZ = 300.0
"""Sampling frequency below which straight lines between samples are too coarse."""

NEIGHBOURHOOD = 41
"""Beats around a beat, itself in the middle, that make its local rhythm."""

LONG_RR = 0.85
"""Beats after an interval above this quantile of their neighbourhood make the template."""

TINY = 1e-6
"""Keeps flat signals from being divided by zero."""


@dataclass(frozen=True)
class AlignedBeats:
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


def aligned_beats(record: Record) -> AlignedBeats:
    """Cut a recording into beats, each laid upon the template in steps of 1 / :data:`FINE_HZ`.

    Parameters
    ----------
    record : Record
        With annotations, of which only the positions decide how beats are cut. Any number of
        leads, in any order.

    Returns
    -------
    AlignedBeats
        Its intervals are measured between the places where the beats lie best.

    Raises
    ------
    EcgError
        If the recording has no annotated beats or too few samples, or samples are missing.
    """
    marks, rr, times = _annotated(record)
    leads, fs = _smooth_leads(record)
    times = times + _best_shifts(leads, fs, times, template_beats(rr))
    rr = np.diff(times, prepend=np.nan).astype(np.float32)
    return _made(record, marks, rr, _at_times(leads, fs, times, GRID_S))


def beats_on_grid(record: Record) -> AlignedBeats:
    """Cut a recording into beats, each laid upon the template by whole points of the grid.

    Coarser than :func:`aligned_beats`: the method of notebook 07 was measured with it.

    Parameters
    ----------
    record : Record
        See :func:`aligned_beats`.

    Returns
    -------
    AlignedBeats
        Its intervals are those between the annotations, as coarse as the sampling frequency.

    Raises
    ------
    EcgError
        See :func:`aligned_beats`.
    """
    marks, rr, times = _annotated(record)
    leads = [bandpass(signal, record.fs, high=HIGHEST_HZ) for signal in record.p_signal.T]
    windows = _at_times(leads, record.fs, times, GRID_S)
    return _made(record, marks, rr, _laid_upon_template(windows, template_beats(rr)))


def _annotated(record: Record) -> tuple[Annotations, np.ndarray, np.ndarray]:
    """Annotated beats, seconds from each to the one before, and seconds since the beginning."""
    marks = record.annotations.beats
    if not len(marks):
        raise EcgError(f"record {record.name} has no annotated beats; choose another record")
    if np.isnan(record.p_signal).any():
        raise EcgError(f"record {record.name}: samples are missing in it; fill them")
    return marks, rr_intervals(marks.sample, record.fs)[:, 0], marks.sample / record.fs


def _made(record: Record, marks: Annotations, rr: np.ndarray, windows: np.ndarray) -> AlignedBeats:
    """Put together what is known of the beats."""
    classes = aami.to_classes(marks.symbol)
    return AlignedBeats(windows, rr, classes, marks.sample, recording=record)


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


def _smooth_leads(record: Record) -> tuple[list[np.ndarray], float]:
    """Leads without wander and hum, and their sampling frequency, which is not too low."""
    leads = [bandpass(signal, record.fs, high=HIGHEST_HZ) for signal in record.p_signal.T]
    factor = math.ceil(SMOOTH_HZ / record.fs)
    if factor > 1:
        leads = [resample_poly(lead, factor, 1) for lead in leads]
    return leads, factor * record.fs


def _at_times(
    leads: list[np.ndarray], fs: float, times: np.ndarray, points: np.ndarray
) -> np.ndarray:
    """Leads at some points around each of the times, shape (beats, points, leads)."""
    at = times[:, None] + points
    values = [np.interp(at.ravel(), np.arange(len(lead)) / fs, lead) for lead in leads]
    return np.stack([lead.reshape(at.shape).astype(np.float32) for lead in values], axis=-1)


def _best_shifts(
    leads: list[np.ndarray], fs: float, times: np.ndarray, reference: np.ndarray
) -> np.ndarray:
    """Seconds by which each beat must be moved so that its QRS complex lies on the template's."""
    farthest, width = round(LARGEST_SHIFT_S * FINE_HZ), round((QRS_S[1] - QRS_S[0]) * FINE_HZ) + 1
    points = QRS_S[0] + np.arange(-farthest, width + farthest) / FINE_HZ
    around = _at_times(leads, fs, times, points)
    best = np.full(len(times), farthest)
    # The beats of the template have to lie upon each other first.
    for moved in (reference, slice(None)):
        template = np.median(_part_from(around[reference], best[reference], width), axis=0)
        best[moved] = _best_starts(around[moved], template - template.mean(axis=0))
    return (best - farthest) / FINE_HZ


def _part_from(windows: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    """Cut a part out of each window that starts at a place of its own."""
    return np.take_along_axis(windows, (starts[:, None] + np.arange(width))[:, :, None], axis=1)


def _best_starts(windows: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Where a template, whose mean is zero, begins to lie best on each window."""
    width, points = len(template), windows.shape[1]
    starts = np.arange(points - width + 1)
    placed = np.zeros((len(starts), points, windows.shape[2]), dtype=np.float32)
    for start in starts:
        placed[start, start : start + width] = template
    match = windows.reshape(len(windows), -1) @ placed.reshape(len(starts), -1).T
    match = match / (np.sqrt(_energy(windows, width)) + TINY)
    # Of places that are equally good, as all are on a flat line, the middle one.
    middle = starts[-1] // 2
    best = starts[np.argmax(match, axis=1)]
    return np.where(match[:, middle] >= match.max(axis=1), middle, best)


def _energy(windows: np.ndarray, width: int) -> np.ndarray:
    """Sum of squares around the mean within so many points from each start, over all leads."""
    sums = [
        np.cumsum(np.pad(values, ((0, 0), (1, 0), (0, 0))), axis=1, dtype=np.float64)
        for values in (windows, np.square(windows))
    ]
    of_values, of_squares = (total[:, width:] - total[:, :-width] for total in sums)
    return np.maximum(of_squares - np.square(of_values) / width, 0).sum(axis=2)


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
