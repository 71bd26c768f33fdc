"""Heartbeats cut from recordings, with all that is known of each."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ecgutils import aami
from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations, Record


@dataclass(frozen=True)
class Beats:
    """Heartbeats as equally long windows of signal, with all that is known of each.

    Attributes
    ----------
    windows : array of float32, shape (beats, samples, leads)
        The signal of each beat.
    aami_class : array of int8, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`.
    symbol, record : array of str, shape (beats,)
        The annotation of each beat, and the name of the record that it comes from.
    sample : array of int64, shape (beats,)
        Where in its record the beat is annotated.
    sig_name : array of str, shape (beats, leads)
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

    @classmethod
    def of(cls, record: Record, marks: Annotations, windows: np.ndarray) -> "Beats":
        """Windows of a record's beats, cut from all of its leads, with what is annotated."""
        return cls(
            windows=windows,
            aami_class=aami.to_classes(marks.symbol),
            symbol=marks.symbol,
            record=np.full(len(marks), record.name),
            sample=marks.sample,
            sig_name=np.tile(record.sig_name, (len(marks), 1)),
            rr=rr_intervals(marks.sample, record.fs),
        )

    def __len__(self) -> int:
        return len(self.windows)

    def __getitem__(self, chosen: np.ndarray | slice) -> "Beats":
        """Choose beats by a mask, a slice or positions."""
        return Beats(**{name: values[chosen] for name, values in vars(self).items()})

    def rows_by_record(self) -> list[np.ndarray]:
        """Positions of the beats of each record."""
        names = dict.fromkeys(self.record.tolist())
        return [np.flatnonzero(self.record == name) for name in names]


def rr_intervals(sample: np.ndarray, fs: float) -> np.ndarray:
    """Seconds from the previous beat and to the next, NaN where none is; shape (beats, 2)."""
    between = np.diff(sample) / fs
    rr = np.column_stack([np.append(np.nan, between), np.append(between, np.nan)])
    return rr.astype(np.float32)


def join(parts: Iterable[Beats]) -> Beats:
    """Put beats of several records, of as many samples and leads, one after another.

    Parameters
    ----------
    parts : iterable of Beats

    Returns
    -------
    Beats
    """
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Beats(*(np.concatenate(arrays) for arrays in columns))


def beats_to_cut(record: Record) -> Annotations:
    """Annotated beats of a record, which must have some and miss no sample."""
    for name, missing in zip(record.sig_name, np.isnan(record.p_signal).any(axis=0), strict=True):
        if missing:
            raise EcgError(f"record {record.name}, lead {name}: samples are missing; fill them")
    marks = record.annotations.beats
    if not len(marks):
        raise EcgError(f"record {record.name} has no annotated beats; choose another record")
    return marks
