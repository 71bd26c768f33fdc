"""What every reader returns: a recording, and the annotations that belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from fractions import Fraction

import numpy as np

from ecgutils import aami
from ecgutils.errors import EcgError


@dataclass(frozen=True, eq=False)
class Annotations:
    """Marks at samples of a recording: beats, changes of rhythm, notes.

    Attributes
    ----------
    name : str
        The record's name.
    fs : float
        The recording's sampling frequency in Hz.
    sig_len : int
        How many samples the recording has; 0 where nothing says it.
    sample : ndarray of int64, shape (annotations,)
        Where each annotation lies, in ascending order; some files have a beat just before the
        first sample, or just after the last.
    symbol : ndarray of str, shape (annotations,)
        WFDB's symbol of each annotation: ``"N"``, ``"V"``, ``"+"`` and so on. A code that WFDB
        has no symbol for is written as ``"[42]"``.
    subtype : ndarray of int, shape (annotations,)
        WFDB's subtype of each annotation; of ``"~"``, which signals are noisy or unreadable.
    aux : ndarray of object (str), shape (annotations,)
        The note of each annotation, such as ``"(AFIB"`` at a change of rhythm; mostly empty.
    """

    name: str
    fs: float
    sig_len: int
    sample: np.ndarray
    symbol: np.ndarray
    subtype: np.ndarray
    aux: np.ndarray

    @classmethod
    def at(
        cls, name: str, fs: float, sig_len: int, sample: np.ndarray, symbol: str | np.ndarray
    ) -> "Annotations":
        """Put symbols, or one and the same symbol, at some samples of a recording."""
        sample = np.asarray(sample, dtype=np.int64)
        return cls(
            name=name,
            fs=fs,
            sig_len=sig_len,
            sample=sample,
            symbol=np.broadcast_to(np.asarray(symbol, dtype=np.str_), sample.shape),
            subtype=np.zeros(sample.shape, dtype=int),
            aux=np.full(sample.shape, "", dtype=object),
        )

    def __len__(self) -> int:
        return len(self.sample)

    def __getitem__(self, chosen: np.ndarray | slice) -> "Annotations":
        """Choose annotations by a mask, a slice or positions."""
        names = ("sample", "symbol", "subtype", "aux")
        return replace(self, **{name: getattr(self, name)[chosen] for name in names})

    @property
    def beats(self) -> "Annotations":
        """Those annotations that mark a heartbeat."""
        return self[aami.is_beat(self.symbol)]


@dataclass(frozen=True, eq=False)
class Record:
    """One recording: its signals, and what is needed to make sense of them.

    Attributes
    ----------
    name : str
        The record's name, such as ``"100"``.
    p_signal : ndarray of float32 or float64, shape (samples, leads)
        The signals in mV. NaN where the recording has no sample. Each lead is contiguous.
    fs : float
        Sampling frequency in Hz.
    sig_name : tuple of str
        The name of each lead.
    annotations : Annotations
        None are there where they are left out.
    comments : tuple of str
        The header's comments, one per line.
    remarks : tuple of str
        For readers of the results: how the files were understood where they leave it open.
    start : datetime.datetime, datetime.time or None
        When the recording began by its own clock; a time where no date is known.
    unit_declared : tuple of bool
        For each lead, whether its file declares what its numbers mean in mV. Where not, the
        shape of the signal counts, but not its height. All are where they are left out.
    """

    name: str
    p_signal: np.ndarray
    fs: float
    sig_name: tuple[str, ...]
    annotations: Annotations = None
    comments: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    unit_declared: tuple[bool, ...] = None
    start: datetime | time | None = None

    def __post_init__(self) -> None:
        if self.annotations is None:
            none = Annotations.at(self.name, self.fs, len(self.p_signal), [], [])
            object.__setattr__(self, "annotations", none)
        if self.unit_declared is None:
            object.__setattr__(self, "unit_declared", (True,) * len(self.sig_name))
        if len(self.unit_declared) != len(self.sig_name):
            names, known = len(self.sig_name), len(self.unit_declared)
            raise ValueError(f"{self.name}: {names} leads, and unit_declared is of {known}")

    @property
    def duration(self) -> float:
        """Length of the recording in seconds."""
        return len(self.p_signal) / self.fs

    @property
    def started(self) -> str:
        """When the recording began by its own clock, as text; empty if that is not known."""
        if self.start is None:
            return ""
        has_date = isinstance(self.start, datetime)
        return f"{self.start:%Y-%m-%d %H:%M:%S}" if has_date else f"{self.start:%H:%M:%S}"

    def lead(self, lead: str | int) -> np.ndarray:
        """Return one lead of the recording.

        Parameters
        ----------
        lead : str or int
            The lead's name, or its position counted from 0.

        Returns
        -------
        ndarray, shape (samples,)
            A view of the signal in mV.

        Raises
        ------
        EcgError
            If the recording has no such lead.

        Examples
        --------
        >>> from ecgutils import database
        >>> database.read("100").lead("MLII")[:3]
        array([-0.145, -0.145, -0.145])
        """
        return self.p_signal[:, self._position(lead)]

    def only(self, leads: Sequence[str | int]) -> "Record":
        """Leave out all other leads.

        Parameters
        ----------
        leads : sequence of str or int
            Names or positions of the leads to keep, in this order.

        Returns
        -------
        Record
            Of one or two leads, its signals are a view: several days would not fit twice.

        Raises
        ------
        EcgError
            If the recording has no such lead.

        Examples
        --------
        >>> from ecgutils import database
        >>> database.read("100").only(["V5"]).sig_name
        ('V5',)
        """
        columns = [self._position(lead) for lead in leads]
        return replace(
            self,
            p_signal=self.p_signal[:, _as_slice(columns)],
            sig_name=tuple(self.sig_name[k] for k in columns),
            unit_declared=tuple(self.unit_declared[k] for k in columns),
        )

    def between(self, start_s: float, stop_s: float) -> "Record":
        """Cut a part out of the recording.

        Parameters
        ----------
        start_s, stop_s : float
            Seconds since the beginning, taken to the nearest samples.

        Returns
        -------
        Record
            Its signals are a view. Its annotations count from the new beginning. Those just
            outside the recording belong to the part that begins or ends there.

        Examples
        --------
        >>> from ecgutils import database
        >>> database.read("100").between(60, 90).duration
        30.0
        """
        ends = np.rint([start_s * self.fs, stop_s * self.fs])
        first, last = np.clip(ends, 0, len(self.p_signal)).astype(int).tolist()
        own = self.annotations
        at = np.clip(own.sample, 0, len(self.p_signal) - 1)
        inside = own[(at >= first) & (at < last)]
        moved = replace(inside, sample=inside.sample - first, sig_len=last - first)
        start = None if self.start is None else later(self.start, first / self.fs)
        return replace(self, p_signal=self.p_signal[first:last], annotations=moved, start=start)

    def resampled(self, fs: float) -> "Record":
        """Change the sampling frequency of the recording, in which no sample may be missing.

        Parameters
        ----------
        fs : float
            The new sampling frequency in Hz.

        Returns
        -------
        Record
            Its annotations are moved, too.

        Examples
        --------
        >>> from ecgutils import database
        >>> database.read("100").resampled(250.0).p_signal.shape
        (451389, 2)
        """
        if fs == self.fs:
            return self
        from scipy.signal import resample_poly

        ratio = Fraction(fs / self.fs).limit_denominator(1000)
        p_signal = resample_poly(self.p_signal, ratio.numerator, ratio.denominator, axis=0)
        sample = np.round(self.annotations.sample * fs / self.fs).astype(np.int64)
        sample = np.minimum(sample, len(p_signal) - 1)
        moved = replace(self.annotations, fs=fs, sig_len=len(p_signal), sample=sample)
        return replace(self, p_signal=p_signal, fs=fs, annotations=moved)

    def with_beats(self, sample: np.ndarray, symbol: str | np.ndarray = "N") -> "Record":
        """Annotate beats in place of whatever is annotated.

        Parameters
        ----------
        sample : array of int, shape (beats,)
            Where they are, in ascending order.
        symbol : str or array of str, shape (beats,)
            WFDB's symbol of all of them, or of each.

        Returns
        -------
        Record

        Examples
        --------
        >>> from ecgutils import database
        >>> record = database.read("100").with_beats([77, 370])
        >>> record.annotations.symbol.tolist()
        ['N', 'N']
        """
        marks = Annotations.at(self.name, self.fs, len(self.p_signal), sample, symbol)
        return replace(self, annotations=marks)

    def without_annotations(self) -> "Record":
        """Return the recording without its annotations.

        Examples
        --------
        >>> from ecgutils import database
        >>> len(database.read("100").without_annotations().annotations)
        0
        """
        return replace(self, annotations=None)

    def _position(self, lead: str | int) -> int:
        """Position of a lead."""
        if isinstance(lead, str) and lead in self.sig_name:
            return self.sig_name.index(lead)
        if not isinstance(lead, str) and 0 <= lead < len(self.sig_name):
            return int(lead)
        leads = ", ".join(f"{i} = {name}" for i, name in enumerate(self.sig_name))
        raise EcgError(f"{self.name}: no lead {lead!r}; its leads are {leads}")


def later(start: datetime | time, seconds: float) -> datetime | time:
    """Return what a clock shows some seconds later; without a date, it goes on after midnight."""
    if isinstance(start, datetime):
        return start + timedelta(seconds=seconds)
    return (datetime.combine(datetime(2000, 1, 1), start) + timedelta(seconds=seconds)).time()


def _as_slice(columns: list[int]) -> slice | list[int]:
    """Write one or two columns as a slice, which copies nothing."""
    if not 1 <= len(columns) <= 2 or len(set(columns)) < len(columns):
        return columns
    step = columns[-1] - columns[0] or 1
    stop = columns[-1] + step
    return slice(columns[0], stop if stop >= 0 else None, step)
