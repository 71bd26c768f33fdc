"""Paced beats, against the annotations of real records and against spikes that were laid."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.aami import PACED
from ecgutils.database.embedded import record_names
from ecgutils.signals.noise import add_noise
from ecgutils.signals.noise_stress_test import read_noise
from ecgutils.signals.pacing import may_be_paced, paced_beats
from ecgutils.signals.r_peaks import detect_r_peaks
from tests.helpers.changed_waves import with_spikes

# Records without a pacemaker: both bundle branch blocks, narrow and tall beats, and noise.
OTHERS = ["100", "109", "113", "203", "212", "214", "231"]


def detected(record):
    """Put beats where the detector finds them."""
    return record.with_beats(detect_r_peaks(record.without_annotations()))


@pytest.mark.parametrize(
    ("name", "paced", "fused"),
    [("102", 99, 80), ("104", 98, 80), ("107", 94, None), ("217", 99, 80)],
)
def test_paced_beats_are_found_and_those_of_the_heart_are_not(name, paced, fused):
    record = database.read(name)
    symbol, found = record.annotations.beats.symbol, paced_beats(record)
    assert 100 * found[symbol == "/"].mean() > paced
    assert fused is None or 100 * found[symbol == "f"].mean() > fused
    assert 100 * found[np.isin(symbol, ["N", "V"])].mean() < 3


def test_symbols_are_not_looked_at():
    record = database.read("217").between(0, 300)
    sample = record.annotations.beats.sample
    assert (paced_beats(record) == paced_beats(record.with_beats(sample))).all()


@pytest.mark.slow
def test_no_beat_of_any_other_record_is_paced():
    others = [name for name in record_names() if name not in PACED]
    assert len(others) == 44
    called = {name: int(paced_beats(database.read(name)).sum()) for name in others}
    assert {name: count for name, count in called.items() if count} == {}


@pytest.mark.parametrize("fs", [250.0, 360.0, 500.0, 1000.0])
@pytest.mark.parametrize(("before_s", "height"), [(0.19, 1.0), (0.19, -10.0), (0.05, -1.0)])
def test_spikes_before_some_beats_make_these_paced_and_no_others(fs, before_s, height):
    record = database.read("231").between(0, 120).resampled(fs)
    sample = record.annotations.beats.sample
    chosen = np.arange(len(sample)) % 3 == 1
    spiked = with_spikes(record.with_beats(sample[chosen]), height, before_s).with_beats(sample)
    found = paced_beats(spiked)
    assert found[chosen].mean() > 0.95
    assert not found[~chosen].any()


def test_both_spikes_of_a_dual_chamber_pacemaker_are_no_obstacle():
    record = database.read("119").between(0, 120)
    spiked = with_spikes(with_spikes(record, 2.0, 0.19), 3.0, 0.04)
    assert paced_beats(detected(spiked)).mean() > 0.95


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("fs", [250.0, 360.0])
def test_recorded_noise_is_no_pacemaker(name, fs):
    record = database.read(name).between(0, 120)
    r_peaks = record.annotations.beats.sample
    for noise in read_noise(["em", "ma"]).values():
        stretch = noise[: len(record.p_signal)]
        noisy = add_noise(record.lead(0), stretch, record.fs, r_peaks, 0.0)[:, None]
        assert not paced_beats(
            detected(replace(record.only([0]), p_signal=noisy).resampled(fs))
        ).any()


@pytest.mark.parametrize("name", OTHERS)
def test_single_samples_that_fail_are_no_pacemaker(name):
    record = database.read(name).between(0, 300)
    random, signal = np.random.default_rng(3), record.p_signal.astype(float)
    wrong = random.choice(len(signal), len(record.annotations.beats))
    signal[wrong] += random.choice([-2.0, 1.0, 2.0, 5.0], len(wrong))[:, None]
    assert not paced_beats(detected(replace(record, p_signal=signal))).any()


@pytest.mark.parametrize("name", [*PACED, "101", "109", "214", "221"])
@pytest.mark.parametrize("gain", [0.5, 2.0, 256.0])
def test_the_unit_need_not_be_known(name, gain):
    record = detected(database.read(name).between(0, 300))
    others = replace(record, p_signal=gain * record.p_signal, unit_declared=(False, False))
    found = paced_beats(others)
    assert (found == paced_beats(record)).all()
    assert found.mean() >= 0.6 if name in PACED else not found.any()


def test_where_the_sampling_is_slow_beats_may_be_paced_and_none_is_called_so():
    for name in (*PACED, *OTHERS):
        slow = database.read(name).between(0, 600).resampled(128.0)
        assert may_be_paced(slow) == (name in PACED), name
        assert not paced_beats(slow).any()
        assert not may_be_paced(database.read(name).between(0, 60))


def test_few_beats_and_none_are_never_paced():
    record = database.read("217").between(0, 60)
    for sample in ([], [100, 400], record.annotations.beats.sample[:4]):
        assert paced_beats(record.with_beats(sample)).tolist() == [False] * len(sample)
