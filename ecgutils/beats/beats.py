"""Heartbeats cut from recordings: the paper's T-to-T windows, and a cache of them."""

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from ecgutils import aami
from ecgutils.errors import EcgError
from ecgutils.files import sha256, sha256_of_code, write_beside
from ecgutils.io.wfdb_signals import Record, read_record, record_names
from ecgutils.paths import CACHE_DIR, MITDB_DIR

BEAT_SAMPLES = 280
"""Samples that every T-to-T beat is resized to: the mean length of a beat, says the paper."""

QRS_END_S = 0.14
"""Seconds after the R peak in which no T wave is looked for (QRS complex and J point)."""

QRS_START_S = 0.05
"""Seconds before the next R peak at which its QRS complex begins."""

ROOMS = ("aami.py", "io", "database", "signals", "beats")
"""Rooms that decide how beats are cut; a change in one makes cached beats stale."""

HEADER_CHARACTERS = 2**16
"""How much of a header is looked through for names of signal files; real ones are far shorter."""


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


def t_peaks(signal: np.ndarray, fs: float, r_peaks: np.ndarray) -> np.ndarray:
    """Find the T wave that follows each R peak, as the published code does.

    The T peak is the highest sample between the end of the QRS complex and two thirds
    of the way to the next one.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead, in any unit.
    fs : float
        Sampling frequency in Hz.
    r_peaks : array of int, shape (beats,)
        Ascending sample numbers of the R peaks.

    Returns
    -------
    array of int64, shape (beats,)
        Sample numbers of the T peaks. Where two R peaks leave no room for a T wave, it is
        the sample before the second one.

    Notes
    -----
    The published MATLAB code takes each end of the QRS complex from the signal and drops
    beats where that fails; here both ends are fixed times, and no beat is lost.
    """
    following = np.append(r_peaks[1:], len(signal))
    start = np.maximum(np.minimum(r_peaks + round(QRS_END_S * fs), following - 1), 0)
    room = following - round(QRS_START_S * fs) - start
    stop = start + np.maximum(2 * room // 3, 1)
    return np.array(
        [first + signal[first:last].argmax() for first, last in zip(start, stop, strict=True)],
        dtype=np.int64,
    )


def t_to_t(signal: np.ndarray, fs: float, r_peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find where each beat begins and ends: at the T peaks before and after its R peak.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead, in any unit.
    fs : float
        Sampling frequency in Hz.
    r_peaks : array of int, shape (beats,)
        Ascending sample numbers of the R peaks.

    Returns
    -------
    start, stop : array of int64, shape (beats,)
        First sample of each beat and the sample after its last. The first beat begins where
        the signal begins.
    """
    ends = t_peaks(signal, fs, r_peaks)
    start = np.append(0, ends[:-1])
    return start, np.maximum(ends, start + 1)


def resize(signal: np.ndarray, start: np.ndarray, stop: np.ndarray, samples: int) -> np.ndarray:
    """Stretch stretches of a signal to one length by linear interpolation.

    Parameters
    ----------
    signal : array, shape (signal samples,)
        One lead.
    start, stop : array of int, shape (beats,)
        First sample of each beat and the sample after its last.
    samples : int
        Length that each beat is given.

    Returns
    -------
    array of float32, shape (beats, samples)
    """
    steps = np.linspace(0, 1, samples)
    position = start[:, None] + (stop - 1 - start)[:, None] * steps
    left = position.astype(np.int64)
    right = np.minimum(left + 1, len(signal) - 1)
    weight = (position - left).astype(np.float32)
    signal = signal.astype(np.float32)
    return signal[left] * (1 - weight) + signal[right] * weight


def min_max(windows: np.ndarray) -> np.ndarray:
    """Scale each beat and lead to 0..1; a flat one becomes 0.

    Parameters
    ----------
    windows : array, shape (beats, samples, leads)

    Returns
    -------
    array of the same shape and type
    """
    low = windows.min(axis=1, keepdims=True)
    high = windows.max(axis=1, keepdims=True)
    # Resizing a flat signal leaves rounding errors, which must not be blown up to a beat.
    rounding = 4 * np.finfo(windows.dtype).eps * np.maximum(abs(low), abs(high))
    flat = high - low <= rounding
    return np.where(flat, 0, (windows - low) / np.where(flat, 1, high - low))


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


def cut_t_to_t(record: Record, lead: int | str = 0, samples: int = BEAT_SAMPLES) -> Beats:
    """Cut a record into beats from one T peak to the next, the paper's way.

    Every annotated beat is kept: the first begins where the record begins, the last ends
    at its own T peak.

    Parameters
    ----------
    record : Record
        With annotations.
    lead : int or str
        Position or name of the lead; the paper takes the first of every record.
    samples : int
        Length that each beat is resized to.

    Returns
    -------
    Beats
        One lead, each beat scaled to 0..1.

    Raises
    ------
    EcgError
        If the record has no beats or no such lead, or samples are missing in it.
    """
    signal = record.lead(lead)
    name = lead if isinstance(lead, str) else record.sig_name[lead]
    if np.isnan(signal).any():
        raise EcgError(f"record {record.name}, lead {name}: samples are missing; fill them first")
    beat = aami.is_beat(record.ann_symbol)
    if not beat.any():
        raise EcgError(f"record {record.name} has no annotated beats to cut; choose another record")
    sample, symbol = record.ann_sample[beat], record.ann_symbol[beat]
    start, stop = t_to_t(signal, record.fs, sample)
    windows = resize(signal, start, stop, samples)[:, :, None]
    return Beats(
        windows=min_max(windows),
        aami_class=aami.to_classes(symbol),
        symbol=symbol,
        record=np.full(len(sample), record.name),
        sample=sample,
        sig_name=np.full((len(sample), 1), name),
        rr=rr_intervals(sample, record.fs),
    )


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


def load_beats(
    names: Iterable[str] | None = None,
    directory: Path = MITDB_DIR,
    cut: Callable[[Record], Beats] = cut_t_to_t,
) -> Beats:
    """Read records and cut them into beats, or take them from the cache.

    Parameters
    ----------
    names : iterable of str, optional
        Records to read; all of the directory when not given.
    directory : Path
        Where the records are.
    cut : callable
        How to cut one record: :func:`cut_t_to_t`, or an
        :class:`ecgutils.beats.r_centred.RCentred`.

    Returns
    -------
    Beats
        In the order of the records.

    Raises
    ------
    EcgError
        If a record cannot be read or cut, or none is named.
    """
    directory = Path(directory)
    names = record_names(directory) if names is None else list(names)
    if not names:
        raise EcgError("no record is named; name one, or leave the names out to read them all")
    cache = CACHE_DIR / f"beats-{_cache_key(names, directory, cut)}.npz"
    beats = _read_cache(cache)
    if beats is None:
        beats = join(cut(read_record(n, directory)) for n in names)
        with write_beside(cache) as file:
            np.savez(file, **{f.name: getattr(beats, f.name) for f in fields(beats)})
    return beats


def _cache_key(names: list[str], directory: Path, cut: Callable[[Record], Beats]) -> str:
    """Name beats by all that makes them: the files, the way of cutting and this package's code."""
    inputs = [path for name in names for path in _record_files(name, directory)]
    made_of = {
        "cut": getattr(cut, "__name__", repr(cut)),
        "files": [[path.name, sha256(path)] for path in inputs],
        "code": sha256_of_code(*ROOMS),
    }
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:16]


def _record_files(name: str, directory: Path) -> list[Path]:
    """Files of a record that are there: header, annotations, and the signals the header names."""
    header = directory / f"{name}.hea"
    try:
        with open(header, encoding="latin-1") as file:
            lines = file.read(HEADER_CHARACTERS).splitlines()
    except (OSError, ValueError):
        return []  # `read_record` says what is wrong
    words = {line.split()[0] for line in lines if line.strip()}
    # A header from elsewhere may name files outside its folder; `read_record` refuses it.
    signals = [directory / word for word in sorted(words) if Path(word).name == word]
    return [p for p in (header, header.with_suffix(".atr"), *signals) if p.is_file()]


def _read_cache(path: Path) -> Beats | None:
    """Read cached beats; None where there are none, or the file is damaged."""
    try:
        # Given a path, np.load would leave the file open when it is damaged.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Beats(**arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
