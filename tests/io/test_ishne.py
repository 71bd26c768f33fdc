"""Holter recordings in ISHNE's format: what they hold in mV, or one line on what is wrong."""

from datetime import datetime, time

import numpy as np
import pytest

from ecgutils.io.ishne import read_ishne
from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.ishne_files import annotation_bytes, ishne_bytes
from tests.helpers.refusals import refused

SAMPLES = 3600


@pytest.fixture(scope="module")
def digital():
    """Ten seconds of record 208 in steps of 5 µV, which are those of its converter."""
    signal = read_record("208", MITDB_DIR, annotations=None).p_signal[:SAMPLES]
    return np.round(signal * 200).astype(int)


@pytest.fixture
def write(tmp_path, digital):
    """A function that writes a recording with some fields changed, or other signals."""

    def write(signals=digital, **fields):
        path = tmp_path / "x.ecg"
        path.write_bytes(ishne_bytes(signals, **fields))
        return path

    return write


def test_signals_are_those_that_were_stored(write, digital):
    record = read_ishne(write())
    assert (record.name, record.fs, record.sig_name) == ("x", 360.0, ("II", "V5"))
    assert record.p_signal.dtype == np.float32
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    assert record.lead(1).flags.c_contiguous
    assert record.unit_declared == (True, True)
    assert record.start == datetime(2002, 5, 1, 23, 59, 58)
    # The birthday was to come; names are left out.
    assert (record.comments, record.remarks) == (("Age: 50", "Sex: M"), ())


def test_each_lead_has_its_resolution_and_name(write, digital):
    path = write(leads=("lead 1", "AI"), resolution=(1000, 40000))
    record = read_ishne(path)
    assert record.sig_name == ("lead 1", "AI")
    assert np.allclose(record.p_signal, digital * [0.001, 0.04], atol=1e-5)


def test_a_lead_that_was_off_has_gaps(write, digital):
    off = digital.copy()
    off[100:200, 1] = -32768
    record = read_ishne(write(off))
    assert np.flatnonzero(np.isnan(record.lead("V5"))).tolist() == [*range(100, 200)]
    assert not np.isnan(record.lead("II")).any()


def test_a_lead_without_a_resolution_is_left_out(write, digital):
    record = read_ishne(write(resolution=(0, 5000)))
    assert record.sig_name == ("V5",)
    assert np.allclose(record.p_signal[:, 0], digital[:, 1] / 200, atol=1e-6)
    assert record.remarks == ("Left out, because they have no resolution: II.",)
    refused(write(resolution=(0, 0)), "gives no lead a resolution")


def test_signals_begin_after_the_block_of_variable_length(write, digital):
    record = read_ishne(write(variable=b"any text" * 100))
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    assert record.remarks == ()


def test_samples_may_be_counted_together_or_not_at_all(write, digital):
    assert read_ishne(write(samples=2 * SAMPLES)).p_signal.shape == (SAMPLES, 2)
    record = read_ishne(write(samples=0))
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    assert "does not say how long" in record.remarks[0]
    assert len(read_ishne(write(samples=1000)).p_signal) == 1000


def test_reading_in_stretches_gives_what_reading_at_once_gives(write, monkeypatch):
    whole = read_ishne(write()).p_signal
    monkeypatch.setattr("ecgutils.io.ishne._STRETCH_SAMPLES", 1001)
    assert np.array_equal(read_ishne(write()).p_signal, whole)


def test_a_checksum_that_is_not_its_own_is_told(write):
    assert read_ishne(write(checksum=0)).remarks == ()
    assert read_ishne(write(checksum=1)).remarks == (
        "The header's checksum is not its own: it was changed.",
    )


@pytest.mark.parametrize(
    ("fields", "start"),
    [
        ({"day": (0, 0, 0)}, time(23, 59, 58)),
        ({"day": (31, 2, 2002)}, time(23, 59, 58)),
        ({"clock": (24, 0, 0)}, None),
        ({"clock": (-9, 0, 0)}, None),
    ],
)
def test_a_start_that_cannot_be_is_none(write, fields, start):
    assert read_ishne(write(**fields)).start == start


def test_patients_of_whom_nothing_is_known_have_no_comment(write):
    assert read_ishne(write(sex=0, born=(0, 0, 0))).comments == ()


def test_a_rate_counts_that_is_given(write):
    path = write(fs=0)
    refused(path, "does not say its rate; give the sampling frequency in Hz with --fs")
    assert read_recording(path, fs=250).fs == 250
    assert "360 Hz, does not count" in read_recording(write(), fs=250).remarks[0]


@pytest.mark.parametrize(
    ("fields", "pattern"),
    [
        ({"samples": SAMPLES + 1}, "holds 3600 samples of 2 leads and the header declares 3601"),
        ({"samples": 2**31 - 1}, "holds 3600 samples of 2 leads and the header declares 21474"),
        ({"leads": (), "resolution": ()}, "declares 0 leads, and 1 to 12 are possible"),
    ],
)
def test_headers_that_the_file_does_not_bear_out_are_refused(write, fields, pattern):
    refused(write(**fields), pattern)


@pytest.mark.parametrize(
    ("length", "pattern"), [(521, "ends within its header"), (522, "holds 0 samples of 2 leads")]
)
def test_truncated_files_are_refused(write, length, pattern):
    path = write()
    path.write_bytes(path.read_bytes()[:length])
    refused(path, pattern)


def test_signals_that_would_begin_elsewhere_are_refused(write):
    path = write()
    for first in (b"\x00\x00\x00\x80", b"\0\0\0\0", b"\xff\xff\xff\x7f"):
        content = path.read_bytes()
        path.write_bytes(content[:22] + first + content[26:])
        refused(path, "has the signals begin at byte")


# Annotations -------------------------------------------------------------------------------------


def test_beats_are_those_of_the_file_beside(write, tmp_path):
    marks = [("N", 0), ("V", 200), ("!", 65535), ("S", 5), ("B", 7), ("C", 1), ("P", 2), ("U", 3)]
    (tmp_path / "x.ann").write_bytes(annotation_bytes(77, marks))
    path = write(np.zeros((70000, 2)))
    own = read_recording(path, beats="ann").annotations
    assert own.sample.tolist() == [77, 277, 65817, 65824, 65827, 65830]
    assert own.symbol.tolist() == ["N", "V", "S", "N", "/", "Q"]
    assert len(read_recording(path).annotations) == 0


def test_annotations_that_do_not_fit_are_refused(write, tmp_path):
    path, beside = write(), tmp_path / "x.ann"
    for content, pattern in (
        (annotation_bytes(3599, [("N", 60)]), "has a beat at sample 3659, the recording has 3600"),
        (annotation_bytes(0, [("N", 1)], fs=250), "count at 250 Hz, the recording's at 360 Hz"),
        (annotation_bytes(0, [("N", 1)])[:-1], "ends within an annotation"),
        (annotation_bytes(0, [("!", 1)]), "none of its 0 annotations marks a beat"),
    ):
        beside.write_bytes(content)
        refused(path, pattern, beats="ann")
