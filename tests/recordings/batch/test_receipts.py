"""Receipts: when they prove that results are there, and which files they cover."""

import pytest

from ecgutils.recordings.batch import receipts
from tests.helpers.segmented_records import write_variable


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'{"made_from": {}, "results": {"../../etc/passwd": ""}}',
        b"{" * 3,
        b"[" * 100_000,
        b"9" * 10_000,
        b"\xff\xfe",
        b" " * 2**21,
    ],
)
def test_receipt_that_cannot_be_understood_proves_nothing(tmp_path, content):
    made_from = {"inputs": {}}
    for ending in receipts.RESULTS:
        (tmp_path / f"100{ending}").touch()
    receipts.write_receipt(tmp_path, "100", made_from)
    assert receipts.is_done(tmp_path, "100", made_from)
    (tmp_path / receipts.FOLDER / "100.json").write_bytes(content)
    assert not receipts.is_done(tmp_path, "100", made_from)


def test_signal_files_outside_the_folder_are_not_even_looked_at(tmp_path):
    (tmp_path / "secret").write_text("secret")
    own = tmp_path / "own"
    own.mkdir()
    (own / "link.dat").symlink_to(tmp_path / "secret")
    lines = ["a 3 360 10", "../secret 16", "link.dat 16", f"{tmp_path}/secret 16"]
    (own / "a.hea").write_text("\n".join(lines))
    assert set(receipts.input_hashes(own / "a.hea", None)) == {"a.hea"}


def test_all_files_of_all_segments_belong_to_the_input(tmp_path):
    names = set(receipts.input_hashes(write_variable(tmp_path) / "whole.hea", None))
    assert names == {"whole.hea", "layout.hea", "a.hea", "a.dat", "b.hea", "b.dat"}


def test_a_header_that_names_itself_belongs_to_the_input_once(tmp_path):
    (tmp_path / "whole.hea").write_text("whole/1 2 360 3600\nwhole 3600\n")
    assert set(receipts.input_hashes(tmp_path / "whole.hea", None)) == {"whole.hea"}


def test_results_in_a_further_format_belong_to_those_that_are_proved(tmp_path):
    for path in receipts.result_files(tmp_path, "100", ["edf"]):
        path.touch()
    receipts.write_receipt(tmp_path, "100", {}, ["edf"])
    assert receipts.is_done(tmp_path, "100", {}, ["edf"])
    assert not receipts.is_done(tmp_path, "100", {})
    (tmp_path / "100.beats.edf").unlink()
    assert not receipts.is_done(tmp_path, "100", {}, ["edf"])
