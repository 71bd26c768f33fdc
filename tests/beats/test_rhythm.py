"""Features of the intervals between beats, by hand and of real rhythms."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils.beats.beats import join
from ecgutils.beats.cache import load_beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.rhythm import (
    RHYTHM_FEATURES,
    interval_features,
    rhythm_features,
    rhythm_of_record,
)
from ecgutils.beats.settings import BEATS
from tests.helpers.intervals import beats_at

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


def irregular(beats, seed):
    return np.random.default_rng(seed).uniform(0.5, 1.2, size=beats)


# Names


def test_every_column_has_a_name_of_its_own(real):
    assert len(set(RHYTHM_FEATURES)) == len(RHYTHM_FEATURES) == rhythm_features(real).shape[1]
    assert tuple(rhythm_of_record(real.rr[:50, 0])) == RHYTHM_FEATURES


def test_names_tell_what_is_in_the_columns():
    rr = np.array([np.nan, *[0.8] * 30, 0.4, 1.2, *[0.8] * 30])
    columns = rhythm_of_record(rr)
    early, late, earlier = 31, 32, np.log(0.5)
    assert columns["before_1_to_usual"][early] == pytest.approx(earlier)
    assert columns["before_2_to_usual"][late] == pytest.approx(earlier)
    assert columns["after_1_to_usual"][early - 1] == pytest.approx(earlier)
    assert columns["after_4_to_usual"][early - 4] == pytest.approx(earlier)
    assert columns["after_to_local"][early] == pytest.approx(np.log(1.5))
    assert columns["before_to_few_before_x1"][early] == pytest.approx(earlier)
    assert columns["after_to_before_x1"][early] == pytest.approx(np.log(3))
    assert columns["next_to_local_x1"][early - 2] == pytest.approx(earlier)
    assert columns["before_to_previous_x30"][early] == -BEATS.saturated
    assert_array_equal(columns["usual"], np.log(0.8))
    assert RHYTHM_FEATURES.index("irregularity") == IRREGULARITY
    assert RHYTHM_FEATURES.index("usual") == USUAL_S


# For networks


def test_a_constant_rhythm_is_as_usual_everywhere():
    made = rhythm_features(beats_at([0.8] * 60))
    assert made.shape == (61, 45)
    assert made.dtype == np.float32
    assert_allclose(made[:, RATIOS], 0, atol=1e-6)
    assert_allclose(made[:, USUAL_S], np.log(0.8), rtol=1e-5)
    assert_allclose(made[:, IRREGULARITY], np.log(0.01), rtol=1e-5)


def test_a_premature_beat_is_early_and_followed_by_a_pause():
    rr = np.full(100, 0.8)
    rr[49:51] = 0.5, 1.1
    made = rhythm_features(beats_at(rr))
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
    made = rhythm_features(beats_at(couplets))
    # Beat 60 comes after a pause, 61 and 62 come early.
    against_usual, against_long = made[60:63, BEFORE], made[60:63, 10]
    assert_allclose(against_usual, [np.log(1.1 / 0.5), 0, 0], rtol=1e-4, atol=1e-6)
    assert_allclose(against_long, [0, *[np.log(0.5 / 1.1)] * 2], rtol=1e-4, atol=1e-6)


def test_irregularity_tells_fibrillation_from_a_single_early_beat():
    single = np.full(200, 0.8)
    single[100:102] = 0.5, 1.1
    regular = rhythm_features(beats_at(single))[100, IRREGULARITY]
    fibrillating = rhythm_features(beats_at(irregular(200, 1)))[100, IRREGULARITY]
    assert regular == pytest.approx(np.log(0.01), rel=1e-4)
    assert fibrillating > regular + 2


def test_local_rhythm_follows_a_change_of_heart_rate():
    made = rhythm_features(beats_at([0.8] * 300 + [0.5] * 200))
    fast = 300 + BEATS.neighbourhood
    assert made[fast, BEFORE] == pytest.approx(np.log(0.5 / 0.8), rel=1e-4)
    assert_allclose(made[fast, LOCAL], 0, atol=1e-6)
    assert made[fast, 12] == pytest.approx(np.log(0.5 / 0.8), rel=1e-4)


def test_small_changes_are_there_plainly_and_magnified():
    rr = np.full(100, 0.8)
    rr[50] = 0.82
    plain, ten, thirty = np.split(rhythm_features(beats_at(rr))[51, 15:], 3)
    change = np.log(0.82 / 0.8)
    # Against the beats before, against those after, and against the beat before.
    assert_allclose(plain[[0, 2, 4]], change, rtol=1e-3)
    assert_allclose(plain[5], -change, rtol=1e-3)
    assert_allclose(ten, 10 * plain, rtol=1e-4)
    assert_allclose(thirty, 30 * plain, rtol=1e-4)
    rr[50] = 1.6
    plain, ten, thirty = np.split(rhythm_features(beats_at(rr))[51, 15:], 3)
    assert plain[0] == pytest.approx(np.log(2), rel=1e-4)
    assert ten[0] == thirty[0] == BEATS.saturated
    assert ten[5] == thirty[5] == -BEATS.saturated


def test_a_change_is_measured_against_a_few_beats_on_either_side():
    rr = np.full(100, 0.8)
    rr[: 50 - BEATS.few] = 0.6
    rr[50 + BEATS.few :] = 1.0
    plain = rhythm_features(beats_at(rr))[50, 15:25]
    assert_allclose(plain[:4], 0, atol=1e-6)


@pytest.mark.parametrize("factor", [2.0, 0.6])
def test_ratios_do_not_depend_on_the_heart_rate(factor):
    rr = irregular(150, 2)
    slow, usual = (
        rhythm_features(beats_at(factor * rr)),
        rhythm_features(beats_at(rr)),
    )
    assert_allclose(slow[:, RATIOS], usual[:, RATIOS], atol=1e-4)
    assert_allclose(slow[:, IRREGULARITY], usual[:, IRREGULARITY], atol=1e-4)
    assert_allclose(slow[:, USUAL_S] - usual[:, USUAL_S], np.log(factor), atol=1e-5)


def test_records_do_not_mix():
    first, second = (
        beats_at(irregular(80, 3), "100"),
        beats_at(irregular(50, 4) / 2, "101"),
    )
    whole = rhythm_features(join([first, second]))
    assert_array_equal(whole[:81], rhythm_features(first))
    assert_array_equal(whole[81:], rhythm_features(second))
    turns = np.argsort(np.append(np.arange(81), np.arange(51) + 0.5), kind="stable")
    interleaved = rhythm_features(join([first, second])[turns])
    assert_array_equal(interleaved, whole[turns])


def test_ends_of_a_record_are_as_usual_where_nothing_is_known():
    made = rhythm_features(beats_at([0.6, *[0.8] * 30, 0.6]))
    assert np.isfinite(made).all()
    assert_allclose(made[0, :AFTER], 0, atol=1e-6)
    assert made[0, AFTER] == pytest.approx(np.log(0.6 / 0.8), rel=1e-4)
    assert_allclose(made[-1, AFTER:8], 0, atol=1e-6)
    assert made[-1, BEFORE] == pytest.approx(np.log(0.6 / 0.8), rel=1e-4)


@pytest.mark.parametrize("rr", [[], [0.8], [0.8, 0.7], [0.0, 0.0, 0.8], [1e-9, 1e3, 1e-9]])
def test_short_and_absurd_records_stay_finite(rr):
    made = rhythm_features(beats_at(rr))
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


# For patients who have not been seen


def test_of_constant_intervals_nothing_is_to_be_said():
    rhythm = interval_features(np.append(np.nan, np.full(99, 0.8)))
    made = pd.DataFrame(rhythm)
    assert_allclose(made.drop(columns=["irregularity", "scatter"]), 0, atol=1e-9)
    assert_allclose(made[["irregularity", "scatter"]], np.log(0.01))


def test_an_early_beat_and_its_pause():
    rr = np.append(np.nan, np.full(99, 0.8))
    rr[50], rr[51] = 0.4, 1.2
    rhythm = interval_features(rr)
    for name in ("before_to_local", "before_to_long", "before_to_few"):
        assert rhythm[name][[49, 50, 51]].tolist() == pytest.approx(
            [0, np.log(0.5), np.log(1.5)]
        ), name
    assert rhythm["after_to_local"][[49, 50, 51]].tolist() == pytest.approx(
        [np.log(0.5), np.log(1.5), 0]
    )
    assert rhythm["before_to_mean"][50] == pytest.approx(np.log(0.5))
    assert rhythm["after_to_mean"][50] == pytest.approx(np.log(1.5))


def test_ratios_do_not_depend_on_the_rate():
    rr = np.append(np.nan, np.random.default_rng(1).uniform(0.5, 1.0, 99))
    slow, fast = interval_features(rr), interval_features(0.6 * rr)
    for name, values in slow.items():
        assert_allclose(fast[name], values, atol=1e-9, err_msg=name)


def test_the_local_rhythm_follows_a_rate_that_changes_and_the_mean_does_not():
    rhythm = interval_features(np.append(np.nan, np.repeat([1.0, 0.5], 200)))
    middle = [100, 300]
    assert_allclose(rhythm["before_to_local"][middle], 0, atol=1e-9)
    assert_allclose(rhythm["before_to_mean"][middle], np.log([1 / 0.75, 0.5 / 0.75]), atol=0.01)


def test_bigeminy_changes_from_beat_to_beat_but_repeats_itself():
    random = np.random.default_rng(1)
    bigeminy = interval_features(np.append(np.nan, np.tile([0.5, 1.1], 100)))
    fibrillation = interval_features(np.append(np.nan, random.lognormal(-0.3, 0.25, 200)))
    regular = interval_features(np.append(np.nan, random.normal(0.8, 0.01, 200)))
    assert np.median(bigeminy["irregularity"]) > np.median(fibrillation["irregularity"])
    assert np.median(fibrillation["irregularity"]) > np.median(regular["irregularity"]) + 1
    assert np.median(fibrillation["scatter"]) > np.median(bigeminy["scatter"]) + 1
