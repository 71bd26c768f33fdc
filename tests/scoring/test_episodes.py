"""Episode-by-episode scoring: what `epicmp` printed, worked by hand, and what always holds."""

import numpy as np
import pytest

from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.ec57_tables import AVERAGE, GROSS
from ecgutils.scoring.episodes import (
    COUNT_COLUMNS,
    PERCENT_COLUMNS,
    SECONDS_COLUMNS,
    episode_table,
    episodes_as_text,
    score_episodes,
)
from tests.helpers.marks import marks
from tests.helpers.moved_rhythms import GOLDEN, golden_pairs


@pytest.mark.slow
@pytest.mark.parametrize("rhythm", ["AF", "VF"])
def test_the_text_is_what_epicmp_and_sumstats_print(rhythm):
    table = episode_table([score_episodes(*pair, rhythm) for pair in golden_pairs()])
    expected = (GOLDEN / f"{rhythm.lower()}.sum.txt").read_text()
    assert episodes_as_text(table, rhythm) == expected


# Worked by hand: found, missed, right and false episodes; seconds of both, and in common.
@pytest.mark.parametrize(
    ("rhythm", "reference", "test", "counts", "seconds"),
    [
        ("AF", "5:(AFIB 15:(N", "7:(AFIB 20:(N", [1, 0, 1, 0], [10, 13, 8]),
        ("AF", "5:(AFIB 15:(N", "15:(AFIB 20:(N", [0, 1, 0, 1], [10, 5, 0]),
        ("AF", "5:(AFIB 15:(N", "6:(AFIB 7:(N 8:(AFIB 9:(N", [1, 0, 2, 0], [10, 2, 2]),
        ("AF", "5:(AFIB 15:(N", "5:N 15:N", [0, 1, 0, 0], [10, 0, 0]),
        # Flutter is another rhythm, and ends fibrillation as any other one does.
        ("AF", "5:(AFIB 15:(AFL 25:(N", "5:(AFIB 25:(N", [1, 0, 1, 0], [10, 20, 10]),
        # A repeated mark begins nothing, and without an end it lasts to that of the record.
        ("AF", "5:(AFIB 15:(AFIB 25:N", "50:(AFIB 55:N", [1, 0, 1, 0], [55, 10, 10]),
        ("VF", "5:[ 15:]", "7:[ 20:]", [1, 0, 1, 0], [10, 13, 8]),
        # Brackets tell flutter where there are any, else the names of rhythms do.
        ("VF", "5:[ 5:(VFL 15:] 16:(N", "5:(VFL 15:(N", [1, 0, 1, 0], [10, 10, 10]),
    ],
)
def test_episodes_by_hand(rhythm, reference, test, counts, seconds):
    score = score_episodes(marks(reference), marks(test), rhythm, start=0)
    assert score.counts.tolist() == counts
    assert score.seconds.tolist() == seconds


def test_what_lies_outside_is_cut_off():
    score = score_episodes(marks("5:(AFIB 15:(N"), marks("0:(AFIB 50:(N"), start=10, end=30)
    assert score.seconds.tolist() == [5, 20, 5]
    early = score_episodes(marks("5:(AFIB 15:(N"), marks("5:(AFIB 15:(N"), start=20)
    assert not early.counts.any()


def test_the_last_rows_pool_episodes_and_average_records():
    long, short = ("5:(AFIB 35:(N", "5:(AFIB 35:(N"), ("5:(AFIB 15:(N", "20:(AFIB 30:(N")
    scores = [score_episodes(marks(r), marks(t), start=0) for r, t in (long, short)]
    table = episode_table(scores)
    assert table.loc[GROSS, list(PERCENT_COLUMNS)].tolist() == [50, 50, 75, 75]
    assert table.loc[AVERAGE, list(PERCENT_COLUMNS)].tolist() == [50, 50, 50, 50]


def test_durations_are_printed_with_hours_where_there_are_any():
    day = marks("5:(AFIB 3665.25:(N", seconds=4000)
    lines = episodes_as_text(episode_table([score_episodes(day, day, start=0)])).splitlines()
    assert lines[2] == "     1    1    0    1    0  100 100 100 100   1:01:00.250    1:01:00.250"
    assert lines[4].endswith("1:01:00.250    1:01:00.250")


@pytest.mark.parametrize(("name", "rhythm"), [("207", "VF"), ("202", "AF")])
def test_a_file_agrees_with_itself(name, rhythm):
    own = read_annotations(name, MITDB_DIR)
    row = episode_table([score_episodes(own, own, rhythm, start=0)]).loc[name]
    assert row["TPs"] > 0
    assert row[list(PERCENT_COLUMNS)].tolist() == [100] * 4


@pytest.mark.parametrize("seed", range(3))
def test_exchanging_the_files_exchanges_sensitivity_and_predictivity(seed):
    rng = np.random.default_rng(seed)
    one, other = (
        marks(" ".join(f"{k}:{s}" for k, s in enumerate(rng.choice(["(AFIB", "(N", "N"], 60))))
        for _ in range(2)
    )
    there, back = (
        episode_table([score_episodes(*pair, start=7)]).loc["1"]
        for pair in ((one, other), (other, one))
    )
    assert there[list(COUNT_COLUMNS)].tolist() == back[["TPp", "FP", "TPs", "FN"]].tolist()
    assert there["Overlap"] == back["Overlap"] <= there[list(SECONDS_COLUMNS)].min()
