"""The class tables, counted on the real annotations without going through the package's reader."""

import warnings

import numpy as np
import pytest
import wfdb

from ecgutils.aami import (
    BEAT_SYMBOLS,
    CLASS_NAMES,
    CLASSES,
    DS1,
    DS2,
    PACED,
    QUICK_RECORDS,
    SYMBOL_NAMES,
    SYMBOL_TO_CLASS,
    class_counts,
    is_beat,
    to_classes,
)
from ecgutils.errors import EcgError
from ecgutils.paths import MITDB_DIR

NAMES = (MITDB_DIR / "RECORDS").read_text().split()


@pytest.fixture(scope="module")
def symbols():
    with warnings.catch_warnings():
        # wfdb uses what pandas will drop one day.
        warnings.simplefilter("ignore")
        return {n: np.array(wfdb.rdann(str(MITDB_DIR / n), "atr").symbol) for n in NAMES}


def counted(symbols, names):
    both = np.concatenate([symbols[name] for name in names])
    return class_counts(to_classes(both[is_beat(both)]))


@pytest.mark.parametrize(
    ("names", "counts"),
    [
        (NAMES, {"N": 90631, "S": 2781, "V": 7236, "F": 803, "Q": 8043}),
        (DS1, {"N": 45866, "S": 944, "V": 3788, "F": 415, "Q": 8}),
        (DS2, {"N": 44259, "S": 1837, "V": 3221, "F": 388, "Q": 7}),
    ],
    ids=["all", "DS1", "DS2"],
)
def test_beats_of_each_class(symbols, names, counts):
    stale = "model, studies and notebooks are stale, see CONTRIBUTING, When the classes change"
    assert counted(symbols, names) == counts, stale


def test_escape_beats_as_bxb_counts_them(symbols):
    ds2 = np.concatenate([symbols[name] for name in DS2])
    assert np.isin(ds2, ["A", "a", "J", "S", "e", "j"]).sum() == 2050


def test_annotations_that_are_no_beats(symbols):
    others = [s for of_record in symbols.values() for s in of_record[~is_beat(of_record)]]
    assert len(others) == 112_647 - 109_494
    assert set(others) == set('+~!"x|[]')


def test_ds1_ds2_and_paced_records_are_the_whole_database():
    assert len(DS1) == len(DS2) == 22
    assert sorted(DS1 + DS2 + PACED) == sorted(NAMES)


def test_quick_records_hold_every_class(symbols):
    assert all(count > 500 for count in counted(symbols, QUICK_RECORDS).values())


def test_every_symbol_has_a_class_and_a_name():
    assert set(SYMBOL_TO_CLASS.values()) == set(CLASSES) == set(CLASS_NAMES)
    assert set(SYMBOL_NAMES) == set(BEAT_SYMBOLS)
    assert len(BEAT_SYMBOLS) == 15


def test_classes_are_positions():
    classes = to_classes(np.array(["/", "e", "F", "a", "E", "N"]))
    assert classes.dtype == np.int8
    assert "".join(CLASSES[k] for k in classes) == "QNFSVN"


@pytest.mark.parametrize("symbol", ["+", "~", "n", "", "NN", "ö"])
def test_symbol_that_marks_no_beat(symbol):
    with pytest.raises(EcgError) as caught:
        to_classes(np.array(["N", symbol]))
    assert repr(symbol) in str(caught.value)


def test_no_beats_are_no_classes():
    assert class_counts(to_classes(np.array([], dtype=str))) == dict.fromkeys(CLASSES, 0)
