"""The same patient as another recorder would have seen him: what may differ from clinic to clinic.

A method that has only met one recorder learns the recorder. So each training patient is also
shown at another sampling frequency, with one lead missing or turned over, in real noise, and
with beats where the detector finds them, which is not always where an annotator puts them.
"""

from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy.signal import resample_poly

from ecgutils import aami
from ecgutils.detect import detect_r_peaks
from ecgutils.ec57 import MATCH_WINDOW
from ecgutils.noise import add_noise
from ecgutils.records import Record

FREQUENCIES_HZ = (100.0, 128.0, 180.0, 200.0, 250.0, 257.0, 360.0, 500.0, 1000.0)
"""Sampling frequencies of recorders, old and new."""

SNR_DB = (6.0, 24.0)
"""Signal-to-noise ratios that a recording is put to: hardly readable, hardly noisy."""

UNMATCHED = "Q"
"""Symbol of a detected beat that nobody has annotated; nothing is learnt from it."""


def as_recorded_elsewhere(
    record: Record, noises: list[np.ndarray], random: np.random.Generator
) -> Record:
    """Change what a recorder may change, at random.

    Parameters
    ----------
    record : Record
        With annotations.
    noises : list of array, shape (samples,)
        Recorded noises at the record's sampling frequency, at least as long as it.
    random : numpy.random.Generator

    Returns
    -------
    Record
        One or two leads in any order and polarity, noisy in every other case, at one of
        :data:`FREQUENCIES_HZ`; beats at detected positions.
    """
    if random.random() < 0.5:
        record = _in_noise(record, noises, random)
    leads = random.permutation(len(record.sig_name))[: random.choice([1, 2, 2])]
    signs = random.choice([-1.0, 1.0], len(leads))
    record = replace(
        record,
        p_signal=record.p_signal[:, leads] * signs,
        sig_name=tuple(record.sig_name[lead] for lead in leads),
    )
    return at_detected_beats(resampled(record, random.choice(FREQUENCIES_HZ)))


def resampled(record: Record, fs: float) -> Record:
    """Change the sampling frequency of a recording.

    Parameters
    ----------
    record : Record
        No sample missing.
    fs : float
        The new sampling frequency in Hz.

    Returns
    -------
    Record
        Its annotations have moved along.
    """
    if fs == record.fs:
        return record
    ratio = Fraction(fs / record.fs).limit_denominator(1000)
    signal = resample_poly(record.p_signal, ratio.numerator, ratio.denominator, axis=0)
    sample = np.round(record.ann_sample * fs / record.fs).astype(np.int64)
    return replace(record, p_signal=signal, fs=fs, ann_sample=np.minimum(sample, len(signal) - 1))


def at_detected_beats(record: Record) -> Record:
    """Put the annotated beats where the detector finds them.

    Parameters
    ----------
    record : Record
        With annotations.

    Returns
    -------
    Record
        Its annotations are the detected beats, with the symbol of the nearest annotated beat
        within the EC57 window, or :data:`UNMATCHED`. Annotated beats that were not detected
        are lost.
    """
    beat = aami.is_beat(record.ann_symbol)
    annotated, symbol = record.ann_sample[beat], record.ann_symbol[beat]
    found = detect_r_peaks(record)
    nearest = np.searchsorted((annotated[1:] + annotated[:-1]) / 2, found)
    near = np.abs(annotated[nearest] - found) <= MATCH_WINDOW * record.fs
    return replace(
        record,
        ann_sample=found,
        ann_symbol=np.where(near, symbol[nearest], UNMATCHED),
        ann_aux=np.full(len(found), "", dtype=object),
    )


def without_annotations(record: Record) -> Record:
    """Take the annotations of a recording away.

    Parameters
    ----------
    record : Record

    Returns
    -------
    Record
    """
    return replace(
        record,
        ann_sample=np.empty(0, dtype=np.int64),
        ann_symbol=np.empty(0, dtype="U1"),
        ann_aux=np.empty(0, dtype=object),
    )


def _in_noise(record: Record, noises: list[np.ndarray], random: np.random.Generator) -> Record:
    """Lay a stretch of recorded noise over each lead."""
    beats = record.ann_sample[aami.is_beat(record.ann_symbol)]
    snr_db, length = random.uniform(*SNR_DB), len(record.p_signal)
    noisy = []
    for signal in record.p_signal.T:
        noise = np.roll(noises[random.integers(len(noises))], random.integers(length))[:length]
        noisy.append(add_noise(signal, noise, record.fs, beats, snr_db))
    return replace(record, p_signal=np.stack(noisy, axis=1))
