"""Beats as a table: choosing, joining, and the intervals between them."""

from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import database
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.beats import join, rr_intervals
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.t_to_t import cut_t_to_t


@pytest.fixture(scope="module")
def record():
    return database.read("100")


def assert_same(first, second):
    for field in fields(first):
        assert_array_equal(getattr(first, field.name), getattr(second, field.name))


@pytest.mark.slow
def test_rr_intervals_add_up(database):
    for name in ("100", "207", "234"):
        of_record = database[database.record == name]
        assert np.isnan(of_record.rr[0, 0])
        assert np.isnan(of_record.rr[-1, 1])
        assert_array_equal(of_record.rr[1:, 0], of_record.rr[:-1, 1])
        assert_allclose(of_record.rr[1:, 0].sum(), np.ptp(of_record.sample) / 360, rtol=1e-5)


def test_without_neighbours_there_is_no_interval():
    made = rr_intervals(np.array([5]), 360.0)
    assert made.shape == (1, 2)
    assert np.isnan(made).all()


@pytest.mark.parametrize("cut", [cut_t_to_t, RCentred(), aligned_beats])
def test_beats_just_outside_the_recording_are_cut_like_those_at_its_ends(record, cut):
    minute = record.between(0, 60)
    inside = minute.annotations.beats.sample
    for before, after in ((0, 21_600), (-1, 21_601), (-54, 21_653)):
        marked = minute.with_beats([before, *inside, after])
        made = cut(marked)
        assert made.sample.tolist() == [before, *inside, after]
        assert np.isfinite(made.windows).all()
        if cut in (cut_t_to_t, RCentred()):
            at_ends = cut(minute.with_beats([0, *inside, 21_600]))
            assert_array_equal(made.windows, at_ends.windows)


def test_beats_are_chosen_by_mask_slice_and_position(record):
    cut = cut_t_to_t(record)
    premature = cut[cut.symbol == "A"]
    assert len(premature) == 33
    assert set(premature.aami_class) == {1}
    assert_same(cut[5:7], cut[np.array([5, 6])])


def test_beats_are_joined_in_order_and_found_by_their_record(record):
    first, second = cut_t_to_t(record)[:40], cut_t_to_t(database.read("101"))[:30]
    whole = join(iter([first, second]))
    assert_same(whole[:40], first)
    assert_same(whole[40:], second)
    rows = whole[::-1].rows_by_record()
    assert [len(of_record) for of_record in rows] == [30, 40]
    assert_array_equal(rows[0], np.arange(30))
    assert_array_equal(rows[1], np.arange(30, 70))
