"""WFDB headers are read whatever their comments, and refused where they contradict themselves."""

from datetime import datetime, time

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.wfdb_header import names_in_header, read_header, read_size
from ecgutils.io.wfdb_signals import read_record
from tests.helpers.short_records import edit_header, refused


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_comments_may_be_in_any_language(short_record, encoding):
    with open(short_record / "100.hea", "ab") as file:
        file.write("# 69 M, Größe 170 cm, 5 µV\x1b[31m\r\n".encode(encoding))
    assert read_record("100", short_record).comments[-1] == "69 M, Größe 170 cm, 5 µV[31m"


@pytest.mark.parametrize(
    "file_name",
    [
        "../x.dat",
        "/etc/x.dat",
        "sub/x.dat",
        "..",
        "a\\x.dat",
        "http://127.0.0.1/x.dat",
        "s3://bucket/x.dat",
        "c:x.dat",
    ],
)
def test_a_header_that_names_a_file_elsewhere_is_refused(short_record, file_name):
    (short_record.parent / "x.dat").write_bytes((short_record / "100.dat").read_bytes())
    edit_header(short_record, "100.dat", file_name)
    refused(short_record, "100.hea: names a file outside its own folder")


@pytest.mark.parametrize(
    ("old", "new", "pattern"),
    [
        ("100 2 360 3600", "", "100.hea: declares 516 signals and describes 1"),
        ("100 2 360 3600", "nonsense", "100.hea: not a WFDB header"),
        ("100 2 360 3600", "100 0 360 3600", "a header without signals"),
        ("100 2 360 3600", "100 3 360 3600", "declares 3 signals and describes 2"),
        ("100 2 360 3600", "100 99999999999 360 3600", "declares 99999999999 signals"),
        ("100 2 360 3600", "100 2 0 3600", "a sampling frequency of 0 Hz"),
        ("100 2 360 3600", "100 2 1" + 400 * "0" + " 3600", "100.hea: not a WFDB header"),
        ("100 2 360 3600", "100 2 360 3601", "holds 7200 samples and the header declares 7202"),
        ("100 2 360 3600", "100 2 360 100000000", "the file is truncated, or the header"),
        (
            "100 2 360 3600",
            "100 2 360 99999999999999999999",
            "the file is truncated, or the header",
        ),
        ("100 2 360 3600", "100 2 360 3599", "do not add up to the header's checksum"),
        ("100 2 360 3600", "100 2 360 3600" + 2000 * " 1", "a line of 4014 characters"),
        ("360 3600", "360 3600" + 600 * "\u20281", "a line of 1214 characters"),
        ("100.dat 516 ", "100.dat ", "100.hea: signal 0: unknown signal format"),
        ("516 200", "517 200", "unknown signal format 517"),
        ("516 200", "0 200", "unknown signal format 0"),
        ("516 200", "516 nan", "no signal is a voltage"),
        ("516 200", "516 1e400", "a gain of inf"),
        ("516 200", "516 1e-300", "a gain of 1e-300"),
        ("516 200", "516 200(99999999999)", "a baseline of 99999999999"),
        ("516 200", "516x0 200", "declares 0 samples a frame"),
        ("516 200", "516x99999999 200", "the file is truncated, or the header"),
        ("516 200", "516:99999999 200", "a skew of 99999999 is longer"),
        ("516 200", "516+99999999 200", "100.dat: holds 0 samples"),
        ("516 200", "516 200/mmHg", "no signal is a voltage"),
        ("516 200", "516 200/Ω", "is not plain ASCII; rename files"),
        ("516 200 11 1024 1011", "212 200 11 1024 1011", "more than one format"),
    ],
)
def test_an_impossible_header_is_refused(short_record, old, new, pattern):
    edit_header(short_record, old, new)
    refused(short_record, pattern)


@pytest.mark.parametrize(
    ("words", "start"),
    [
        ("12:30:05 05/02/2014", datetime(2014, 2, 5, 12, 30, 5)),
        ("2014-05-08 05:05:15", datetime(2014, 5, 8, 5, 5, 15)),
        ("05:05:15 2014-05-08", datetime(2014, 5, 8, 5, 5, 15)),
        ("09:49:17 05-May-2020", datetime(2020, 5, 5, 9, 49, 17)),
        ("9:49:17.25 5.5.2020", datetime(2020, 5, 5, 9, 49, 17, 250_000)),
        ("09:49:17", time(9, 49, 17)),
        ("25:00:00 40/40/2014", None),
        ("2014-05-08", None),
        ("nonsense 99-99-99", None),
    ],
)
def test_dates_are_read_in_many_forms_and_dropped_in_others(short_record, words, start):
    edit_header(short_record, "100 2 360 3600", f"100 2 360 3600 {words}")
    record = read_record("100", short_record)
    assert record.start == start
    assert record.p_signal.shape == (3600, 2)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("mv", 1), ("MV", 1), ("uv", 1e-3), ("UV", 1e-3), ("µV", 1e-3), ("v", 1e3), ("microV", 1e-3)],
)
def test_units_are_read_in_any_case(short_record, unit, factor):
    whole = read_record("100", short_record).p_signal
    edit_header(short_record, "516 200", f"516 200/{unit}")
    record = read_record("100", short_record)
    assert np.allclose(record.p_signal, whole * factor)
    assert record.unit_declared == (True, True)


def test_a_huge_header_is_refused(short_record):
    with open(short_record / "100.hea", "a") as file:
        file.writelines(f"# {i}\n" for i in range(10_000))
    refused(short_record, "100.hea: longer than any file of its kind")


# The files that a header names -------------------------------------------------------------------


def test_the_header_knows_its_file_and_the_signals_without_a_gain(short_record):
    edit_header(short_record, "516 200 11 1024 1011", "516 0 11 1024 1011")
    header = read_header("100", short_record)
    assert header.path == short_record / "100.hea"
    assert header.uncalibrated == [False, True]
    assert header.sig_name == ["MLII", "V5"]


@pytest.mark.parametrize(
    ("text", "signals", "segments"),
    [
        ("x 2 360 10\na.dat 16\nb.dat 16\n", ["a.dat", "b.dat"], []),
        ("# of a patient\n\nx 2 360 10\r\na.dat 16\r\na.dat 16\n# a note\n", ["a.dat"], []),
        ("x 2 360 10\n~ 0 200\na.dat 16\n", ["a.dat"], []),
        ("x 3 360 10\n../a.dat 16\n/etc/passwd 16\nb.dat 16\n", ["b.dat"], []),
        ("x/3 2 360 30\na 10\n~ 10\nb 10\n", [], ["a", "b"]),
        ("x/2 2 360 30\na 10\na 10\n", [], ["a"]),
        ("x/1 2 360 30\nx 10\n", [], ["x"]),
        ("x/2 2 360 30\n../a 10\nb 10\n", [], ["b"]),
        # What is impossible is not judged here.
        ("x 99 0 -1\na.dat 999 0/mmHg\n", ["a.dat"], []),
        ("x", [], []),
        ("", [], []),
        ("# only\n", [], []),
    ],
)
def test_names_are_those_of_signal_files_or_segments(tmp_path, text, signals, segments):
    (tmp_path / "x.hea").write_text(text, newline="")
    assert names_in_header(tmp_path / "x.hea") == (signals, segments)


def test_what_cannot_be_read_names_nothing(tmp_path):
    assert names_in_header(tmp_path / "nothing.hea") == ([], [])
    assert names_in_header(tmp_path) == ([], [])
    (tmp_path / "x.hea").write_bytes(b"\xff\xfe/\n")
    assert names_in_header(tmp_path / "x.hea") == ([], [])
    (tmp_path / "x.hea").write_text("x 1\n" + "a.dat 16\n" * 10_000)
    assert names_in_header(tmp_path / "x.hea") == ([], [])


@pytest.mark.parametrize(
    ("written", "start"),
    [
        ("", None),
        (" 14:05:10", time(14, 5, 10)),
        (" 14:05:10.500 29/02/2024", datetime(2024, 2, 29, 14, 5, 10, 500_000)),
    ],
)
def test_the_start_of_a_recording_is_read_and_moves_with_its_parts(short_record, written, start):
    edit_header(short_record, "100 2 360 3600", f"100 2 360 3600{written}")
    record = read_record("100", short_record)
    assert record.start == start
    later = record.between(4.0, 8.0).start
    assert later == (start and start.replace(second=14))


@pytest.mark.parametrize(
    ("line", "size"),
    [
        ("100 2 360 650000", (360, 650_000)),
        ("100 2 360 650000 12:30:00 1/2/1990", (360, 650_000)),
        ("100/3 2 128.5/0.25(10) 7 twelve", (128.5, 7)),
        ("100 2 1e3", (1000, 0)),
        # What WFDB takes where a header does not say it.
        ("100 0", (250, 0)),
    ],
)
def test_rate_and_length_need_no_signals(tmp_path, line, size):
    (tmp_path / "100.hea").write_text(f"# a comment\n{line}\n../elsewhere.dat 212\n")
    assert read_size("100", tmp_path) == size


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("", "an empty header"),
        ("100", "not a WFDB header"),
        ("100 2 fast", "not a WFDB header"),
        ("100 2 360 long", "not a WFDB header"),
        ("100 2 -360 9", "not a WFDB header"),
        ("100 2 0 9", "a sampling frequency of 0 Hz is not possible"),
        ("100 2 1e9 9", "a sampling frequency of 1e\\+09 Hz is not possible"),
    ],
)
def test_rate_and_length_that_cannot_be_are_refused(tmp_path, line, pattern):
    (tmp_path / "100.hea").write_text(line)
    with pytest.raises(EcgError, match=rf"100\.hea: {pattern}"):
        read_size("100", tmp_path)
