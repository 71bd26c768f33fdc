"""A file is known by how it begins, or else by its name."""

import io
import os
from pathlib import Path

import edfio
import numpy as np
import pytest
import scipy.io

from ecgutils.errors import EcgError
from ecgutils.io.formats import FORMATS, first_bytes, format_of, header_of
from ecgutils.io.recording import read_recording
from ecgutils.paths import PROJECT_ROOT
from tests.helpers.aecg_files import aecg_bytes, sequence, series
from tests.helpers.dicom_files import channel, dicom_bytes, waveform
from tests.helpers.ishne_files import ishne_bytes
from tests.helpers.matlab_files import hdf5_bytes
from tests.helpers.refusals import refused
from tests.helpers.short_records import write_short_record


def kind_of(path):
    kind = format_of(Path(path))
    return kind and kind.name


@pytest.fixture
def contents(tmp_path):
    """Sound files of each kind, as bytes, by the kind's name."""
    signal = np.arange(720) % 100
    lead = edfio.EdfSignal(signal / 100, 360, label="II", physical_dimension="mV")
    edfio.Edf([lead], data_record_duration=1).write(tmp_path / "x")
    lead = edfio.BdfSignal(signal, 360, label="II", physical_dimension="uV")
    edfio.Bdf([lead], data_record_duration=1).write(tmp_path / "y")
    five = io.BytesIO()
    scipy.io.savemat(five, {"val": signal})
    return {
        "EDF or BDF": [(tmp_path / name).read_bytes() for name in "xy"],
        "DICOM": [dicom_bytes(waveform(np.stack([signal], axis=1), [channel("II")]))],
        "HL7 aECG": [aecg_bytes(series([sequence("II", signal)]))],
        "ISHNE Holter": [ishne_bytes(np.stack([signal, signal], axis=1))],
        "MATLAB": [five.getvalue(), hdf5_bytes(val=signal)],
        "text": [b"ECG (mV)\n" + b"0.1\n-0.2\n" * 360, b"time;ECG\n" + b"0,1;2e-3\n" * 720],
    }


def test_the_readme_has_a_row_for_each_kind():
    rows = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    for kind in FORMATS:
        suffixes = " ".join(f"`{suffix}`" for suffix in kind.all_suffixes)
        assert f"\n| {kind.name} | {suffixes} | {kind.used} |\n" in rows


def test_each_kind_is_known_by_its_suffix_in_capitals_too():
    for kind in FORMATS:
        for suffix in kind.all_suffixes:
            assert kind_of("x" + suffix) == kind_of("x" + suffix.upper()) == kind.name


@pytest.mark.parametrize("name", ["x", "x.dat", "x.bin", "recording.of.me"])
def test_each_kind_is_known_by_its_first_bytes(tmp_path, contents, name):
    assert set(contents) == {kind.name for kind in FORMATS}
    for kind, files in contents.items():
        for content in files:
            (tmp_path / name).write_bytes(content)
            assert kind_of(tmp_path / name) == kind
            assert read_recording(tmp_path / name, fs=360).p_signal.shape[0] == 720


def test_first_bytes_count_before_a_suffix(tmp_path, contents):
    (tmp_path / "x.csv").write_bytes(contents["ISHNE Holter"][0])
    assert kind_of(tmp_path / "x.csv") == "ISHNE Holter"
    (tmp_path / "x.ecg").write_bytes(contents["EDF or BDF"][0])
    assert kind_of(tmp_path / "x.ecg") == "EDF or BDF"


@pytest.mark.parametrize("content", [b"", b"words\nand words\n", b"\0\1\n1\n2\n"])
def test_other_files_are_of_no_kind(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    assert kind_of(tmp_path / "x") is None
    with pytest.raises(EcgError, match=r"x: not a kind of recording that is read: .*\.ecg"):
        read_recording(tmp_path / "x")


@pytest.mark.parametrize("name", ["x", "x.csv", "x.xml", "x.mat", "x.txt"])
@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"%PDF-1.7\n1 0 obj", "a PDF, which is not read; a picture of an ECG holds no samples"),
        (b"\x89PNG\r\n", "a picture, which is not read"),
        (bytes(16) + b"SCPECG", "SCP-ECG, which is not read; export it as EDF"),
        (b"PK\x03\x04" + bytes(50), "a workbook, which is not read; .* save the sheet as CSV"),
        (b"\x1f\x8b" + bytes(50), "packed, which is not read; unpack it"),
        (b'{"signal": [1, 2, 3]}', "JSON, which is not read; write its samples as CSV"),
        (b'<?xml version="1.0"?>\n<RestingECG>', "the XML of GE MUSE, which is not read; export"),
        (b"<restingecgdata>", "the XML of Philips, which is not read; export"),
    ],
)
def test_files_of_known_other_kinds_are_named(tmp_path, name, content, pattern):
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, pattern, fs=250)


def test_wfdb_is_named_by_header_name_or_file_of_signals(tmp_path):
    folder = write_short_record(tmp_path)
    for name in ("100", "100.hea", "100.dat", "100.atr"):
        assert header_of(folder / name) == folder / "100.hea"
        assert kind_of(folder / name) is None
    (folder / "100.edf").touch()
    assert header_of(folder / "100.edf") is None
    # Whatever its suffix, a file of signals belongs to the header that names it.
    (folder / "100.dat").rename(folder / "100.rec")
    text = (folder / "100.hea").read_text().replace("100.dat", "100.rec")
    (folder / "100.hea").write_text(text)
    assert read_recording(folder / "100.rec").p_signal.shape == (3600, 2)


def test_nothing_is_read_of_what_is_no_file_of_its_folder(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "below").mkdir()
    (tmp_path / "outside").write_bytes(b"ISHNE1.0")
    (tmp_path / "below" / "link").symlink_to(tmp_path / "outside")
    for name in ("pipe", "below", "below/link", "missing", "a\0b"):
        assert first_bytes(tmp_path / name) == b""
