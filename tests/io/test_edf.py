"""EDF files: their ECG leads in mV, and one line for each that is not what it says."""

from datetime import datetime, time

import edfio
import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.edf import read_edf
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.refusals import refused

SAMPLES = 3600


@pytest.fixture(scope="module")
def signal():
    """Ten seconds of record 208, in mV."""
    return read_record("208", MITDB_DIR, annotations=None).p_signal[:SAMPLES]


def channel(data, label="MLII", unit="mV", fs=360):
    low, high = float(np.floor(data.min())) - 1, float(np.ceil(data.max())) + 1
    return edfio.EdfSignal(
        data, fs, label=label, physical_dimension=unit, physical_range=(low, high)
    )


def write(path, *channels, **options):
    edfio.Edf(channels, data_record_duration=1, **options).write(path)
    return path


@pytest.fixture
def short_edf(tmp_path, signal):
    """A file with two leads."""
    return write(tmp_path / "x.edf", channel(signal[:, 0]), channel(signal[:, 1], "V1"))


def patch(path, start, content):
    """Overwrite a few bytes of a file."""
    damaged = bytearray(path.read_bytes())
    damaged[start : start + len(content)] = content
    path.write_bytes(damaged)


# What is read ------------------------------------------------------------------------------------


def test_signals_are_those_that_were_stored(short_edf, signal):
    record = read_edf(short_edf)
    assert (record.name, record.fs, record.sig_name) == ("x", 360.0, ("MLII", "V1"))
    assert record.p_signal.dtype == np.float32
    assert np.allclose(record.p_signal, signal, atol=1e-4)
    assert record.lead(1).flags.c_contiguous
    assert (record.comments, record.remarks) == ((), ())


@pytest.mark.parametrize(
    ("unit", "factor"), [("V", 1e-3), ("mV", 1), ("MV", 1), ("uV", 1e3), ("UV", 1e3), ("nV", 1e6)]
)
def test_signals_are_in_millivolts_whatever_the_unit(tmp_path, signal, unit, factor):
    data = factor * signal[:, 0]
    stored = edfio.EdfSignal(
        data, 360, label="II", physical_dimension=unit, physical_range=(-8 * factor, 8 * factor)
    )
    record = read_edf(write(tmp_path / "x.edf", stored))
    assert np.allclose(record.p_signal[:, 0], signal[:, 0], atol=2e-4)
    assert record.remarks == ()


@pytest.mark.parametrize(
    ("unit", "encoding"),
    [
        ("\N{MICRO SIGN}V", "latin-1"),
        ("\N{MICRO SIGN}V", "utf-8"),
        ("\N{GREEK SMALL LETTER MU}V", "utf-8"),
    ],
)
def test_microvolts_may_be_written_with_the_sign(tmp_path, signal, unit, encoding):
    path = write(tmp_path / "x.edf", channel(1000 * signal[:, 0], unit="uV"))
    patch(path, 256 + 96, unit.encode(encoding).ljust(8))
    assert np.allclose(read_edf(path).p_signal[:, 0], signal[:, 0], atol=2e-3)


@pytest.mark.parametrize("fs", [100, 128, 250, 256, 500, 1000])
@pytest.mark.parametrize("seconds", [0.5, 1, 3])
def test_the_frequency_is_that_of_the_data_records(tmp_path, fs, seconds):
    data = np.sin(np.arange(6 * fs) / 20)
    edf = edfio.Edf([channel(data, fs=fs)], data_record_duration=seconds)
    edf.write(tmp_path / "x.edf")
    record = read_edf(tmp_path / "x.edf")
    assert record.fs == fs
    assert np.allclose(record.p_signal[:, 0], data, atol=1e-3)


def test_reading_in_stretches_gives_what_reading_at_once_gives(short_edf, monkeypatch):
    whole = read_edf(short_edf).p_signal
    monkeypatch.setattr("ecgutils.io.edf._STRETCH_SAMPLES", 1100)
    assert np.array_equal(read_edf(short_edf).p_signal, whole)


def test_inverted_scales_and_headers_without_a_count_are_read(short_edf, signal):
    # The physical minimum and maximum of the first of two signals, exchanged.
    start = 256 + 2 * (16 + 80 + 8)
    low, high = (short_edf.read_bytes()[start + k : start + k + 8] for k in (0, 16))
    patch(short_edf, start, high)
    patch(short_edf, start + 16, low)
    patch(short_edf, 236, b"-1      ")
    record = read_edf(short_edf)
    assert len(record.p_signal) == SAMPLES
    shifted = record.p_signal[:, 0] + signal[:, 0]
    assert np.allclose(shifted, shifted[0], atol=2e-4)


def test_data_beyond_the_declared_records_are_not_read(short_edf):
    patch(short_edf, 236, b"4       ")
    assert len(read_edf(short_edf).p_signal) == 4 * 360


@pytest.mark.parametrize(
    "label",
    [
        *("I", "II", "iii", "aVR", "AVL", "V1", "V9", "V4R", "MLII", "MLI", "MV2", "CM5", "MCL1"),
        *("ECG", "EKG1", "EKG1-EKG2", "ECG II", "ECG V5-Ref", "II-Ref", "ecg lead"),
    ],
)
def test_ecg_leads_are_known_by_their_labels(tmp_path, signal, label):
    other = channel(signal[:, 1], "EEG Fpz-Cz", "uV")
    record = read_edf(write(tmp_path / "x.edf", other, channel(signal[:, 0], label)))
    assert record.sig_name == (label,)
    assert np.allclose(record.p_signal[:, 0], signal[:, 0], atol=2e-4)
    assert record.remarks == (
        "Left out, because their names are not those of ECG leads: EEG Fpz-Cz.",
    )


@pytest.mark.parametrize("label", ["Voltage", "EMG", "IV", "Illumination", "V", "V10", "Vmax"])
def test_other_labels_are_not_taken_for_ecg_leads(tmp_path, signal, label):
    other = channel(signal[:, 1], label)
    record = read_edf(write(tmp_path / "x.edf", other, channel(signal[:, 0], "ECG")))
    assert record.sig_name == ("ECG",)


def test_without_the_label_of_a_lead_every_voltage_is_one(tmp_path, signal):
    channels = [channel(signal[:, 0], "chan 1"), channel(signal[:, 1], "", "uV")]
    channels.append(channel(signal[:, 0], "SpO2", "%"))
    record = read_edf(write(tmp_path / "x.edf", *channels))
    assert record.sig_name == ("chan 1", "signal 1")
    assert record.remarks == ("Left out, because their names are not those of ECG leads: SpO2.",)


@pytest.mark.parametrize("unit", ["", "AU"])
def test_a_lead_without_a_unit_is_taken_as_millivolts_and_named(tmp_path, signal, unit):
    channels = [channel(signal[:, 0], "II", unit), channel(signal[:, 1], "V1")]
    channels.append(channel(signal[:, 0], "ECG rate", "bpm"))
    record = read_edf(write(tmp_path / "x.edf", *channels))
    assert np.allclose(record.p_signal, signal, atol=2e-4)
    assert record.remarks == (
        "Left out, because their names are not those of ECG leads: ECG rate.",
        "The units of II are not declared: taken as mV.",
    )


@pytest.mark.parametrize("unit", ["", "AU", "steps"])
@pytest.mark.parametrize("undeclared", [0, 1])
def test_a_lead_without_a_unit_does_not_take_the_others_declared_unit(
    tmp_path, signal, unit, undeclared
):
    units = ["uV", "mV"]
    units[undeclared] = unit
    channels = [channel(signal[:, 0], "SpO2", "%")]
    channels += [channel(signal[:, i], f"V{i + 1}", units[i]) for i in range(2)]
    record = read_edf(write(tmp_path / "x.edf", *channels))
    assert record.sig_name == ("V1", "V2")
    assert record.unit_declared == (undeclared != 0, undeclared != 1)


def test_of_leads_at_several_frequencies_the_fastest_are_read(tmp_path, signal):
    channels = [channel(signal[::3, 0], "I", fs=120), channel(signal[:, 1], "II")]
    channels.append(channel(signal[::2, 0], "Flow", "l/min", fs=180))
    record = read_edf(write(tmp_path / "x.edf", *channels))
    assert (record.sig_name, record.fs) == (("II",), 360.0)
    assert "Left out, because they are sampled less often than the other leads: I." in (
        record.remarks
    )


@pytest.mark.parametrize("label", ["Lead II", "ECG II-Ref", "EKG", "DII", "LII", "ECG 1"])
@pytest.mark.parametrize("other", ["EEG C3-A2", "EMG Chin", "Resp", "Pleth", "Fp1"])
def test_the_ecg_keeps_its_rate_beside_faster_channels(tmp_path, signal, label, other):
    channels = [channel(np.repeat(signal[:, 1], 2), other, "uV", fs=720)]
    channels.append(channel(signal[:, 0], label))
    path = write(tmp_path / "x.edf", *channels)
    record = read_edf(path)
    assert (record.sig_name, record.fs) == ((label,), 360.0)
    assert np.allclose(record.p_signal[:, 0], signal[:, 0], atol=2e-4)
    asked = read_edf(path, [other.lower()])
    assert (asked.sig_name, asked.fs) == ((other,), 720.0)
    assert read_edf(path, [label]).sig_name == (label,)


def test_a_file_of_other_channels_is_refused_unless_one_is_asked_for(tmp_path, signal):
    path = write(
        tmp_path / "x.edf", channel(signal[:, 0], "EEG C3-A2"), channel(signal[:, 1], "EOG")
    )
    refused(path, "no channel is an ECG lead .* EEG C3-A2 in mV, EOG in mV.; .* with --lead")
    assert read_edf(path, ["EOG"]).sig_name == ("EOG",)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("microV", 1e3), ("uVolt", 1e3), ("Volt", 1e-3), ("mvolt", 1), ("nanovolt", 1e6)],
)
def test_units_may_be_spelt_out(tmp_path, signal, unit, factor):
    data = factor * signal[:, 0]
    span = (-8 * factor, 8 * factor)
    stored = edfio.EdfSignal(data, 360, label="II", physical_dimension=unit, physical_range=span)
    record = read_edf(write(tmp_path / "x.edf", stored))
    assert np.allclose(record.p_signal[:, 0], signal[:, 0], atol=2e-4)
    assert (record.unit_declared, record.remarks) == ((True,), ())


def test_annotations_are_no_signal(tmp_path, signal):
    notes = [edfio.EdfAnnotation(3, None, "Größe"), edfio.EdfAnnotation(1, 2, "x\n<b>")]
    path = write(tmp_path / "x.edf", channel(signal[:, 0]), annotations=notes)
    assert read_edf(path).sig_name == ("MLII",)
    # Even where they cannot be read.
    patch(path, len(path.read_bytes()) - 5, b"\xff\xfe\x14\x14\x14")
    assert np.allclose(read_edf(path).p_signal[:, 0], signal[:, 0], atol=2e-4)


def test_what_is_said_of_patient_and_recording_becomes_comments(tmp_path, signal):
    patient = edfio.Patient(name="<b>M</b>", sex="F", code="17")
    path = write(tmp_path / "x.edf", channel(signal[:, 0]), patient=patient)
    patch(path, 40, "Größe\x1b[31m".encode("latin-1"))
    assert read_edf(path).comments == ("17 F X <b>M</b>                 Größe[31m",)


def test_a_file_said_to_be_interrupted_that_is_not_is_read(tmp_path, signal):
    path = write(tmp_path / "x.edf", channel(signal[:, 0]), annotations=[])
    patch(path, 192, b"EDF+D")
    assert len(read_edf(path).p_signal) == SAMPLES


@pytest.mark.parametrize("gap", [2, 0.5, 30])
def test_an_interruption_is_a_gap(tmp_path, signal, gap):
    path = write(tmp_path / "x.edf", channel(signal[:, 0]), annotations=[])
    patch(path, 192, b"EDF+D")
    content = path.read_bytes()
    for second in range(9, 4, -1):
        old = b"+%d\x14\x14" % second
        new = b"+%s\x14\x14" % str(second + gap).encode()
        content = content.replace(old + bytes(len(new) - len(old)), new)
    path.write_bytes(content)
    record = read_edf(path)
    missing = np.flatnonzero(np.isnan(record.p_signal[:, 0]))
    assert missing.tolist() == [*range(1800, 1800 + int(gap * 360))]
    kept = record.p_signal[~np.isnan(record.p_signal[:, 0]), 0]
    assert np.allclose(kept, signal[:, 0], atol=2e-4)
    assert record.remarks == (f"Interrupted 1 times, {gap} s together.",)


@pytest.mark.parametrize("fs", [250, 512])
def test_bdf_is_read(tmp_path, signal, fs):
    leads = [
        edfio.BdfSignal(x, fs, label=label, physical_dimension="uV", physical_range=(-9e3, 9e3))
        for x, label in ((1000 * signal[:, 0], "ECG II"), (signal[:, 1], "EEG Fz"))
    ]
    edfio.Bdf(leads, data_record_duration=SAMPLES / fs / 3).write(tmp_path / "x.bdf")
    record = read_edf(tmp_path / "x.bdf")
    assert (record.fs, record.sig_name) == (fs, ("ECG II",))
    assert np.allclose(record.p_signal[:, 0], signal[:, 0], atol=1e-5)
    content = (tmp_path / "x.bdf").read_bytes()
    (tmp_path / "x.bdf").write_bytes(content[:-100])
    refused(tmp_path / "x.bdf", "holds 2 data records and the header declares 3")
    patch(tmp_path / "x.bdf", 236, b"99999999")
    refused(tmp_path / "x.bdf", "holds 2 data records and the header declares 99999999")


def test_a_header_may_be_padded_with_zeros(short_edf, signal):
    content = bytearray(short_edf.read_bytes())
    content[: 3 * 256] = bytes(content[: 3 * 256]).replace(b" ", b"\0")
    short_edf.write_bytes(content)
    record = read_edf(short_edf)
    assert record.sig_name == ("MLII", "V1")
    assert np.allclose(record.p_signal, signal, atol=1e-4)
    assert short_edf.read_bytes() == content


def test_a_header_may_have_decimal_commas(tmp_path, signal):
    leads = [
        edfio.EdfSignal(x, 360, label=label, physical_dimension="mV", physical_range=(-5.5, 5.25))
        for x, label in zip(signal.T, ("MLII", "V1"), strict=True)
    ]
    edfio.Edf(leads, data_record_duration=0.5).write(tmp_path / "x.edf")
    content = bytearray((tmp_path / "x.edf").read_bytes())
    assert content[244:247] == b"0.5"
    content[: 3 * 256] = bytes(content[: 3 * 256]).replace(b".", b",")
    (tmp_path / "x.edf").write_bytes(content)
    record = read_edf(tmp_path / "x.edf")
    assert (record.fs, record.sig_name) == (360, ("MLII", "V1"))
    assert np.allclose(record.p_signal, signal, atol=2e-4)


# What is refused ---------------------------------------------------------------------------------


def test_data_records_that_overlap_are_refused(tmp_path, signal):
    path = write(tmp_path / "x.edf", channel(signal[:, 0]), annotations=[])
    patch(path, 192, b"EDF+D")
    patch(path, path.read_bytes().index(b"+5\x14\x14"), b"+4")
    refused(path, "data record 6 begins before the one before ends")


def test_data_records_without_a_time_are_refused(tmp_path, signal):
    path = write(tmp_path / "x.edf", channel(signal[:, 0]), annotations=[])
    patch(path, 192, b"EDF+D")
    patch(path, path.read_bytes().index(b"+5\x14\x14"), b"x5")
    refused(path, "data record 6 of an interrupted file does not say its time")


def test_a_day_between_data_records_is_no_memory(tmp_path, signal):
    path = write(tmp_path / "x.edf", channel(signal[:, 0]), annotations=[])
    patch(path, 192, b"EDF+D")
    patch(path, path.read_bytes().index(b"+9\x14\x14"), b"+999\x14\x14")
    refused(path, "nearly all of it is missing by its times; cut the recording at its gaps")


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", "an empty file"),
        (b"0       " + 100 * b" ", "ends within its header"),
        (b"hello" + 300 * b" ", "not an EDF or BDF file"),
        (b"1       " + 300 * b" ", "not an EDF or BDF file"),
        (bytes(300), "not an EDF or BDF file"),
        (b"\xffBIOSEMI" + 300 * b" ", "'' is no number of signals"),
        (b"0       " + 300 * b" ", "'' is no number of signals"),
    ],
)
def test_what_is_no_edf_file_is_refused(tmp_path, content, pattern):
    (tmp_path / "x.edf").write_bytes(content)
    refused(tmp_path / "x.edf", pattern)


# Each signal's fields come field by field: two labels, two transducers, two units and so on.
UNIT, MINIMA, DIGITAL, COUNTS = (256 + 2 * k for k in (96, 104, 120, 216))


@pytest.mark.parametrize(
    ("start", "content", "pattern"),
    [
        (236, b"11      ", "holds 10 data records and the header declares 11"),
        (236, b"99999999", "holds 10 data records and the header declares 99999999"),
        (236, b"0       ", "a header without data"),
        (236, b"-2      ", "'-2' is no number of data records"),
        (236, b"1_0     ", "is no number of data records"),
        (236, b"nan     ", "is no number of data records"),
        (244, b"0       ", "data records of '0' seconds are not possible"),
        (244, b"-1      ", "seconds are not possible"),
        (244, b"nan     ", "seconds are not possible"),
        (244, b"inf     ", "seconds are not possible"),
        (244, b"1e9     ", "seconds are not possible"),
        (244, b"x       ", "seconds are not possible"),
        (252, b"0   ", "the header's length does not fit its 0 signals"),
        (252, b"3   ", "the header's length does not fit its 3 signals"),
        (252, b"9999", "the header's length does not fit its 9999 signals"),
        (252, b"-2  ", "is no number of signals"),
        (184, b"99999999", "the header's length does not fit its 2 signals"),
        (COUNTS, b"0       ", "declares no samples of signal 0"),
        (COUNTS, b"-5      ", "is no number of samples of signal 0"),
        (COUNTS, b"99999999", "holds 0 data records and the header declares 10"),
        (COUNTS + 8, b"361     ", "holds 9 data records and the header declares 10"),
        (
            UNIT,
            b"mmHg    %       ",
            "no channel is an ECG lead or a voltage .there are: MLII in mm",
        ),
        (256, b"EDF Annotations EDF Annotations ", "a header without signals"),
    ],
)
def test_an_impossible_header_is_refused(short_edf, start, content, pattern):
    patch(short_edf, start, content)
    refused(short_edf, pattern)


@pytest.mark.parametrize(
    ("start", "content"),
    [
        *((MINIMA, b"x       "), (MINIMA, b"nan     "), (MINIMA, b"-9e307  ")),
        *((DIGITAL, b"32767   "), (DIGITAL, b"1.5     ")),
    ],
)
def test_a_lead_without_a_possible_scale_is_left_out_or_refused_alone(short_edf, start, content):
    patch(short_edf, start, content)
    record = read_edf(short_edf)
    assert record.sig_name == ("V1",)
    said = "Left out, because the header gives them no possible scale: MLII."
    assert said in record.remarks
    patch(short_edf, start + 8, content)
    refused(short_edf, "the header gives MLII no possible scale")


@pytest.mark.parametrize("keep", [0.001, 0.01, 0.04, 0.05, 0.5, 0.99])
def test_a_truncated_file_is_refused(short_edf, keep):
    content = short_edf.read_bytes()
    short_edf.write_bytes(content[: int(keep * len(content))])
    refused(short_edf, "not an EDF or BDF file|ends within its header|holds [0-9] data records")


@pytest.mark.parametrize(
    ("start", "content"), [(236, b"99999999"), (COUNTS, b"99999999"), (252, b"9999"), (184, b"1")]
)
def test_sizes_that_the_file_does_not_have_never_reach_edfio(
    short_edf, monkeypatch, start, content
):
    def reached(*_, **__):
        pytest.fail("edfio was called")

    monkeypatch.setattr("edfio.read_edf", reached)
    monkeypatch.setattr("ecgutils.io.guards.empty_signals", reached)
    patch(short_edf, start, content)
    with pytest.raises(EcgError):
        read_edf(short_edf)


def test_what_fits_into_no_memory_is_refused(short_edf, monkeypatch):
    monkeypatch.setattr("ecgutils.io.guards._MAX_VALUES", 7199)
    refused(short_edf, "3600 samples of 2 signals, more than fits into memory")


def test_what_edfio_cannot_read_ends_as_one_line(short_edf, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("edfio.read_edf", broken)
    refused(short_edf, "cannot be decoded, the file is damaged .two lines.")


@pytest.mark.parametrize(
    ("day", "clock", "start"),
    [
        (b"29.02.24", b"14.05.10", datetime(2024, 2, 29, 14, 5, 10)),
        (b"31.12.99", b"23.59.59", datetime(1999, 12, 31, 23, 59, 59)),
        (b"31.12.84", b"23.59.59", datetime(2084, 12, 31, 23, 59, 59)),
        (b"01.01.85", b"14.05.10", time(14, 5, 10)),
        (b"yy.yy.yy", b"14.05.10", None),
    ],
)
def test_the_start_of_a_recording_is_read_as_far_as_it_is_known(short_edf, day, clock, start):
    patch(short_edf, 168, day + clock)
    assert read_edf(short_edf).start == start
