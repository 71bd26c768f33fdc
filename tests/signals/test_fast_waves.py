"""Fast wide waves: found in flutter, fibrillation and tachycardia, and nowhere else."""

import numpy as np
import pytest

from ecgutils import database
from ecgutils.io.record import Record
from ecgutils.paths import NSTDB_DIR
from ecgutils.signals.fast_waves import fast_waves, wave_peaks
from tests.helpers.fast_rhythms import fibrillation, followed_by

FS = 360
# Atrial fibrillation, paced rhythm, both bundle branch blocks, the noisiest records, fast atria.
OTHERS = ("101", "104", "105", "107", "108", "111", "118", "200", "203", "217", "222", "232")


def found(record, faulty=None):
    seconds = -(-len(record.p_signal) // round(record.fs))
    if faulty is None:
        faulty = np.zeros((seconds, record.p_signal.shape[1]), dtype=bool)
    return fast_waves(record, faulty)


def made(*leads, fs=FS):
    names = tuple(f"lead {k}" for k in range(len(leads)))
    return Record("made", np.stack(leads, axis=1), fs, names)


def flutter_of(record):
    """Tell which seconds of record 207 are annotated as flutter."""
    marks = record.annotations
    starts, stops = (marks.sample[marks.symbol == mark] / record.fs for mark in "[]")
    middle = np.arange(np.ceil(record.duration)) + 0.5
    return ((middle[:, None] >= starts) & (middle[:, None] < stops)).any(axis=1)


def test_flutter_of_207_is_found_and_little_else():
    record = database.read("207")
    flutter, waves = flutter_of(record), found(record)
    assert flutter.sum() > 120
    assert np.mean(waves[flutter] != "") > 0.8
    assert np.sum(waves[~flutter] != "") <= 10


@pytest.mark.parametrize("name", OTHERS)
def test_other_rhythms_have_none(name):
    assert np.sum(found(database.read(name)) != "") <= 10


@pytest.mark.parametrize("name", ["em", "ma", "bw"])
def test_recorded_noise_is_none(name):
    assert not np.any(found(database.read(name, NSTDB_DIR, None)) != "")


@pytest.mark.parametrize("hz", [(3.0, 5.0), (3.5, 5.5), (4.5, 7.0)])
@pytest.mark.parametrize("fs", [100, 128, 249.9, 500])
def test_fibrillation_is_found_at_any_sampling_frequency(hz, fs):
    waves = found(made(fibrillation(60, fs, hz=hz), fs=fs))
    assert np.all(waves != "")
    assert np.mean(waves == "VFL") > 0.9


def test_white_noise_a_flat_line_and_hum_are_none():
    rng, time = np.random.default_rng(0), np.arange(60 * FS) / FS
    for lead in (rng.normal(size=60 * FS), np.zeros(60 * FS), np.sin(2 * np.pi * 50 * time)):
        assert not np.any(found(made(lead)) != "")


def test_fast_narrow_beats_are_none():
    time = np.arange(60 * FS) / FS
    narrow = sum(np.exp(-(((time - beat) / 0.012) ** 2)) for beat in np.arange(0.2, 60, 60 / 250))
    assert not np.any(found(made(narrow)) != "")


def test_seconds_that_cannot_be_read_do_not_interrupt_fibrillation():
    signal, faulty = fibrillation(60), np.zeros((60, 1), dtype=bool)
    signal[20 * FS : 35 * FS], faulty[20:35] = 0, True
    assert np.all(found(made(signal), faulty)[5:55] == "VFL")
    assert np.all(found(made(signal))[24:31] == "")


def test_a_lead_that_cannot_be_read_does_not_count():
    signal, other = fibrillation(60), np.random.default_rng(0).normal(size=60 * FS)
    faulty = np.zeros((60, 2), dtype=bool)
    faulty[:, 1] = True
    assert np.all(found(made(signal, other), faulty)[2:58] == "VFL")


@pytest.mark.parametrize("rate", [110, 150, 200, 235])
def test_regular_wide_waves_have_a_beat_each(rate):
    normal, time = database.read("100").between(0, 60), np.arange(60 * FS) / FS
    phase = 2 * np.pi * time * rate / 60
    wide = -1.5 * np.cos(phase) - 0.5 * np.cos(2 * phase + 0.5)
    record = followed_by(normal, np.stack([wide, -0.5 * wide], axis=1))
    waves = found(record)
    assert np.all(waves[:57] == "")
    assert np.all(waves[62:117] == "VT")
    peaks = wave_peaks(record, np.zeros((120, 2), dtype=bool), waves)
    assert abs(np.sum((peaks > 62 * FS) & (peaks < 117 * FS)) - 55 * rate / 60) <= 1
    assert np.allclose(np.diff(peaks) / FS, 60 / rate, atol=0.02)
