"""Windows around the R peak: where they lie, which leads they show, what must not change them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import aami, database
from ecgutils.beats.beats import rr_intervals
from ecgutils.beats.r_centred import RCentred, lead_order
from ecgutils.errors import EcgError
from ecgutils.signals.wavelets import denoise

BEFORE, AFTER = 104, 164
"""0.29 s and 0.455 s at 360 Hz."""


def first_minutes(name):
    return database.read(name).between(0, 120)


@pytest.fixture(scope="module")
def record():
    return first_minutes("100")


@pytest.fixture(scope="module")
def windows(record):
    return RCentred()(record).windows


def with_signal(record, lead, signal):
    changed = record.p_signal.copy()
    changed[:, lead] = signal
    return replace(record, p_signal=changed)


# Leads


@pytest.mark.parametrize(
    ("sig_name", "order"),
    [
        (("MLII", "V5"), [0, 1]),
        (("V5", "MLII"), [1, 0]),
        (("V5", "V2"), [0, 1]),
        (("V1", "V5", "MLII", "V2"), [2, 0, 1, 3]),
        ((), []),
    ],
)
def test_mlii_comes_first_and_the_others_keep_their_order(sig_name, order):
    assert lead_order(sig_name) == order


@pytest.mark.parametrize(
    ("name", "stored", "leads"),
    [
        ("100", ("MLII", "V5"), ["MLII", "V5"]),
        ("114", ("V5", "MLII"), ["MLII", "V5"]),
        ("102", ("V5", "V2"), ["V5", "V2"]),
        ("104", ("V5", "V2"), ["V5", "V2"]),
    ],
)
def test_leads_of_real_records(name, stored, leads):
    record = first_minutes(name)
    assert record.sig_name == stored
    beats = RCentred()(record)
    assert beats.sig_name.tolist() == [leads] * len(beats)
    for position, lead in enumerate(leads):
        cleaned = denoise(record.lead(lead), noisy_levels=0)
        inside = beats.sample[5]
        shown = beats.windows[5, :, position]
        assert np.corrcoef(shown, cleaned[inside - BEFORE : inside + AFTER])[0, 1] > 0.999999


def test_order_of_the_leads_in_the_record_changes_nothing(record):
    swapped = replace(
        record, p_signal=record.p_signal[:, ::-1].copy(), sig_name=record.sig_name[::-1]
    )
    first, second = RCentred()(record), RCentred()(swapped)
    for field in fields(first):
        assert_array_equal(getattr(first, field.name), getattr(second, field.name))


def test_one_lead_is_the_first_of_two(windows):
    first = first_minutes("114")
    assert_array_equal(RCentred(leads=1)(first).windows, RCentred()(first).windows[..., :1])
    assert windows.shape[2] == 2


# Where the windows lie and how high they are


def test_windows_against_slices_of_the_cleaned_signal(record, windows):
    beat = aami.is_beat(record.annotations.symbol)
    samples = [
        s for s in record.annotations.sample[beat] if BEFORE <= s < len(record.p_signal) - AFTER
    ]
    whole = np.isin(record.annotations.sample[beat], samples)
    half = round(0.12 * 360)
    for lead in range(2):
        cleaned = denoise(record.p_signal[:, lead], noisy_levels=0)
        # Beyond the ends of the record there is nothing.
        padded = np.pad(cleaned, half)
        height = np.median(
            [np.ptp(padded[s : s + 2 * half]) for s in record.annotations.sample[beat]]
        )
        expected = [cleaned[s - BEFORE : s + AFTER] / height for s in samples]
        assert_allclose(windows[whole, :, lead], expected, atol=1e-6)


def test_the_r_peak_lies_where_the_annotation_is(windows):
    peaks = windows[1:-1, :, 0].argmax(axis=1)
    assert np.abs(peaks - BEFORE).max() <= 6


def test_every_beat_is_there_with_what_is_known_of_it(record):
    beats = RCentred()(record)
    beat = aami.is_beat(record.annotations.symbol)
    assert not beat.all()
    assert_array_equal(beats.sample, record.annotations.sample[beat])
    assert_array_equal(beats.symbol, record.annotations.symbol[beat])
    assert_array_equal(beats.aami_class, aami.to_classes(record.annotations.symbol[beat]))
    assert_array_equal(beats.rr, rr_intervals(record.annotations.sample[beat], record.fs))
    assert set(beats.record) == {"100"}
    assert beats.windows.dtype == np.float32


@pytest.mark.parametrize(
    ("fs", "cut", "samples"),
    [
        (360.0, RCentred(), 268),
        (250.0, RCentred(), 72 + 114),
        (360.0, RCentred(before_s=0.1, after_s=0.2), 36 + 72),
        (360.0, RCentred(before_s=0.05, after_s=0.05), 36),
    ],
)
def test_windows_last_as_long_as_asked_for(record, fs, cut, samples):
    assert cut(replace(record, fs=fs)).windows.shape[1] == samples


def test_a_usual_beat_has_a_height_of_one_and_a_large_one_stays_large():
    record = first_minutes("208")
    around_r = RCentred()(record).windows[:, BEFORE - 43 : BEFORE + 43]
    heights = np.ptp(around_r, axis=1)
    assert_allclose(np.median(heights, axis=0), 1, atol=1e-6)
    assert heights[:, 0].max() > 1.2
    assert heights[:, 0].min() < 0.9


def test_scaled_by_itself_each_beat_has_a_height_of_one(record, windows):
    scaled = RCentred(scale_each_beat=True)(record).windows
    around_r = scaled[:, BEFORE - 43 : BEFORE + 43]
    assert_allclose(np.ptp(around_r, axis=1), 1, atol=1e-6)
    for beat in (3, 50):
        assert np.corrcoef(scaled[beat, :, 0], windows[beat, :, 0])[0, 1] > 0.999999


# What must not change them


@pytest.mark.parametrize(("gain", "offset"), [(3.0, 0.0), (0.001, 0.0), (1.0, 3.0), (7.3, -1.1)])
def test_gain_and_offset_leave_the_windows_as_they_are(record, windows, gain, offset):
    changed = replace(record, p_signal=gain * record.p_signal + offset)
    assert_allclose(RCentred()(changed).windows, windows, atol=1e-5)


def test_gain_of_one_lead_leaves_the_windows_as_they_are(record, windows):
    changed = with_signal(record, 1, 3 * record.p_signal[:, 1])
    assert_allclose(RCentred()(changed).windows, windows, atol=1e-5)


def test_baseline_wander_is_taken_out(record, windows):
    time = np.arange(len(record.p_signal)) / record.fs
    wander = np.sin(2 * np.pi * 0.3 * time)
    changed = replace(record, p_signal=record.p_signal + wander[:, None])
    apart = np.abs(RCentred()(changed).windows - windows)
    # The wander is as high as the beats; at the ends of the record its phase is not known.
    assert apart[10:-10].max() < 0.1
    assert apart.max() < 0.7


def test_missing_samples_of_a_lead_that_is_not_taken_do_no_harm(record, windows):
    missing = with_signal(record, 1, np.nan)
    assert_array_equal(RCentred(leads=1)(missing).windows, windows[..., :1])


# Difficult records


@pytest.mark.parametrize("value", [0.0, 0.7, -5.12])
@pytest.mark.parametrize("scale_each_beat", [False, True])
def test_a_flat_lead_stays_flat(record, value, scale_each_beat):
    flat = with_signal(record, 1, value)
    cut = RCentred(scale_each_beat=scale_each_beat)
    made = cut(flat).windows
    assert_allclose(made[..., 1], 0, atol=1e-6)
    assert_array_equal(made[..., 0], cut(record).windows[..., 0])


def test_a_lead_that_comes_off_stays_finite(record):
    signal = record.p_signal[:, 1].copy()
    signal[len(signal) // 4 :] = -5.12
    made = RCentred()(with_signal(record, 1, signal)).windows
    assert np.isfinite(made).all()
    assert_allclose(made[-20:, :, 1], 0, atol=1e-6)


def test_windows_beyond_the_ends_are_filled_with_zeros(record):
    last = len(record.p_signal) - 1
    at_ends = record.with_beats([0, 40, 5000, last - 10, last], ["N", "V", "N", "N", "N"])
    made = RCentred()(at_ends).windows
    assert made.shape == (5, 268, 2)
    assert np.isfinite(made).all()
    assert_array_equal(made[0, :BEFORE], 0)
    assert_array_equal(made[1, : BEFORE - 40], 0)
    assert_array_equal(made[3, BEFORE + 11 :], 0)
    assert_array_equal(made[4, BEFORE + 1 :], 0)
    first_inside, last_inside = made[1, BEFORE - 40 :], made[3, : BEFORE + 11]
    assert (first_inside != 0).any(axis=1).all()
    assert (last_inside != 0).any(axis=1).all()


def test_too_few_leads(record):
    with pytest.raises(EcgError, match="record 100 has 2 of the 3 leads asked for"):
        RCentred(leads=3)(record)


@pytest.mark.parametrize(("lead", "name"), [(0, "MLII"), (1, "V5")])
def test_missing_samples_are_refused(record, lead, name):
    signal = record.p_signal[:, lead].copy()
    signal[5000] = np.nan
    with pytest.raises(EcgError, match=f"record 100, lead {name}: samples are missing"):
        RCentred()(with_signal(record, lead, signal))


def test_record_without_beats(record):
    rhythm_only = record.annotations.symbol == "+"
    none = replace(record, annotations=record.annotations[rhythm_only])
    with pytest.raises(EcgError, match="record 100 has no annotated beats"):
        RCentred()(none)
