"""The same patient as another recorder would have seen him: what may differ from clinic to clinic.

A method that has only met one recorder learns the recorder. So each training patient is also
shown at another sampling frequency, with one lead missing or turned over, and in real noise. The
beats are where the detector finds them, which is not always where an annotator puts them, and
sometimes where there is no beat at all.
"""

from dataclasses import replace

import numpy as np

from ecgutils import aami
from ecgutils.io.record import Record
from ecgutils.scoring.ec57 import MATCH_WINDOW
from ecgutils.signals.noise import add_noise
from ecgutils.signals.r_peaks import detect_r_peaks

FREQUENCIES_HZ = (100.0, 128.0, 180.0, 200.0, 250.0, 257.0, 360.0, 500.0, 1000.0)
"""Sampling frequencies of recorders, old and new."""

SNR_DB = (6.0, 24.0)
"""Signal-to-noise ratios in dB where all leads are noisy: hardly readable, hardly noisy."""

LOOSE_LEAD_SNR_DB = (-6.0, 18.0)
"""The same where one electrode is loose and the other leads are clean."""

NOISY_LEADS = {"none": 0.3, "all": 0.35, "one": 0.35}
"""How often which leads are noisy."""

UNMATCHED = "Q"
"""Symbol of a detected beat that nobody has annotated."""


def as_recorded_elsewhere(
    record: Record, noises: list[np.ndarray], random: np.random.Generator
) -> Record:
    """Change what a recorder may change; noises, (samples,), are at least as long as it."""
    record = _in_noise(record, noises, random)
    leads = random.permutation(len(record.sig_name))[: random.choice([1, 2, 2, 2])]
    signs = random.choice([-1.0, 1.0], len(leads))
    record = record.only(leads.tolist())
    record = replace(record, p_signal=record.p_signal * signs)
    return at_detected_beats(record.resampled(random.choice(FREQUENCIES_HZ)))


def at_detected_beats(record: Record) -> Record:
    """Put detected beats, with the symbol of the nearest annotated one, in place of annotations.

    A beat that has none within the EC57 window is :data:`UNMATCHED`. Left out are beats that are
    paced or unclassifiable, or in ventricular flutter, where no beats are annotated.
    """
    annotated, found = record.annotations.beats, detect_r_peaks(record)
    found = found[~in_flutter(record, found)]
    nearest = np.searchsorted((annotated.sample[1:] + annotated.sample[:-1]) / 2, found)
    near = np.abs(annotated.sample[nearest] - found) <= MATCH_WINDOW * record.fs
    symbol = annotated.symbol[nearest]
    kept = ~near | (aami.to_classes(symbol) != aami.CLASSES.index("Q"))
    return record.with_beats(found[kept], np.where(near, symbol, UNMATCHED)[kept])


def in_flutter(record: Record, found: np.ndarray) -> np.ndarray:
    """Which positions lie between the annotated start and end of ventricular flutter."""
    own = record.annotations
    begun, ended = (
        np.searchsorted(own.sample[own.symbol == bracket], found, side="right") for bracket in "[]"
    )
    return begun > ended


def _in_noise(record: Record, noises: list[np.ndarray], random: np.random.Generator) -> Record:
    """Lay stretches of recorded noise over all leads, over one, or over none."""
    leads = len(record.sig_name)
    where = random.choice(list(NOISY_LEADS), p=list(NOISY_LEADS.values()))
    noisy = {"none": [], "all": range(leads), "one": [random.integers(leads)]}[where]
    snr_db = random.uniform(*(LOOSE_LEAD_SNR_DB if where == "one" else SNR_DB))
    beats, length = record.annotations.beats.sample, len(record.p_signal)
    signals = list(record.p_signal.T)
    for lead in noisy:
        noise = noises[random.integers(len(noises))]
        noise = np.roll(noise, random.integers(length))[:length]
        signals[lead] = add_noise(signals[lead], noise, record.fs, beats, snr_db)
    return replace(record, p_signal=np.stack(signals, axis=1))
