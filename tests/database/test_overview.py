"""Tables of the database, checked on a few of its records and on made-up ones."""

from dataclasses import replace

import pytest

from ecgutils import database
from ecgutils.aami import BEAT_SYMBOLS
from ecgutils.database import overview
from ecgutils.database.patients import RHYTHM_NAMES
from ecgutils.errors import EcgError


@pytest.fixture(scope="module")
def records():
    return [database.read(name) for name in ("102", "103", "207", "208")]


def test_records_are_described_with_patients_and_beats(records):
    table = overview.describe_records(records)
    assert table.loc["102", "leads"] == "V5, V2"
    assert table.loc["103", ["sex", "medication"]].tolist() == ["M", "Diapres, Xyloprim"]
    assert table["age"].isna().tolist() == [False, True, False, False]
    assert table.loc["208", ["age", "beats"]].tolist() == [23, 2955]


def test_symbols_are_counted_over_records(records):
    table = overview.count_symbols(records)
    assert table.loc["F", ["class", "annotations", "records"]].tolist() == ["F", 373, 1]
    assert table.loc["!", ["class", "annotations", "records"]].tolist() == ["", 472, 1]
    # Record 103 has one.
    assert table.loc["+", "records"] == 4
    assert table["annotations"].sum() == sum(len(record.annotations.symbol) for record in records)
    assert table["annotations"].is_monotonic_decreasing
    assert table["meaning"].notna().all()


def test_classes_are_counted_by_record(records):
    counts = overview.count_classes(records)
    assert counts.loc["208"].to_dict() == {"N": 1586, "S": 2, "V": 992, "F": 373, "Q": 2}
    assert counts.index.tolist() == ["102", "103", "207", "208"]


def test_classes_of_the_second_database_are_those_of_its_annotations():
    records = [database.read(name, database.SVDB) for name in database.record_names(database.SVDB)]
    counts = overview.count_classes(records)
    # Counted with wfdb in PhysioNet's own annotation files: S is "S" and one "a".
    assert counts.sum().to_dict() == {"N": 76932, "S": 7518, "V": 4918, "F": 20, "Q": 54}
    assert counts.loc["865"].to_dict() == {"N": 1102, "S": 1818, "V": 235, "F": 0, "Q": 7}
    assert overview.spread_over_records(counts).loc["S", "most in"] == "865"
    assert overview.rhythm_times(records).empty
    assert overview.describe_records(records)["age"].isna().all()
    assert set(overview.typical_beats(records, lead="ECG")) == set("NaSVFQ")


def test_both_databases_fit_into_one_table(records):
    both = [*records, database.read("873", database.SVDB)]
    assert overview.count_classes(both)["F"].to_dict()["873"] == 17
    assert overview.describe_records(both).index.tolist() == ["102", "103", "207", "208", "873"]


def test_spread_names_the_records_that_hold_most(records):
    table = overview.spread_over_records(overview.count_classes(records))
    assert table.loc["F", ["beats", "records", "most in"]].tolist() == [373, 1, "208"]
    assert table.loc["F", "share of 1"] == 100
    assert (table["share of 1"] <= table["share of 2"]).all()
    assert table["share of 3"].between(0, 100 + 1e-9).all()


def test_rhythms_fill_the_records_and_have_names(records):
    table = overview.rhythm_times(records)
    assert table["minutes"].sum() == pytest.approx(sum(r.duration for r in records) / 60, abs=0.1)
    assert table.loc["(VFL", "records"] == 1
    assert set(table.index) <= set(RHYTHM_NAMES)
    assert table["rhythm"].notna().all()


def test_typical_beats_are_beats_of_their_kind(records):
    beats = overview.typical_beats(records)
    assert list(beats) == [symbol for symbol in BEAT_SYMBOLS if symbol in beats]
    assert beats["F"][0].name == "208"
    for symbol, (record, sample) in beats.items():
        assert symbol in record.annotations.symbol[record.annotations.sample == sample]
        assert "MLII" in record.sig_name


def test_a_typical_beat_is_no_outlier(records):
    record = records[1]
    sample = record.annotations.sample[record.annotations.symbol == "N"]
    spoilt = record.p_signal.copy()
    # All but ten beats are spoilt, so that chance would take a spoilt one; the median would not.
    spoilt[sample[5::10]] += 50
    spoilt_record = replace(record, p_signal=spoilt)
    _, chosen = overview.typical_beats([spoilt_record])["N"]
    assert chosen not in sample[5::10]


def test_records_without_the_lead_are_passed_over(records):
    with pytest.raises(EcgError, match="lead 'MLII'"):
        overview.typical_beats(records[:1])
    assert overview.typical_beats(records[:1], lead="V5")["/"][0].name == "102"
