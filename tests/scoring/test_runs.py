"""Run-by-run scoring: what `rxr` printed, each rule worked by hand, and what holds of all files."""

import numpy as np
import pytest

from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.ec57_tables import AVERAGE, GROSS
from ecgutils.scoring.runs import (
    COUNT_COLUMNS,
    LONGEST,
    PERCENT_COLUMNS,
    run_table,
    runs_as_text,
    score_runs,
)
from tests.helpers.marks import marks
from tests.helpers.moved_rhythms import GOLDEN, golden_pairs


@pytest.mark.slow
@pytest.mark.parametrize(("label", "name"), [("V", "vruns"), ("S", "sruns")])
def test_the_text_is_what_rxr_and_sumstats_print(label, name):
    table = run_table([score_runs(*pair, label) for pair in golden_pairs()])
    assert runs_as_text(table, label) == (GOLDEN / f"{name}.sum.txt").read_text()


def found(reference, test, label="V", start=0.0, end=None):
    """Return the runs of the reference: their length, and the longest run of the test there."""
    score = score_runs(marks(reference), marks(test), label, start, end)
    return [tuple(pair) for pair in np.argwhere(score.sensitivity).tolist()]


# Worked by hand: one run of the reference and what the test has from 150 ms before to 150 ms after.
@pytest.mark.parametrize(
    ("reference", "test", "expected"),
    [
        ("1:N 2:V 3:V 4:N", "1:N 2:V 3:V 4:N", [(2, 2)]),
        ("1:N 2:V 3:V 4:N", "1:N 2:V 3:N 4:N", [(2, 1)]),
        ("1:N 2:V 3:V 4:N", "1:N 2:N 3:N 4:N", [(2, 0)]),
        ("1:N 2:V 3:V 4:N", "1:N 2:V 3:V 4:V 5:N", [(2, 2)]),
        ("1:N 2:V 3:V 4:N", "1:N 2.15:V 3.15:V 4:N", [(2, 2)]),
        ("1:N 2:V 3:V 4:N", "1:N 1.84:V 3.16:V 4:N", [(2, 0)]),
        # A fusion beat is one of the run. What is unclassifiable or S, or a shutdown, ends it.
        ("1:N 2:V 3:F 4:N", "1:N 2:V 3:V 4:N", [(2, 2)]),
        ("1:N 2:V 3:Q 4:V 5:N", "1:N 2:V 3:V 4:V 5:N", [(1, 1)]),
        ("1:N 2:V 3:A 4:V 5:N", "1:N 2:V 3:V 4:V 5:N", [(1, 1)]),
        ("1:N 2:V 2.5:~~ 3:V 4:N", "1:N 2:V 3:V 4:N", [(1, 1)]),
        ("1:N 2:V 2.5:~ 3:V 4:N", "1:N 2:V 3:V 4:N", [(2, 2)]),
        # Six beats and more are not told apart; fibrillation is a longest run.
        ("1:N 2:V 3:V 4:V 5:V 6:V 7:V 8:V 9:N", "2:V 3:V 4:V 5:V 6:V 9:N", [(6, 5)]),
        ("1:N 2:[ 9:] 10:N", "1:N 2:V 3:V 4:V 5:N", [(6, 3)]),
        ("1:N 2:V 3:V 4:N", "1:N 1.5:[ 9:] 10:N", [(2, 6)]),
        ("1:N 2:(VFL 9:(N 10:N", "1:N 2:[ 9:] 10:N", [(6, 6)]),
        # The end of the file ends a run.
        ("1:N 2:V 3:V", "1:N 2:V 3:V", [(2, 2)]),
    ],
)
def test_runs_of_v_by_hand(reference, test, expected):
    assert found(reference, test) == expected


@pytest.mark.parametrize(
    ("reference", "test", "expected"),
    [
        ("1:N 2:A 3:J 4:N", "1:N 2:S 3:a 4:N", [(2, 2)]),
        ("1:N 2:A 3:V 4:A 5:N", "1:N 2:A 3:A 4:A 5:N", [(1, 1)]),
        # In atrial fibrillation or flutter there are no normal beats.
        ("1:(AFIB 2:N 3:N 4:(N 5:N", "1:N 2:A 3:A 4:N 5:N", [(6, 2)]),
        ("1:N 2:A 3:A 4:N", "1:(AFL 2:N 3:N 4:(N 5:N", [(2, 6)]),
    ],
)
def test_runs_of_s_by_hand(reference, test, expected):
    assert found(reference, test, "S") == expected


def test_what_is_scored_begins_and_ends_where_it_is_told():
    beats = "1:N 2:V 3:V 4:N 6:V 7:V 8:V 9:N 11:V 12:V 13:N"
    assert found(beats, beats, start=2.5) == [(1, 1), (2, 2), (3, 3)]
    assert found(beats, beats, start=5, end=10) == [(3, 3)]
    # How long a run is that goes on where scoring ends is not known.
    assert found(beats, beats, start=5, end=7.5) == []


def test_counts_by_hand():
    reference = "1:N 2:V 3:V 4:N 6:V 7:V 8:V 9:N 11:V 12:V 13:N 15:V 16:N"
    test = "1:N 2:V 3:V 4:N 6:V 7:V 8:N 9:N 11:V 12:N 13:N 15:V 15.5:V 16:N"
    row = run_table([score_runs(marks(reference), marks(test), start=0)]).loc["1"]
    # Couplets of the reference: one found, one missed. Those of the test: one, one in the run of
    # three and one that is none. The short run is missed, and there is no long one.
    assert row[list(COUNT_COLUMNS)].tolist() == [1, 1, 2, 1, 0, 1, 0, 0, 0, 0, 0, 0]
    assert row[["CSe", "C+P", "SSe"]].tolist() == pytest.approx([50, 200 / 3, 0])
    assert row[["S+P", "LSe", "L+P"]].isna().all()


def test_the_last_rows_pool_runs_and_average_records():
    many, one = "1:N 2:V 3:V 4:N 6:V 7:V 8:N 10:V 11:V 12:N", "1:N 2:V 3:V 4:N"
    scores = [score_runs(marks(r), marks(t), start=0) for r, t in ((many, many), (one, "1:N"))]
    table = run_table(scores)
    assert table.loc[GROSS, "CSe"] == 75
    assert table.loc[AVERAGE, "CSe"] == 50
    assert table.loc[AVERAGE, "C+P"] == 100


@pytest.mark.parametrize(("name", "label"), [("207", "V"), ("222", "S")])
def test_a_file_agrees_with_itself(name, label):
    own = read_annotations(name, MITDB_DIR)
    row = run_table([score_runs(own, own, label, start=0)]).loc[name]
    assert row["LTs"] > 0
    assert set(row[list(PERCENT_COLUMNS)].dropna()) == {100}


@pytest.mark.parametrize("label", "VS")
@pytest.mark.parametrize("seed", range(3))
def test_exchanging_the_files_exchanges_sensitivity_and_predictivity(seed, label):
    rng = np.random.default_rng(seed)
    one, other = (
        marks(" ".join(f"{k}:{s}" for k, s in enumerate(rng.choice(list("NNVVAF[]"), 60))))
        for _ in range(2)
    )
    there, back = score_runs(one, other, label, 0), score_runs(other, one, label, 0)
    assert np.array_equal(there.sensitivity, back.predictivity.T)
    assert np.array_equal(there.predictivity, back.sensitivity.T)


def test_a_file_without_beats_misses_every_run():
    beats, nothing = marks("1:N 2:V 3:V 4:N"), marks("1:N")[:0]
    assert score_runs(beats, nothing, start=0).sensitivity[2].tolist() == [1] + [0] * LONGEST
    assert score_runs(nothing, beats, start=0).predictivity[0, 2] == 1
    assert not score_runs(nothing, nothing, start=0).sensitivity.any()
