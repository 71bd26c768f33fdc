"""Annotations, table and report of a recording: what other programs read in them."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import wfdb

from ecgutils.errors import EcgError
from ecgutils.io.wfdb_annotations import read_annotation_file
from ecgutils.recordings import outputs
from ecgutils.recordings.outputs import annotation_bytes, write_outputs
from ecgutils.scoring.ec57 import score_annotations
from tests.helpers.classified_records import first_seconds, known_by_heart

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def classified():
    """Half a minute of record 208 with a stretch of noise in it."""
    return known_by_heart(first_seconds("208", 30), [(10.0, 15.0, "noise")])


def read_back(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wfdb.rdann(str(path.with_suffix("")), path.suffix[1:])


def no_report(monkeypatch):
    monkeypatch.setattr(outputs, "report_html", lambda _: "<!DOCTYPE html>")


# Annotations -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fs", [128.0, 250.0, 257.3, 360.0, 1000.0])
def test_wfdb_reads_samples_symbols_and_frequency_back(tmp_path, fs):
    """The samples count the recording's own frequency."""
    classified = known_by_heart(first_seconds("208", 30).resampled(fs))
    path = tmp_path / "x.aami"
    path.write_bytes(annotation_bytes(classified))
    back = read_back(path)
    assert back.sample.tolist() == classified.beats["sample"].tolist()
    assert back.symbol == classified.beats["class"].tolist()
    assert back.fs == pytest.approx(fs)


def test_all_five_classes_can_be_told(tmp_path, classified):
    beats = classified.beats.assign(**{"class": np.resize(list("NSVFQ"), len(classified.beats))})
    path = tmp_path / "x.aami"
    path.write_bytes(annotation_bytes(replace(classified, beats=beats)))
    assert read_back(path).symbol == beats["class"].tolist()


def test_pauses_longer_than_a_wfdb_annotation_can_hold_are_kept(tmp_path, classified):
    """An annotation has ten bits for the distance to the last one; a gap takes more."""
    beats = classified.beats.iloc[:3].assign(sample=[100, 2000, 40_000_000])
    path = tmp_path / "x.aami"
    path.write_bytes(annotation_bytes(replace(classified, beats=beats)))
    assert read_back(path).sample.tolist() == [100, 2000, 40_000_000]


def test_our_own_reader_takes_them_as_well(tmp_path, classified):
    path = tmp_path / "x.aami"
    path.write_bytes(annotation_bytes(classified))
    back = read_annotation_file(path, "x", 360.0, len(classified.recording.p_signal))
    assert back.sample.tolist() == classified.beats["sample"].tolist()
    assert "".join(back.symbol) == "".join(classified.beats["class"])


# Rhythm marks ------------------------------------------------------------------------------------


def with_rhythms(classified, *rows):
    table = pd.DataFrame(rows, columns=["start_s", "stop_s", "rhythm"])
    return replace(classified, rhythms=table)


@pytest.fixture(scope="module")
def in_rhythms(classified):
    """A beat lies at the very sample at which the ventricular tachycardia begins."""
    first = classified.beats["time_s"].iloc[20]
    return with_rhythms(
        classified,
        (2.0, 5.0, "AFIB"),
        (4.0, 6.0, "VFL"),
        (first, first + 3.0, "VT"),
        (25, 30, "VT"),
    )


def test_rhythms_are_marked_where_they_begin_and_end_as_wfdb_does_it(tmp_path, in_rhythms):
    path = tmp_path / "x.aami"
    path.write_bytes(annotation_bytes(in_rhythms))
    start = in_rhythms.beats["sample"].iloc[20]
    expected = [
        *((720, "(AFIB"), (1440, "(VFL"), (2160, "(N")),
        *((start, "(VT"), (start + 1080, "(N"), (9000, "(VT")),
    ]
    foreign = read_back(path)
    own = read_annotation_file(path, "x", 360.0, len(in_rhythms.recording.p_signal))
    for back, notes in ((foreign, foreign.aux_note), (own, own.aux)):
        marks = np.array(back.symbol) == "+"
        assert [*zip(back.sample[marks], np.array(notes)[marks], strict=True)] == expected
        assert (np.diff(back.sample) >= 0).all()
    place = foreign.sample.tolist().index(start)
    assert foreign.symbol[place : place + 2] == ["+", in_rhythms.beats["class"].iloc[20]]


def test_rhythm_marks_change_no_beat_and_no_score(tmp_path, classified, in_rhythms):
    scores = []
    for number, each in enumerate((classified, in_rhythms)):
        path = tmp_path / f"{number}.aami"
        path.write_bytes(annotation_bytes(each))
        back = read_annotation_file(path, "x", 360.0, len(each.recording.p_signal))
        assert back.beats.sample.tolist() == classified.beats["sample"].tolist()
        assert back.beats.symbol.tolist() == classified.beats["class"].tolist()
        score = score_annotations(classified.recording.annotations, back, start=0)
        scores.append((score.counts.tolist(), score.rr_error))
    assert scores[0] == scores[1]
    assert np.array(scores[0][0]).sum() > 40


# All files ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(classified, tmp_path_factory):
    directory = tmp_path_factory.mktemp("out") / "new" / "folder"
    return directory, write_outputs(classified, directory, "208")


def test_three_files_are_written_into_a_folder_that_is_made(written):
    directory, paths = written
    assert [path.name for path in paths] == ["208.aami", "208.beats.csv", "208.html"]
    assert sorted(directory.iterdir()) == sorted(paths)


def test_the_csv_is_the_table(written, classified):
    table = pd.read_csv(written[1][1])
    assert list(table) == list(classified.beats)
    assert table["sample"].tolist() == classified.beats["sample"].tolist()
    assert table["class"].tolist() == classified.beats["class"].tolist()
    numbers = ["time_s", *(f"p_{name}" for name in "NSVFQ")]
    assert np.allclose(table[numbers], classified.beats[numbers], atol=5.1e-5)


def test_the_annotations_are_those_of_the_table(written, classified):
    assert read_back(written[1][0]).sample.tolist() == classified.beats["sample"].tolist()


def test_the_report_is_a_page(written):
    assert written[1][2].read_text(encoding="utf-8").lower().startswith("<!doctype html>")


@pytest.mark.parametrize("name", ["Frau Müller, 24 h", "a.b.c", "<b>&", "心電図", "x" * 200])
def test_any_name_of_a_file_will_do(classified, tmp_path, monkeypatch, name):
    no_report(monkeypatch)
    paths = write_outputs(classified, tmp_path, name)
    assert [path.name for path in paths] == [
        name + ending for ending in (".aami", ".beats.csv", ".html")
    ]
    assert all(path.stat().st_size for path in paths)


def test_results_are_written_anew(classified, tmp_path, monkeypatch):
    no_report(monkeypatch)
    (tmp_path / "208.aami").write_bytes(b"old")
    write_outputs(classified, tmp_path, "208")
    assert (tmp_path / "208.aami").read_bytes() == annotation_bytes(classified)


def test_a_report_that_fails_leaves_no_file_at_all(classified, tmp_path, monkeypatch):
    def fails(_):
        raise EcgError("208: the report failed")

    monkeypatch.setattr(outputs, "report_html", fails)
    with pytest.raises(EcgError, match="the report failed"):
        write_outputs(classified, tmp_path, "208")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_line(classified, tmp_path, monkeypatch):
    no_report(monkeypatch)
    (tmp_path / "file").write_text("")
    with pytest.raises(EcgError, match=r"208\.aami: cannot be written") as caught:
        write_outputs(classified, tmp_path / "file", "208")
    assert "\n" not in str(caught.value)
