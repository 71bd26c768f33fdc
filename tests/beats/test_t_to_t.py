"""Beats cut from T peak to T peak: where the borders lie, and what must not change them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import aami, database
from ecgutils.beats.t_to_t import cut_t_to_t, min_max, resize, t_peaks, t_to_t_borders
from ecgutils.database.embedded import record_names
from ecgutils.errors import EcgError


@pytest.fixture(scope="module")
def record():
    return database.read("100")


@pytest.fixture(scope="module")
def in_v5_first():
    return database.read("114")


def assert_same(first, second):
    for field in fields(first):
        assert_array_equal(getattr(first, field.name), getattr(second, field.name))


# The whole database


@pytest.mark.slow
def test_every_annotated_beat_of_the_database_is_kept(database):
    assert aami.class_counts(database.aami_class) == {
        "N": 90631, "S": 2781, "V": 7236, "F": 803, "Q": 8043
    }  # fmt: skip
    assert list(dict.fromkeys(database.record)) == record_names()
    assert_array_equal(database.aami_class, aami.to_classes(database.symbol))


@pytest.mark.slow
def test_windows_of_the_database(database):
    assert database.windows.shape == (109_494, 280, 1)
    assert database.windows.dtype == np.float32
    assert database.windows.min(axis=1).max() == 0
    # None is flat, so each reaches from 0 to 1.
    assert_array_equal(database.windows.max(axis=1), 1)


@pytest.mark.slow
def test_first_lead_of_the_database(database):
    of_v5 = np.unique(database.record[database.sig_name[:, 0] == "V5"])
    assert_array_equal(of_v5, ["102", "104", "114"])
    assert set(database.sig_name[:, 0]) == {"MLII", "V5"}


# Where the borders lie


@pytest.mark.parametrize("name", ["100", "114", "207", "232"])
def test_t_peak_lies_between_its_r_peak_and_the_next(name):
    record = database.read(name)
    r_peaks = record.annotations.beats.sample
    found = t_peaks(record.lead(0), record.fs, r_peaks)
    assert (found >= r_peaks).all()
    assert (found[:-1] < r_peaks[1:]).all()
    assert found[-1] < len(record.p_signal)


def highest_after(signal, fs, r_peak, next_r_peak):
    """The published rule, one sample at a time."""
    first = min(r_peak + round(0.14 * fs), next_r_peak - 1)
    room = next_r_peak - round(0.05 * fs) - first
    best = first
    for sample in range(first, first + 2 * room // 3):
        if signal[sample] > signal[best]:
            best = sample
    return best


@pytest.mark.parametrize("fs", [360.0, 250.0, 1000.0])
@pytest.mark.parametrize("name", ["100", "207", "208", "232"])
def test_t_peaks_against_a_naive_search(name, fs):
    record = database.read(name).between(0, 60_000 / 360)
    signal = record.lead(0)
    r_peaks = record.annotations.beats.sample
    following = [*r_peaks[1:], len(signal)]
    naive = [highest_after(signal, fs, r, n) for r, n in zip(r_peaks, following, strict=True)]
    assert_array_equal(t_peaks(signal, fs, r_peaks), naive)


def test_t_peaks_where_r_peaks_leave_no_room():
    signal = np.sin(np.arange(1000) / 30)
    r_peaks = np.array([0, 0, 1, 300, 300, 320, 999])
    start, stop = t_to_t_borders(signal, 360.0, r_peaks)
    assert (np.diff(start) >= 0).all()
    assert ((start >= 0) & (start < stop) & (stop <= len(signal))).all()


def test_beats_follow_each_other_without_gaps(record):
    start, stop = t_to_t_borders(record.lead(0), record.fs, cut_t_to_t(record).sample)
    assert start[0] == 0
    assert_array_equal(start[1:], stop[:-1])


def test_beats_by_hand():
    # R peaks at 100, 400 and 700, and T peaks where these humps are.
    signal = np.zeros(1000)
    signal[[100, 400, 700]] = 5
    signal[[190, 490, 790]] = 1
    start, stop = t_to_t_borders(signal, 360.0, np.array([100, 400, 700]))
    assert_array_equal(start, [0, 190, 490])
    assert_array_equal(stop, [190, 490, 790])


# Resizing and scaling


def test_resizing_keeps_ends_and_straight_lines():
    signal = np.arange(50.0)
    assert_allclose(resize(signal, np.array([10]), np.array([21]), 6)[0], [10, 12, 14, 16, 18, 20])


def test_resizing_against_interpolation(record):
    signal = record.lead(0)
    made = resize(signal, np.array([1000, 5000]), np.array([1217, 5401]), 280)
    for window, (first, last) in zip(made, ((1000, 1216), (5000, 5400)), strict=True):
        at = np.linspace(first, last, 280)
        assert_allclose(window, np.interp(at, np.arange(len(signal)), signal), atol=1e-5)


@pytest.mark.parametrize("samples", [1, 2, 100, 281])
def test_windows_have_the_length_asked_for(record, samples):
    assert cut_t_to_t(record, samples=samples).windows.shape == (2273, samples, 1)


def test_flat_signal_becomes_zero(record):
    flat = replace(record, p_signal=np.full_like(record.p_signal, 0.7))
    assert_array_equal(cut_t_to_t(flat).windows, 0)


def test_each_lead_is_scaled_by_itself():
    windows = np.stack([np.linspace(3, 5, 9), np.linspace(0, 100, 9)], axis=1)[None]
    assert_allclose(min_max(windows), np.repeat(np.linspace(0, 1, 9)[None, :, None], 2, axis=2))


# What must not change beats


@pytest.mark.parametrize(("gain", "offset"), [(2.0, 0.0), (0.001, 0.0), (1.0, 3.0), (7.3, -1.1)])
def test_gain_and_offset_leave_the_windows_as_they_are(record, gain, offset):
    changed = replace(record, p_signal=gain * record.p_signal + offset)
    assert_allclose(cut_t_to_t(changed).windows, cut_t_to_t(record).windows, atol=1e-4)


def test_resampling_leaves_the_windows_nearly_as_they_are(record):
    start = record.between(0, 200)
    slower = start.resampled(250.0)
    apart = np.abs(cut_t_to_t(slower).windows - cut_t_to_t(start).windows)
    assert np.median(apart) < 0.01
    assert np.mean(apart) < 0.03
    assert_allclose(cut_t_to_t(slower).rr, cut_t_to_t(start).rr, atol=0.005)


def test_annotations_that_are_no_beats_change_nothing(record):
    beat = aami.is_beat(record.annotations.symbol)
    assert not beat.all()
    only = replace(record, annotations=record.annotations.beats)
    assert_same(cut_t_to_t(only), cut_t_to_t(record))


# Leads


def test_lead_by_name_and_by_position(in_v5_first):
    by_name, by_position = cut_t_to_t(in_v5_first, "V5"), cut_t_to_t(in_v5_first, 0)
    assert_same(by_name, by_position)
    assert set(by_position.sig_name[:, 0]) == {"V5"}
    assert_same(cut_t_to_t(in_v5_first, "MLII"), cut_t_to_t(in_v5_first, np.int64(1)))
    other = cut_t_to_t(in_v5_first, "MLII")
    assert np.abs(other.windows - by_name.windows).mean() > 0.05


def test_unknown_lead(record):
    with pytest.raises(EcgError, match="V1") as caught:
        cut_t_to_t(record, "V1")
    assert "MLII" in str(caught.value)


def test_record_without_beats(record):
    rhythm_only = record.annotations.symbol == "+"
    none = replace(record, annotations=record.annotations[rhythm_only])
    with pytest.raises(EcgError, match="record 100 has no annotated beats"):
        cut_t_to_t(none)


def test_missing_samples_are_refused(record):
    signal = record.p_signal.copy()
    signal[5000, 0] = np.nan
    with pytest.raises(EcgError, match="record 100, lead MLII: samples are missing"):
        cut_t_to_t(replace(record, p_signal=signal))
    assert np.isfinite(cut_t_to_t(replace(record, p_signal=signal), lead="V5").windows).all()
