"""A recording and its annotations, cut, resampled, annotated anew, with other leads."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations, Record

FS = 100


@pytest.fixture
def marks():
    """A change of rhythm, three beats and a note, in ten seconds."""
    return Annotations(
        name="x",
        fs=FS,
        sig_len=1000,
        sample=np.array([10, 100, 250, 400, 999]),
        symbol=np.array(["+", "N", "V", "N", '"']),
        subtype=np.array([0, 0, 1, 0, 0]),
        aux=np.array(["(AFIB", "", "", "", "a note"], dtype=object),
    )


@pytest.fixture
def record(marks):
    """Ten seconds of three leads, whose samples are 1000 times the lead and the sample's number."""
    columns = [1000 * lead + np.arange(1000.0) for lead in range(3)]
    return Record(
        name="x",
        p_signal=np.array(columns).T,
        fs=FS,
        sig_name=("I", "II", "V1"),
        annotations=marks,
        comments=("a comment",),
        remarks=("a remark",),
        unit_declared=(True, False, True),
    )


def test_every_lead_needs_to_know_whether_its_unit_is_declared(record):
    two = {"p_signal": record.p_signal[:, :2], "sig_name": ("I", "II")}
    with pytest.raises(ValueError, match="x: 2 leads, and unit_declared is of 3"):
        replace(record, **two)
    assert replace(record, unit_declared=None, **two).unit_declared == (True, True)


# Annotations -------------------------------------------------------------------------------------


def test_one_symbol_or_several_are_put_at_samples():
    one = Annotations.at("x", FS, 1000, [5, 7], "V")
    assert one.symbol.tolist() == ["V", "V"]
    assert (one.sample.dtype, one.subtype.tolist(), one.aux.tolist()) == (
        np.int64,
        [0, 0],
        ["", ""],
    )
    assert Annotations.at("x", FS, 1000, [5, 7], ["N", "V"]).symbol.tolist() == ["N", "V"]
    assert len(Annotations.at("x", FS, 1000, [], [])) == 0
    with pytest.raises(ValueError, match="broadcast"):
        Annotations.at("x", FS, 1000, [5, 7], ["N", "V", "N"])


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (np.array([False, True, False, True, False]), [100, 400]),
        (slice(1, 3), [100, 250]),
        (np.array([3, 1]), [400, 100]),
        (slice(0, 0), []),
    ],
)
def test_annotations_are_chosen_by_mask_slice_or_positions(marks, chosen, expected):
    some = marks[chosen]
    assert some.sample.tolist() == expected
    assert len(some) == len(some.symbol) == len(some.subtype) == len(some.aux) == len(expected)
    assert (some.name, some.fs, some.sig_len) == ("x", FS, 1000)


def test_a_choice_keeps_what_belongs_together(marks):
    assert marks[2:3].subtype.tolist() == [1]
    assert marks[-1:].aux.tolist() == ["a note"]


def test_beats_are_the_annotations_of_a_heartbeat(marks):
    assert marks.beats.sample.tolist() == [100, 250, 400]
    assert marks.beats.symbol.tolist() == ["N", "V", "N"]


# What is left out --------------------------------------------------------------------------------


def test_without_annotations_and_units_none_are_there_and_all_are_declared():
    record = Record("x", np.zeros((50, 2)), 25.0, ("I", "II"))
    assert len(record.annotations) == 0
    assert (record.annotations.fs, record.annotations.sig_len) == (25.0, 50)
    assert record.unit_declared == (True, True)
    assert record.duration == 2


# Leads -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lead", ["V1", 2, np.int64(2)])
def test_a_lead_is_a_view_by_name_or_position(record, lead):
    assert record.lead(lead)[0] == 2000
    assert np.shares_memory(record.lead(lead), record.p_signal)


@pytest.mark.parametrize("lead", ["v1", "V2", "", "2", 3, -1])
def test_an_unknown_lead_lists_those_there_are(record, lead):
    pattern = f"^x: no lead {lead!r}; its leads are 0 = I, 1 = II, 2 = V1$"
    with pytest.raises(EcgError, match=pattern):
        record.lead(lead)
    with pytest.raises(EcgError, match=pattern):
        record.only(["I", lead])


@pytest.mark.parametrize(
    "leads", [[0], [2], ["II"], [0, 1], [1, 0], [0, 2], [2, 0], ["V1", "II"], [1, "V1"]]
)
def test_one_or_two_leads_are_a_view_in_the_order_that_is_given(record, leads):
    some = record.only(leads)
    assert np.shares_memory(some.p_signal, record.p_signal)
    check_leads(record, some, leads)


@pytest.mark.parametrize("leads", [[0, 1, 2], [2, 0, 1], [0, 0], []])
def test_other_choices_of_leads_are_copies_in_the_order_that_is_given(record, leads):
    some = record.only(leads)
    assert not np.shares_memory(some.p_signal, record.p_signal)
    check_leads(record, some, leads)


def check_leads(record, some, leads):
    positions = [record.sig_name.index(lead) if isinstance(lead, str) else lead for lead in leads]
    assert some.sig_name == tuple(record.sig_name[k] for k in positions)
    assert some.unit_declared == tuple(record.unit_declared[k] for k in positions)
    assert np.array_equal(some.p_signal, record.p_signal[:, np.array(positions, dtype=int)])
    assert some.annotations is record.annotations
    assert (some.name, some.comments, some.remarks) == ("x", ("a comment",), ("a remark",))


# Parts -------------------------------------------------------------------------------------------


def test_a_part_is_a_view_with_its_annotations(record):
    part = record.between(1, 4)
    assert np.shares_memory(part.p_signal, record.p_signal)
    assert part.p_signal[[0, -1], 1].tolist() == [1100, 1399]
    # The beat at the very beginning belongs to it, that at the very end to the next part.
    assert part.annotations.sample.tolist() == [0, 150]
    assert part.annotations.symbol.tolist() == ["N", "V"]
    assert part.annotations.subtype.tolist() == [0, 1]
    assert part.annotations.sig_len == len(part.p_signal) == 300
    assert (part.sig_name, part.unit_declared) == (record.sig_name, record.unit_declared)
    # The whole is as it was.
    assert record.annotations.sample.tolist() == [10, 100, 250, 400, 999]


def test_parts_side_by_side_hold_every_sample_and_annotation_once(record):
    parts = [record.between(start, start + 2.5) for start in (0, 2.5, 5, 7.5)]
    assert np.array_equal(np.concatenate([part.p_signal for part in parts]), record.p_signal)
    back = [part.annotations.sample + 250 * i for i, part in enumerate(parts)]
    assert np.array_equal(np.concatenate(back), record.annotations.sample)


@pytest.mark.parametrize(
    ("start_s", "stop_s", "first", "last"),
    [
        (-5, 2, 0, 200),
        (8, 50, 800, 1000),
        (-1, 99, 0, 1000),
        (3, 3, 300, 300),
        (20, 30, 1000, 1000),
        (1.004, 2.006, 100, 201),
    ],
)
def test_seconds_are_taken_to_samples_that_there_are(record, start_s, stop_s, first, last):
    part = record.between(start_s, stop_s)
    assert np.array_equal(part.p_signal, record.p_signal[first:last])
    assert part.annotations.sig_len == last - first


def test_beats_just_outside_the_recording_belong_to_its_first_and_last_part(record):
    marked = record.with_beats([-1, 499, 500, 1000])
    assert marked.between(0, 10).annotations.sample.tolist() == [-1, 499, 500, 1000]
    assert marked.between(0, 5).annotations.sample.tolist() == [-1, 499]
    assert marked.between(5, 10).annotations.sample.tolist() == [0, 500]
    assert marked.between(1, 9).annotations.sample.tolist() == [399, 400]


def test_a_part_of_a_part_counts_from_its_own_beginning(record):
    assert record.between(1, 9).between(1, 4).annotations.sample.tolist() == [50, 200]


# Another sampling frequency ----------------------------------------------------------------------


@pytest.mark.parametrize("fs", [50, 250, 360, 128.0])
def test_the_annotations_move_along_with_the_samples(record, fs):
    moved = record.resampled(fs)
    assert moved.fs == moved.annotations.fs == fs
    assert len(moved.p_signal) == moved.annotations.sig_len == pytest.approx(10 * fs, abs=1)
    assert moved.duration == pytest.approx(10, abs=0.02)
    assert moved.annotations.sample.dtype == np.int64
    seconds = moved.annotations.sample / fs
    assert np.allclose(seconds, record.annotations.sample / FS, atol=1 / fs)
    assert moved.annotations.symbol.tolist() == record.annotations.symbol.tolist()
    assert moved.annotations.aux.tolist() == record.annotations.aux.tolist()
    assert moved.unit_declared == record.unit_declared


@pytest.mark.parametrize("fs", [50, 90, 99, 250])
def test_an_annotation_of_the_last_sample_stays_within(record, fs):
    moved = record.resampled(fs)
    assert moved.annotations.sample[-1] <= len(moved.p_signal) - 1
    assert moved.annotations.sample[-1] >= len(moved.p_signal) - 1 - fs / FS


def test_a_wave_keeps_its_shape_and_height():
    seconds = np.arange(0, 10, 1 / FS)
    record = Record("x", np.sin(2 * np.pi * 2 * seconds)[:, np.newaxis], FS, ("I",))
    moved = record.resampled(250).lead(0)
    expected = np.sin(2 * np.pi * 2 * np.arange(len(moved)) / 250)
    assert np.allclose(moved[100:-100], expected[100:-100], atol=0.01)


def test_the_same_frequency_changes_nothing(record):
    assert record.resampled(FS) is record


# Other annotations -------------------------------------------------------------------------------


def test_beats_replace_whatever_is_annotated(record):
    with_beats = record.with_beats([20, 500], ["N", "V"])
    assert with_beats.annotations.sample.tolist() == [20, 500]
    assert with_beats.annotations.symbol.tolist() == ["N", "V"]
    assert with_beats.annotations.sig_len == 1000
    assert with_beats.annotations.beats.aux.tolist() == ["", ""]
    assert record.with_beats([20]).annotations.symbol.tolist() == ["N"]
    assert with_beats.p_signal is record.p_signal


def test_annotations_are_taken_away(record):
    bare = record.without_annotations()
    assert len(bare.annotations) == 0
    assert (bare.annotations.fs, bare.annotations.sig_len) == (FS, 1000)
    assert bare.p_signal is record.p_signal
    assert len(record.annotations) == 5
