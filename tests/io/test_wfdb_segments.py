"""WFDB records of several segments: read as wfdb reads them, and nothing of them is believed."""

import warnings

import numpy as np
import pytest
import wfdb

from ecgutils.errors import EcgError
from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_segments import MOST_MISSING, read_wfdb
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.segmented_records import LENGTH, write_fixed, write_variable


@pytest.fixture
def fixed(tmp_path):
    """Twenty seconds of record 100 in two segments."""
    return write_fixed(tmp_path)


@pytest.fixture
def variable(tmp_path):
    """Two leads, a gap, the second lead alone."""
    return write_variable(tmp_path)


def as_wfdb_reads(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wfdb.rdrecord(str(folder / "whole"), m2s=True)


@pytest.mark.parametrize("layout", ["fixed", "variable"])
def test_segments_are_put_together_as_wfdb_does(layout, request):
    folder = request.getfixturevalue(layout)
    expected, record = as_wfdb_reads(folder), read_recording(folder / "whole")
    assert (record.name, record.fs) == ("whole", expected.fs)
    assert list(record.sig_name) == expected.sig_name
    assert record.p_signal.dtype == np.float32
    np.testing.assert_allclose(record.p_signal, expected.p_signal, atol=1e-6)
    assert np.isnan(record.p_signal).any() == (layout == "variable")


def test_the_whole_is_what_was_cut_into_segments(fixed):
    record = read_recording(fixed / "whole.hea")
    whole = read_record("100", MITDB_DIR, annotations=None)
    # Each segment has steps of its own, hardly finer than those of the database.
    np.testing.assert_allclose(record.p_signal, whole.p_signal[: 2 * LENGTH], atol=0.003)
    assert record.comments == ("69 M",)
    assert record.remarks == ("Put together from 2 segments.",)


def test_a_record_of_one_segment_is_read_as_before(short_record):
    expected = read_record("100", short_record, annotations=None)
    np.testing.assert_allclose(read_wfdb("100", short_record).p_signal, expected.p_signal, 1e-6)


def test_annotations_count_the_samples_of_the_whole(fixed):
    positions = np.array([100, LENGTH + 500])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wfdb.wrann("whole", "atr", positions, ["N", "V"], write_dir=str(fixed))
    record = read_recording(fixed / "whole", beats="atr")
    assert record.annotations.sample.tolist() == positions.tolist()


def test_a_unit_is_declared_where_every_segment_declares_it(variable):
    assert read_recording(variable / "whole").unit_declared == (True, True)
    # Only the second segment, which has V5 alone, is without a gain.
    header = (variable / "b.hea").read_text()
    gain = header.splitlines()[1].split()[2]
    (variable / "b.hea").write_text(header.replace(gain, "0/mV"))
    record = read_recording(variable / "whole")
    assert (record.sig_name, record.unit_declared) == (("MLII", "V5"), (True, False))
    assert "The gain is not declared for V5: taken as 200 steps per mV, as WFDB does." in (
        record.remarks
    )


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("whole/2 2 360 7200\na 3600\nb 3000\n", "declares 7200 samples, and segments of 6600"),
        ("whole/2 2 360 7200\na 3600\na 3600\n", "lists a segment more than once"),
        ("whole/2 2 250 7200\na 3600\nb 3600\n", "3600 samples at 250 Hz for segment a, which"),
        ("whole/1 2 360 3000\na 3000\n", "declares 3000 samples at 360 Hz for segment a, which"),
        ("whole/1 2 360 3600\nc 3600\n", "c.hea: no such file"),
        ("whole/1 2 360 3600\n../a 3600\n", "names a file outside its own folder"),
        ("whole/1 2 360 3600\nwhole 3600\n", "whole.hea: consists of several segments"),
        ("whole/1 2 360 3600\n~ 3600\n", "nearly all are missing"),
        ("whole/2 2 360 1000000003600\na 3600\n~ 1000000000000\n", "nearly all are missing"),
        ("whole/2 2 0 7200\na 3600\nb 3600\n", "a sampling frequency of 0 Hz"),
        ("whole/2 2 360 7200\na 3600\n", "whole.hea: "),
        ("whole/2 2 360 7200\na 3600\nb\n", "whole.hea: "),
        ("whole/x 2 360 7200\na 3600\nb 3600\n", "whole.hea: "),
        ("whole/2 2 360 7200\na -3600\nb 10800\n", "whole.hea: "),
    ],
)
def test_segments_that_do_not_fit_are_refused(fixed, text, pattern):
    (fixed / "whole.hea").write_text(text)
    with pytest.raises(EcgError, match=pattern) as caught:
        read_recording(fixed / "whole")
    assert "\n" not in str(caught.value)


def test_gaps_are_believed_up_to_a_limit(fixed):
    for times, believed in ((MOST_MISSING, True), (MOST_MISSING + 1, False)):
        gap = times * LENGTH
        (fixed / "whole.hea").write_text(f"whole/2 2 360 {LENGTH + gap}\na {LENGTH}\n~ {gap}\n")
        if believed:
            assert len(read_recording(fixed / "whole").p_signal) == LENGTH + gap
        else:
            with pytest.raises(EcgError, match="nearly all are missing"):
                read_recording(fixed / "whole")


def test_a_damaged_segment_is_told_by_its_name(fixed):
    content = (fixed / "b.dat").read_bytes()
    (fixed / "b.dat").write_bytes(content[:-100])
    with pytest.raises(EcgError, match=r"b\.dat: .*truncated"):
        read_recording(fixed / "whole")
