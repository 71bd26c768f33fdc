"""WFDB annotations are those of the file, or refused in one line."""

import struct

import numpy as np
import pytest

from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.short_records import refused


def test_annotations_of_record_100():
    annotations = read_annotations("100", MITDB_DIR)
    assert annotations.sample[:4].tolist() == [18, 77, 370, 662]
    assert annotations.symbol[:4].tolist() == ["+", "N", "N", "N"]
    assert annotations.aux[:2].tolist() == ["(N", ""]
    assert annotations.sample.dtype == np.int64
    assert len(annotations.sample) == len(annotations.symbol) == len(annotations.aux) == 2274


def test_a_code_without_symbol_keeps_its_number(short_record):
    (short_record / "100.atr").write_bytes(bytes([10, 1 << 2, 10, 45 << 2, 0, 0]))
    assert read_record("100", short_record).annotations.symbol.tolist() == ["N", "[45]"]


def test_a_time_resolution_in_the_annotations_must_be_the_records(short_record):
    note = b"## time resolution: "
    start = bytes([0, 22 << 2, len(note) + 3, 63 << 2])
    end = b"\0" + bytes([10, 1 << 2, 0, 0])
    (short_record / "100.atr").write_bytes(start + note + b"360" + end)
    assert read_record("100", short_record).annotations.sample.tolist() == [10]
    (short_record / "100.atr").write_bytes(start + note + b"250" + end)
    refused(short_record, "100.atr: its positions count at 250 Hz.* sampled at 360 Hz")


@pytest.mark.parametrize("outside", [-54, -1, 3600, 3653])
def test_a_beat_just_outside_the_recording_is_read_as_it_is_written(short_record, outside):
    """One record of SVDB ends with a beat at its length, and `wqrs` writes beats before 0."""
    high, low = divmod(outside % 2**32, 2**16)
    skip, v = 59 << 10, 5 << 10
    (short_record / "100.atr").write_bytes(struct.pack("<5H", skip, high, low, v, 0))
    record = read_record("100", short_record)
    assert record.annotations.beats.sample.tolist() == [outside]
    assert record.annotations.symbol.tolist() == ["V"]


def test_an_annotation_suffix_that_leads_elsewhere_is_refused(short_record):
    refused(short_record, "is not a name inside", annotations="/../../x")


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", "is truncated"),
        (b"\0", "is truncated"),
        (b"\x0a\x04", "is truncated"),
        (bytes([0, 59 << 2, 0, 0]), "not an annotation file, or a damaged one"),
        (bytes([0, 59 << 2, 1, 0, 0, 0, 10, 4, 0, 0]), "from sample 65546 to 65546"),
        (bytes([0, 59 << 2, 255, 255, 201, 255, 0, 4, 0, 0]), "from sample -55 to -55"),
        (bytes([0, 59 << 2, 0, 0, 70, 14, 0, 4, 0, 0]), "from sample 3654 to 3654, the recording"),
        (bytes([9, 4, 0, 59 << 2, 255, 255, 255, 255, 0, 4, 0, 0]), "annotation 1 lies before"),
        (bytes([9, 4, 1, 252, 65, 0, 1, 252, 66, 0, 9, 4, 0, 0]), "more notes or subtypes than"),
        (bytes([9, 4, 1, 244, 2, 244, 9, 4, 0, 0]), "more notes or subtypes than annotations"),
        (bytes([0, 88, 5, 252]) + b"## ??\0\0\0", "defines annotation types of its own"),
        (
            bytes([0, 88, 20, 252]) + b"## time resolution: " + b"36\x09\x04\0\0",
            "defines annotation types of its own",
        ),
    ],
)
def test_a_damaged_annotation_file_is_refused(short_record, content, pattern):
    (short_record / "100.atr").write_bytes(content)
    refused(short_record, f"100.atr: .*{pattern}")
    assert len(read_record("100", short_record, annotations=None).p_signal) == 3600


def test_an_endless_annotation_file_is_refused(short_record):
    (short_record / "100.atr").write_bytes(bytes(2**24 + 2))
    refused(short_record, "100.atr: longer than any file of its kind")
