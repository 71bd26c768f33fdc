"""Heart rate, measurement by measurement: what `mxm` printed, and worked by hand."""

import math

import pytest

from ecgutils.errors import EcgError
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.ec57_tables import AVERAGE, GROSS
from ecgutils.scoring.heart_rate import (
    heart_rate_table,
    heart_rates,
    heart_rates_as_text,
    score_heart_rate,
)
from tests.helpers.marks import marks
from tests.helpers.moved_rhythms import GOLDEN, golden_pairs

ERROR, MEAN = "RMS error (%)", "Mean reference"


@pytest.mark.slow
def test_the_text_is_what_mxm_and_sumstats_print():
    text = heart_rates_as_text([score_heart_rate(*pair) for pair in golden_pairs()])
    # The last line is ours.
    assert text.splitlines()[:-1] == (GOLDEN / "hr.sum.txt").read_text().splitlines()


def test_heart_rates_by_hand():
    sample, rate = heart_rates(marks("1:N 2:V 3:A 4:N 4.5:N 5:! 6:N"))
    assert sample.tolist() == [401, 451, 601]
    # Three intervals in 3, 2.5 and 3 s.
    assert rate.tolist() == [60, 72, 60]


def test_each_measurement_is_compared_with_the_nearest_one_by_hand():
    reference, test = marks("10:=60 20:=80 30:=100"), marks("11:=66 19:=80 24:=80 29:=90")
    row = heart_rate_table([score_heart_rate(reference, test, start=0)]).loc["1"]
    # Compared with 60, 80, 80 and 100, whose mean is 80; differences 6, 0, 0 and 10.
    assert row["Measurements"] == 4
    assert row[MEAN] == 80
    assert row[ERROR] == pytest.approx(100 * math.sqrt(136 / 4) / 80)


def test_measurements_are_taken_before_beats():
    both = marks("1:N 2:N 3:N 4:N 5:N 6:=75")
    measured = heart_rate_table([score_heart_rate(both, both, start=0)]).loc["1"]
    assert measured[["Measurements", MEAN]].tolist() == [1, 75]


def test_the_oddities_of_mxm_are_in_the_text_alone():
    reference, test = marks("10:=60 20:=60"), marks("2:=60 12:=66")
    score = score_heart_rate(reference, test, start=0)
    row = heart_rate_table([score]).loc["1"]
    assert row[ERROR] == pytest.approx(100 * math.sqrt(36 / 2) / 60)
    # The first one lies nearer to the start than to the reference, so it is compared with zero;
    # the test ends first, so its last one is compared once more.
    assert score.mxm_sums == (2, 60**2 + 6**2 + 6**2, 0 + 60 + 60)
    assert heart_rates_as_text([score]).splitlines()[3] == "     1\t71.4143\t\t60"


def test_scoring_starts_and_ends_where_it_is_told():
    reference = marks("10:=60 20:=80 30:=100")
    score = score_heart_rate(reference, reference, start=15, end=25)
    # Each file is read until it passes the end.
    assert score.sums == (2, 0, 180)


def test_the_last_rows_pool_measurements_and_average_records():
    reference, test = marks("10:=50 20:=50"), marks("10:=55 20:=55")
    scores = [score_heart_rate(reference, t, start=0) for t in (reference, reference, test)]
    table = heart_rate_table(scores)
    assert table.loc[GROSS, ERROR] == pytest.approx(10 / math.sqrt(3))
    assert table.loc[AVERAGE, ERROR] == pytest.approx(10 / 3)


def test_a_file_agrees_with_itself():
    own = read_annotations("100", MITDB_DIR)
    row = heart_rate_table([score_heart_rate(own, own, start=0)]).loc["100"]
    assert row[ERROR] == 0
    # 2,273 beats in half an hour.
    assert row[MEAN] == pytest.approx(2273 * 360 * 60 / 650_000, abs=0.5)


def test_nothing_to_compare_is_no_figure():
    score = score_heart_rate(marks("1:N 2:N"), marks("1:N 2:N"))
    row = heart_rate_table([score]).loc["1"]
    assert row["Measurements"] == 0
    assert row[[ERROR, MEAN]].isna().all()
    assert heart_rates_as_text([score]).splitlines()[3].split() == ["1", "-", "-"]


@pytest.mark.parametrize("note", ["fast", "nan", "1e999"])
def test_a_measurement_that_is_no_number_is_refused(note):
    wrong = marks(f"10:=60 20:={note}")
    with pytest.raises(EcgError, match=rf"^1: '{note}' is marked as a heart rate; write a number"):
        score_heart_rate(wrong, wrong)
