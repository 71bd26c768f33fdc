"""Beats on the common grid: where they lie, what makes the template, what must not change them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import aami, database
from ecgutils.beats.aligned import aligned_beats, part, rms, template_beats
from ecgutils.beats.beats import rr_intervals
from ecgutils.beats.settings import BEATS
from ecgutils.errors import EcgError

GRID_S = BEATS.grid_s

R_PEAK = 45
"""Point of the grid at 0 s."""


@pytest.fixture(scope="module")
def record():
    return database.read("119").between(0, 240)


@pytest.fixture(scope="module")
def beats(record):
    return aligned_beats(record)


def with_annotations(record, chosen):
    return replace(record, annotations=record.annotations[chosen])


def moved(record, sample):
    """The record with its annotations at other samples."""
    return replace(record, annotations=replace(record.annotations, sample=sample))


def likeness(some, others):
    """Correlation of each beat with its counterpart, the smaller one of two leads."""
    some, others = (windows - windows.mean(axis=1, keepdims=True) for windows in (some, others))
    norms = np.linalg.norm(some, axis=1) * np.linalg.norm(others, axis=1)
    return ((some * others).sum(axis=1) / norms).min(axis=1)


# What is there


def test_the_grid():
    assert len(GRID_S) == 116
    assert GRID_S[R_PEAK] == pytest.approx(0)
    assert GRID_S[[0, -1]] == pytest.approx([-0.36, 0.56])
    assert_allclose(np.diff(GRID_S), 0.008)


def test_every_beat_is_there_with_what_is_known_of_it(record, beats):
    beat = aami.is_beat(record.annotations.symbol)
    assert not beat.all()
    assert len(beats) == beat.sum()
    assert beats.windows.shape == (beat.sum(), 116, 2)
    assert beats.windows.dtype == np.float32
    assert beats.record == "119"
    assert beats.recording is record
    assert_array_equal(beats.sample, record.annotations.sample[beat])
    assert_array_equal(beats.aami_class, aami.to_classes(record.annotations.symbol[beat]))
    assert np.isnan(beats.rr[0])
    between = rr_intervals(record.annotations.sample[beat], record.fs)[1:, 0]
    assert np.abs(beats.rr[1:] - between).max() <= 2 * BEATS.largest_shift_s
    assert np.median(np.abs(beats.rr[1:] - between)) <= 1 / BEATS.fine_hz


def test_windows_hold_the_signal_around_the_r_peak_in_mv(record, beats):
    lead = record.p_signal[:, 0]
    for k in (5, 40, 90):
        samples = np.round(beats.sample[k] + GRID_S * 360).astype(int)
        assert likeness(beats.windows[k, None, :, :1], lead[samples][None, :, None]) > 0.9
    heights = np.ptp(beats.windows[..., 0], axis=1)
    assert np.median(heights) == pytest.approx(2, abs=0.5)


def test_windows_beyond_the_ends_are_finite(record):
    last = len(record.p_signal) - 1
    at_ends = record.with_beats([0, 40, 5000, last - 10, last], ["N", "V", "N", "N", "N"])
    windows = aligned_beats(at_ends).windows
    assert windows.shape == (5, 116, 2)
    assert np.isfinite(windows).all()


@pytest.mark.parametrize("count", [1, 2])
def test_recordings_of_one_and_of_two_beats(record, count):
    few = with_annotations(
        record, np.flatnonzero(aami.is_beat(record.annotations.symbol))[7 : 7 + count]
    )
    made = aligned_beats(few)
    assert made.windows.shape == (count, 116, 2)
    assert np.isfinite(made.windows).all()
    assert np.isnan(made.rr[0])
    assert len(template_beats(made.rr)) >= 1


@pytest.mark.parametrize("leads", [1, 3])
def test_any_number_of_leads(record, beats, leads):
    other = record.only([0, 1, 0][:leads])
    assert aligned_beats(other).windows.shape == (len(beats), 116, leads)


def test_record_without_beats(record):
    none = with_annotations(record, record.annotations.symbol == "+")
    with pytest.raises(EcgError, match=r"^record 119 has no annotated beats; [^\n]*$"):
        aligned_beats(none)


@pytest.mark.parametrize(("lead", "name"), [(0, "MLII"), (1, "V1")])
def test_missing_samples_are_refused(record, lead, name):
    signal = record.p_signal.copy()
    signal[5000, lead] = np.nan
    with pytest.raises(EcgError, match=rf"^record 119, lead {name}: samples are missing[^\n]*$"):
        aligned_beats(replace(record, p_signal=signal))


# What must not change them


def test_classes_decide_nothing_but_themselves(record, beats):
    beat = aami.is_beat(record.annotations.symbol)
    symbol = np.where(beat, "Q", record.annotations.symbol)
    hidden = replace(record, annotations=replace(record.annotations, symbol=symbol))
    made = aligned_beats(hidden)
    assert_array_equal(made.windows, beats.windows)
    assert_array_equal(made.rr, beats.rr)
    assert set(made.aami_class) == {aami.CLASSES.index("Q")}


@pytest.mark.parametrize("offset", [2.0, -0.3])
def test_an_offset_is_taken_out(record, beats, offset):
    made = aligned_beats(replace(record, p_signal=record.p_signal + offset))
    assert_allclose(made.windows, beats.windows, atol=1e-5)


@pytest.mark.parametrize("gain", [0.5, 3.0, -1.0])
def test_gain_and_polarity_pass_through(record, beats, gain):
    made = aligned_beats(replace(record, p_signal=gain * record.p_signal))
    assert_allclose(made.windows, gain * beats.windows, atol=1e-5)


def test_mains_hum_and_baseline_wander_are_taken_out(record, beats):
    time = np.arange(len(record.p_signal)) / record.fs
    hum = 0.2 * np.sin(2 * np.pi * 60 * time) + 0.5 * np.sin(2 * np.pi * 0.1 * time)
    made = aligned_beats(replace(record, p_signal=record.p_signal + hum[:, None]))
    assert np.quantile(np.abs(made.windows - beats.windows)[5:-5], 0.99) < 0.08


def test_leads_keep_their_order_and_do_not_depend_on_it(record, beats):
    swapped = replace(
        record, p_signal=record.p_signal[:, ::-1].copy(), sig_name=record.sig_name[::-1]
    )
    assert_array_equal(aligned_beats(swapped).windows, beats.windows[..., ::-1])


@pytest.mark.parametrize("fs", [250, 500])
def test_another_recorder_sees_the_same_beats(record, beats, fs):
    made = aligned_beats(record.resampled(float(fs)))
    assert made.windows.shape == beats.windows.shape
    # A beat may lie a step beside where it lay, and so may the one before.
    assert_allclose(made.rr, beats.rr, atol=2 / BEATS.fine_hz)
    same = likeness(made.windows, beats.windows)
    assert np.median(same) > 0.99
    assert np.mean(same > 0.97) > 0.98


# Each beat lies on the template


def test_annotations_a_little_off_nearly_change_nothing(record, beats):
    off = np.random.default_rng(1).integers(-3, 4, len(record.annotations.sample))
    same = likeness(
        aligned_beats(moved(record, record.annotations.sample + off)).windows,
        beats.windows,
    )
    # A point of the grid is three samples; a beat may come to lie one point beside.
    assert np.median(same) > 0.98
    assert same.min() > 0.85


@pytest.mark.parametrize("off", [-12, -8, 8, 12])
def test_a_misplaced_annotation_is_put_right(record, beats, off):
    misplaced = np.arange(8, len(beats), 20)
    sample = record.annotations.sample.copy()
    sample[np.flatnonzero(aami.is_beat(record.annotations.symbol))[misplaced]] += off
    made = aligned_beats(moved(record, sample))
    # The window is compared where both have signal: its ends are repeated when it is moved.
    same = likeness(made.windows[misplaced, 6:-6], beats.windows[misplaced, 6:-6])
    assert np.median(same) > 0.98
    assert same.min() > 0.9


# The template


def test_template_beats_are_not_the_premature_ones_though_those_are_the_majority():
    record = database.read("232")
    classes = aami.to_classes(record.annotations.beats.symbol)
    rr = rr_intervals(record.annotations.beats.sample, record.fs)[:, 0]
    assert np.mean(classes == aami.CLASSES.index("S")) > 0.7
    chosen = template_beats(rr)
    assert np.mean(classes[chosen] == aami.CLASSES.index("N")) > 0.9
    assert len(chosen) > 0.1 * len(rr)


def test_template_beats_of_bigeminy_are_normal(beats):
    chosen = template_beats(beats.rr)
    assert set(beats.aami_class) == {0, 2}
    assert set(beats.aami_class[chosen]) == {0}


def test_template_beats_come_from_the_whole_recording_though_it_grows_faster():
    random = np.random.default_rng(1)
    rr = np.append(np.nan, np.linspace(1.2, 0.5, 999) + random.normal(0, 0.02, 999))
    assert_array_equal(np.unique(template_beats(rr) // 100), np.arange(10))


@pytest.mark.parametrize("rr", [[np.nan], [np.nan, 0.8], [np.nan, 0.8, 0.8], [np.nan, 0.9, 0.4]])
def test_there_is_a_template_whatever_the_number_of_beats(rr):
    chosen = template_beats(np.array(rr, dtype=np.float32))
    assert len(chosen) >= 1
    assert set(chosen) <= set(range(len(rr)))


def test_the_template_is_made_once_and_anew_for_other_windows_or_intervals(beats):
    assert beats.template is beats.template
    assert_array_equal(beats.template_rows, template_beats(beats.rr))
    assert_array_equal(beats.template, np.median(beats.windows[beats.template_rows], axis=0))
    doubled = replace(beats, windows=2 * beats.windows)
    assert_allclose(doubled.template, 2 * beats.template, rtol=1e-6)
    assert_allclose(doubled.qrs_size, 2 * beats.qrs_size, rtol=1e-4)
    other = replace(beats, rr=beats.rr[::-1].copy())
    assert not np.array_equal(other.template_rows, beats.template_rows)


def test_the_template_has_a_qrs_complex_of_size_one_in_its_own_units(beats):
    of_template = beats.scaled_qrs[beats.template_rows].reshape(-1, 23, 2)
    assert_allclose(rms(np.median(of_template, axis=0)), 1, atol=0.05)
    assert beats.scaled_qrs.shape == (len(beats), 23 * 2)


# Parts of a beat


def test_a_part_holds_its_ends_and_has_no_mean(beats):
    cut = part(beats.windows, (-0.08, 0.10))
    assert cut.shape == (len(beats), 10 + 12 + 1, 2)
    assert_allclose(cut.mean(axis=1), 0, atol=1e-5)
    whole = beats.windows[:, R_PEAK - 10 : R_PEAK + 13]
    assert_allclose(cut - cut[:, :1], whole - whole[:, :1], atol=1e-5)
    assert_allclose(part(beats.windows[3], (-0.08, 0.10)), cut[3], atol=1e-6)


# Laid finely


@pytest.fixture(scope="module")
def fine(record):
    return aligned_beats(record)


def distance(some, others):
    """Root mean square of the difference, in units of the beats' own size; mean over the beats."""
    size = np.sqrt(np.square(others - others.mean(axis=1, keepdims=True)).mean(axis=(1, 2)))
    return (np.sqrt(np.square(some - others).mean(axis=(1, 2))) / size).mean()


def test_the_same_beats_are_laid_finely(beats, fine):
    assert_array_equal(fine.sample, beats.sample)
    assert_array_equal(fine.aami_class, beats.aami_class)
    assert fine.windows.shape == beats.windows.shape
    assert np.isnan(fine.rr[0])
    assert np.abs(fine.rr[1:] - beats.rr[1:]).max() <= 0.08 + 1e-5


def test_where_a_beat_is_marked_matters_little(record, fine):
    """All beats together may lie a little elsewhere, since the template does."""
    random = np.random.default_rng(0)
    sample = record.annotations.sample + random.integers(-7, 8, len(record.annotations.sample))
    others = aligned_beats(moved(record, sample.clip(0)))
    normal = np.flatnonzero(fine.aami_class == 0)[1:]
    apart = [
        made.windows[normal] - np.median(made.windows[normal], axis=0) for made in (others, fine)
    ]
    assert np.abs(apart[0] - apart[1]).mean() < 0.2 * np.abs(apart[1]).mean()
    between = normal[np.isin(normal - 1, normal)]
    assert np.abs(others.rr[between] - fine.rr[between]).max() <= 0.008


@pytest.mark.parametrize("fs", [100, 128, 250, 500])
def test_a_beat_is_the_same_at_another_sampling_frequency(record, fine, fs):
    other = record.resampled(float(fs))
    finely = distance(aligned_beats(other).windows, fine.windows)
    assert finely < 0.1


def test_intervals_are_finer_than_the_sampling_frequency(record, fine):
    """At 100 Hz, samples are 10 ms apart."""
    others = aligned_beats(record.resampled(100.0))
    normal = (fine.aami_class[1:] == 0) & (fine.aami_class[:-1] == 0)
    apart = np.abs(others.rr - fine.rr)[1:][normal]
    assert np.median(apart) <= 0.002


def test_a_flat_lead_moves_no_beat(record):
    flat = replace(record, p_signal=np.zeros_like(record.p_signal))
    made = aligned_beats(flat)
    assert_array_equal(made.windows, np.zeros_like(made.windows))
    assert_allclose(made.rr[1:], aligned_beats(flat).rr[1:], atol=1e-5)
