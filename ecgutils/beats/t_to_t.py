"""Heartbeats cut from one T peak to the next and resized: the paper's way."""

import numpy as np

from ecgutils.beats.beats import Beats, beats_to_cut
from ecgutils.io.record import Record

BEAT_SAMPLES = 280
"""Samples that every T-to-T beat is resized to: the mean length of a beat, says the paper."""

QRS_END_S = 0.14
"""Seconds after the R peak in which no T wave is looked for (QRS complex and J point)."""

QRS_START_S = 0.05
"""Seconds before the next R peak at which its QRS complex begins."""


def t_peaks(signal: np.ndarray, fs: float, r_peaks: np.ndarray) -> np.ndarray:
    """Find the T wave after each R peak (ascending), as samples of int64, shape (beats,).

    It is the highest sample between the end of the QRS complex and two thirds of the way to the
    next one. Without room for a T wave, it is the sample before the next R peak.
    """
    # A beat may be annotated just outside the recording.
    r_peaks = np.clip(r_peaks, 0, len(signal))
    # The published code takes these ends from the signal, and drops beats where it fails.
    following = np.append(r_peaks[1:], len(signal))
    start = np.maximum(np.minimum(r_peaks + round(QRS_END_S * fs), following - 1), 0)
    room = following - round(QRS_START_S * fs) - start
    stop = start + np.maximum(2 * room // 3, 1)
    peaks = [first + signal[first:last].argmax() for first, last in zip(start, stop, strict=True)]
    return np.array(peaks, dtype=np.int64)


def t_to_t_borders(
    signal: np.ndarray, fs: float, r_peaks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Find where each beat begins and ends: at the T peaks before and after its R peak.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead, in any unit.
    fs : float, sampling frequency in Hz
    r_peaks : array of int, shape (beats,), ascending

    Returns
    -------
    start, stop : array of int64, shape (beats,)
        First sample of each beat, for the first that of the signal, and the sample after its last.

    Examples
    --------
    >>> signal = np.zeros(1000)
    >>> signal[[190, 490, 790]] = 1  # T waves
    >>> start, stop = t_to_t_borders(signal, 360.0, np.array([100, 400, 700]))
    >>> start.tolist(), stop.tolist()
    ([0, 190, 490], [190, 490, 790])
    """
    ends = t_peaks(signal, fs, r_peaks)
    start = np.append(0, ends[:-1])
    return start, np.maximum(ends, start + 1)


def resize(signal: np.ndarray, start: np.ndarray, stop: np.ndarray, samples: int) -> np.ndarray:
    """Bring parts of a signal to one length by linear interpolation.

    Parameters
    ----------
    signal : array, shape (signal samples,)
    start, stop : array of int, shape (beats,)
        First sample of each beat and the sample after its last.
    samples : int, the length that each beat is given

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


def cut_t_to_t(record: Record, lead: int | str = 0, samples: int = BEAT_SAMPLES) -> Beats:
    """Cut a record into beats from one T peak to the next, the paper's way; none is lost.

    Parameters
    ----------
    record : Record, with annotations
    lead : int or str
        Position or name of the lead; the paper takes the first of every record.
    samples : int, the length that each beat is resized to

    Returns
    -------
    Beats, of one lead, each scaled to 0..1

    Raises
    ------
    EcgError
        If the record has no beats or no such lead, or samples are missing in it.

    Examples
    --------
    >>> from ecgutils import database
    >>> cut_t_to_t(database.read("100"), lead="V5").windows.shape
    (2273, 280, 1)
    """
    record = record.only([lead])
    marks, signal = beats_to_cut(record), record.lead(0)
    start, stop = t_to_t_borders(signal, record.fs, marks.sample)
    return Beats.of(record, marks, min_max(resize(signal, start, stop, samples)[:, :, None]))
