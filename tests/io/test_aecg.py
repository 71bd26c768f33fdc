"""Annotated ECGs of HL7: the rhythm in mV, and one line on what is none or not what it says."""

from datetime import datetime
from itertools import pairwise

import numpy as np
import pytest

from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.aecg_files import aecg_bytes, sequence, sequence_set, series, times
from tests.helpers.refusals import refused

SAMPLES = 3600


@pytest.fixture(scope="module")
def digital():
    """Ten seconds of record 208 in steps of 5 µV, which are those of its converter."""
    signal = read_record("208", MITDB_DIR, annotations=None).p_signal[:SAMPLES]
    return np.round(signal * 200).astype(int)


@pytest.fixture(scope="module")
def leads(digital):
    return [sequence("II", digital[:, 0]), sequence("V1", digital[:, 1])]


@pytest.fixture
def write(tmp_path):
    """A function that writes a file."""

    def write(*content, **options):
        path = tmp_path / "x.xml"
        path.write_bytes(aecg_bytes(*content, **options))
        return path

    return write


def test_signals_are_those_that_were_stored(write, leads, digital):
    record = read_recording(write(series(leads)))
    assert (record.name, record.fs, record.sig_name) == ("x", 360.0, ("II", "V1"))
    assert record.p_signal.dtype == np.float32
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    assert record.lead(1).flags.c_contiguous
    assert record.start == datetime(2002, 5, 1, 23, 59, 58)
    # The birthday was to come; the name is left out.
    assert (record.comments, record.remarks) == (("Age: 50", "Sex: F"), ())


@pytest.mark.parametrize(
    ("unit", "scale", "origin", "factor"),
    [("uV", 2.44, 100, 1e-3), ("mV", 0.005, -1, 1), ("V", 5e-6, 0, 1e3), ("nV", 5000, 0, 1e-6)],
)
def test_each_lead_has_its_scale(write, digital, unit, scale, origin, factor):
    lead = sequence("II", digital[:, 0], scale, unit, origin)
    record = read_recording(write(series([lead])))
    expected = (digital[:, 0] * scale + origin) * factor
    assert np.allclose(record.p_signal[:, 0], expected, atol=1e-6)
    assert record.unit_declared == (True,)


def test_a_unit_that_is_not_declared_is_told(write, digital, leads):
    record = read_recording(write(series([sequence("I", digital[:, 0], unit=""), leads[1]])))
    assert record.unit_declared == (False, True)
    assert np.allclose(record.p_signal[:, 0], digital[:, 0])
    assert record.remarks[0] == "The units of I are not declared: taken as mV."
    assert "which no ECG does" in record.remarks[1]


@pytest.mark.parametrize(
    ("increment", "unit", "fs"), [("0.002", "s", 500), ("4", "ms", 250), ("1000", "us", 1000)]
)
def test_the_rate_is_that_of_the_increment(write, leads, increment, unit, fs):
    assert read_recording(write(series(leads, clock=times(increment, unit)))).fs == fs


def test_a_rate_that_is_missing_may_be_given(write, leads):
    for clock in ("", times(unit="min"), times("0"), times("")):
        path = write(series(leads, clock=clock))
        refused(path, "does not say its rate; give the sampling frequency in Hz with --fs")
        assert read_recording(path, fs=360).fs == 360


def test_augmented_leads_and_those_of_other_names_are_read(write, digital):
    names = ["AVR", "AVF", "V4R", "MLII", "X"]
    record = read_recording(write(series([sequence(name, digital[:, 0]) for name in names])))
    assert record.sig_name == ("aVR", "aVF", "V4R", "MLII")
    assert record.remarks == ("Left out, because their names are not those of ECG leads: X.",)


@pytest.mark.parametrize("head", ["", "19000101000000", "20020501", "nonsense"])
def test_a_start_that_is_missing_or_hidden_is_none(write, leads, head):
    record = read_recording(write(series(leads, clock=times(head=head))))
    assert (record.start, record.comments) == (None, ("Sex: F",))


# Several series ----------------------------------------------------------------------------------


def test_the_rhythm_is_read_and_not_what_was_derived_from_it(write, leads, digital):
    longer = np.tile(digital, (3, 1))
    beat = [sequence("II", longer[:, 0]), sequence("V1", longer[:, 1])]
    path = write(
        series(beat, code="REPRESENTATIVE_BEAT"), series(leads, derived=sequence_set(beat))
    )
    assert np.allclose(read_recording(path).p_signal, digital / 200, atol=1e-6)
    refused(write(series(beat, code="MEDIAN_BEAT")), "holds no rhythm")


def test_of_several_stretches_the_longest_is_read(write, leads, digital):
    short = series([sequence("I", digital[:1000, 0])])
    record = read_recording(write(short, series(leads), short))
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    assert record.remarks == ("Left out: 2 other stretches, which are no longer.",)


def test_leads_of_one_name_are_numbered(write, leads):
    assert read_recording(write(series([leads[0]] * 2))).sig_name == ("II", "II (2)")


def test_a_lead_that_is_shorter_is_left_out(write, leads, digital):
    record = read_recording(write(series([*leads, sequence("I", digital[:3599, 0])])))
    assert record.sig_name == ("II", "V1")
    assert record.remarks == ("Left out, because they are shorter than the other leads: I.",)


# What is refused ---------------------------------------------------------------------------------

BOMB = '<!DOCTYPE x [<!ENTITY a "0 1 ">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    "start", [f"{BOMB}]>", '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]>']
)
def test_entities_are_refused(write, leads, start):
    refused(write(series(leads), start=start), "no XML without entities of its own")


@pytest.mark.parametrize(
    ("digits", "pattern"),
    [
        (["1", "x"], "lead II holds what is no number"),
        (["1", "2,3"], "lead II holds what is no number"),
        ([], "holds no rhythm"),
    ],
)
def test_samples_that_are_no_numbers_are_refused(write, digits, pattern):
    refused(write(series([sequence("II", digits)])), pattern)


@pytest.mark.parametrize("scale", ["0", "nan", "inf", "1e-30"])
def test_a_scale_that_cannot_be_is_refused(write, scale):
    refused(write(series([sequence("II", [1, 2], scale)])), "gives lead II no possible scale")


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", "an empty file"),
        (b"<a><b></a>", "cannot be parsed"),
        (b"<ecg/>", "holds 'ecg' and no annotated ECG of HL7"),
        (b"<AnnotatedECG/>", "holds no rhythm"),
        (b"<a>" * 10_000, "cannot be parsed"),
    ],
)
def test_other_xml_is_refused(tmp_path, content, pattern):
    (tmp_path / "x.xml").write_bytes(content)
    refused(tmp_path / "x.xml", pattern)


def test_utf_16_is_read(write, leads, digital):
    path = write(series(leads), start='<?xml version="1.0" encoding="UTF-16"?>')
    path.write_text(path.read_text(), encoding="utf-16")
    assert np.allclose(read_recording(path).p_signal, digital / 200, atol=1e-6)
