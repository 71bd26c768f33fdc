"""The layout of a table is found from its first lines."""

import math

import pytest

from ecgutils.io.csv_layout import Lead, is_missing, number, read_layout, split
from ecgutils.io.csv_times import clock_seconds


@pytest.fixture
def layout_of(tmp_path):
    """A function that gives the layout of a text."""

    def read(text):
        (tmp_path / "x.csv").write_text(text)
        return read_layout(tmp_path / "x.csv")

    return read


def test_a_table_with_everything_is_understood(layout_of):
    rows = "".join(f"{i / 250:.3f};0,{i % 7};-0,1;5\n".replace(".", ",") for i in range(40))
    layout = layout_of(f"# of a patient\n\nTime (s);II (mV);V1;Resp (%)\n{rows}")
    assert (layout.separator, layout.decimal, layout.quote) == (";", ",", "")
    assert (layout.first_line, layout.columns) == (4, 4)
    assert layout.leads == (Lead(1, "II", "mV"), Lead(2, "V1", ""))
    assert (layout.time.column, layout.time.name) == (0, "the column 'Time'")
    assert layout.time.step == pytest.approx(1 / 250)
    assert (layout.time.unit, layout.time.resolution) == (1, pytest.approx(1e-3))
    assert layout.said.texts == ("of a patient",)
    assert layout.remarks == ("Left out, because they are no voltages: Resp.",)


def test_bare_numbers_are_leads_without_a_time(layout_of):
    layout = layout_of("0.1 0.2\n0.3 0.2\n0.2 0.1\n")
    assert layout.separator is None
    assert layout.time is None
    assert layout.leads == (Lead(0, "lead 1", ""), Lead(1, "lead 2", ""))


@pytest.mark.parametrize(
    ("line", "separator", "quote", "cells"),
    [
        ("1, 2 ,3", ",", "", ["1", "2", "3"]),
        ("  1   2 ", None, "", ["1", "2"]),
        ("1;;", ";", "", ["1", "", ""]),
        ('"a, b",2', ",", '"', ["a, b", "2"]),
        ('"a,2', ",", '"', ['"a', "2"]),
    ],
)
def test_a_line_is_split_into_cells(line, separator, quote, cells):
    assert split(line, separator, quote) == cells


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [("1.5", ".", 1.5), ("-1,5", ",", -1.5), ("+.5e1", ".", 5), ("5.", ".", 5)],
)
def test_numbers_are_numbers(cell, decimal, value):
    assert number(cell, decimal) == value


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [("1,5", "."), ("1.5", ","), ("1_0", "."), ("0x1", "."), ("", "."), ("١", ".")],
)
def test_other_cells_are_no_numbers(cell, decimal):
    assert math.isnan(number(cell, decimal))


@pytest.mark.parametrize("cell", ["", "NaN", "n/a", "-", "?", "Infinity", "-INF"])
def test_missing_samples_are_known(cell):
    assert is_missing(cell)
    assert not is_missing("0")


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("12:30:00.5", 45_000.5),
        ("0:00.004", 0.004),
        ("'[12:30:00,004 29/02/2020]'", 45_000.004),
        ("2020-01-31T12:30:00Z", 1_580_473_800),
        ("2020-01-31T12:30:00+01:00", 1_580_470_200),
        ("31.01.2020 12:30:00", 45_000),
        ("01:30:00.25 PM", 48_600.25),
        ("2020-13-31 12:30:00", math.nan),
        ("12", math.nan),
        ("2020-01-31", math.nan),
    ],
)
def test_times_of_day_are_seconds(cell, seconds):
    assert clock_seconds(cell) == pytest.approx(seconds, nan_ok=True)
