"""Heartbeats of one patient on a common grid, each laid upon the patient's own template."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.signal import resample_poly

from ecgutils import aami
from ecgutils.beats.beats import beats_to_cut, rr_intervals
from ecgutils.beats.rhythm import nearby
from ecgutils.beats.settings import BEATS
from ecgutils.io.record import Record
from ecgutils.signals.filters import bandpass


@dataclass(frozen=True)
class AlignedBeats:
    """All beats of one recording, in their order.

    Attributes
    ----------
    windows : array of float32, shape (beats, points, leads)
        Signal in mV at the points of the grid, without baseline wander and mains hum.
    rr : array of float32, shape (beats,)
        Seconds since the previous beat; NaN for the first.
    aami_class : array of int8, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`; what a classifier must not look at.
    sample : array of int64, shape (beats,)
        Where the beats are, in samples of the recording.
    recording : Record, what they were cut from
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

    @cached_property
    def template_rows(self) -> np.ndarray:
        """Positions of the beats that make the template, see :func:`template_beats`."""
        return template_beats(self.rr)

    @cached_property
    def template(self) -> np.ndarray:
        """The patient's usual beat in mV, shape (points, leads)."""
        return np.median(self.windows[self.template_rows], axis=0)

    @cached_property
    def qrs_size(self) -> np.ndarray:
        """Root mean square of the template's QRS complex in mV, shape (leads,)."""
        return rms(part(self.template, BEATS.qrs_s))

    @property
    def scaled_qrs(self) -> np.ndarray:
        """QRS complexes of all leads in units of :attr:`qrs_size`, shape (beats, numbers)."""
        return (part(self.windows, BEATS.qrs_s) / self.qrs_size).reshape(len(self), -1)


def aligned_beats(record: Record) -> AlignedBeats:
    """Cut a recording into beats, each laid upon the template in steps of 2 ms.

    Parameters
    ----------
    record : Record, with annotations, whose symbols are not looked at, and any number of leads

    Returns
    -------
    AlignedBeats
        Its intervals are measured between the places where the beats lie best.

    Raises
    ------
    EcgError
        If the recording has no annotated beats or too few samples, or samples are missing.

    Examples
    --------
    >>> from ecgutils import database
    >>> beats = aligned_beats(database.read("119").between(0, 60))
    >>> beats.windows.shape, beats.template.shape
    ((65, 116, 2), (116, 2))
    """
    marks, fs, leads = beats_to_cut(record), record.fs, _filtered(record)
    factor = math.ceil(BEATS.smooth_hz / fs)
    leads, fs = [resample_poly(lead, factor, 1) for lead in leads], factor * fs
    times = marks.sample / record.fs
    rows = template_beats(rr_intervals(marks.sample, record.fs)[:, 0])
    times = times + _best_shifts(leads, fs, times, rows)
    windows = _interpolated(leads, fs, times, BEATS.grid_s)
    rr = np.diff(times, prepend=np.nan).astype(np.float32)
    return AlignedBeats(windows, rr, aami.to_classes(marks.symbol), marks.sample, record)


def template_beats(rr: np.ndarray) -> np.ndarray:
    """Find the beats whose median is the patient's template: positions, at least one.

    They come after a long interval. Such beats are seldom premature, even in bigeminy.
    """
    interval = pd.Series(rr).bfill().fillna(1.0)
    return np.flatnonzero(interval >= nearby(interval).quantile(BEATS.template_quantile))


def part(windows: np.ndarray, limits_s: tuple[float, float]) -> np.ndarray:
    """Cut one wave out of beats, shape (..., points, leads), and take its mean away."""
    points = np.flatnonzero(BEATS.inside(limits_s))
    inside = windows[..., points[0] : points[-1] + 1, :]
    return inside - inside.mean(axis=-2, keepdims=True)


def rms(wave: np.ndarray) -> np.ndarray:
    """Root mean square over the points, never quite zero; shape (..., leads)."""
    return np.sqrt(np.square(wave).mean(axis=-2)) + BEATS.tiny


def _filtered(record: Record) -> list[np.ndarray]:
    """Leads without wander and hum."""
    return [bandpass(signal, record.fs, high=BEATS.highest_hz) for signal in record.p_signal.T]


def _interpolated(leads: list, fs: float, times: np.ndarray, points_s: np.ndarray) -> np.ndarray:
    """Signal at some points around each of the times, shape (beats, points, leads)."""
    place = ((times[:, None] + points_s) * fs).clip(0, len(leads[0]) - 1)
    before = np.minimum(place.astype(np.intp), len(leads[0]) - 2)
    share = place - before
    # Sums over points are quick where the points of a lead lie side by side.
    values = np.moveaxis(np.empty((len(leads), *place.shape), dtype=np.float32), 0, -1)
    for k, lead in enumerate(leads):
        low, change = lead.take(before), lead.take(before + 1)
        change -= low
        change *= share
        np.add(change, low, out=values[..., k], casting="same_kind")
    return values


def _best_shifts(leads: list, fs: float, times: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Seconds by which each beat must be moved so that its QRS complex lies on the template's."""
    (start_s, stop_s), fine_hz = BEATS.qrs_s, BEATS.fine_hz
    farthest = round(BEATS.largest_shift_s * fine_hz)
    width = round((stop_s - start_s) * fine_hz) + 1
    points_s = start_s + np.arange(-farthest, width + farthest) / fine_hz
    around = _interpolated(leads, fs, times, points_s)
    best = np.full(len(times), farthest)
    # The beats of the template have to lie upon each other first.
    for moved in (rows, slice(None)):
        points = (best[rows, None] + np.arange(width))[:, :, None]
        template = np.median(np.take_along_axis(around[rows], points, axis=1), axis=0)
        best[moved] = _best_starts(around[moved], template - template.mean(axis=0))
    return (best - farthest) / fine_hz


def _best_starts(windows: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Where a template, whose mean is zero, begins to lie best on each window."""
    width, points = len(template), windows.shape[1]
    starts = np.arange(points - width + 1)
    placed = np.zeros((len(starts), points, windows.shape[2]), dtype=np.float32)
    for start in starts:
        placed[start, start : start + width] = template
    match = windows.reshape(len(windows), -1) @ placed.reshape(len(starts), -1).T
    match = match / (np.sqrt(_energy(windows, width)) + BEATS.tiny)
    # Of places that are equally good, as all are on a flat line, the middle one.
    middle = starts[-1] // 2
    best = starts[np.argmax(match, axis=1)]
    return np.where(match[:, middle] >= match.max(axis=1), middle, best)


def _energy(windows: np.ndarray, width: int) -> np.ndarray:
    """Sum of squares around the mean within so many points from each start, over all leads."""
    starts, points = np.arange(windows.shape[1] - width + 1), np.arange(windows.shape[1])[:, None]
    inside = ((points >= starts) & (points < starts + width)).astype(np.float64)
    of_values, of_squares = (
        np.moveaxis(values, 2, 0).astype(np.float64, order="C") @ inside
        for values in (windows, np.square(windows))
    )
    return np.maximum(of_squares - np.square(of_values) / width, 0).sum(axis=0)
