"""DICOM waveforms: the rhythm in mV, and one line on what is none or not what it says."""

from datetime import datetime

import numpy as np
import pytest

from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.dicom_files import channel, deflated, dicom_bytes, waveform
from tests.helpers.refusals import refused

SAMPLES = 3600
LEADS = (channel("Lead II"), channel("V5"))


@pytest.fixture(scope="module")
def digital():
    """Ten seconds of record 208 in steps of 5 µV, which are those of its converter."""
    signal = read_record("208", MITDB_DIR, annotations=None).p_signal[:SAMPLES]
    return np.round(signal * 200).astype(int)


@pytest.fixture
def write(tmp_path):
    """A function that writes groups of channels."""

    def write(*waveforms, **attributes):
        path = tmp_path / "x.dcm"
        path.write_bytes(dicom_bytes(*waveforms, **attributes))
        return path

    return write


def test_signals_are_those_that_were_stored(write, digital):
    record = read_recording(write(waveform(digital, LEADS)))
    assert (record.name, record.fs, record.sig_name) == ("x", 360.0, ("Lead II", "V5"))
    assert record.p_signal.dtype == np.float32
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    assert record.lead(1).flags.c_contiguous
    assert (record.unit_declared, record.remarks, record.comments) == ((True, True), (), ())


@pytest.mark.parametrize(
    ("kind", "zero"),
    [("SB", 0), ("UB", 100), ("SS", 0), ("US", 1024), ("SL", 0), ("UL", 10**6)],
)
def test_samples_of_8_16_and_32_bits_are_read(write, digital, kind, zero):
    steps = np.clip(digital, -100, 100) + zero
    baseline = -5.0 * zero
    leads = [channel(name, ChannelBaseline=baseline) for name in ("I", "II")]
    record = read_recording(write(waveform(steps, leads, kind)))
    assert np.allclose(record.p_signal, (steps - zero) / 200, atol=1e-3)


def test_each_channel_has_its_scale(write, digital):
    leads = [
        channel("I", "mV", 0.001, ChannelSensitivityCorrectionFactor=2.5),
        channel("II", "UV", 1, ChannelBaseline=-500),
    ]
    record = read_recording(write(waveform(digital, leads)))
    assert np.allclose(record.p_signal, digital * [0.0025, 0.001] - [0, 0.5], atol=1e-5)


def test_padding_is_no_sample(write, digital):
    padded = digital.copy()
    padded[500:600, 0] = -32768
    value = np.int16(-32768).tobytes()
    record = read_recording(write(waveform(padded, LEADS, WaveformPaddingValue=value)))
    missing = np.flatnonzero(np.isnan(record.p_signal[:, 0]))
    assert missing.tolist() == [*range(500, 600)]
    assert not np.isnan(record.p_signal[:, 1]).any()


@pytest.mark.parametrize("scheme", ["2:{}", "5.6.3-9-{}"])
def test_leads_are_known_by_their_numbers(write, digital, scheme):
    numbers = {1: "I", 2: "II", 3: "V1", 8: "V6", 9: "V7", 12: "V4R", 61: "III", 62: "aVR"}
    leads = [channel("any words") for _ in numbers]
    for lead, number in zip(leads, numbers, strict=True):
        lead.ChannelSourceSequence[0].CodeValue = scheme.format(number)
    record = read_recording(write(waveform(np.tile(digital, 4), leads)))
    assert record.sig_name == tuple(numbers.values())


def test_channels_of_other_kinds_are_left_out_unless_asked_for(write, digital):
    channels = [channel("Respiration", "mV"), channel("V5"), channel("Pressure", "mmHg")]
    path = write(waveform(digital[:, [0, 1, 0]], channels))
    record = read_recording(path)
    assert record.sig_name == ("V5",)
    assert np.allclose(record.p_signal[:, 0], digital[:, 1] / 200, atol=1e-6)
    assert record.remarks == (
        "Left out, because their names are not those of ECG leads: Respiration, Pressure.",
    )
    assert read_recording(path, leads=["respiration"]).sig_name == ("Respiration",)


@pytest.mark.parametrize("unit", [None, "1", "No Units"])
def test_a_unit_that_is_not_declared_is_told(write, digital, unit):
    leads = [channel("II", unit, 1), channel("V5")]
    record = read_recording(write(waveform(digital, leads)))
    assert record.unit_declared == (False, True)
    assert np.allclose(record.p_signal[:, 0], digital[:, 0])
    assert record.remarks[0] == "The units of II are not declared: taken as mV."
    assert "which no ECG does" in record.remarks[1]


# Several waveforms -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"MultiplexGroupLabel": "MEDIAN BEAT", "originality": "ORIGINAL"},
        {"MultiplexGroupLabel": "any", "originality": "DERIVED"},
    ],
)
@pytest.mark.parametrize("is_first", [True, False])
def test_the_rhythm_is_read_and_not_what_was_made_from_it(write, digital, other, is_first):
    made = waveform(np.tile(digital, (2, 1)), LEADS, **other)
    groups = [waveform(digital, LEADS), made]
    record = read_recording(write(*groups[:: -1 if is_first else 1]))
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    label = other["MultiplexGroupLabel"]
    assert record.remarks == (
        f"Left out, because they are other waveforms than the longest: {label}.",
    )


def test_median_beats_alone_are_no_recording(write, digital):
    path = write(waveform(digital, LEADS, MultiplexGroupLabel="Median beat"))
    refused(path, r"holds no recording, only what was made from one \(Median beat\)")


def test_a_derived_rhythm_is_read_where_there_is_no_other(write, digital):
    record = read_recording(write(waveform(digital, LEADS, originality="DERIVED")))
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)


def test_of_groups_at_other_rates_or_times_the_longest_is_read(write, digital):
    slow = waveform(digital[:900], LEADS, fs=180)
    late = waveform(digital[:1800], LEADS, MultiplexGroupTimeOffset=5000)
    long = waveform(digital, [channel("I"), channel("III")], MultiplexGroupTimeOffset=1500)
    path = write(slow, late, long, AcquisitionDateTime="20020501235958.25")
    record = read_recording(path)
    assert (record.sig_name, record.fs) == (("I", "III"), 360.0)
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)
    assert record.remarks[0].endswith(": waveform 1, waveform 2.")
    assert record.start == datetime(2002, 5, 1, 23, 59, 59, 500000)


def test_groups_of_the_same_time_are_read_side_by_side(write, digital):
    groups = [waveform(digital[:, [k]], [channel(name)]) for k, name in enumerate(("I", "V1"))]
    record = read_recording(write(*groups))
    assert record.sig_name == ("I", "V1")
    assert np.allclose(record.p_signal, digital / 200, atol=1e-6)


# Of patient and time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "sex", "comments"),
    [
        ("063Y", "F", ("Age: 63", "Sex: F")),
        ("011M", "M", ("Age: 0", "Sex: M")),
        ("000Y", "O", ()),
        ("", "", ()),
    ],
)
def test_age_and_sex_become_comments(write, digital, age, sex, comments):
    path = write(waveform(digital, LEADS), PatientAge=age, PatientSex=sex)
    assert read_recording(path).comments == comments


@pytest.mark.parametrize(
    ("times", "start"),
    [
        ({"ContentDate": "20020501", "ContentTime": "101112"}, datetime(2002, 5, 1, 10, 11, 12)),
        ({"StudyDate": "20020501", "StudyTime": "101112.5"}, datetime(2002, 5, 1, 10, 11, 12)),
        ({"AcquisitionDateTime": "19000101000000"}, None),
        ({"AcquisitionDateTime": "20020501"}, None),
        ({}, None),
    ],
)
def test_the_start_is_what_the_file_gives_and_does_not_hide(write, digital, times, start):
    assert read_recording(write(waveform(digital, LEADS), **times)).start == start


# What is refused ---------------------------------------------------------------------------------


def test_a_rate_that_is_missing_may_be_given(write, digital):
    group = waveform(digital, LEADS)
    del group.SamplingFrequency
    path = write(group)
    refused(path, "does not say its rate; give the sampling frequency in Hz with --fs")
    assert read_recording(path, fs=360).fs == 360


@pytest.mark.parametrize(
    ("attributes", "pattern"),
    [
        ({"NumberOfWaveformSamples": SAMPLES + 1}, "1 holds 14400 bytes and declares 14404"),
        ({"NumberOfWaveformSamples": 2**32 - 1}, "1 holds 14400 bytes and declares 1717"),
        ({"NumberOfWaveformSamples": 0}, "1 holds 14400 bytes and declares 0"),
        ({"NumberOfWaveformChannels": 3}, "1 declares 3 channels and describes 2"),
        ({"WaveformSampleInterpretation": "MB"}, "samples of 16 bits of the kind MB are not read"),
        ({"WaveformBitsAllocated": 32}, "samples of 32 bits of the kind SS are not read"),
        ({"ChannelDefinitionSequence": []}, "declares 2 channels and describes 0"),
    ],
)
def test_groups_that_the_file_does_not_bear_out_are_refused(write, digital, attributes, pattern):
    refused(write(waveform(digital, LEADS, **attributes)), pattern)


def test_a_scale_that_cannot_be_is_refused(write, digital):
    refused(write(waveform(digital, [channel("I", "uV", 0), channel("II")])), "gives I no possible")


def test_files_without_a_waveform_are_refused(write, tmp_path):
    refused(write(), "holds no waveform: not an ECG in DICOM")
    (tmp_path / "y.dcm").write_bytes(b"anything that is not DICOM" * 20)
    refused(tmp_path / "y.dcm", "not an ECG in DICOM|cannot be decoded")
    (tmp_path / "z.dcm").touch()
    refused(tmp_path / "z.dcm", "an empty file")


def test_a_file_without_a_preamble_is_read(write, digital):
    path = write(waveform(digital, LEADS))
    path.write_bytes(path.read_bytes()[132:])
    assert np.allclose(read_recording(path).p_signal, digital / 200, atol=1e-6)


def test_what_is_packed_as_a_whole_is_unpacked_as_far_as_an_ecg_goes(write, digital, monkeypatch):
    path = write(waveform(digital, LEADS))
    content = path.read_bytes()
    path.write_bytes(deflated(content))
    assert np.allclose(read_recording(path).p_signal, digital / 200, atol=1e-6)
    monkeypatch.setattr("ecgutils.io.guards._ALWAYS_UNPACKED", 2**16)
    path.write_bytes(deflated(content + bytes(10**8)))
    refused(path, "unpacks into far more than a recording; save it uncompressed")


def test_nothing_is_packed_within_what_is_packed(write, digital):
    # pydicom would unpack any amount.
    path = write(waveform(digital, LEADS))
    path.write_bytes(deflated(deflated(path.read_bytes())))
    refused(path, "cannot be decoded|holds no waveform")
