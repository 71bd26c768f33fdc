"""`ecgutils score`: what it prints, stores and refuses."""

import pandas as pd
import pytest

from ecgutils import cli
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
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


def test_folder_of_test_files_is_scored_whole(capsys):
    assert cli.main(["score", str(GOLDEN), "--test", "tst", "--from", "5:00"]) == 0
    assert capsys.readouterr().out == (GOLDEN / "sd_default.sum.txt").read_text()


def test_minutes_may_be_chosen(capsys, short_record):
    (short_record / "100.tst").write_bytes((short_record / "100.atr").read_bytes())
    beats = {}
    for end in ("0:03", "0:05", "10"):
        options = ["--test", "tst", "--from", "0:02", "--to", end, "--window", "0.1"]
        assert cli.main(["score", str(short_record), *options]) == 0
        beats[end] = int(capsys.readouterr().out.splitlines()[1].split()[1])
    # After 720, N lie at 946, 1231, 1515, 1809 and 2403, of 360 samples a second.
    assert beats == {"0:03": 1, "0:05": 3, "10": 5}


def test_match_window_may_be_chosen(capsys):
    missed = []
    for window in ("0.15", "0"):
        assert cli.main([*GOOD, "100", "--window", window]) == 0
        missed.append(int(capsys.readouterr().out.splitlines()[1].split()[16]))
    assert missed[0] == 27 < missed[1]


def test_more_tables_are_printed_if_wanted_and_what_is_left_out_comes_last(capsys, tmp_path):
    out = tmp_path / "table.csv"
    more = ["--matrix", "--shutdown", "--csv", str(out)]
    assert cli.main([*GOOD, "105", "nonsense", *more]) == 1
    table, *matrices, shutdown = capsys.readouterr().out.split("\n\n")
    assert (table.splitlines()[1][:7], len(matrices)) == (" 105  2", 3)
    assert matrices[0].startswith("Summary of results from 1 record")
    assert matrices[1].splitlines()[4] == " N | 1989   27   35   15   14   41    0"
    # Record 105 has four marks that both signals are unreadable.
    assert shutdown.splitlines()[2].endswith("0 seconds     4 seconds")
    assert shutdown.splitlines()[-1].startswith("1 of 2 records could not be scored")
    assert pd.read_csv(out, index_col="Record").loc["105", ["Nq", "unreadable"]].tolist() == [
        14,
        4.4833,
    ]


def test_mismatches_are_a_table_and_annotations(capsys, tmp_path):
    assert cli.main([*GOOD, "100", "101", "--mismatches", str(tmp_path / "out")]) == 0
    golden = capsys.readouterr().out.splitlines()[1:3]
    table = pd.read_csv(tmp_path / "out" / "mismatches.csv", dtype={"record": str})
    for line in golden:
        name, *counts = line.split()[:20]
        of_record = table[table["record"] == name]
        # Missed and false beats, and what was called V.
        assert (of_record["test"] == "O").sum() == sum(map(int, counts[15:19]))
        assert (of_record["reference"] == "O").sum() == sum(int(counts[k]) for k in (4, 9, 14))
        notes = read_annotations(name, tmp_path / "out", "bxb", MITDB_DIR)
        shown = notes.aux[notes.symbol == '"'].tolist()
        expected = of_record["reference"] + of_record["test"].str.lower()
        assert sorted(shown) == sorted(expected)
        assert (notes.aux == "Nv").sum() == int(counts[10])
        assert (notes.symbol == "V").sum() == int(counts[12])


def test_bad_record_does_not_stop_the_others(capsys, tmp_path):
    out = tmp_path / "table.csv"
    assert cli.main([*GOOD, "nonsense", "100", "../101", "103", "--csv", str(out)]) == 1
    shown, errors = capsys.readouterr()
    summary, left_out = shown.splitlines()[-2:]
    assert summary == "Summary of results from 2 records"
    assert left_out.startswith("2 of 4 records could not be scored: ")
    assert "nonsense.hea: no such file" in left_out
    assert "'../101.hea' is not a name inside" in left_out
    assert len(errors.splitlines()) == 2
    assert all(line.startswith("ecgutils: error: ") for line in errors.splitlines())
    assert len(out.read_text().splitlines()) == 1 + 2 + 2


def test_nothing_is_stored_where_no_record_was_scored(capsys, tmp_path):
    out = tmp_path / "table.csv"
    assert cli.main([*GOOD, "nonsense", "--csv", str(out)]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("1 of 1 records could not be scored: ")
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
        *([*GOOD, "100", "--from", value] for value in ("-1", "nan", "inf", "x", "1:2:3:4", "1:")),
        [*GOOD, "100", "--to", "5:00"],
        [*GOOD, str(GOLDEN), "100"],
    ],
)
def test_wrong_usage_ends_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        cli.main(arguments)
    assert "error: " in capsys.readouterr().err.splitlines()[-1]
