"""MATLAB files of each version: their signals, and one line on what is none or not what it says."""

import io
import struct

import h5py
import numpy as np
import pytest
import scipy.io

from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.matlab_files import HEADER, hdf5_bytes
from tests.helpers.refusals import refused

SAMPLES = 3600
VERSIONS = ["4", "5", "5 packed", "7.3", "7.3 packed"]
WITH_TEXTS = VERSIONS[1:]


@pytest.fixture(scope="module")
def signal():
    """Ten seconds of record 208, in mV, shape (samples, leads)."""
    return read_record("208", MITDB_DIR, annotations=None).p_signal[:SAMPLES]


@pytest.fixture
def write(tmp_path):
    """A function that writes variables in a version."""

    def write(version="5", **variables):
        path = tmp_path / "x.mat"
        number, _, packed = version.partition(" ")
        if number == "7.3":
            path.write_bytes(hdf5_bytes("gzip" if packed else None, **variables))
        else:
            scipy.io.savemat(path, variables, format=number, do_compression=bool(packed))
        return path

    return write


def check(record, signal, names):
    assert record.sig_name == names
    assert record.p_signal.dtype == np.float32
    assert np.allclose(record.p_signal, signal, atol=1e-6)
    assert record.lead(0).flags.c_contiguous


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", ["val", "x", "ECG"])
@pytest.mark.parametrize("is_turned", [False, True])
def test_one_array_holds_all_leads_in_rows_or_columns(write, signal, version, name, is_turned):
    path = write(version, **{name: signal if is_turned else signal.T, "Fs": 360.0})
    label = name if name == "ECG" else "lead"
    record = read_recording(path)
    check(record, signal, (f"{label} 1", f"{label} 2"))
    assert (record.name, record.fs) == ("x", 360.0)
    assert record.unit_declared == (False, False)
    assert record.remarks == (
        "The sampling frequency, 360 Hz, is that of Fs.",
        f"The units of {label} 1, {label} 2 are not declared: taken as mV.",
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_leads_may_be_variables_beside_others(write, signal, version):
    others = {"ppg": signal[:, 0], "r_peaks": np.arange(10.0), "sampling_rate": 360}
    path = write(version, II=signal[:, [0]], V1=signal[:, 1], **others)
    record = read_recording(path)
    check(record, signal, ("II", "V1"))
    assert record.remarks[1:3] == (
        "Left out, because their names are not those of ECG leads: ppg.",
        "Left out, because they are shorter than the signals: r_peaks.",
    )
    assert read_recording(path, leads=["PPG"]).sig_name == ("ppg",)


@pytest.mark.parametrize("version", WITH_TEXTS)
def test_leads_may_be_fields_of_a_structure(write, signal, version):
    own = {"leads": {"V5": signal[:, 0], "aVF": signal[:, 1]}, "fs": 360.0, "units": "uV"}
    record = read_recording(write(version, data=own))
    check(record, signal / 1000, ("V5", "aVF"))
    assert record.unit_declared == (True, True)
    assert record.remarks == ("The sampling frequency, 360 Hz, is that of data.fs.",)


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        (version, kind)
        for version in VERSIONS
        for kind in ("u1", "i2", "u2", "i4", "f4", "f8", "i1", "u4", "i8", "u8")
        # Version 4 has only the first six.
        if version != "4" or kind not in ("i1", "u4", "i8", "u8")
    ],
)
def test_numbers_of_every_type_are_read(write, version, kind):
    values = np.arange(2 * 400).reshape(2, 400).astype(kind) % 100
    record = read_recording(write(version, val=values), fs=250)
    assert np.array_equal(record.p_signal, values.T)


def test_files_of_the_other_order_of_bytes_are_read(tmp_path, signal):
    scipy.io.savemat(tmp_path / "x.mat", {"val": signal[:, 0]})
    values = signal[:, 0].astype(">f8").tobytes()
    words = struct.pack(">8I", 6, 8, 6, 0, 5, 8, 1, SAMPLES) + struct.pack(">HH4s", 3, 1, b"val\0")
    body = words + struct.pack(">2I", 9, len(values)) + values
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\1\0MI"
    (tmp_path / "x.mat").write_bytes(head + struct.pack(">2I", 14, len(body)) + body)
    check(read_recording(tmp_path / "x.mat", fs=360), signal[:, [0]], ("lead 1",))


def test_a_converters_counts_are_told(write):
    counts = np.round(1000 * np.sin(np.arange(1000) / 10)).astype("i2")
    record = read_recording(write(val=counts), fs=250)
    assert np.allclose(record.p_signal[:, 0], counts)
    assert "which no ECG does" in record.remarks[-1]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("offset", "own", "said"),
    [
        (0, {"gain": 200.0}, "so many make a unit as gain, 200"),
        ([1024, 900], {"adc_gain": [200, 200], "baseline": [1024, 900]}, "as adc_gain, 200"),
        (0, {"resolution": 0.005}, "each is of so many units as resolution, 0.005"),
        (0, {"gain": 0.005}, "each is of so many units as gain, 0.005"),
    ],
)
def test_steps_of_a_converter_are_made_millivolts(write, signal, version, offset, own, said):
    steps = np.rint(signal * 200).astype("i2") + np.array(offset, "i2")
    unit = {} if version == "4" else {"units": "mV"}
    record = read_recording(write(version, ecg=steps, fs=360, **own, **unit))
    check(record, signal, ("ecg 1", "ecg 2"))
    assert record.unit_declared == (bool(unit),) * 2
    assert said in record.remarks[1]


def test_each_lead_may_have_a_gain_of_its_own(write, signal):
    steps = np.rint(signal * [200, 400]).astype("i2")
    path = write(resp=steps[:, 0], ECG=steps[:, 1], gain=[200, 400], fs=360, units="mV")
    check(read_recording(path), signal[:, [1]], ("ECG",))


def test_a_gain_that_does_not_fit_changes_nothing(write, signal):
    whole, own = np.rint(signal * 1000), {"fs": 360, "units": "uV"}
    # That of an amplifier.
    check(read_recording(write(x=whole, gain=1000, **own)), signal, ("lead 1", "lead 2"))
    check(
        read_recording(write(x=whole + 0.5, gain=200, **own)), signal + 5e-4, ("lead 1", "lead 2")
    )
    record = read_recording(write(x=whole, gain=1e6, fs=360, units="mV"))
    assert record.unit_declared == (False, False)
    assert record.remarks[1] == "The unit is unknown, since gain, 1e+06, makes the numbers no ECG."


# Cells and structures ----------------------------------------------------------------------------


def cells(*items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def structures(**fields):
    return np.array([*zip(*fields.values(), strict=True)], [(name, "O") for name in fields])


NAMES = ("V5", "aVF")


@pytest.mark.parametrize("version", WITH_TEXTS)
def test_cells_and_structures_hold_leads_with_their_names(write, signal, version):
    leads = [lead.copy() for lead in signal.T]
    layouts = [
        # Names beside one array.
        {"sig": {"data": signal, "labels": cells(*NAMES), "units": cells("uV", "uV")}},
        # Each lead is a structure.
        {"ecg": structures(name=NAMES, unit=("uV", "uV"), samples=leads)},
        # Each lead is a cell.
        {"leads": cells(*leads), "lead_names": cells(*NAMES), "units": "uV"},
        # FieldTrip, where the second trial is another stretch.
        {"d": {"trial": cells(signal.T, signal.T), "label": cells(*NAMES), "unit": "uV"}},
        # AcqKnowledge: the names are the lines of one text.
        {"data": signal, "labels": np.array(NAMES), "units": np.array(["uV", "uV"])},
        # LabChart: channels end to end, one of them off.
        {
            "data": signal.T.ravel(),
            "datastart": [[1], [-1], [SAMPLES + 1]],
            "dataend": [[SAMPLES], [-1], [2 * SAMPLES]],
            "titles": np.array([NAMES[0], "Resp", NAMES[1]]),
            "unittext": np.array(["V", "uV"]),
            "unittextmap": [[2], [1], [2]],
        },
    ]
    for layout in layouts:
        record = read_recording(write(version, **layout, fs=[[360.0, 360.0]]))
        check(record, signal / 1000, NAMES)
        assert record.unit_declared == (True, True)


@pytest.mark.parametrize("version", WITH_TEXTS)
def test_the_time_between_samples_tells_the_rate(write, signal, version):
    for own in ({"isi": 4.0, "isi_units": "ms"}, {"interval": 0.004}):
        record = read_recording(write(version, val=signal, **own))
        assert record.fs == 250
        assert record.remarks[0].endswith(f"is that of {next(iter(own))}.")


def test_cells_that_are_stretches_are_not_taken_for_leads(write, signal):
    record = read_recording(write(trial=cells(signal, signal, signal), fs=360))
    check(record, signal, ("lead 1", "lead 2"))
    assert record.remarks[1] == "Left out, because they are other stretches: trial{2}, trial{3}."


def test_a_persons_name_is_no_leads(write, signal):
    own = {"name": "Jane Roe", "data": signal[:, 0], "fs": 360}
    check(read_recording(write(ecg=own)), signal[:, [0]], ("lead 1",))


def test_references_in_circles_end(tmp_path):
    def make(file):
        for name in "ab":
            cell = file.create_dataset(name, (1, 900), h5py.ref_dtype)
            cell.attrs["MATLAB_class"] = np.bytes_("cell")
        file["a"][:] = file["b"].ref
        file["b"][:] = file["a"].ref

    refused(hdf5_with(tmp_path / "x.mat", make), "holds no array of numbers", fs=250)


# The rate ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["fs", "FS", "srate", "Sample_Rate", "samplingFrequency", "Hz"])
def test_a_rate_may_have_many_names(write, signal, name):
    assert read_recording(write(val=signal, **{name: 250})).fs == 250


@pytest.mark.parametrize(("factor", "fs"), [(1, 250), (1000, 250), (1, 128)])
def test_times_tell_the_rate_and_are_no_lead(write, signal, factor, fs):
    times = np.round(np.arange(SAMPLES) / fs * factor, 4)
    record = read_recording(write(t=times, val=signal))
    assert record.fs == pytest.approx(fs, abs=1e-3)
    assert record.sig_name == ("lead 1", "lead 2")


def test_without_a_rate_one_has_to_be_given_and_counts(write, signal):
    uneven = np.arange(SAMPLES) ** 1.5
    for others in ({}, {"fs": 0.001}, {"fs": np.nan}, {"time": uneven}):
        path = write(val=signal, **others)
        refused(path, r"no variable gives the rate \(such as fs\); give the sampling frequency")
        assert read_recording(path, fs=360).fs == 360
    record = read_recording(write(val=signal, fs=250), fs=360)
    assert record.fs == 360
    assert record.remarks[0] == (
        "The sampling frequency, 360 Hz, was given; that of fs, 250 Hz, does not count."
    )


# Beside a header ---------------------------------------------------------------------------------


def test_a_file_that_a_header_names_is_read_as_the_header_says(tmp_path, signal):
    steps = np.round(signal * 200).astype("i2")
    scipy.io.savemat(tmp_path / "A1.mat", {"val": steps.T}, format="4")
    start = 20 + len("val\0")
    lines = [f"A1.mat 16+{start} 200/mV 16 0 {steps[0, k]} 0 0 {['II', 'V1'][k]}" for k in (0, 1)]
    (tmp_path / "A1.hea").write_text("\n".join([f"A1 2 360 {SAMPLES}", *lines]))
    for name in ("A1.mat", "A1.hea", "A1"):
        record = read_recording(tmp_path / name)
        check(record, steps / 200, ("II", "V1"))
        assert (record.fs, record.unit_declared) == (360, (True, True))


# What is refused ---------------------------------------------------------------------------------


def test_what_holds_no_numbers_is_refused_or_left_out(write, signal):
    refused(write(cells=cells(1j, "text")), "holds no array .*; cells.1. are of other", fs=250)
    record = read_recording(write(x=1j, beats=np.zeros((200, 300)), II=signal[:, 0], fs=360))
    check(record, signal[:, [0]], ("II",))
    assert record.remarks[1] == "Left out, because they are no arrays of numbers: x."


@pytest.mark.parametrize(
    "array", [np.zeros((200, 300)), np.zeros((2, 3, 400)), np.zeros((0, 5)), 5.0, 1j * np.ones(9)]
)
def test_arrays_that_cannot_be_signals_are_refused(write, array):
    refused(write(val=array), "holds no array of numbers that may be a signal", fs=250)


def element(kind, content):
    return struct.pack("<2I", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(kind, dimensions, content, name=b"val"):
    head = element(6, struct.pack("<2I", kind, 0))
    head += element(5, struct.pack(f"<{len(dimensions)}i", *dimensions)) + element(1, name)
    return element(14, head + content)


HEAD_5 = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
NESTED = b""
for _ in range(20_000):
    NESTED = matrix(1, (1, 1), NESTED)


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", "an empty file"),
        (HEAD_5, "holds no array"),
        (HEAD_5 + matrix(6, (1, 2**30), element(9, bytes(80))), "holds 10 values of a variable of"),
        (HEAD_5 + matrix(6, (-1, 5), element(9, bytes(80))), "holds 10 values of a variable of"),
        (HEAD_5 + matrix(1, (2**30, 1), b""), "holds no array"),
        (HEAD_5 + matrix(17, (1, 1), b"opaque"), "val are of other kinds"),
        (HEAD_5 + matrix(16, (1, 1), b"function"), "val are of other kinds"),
        (HEAD_5 + matrix(3, (1, 1), b"object"), "val are of other kinds"),
        (HEAD_5 + NESTED, r"val\{1\}\{1\}\{1\} are of other kinds"),
        (HEAD_5 + struct.pack("<2I", 14, 2**32 - 1) + bytes(80), "ends within a variable"),
        (HEAD_5 + element(15, b"\0" * 80), "cannot be decoded"),
        (HEADER + bytes(384) + b"\x89HDF\r\n\x1a\n" + bytes(100), "cannot be decoded"),
        (struct.pack("<5i", 0, 2**30, 2**30, 0, 4) + b"val\0", "ends within a variable"),
        (struct.pack("<5i", 0, -5, 10, 0, 4) + b"val\0", "not a MATLAB file, or damaged"),
        (b"anything else" * 20, "not a MATLAB file, or damaged"),
    ],
)
def test_what_the_file_does_not_hold_is_refused(tmp_path, content, pattern):
    (tmp_path / "x.mat").write_bytes(content)
    refused(tmp_path / "x.mat", pattern, fs=250)


def test_bombs_are_not_unpacked(write, monkeypatch):
    monkeypatch.setattr("ecgutils.io.guards._ALWAYS_UNPACKED", 2**16)
    zeros = np.zeros((2, 10**6))
    refused(write("5 packed", val=zeros), "unpacks into far more than a recording", fs=250)
    refused(write("7.3 packed", val=zeros), "val claims far more values than the file", fs=250)


def hdf5_with(path, make):
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        make(file)
    path.write_bytes(stream.getvalue())
    return path


def test_nothing_is_followed_out_of_a_file(tmp_path):
    outside = np.arange(1000.0)
    (tmp_path / "raw").write_bytes(outside.tobytes())
    other = hdf5_with(tmp_path / "y.mat", lambda file: file.create_dataset("val", data=[outside]))
    source = h5py.VirtualSource(str(other), "val", (1, 1000))
    layout = h5py.VirtualLayout((1, 1000), "f8")
    layout[:] = source
    raw = [(str(tmp_path / "raw"), 0, 8000)]

    def make(file):
        file["link"] = h5py.ExternalLink(str(other), "val")
        file.create_virtual_dataset("virtual", layout)
        file.create_dataset("raw", (1, 1000), "f8", external=raw)

    path = hdf5_with(tmp_path / "x.mat", make)
    refused(path, "holds no array .*; raw, virtual are of other kinds", fs=250)


def test_values_that_were_never_written_are_not_read(tmp_path):
    def make(file):
        file.create_dataset("val", (1, 10**9), "f8", chunks=(1, 1000))

    path = hdf5_with(tmp_path / "x.mat", make)
    refused(path, "val claims far more values than the file holds", fs=250)
