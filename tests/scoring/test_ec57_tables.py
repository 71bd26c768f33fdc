"""The tables of scoring: number for number those of `bxb` and `sumstats`."""

import math

import numpy as np
import pytest

from ecgutils.database.embedded import record_names
from ecgutils.scoring.ec57 import Score, score_record
from ecgutils.scoring.ec57_tables import (
    AVERAGE,
    COUNT_COLUMNS,
    GROSS,
    as_text,
    matrix_text,
    score_table,
    shutdown_text,
)
from ecgutils.scoring.scorable import Label
from tests.helpers.bxb import GOLDEN


@pytest.mark.parametrize(("name", "start"), [("sd_default", 300.0), ("sd_full", 0.0)])
def test_the_text_is_what_bxb_and_sumstats_print(name, start):
    scores = [score_record(n, "tst", test_dir=GOLDEN, start=start) for n in record_names()]
    assert as_text(score_table(scores)) == (GOLDEN / f"{name}.sum.txt").read_text()


def test_undefined_figures_are_printed_as_bxb_does():
    nothing = Score("1", np.zeros((7, 7), dtype=np.int64), math.nan)
    text = as_text(score_table([nothing]))
    assert text.splitlines()[1].endswith("0" + "      -" * 6 + "     -")
    assert text.splitlines()[3].startswith("Sum      0   0")
    assert text.endswith("Total SVEBs: 0\n\nSummary of results from 1 record\n")


def score_of(name="1", shutdown=0.0, unreadable=0.0, **pairs):
    """Return a score, given counts such as Nv=3."""
    counts = np.zeros((7, 7), dtype=np.int64)
    for (ours, theirs), count in pairs.items():
        counts[Label[ours], Label[theirs.upper()]] = count
    return Score(name, counts, math.nan, shutdown, unreadable)


def table_of(**pairs):
    return score_table([score_of(**pairs)])


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


def test_the_whole_matrix_is_laid_out_as_bxb_does():
    text = matrix_text([score_of("100", Nn=1234, Vq=2, Ox=3, Xn=4, Qo=5), score_of("101", Nn=1)])
    first, _, both = text.split("\n\n")
    # Text of `bxb -S`.
    assert first.splitlines() == [
        "100",
        "               Algorithm",
        "        n    s    v    f    q    o    x",
        "   ____________________________________",
        " N | 1234    0    0    0    0    0    0",
        " S |    0    0    0    0    0    0    0",
        " V |    0    0    0    0    2    0    0",
        " F |    0    0    0    0    0    0    0",
        " Q |    0    0    0    0    0    5    0",
        " O |    0    0    0    0    0",
        " X |    4    0    0    0    0",
    ]
    assert both.splitlines()[4] == " N | 1235    0    0    0    0    0    0"


def test_what_was_missed_in_shutdowns_by_hand():
    text = shutdown_text(
        [
            score_of("100", 12.4, 2.5, Nn=8, Nx=2, Sx=1, Vv=3, Vx=1),
            score_of("101", 0.6, Nn=5),
        ]
    )
    # 4 of 15, 2 of 10, 1 of 1 and 1 of 4 beats.
    assert [line.removesuffix(" seconds") for line in text.splitlines()[2:]] == [
        " 100    2    1    1    0    0    26.67  20.00 100.00  25.00      -   12 seconds     3",
        " 101    0    0    0    0    0     0.00   0.00      -      -      -    1 seconds     0",
        "_" * 72,
        "Sum     2    1    1    0    0    20.00  13.33 100.00  25.00      -   13 seconds     3",
    ]


def test_details_are_more_columns():
    table = score_table([score_of("100", 12.4, 2.5, Nq=2, Vx=1, Nv=3)], details=True)
    assert len(set(table.columns)) == len(table.columns)
    row = table.loc["100"]
    assert row[["Nq", "Vx", "Nv", "shutdown", "unreadable"]].tolist() == [2, 1, 3, 12.4, 2.5]
    assert {"Oo", "Ox", "Xo", "Xx"} & set(table.columns) == set()
    assert table.loc[GROSS, ["Nq", "unreadable"]].tolist() == [2, 2.5]
