"""What a network is told of a beat: shapes against their median, and rhythms by hand."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils.beats.beats import Beats, join
from ecgutils.beats.cache import load_beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.wavelet_features import (
    FEW,
    NEIGHBOURHOOD,
    SATURATED,
    rhythm_features,
    shape_features,
)
from ecgutils.errors import EcgError
from ecgutils.signals.wavelets import approximation

BEFORE, AFTER = 3, 4
"""Columns of the intervals just before and just after a beat, against the usual one."""

LOCAL = slice(8, 10)
"""The same two against the local median."""

IRREGULARITY, USUAL_S = 13, 14
"""The two columns that are no ratios: 0 is not "as usual"."""

RATIOS = np.delete(np.arange(45), [IRREGULARITY, USUAL_S])


@pytest.fixture(scope="module")
def real():
    return load_beats(["114", "208"], cut=RCentred())


def made_of(rr, name="100", samples=16):
    """Beats of one record, told by the seconds between them; their windows do not matter."""
    rr = np.asarray(rr, dtype=np.float32)
    beats = len(rr) + 1
    random = np.random.default_rng(beats)
    return Beats(
        windows=random.normal(size=(beats, samples, 2)).astype(np.float32),
        aami_class=np.zeros(beats, dtype=np.int8),
        symbol=np.full(beats, "N"),
        record=np.full(beats, name),
        sample=np.cumsum(np.append(100, 360 * rr)).astype(np.int64),
        sig_name=np.tile(["MLII", "V5"], (beats, 1)),
        rr=np.column_stack([np.append(np.nan, rr), np.append(rr, np.nan)]).astype(np.float32),
    )


def irregular(beats, seed):
    return np.random.default_rng(seed).uniform(0.5, 1.2, size=beats)


# Shape


def test_level_0_leaves_the_windows_as_they_are(real):
    assert_array_equal(shape_features(real, level=0), real.windows)


@pytest.mark.parametrize(("wavelet", "level"), [("db2", 1), ("db2", 2), ("haar", 3)])
def test_other_levels_are_the_approximation(real, wavelet, level):
    some = real[:20]
    made = shape_features(some, wavelet, level)
    assert made.dtype == np.float32
    assert_array_equal(made, approximation(some.windows, wavelet, level))


@pytest.mark.parametrize("level", [0, 2])
def test_difference_from_the_median_beat_is_two_more_channels(real, level):
    plain, made = shape_features(real, level=level), shape_features(real, "db2", level, True)
    assert made.dtype == np.float32
    assert made.shape == (*plain.shape[:2], 4)
    assert_array_equal(made[..., :2], plain)
    for name in ("114", "208"):
        of_record = real.record == name
        median = np.median(plain[of_record], axis=0)
        assert_array_equal(made[of_record, :, 2:], plain[of_record] - median)


def test_identical_beats_do_not_differ_from_their_median():
    beats = made_of([0.8] * 9)
    same = replace(beats, windows=np.repeat(beats.windows[:1], 10, axis=0))
    assert_array_equal(shape_features(same, level=0, against_median=True)[..., 2:], 0)


def test_difference_does_not_depend_on_other_records_nor_on_annotations(real):
    whole = shape_features(real, against_median=True)
    alone = real[real.record == "208"]
    assert_array_equal(shape_features(alone, against_median=True), whole[real.record == "208"])
    unknown = replace(
        real, aami_class=np.zeros_like(real.aami_class), symbol=np.full(len(real), "?")
    )
    assert_array_equal(shape_features(unknown, against_median=True), whole)


def test_wavelet_and_level_that_do_not_fit(real):
    with pytest.raises(EcgError, match="nonsense"):
        shape_features(real[:2], wavelet="nonsense")
    with pytest.raises(EcgError):
        shape_features(made_of([0.8]), level=9)


# Rhythm


def test_a_constant_rhythm_is_as_usual_everywhere():
    made = rhythm_features(made_of([0.8] * 60))
    assert made.shape == (61, 45)
    assert made.dtype == np.float32
    assert_allclose(made[:, RATIOS], 0, atol=1e-6)
    assert_allclose(made[:, USUAL_S], np.log(0.8), rtol=1e-5)
    assert_allclose(made[:, IRREGULARITY], np.log(0.01), rtol=1e-5)


def test_a_premature_beat_is_early_and_followed_by_a_pause():
    rr = np.full(100, 0.8)
    rr[49:51] = 0.5, 1.1
    made = rhythm_features(made_of(rr))
    early, late = np.log(0.5 / 0.8), np.log(1.1 / 0.8)
    assert_allclose(made[50, [BEFORE, AFTER]], [early, late], rtol=1e-4)
    assert_allclose(made[50, LOCAL], [early, late], rtol=1e-4)
    # It is after the beat before it, and before the one behind it.
    assert_allclose(made[49, [BEFORE, AFTER]], [0, early], rtol=1e-4, atol=1e-6)
    assert_allclose(made[51, [BEFORE, AFTER]], [late, 0], rtol=1e-4, atol=1e-6)
    # Each of the eight columns sees it from another beat.
    for column in range(8):
        assert made[:, column].argmin() == 50 + BEFORE - column
        assert made[:, column].argmax() == 51 + BEFORE - column


def test_where_ectopic_beats_outnumber_the_others_the_longest_intervals_tell():
    couplets = np.tile([0.5, 0.5, 1.1], 40)
    made = rhythm_features(made_of(couplets))
    # Beat 60 comes after a pause, 61 and 62 come early.
    against_usual, against_long = made[60:63, BEFORE], made[60:63, 10]
    assert_allclose(against_usual, [np.log(1.1 / 0.5), 0, 0], rtol=1e-4, atol=1e-6)
    assert_allclose(against_long, [0, *[np.log(0.5 / 1.1)] * 2], rtol=1e-4, atol=1e-6)


def test_irregularity_tells_fibrillation_from_a_single_early_beat():
    single = np.full(200, 0.8)
    single[100:102] = 0.5, 1.1
    regular = rhythm_features(made_of(single))[100, IRREGULARITY]
    fibrillating = rhythm_features(made_of(irregular(200, 1)))[100, IRREGULARITY]
    assert regular == pytest.approx(np.log(0.01), rel=1e-4)
    assert fibrillating > regular + 2


def test_local_rhythm_follows_a_change_of_heart_rate():
    made = rhythm_features(made_of([0.8] * 300 + [0.5] * 200))
    fast = 300 + NEIGHBOURHOOD
    assert made[fast, BEFORE] == pytest.approx(np.log(0.5 / 0.8), rel=1e-4)
    assert_allclose(made[fast, LOCAL], 0, atol=1e-6)
    assert made[fast, 12] == pytest.approx(np.log(0.5 / 0.8), rel=1e-4)


def test_small_changes_are_told_plainly_and_magnified():
    rr = np.full(100, 0.8)
    rr[50] = 0.82
    plain, ten, thirty = np.split(rhythm_features(made_of(rr))[51, 15:], 3)
    change = np.log(0.82 / 0.8)
    # Against the beats before, against those after, and against the beat before.
    assert_allclose(plain[[0, 2, 4]], change, rtol=1e-3)
    assert_allclose(plain[5], -change, rtol=1e-3)
    assert_allclose(ten, 10 * plain, rtol=1e-4)
    assert_allclose(thirty, 30 * plain, rtol=1e-4)
    rr[50] = 1.6
    plain, ten, thirty = np.split(rhythm_features(made_of(rr))[51, 15:], 3)
    assert plain[0] == pytest.approx(np.log(2), rel=1e-4)
    assert ten[0] == thirty[0] == SATURATED
    assert ten[5] == thirty[5] == -SATURATED


def test_a_change_is_measured_against_a_few_beats_on_either_side():
    rr = np.full(100, 0.8)
    rr[: 50 - FEW] = 0.6
    rr[50 + FEW :] = 1.0
    plain = rhythm_features(made_of(rr))[50, 15:25]
    assert_allclose(plain[:4], 0, atol=1e-6)


@pytest.mark.parametrize("factor", [2.0, 0.6])
def test_ratios_do_not_depend_on_the_heart_rate(factor):
    rr = irregular(150, 2)
    slow, usual = rhythm_features(made_of(factor * rr)), rhythm_features(made_of(rr))
    assert_allclose(slow[:, RATIOS], usual[:, RATIOS], atol=1e-4)
    assert_allclose(slow[:, IRREGULARITY], usual[:, IRREGULARITY], atol=1e-4)
    assert_allclose(slow[:, USUAL_S] - usual[:, USUAL_S], np.log(factor), atol=1e-5)


def test_records_do_not_mix():
    first, second = made_of(irregular(80, 3), "100"), made_of(irregular(50, 4) / 2, "101")
    whole = rhythm_features(join([first, second]))
    assert_array_equal(whole[:81], rhythm_features(first))
    assert_array_equal(whole[81:], rhythm_features(second))
    turns = np.argsort(np.append(np.arange(81), np.arange(51) + 0.5), kind="stable")
    interleaved = rhythm_features(join([first, second])[turns])
    assert_array_equal(interleaved, whole[turns])


def test_ends_of_a_record_are_as_usual_where_nothing_is_known():
    made = rhythm_features(made_of([0.6, *[0.8] * 30, 0.6]))
    assert np.isfinite(made).all()
    assert_allclose(made[0, :AFTER], 0, atol=1e-6)
    assert made[0, AFTER] == pytest.approx(np.log(0.6 / 0.8), rel=1e-4)
    assert_allclose(made[-1, AFTER:8], 0, atol=1e-6)
    assert made[-1, BEFORE] == pytest.approx(np.log(0.6 / 0.8), rel=1e-4)


@pytest.mark.parametrize("rr", [[], [0.8], [0.8, 0.7], [0.0, 0.0, 0.8], [1e-9, 1e3, 1e-9]])
def test_short_and_absurd_records_stay_finite(rr):
    made = rhythm_features(made_of(rr))
    assert made.shape == (len(rr) + 1, 45)
    assert np.isfinite(made).all()


def test_real_rhythms_are_finite_and_tell_premature_beats(real):
    made = rhythm_features(real)
    assert made.shape == (len(real), 45)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    premature = np.isin(real.symbol, ["A", "V"])
    assert np.median(made[premature, BEFORE]) < -0.1
    assert np.abs(np.median(made[real.symbol == "N", BEFORE])) < 0.05
