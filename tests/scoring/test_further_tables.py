"""`ecgutils score` with the tables of runs, of episodes and of heart rate."""

import pandas as pd
import pytest

from ecgutils import cli
from tests.helpers.bxb import GOLDEN as BXB
from tests.helpers.moved_rhythms import GOLDEN

RECORDS = ["score", "--test", "tst", "--test-dir", str(BXB), "100", "208"]


def lines_of(name, records=("100", "208")):
    golden = (GOLDEN / f"{name}.sum.txt").read_text().splitlines()
    return [line for line in golden if line.split()[:1] in [[record] for record in records]]


@pytest.mark.parametrize(
    ("option", "titles", "names"),
    [
        ("--runs", ["Record CTs", "(SVE run detection)"], ["vruns", "sruns"]),
        ("--episodes", ["(AF detection)", "(VF detection)"], ["af", "vf"]),
        ("--heart-rate", ["(Measurement errors)"], ["hr"]),
    ],
)
def test_tables_that_are_asked_for_follow_that_of_beats(option, titles, names, capsys):
    assert cli.main([*RECORDS, option]) == 0
    _, *tables = capsys.readouterr().out.split("\n\n")[::2]
    for table, title, name in zip(tables, titles, names, strict=True):
        assert table.startswith(title)
        assert set(lines_of(name)) <= set(table.splitlines())


def test_tables_are_stored_beside_that_of_beats(tmp_path):
    out = tmp_path / "table.csv"
    assert cli.main([*RECORDS, "--runs", "--episodes", "--heart-rate", "--csv", str(out)]) == 0
    parts = ["v_runs.", "s_runs.", "af.", "vf.", "heart_rate.", ""]
    assert {path.name for path in tmp_path.iterdir()} == {f"table.{part}csv" for part in parts}
    table = pd.read_csv(tmp_path / "table.v_runs.csv", dtype={"Record": str}, index_col="Record")
    assert table.index.tolist() == ["100", "208", "Gross", "Average"]
    assert table.loc["208", "CTs"] == int(lines_of("vruns")[1].split()[1])


def test_a_record_that_cannot_be_scored_is_in_none_of_the_tables(capsys):
    assert cli.main([*RECORDS, "nonsense", "--runs"]) == 1
    shown = capsys.readouterr().out
    assert shown.count("Summary of results from 2 records") == 3
    assert "1 of 3 records could not be scored" in shown.splitlines()[-1]


def test_what_is_scored_is_the_same_in_all_tables(capsys):
    assert cli.main([*RECORDS, "--from", "29:00", "--to", "30:00", "--heart-rate", "--runs"]) == 0
    minute = capsys.readouterr().out.splitlines()
    counts = next(line for line in minute if line.startswith("Sum")).split()[1:]
    compared = int(minute[-1].split()[0])
    assert 150 < compared <= sum(map(int, counts)) + 4 < 300
