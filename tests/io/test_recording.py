"""A recording of one's own is read by what it is, or refused in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import edfio
import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.refusals import refused
from tests.helpers.short_records import write_short_record

SAMPLES = 3600


@pytest.fixture(scope="module")
def signal():
    """Ten seconds of record 100, in mV."""
    return read_record("100", MITDB_DIR, annotations=None).p_signal[:SAMPLES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, signal):
    """A folder with the same ten seconds in every format, and annotations for each."""
    folder = write_short_record(tmp_path_factory.mktemp("own"))
    leads = [
        edfio.EdfSignal(lead, 360, label=name, physical_dimension="mV", physical_range=(-5, 5))
        for lead, name in zip(signal.T, ("MLII", "V5"), strict=True)
    ]
    edfio.Edf(leads, data_record_duration=1).write(folder / "edf.edf")
    text = "\n".join(f"{a:.3f},{b:.3f}" for a, b in signal)
    (folder / "text.csv").write_text("MLII (mV),V5 (mV)\n" + text)
    for name in ("edf", "text"):
        shutil.copy(folder / "100.atr", folder / f"{name}.atr")
    return folder


# What is read ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["100", "100.hea", "edf.edf", "text.csv"])
def test_every_format_gives_the_same_recording(folder, signal, name):
    record = read_recording(folder / name, fs=360, beats="atr")
    assert record.name == name.split(".")[0]
    assert record.fs == 360.0
    assert record.sig_name == ("MLII", "V5")
    assert record.p_signal.dtype == np.float32
    # EDF has 65,536 steps from -5 to 5 mV.
    assert np.allclose(record.p_signal, signal, atol=1e-4)
    assert all(record.lead(i).flags.c_contiguous for i in range(2))
    assert record.annotations.sample[:4].tolist() == [18, 77, 370, 662]
    assert record.annotations.symbol[:4].tolist() == ["+", "N", "N", "N"]
    assert record.annotations.aux[0] == "(N"
    assert record.remarks == ()


def test_annotations_are_read_only_if_asked_for(folder):
    record = read_recording(folder / "100")
    assert (
        len(record.annotations.sample)
        == len(record.annotations.symbol)
        == len(record.annotations.aux)
        == 0
    )


@pytest.mark.parametrize("name", ["100.dat", "100.atr", "100.HEA", "EDF.EDF", "TEXT.CSV"])
def test_a_file_of_the_record_or_capitals_name_it_too(tmp_path, folder, name):
    for path in folder.iterdir():
        stem = path.stem.upper() if name[0] in "ET" else path.stem
        shutil.copy(path, tmp_path / (stem + path.suffix))
    if name.startswith(("EDF", "TEXT")):
        (tmp_path / name[:-4]).with_suffix(name[-4:].lower()).rename(tmp_path / name)
    assert read_recording(tmp_path / name, fs=360).p_signal.shape == (SAMPLES, 2)


def test_a_name_may_hold_dots(tmp_path, folder):
    for suffix in (".hea", ".atr"):
        shutil.copy(folder / f"100{suffix}", tmp_path / f"p1.v2.0{suffix}")
    shutil.copy(folder / "100.dat", tmp_path)
    for name in ("p1.v2.0", "p1.v2.0.hea"):
        record = read_recording(tmp_path / name, beats="atr")
        assert (record.name, len(record.annotations.sample)) == ("p1.v2.0", 10)


@pytest.mark.parametrize("name", ["Größe 1", "<img src=x onerror=alert(1)>", "a'b\"c & d", "100%"])
@pytest.mark.parametrize("kind", ["100.hea", "edf.edf", "text.csv"])
def test_a_name_may_hold_blanks_umlauts_and_html(tmp_path, folder, kind, name):
    suffix = Path(kind).suffix
    shutil.copy(folder / kind, tmp_path / (name + suffix))
    shutil.copy(folder / "100.atr", tmp_path / (name + ".atr"))
    shutil.copy(folder / "100.dat", tmp_path)
    record = read_recording(tmp_path / (name + suffix), fs=360, beats="atr")
    assert record.name == name
    assert len(record.annotations.sample) == 10


def test_a_name_is_shown_without_what_a_terminal_obeys(tmp_path, folder):
    shutil.copy(folder / "text.csv", tmp_path / "a\x1b[31mb.csv")
    assert read_recording(tmp_path / "a\x1b[31mb.csv", 360).name == "a[31mb"


def test_leads_of_one_name_are_numbered(short_record):
    header = (short_record / "100.hea").read_text().replace("V5", "MLII")
    (short_record / "100.hea").write_text(header)
    record = read_recording(short_record / "100")
    assert record.sig_name == ("MLII", "MLII (2)")
    assert not np.array_equal(record.lead("MLII"), record.lead("MLII (2)"))


def test_a_relative_name_is_read(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert read_recording("100").sig_name == ("MLII", "V5")
    assert read_recording("edf.edf").sig_name == ("MLII", "V5")


def test_a_record_of_the_embedded_database_is_read_whole():
    record = read_recording(MITDB_DIR / "208", beats="atr")
    whole = read_record("208", MITDB_DIR)
    assert np.array_equal(record.p_signal, whole.p_signal.astype(np.float32))
    assert np.array_equal(record.annotations.sample, whole.annotations.sample)


def test_importing_the_readers_imports_no_library_that_they_may_not_need():
    names = {"wfdb", "pandas", "edfio", "soundfile", "pydicom", "h5py", "scipy", "defusedxml"}
    code = f"import sys, ecgutils.io.recording; print({names} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "set()\n"


# What is refused: places and kinds ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["x", "x.hea", "x.edf", "x.csv"])
def test_what_is_not_there_is_said_not_to_be_there(tmp_path, name):
    expected = rf"{tmp_path / name}(\.hea)?: no such file; {tmp_path} holds none that ends in"
    refused(tmp_path / name, expected)
    refused(tmp_path / "missing" / name, "no such file, and no such folder")


def test_a_missing_record_lists_those_there_are(folder):
    refused(folder / "101", "101.hea: no such file; records there: 100")


def test_a_missing_suffix_is_suggested(folder):
    refused(folder / "edf", "edf: no such WFDB record; did you mean edf.edf?")
    refused(folder / "text", "text: no such WFDB record; did you mean text.csv?")


def test_a_folder_is_refused(folder):
    refused(folder, "a folder; name a recording in it")


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "x.bin").write_bytes(bytes(range(256)))
    refused(tmp_path / "x.bin", "x.bin: not a kind of recording that is read: WFDB .no x.hea is")
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7")
    refused(tmp_path / "x.pdf", "x.pdf: a PDF, which is not read; a picture of an ECG holds no")


@pytest.mark.parametrize("name", ["x.hea", "x.edf", "x.csv"])
class TestPlaces:
    def test_a_link_to_itself_is_refused(self, tmp_path, name):
        (tmp_path / name).symlink_to(name)
        refused(tmp_path / name, f"{name}: (cannot be reached|no such file)")

    def test_a_link_out_of_the_folder_is_refused(self, tmp_path, folder, name):
        kind = {"x.hea": "100.hea", "x.edf": "edf.edf", "x.csv": "text.csv"}[name]
        (tmp_path / name).symlink_to(folder / kind)
        refused(tmp_path / name, "links to a file outside its folder: refused", 360)

    def test_what_is_no_regular_file_is_refused(self, tmp_path, name):
        os.mkfifo(tmp_path / name)
        refused(tmp_path / name, f"{name}: a folder, a pipe or a device, not a file")

    def test_an_empty_file_is_refused(self, tmp_path, name):
        (tmp_path / name).touch()
        refused(tmp_path / name, f"{name}: an empty (file|header)", 360)

    def test_a_folder_that_may_not_be_entered_is_refused(self, tmp_path, monkeypatch, name):
        # Whoever runs the tests may enter every folder.
        monkeypatch.setattr("pathlib.Path.is_file", denied)
        refused(tmp_path / name, f"{name}: cannot be reached .Permission denied")

    def test_a_file_that_may_not_be_read_is_refused(self, tmp_path, monkeypatch, name):
        (tmp_path / name).write_text("x")
        monkeypatch.setattr("builtins.open", denied)
        refused(tmp_path / name, f"{name}: cannot be read .Permission denied")

    def test_a_name_with_a_zero_is_refused(self, tmp_path, name):
        with pytest.raises(EcgError, match=r"is not a name inside|cannot be reached"):
            read_recording(tmp_path / f"a\0{name}")


def denied(*_, **__):
    raise PermissionError(13, "Permission denied")


# What is refused: sampling frequencies, lengths --------------------------------------------------


@pytest.mark.parametrize("name", ["100", "edf.edf", "text.csv"])
@pytest.mark.parametrize("fs", [0, -360, 99, 1001, float("nan"), float("inf")])
def test_a_frequency_beyond_reason_is_refused(folder, name, fs):
    refused(folder / name, "and only 100 to 1000 Hz are read; is the number given in Hz", fs)


@pytest.mark.parametrize("name", ["100", "edf.edf"])
def test_a_frequency_that_is_given_counts_before_the_files_own_and_that_is_told(folder, name):
    record = read_recording(folder / name, fs=250, beats="atr")
    assert record.fs == record.annotations.fs == 250
    said = "The sampling frequency, 250 Hz, was given; the file's own, 360 Hz, does not count."
    assert record.remarks == (said,)
    assert record.annotations.sample[1] == 77
    assert read_recording(folder / name, fs=361).remarks == ()


@pytest.mark.parametrize("fs", [50, 2000])
def test_a_recording_sampled_beyond_what_is_read_is_refused(short_record, fs):
    header = (short_record / "100.hea").read_text().replace(" 360 ", f" {fs} ")
    (short_record / "100.hea").write_text(header)
    assert read_recording(short_record / "100", 360).fs == 360
    refused(short_record / "100", f"100: a sampling frequency of {fs} Hz, .* resample the record")


def test_one_sample_is_refused(tmp_path):
    write_short_record(tmp_path, samples=1)
    refused(tmp_path / "100", "100: holds fewer than two samples: not a recording")
    (tmp_path / "one.csv").write_text("0.1\n")
    refused(tmp_path / "one.csv", "one.csv: holds fewer than two samples: not a recording", 360)


# What is refused: annotations --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["100", "edf.edf", "text.csv"])
class TestBeats:
    def test_a_missing_annotation_file_is_named(self, folder, name):
        stem = name.split(".")[0]
        refused(folder / name, rf"{stem}.qrs: no such file", 360, beats="qrs")

    @pytest.mark.parametrize("suffix", ["../atr", "", "a.b", "*", "a\0"])
    def test_what_is_no_suffix_is_refused(self, folder, name, suffix):
        refused(folder / name, "is not the suffix of an annotation file", 360, beats=suffix)

    def test_positions_beyond_the_end_are_refused(self, folder, name):
        path = folder / f"{name.split('.')[0]}.end"
        # After a skip of 65,536 samples, a normal beat.
        path.write_bytes(bytes([0, 59 << 2, 1, 0, 0, 0, 10, 4, 0, 0]))
        refused(folder / name, "from sample 65546 to 65546, the recording has", 360, beats="end")

    def test_annotations_without_a_beat_are_refused(self, folder, name):
        path = folder / f"{name.split('.')[0]}.none"
        path.write_bytes(bytes([9, 28 << 2, 9, 14 << 2, 0, 0]))
        refused(folder / name, "none of its 2 annotations marks a beat", 360, beats="none")

    def test_a_truncated_annotation_file_is_refused(self, folder, name):
        path = folder / f"{name.split('.')[0]}.cut"
        path.write_bytes((folder / "100.atr").read_bytes()[:13])
        refused(folder / name, "it is truncated", 360, beats="cut")

    def test_positions_at_another_time_resolution_are_converted(self, folder, name):
        path = folder / f"{name.split('.')[0]}.rate"
        note = b"## time resolution: 250"
        start = bytes([0, 22 << 2, len(note), 63 << 2]) + note + b"\0"
        path.write_bytes(start + bytes([10, 1 << 2, 0, 0]))
        beats = read_recording(folder / name, 360, beats="rate").annotations.beats
        # 10 samples at 250 Hz are 14.4 at 360 Hz.
        assert beats.sample.tolist() == [14]
