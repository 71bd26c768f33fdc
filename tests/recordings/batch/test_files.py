"""Which recordings are meant by files and folders, and what their results are called."""

import os

import pytest

from ecgutils.errors import UsageError
from ecgutils.recordings.batch.files import Job, find_recordings
from tests.helpers.empty_files import touch
from tests.helpers.segmented_records import write_fixed, write_segment


def names_found(*given, out="out"):
    jobs, problems = find_recordings(given, out)
    return [job.name for job in jobs], problems


def test_folder_stands_for_the_recordings_in_it_and_below(tmp_path):
    touch(tmp_path, "b.hea", "b.dat", "b.atr", "ä ö/c.EDF", "ä ö/d/<e>.csv", "f.tsv", "README.txt")
    names, problems = names_found(tmp_path)
    assert (names, problems) == (["b", "f", "ä ö/c", "ä ö/d/<e>"], [])


def test_folder_of_the_results_hidden_folders_and_results_are_passed_over(tmp_path):
    touch(tmp_path, "a.hea", "a.beats.csv", "a.beats.edf", "a.html", ".b.csv", ".hidden/c.hea")
    touch(tmp_path, "out/d.hea")
    assert names_found(tmp_path, out=tmp_path / "out") == (["a"], [])
    assert names_found(tmp_path, out=tmp_path) == (["a", "out/d"], [])


@pytest.mark.parametrize("given", ["a.b", "a.b.hea", "a.b.dat"])
def test_wfdb_record_is_named_as_its_tools_name_it(tmp_path, given):
    touch(tmp_path, "a.b.hea", "a.b.dat")
    jobs, _ = find_recordings([tmp_path / given], tmp_path)
    assert jobs == [Job(str(tmp_path / "a.b.hea"), "a.b")]


def test_same_recording_named_twice_is_one(tmp_path):
    touch(tmp_path, "a.hea")
    assert names_found(tmp_path, tmp_path / "a", tmp_path / "a.hea") == (["a"], [])


def test_recordings_that_would_share_results_are_refused_by_name(tmp_path):
    touch(tmp_path, "x/a.hea", "y/a.csv")
    with pytest.raises(UsageError, match=r"x/a\.hea and .*y/a\.csv would both be written as a;"):
        find_recordings([tmp_path / "x", tmp_path / "y" / "a.csv"], tmp_path / "out")


@pytest.mark.parametrize(
    ("given", "beats"), [("a.hea", "aami"), ("a.hea", "html"), ("a.beats.csv", None)]
)
def test_results_never_replace_what_they_are_made_from(tmp_path, given, beats):
    touch(tmp_path, "a.hea", "a.beats.csv", "link/x")
    (tmp_path / "link" / "here").symlink_to("..")
    paths = [tmp_path / given, tmp_path / "a.hea"]
    for directory in (tmp_path, tmp_path / "link" / "here"):
        with pytest.raises(UsageError, match="would be replaced"):
            find_recordings(paths, directory, beats)


def test_folder_without_recordings_is_a_problem(tmp_path):
    touch(tmp_path, "a.txt")
    names, (problem,) = names_found(tmp_path)
    assert names == []
    assert problem.startswith(f"{tmp_path}: no recordings in this folder")


def test_links_that_cannot_be_followed_are_told_and_the_rest_is_found(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    touch(outside, "x.hea")
    touch(inside, "a.hea", "b/c.hea")
    targets = {
        "circle": ".",
        "self.csv": "self.csv",
        "lost.csv": "nowhere.csv",
        "leaves": outside,
        "leaves.hea": outside / "x.hea",
        "also_b": "b",
        "also_c.hea": "b/c.hea",
    }
    for name, target in targets.items():
        (inside / name).symlink_to(target)
    names, problems = names_found(inside)
    assert names == ["a", "also_c", "b/c"]
    told = {problem.partition(": ")[0]: problem for problem in problems}
    assert set(told) == {
        str(inside / name) for name in ("circle", "self.csv", "lost.csv", "leaves", "leaves.hea")
    }
    assert "circle" in told[str(inside / "circle")]
    assert "leads nowhere" in told[str(inside / "self.csv")]
    assert "out of" in told[str(inside / "leaves.hea")]


def test_unreadable_folder_is_told_and_the_rest_is_found(tmp_path, monkeypatch):
    touch(tmp_path, "a.hea", "closed/b.hea", "open/c.hea")
    scandir = os.scandir

    # Whoever may read everything is not kept out by permissions.
    def refuse(path):
        if str(path).endswith("/closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    names, problems = names_found(tmp_path)
    assert names == ["a", "open/c"]
    assert problems == [f"{tmp_path / 'closed'}: cannot be read (Permission denied)"]


def test_a_folder_holds_one_recording_and_not_its_segments(tmp_path):
    write_segment(write_fixed(tmp_path), "other", 0, ("MLII",))
    assert names_found(tmp_path, out=tmp_path / "out") == (["other", "whole"], [])


def test_a_folder_holds_recordings_that_are_known_by_how_they_begin_only(tmp_path):
    touch(tmp_path, "a.ecg", "b.bin", "c.txt", "d")
    for name in ("b.bin", "c.txt", "d"):
        (tmp_path / name).write_bytes(b"ISHNE1.0")
    (tmp_path / "e.txt").write_text("1\n2\n3\n")
    os.mkfifo(tmp_path / "f")
    assert names_found(tmp_path, out=tmp_path / "out") == (["a", "b", "c", "d"], [])


def test_a_file_of_signals_of_a_record_is_no_recording_of_its_own(tmp_path):
    touch(tmp_path, "a.rec", "b.rec")
    (tmp_path / "a.hea").write_text("a 1 360 10\na.rec 16\n")
    assert names_found(tmp_path, out=tmp_path / "out") == (["a", "b"], [])
    jobs, _ = find_recordings([tmp_path / "a.rec"], tmp_path)
    assert jobs == [Job(str(tmp_path / "a.hea"), "a")]
