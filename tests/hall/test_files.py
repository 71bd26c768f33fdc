"""A reader never meets half a file, and every failure is one line."""

import hashlib
import os
import resource
import stat

import pandas as pd
import pytest

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, sha256, write_beside, write_csv


def test_the_content_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "folder" / "result.csv"
    with write_beside(path, "w") as file:
        file.write("µV\n")
        assert not path.exists()
    assert path.read_bytes() == "µV\n".encode()
    assert os.listdir(path.parent) == ["result.csv"]


def test_a_result_is_as_readable_as_any_file(tmp_path):
    with write_beside(tmp_path / "ours") as file:
        file.write(b"1")
    (tmp_path / "any").write_bytes(b"1")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ours", "any")]
    assert modes[0] == modes[1]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_the_former_content(tmp_path, failure):
    path = tmp_path / "result"
    path.write_bytes(b"former")

    def write_half():
        with write_beside(path) as file:
            file.write(b"half of the n")
            raise failure

    with pytest.raises(failure):
        write_half()
    assert path.read_bytes() == b"former"
    assert os.listdir(tmp_path) == ["result"]


def test_a_full_disk_leaves_the_former_content(tmp_path):
    path = tmp_path / "result"
    path.write_bytes(b"former")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(EcgError) as caught, write_beside(path) as file:
            file.write(bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert str(caught.value) == f"{path}: cannot be written (File too large)"
    assert path.read_bytes() == b"former"
    assert os.listdir(tmp_path) == ["result"]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "result"
    with pytest.raises(EcgError, match="cannot be written"), write_beside(path) as file:
        file.write(b"1")


def test_a_table_is_written_with_its_index_or_without_and_gaps_are_empty(tmp_path):
    table = pd.DataFrame({"value": [1 / 3, float("nan")]}, pd.Index(["a", "b"], name="row"))
    write_csv(tmp_path / "with.csv", table, "%.2f")
    write_csv(tmp_path / "without.csv", table, "%.3f", index=False)
    assert (tmp_path / "with.csv").read_bytes() == b"row,value\na,0.33\nb,\n"
    assert (tmp_path / "without.csv").read_bytes() == b'value\n0.333\n""\n'


def test_a_table_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EcgError, match=r"t\.csv: cannot be written"):
        write_csv(tmp_path / "file" / "t.csv", pd.DataFrame(), "%.4f")


def test_sha256_is_that_of_the_content(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    assert sha256(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("read", [sha256, lambda path: read_bytes(path, 10)])
def test_what_cannot_be_read_is_one_line(tmp_path, read):
    with pytest.raises(EcgError, match=r"missing: cannot be read \(No such file or directory\)$"):
        read(tmp_path / "missing")


def test_a_file_longer_than_its_kind_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(bytes(11))
    assert len(read_bytes(tmp_path / "file", 11)) == 11
    with pytest.raises(EcgError, match="longer than any file of its kind"):
        read_bytes(tmp_path / "file", 10)


def test_a_message_is_one_line_that_no_terminal_obeys():
    assert str(EcgError("a\nb\t c\x1b[31m\udcff")) == "a b c?[31m?"
