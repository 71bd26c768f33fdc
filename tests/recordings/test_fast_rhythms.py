"""Recordings with ventricular tachycardia, flutter and fibrillation, classified."""

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.io.record import Record
from ecgutils.recordings.classified import classify
from ecgutils.recordings.fast_rhythms import fast_rhythms, sure_in_fast_runs
from tests.helpers.fast_rhythms import fibrillation, followed_by

pytestmark = pytest.mark.slow

FS = 360


def two_leads(signal):
    return np.stack([signal, -0.6 * signal], axis=1)


@pytest.fixture(scope="module")
def fibrillating():
    """A minute of record 103, then a minute of fibrillation."""
    return classify(followed_by(database.read("103").between(0, 60), two_leads(fibrillation(60))))


def test_fibrillation_is_a_stretch_of_its_own_and_has_no_beats(fibrillating):
    (stretch,) = fibrillating.rhythms.to_dict("records")
    assert stretch["rhythm"] == "VFL"
    assert 57 <= stretch["start_s"] <= 63
    assert stretch["stop_s"] == 120
    assert not (fibrillating.beats["time_s"] >= stretch["start_s"]).any()
    assert set(fibrillating.beats["class"]) == {"N"}


def test_fibrillation_is_told_in_one_line(fibrillating):
    lasts = (fibrillating.rhythms["stop_s"] - fibrillating.rhythms["start_s"]).sum()
    assert f"may be ventricular flutter or fibrillation for {lasts:.0f} s" in fibrillating.summary()


def test_fibrillation_is_not_unusable(fibrillating):
    assert not len(fibrillating.unusable)


def test_a_recording_of_nothing_but_fibrillation_is_not_refused():
    signal = two_leads(fibrillation(60))
    classified = classify(Record("made", signal, FS, ("MLII", "V1")))
    assert classified.rhythms["rhythm"].tolist() == ["VFL"]
    assert not len(classified.beats)
    assert not any("mean rate" in doubt for doubt in classified.doubts)


def test_samples_that_fail_in_fibrillation_do_not_end_it():
    signal = two_leads(fibrillation(60))
    swings = 5 * np.sign(np.sin(2 * np.pi * 1.3 * np.arange(12 * FS) / FS))
    signal[24 * FS : 36 * FS] = swings[:, None]
    signal[24 * FS : 36 * FS : FS // 3] = np.nan
    classified = classify(followed_by(database.read("103").between(0, 60), signal))
    (stretch,) = classified.rhythms.to_dict("records")
    assert stretch["rhythm"] == "VFL"
    assert stretch["stop_s"] - stretch["start_s"] > 57


def test_regular_wide_waves_are_ventricular_beats():
    phase = 2 * np.pi * np.arange(60 * FS) / FS * 150 / 60
    wide = -1.5 * np.cos(phase) - 0.5 * np.cos(2 * phase + 0.5)
    record = followed_by(database.read("103").between(0, 60), two_leads(wide))
    classified = classify(record)
    (stretch,) = classified.rhythms.to_dict("records")
    assert stretch["rhythm"] == "VT"
    assert 58 < stretch["start_s"] < 64
    assert 118 < stretch["stop_s"] <= 120
    inside = classified.beats["time_s"].between(stretch["start_s"], stretch["stop_s"])
    assert set(classified.beats["class"][inside]) == {"V"}
    assert inside.sum() == pytest.approx(
        (stretch["stop_s"] - stretch["start_s"]) * 150 / 60 + 1, abs=1
    )
    assert not (classified.beats["class"] == "Q").any()


def test_annotated_beats_stay_in_fibrillation():
    record = database.read("207").between(1530, 1640)
    marked = classify(record)
    assert len(marked.beats) == len(record.annotations.beats)
    assert (marked.rhythms["rhythm"] == "VFL").any()


def beats(classes, interval):
    return pd.DataFrame({"time_s": interval * np.arange(len(classes)), "class": list(classes)})


@pytest.mark.parametrize(
    ("classes", "interval", "rows"),
    [
        ("NNVVVVVNN", 0.5, [(1.0, 3.0, "VT")]),
        ("NNVVFVVVN", 0.5, [(1.0, 3.5, "VT")]),
        ("NNVVVVNNN", 0.5, []),
        ("NNVVNVVVN", 0.5, []),
        ("NNVVVVVNN", 0.7, []),
    ],
)
def test_tachycardia_is_a_fast_run_of_ventricular_beats(classes, interval, rows):
    record = Record("made", np.zeros((10 * FS, 1)), FS, ("MLII",))
    found = fast_rhythms(record, beats(classes, interval), np.full(10, ""))
    assert list(found.itertuples(index=False, name=None)) == rows


@pytest.mark.parametrize(
    ("classes", "interval", "p_none", "sure"),
    [
        ("NNVVQQVQVQVNN", 0.3, 0.4, "NNVVVVVVVVVNN"),
        ("NNVVQQVQVQVNN", 0.7, 0.4, "NNVVQQVQVQVNN"),
        ("NNVVQQVQVNNNN", 0.3, 0.4, "NNVVQQVQVNNNN"),
        ("NNVVQQVQVQVNN", 0.3, 1.0, "NNVVQQVQVQVNN"),
    ],
    ids=["fast and long", "slow", "short", "not readable"],
)
def test_unsure_beats_of_a_fast_regular_run_of_v_are_v(classes, interval, p_none, sure):
    given = {"N": (0.9, 0, 0.1, 0, 0), "V": (0.1, 0, 0.9, 0, 0)}
    given["Q"] = (0.1 * (1 - p_none), 0, 0.9 * (1 - p_none), 0, p_none)
    table = pd.DataFrame([given[name] for name in classes], columns=[f"p_{x}" for x in "NSVFQ"])
    time = interval * np.arange(len(classes))
    why = ["unsure" if name == "Q" else "" for name in classes]
    found = sure_in_fast_runs(table.assign(time_s=time, why_q=why, **{"class": list(classes)}))
    assert "".join(found["class"]) == sure
    assert ((found["why_q"] != "") == (found["class"] == "Q")).all()
    assert np.allclose(found[table.columns].sum(axis=1), 1)
