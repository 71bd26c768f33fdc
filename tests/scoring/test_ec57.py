"""Beat-by-beat scoring: each rule by hand, and what is refused."""

import math
import struct

import numpy as np
import pytest

from ecgutils import cli
from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.ec57 import score_annotations, score_record
from ecgutils.scoring.ec57_tables import rows_of, text_of_rows
from ecgutils.scoring.scorable import SYMBOLS, Label
from tests.helpers.bxb import EDGES

CODES = {"N": 1, "V": 5, "F": 6, "A": 8, "~": 14, "[": 32, "]": 33, "+": 28}
# 150 ms at 360 Hz.
WINDOW = 54


def test_the_reference_agrees_with_itself():
    score = score_record("207", "atr", test_dir=MITDB_DIR, start=0)
    assert score.counts.sum() == np.trace(score.counts) > 1800
    assert score.rr_error == 0


# Labels, flutter and shutdown, by hand.


def annotations(*marks, sig_len=100_000):
    """Make annotations of (sample, symbol) or (sample, symbol, subtype)."""
    sample, symbol, subtype = zip(*[(*mark, 0)[:3] for mark in marks], strict=True)
    empty = np.full(len(marks), "", object)
    arrays = (np.array(sample), np.array(symbol), np.array(subtype), empty)
    return Annotations("1", 360.0, sig_len, *arrays)


def pairs_of(score):
    """Return the counts that are not zero, such as {"Nn": 2}."""
    return {
        Label(i).name + Label(j).name.lower(): int(score.counts[i, j])
        for i, j in zip(*np.nonzero(score.counts), strict=True)
    }


BEATS = [(sample, "N") for sample in (1000, 1400, 1800, 2200, 2600)]


def compare(reference, test):
    return pairs_of(score_annotations(annotations(*reference), annotations(*test), start=0))


def test_escape_beats_are_supraventricular_and_paced_ones_unclassifiable():
    labels = {symbol: label for label, symbols in SYMBOLS.items() for symbol in symbols}
    assert {labels[symbol] for symbol in "ejn"} == {Label.S}
    assert {labels[symbol] for symbol in "/fQ?"} == {Label.Q}
    assert labels["r"] is Label.V


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
    "truncated": (lambda path: path.write_bytes(b"\1\2\3"), "truncated"),
    "unsorted": (
        lambda path: written(path, (900, "N"), (300, "N")),
        "annotation 1 lies before the one it follows; sort them",
    ),
    "missing": (lambda path: path.unlink(), "no such file"),
    "pickle": (lambda path: path.write_bytes(b"cos\nsystem\n(S'true'\ntR."), "annotation"),
    "damaged": (lambda path: path.write_bytes(b"\0\xec\1\0\0\0"), "it is damaged"),
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
    # Whoever keeps only the output must see what is missing from it.
    assert told.startswith("1 of 1 records could not be scored: ")
    assert complained.startswith("ecgutils: error: ")
    assert len(complained.splitlines()) == 1


SCORED_EDGES = sorted(path.name for path in EDGES.glob("[!M]*") if path.is_dir())


@pytest.mark.parametrize("name", SCORED_EDGES)
def test_whatever_bxb_scores_is_scored_as_bxb_does(name):
    score = score_record("c", "tst", "ref", EDGES / name, EDGES / name, start=0)
    header, line = (EDGES / name / "bxb.txt").read_text().splitlines()
    assert text_of_rows(*rows_of([score])).splitlines()[:2] == [header, line]


DIFFERENCES = {
    # Case of the README of golden/bxb_edge: reference, test, start in s, what is right.
    "A": ([(1000, "N")], [(950, "N"), (1000, "!")], 0, {"Nn": 1}),
    "B": (
        [(1000, "["), (1100, "]"), (5000, "N"), (5100, "[")],
        [(5000, "N"), (9000, "N")],
        0,
        {"Nn": 1},
    ),
    "C": (
        [(1000, "N"), *zip(range(1100, 1400, 50), "[][][]", strict=True), (2000, "N")],
        [(1000, "N"), (1120, "V"), (2000, "N")],
        0,
        {"Nn": 2},
    ),
    "D": ([(20, "N"), (400, "N")], [(0, "N"), (400, "N")], 0, {"Nn": 2}),
    "G": ([(40, "N"), (400, "N")], [(400, "N")], 0.1, {"Nn": 1, "No": 1}),
}


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_standard_is_followed_where_bxb_differs(name):
    reference, test, start, counts = DIFFERENCES[name]
    score = score_annotations(annotations(*reference), annotations(*test), start=start)
    assert pairs_of(score) == counts


def test_an_interval_that_starts_at_sample_0_counts_unlike_in_bxb():
    reference = annotations((0, "N"), (400, "N"), (800, "N"))
    test = annotations((10, "N"), (400, "N"), (800, "N"))
    # 10 samples and none.
    error = math.sqrt(10**2 / 2) / 0.36
    assert score_annotations(reference, test, start=0).rr_error == pytest.approx(error)


def test_an_interval_that_starts_before_the_recording_does_not_count():
    reference, test = annotations((400, "N"), (1000, "N")), annotations((-1, "N"), (1000, "N"))
    assert math.isnan(score_annotations(reference, test, start=0).rr_error)


def test_a_missed_beat_is_compared_with_the_interval_of_the_next_one_even_beyond_the_end():
    reference = annotations((400, "N"), (800, "N"), (1200, "N"), (1600, "N"), sig_len=1250)
    test = annotations((400, "N"), (800, "N"), (1300, "N"))
    # No difference, and 100 samples.
    error = math.sqrt(100**2 / 2) / 0.36
    assert score_annotations(reference, test, start=0).rr_error == pytest.approx(error)


def test_beats_beyond_the_recording_are_told_and_not_scored(folder):
    written(folder / "100.atr", (1000, "N"), (3600, "N"), (4000, "V"))
    written(folder / "100.tst", (-1, "N"), (1000, "N"), (3599, "N"), (5000, "N"))
    score = score_record("100", "tst", reference_dir=folder, test_dir=folder, start=0)
    assert (pairs_of(score), score.outside) == ({"Nn": 2}, 3)


def test_scoring_ends_where_it_is_told_to(folder):
    options = {"reference_dir": folder, "test_dir": folder, "start": 0}
    written(folder / "100.atr", (1000, "N"), (2000, "V"), (3000, "N"))
    written(folder / "100.tst", (1000, "N"), (2000, "V"))
    assert pairs_of(score_record("100", "tst", **options)) == {"Nn": 1, "Vv": 1, "No": 1}
    found = score_record("100", "tst", **options, end=6)
    assert (pairs_of(found), found.outside) == ({"Nn": 1, "Vv": 1}, 0)


def test_another_match_window_may_be_chosen():
    reference, test = annotations((1000, "N")), annotations((1040, "N"))
    assert pairs_of(score_annotations(reference, test, start=0, window=0.1)) == {"No": 1, "On": 1}


def test_shutdown_is_counted_in_seconds_as_bxb_does():
    marks = (720, "~", 0x30), (1440, "~", 0), (9000, "~", 0x30)
    score = score_annotations(annotations(*marks, sig_len=9360), annotations((9, "N")), start=0)
    # Two seconds, and one at the end.
    assert (score.unreadable, score.shutdown) == (3, 0)
    unknown = annotations((9, "N"), sig_len=0)
    score = score_annotations(unknown, annotations(*marks), start=0)
    assert (score.unreadable, score.shutdown) == (0, 2)


def folders(folder):
    return ["--reference-dir", str(folder), "--test-dir", str(folder)]


def test_declared_sampling_frequency_of_the_record_is_accepted(folder):
    written(folder / "100.tst", (370, "N"), note=resolution(360))
    score = score_record("100", "tst", reference_dir=folder, test_dir=folder, start=0)
    assert score.counts[0, 0] == 1


def test_positions_count_as_the_header_beside_them_does(folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    written(folder / "100.atr", (1440, "N"))
    written(other / "100.tst", (1000, "N"))
    options = {"reference_dir": folder, "test_dir": other, "start": 0}
    assert pairs_of(score_record("100", "tst", **options)) == {"No": 1, "On": 1}
    header = (folder / "100.hea").read_text()
    (other / "100.hea").write_text(header.replace("100 2 360 ", "100 2 250 "))
    assert pairs_of(score_record("100", "tst", **options)) == {"Nn": 1}
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
