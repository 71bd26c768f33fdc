"""The same signal has the same classes, whatever kind of file it comes in."""

import io

import edfio
import numpy as np
import pytest
import scipy.io

from ecgutils import database
from ecgutils.io.recording import read_recording
from ecgutils.recordings.classified import classify
from tests.helpers.aecg_files import aecg_bytes, sequence, series
from tests.helpers.dicom_files import channel, dicom_bytes, waveform
from tests.helpers.ishne_files import ishne_bytes
from tests.helpers.matlab_files import hdf5_bytes

pytestmark = pytest.mark.slow

LEADS = ("II", "V1")


@pytest.fixture(scope="module")
def signal():
    """Two minutes of record 208 in mV, with beats of N, V and F."""
    return np.round(database.read("208").between(60, 180).p_signal, 3)


@pytest.fixture(scope="module")
def steps(signal):
    """The same in steps of 5 µV, which are those of its converter."""
    return np.round(signal * 200).astype(int)


def classes(path, **options):
    """Return the samples and the classes of the beats of a file."""
    beats = classify(read_recording(path, **options)).beats
    return beats["sample"].to_numpy(), beats["class"].to_numpy()


@pytest.fixture(scope="module")
def expected(steps, tmp_path_factory):
    """The beats of the signal as WFDB stores it."""
    folder = tmp_path_factory.mktemp("wfdb")
    (folder / "x.dat").write_bytes(steps.astype("<i2").tobytes())
    lines = [f"x 2 360 {len(steps)}", *(f"x.dat 16 200 16 0 {k[0]} 0 0 " for k in steps.T)]
    lines[1:] = [line + name for line, name in zip(lines[1:], LEADS, strict=True)]
    (folder / "x.hea").write_text("\n".join(lines))
    return classes(folder / "x")


def edf_bytes(signal):
    leads = [
        edfio.EdfSignal(lead, 360, label=name, physical_dimension="mV", physical_range=(-8, 8))
        for lead, name in zip(signal.T, LEADS, strict=True)
    ]
    return edfio.Edf(leads, data_record_duration=1).to_bytes()


def mat_bytes(signal):
    stream = io.BytesIO()
    names = dict(zip(LEADS, signal.T, strict=True))
    scipy.io.savemat(stream, names | {"fs": 360})
    return stream.getvalue()


MAKERS = {
    "x.edf": lambda signal, _: edf_bytes(signal),
    "x.ecg": lambda _, steps: ishne_bytes(steps, leads=LEADS),
    "x.dcm": lambda _, steps: dicom_bytes(waveform(steps, [channel(name) for name in LEADS])),
    "x.xml": lambda _, steps: aecg_bytes(
        series([sequence(name, lead) for name, lead in zip(LEADS, steps.T, strict=True)])
    ),
    "x.mat": lambda signal, _: mat_bytes(signal),
    "y.mat": lambda signal, _: hdf5_bytes(II=signal[:, 0], V1=signal[:, 1], fs=360.0),
    "x.csv": lambda signal, _: "\n".join(
        ["time (s),II (mV),V1 (mV)"]
        + [f"{i / 360:.4f},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(signal)]
    ).encode(),
}


@pytest.mark.parametrize("name", MAKERS)
def test_each_kind_of_file_gives_the_beats_of_wfdb(tmp_path, signal, steps, expected, name):
    (tmp_path / name).write_bytes(MAKERS[name](signal, steps))
    samples, found = classes(tmp_path / name)
    assert set(expected[1]) >= {"N", "V"}
    assert len(samples) == len(expected[0])
    assert np.max(np.abs(samples - expected[0])) <= 1
    assert np.mean(found == expected[1]) >= 0.99
