"""Shapes in wavelet coefficients, and against their median."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from ecgutils.beats.cache import load_beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.wavelet_features import shape_features
from ecgutils.errors import EcgError
from ecgutils.signals.wavelets import approximation
from tests.helpers.intervals import beats_at


@pytest.fixture(scope="module")
def real():
    return load_beats(["114", "208"], cut=RCentred())


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
    beats = beats_at([0.8] * 9)
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
        shape_features(beats_at([0.8]), level=9)
