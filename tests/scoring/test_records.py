"""Names and folders, and which records they mean."""

from pathlib import Path

import pytest

from ecgutils.errors import EcgError, UsageError
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.records import Job, find_records


@pytest.fixture
def folders(tmp_path):
    """A folder of two records, one of which has a test, and one of tests alone."""
    for folder, names in {
        "truth": [
            "b.hea",
            "b.atr",
            "a.hea",
            "a.atr",
            "a.tst",
            "c.hea",
            "d.atr",
            ".e.hea",
            ".e.atr",
        ],
        "tests": ["b.tst", "x.y.tst", ".z.tst", "b.csv"],
        "empty": [],
    }.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / name).touch()
    return tmp_path


def test_a_name_is_one_of_the_embedded_database_and_its_test_lies_here():
    assert find_records(["100"], "atr", "tst") == [Job("100", MITDB_DIR, Path())]


def test_all_records_with_truth_are_meant_also_those_without_test(folders):
    truth, tests = folders / "truth", folders / "tests"
    assert find_records([str(truth)], "atr", "tst") == [Job(n, truth, truth) for n in "ab"]
    found = find_records([str(truth)], "atr", "tst", test_dir=tests)
    assert found == [Job(n, truth, tests) for n in "ab"]


def test_a_folder_of_tests_alone_takes_the_truth_from_elsewhere(folders):
    tests = folders / "tests"
    for truth in (None, folders / "truth"):
        found = find_records([str(tests)], "atr", "tst", truth)
        assert found == [Job(name, truth or MITDB_DIR, tests) for name in ("b", "x.y")]


def test_a_record_named_like_a_folder_is_the_record(folders, monkeypatch):
    monkeypatch.chdir(folders)
    (folders / "100").mkdir()
    assert find_records(["100"], "atr", "tst") == [Job("100", MITDB_DIR, Path())]


def test_a_folder_without_records_is_refused(folders):
    with pytest.raises(EcgError, match=r"empty: holds no records with \.atr, and no \.tst files"):
        find_records([str(folders / "empty")], "atr", "tst")


def test_no_record_counts_twice(folders):
    with pytest.raises(UsageError, match="record b is named twice"):
        find_records([str(folders / "truth"), str(folders / "tests")], "atr", "tst")
