"""Beat-by-beat scoring: the tables of `bxb`, each rule by hand, and what is refused."""

import math
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecgutils import cli
from ecgutils.database.embedded import record_names
from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.ec57 import (
    LABELS,
    SYMBOL_TO_LABEL,
    Score,
    match_beats,
    score_annotations,
    score_record,
)
from ecgutils.scoring.ec57_tables import (
    AVERAGE,
    COUNT_COLUMNS,
    GROSS,
    as_text,
    score_table,
    write_csv,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "bxb"
STARTS = {"sd_default": 300.0, "sd_full": 0.0}
CODES = {"N": 1, "V": 5, "F": 6, "A": 8, "~": 14, "[": 32, "]": 33, "+": 28}
# 150 ms at 360 Hz.
WINDOW = 54


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


def test_the_reference_agrees_with_itself():
    score = score_record("207", "atr", test_dir=MITDB_DIR, start=0)
    assert score.counts.sum() == np.trace(score.counts) > 1800
    assert score.rr_error == 0


def test_undefined_figures_are_printed_as_bxb_does():
    nothing = Score("1", np.zeros((7, 7), dtype=np.int64), math.nan)
    text = as_text(score_table([nothing]))
    assert text.splitlines()[1].endswith("0" + "      -" * 6 + "     -")
    assert text.splitlines()[3].startswith("Sum      0   0")
    assert text.endswith("Total SVEBs: 0\n\nSummary of results from 1 record\n")


# The match rules, by hand.


@pytest.mark.parametrize(
    ("reference", "test", "pairs"),
    [
        ([1000], [1000], [(0, 0)]),
        ([1000], [1000 + WINDOW], [(0, 0)]),
        ([1000], [1000 - WINDOW], [(0, 0)]),
        ([1000], [1001 + WINDOW], [(0, -1), (-1, 0)]),
        ([1000], [999 - WINDOW], [(-1, 0), (0, -1)]),
        ([1000], [], [(0, -1)]),
        ([], [1000], [(-1, 0)]),
        ([], [], []),
        # Of two candidates the closer one, whichever file has them.
        ([1000], [960, 990], [(-1, 0), (0, 1)]),
        ([960, 990], [1000], [(0, -1), (1, 0)]),
        ([1000], [990, 1030], [(0, 0), (-1, 1)]),
        # As close: the earlier one is left alone.
        ([1000], [980, 1020], [(-1, 0), (0, 1)]),
        # The example in the source of bxb: the rival has a better partner of its own.
        ([96, 160], [128, 185], [(0, 0), (1, 1)]),
        ([128, 185], [96, 160], [(0, 0), (1, 1)]),
    ],
)
def test_matching_by_hand(reference, test, pairs):
    found = match_beats(np.array(reference, int), np.array(test, int), WINDOW)
    assert found.tolist() == [list(pair) for pair in pairs]


@pytest.mark.parametrize(
    ("reference", "test", "pairs"),
    [
        # The last test beat of the learning period may match the first reference beat after it.
        ([900, 1010, 1400], [905, 990, 1400], [(1, 1), (2, 2)]),
        ([900, 1010, 1400], [905, 990, 1011, 1400], [(1, 2), (2, 3)]),
        # A test beat that belongs to the learning period is left out, unless it fits best.
        ([990, 1300], [1010, 1300], [(1, 1)]),
        ([990, 1300], [1010], [(-1, 0), (1, -1)]),
        ([990, 1300], [1060, 1300], [(-1, 0), (1, 1)]),
        ([990, 1040], [1030, 1300], [(1, 0), (-1, 1)]),
        ([1000, 1300], [1000, 1300], [(0, 0), (1, 1)]),
        ([500], [400, 500], []),
        ([500], [400, 1200], [(-1, 1)]),
    ],
)
def test_matching_at_the_end_of_the_learning_period_by_hand(reference, test, pairs):
    found = match_beats(np.array(reference), np.array(test), WINDOW, start=1000)
    assert found.tolist() == [list(pair) for pair in pairs]


@pytest.mark.parametrize("which", ["reference", "test"])
def test_beats_out_of_order_are_refused(which):
    beats = {"reference": np.array([1, 2]), "test": np.array([1, 2]), which: np.array([2, 1])}
    with pytest.raises(EcgError, match=f"^the {which} beats are not in ascending order; sort"):
        match_beats(**beats, window=WINDOW)


def random_beats(seed):
    rng = np.random.default_rng(seed)
    return [np.unique(rng.integers(0, 40_000, 400)) for _ in range(2)]


@pytest.mark.parametrize("seed", range(5))
def test_exchanging_the_files_exchanges_the_partners(seed):
    reference, test = random_beats(seed)
    there = {tuple(pair) for pair in match_beats(reference, test, WINDOW)}
    back = {tuple(pair[::-1]) for pair in match_beats(test, reference, WINDOW)}
    assert there == back


@pytest.mark.parametrize("seed", range(5))
def test_shifting_both_files_and_the_start_changes_nothing(seed):
    reference, test = random_beats(seed)
    here = match_beats(reference, test, WINDOW, start=5_000)
    there = match_beats(reference + 700, test + 700, WINDOW, start=5_700)
    assert np.array_equal(here, there)
    assert len(here) < len(match_beats(reference, test, WINDOW, start=0))


@pytest.mark.parametrize("seed", range(5))
def test_every_beat_has_at_most_one_partner_and_within_the_window(seed):
    reference, test = random_beats(seed)
    pairs = match_beats(reference, test, WINDOW)
    for column, beats in zip(pairs.T, (reference, test), strict=True):
        assert column[column >= 0].tolist() == list(range(len(beats)))
    both = pairs[(pairs >= 0).all(axis=1)]
    assert np.abs(reference[both[:, 0]] - test[both[:, 1]]).max() <= WINDOW
    assert not (pairs == -1).all(axis=1).any()


# Labels, flutter and shutdown, by hand.


def annotations(*marks, sig_len=100_000):
    """Make annotations of (sample, symbol) or (sample, symbol, subtype)."""
    sample, symbol, subtype = zip(*[(*mark, 0)[:3] for mark in marks], strict=True)
    empty = np.full(len(marks), "", object)
    arrays = (np.array(sample), np.array(symbol), np.array(subtype), empty)
    return Annotations("1", 360.0, sig_len, *arrays)


def pairs_of(score):
    """Return the counts that are not zero, such as {"Nn": 2}."""
    lower = [label.lower() for label in LABELS]
    return {
        LABELS[i] + lower[j]: int(score.counts[i, j])
        for i, j in zip(*np.nonzero(score.counts), strict=True)
    }


BEATS = [(sample, "N") for sample in (1000, 1400, 1800, 2200, 2600)]


def compare(reference, test):
    return pairs_of(score_annotations(annotations(*reference), annotations(*test), start=0))


def test_escape_beats_are_supraventricular_and_paced_ones_unclassifiable():
    assert {s: LABELS[k] for s, k in SYMBOL_TO_LABEL.items() if s in "ejn/fQ?r"} == {
        **dict.fromkeys("ejn", "S"),
        **dict.fromkeys("/fQ?", "Q"),
        "r": "V",
    }


def test_other_annotations_are_not_beats():
    assert compare([(900, "+"), *BEATS, (2700, "|")], [(950, "~"), *BEATS]) == {"Nn": 5}


def test_what_only_one_file_has_is_paired_with_nothing():
    assert compare(BEATS, BEATS[1:]) == {"Nn": 4, "No": 1}
    assert compare(BEATS[1:], BEATS) == {"Nn": 4, "On": 1}


def test_flutter_in_the_reference_is_not_scored():
    reference = [BEATS[0], (1300, "["), (1400, "V"), (1750, "!"), (1900, "]"), *BEATS[3:]]
    assert compare(reference, BEATS) == {"Nn": 3}
    # First and last sample are part of it.
    assert compare(reference, [*BEATS[:1], (1300, "V"), (1900, "V"), *BEATS[3:]]) == {"Nn": 3}
    assert compare(reference, [*BEATS[:1], (1299, "V"), (1901, "V"), *BEATS[3:]]) == {
        "Nn": 3,
        "Ov": 2,
    }


def test_flutter_in_the_test_hides_beats_from_being_found():
    test = [BEATS[0], (1300, "["), (1400, "N"), (1900, "]"), *BEATS[3:]]
    assert compare(BEATS, test) == {"Nn": 3, "No": 2}


def test_flutter_without_an_end_lasts_to_the_end():
    assert compare([*BEATS[:2], (1700, "["), *BEATS[2:]], BEATS) == {"Nn": 2}


def test_many_short_spells_of_flutter_are_all_left_out():
    spells = [(1100, "["), (1150, "]"), (1200, "["), (1250, "]"), (1300, "["), (1350, "]")]
    test = [BEATS[0], (1120, "V"), (1220, "V"), (1320, "V"), *BEATS[1:]]
    assert compare([BEATS[0], *spells, *BEATS[1:]], test) == {"Nn": 5}


@pytest.mark.parametrize("subtype", [0x30, 0x33, -1])
def test_beats_in_a_shutdown_are_paired_with_x(subtype):
    shutdown = [BEATS[0], (1300, "~", subtype), (1900, "~", 0x10), *BEATS[3:]]
    assert compare(shutdown, BEATS) == {"Nn": 3, "Xn": 2}
    assert compare(BEATS, shutdown) == {"Nn": 3, "Nx": 2}


def test_noise_with_a_readable_signal_is_no_shutdown():
    assert compare([BEATS[0], (1300, "~", 0x13), *BEATS[3:]], BEATS) == {"Nn": 3, "On": 2}


def test_shutdown_marked_once_reaches_from_beat_to_beat_less_the_window():
    shutdown = [BEATS[0], (1500, "~", 0x30), *BEATS[3:]]
    edges = [1000 + WINDOW, 2200 - WINDOW]
    assert compare(shutdown, BEATS) == {"Nn": 3, "Xn": 2}
    inside = [*BEATS[:1], *((sample, "V") for sample in edges), *BEATS[3:]]
    assert compare(shutdown, inside) == {"Nn": 3, "Xv": 2}
    after_flutter = [BEATS[0], (1100, "["), (1350, "]"), *shutdown[1:]]
    assert compare(after_flutter, [BEATS[0], (1360, "V"), *BEATS[1:]]) == {
        "Nn": 3,
        "Ov": 1,
        "On": 1,
        "Xn": 1,
    }


def test_shutdown_without_an_end_lasts_to_the_end():
    assert compare([*BEATS[:3], (2000, "~", 0x30)], BEATS) == {"Nn": 3, "Xn": 2}


def table_of(**pairs):
    """Return the one row of a table, given counts such as Nv=3."""
    counts = np.zeros((7, 7), dtype=np.int64)
    for (ours, theirs), count in pairs.items():
        counts[LABELS.index(ours), LABELS.index(theirs.upper())] = count
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


def test_rr_error_by_hand():
    moved = [(1000, "N"), (1436, "N"), (1800, "N")]
    score = score_annotations(annotations(*BEATS[:3]), annotations(*moved), start=0)
    # Twice 36 samples, 100 ms.
    assert score.rr_error == pytest.approx(100)


def test_the_window_is_rounded_as_bxb_rounds_it():
    # 37.5 samples at 250 Hz.
    for late, found in ((38, {"Nn": 1}), (39, {"No": 1, "On": 1})):
        pair = [annotations((1000, "N")), annotations((1000 + late, "N"))]
        pair = [Annotations(a.name, 250.0, *list(vars(a).values())[2:]) for a in pair]
        assert pairs_of(score_annotations(*pair, start=0)) == found


# Files.


def written(path, *marks, note=b""):
    """Write an annotation file of (sample, symbol), however senseless."""
    content, now = note, 0
    for sample, symbol in marks:
        high, low = divmod((sample - now) % 2**32, 2**16)
        content += struct.pack("<4H", 59 << 10, high, low, CODES[symbol] << 10)
        now = sample
    path.write_bytes(content + b"\0\0")


def resolution(fs):
    text = f"## time resolution: {fs}".encode()
    padding = b"\0" * (len(text) % 2)
    return struct.pack("<3H", 59 << 10, 0, 0) + b"\0\x58" + bytes([len(text), 252]) + text + padding


@pytest.fixture
def folder(short_record):
    """Ten seconds of record 100 with test annotations like the reference."""
    (short_record / "100.tst").write_bytes((short_record / "100.atr").read_bytes())
    return short_record


BAD_FILES = {
    "empty": (lambda path: path.write_bytes(b""), "an empty file.*write the annotations again"),
    "truncated": (lambda path: path.write_bytes(b"\1\2\3"), "truncated"),
    "no beats": (lambda path: written(path), "holds no beat annotations; name a file"),
    "only rhythm": (lambda path: written(path, (5, "+")), "holds no beat annotations; name"),
    "late": (
        lambda path: written(path, (5, "N"), (3600, "N")),
        "from sample 5 to 3600, the recording has samples 0 to 3599; is it the right recording",
    ),
    "negative": (lambda path: written(path, (-5, "N"), (30, "N")), "from sample -5 to 30"),
    "unsorted": (
        lambda path: written(path, (900, "N"), (300, "N")),
        "annotation 1 lies before the one it follows; sort them",
    ),
    "other fs": (
        lambda path: written(path, (900, "N"), note=resolution(250)),
        "count at 250 Hz, the recording is sampled at 360 Hz; convert",
    ),
    "missing": (lambda path: path.unlink(), "no such file"),
    "pickle": (lambda path: path.write_bytes(b"cos\nsystem\n(S'true'\ntR."), "annotation"),
    "claims": (
        lambda path: path.write_bytes(b"\x00\xec\xff\x7f\xff\xff\x00\x04\0\0"),
        "the recording has samples",
    ),
}


@pytest.mark.parametrize("suffix", ["atr", "tst"])
@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_annotations_are_one_line_that_names_the_file(case, suffix, folder, capsys):
    spoil, complaint = BAD_FILES[case]
    spoil(folder / f"100.{suffix}")
    with pytest.raises(EcgError, match=rf"100\.{suffix}: .*{complaint}"):
        score_record("100", "tst", reference_dir=folder, test_dir=folder, start=0)
    assert cli.main(["score", "100", "--test", "tst", *folders(folder), "--from", "0"]) == 1
    told, complained = capsys.readouterr()
    assert told == ""
    assert complained.startswith("ecgutils: error: ")
    assert len(complained.splitlines()) == 1


def folders(folder):
    return ["--reference-dir", str(folder), "--test-dir", str(folder)]


def test_declared_sampling_frequency_of_the_record_is_accepted(folder):
    written(folder / "100.tst", (370, "N"), note=resolution(360))
    score = score_record("100", "tst", reference_dir=folder, test_dir=folder, start=0)
    assert score.counts[0, 0] == 1


def test_sampling_frequency_of_a_header_beside_the_test_must_be_the_records(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (folder / "100.tst").rename(other / "100.tst")
    options = {"reference_dir": folder, "test_dir": other, "start": 0}
    assert score_record("100", "tst", **options).counts.sum() > 0
    header = (folder / "100.hea").read_text()
    (other / "100.hea").write_text(header.replace("100 2 360 ", "100 2 250 "))
    with pytest.raises(EcgError, match=r"100\.tst: its positions count at 250 Hz"):
        score_record("100", "tst", **options)
    (other / "100.hea").write_text("x" * 5000)
    with pytest.raises(EcgError, match=r"other/100\.hea: .*not a WFDB header"):
        score_record("100", "tst", **options)


def test_recording_that_ends_in_the_learning_period_is_refused(folder):
    with pytest.raises(EcgError, match=r"100\.hea: lasts 10 s and .* from 300 s on; start earlier"):
        score_record("100", "tst", reference_dir=folder, test_dir=folder)


def test_missing_header_and_names_of_other_folders_are_refused(folder):
    (folder / "100.hea").unlink()
    for name, complaint in (("100", "100.hea: no such file"), ("../100", "is not a name inside")):
        with pytest.raises(EcgError, match=complaint):
            score_record(name, "tst", reference_dir=folder, test_dir=folder, start=0)


def test_annotations_are_read_with_subtypes():
    read = read_annotations("105", MITDB_DIR)
    noise = read.symbol == "~"
    assert (read.name, read.fs, read.sig_len) == ("105", 360, 650_000)
    assert (read.subtype[noise] == -1).sum() == 4


# The command line.

GOOD = ["score", "--test", "tst", "--test-dir", str(GOLDEN)]


def test_command_prints_the_table_and_stores_it(capsys, tmp_path):
    out = tmp_path / "new" / "table.csv"
    assert cli.main([*GOOD, "100", "207", "--from", "0", "--csv", str(out)]) == 0
    told, complained = capsys.readouterr()
    golden = (GOLDEN / "sd_full.sum.txt").read_text().splitlines()
    assert complained == ""
    assert told.splitlines()[0] == golden[0]
    assert told.splitlines()[1:3] == [line for line in golden if line.startswith((" 100", " 207"))]
    assert told.endswith("\nSummary of results from 2 records\n")
    table = pd.read_csv(out, dtype={"Record": str}, index_col="Record")
    assert table.index.tolist() == ["100", "207", "Gross", "Average"]
    assert table.loc["100", ["Nn'", "V +P", "RR err"]].tolist() == [2148, 2.9412, 107.9342]
    assert table.loc["Gross", "Nn'"] == 2148 + 1479


def test_command_leaves_out_the_learning_period_unless_asked(capsys):
    assert cli.main([*GOOD, "100"]) == 0
    golden = (GOLDEN / "sd_default.sum.txt").read_text().splitlines()
    assert capsys.readouterr().out.splitlines()[1] == golden[1]


def test_bad_record_does_not_stop_the_others(capsys, tmp_path):
    out = tmp_path / "table.csv"
    assert cli.main([*GOOD, "nonsense", "100", "../101", "103", "--csv", str(out)]) == 1
    told, complained = capsys.readouterr()
    assert told.endswith("\nSummary of results from 2 records\n")
    assert len(complained.splitlines()) == 2
    assert all(line.startswith("ecgutils: error: ") for line in complained.splitlines())
    assert len(out.read_text().splitlines()) == 1 + 2 + 2


def test_nothing_is_stored_where_no_record_was_scored(capsys, tmp_path):
    out = tmp_path / "table.csv"
    assert cli.main([*GOOD, "nonsense", "--csv", str(out)]) == 1
    assert capsys.readouterr().out == ""
    assert not out.exists()


def test_table_that_cannot_be_stored_is_an_error(capsys, tables, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EcgError, match=r"t\.csv: cannot be written"):
        write_csv(tables["sd_full"], tmp_path / "file" / "t.csv")
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
