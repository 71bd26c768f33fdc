"""EDF+ of a classified recording: what edfio reads in it."""

import io
from dataclasses import replace
from datetime import datetime

import edfio
import numpy as np
import pandas as pd
import pytest

from ecgutils.recordings import outputs
from ecgutils.recordings.edf_output import edf_bytes
from ecgutils.recordings.outputs import write_outputs
from tests.helpers.classified_records import first_seconds, known_by_heart

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def classified():
    """Half a minute of record 208 with a stretch of noise and one of tachycardia."""
    made = known_by_heart(first_seconds("208", 30), [(10.0, 15.0, "noise")])
    rhythms = pd.DataFrame({"start_s": [20.0], "stop_s": [24.5], "rhythm": ["VT"]})
    return replace(made, rhythms=rhythms)


def read_back(classified):
    return edfio.read_edf(io.BytesIO(edf_bytes(classified)))


@pytest.mark.parametrize("fs", [128.0, 249.89, 257.3, 1000 / 3, 360.0])
def test_each_beat_is_a_note_of_its_class_on_the_signal(classified, fs):
    resampled = replace(classified, recording=classified.recording.resampled(fs))
    edf = read_back(resampled)
    beats = [note for note in edf.annotations if note.duration is None]
    assert [note.text for note in beats] == classified.beats["class"].tolist()
    assert np.allclose([note.onset for note in beats], classified.beats["time_s"], atol=1e-4)
    assert [signal.label for signal in edf.signals] == list(classified.recording.sig_name)
    assert [signal.physical_dimension for signal in edf.signals] == ["mV", "mV"]
    stored = np.stack([signal.data for signal in edf.signals], axis=1)
    samples = len(resampled.recording.p_signal)
    assert np.allclose(stored[:samples], resampled.recording.p_signal, atol=2e-4)
    assert 0 <= len(stored) - samples < fs
    assert edf.signals[0].sampling_frequency == pytest.approx(fs, rel=1e-6)


def test_rhythms_and_unusable_stretches_are_notes_that_last(classified):
    lasting = [note for note in read_back(classified).annotations if note.duration]
    assert lasting == [
        edfio.EdfAnnotation(10.0, 5.0, "not usable: noise"),
        edfio.EdfAnnotation(20.0, 4.5, "ventricular tachycardia"),
    ]


@pytest.mark.parametrize(
    ("start", "clock"),
    [(datetime(2002, 5, 1, 23, 59, 58), "23:59:58"), (datetime(1950, 1, 1, 1, 2, 3), "01:02:03")],
)
def test_the_start_is_that_of_the_recording(classified, start, clock):
    edf = read_back(replace(classified, recording=replace(classified.recording, start=start)))
    assert str(edf.starttime) == clock
    if start.year > 1985:
        assert edf.startdate == start.date()


def test_missing_samples_are_bridged_and_counts_have_no_unit(classified):
    recording = classified.recording
    p_signal = recording.p_signal.copy()
    p_signal[100:200] = np.nan
    changed = replace(recording, p_signal=p_signal, unit_declared=(False, False))
    lead = read_back(replace(classified, recording=changed)).signals[0]
    assert lead.physical_dimension == ""
    assert np.ptp(lead.data[100:200]) <= np.ptp(p_signal[[99, 200], 0]) + 1e-3


def test_edf_is_written_if_it_is_asked_for(classified, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "report_html", lambda _: "<!DOCTYPE html>")
    assert len(write_outputs(classified, tmp_path, "x")) == 3
    written = write_outputs(classified, tmp_path, "x", ["edf"])
    assert written[-1] == tmp_path / "x.beats.edf"
    assert written[-1].read_bytes() == edf_bytes(classified)
