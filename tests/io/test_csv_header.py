"""What stands above a table is used: rate, unit and leads, as devices of many makers write them."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.csv_header import read_notes
from ecgutils.io.csv_table import read_csv
from ecgutils.io.csv_times import clock_seconds
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR

SAMPLES = 1500


@pytest.fixture(scope="module")
def signal():
    """Four seconds of record 208, in mV."""
    return read_record("208", MITDB_DIR, annotations=None).p_signal[:SAMPLES]


@pytest.fixture
def device(tmp_path, signal):
    """A function that reads a file with this header above rows of the leads `a` and `b`.

    In a row, `i` counts, `ua` and `ub` are in µV.
    """

    def read(header, row, fs=None, encoding="utf-8"):
        rows = [
            row.format(i=i, a=a, b=b, ua=1000 * a, ub=1000 * b) for i, (a, b) in enumerate(signal)
        ]
        (tmp_path / "x.txt").write_bytes((header + "\n".join(rows)).encode(encoding))
        return read_csv(tmp_path / "x.txt", fs)

    return read


def is_lead(record, signal, column=0, lead=0):
    return np.allclose(record.p_signal[:, column], signal[:, lead], atol=1e-3)


# Devices -----------------------------------------------------------------------------------------

WATCHES = {
    "en": ("Name,A B\nDate of Birth,\"Jan 1, 1980\"\nSymptoms,\nSample Rate,{} hertz\n\n\n"
           "Lead,Lead I\nUnit,µV\n\n", "512.508", "Lead I"),
    "de": ("Name,\nGeburtsdatum,\nMessrate,{} Hertz\n\n\nAbleitung,Ableitung I\nEinheit,µV\n\n",
           "512", "Ableitung I"),
    "fr": ("Nom,\nFréquence d’échantillonnage,{} hertz\n\nDérivation,Dérivation I\nUnité,µV\n",
           "512", "Dérivation I"),
    "es": ("Nombre,\nFrecuencia de muestreo,{} hercios Hz\n\nDerivación,Derivación I\nUnidad,µV\n",
           "512", "Derivación I"),
    "ja": ("名前,\nサンプルレート,{}ヘルツ\n\n誘導,I\n単位,µV\n", "512", "I"),
    "pl": ("Imię,\nCzęstotliwość próbkowania,{} herców\n\nLead,I\nJednostka,µV\n", "512", "I"),
    "ru": ("Имя,\nЧастота дискретизации,{} герц\n\nLead,I\nЕдиница,мкВ\n", "512", "I"),
    "zh": ("姓名,\n采样率,{} 赫兹\n\n导联,I\n单位,µV\n", "512", "I"),
}  # fmt: skip


@pytest.mark.parametrize("language", WATCHES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_export_of_a_watch_is_read_in_any_language(device, signal, language, encoding):
    header, rate, lead = WATCHES[language]
    record = device(header.format(rate), "{ua:.3f}", encoding=encoding)
    assert record.fs == float(rate)
    assert record.sig_name == (lead,)
    assert is_lead(record, signal)
    assert record.unit_declared == (True,)
    assert record.remarks[0].startswith(f"The sampling frequency, {float(rate):g} Hz, is that of l")
    unit = "мкВ" if language == "ru" else "µV"
    assert record.remarks[1] == f"The unit is that of the header: {unit}."


def test_a_watch_may_write_a_decimal_comma_in_quotes(device):
    header, _, _ = WATCHES["de"]
    record = device(header.format("512,508"), '"{ua:.3f}"', fs=512)
    assert record.fs == 512
    header = header.replace("{}", '"512,508')[:-1].replace("Hertz", 'Hertz"')
    record = device(header, "{ua:.0f}")
    assert record.fs == 512.508


def test_comments_may_say_it_all(device):
    for mark in ("#", "%", "//", "# ", "; "):
        header = f"{mark}Simple Text Format\n{mark}Sampling Rate (Hz):= 1000.00\n"
        header += f"{mark}Resolution:= 12\n{mark}Labels:= ECG\n"
        record = device(header, "{ua:.0f}")
        assert (record.fs, record.sig_name) == (1000, ("ECG",))
        assert record.remarks[0] == "The sampling frequency, 1000 Hz, is that of line 2."
        # The steps of a converter, of which no unit is known.
        assert record.unit_declared == (False,)
        assert record.comments[0] == "Simple Text Format"


def test_labels_in_a_comment_name_the_columns(device):
    record = device("# fs = 250\n# Labels: II, Resp\n", "{a:.3f},{b:.3f}")
    assert (record.fs, record.sig_name) == (250, ("II",))
    record = device("# fs = 250\n# time,II,V1\n", "{i},{a:.3f},{b:.3f}")
    assert record.sig_name == ("II", "V1")
    record = device("# fs = 250\n# made by hand\n", "{i} {a:.3f} {b:.3f}")
    assert record.sig_name == ("lead 1", "lead 2")


def test_openbci_is_read(device):
    header = (
        "%OpenBCI Raw EXG Data\n%Number of channels = 2\n%Sample Rate = 250 Hz\n"
        "Sample Index, EXG Channel 0, EXG Channel 1, Accel Channel 0, Timestamp (Formatted)\n"
    )
    record = device(header, "{i}, {ua:.3f}, {ub:.3f}, 0.01, 2023-02-07 10:00:00.000")
    assert record.fs == 250
    assert record.sig_name == ("EXG Channel 0", "EXG Channel 1")


def test_acqknowledge_may_end_each_line_with_a_comma(device, signal):
    header = "s1.acq\n1 msec/sample\n2 channels\nECG (.5 - 35 Hz)\nmV\nRESP\nVolts\n"
    record = device(header + "sec,CH1,CH2,\n,1500,1500,\n", "{i}e-3,{a:.4f},{b:.4f},")
    assert (record.fs, record.sig_name) == (1000, ("ECG (.5 - 35 Hz)",))
    assert is_lead(record, signal)
    assert record.unit_declared == (True,)


@pytest.mark.parametrize("count", ["", "\t1500\t1500\n"])
def test_acqknowledge_is_read(device, signal, count):
    header = "s1.acq\n2.000000 msec/sample\n2 channels\nECG\nmV\nRESP\nVolts\nms\tCH0\tCH1\n"
    record = device(header + count, "{i}\t{a:.4f}\t{b:.4f}")
    assert (record.fs, record.sig_name) == (500, ("ECG",))
    assert record.p_signal.shape == (SAMPLES, 1)
    assert is_lead(record, signal)
    assert record.unit_declared == (True,)


def test_labchart_is_read(device, signal):
    header = (
        "Interval=\t0.001 s\nExcelDateTime=\t4.4E+04\t2/7/2023 10:00:00.000000\n"
        "TimeFormat=\tStartOfBlock\nDateFormat=\t\nChannelTitle=\tECG\tPulse\n"
        "Range=\t10.000 V\t10.000 V\nUnitName=\tmV\tV\n"
    )
    record = device(header, "{i}\t{a:.4f}\t{b:.4f}")
    assert (record.fs, record.sig_name) == (1000, ("ECG",))
    assert is_lead(record, signal)
    assert record.unit_declared == (True,)


def test_comments_within_a_table_are_left_out(device, signal):
    rows = '{a:.4f}\t{b:.4f}\t#1 moved, "a lot"\n# all of a line\n{a:.4f}\t{b:.4f}'
    record = device("Interval=\t0.002 s\nChannelTitle=\tII\tV1\n", rows)
    assert np.allclose(record.p_signal, np.repeat(signal, 2, axis=0), atol=1e-3)
    record = device("# fs: 500\nECG\n", "{a:.4f}\n# a line\n#N/A")
    assert is_lead(replace(record, p_signal=record.p_signal[::2]), signal)
    assert np.isnan(record.p_signal[1::2]).all()


def test_opensignals_is_read(device, signal):
    header = (
        '# OpenSignals Text File Format\n# {"00:07": {"sensor": ["ECG", "EDA"], '
        '"column": ["nSeq", "I1", "A1", "A2"], "sampling rate": 1000, "label": ["A1", "A2"]}}\n'
        "# EndOfHeader\n"
    )
    record = device(header, "{i}\t1\t{ua:.0f}\t{ub:.0f}\t")
    assert record.fs == 1000
    assert "ECG" in record.sig_name
    assert not {"EDA", "nSeq"} & set(record.sig_name)
    assert is_lead(record, 1000 * signal, record.sig_name.index("ECG"))


@pytest.mark.parametrize(
    ("header", "row", "fs"),
    [
        ("time [s/256],ECG\n", "{i},{a:.3f}", 256),
        # Movesense calls its values samples.
        ("timestamp,sample\n", "{i}000,{a:.3f}", 1000),
    ],
)
def test_times_in_a_recorders_own_unit_tell_the_rate(device, signal, header, row, fs):
    record = device(header, row)
    assert (record.fs, len(record.sig_name)) == (fs, 1)
    assert is_lead(record, signal)


def test_a_time_may_be_written_without_signs():
    assert clock_seconds("20230207T101112.004Z") == clock_seconds("2023-02-07 10:11:12.004")


# One value at a time -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        *(("Sample Rate,512 hertz", 512), ("Sampling Rate (Hz):= 1000.00", 1000)),
        *(("sampling_rate=250", 250), ("fs: 360", 360), ("Samplerate;500", 500)),
        *(("Sampling frequency [Hz]: 333.25", 333.25), ("Abtastrate: 1 kHz", 1000)),
        *(("Sample rate: 1,000 Hz", 1000), ("Messrate,512,508 Hertz", 512.508)),
        *(("2.000000 msec/sample", 500), ("Interval=\t0.001 s", 1000)),
        *(("Sampling interval: 4 ms", 250), ('{"sampling rate": 100}', 100)),
        *(("частота,256 Гц", 256), ("250 samples per second", None), ("Heart rate: 70", None)),
        *(("Rate: 70 bpm", None), ("Notch filter: 50 Hz", None), ("Low-pass: 150 Hz", None)),
        *(("Filtre,40 hertz", None), ("Sample rate:", None), ("Sample rate: 0 Hz", None)),
    ],
)
def test_a_line_says_its_rate(line, rate):
    assert read_notes([(3, line)]).rate == rate


def test_rates_that_differ_say_nothing():
    assert read_notes([(1, "Sample rate: 250"), (2, "Sample rate: 500")]).rate is None
    assert read_notes([(1, "Sample rate: 250"), (2, "Sample rate: 250 Hz")]).rate == 250


def test_a_given_frequency_counts_before_that_of_the_header(device):
    record = device("# Sample rate: 512 Hz\n", "{a:.3f}", fs=250)
    assert record.fs == 250
    said = "The sampling frequency, 250 Hz, was given; that of line 1, 512 Hz, does not count."
    assert record.remarks[0] == said


def test_times_of_each_row_count_before_a_header_that_says_something_else(device):
    record = device("# Sample rate: 500 Hz\nms,II\n", "{i}e1,{a:.3f}")
    assert record.fs == 100
    said = "The sampling frequency, 100 Hz, counts; that of line 1, 500 Hz, does not count."
    assert said in record.remarks


def test_without_a_rate_in_the_header_it_is_asked_for(device):
    with pytest.raises(EcgError, match="give the sampling frequency in Hz with --fs"):
        device("Name,X\nUnit,mV\n", "{a:.3f}")


@pytest.mark.parametrize("line", ["Unit,uV", "Einheit: µV", "units = microvolts", "Unità;µV"])
def test_a_line_says_the_unit(device, signal, line):
    record = device(f"Name: X\n{line}\n", "{ua:.1f}", fs=360)
    assert is_lead(record, signal)
    assert record.unit_declared == (True,)


@pytest.mark.parametrize(
    "line", ["resolution: 5 uV/LSB", "LSB [uV];5", "Gain: 200 adu/mV", "0.005 mV per count"]
)
def test_a_line_says_what_a_step_of_the_converter_is(device, signal, line):
    record = device(f"# {line}\n# leads: II, V1\n# fs: 250\n", "{i},{ua:.0f},{ub:.0f}")
    assert record.sig_name == ("II", "V1")
    assert np.allclose(record.p_signal, 5 * signal, atol=5e-3)
    assert record.unit_declared == (True, True)
    assert "The resolution is that of the header: 5 µV a step." in record.remarks


def test_a_unit_in_a_columns_title_counts_before_that_of_the_header(device, signal):
    record = device("Unit: uV\nII (mV),V1 (mV)\n", "{a:.3f},{b:.3f}", fs=360)
    assert is_lead(record, signal)


@pytest.mark.parametrize("depth", [5, 100_000])
def test_a_comment_that_nests_without_end_does_no_harm(device, depth):
    record = device("# " + "{" * depth + "\n# " + '{"a":' * 300 + "\n", "{a:.3f},{b:.3f}", fs=360)
    assert record.sig_name == ("lead 1", "lead 2")


def test_many_lines_of_header_are_read_in_no_time(device):
    header = "".join(f"Key {i}: sample {i} {'x' * 50}\n" for i in range(300))
    assert device(header, "{a:.3f},{b:.3f}", fs=360).p_signal.shape == (SAMPLES, 2)
