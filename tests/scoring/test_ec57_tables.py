"""The tables of scoring: number for number those of `bxb` and `sumstats`."""

import math

import numpy as np
import pytest

from ecgutils.database.embedded import record_names
from ecgutils.scoring.ec57 import Label, Score, score_record
from ecgutils.scoring.ec57_tables import (
    AVERAGE,
    COUNT_COLUMNS,
    GROSS,
    as_text,
    score_table,
)
from tests.helpers.bxb import GOLDEN

pytestmark = pytest.mark.slow

STARTS = {"sd_default": 300.0, "sd_full": 0.0}


@pytest.fixture(scope="module")
def tables():
    """The table of all records, for both settings."""
    return {
        name: score_table(
            [score_record(n, "tst", test_dir=GOLDEN, start=start) for n in record_names()]
        )
        for name, start in STARTS.items()
    }


def golden_rows(name):
    header, *lines = (GOLDEN / f"{name}.sum.txt").read_text().splitlines()
    columns = header.replace(" Se", "_Se").replace(" +P", "_+P").replace(" err", "_err").split()
    rows = dict(line.split(maxsplit=1) for line in lines[:48])
    rows |= {key: line.split(maxsplit=1)[1] for key, line in zip("SGA", lines[49:52], strict=True)}
    return [column.replace("_", " ") for column in columns[1:]], rows


def number(text):
    return math.nan if text == "-" else float(text)


@pytest.mark.parametrize("record_name", record_names())
@pytest.mark.parametrize("name", STARTS)
def test_every_number_of_a_record_is_that_of_bxb(name, record_name, tables):
    columns, rows = golden_rows(name)
    found = tables[name].loc[record_name, columns].astype(float).round(2)
    np.testing.assert_allclose(found, [number(n) for n in rows[record_name].split()], atol=1e-9)


@pytest.mark.parametrize("name", STARTS)
def test_every_number_of_the_last_rows_is_that_of_sumstats(name, tables):
    columns, rows = golden_rows(name)
    gross, average = (tables[name].loc[row].astype(float).round(2) for row in (GROSS, AVERAGE))
    assert gross[list(COUNT_COLUMNS)].tolist() == [number(n) for n in rows["S"].split()]
    assert gross[columns[19:25]].tolist() == [number(n) for n in rows["G"].split()]
    assert average[columns[19:]].tolist() == [number(n) for n in rows["A"].split()]


@pytest.mark.parametrize("name", STARTS)
def test_the_text_is_what_bxb_and_sumstats_print(name, tables):
    assert as_text(tables[name]) == (GOLDEN / f"{name}.sum.txt").read_text()


def test_undefined_figures_are_printed_as_bxb_does():
    nothing = Score("1", np.zeros((7, 7), dtype=np.int64), math.nan)
    text = as_text(score_table([nothing]))
    assert text.splitlines()[1].endswith("0" + "      -" * 6 + "     -")
    assert text.splitlines()[3].startswith("Sum      0   0")
    assert text.endswith("Total SVEBs: 0\n\nSummary of results from 1 record\n")


def table_of(**pairs):
    """Return the one row of a table, given counts such as Nv=3."""
    counts = np.zeros((7, 7), dtype=np.int64)
    for (ours, theirs), count in pairs.items():
        counts[Label[ours], Label[theirs.upper()]] = count
    return score_table([Score("1", counts, math.nan)])


def test_false_positives_of_v_leave_out_fusion_and_unclassifiable():
    table = table_of(Vv=10, Nv=1, Sv=1, Ov=1, Xv=1, Fv=50, Qv=50, Nn=96)
    assert table.loc["1", "V +P"] == pytest.approx(100 * 10 / 14)
    assert table.loc["1", "V FPR"] == pytest.approx(100 * 4 / 100)


def test_false_positives_of_s_leave_out_unclassifiable_and_pooled_also_fusion():
    table = table_of(Ss=10, Ns=1, Vs=1, Fs=1, Os=1, Xs=1, Qs=50, Nn=95)
    assert table.loc["1", "S +P"] == pytest.approx(100 * 10 / 15)
    assert table.loc["1", "S FPR"] == pytest.approx(100 * 5 / 100)
    assert table.loc[GROSS, "S +P"] == pytest.approx(100 * 10 / 14)
    assert table.loc[AVERAGE, "S +P"] == pytest.approx(100 * 10 / 14)


def test_sensitivities_count_what_was_missed_in_a_shutdown():
    row = table_of(Vv=3, Vn=1, Vo=1, Vx=1, Ss=1, Sx=1, Nn=2, Nx=2).loc["1"]
    assert row[["V Se", "S Se", "Q Se"]].tolist() == [50, 50, pytest.approx(100 * 7 / 12)]


def test_columns_with_a_prime_hold_more_than_one_label():
    row = table_of(Nn=1, Nf=2, Nq=4, Fs=1, Qs=2, Ov=1, Xv=2, Vo=1, Vx=2, Qo=4, Fx=8).loc["1"]
    found = {name: count for name, count in row[list(COUNT_COLUMNS)].items() if count}
    assert found == {"Nn'": 7, "Fs'": 3, "Ov'": 3, "Vo'": 3, "Fo'": 12}


def test_the_average_rr_error_is_that_of_the_printed_ones():
    counts = np.zeros((7, 7), dtype=np.int64)
    table = score_table([Score(str(error), counts, error) for error in (1.004, 2.004, math.nan)])
    assert table.loc[AVERAGE, "RR err"] == 1.5


def test_the_average_passes_over_undefined_figures():
    counts = np.zeros((2, 7, 7), dtype=np.int64)
    counts[:, 0, 0] = 10
    counts[0, 2, 2] = counts[0, 2, 0] = 1
    table = score_table([Score(str(k), c, math.nan) for k, c in enumerate(counts)])
    assert math.isnan(table.loc["1", "V Se"])
    assert table.loc[AVERAGE, "V Se"] == 50
