"""Reading the embedded databases, and folders laid out like them."""

import numpy as np
import pytest

from ecgutils import database
from ecgutils.database.databases import SVDB
from ecgutils.errors import EcgError
from ecgutils.paths import NSTDB_DIR, SVDB_DIR


def test_a_record_is_read_with_its_annotations():
    record = database.read("100")
    assert record.p_signal.dtype == np.float64
    assert len(record.annotations) == 2274
    assert len(database.read("100", annotations=None).annotations) == 0


def test_a_record_of_another_folder_is_read():
    assert database.read("bw", NSTDB_DIR, annotations=None).name == "bw"


@pytest.mark.parametrize("folder", [SVDB, SVDB_DIR, str(SVDB_DIR)])
def test_a_database_stands_for_its_folder(folder):
    assert database.record_names(folder)[:3] == ["801", "803", "805"]
    record = database.read("801", folder)
    assert (record.sig_name, record.fs, record.p_signal.shape) == (
        ("ECG", "ECG"),
        128,
        (230_400, 2),
    )
    assert record.remarks == ()


def test_an_unknown_gain_is_told():
    record = database.read("859", SVDB)
    assert record.unit_declared == (False, False)
    assert record.remarks == (
        "The gain is not declared for ECG, ECG: taken as 200 steps per mV, as WFDB does.",
    )


def test_all_records_are_named_in_the_order_of_their_list(tmp_path):
    names = database.record_names()
    assert len(names) == 48
    assert names[:2] == ["100", "101"]
    (tmp_path / "RECORDS").write_text("b\na\n")
    assert database.record_names(tmp_path) == ["b", "a"]


def test_without_a_list_the_headers_are_the_records(tmp_path):
    for name in ("b.hea", "a.hea", "c.dat"):
        (tmp_path / name).touch()
    assert database.record_names(tmp_path) == ["a", "b"]


@pytest.mark.parametrize("folder", ["empty", "none"])
def test_a_folder_without_records_is_an_error(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    with pytest.raises(EcgError, match=f"{folder}: no recordings there"):
        database.record_names(tmp_path / folder)
