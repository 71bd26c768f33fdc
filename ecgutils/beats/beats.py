"""Heartbeats cut from recordings: the paper's T-to-T windows, and a cache of them."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Beats:
    """Heartbeats as equally long windows of signal, with all that is known of each.

    Attributes
    ----------
    windows : array of float32, shape (beats, samples, leads)
        The signal of each beat. T-to-T windows are resized and scaled to 0..1, so neither
        time nor amplitude has a unit any more.
    aami_class : array of int8, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`.
    symbol : array of str, shape (beats,)
        The annotation of each beat.
    record : array of str, shape (beats,)
        Name of the record each beat comes from.
    sample : array of int64, shape (beats,)
        Where in its record the beat is annotated.
    sig_name : array of str, shape (beats, leads)
        Names of the leads.
    rr : array of float32, shape (beats, 2)
        Seconds from the previous beat and to the next one; NaN at the ends of a record.
    """

    windows: np.ndarray
    aami_class: np.ndarray
    symbol: np.ndarray
    record: np.ndarray
    sample: np.ndarray
    sig_name: np.ndarray
    rr: np.ndarray

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, chosen: np.ndarray | slice) -> "Beats":
        """Choose beats by a mask, a slice or positions."""
        return Beats(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})


def rr_intervals(sample: np.ndarray, fs: float) -> np.ndarray:
    """Time from the previous beat and to the next.

    Parameters
    ----------
    sample : array of int, shape (beats,)
        Ascending positions of the beats of one record.
    fs : float
        Sampling frequency in Hz.

    Returns
    -------
    array of float32, shape (beats, 2)
        Seconds; NaN where there is no previous or no next beat.
    """
    between = np.diff(sample) / fs
    rr = np.column_stack([np.append(np.nan, between), np.append(between, np.nan)])
    return rr.astype(np.float32)


def join(parts: Iterable[Beats]) -> Beats:
    """Put beats of several records one after another.

    Parameters
    ----------
    parts : iterable of Beats
        With the same number of samples and leads.

    Returns
    -------
    Beats
    """
    parts = list(parts)
    columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(Beats)}
    return Beats(**{name: np.concatenate(arrays) for name, arrays in columns.items()})
