"""`ecgutils score`: what it prints, stores and refuses."""

import pandas as pd
import pytest

from ecgutils import cli
from tests.helpers.bxb import GOLDEN

GOOD = ["score", "--test", "tst", "--test-dir", str(GOLDEN)]


def test_command_prints_the_table_and_stores_it(capsys, tmp_path):
    out = tmp_path / "new" / "table.csv"
    assert cli.main([*GOOD, "100", "207", "--from", "0", "--csv", str(out)]) == 0
    shown, errors = capsys.readouterr()
    golden = (GOLDEN / "sd_full.sum.txt").read_text().splitlines()
    assert errors == ""
    assert shown.splitlines()[0] == golden[0]
    assert shown.splitlines()[1:3] == [line for line in golden if line.startswith((" 100", " 207"))]
    assert shown.endswith("\nSummary of results from 2 records\n")
    table = pd.read_csv(out, dtype={"Record": str}, index_col="Record")
    assert table.index.tolist() == ["100", "207", "Gross", "Average"]
    assert table.loc["100", ["Nn'", "V +P", "RR err"]].tolist() == [2148, 2.9412, 107.9342]
    assert table.loc["Gross", "Nn'"] == 2148 + 1479


def test_command_leaves_out_the_learning_period_unless_told_otherwise(capsys):
    assert cli.main([*GOOD, "100"]) == 0
    golden = (GOLDEN / "sd_default.sum.txt").read_text().splitlines()
    assert capsys.readouterr().out.splitlines()[1] == golden[1]


def test_bad_record_does_not_stop_the_others(capsys, tmp_path):
    out = tmp_path / "table.csv"
    assert cli.main([*GOOD, "nonsense", "100", "../101", "103", "--csv", str(out)]) == 1
    shown, errors = capsys.readouterr()
    assert shown.endswith("\nSummary of results from 2 records\n")
    assert len(errors.splitlines()) == 2
    assert all(line.startswith("ecgutils: error: ") for line in errors.splitlines())
    assert len(out.read_text().splitlines()) == 1 + 2 + 2


def test_nothing_is_stored_where_no_record_was_scored(capsys, tmp_path):
    out = tmp_path / "table.csv"
    assert cli.main([*GOOD, "nonsense", "--csv", str(out)]) == 1
    assert capsys.readouterr().out == ""
    assert not out.exists()


def test_table_that_cannot_be_stored_is_an_error(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    assert cli.main([*GOOD, "100", "--csv", str(tmp_path / "file" / "t.csv")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["score"],
        ["score", "100"],
        [*GOOD],
        [*GOOD, "100", "100"],
        *([*GOOD, "100", "--from", value] for value in ("-1", "nan", "inf", "x")),
    ],
)
def test_wrong_usage_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        cli.main(arguments)
    assert "error: " in capsys.readouterr().err.splitlines()[-1]
