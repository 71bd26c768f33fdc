"""Beats on which two annotation files differ, by hand."""

import numpy as np
import pytest

from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotation_bytes import decode
from ecgutils.scoring.ec57 import compare
from ecgutils.scoring.mismatches import mismatch_annotations, mismatch_table


def annotations(*marks):
    """Make annotations of (sample, symbol) at 100 Hz; the notes mark shutdowns."""
    sample, symbol = zip(*marks, strict=True)
    arrays = np.array(sample), np.array(symbol), np.where(np.array(symbol) == "~", 0x30, 0)
    return Annotations("1", 100.0, 1000, *arrays, np.full(len(marks), "", object))


@pytest.fixture
def compared():
    reference = annotations(
        *((-2, "N"), (100, "N"), (200, "L"), (300, "V"), (400, "A")),
        *((500, "["), (550, "V"), (600, "]"), (700, "~"), (800, "N")),
    )
    test = annotations((101, "N"), (199, "N"), (302, "N"), (450, "V"), (550, "N"), (700, "V"))
    return compare(reference, test, start=0)


def test_every_difference_is_a_row(compared):
    table = mismatch_table(compared)
    assert table["record"].unique().tolist() == ["1"]
    rows = table.drop(columns="record").astype(object).where(table.notna(), None)
    assert rows.to_numpy().tolist() == [
        [-0.02, "N", "O", -2, None],
        [3.02, "V", "N", 300, 302],
        [4.0, "S", "O", 400, None],
        [4.5, "O", "V", None, 450],
        # In flutter, 550 is not scored.
        [7.0, "X", "V", None, 700],
        [8.0, "N", "O", 800, None],
    ]


def test_annotations_to_look_at_hold_what_agrees_and_notes_of_what_does_not(compared):
    marks = decode(mismatch_annotations(compared))
    shown = list(zip(marks.sample.tolist(), marks.symbol.tolist(), marks.aux, strict=True))
    # No file begins before sample 0; there, notes would define something.
    assert shown == [
        (1, '"', "No"),
        (101, "N", ""),
        (199, "N", ""),
        (302, '"', "Vn"),
        (400, '"', "So"),
        (450, '"', "Ov"),
        (700, '"', "Xv"),
        (800, '"', "No"),
    ]
    assert marks.fs == 100


def test_files_without_beats_have_nothing_to_look_at():
    none = Annotations.at("1", 100.0, 1000, [], [])
    compared = compare(none, none, start=0)
    assert len(mismatch_table(compared)) == 0
    assert mismatch_annotations(compared) == b"\0\0"
