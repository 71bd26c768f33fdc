"""Recordings are read exactly, and wrong ones are refused in one line."""

import os
import subprocess
import sys

import numpy as np
import pytest
import wfdb

from ecgutils.aami import BEAT_SYMBOLS
from ecgutils.database.embedded import record_names
from ecgutils.database.physionet import decode_flac, encode_212, encode_flac
from ecgutils.errors import EcgError
from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.io.wfdb_signals import read_digital, read_record
from ecgutils.paths import MITDB_DIR, NSTDB_DIR
from tests.helpers.short_records import edit_header, refused, write_short_record

# The embedded database ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def record_100():
    return read_record("100", MITDB_DIR)


def test_record_100_is_what_physionet_says(record_100):
    assert record_100.name == "100"
    assert record_100.fs == 360.0
    assert record_100.sig_name == ("MLII", "V5")
    assert record_100.comments == ("69 M 1085 1629 x1", "Aldomet, Inderal")
    assert record_100.p_signal.shape == (650_000, 2)
    assert record_100.p_signal.dtype == np.float64
    assert record_100.duration == pytest.approx(1805.556, abs=1e-3)
    # PhysioNet's rdsamp prints these for samples 7, 8 and 9.
    assert record_100.p_signal[7:10].tolist() == [[-0.145, -0.065], [-0.12, -0.08], [-0.135, -0.08]]


def test_signals_are_those_that_wfdb_reads(record_100):
    assert np.array_equal(record_100.p_signal, wfdb.rdrecord(str(MITDB_DIR / "100")).p_signal)


@pytest.mark.slow
def test_every_record_is_read_and_holds_109494_beats():
    names = record_names()
    assert len(names) == 48
    beats, mlii_first = 0, 0
    for name in names:
        record = read_record(name, MITDB_DIR)
        assert record.p_signal.shape == (650_000, 2)
        assert np.isfinite(record.p_signal).all()
        beats += int(np.isin(record.annotations.symbol, sorted(BEAT_SYMBOLS)).sum())
        mlii_first += record.sig_name[0] == "MLII"
    assert beats == 109_494
    assert mlii_first == 45


def test_a_lead_is_found_by_its_name_wherever_it_is():
    record = read_record("114", MITDB_DIR, annotations=None)
    assert record.sig_name == ("V5", "MLII")
    assert np.array_equal(record.lead("MLII"), record.p_signal[:, 1])
    assert np.array_equal(record.lead(0), record.p_signal[:, 0])
    assert record.lead("MLII").flags.c_contiguous
    assert len(record.annotations.sample) == 0


@pytest.mark.parametrize("lead", ["II", 2, -1])
def test_an_unknown_lead_lists_those_there_are(record_100, lead):
    with pytest.raises(EcgError, match=f"100: no lead {lead!r}; its leads are 0 = MLII, 1 = V5"):
        record_100.lead(lead)


def test_the_noise_records_are_read():
    assert record_names(NSTDB_DIR) == ["bw", "em", "ma"]
    record = read_record("ma", NSTDB_DIR, annotations=None)
    assert record.sig_name == ("noise1", "noise2")
    # The header's gain of 0 means WFDB's default of 200 steps a millivolt; the first is -18.
    assert record.p_signal[0, 0] == -18 / 200


def test_importing_the_reader_imports_neither_wfdb_nor_pandas():
    code = "import sys, ecgutils.io.wfdb_signals as io\n"
    code += "print({'wfdb', 'pandas', 'soundfile'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "set()\n"


# What a good recording may look like -------------------------------------------------------------


@pytest.mark.parametrize("signal_format", ["212", "516"])
def test_formats_give_the_same_signals(tmp_path, record_100, signal_format):
    record = read_record("100", write_short_record(tmp_path, signal_format))
    assert np.array_equal(record.p_signal, record_100.p_signal[:3600])
    assert record.annotations.sample.tolist() == record_100.annotations.sample[:10].tolist()


@pytest.mark.parametrize(
    ("gain", "factor"), [("200/mV", 1), ("200/uV", 1e-3), ("200/V", 1e3), ("0", 1), ("-200", -1)]
)
def test_signals_are_in_millivolts_whatever_the_header_counts_in(
    short_record, record_100, gain, factor
):
    edit_header(short_record, "200", gain)
    record = read_record("100", short_record)
    assert np.allclose(record.p_signal, factor * record_100.p_signal[:3600], rtol=1e-12)


def test_a_signal_that_is_no_voltage_is_left_out(short_record, record_100):
    edit_header(short_record, "516 200 11 1024 1011", "516 200/mmHg 11 1024 1011")
    record = read_record("100", short_record)
    assert record.sig_name == ("MLII",)
    assert np.array_equal(record.p_signal, record_100.p_signal[:3600, :1])


def test_missing_samples_are_nan(tmp_path):
    write_short_record(tmp_path, "212", samples=4)
    # The first sample of the first lead, 12 bits, becomes the smallest number: no sample.
    content = bytearray((tmp_path / "100.dat").read_bytes())
    content[0], content[1] = 0x00, content[1] & 0xF0 | 0x08
    (tmp_path / "100.dat").write_bytes(content)
    header = (tmp_path / "100.hea").read_text().splitlines()
    header[1] = "100.dat 212 200 11 1024 -2048 0 0 MLII"
    (tmp_path / "100.hea").write_text("\n".join(header))
    signal = read_record("100", tmp_path, annotations=None).p_signal
    assert np.isnan(signal).tolist() == [[True, False], *[[False, False]] * 3]


def write_frames(folder, fs, *signals):
    """Write signals of (name, unit, digital of shape (frames, samples)) as format 16."""
    frames = np.hstack([digital for *_, digital in signals])
    (folder / "x.dat").write_bytes(frames.astype("<i2").tobytes())
    lines = [f"x {len(signals)} {fs} {len(frames)}"]
    for name, unit, digital in signals:
        lines.append(f"x.dat 16x{digital.shape[1]} 200/{unit} 11 1024 0 0 0 {name}")
    (folder / "x.hea").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def digital():
    """What the converter gave for ten seconds of both leads of record 100."""
    return np.stack(read_digital("100", MITDB_DIR)[1], axis=1)[:3600]


@pytest.mark.parametrize(("fs", "ecg", "other"), [(90, 4, 1), (45, 8, 1), (360, 1, 2), (90, 4, 2)])
@pytest.mark.parametrize("unit", ["mV", "mmHg"])
def test_the_ecg_keeps_its_rate_beside_other_signals(tmp_path, digital, fs, ecg, other, unit):
    beside = np.repeat(digital[::ecg, 1:], other, axis=1)
    write_frames(tmp_path, fs, ("Resp", unit, beside), ("II", "mV", digital[:, 0].reshape(-1, ecg)))
    record = read_record("x", tmp_path, annotations=None)
    assert (record.fs, record.sig_name) == (360, ("II",))
    assert np.array_equal(record.p_signal[:, 0], (digital[:, 0] - 1024) / 200)
    why = "have another rate than the ECG" if unit == "mV" else "are no voltages"
    assert record.remarks == (f"Left out, because they {why}: Resp.",)


def test_samples_of_a_frame_beyond_what_a_recorder_has_are_averaged(tmp_path, digital):
    frames = digital[:, 0].reshape(-1, 4)
    write_frames(tmp_path, 500, ("II", "mV", frames))
    record = read_record("x", tmp_path, annotations=None)
    assert record.fs == 1000
    averaged = (frames.reshape(-1, 2).mean(axis=1) - 1024) / 200
    assert np.allclose(record.p_signal[:, 0], averaged)


def test_annotations_count_frames(tmp_path, digital):
    write_frames(tmp_path, 90, ("II", "mV", digital[:, 0].reshape(-1, 4)))
    # Normal beats at frames 20 and 90.
    (tmp_path / "x.atr").write_bytes(bytes([20, 1 << 2, 70, 1 << 2, 0, 0]))
    for record in (read_record("x", tmp_path), read_recording(tmp_path / "x.hea", beats="atr")):
        assert record.annotations.sample.tolist() == [80, 360]
        assert (record.annotations.fs, record.annotations.sig_len) == (360, 3600)


def test_segments_of_frames_are_put_together(tmp_path, digital):
    write_frames(tmp_path, 90, ("II", "mV", digital[:, 0].reshape(-1, 4)))
    (tmp_path / "all.hea").write_text("all/2 1 90 1000\nx 900\n~ 100\n")
    record = read_recording(tmp_path / "all")
    assert (record.fs, len(record.p_signal)) == (360, 4000)
    assert np.allclose(record.p_signal[:3600, 0], (digital[:, 0] - 1024) / 200)
    assert np.isnan(record.p_signal[3600:]).all()


def test_high_bytes_may_come_first(tmp_path, digital):
    swapped = digital.astype(">i2")
    swapped[5, 1] = -(2**15)
    (tmp_path / "x.dat").write_bytes(swapped.tobytes())
    lines = [f"x.dat 61 200/mV 11 1024 0 {digital[:, 0].sum(dtype=np.int16)} 0 II"]
    lines.append("x.dat 61 200(1000)/mV 11 1024 0 0 0 V1")
    (tmp_path / "x.hea").write_text("\n".join(["x 2 360 3600", *lines]))
    record = read_record("x", tmp_path, annotations=None)
    assert np.array_equal(record.p_signal[:, 0], (digital[:, 0] - 1024) / 200)
    assert np.isnan(record.p_signal[5, 1])
    assert np.allclose(
        np.delete(record.p_signal[:, 1], 5), (np.delete(digital[:, 1], 5) - 1000) / 200
    )


@pytest.mark.parametrize("line", ["x.mat 2 360 3600", "x.mat 2 360 3600 12:30:05 05-May-2020"])
def test_a_header_may_give_the_records_file_for_its_name(tmp_path, digital, line):
    (tmp_path / "x.mat").write_bytes(bytes(24) + digital.astype("<i2").tobytes())
    signals = [f"x.mat 16+24 200/mV 11 1024 0 0 0 {name}" for name in ("II", "V1")]
    (tmp_path / "x.hea").write_text("\n".join([line, *signals]))
    record = read_record("x", tmp_path, annotations=None)
    assert record.sig_name == ("II", "V1")
    assert np.array_equal(record.p_signal, (digital - 1024) / 200)


def test_records_are_listed_by_their_headers_where_no_list_is(short_record):
    (short_record / "20.hea").write_text("")
    assert record_names(short_record) == ["100", "20"]
    (short_record / "RECORDS").write_text("20\n")
    assert record_names(short_record) == ["20"]


def test_a_record_may_link_to_files_beside_it(short_record):
    for suffix in (".hea", ".dat", ".atr"):
        (short_record / f"100{suffix}").rename(short_record / f"other{suffix}.old")
        (short_record / f"100{suffix}").symlink_to(f"other{suffix}.old")
    assert read_record("100", short_record).p_signal.shape == (3600, 2)


def test_half_of_the_memory_gives_the_same_signals(record_100):
    half = read_record("100", MITDB_DIR, annotations=None, dtype=np.float32).p_signal
    assert half.dtype == np.float32
    assert half[:, 1].flags.c_contiguous
    assert np.array_equal(half, record_100.p_signal.astype(np.float32))


@pytest.mark.parametrize(
    ("signal_format", "skew"),
    # wfdb does not read differences or FLAC with a skew.
    [("8", 0), ("516", 0), *((name, skew) for name in ("24", "212", "311") for skew in (0, 7))],
)
def test_reading_in_stretches_gives_what_reading_at_once_gives(
    tmp_path, monkeypatch, signal_format, skew
):
    # 2,501 frames of two signals: the last stretch is shorter, and odd.
    digital = decode_flac(MITDB_DIR / "100.dat")[:2501] - np.int16(1024)
    write_digital(tmp_path, digital, signal_format, f":{skew}" if skew else "")
    whole = read_record("100", tmp_path, annotations=None).p_signal
    monkeypatch.setattr("ecgutils.io.wfdb_signals._STRETCH_VALUES", 302)
    in_stretches = read_record("100", tmp_path, annotations=None).p_signal
    assert np.array_equal(in_stretches, whole, equal_nan=True)
    assert np.allclose(whole[:100, 1] * 200, digital[skew : 100 + skew, 1])


def write_digital(folder, digital, signal_format, skew):
    """Write a record of two signals, the second skewed."""
    lines = [f"100 2 360 {len(digital)}", f"100.dat {signal_format} 200 11 0 {digital[0, 0]} 0 0 a"]
    lines.append(f"100.dat {signal_format}{skew} 200 11 0 {digital[0, 1]} 0 0 b")
    (folder / "100.hea").write_text("\n".join(lines))
    (folder / "100.dat").write_bytes(PACK[signal_format](digital))


def pack_311(digital):
    """Return three samples of ten bits in every four bytes (WFDB's signal(5))."""
    flat = np.pad(digital.ravel(), (0, -digital.size % 3)).astype(np.uint32) & 0x3FF
    return (flat[0::3] | flat[1::3] << 10 | flat[2::3] << 20).astype("<u4").tobytes()


PACK = {
    "8": lambda digital: np.diff(digital, axis=0, prepend=digital[:1]).astype(np.int8).tobytes(),
    "24": lambda digital: digital.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes(),
    "212": encode_212,
    "311": pack_311,
    "516": encode_flac,
}


def test_damage_in_a_later_stretch_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr("ecgutils.io.wfdb_signals._STRETCH_VALUES", 300)
    path = write_short_record(tmp_path, "212") / "100.dat"
    content = bytearray(path.read_bytes())
    content[-3] ^= 4
    path.write_bytes(content)
    refused(tmp_path, "do not add up to the header's checksum")


def test_what_the_header_leaves_open_is_remarked(short_record, record_100):
    assert record_100.remarks == ()
    edit_header(short_record, "516 200 11 1024 995", "516 0 11 1024 995")
    edit_header(short_record, "516 200 11 1024 1011", "516 200/mmHg 11 1024 1011")
    assert read_record("100", short_record).remarks == (
        "Left out, because they are no voltages: V5.",
        "The gain is not declared for MLII: taken as 200 steps per mV, as WFDB does.",
    )


@pytest.mark.parametrize("gain", ["0", "0.0", "0/mV", "0(5)", ""])
@pytest.mark.parametrize(("lead", "declared"), [("995", (False, True)), ("1011", (True, False))])
def test_a_lead_without_a_gain_does_not_take_the_others_declared_unit(
    short_record, gain, lead, declared
):
    # What follows a gain can be there only with one.
    old = f"516 200 11 1024 {lead}"
    line = f"516 {gain} 11 1024 {lead}" if gain else "516"
    text = (short_record / "100.hea").read_text().splitlines()
    short = [row.split(old)[0] + line if old in row and not gain else row for row in text]
    (short_record / "100.hea").write_text("\n".join(short).replace(old, line))
    assert read_record("100", short_record).unit_declared == declared


@pytest.mark.parametrize("gain", ["200", "200/mV", "200/uV", "200(5)/V", "-200", "0.5"])
def test_a_gain_declares_the_unit(short_record, gain):
    edit_header(short_record, "516 200 11", f"516 {gain} 11")
    assert read_record("100", short_record).unit_declared == (True, True)


def test_units_are_those_of_the_leads_that_are_left(short_record):
    edit_header(short_record, "516 200 11 1024 995", "516 200/mmHg 11 1024 995")
    edit_header(short_record, "516 200 11 1024 1011", "516 0 11 1024 1011")
    record = read_record("100", short_record)
    assert (record.sig_name, record.unit_declared) == (("V5",), (False,))


# What is refused: names and places ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["../100", "/etc/passwd", "a/100", "a\\b", "", ".", "..", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(short_record, name):
    with pytest.raises(EcgError, match="is not a name inside"):
        read_record(name, short_record)


@pytest.mark.parametrize("name", ["memory::100", "s3://bucket/100", "https://physionet.org/100"])
def test_no_name_reaches_the_network(short_record, name):
    with pytest.raises(EcgError, match="is not a name inside"):
        read_record(name, short_record)


def test_an_unknown_record_lists_some_that_there_are():
    with pytest.raises(EcgError, match=r"mitdb/110.hea: no such file; records there: 100, 101, "):
        read_record("110", MITDB_DIR)


def test_a_missing_folder_is_said_to_be_missing(tmp_path):
    with pytest.raises(EcgError, match="no such folder"):
        read_record("100", tmp_path / "missing")
    with pytest.raises(EcgError, match="no recordings there"):
        record_names(tmp_path / "missing")


def test_a_folder_that_fsspec_would_take_for_something_else_is_refused(tmp_path):
    folder = write_short_record(tmp_path / "memory::x")
    refused(folder, "folder names with '::' are not read")


@pytest.mark.parametrize("suffix", [".hea", ".dat", ".atr"])
def test_a_link_out_of_the_folder_is_refused(short_record, suffix):
    (short_record / f"100{suffix}").rename(short_record.parent / "secret")
    (short_record / f"100{suffix}").symlink_to(short_record.parent / "secret")
    refused(short_record, f"100{suffix}: links to a file outside its folder")


@pytest.mark.parametrize("suffix", [".hea", ".dat", ".atr"])
def test_what_is_no_regular_file_is_refused(short_record, suffix):
    (short_record / f"100{suffix}").unlink()
    os.mkfifo(short_record / f"100{suffix}")
    refused(short_record, f"100{suffix}: a folder, a pipe or a device, not a file")


# What is refused: damage -------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".hea", ".dat", ".atr"])
def test_a_missing_file_is_named(short_record, suffix):
    (short_record / f"100{suffix}").unlink()
    refused(short_record, f"100{suffix}: no such file")


@pytest.mark.parametrize("signal_format", ["212", "516"])
@pytest.mark.parametrize("suffix", [".hea", ".dat", ".atr"])
@pytest.mark.parametrize("keep", [0.0, 0.02, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path, signal_format, suffix, keep):
    path = write_short_record(tmp_path, signal_format) / f"100{suffix}"
    content = path.read_bytes()
    # The header's end is a comment, of which a part is a comment too.
    length = content.find(b" 0 V5") if suffix == ".hea" else len(content)
    path.write_bytes(content[: int(keep * length)])
    refused(tmp_path, r"100\.(hea|dat|atr)")


@pytest.mark.parametrize("signal_format", ["212", "516"])
@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
def test_a_flipped_bit_in_the_signals_is_noticed(tmp_path, signal_format, place):
    path = write_short_record(tmp_path, signal_format) / "100.dat"
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 4
    path.write_bytes(content)
    refused(tmp_path, "the signal file is damaged")


def test_a_signal_file_of_another_kind_is_refused(short_record):
    (short_record / "100.dat").write_bytes(b"RIFF" + bytes(1000))
    refused(short_record, "100.dat: not a FLAC file")


def test_a_flac_file_of_another_shape_is_refused(short_record):
    (short_record / "100.dat").write_bytes(encode_flac(np.zeros((3600, 1), np.int16)))
    refused(short_record, "100.dat: FLAC with 1 signals, the header declares FLAC with 2")


def test_a_record_of_several_segments_is_refused(short_record):
    (short_record / "100.hea").write_text("100/2 2 360 3600\na 1800\nb 1800\n")
    refused(short_record, "100.hea: consists of several segments; name one of them")


def test_what_fits_into_no_memory_is_refused(short_record, monkeypatch):
    monkeypatch.setattr("ecgutils.io.guards._MAX_VALUES", 7199)
    refused(short_record, "100.hea: 3600 samples of 2 signals, more than fits into memory")


def test_what_does_not_fit_into_this_machines_memory_is_refused(short_record, monkeypatch):
    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr("ecgutils.io.wfdb_signals.np.empty", no_memory)
    refused(short_record, "3600 samples of 2 signals, more than fits into memory")


def test_a_link_to_itself_is_refused(short_record):
    (short_record / "100.dat").unlink()
    (short_record / "100.dat").symlink_to("100.dat")
    refused(short_record, "100.dat: (cannot be reached|no such file)")


def test_a_folder_that_may_not_be_entered_is_refused(short_record, monkeypatch):
    # Whoever runs the tests may enter every folder.
    def denied(_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.is_file", denied)
    refused(short_record, "100.hea: cannot be reached .Permission denied")


def test_a_flac_file_that_claims_more_than_it_can_hold_is_refused(short_record):
    path = short_record / "100.dat"
    content = bytearray(path.read_bytes()[:100])
    # The lower 32 of the 36 bits in which FLAC's stream information counts the samples.
    content[22:26] = (10**8).to_bytes(4, "big")
    path.write_bytes(content)
    edit_header(short_record, "360 3600", "360 100000000")
    refused(short_record, "100.dat: holds 1310800 samples and the header declares 200000000")


# Headers without a length ------------------------------------------------------------------------


@pytest.mark.parametrize("signal_format", ["212", "516"])
@pytest.mark.parametrize("first", ["100 2 360", "100 2 360 0", "100 2 360 0 12:30:00 01/02/1980"])
def test_a_length_that_the_header_leaves_open_is_that_of_the_file(tmp_path, signal_format, first):
    folder = write_short_record(tmp_path, signal_format)
    whole = read_record("100", folder)
    edit_header(folder, "100 2 360 3600", first)
    record = read_record("100", folder)
    assert np.array_equal(record.p_signal, whole.p_signal)
    assert record.annotations.sample.tolist() == whole.annotations.sample.tolist()
    assert record.annotations.sig_len == 3600
    assert record.remarks == (
        "The header does not say how long the recording is: all of it is read.",
    )
    assert (record.start is not None) == ("12:30" in first)


def test_without_a_rate_either_wfdbs_own_is_taken(tmp_path):
    folder = write_short_record(tmp_path, "212")
    edit_header(folder, "100 2 360 3600", "100 2")
    record = read_record("100", folder)
    assert (record.fs, record.p_signal.shape) == (250, (3600, 2))


def test_without_a_length_an_empty_file_and_a_skew_beyond_it_are_refused(tmp_path):
    folder = write_short_record(tmp_path, "212")
    edit_header(folder, "100 2 360 3600", "100 2 360")
    (folder / "100.dat").write_bytes(b"")
    refused(folder, "100.dat: holds no samples")
    (folder / "100.dat").write_bytes(bytes(300))
    edit_header(folder, "100.dat 212 200 11 1024 995", "100.dat 212:101 200 11 1024 995")
    refused(folder, "signal 0: a skew of 101 is longer than the signal")


def test_annotations_alone_need_no_length(tmp_path):
    folder = write_short_record(tmp_path)
    edit_header(folder, "100 2 360 3600", "100 2 360")
    annotations = read_annotations("100", folder)
    assert (len(annotations), annotations.fs, annotations.sig_len) == (10, 360, 0)
