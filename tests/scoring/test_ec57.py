"""Beat-by-beat scoring: each rule by hand, and what is refused."""

import struct

import numpy as np
import pytest

from ecgutils import cli
from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.ec57 import (
    SYMBOLS,
    Label,
    match_beats,
    score_annotations,
    score_record,
)

CODES = {"N": 1, "V": 5, "F": 6, "A": 8, "~": 14, "[": 32, "]": 33, "+": 28}
# 150 ms at 360 Hz.
WINDOW = 54


def test_the_reference_agrees_with_itself():
    score = score_record("207", "atr", test_dir=MITDB_DIR, start=0)
    assert score.counts.sum() == np.trace(score.counts) > 1800
    assert score.rr_error == 0


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
    "empty": (lambda path: path.write_bytes(b""), "an empty file.*write the annotations again"),
    "truncated": (lambda path: path.write_bytes(b"\1\2\3"), "truncated"),
    "no beats": (lambda path: written(path), "holds no beat annotations; name a file"),
    "only rhythm": (lambda path: written(path, (5, "+")), "holds no beat annotations; name"),
    "late": (
        lambda path: written(path, (5, "N"), (3654, "N")),
        "from sample 5 to 3654, the recording has samples 0 to 3599; is it the right recording",
    ),
    "negative": (lambda path: written(path, (-55, "N"), (30, "N")), "from sample -55 to 30"),
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


@pytest.mark.parametrize(
    ("reference", "test", "counts", "rr_error"),
    [
        # What `bxb` of WFDB 10.7 prints for a reference beat at the record's length.
        ([(1000, "N"), (3600, "N")], [(1000, "N"), (3599, "N")], {"Nn": 2}, 2.78),
        # The same for a test beat before the first sample, such as `wqrs` writes.
        (
            [(1000, "N"), (1400, "V")],
            [(-1, "N"), (1000, "N"), (1400, "N")],
            {"Nn": 1, "Vn": 1},
            0.0,
        ),
    ],
)
def test_beats_just_outside_the_record_are_scored_as_bxb_does(
    folder, reference, test, counts, rr_error
):
    written(folder / "100.atr", *reference)
    written(folder / "100.tst", *test)
    score = score_record("100", "tst", reference_dir=folder, test_dir=folder, start=0)
    assert pairs_of(score) == counts
    assert score.rr_error == pytest.approx(rr_error, abs=0.005)


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
