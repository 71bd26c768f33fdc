"""The embedded database is PhysioNet's, damage is noticed, and `fetch` restores it."""

import hashlib
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import wfdb

from ecgutils import database
from ecgutils.database.databases import DATABASES, MITDB, NSTDB, SVDB, database_in
from ecgutils.database.embedded import record_names
from ecgutils.database.physionet import (
    EMBEDDED_SUMS,
    PUBLISHED_SUMS,
    convert_record,
    decode_flac,
    encode_flac,
    fetch,
    verify,
)
from ecgutils.errors import EcgError
from ecgutils.paths import MITDB_DIR, SVDB_DIR
from tests.helpers.physionet_copy import FILE_NAMES, NAMES, SUFFIXES, listing, write_copy

SVDB_FILES = [f"{name}{suffix}" for name in ("801", "893") for suffix in SUFFIXES]


def part_of(database, directory, file_names):
    """Write a folder such as the database's with some of its files."""
    directory.mkdir()
    for file_name in file_names:
        shutil.copy(database.directory / file_name, directory)
    for sums in (PUBLISHED_SUMS, EMBEDDED_SUMS):
        (directory / sums).write_text(listing(database.directory, sums, file_names))
    names = dict.fromkeys(name.split(".")[0] for name in file_names)
    (directory / "RECORDS").write_text("".join(f"{name}\n" for name in names))
    return directory


@pytest.fixture
def embedded(tmp_path):
    """A folder such as data/mitdb with three records."""
    return part_of(MITDB, tmp_path / "mitdb", FILE_NAMES)


def contents(directory):
    """Return the content of every file of a folder, by name."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


# verify ------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("directory", "records"), [(MITDB, 48), (SVDB, 38)])
def test_all_records_are_physionets(directory, records):
    verdicts = verify(directory)
    assert [verdict.record_name for verdict in verdicts] == record_names(directory)
    assert len(verdicts) == records
    for verdict in verdicts:
        assert verdict.suffixes == SUFFIXES
        assert verdict.problems == {}
        assert verdict.ok


def test_the_noise_records_are_physionets():
    verdicts = verify(NSTDB)
    assert [(v.record_name, v.suffixes, v.ok) for v in verdicts] == [
        (name, (".dat", ".hea"), True) for name in ("bw", "em", "ma")
    ]


def test_the_lists_are_physionets_and_complete():
    sums = [line.split() for line in (MITDB_DIR / EMBEDDED_SUMS).read_text().splitlines()]
    assert len(sums) == 3 * 48
    records = hashlib.sha256((MITDB_DIR / "RECORDS").read_bytes()).hexdigest()
    assert f"{records} RECORDS\n" in (MITDB_DIR / PUBLISHED_SUMS).read_text()


def test_headers_keep_everything_but_the_format():
    header = wfdb.rdheader(str(MITDB_DIR / "102"))
    assert header.fmt == ["516", "516"]
    assert header.adc_gain == [200.0, 200.0]
    assert header.baseline == header.adc_zero == [1024, 1024]
    assert header.adc_res == [11, 11]
    assert header.units == ["mV", "mV"]
    assert header.sig_name == ["V5", "V2"]
    assert header.init_value == [984, 1025]
    assert header.checksum == [-28574, 13743]
    assert header.comments[0] == "84 F 1525 167 x1"
    assert len(header.comments) == 3


def places(file_name):
    """Return byte positions all over a file: start, metadata, padding, middle, end."""
    size = (MITDB_DIR / file_name).stat().st_size
    # The FLAC file's stream information ends at byte 42, its comment block at 86.
    return [
        place for place in (0, 5, 20, 41, 50, 80, size // 3, size - 2, size - 1) if place < size
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file_name", "place"),
    [(name, place) for name in ("114.dat", "114.hea", "114.atr") for place in places(name)],
)
@pytest.mark.parametrize("bit", [0, 7])
def test_a_flipped_bit_anywhere_names_the_record(embedded, file_name, place, bit):
    path = embedded / file_name
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(content)
    verdicts = {verdict.record_name: verdict for verdict in verify(embedded)}
    assert [name for name in NAMES if not verdicts[name].ok] == ["114"]
    assert list(verdicts["114"].problems) == [path.suffix]
    assert f"{file_name}: damaged" in verdicts["114"].problems[path.suffix]


@pytest.mark.parametrize("file_name", ["893.dat", "893.hea", "893.atr"])
def test_a_flipped_bit_in_the_second_database_is_found(tmp_path, file_name):
    path = part_of(SVDB, tmp_path / "svdb", SVDB_FILES) / file_name
    assert all(verdict.ok for verdict in verify(path.parent))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert [list(verdict.problems) for verdict in verify(path.parent)] == [[], [path.suffix]]


def test_samples_are_compared_with_physionets_list_whatever_our_own_says(embedded):
    """A changed signal in a sound FLAC file, whose sum is in our own list, is not PhysioNet's."""
    digital = decode_flac(embedded / "100.dat")
    digital[325_000, 1] += 1
    forged = encode_flac(digital)
    (embedded / "100.dat").write_bytes(forged)
    sums = embedded / EMBEDDED_SUMS
    old = listing(embedded, EMBEDDED_SUMS, ["100.dat"])
    new = f"{hashlib.sha256(forged).hexdigest()}  100.dat\n"
    sums.write_text(sums.read_text().replace(old, new))
    problems = verify(embedded)[0].problems
    assert list(problems) == [".dat"]
    assert "100.dat: not PhysioNet's" in problems[".dat"]


@pytest.mark.parametrize("content", [b"", b"fLaC", b"no FLAC file"])
def test_what_cannot_be_decoded_is_one_line(tmp_path, content):
    (tmp_path / "100.dat").write_bytes(content)
    with pytest.raises(EcgError, match=r"100.dat: cannot be decoded: not a FLAC file"):
        decode_flac(tmp_path / "100.dat")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_missing_file_is_named(embedded, suffix):
    (embedded / f"114{suffix}").unlink()
    assert [list(v.problems) for v in verify(embedded)] == [[], [suffix], []]


@pytest.mark.parametrize("cut", [0, 1000, 300_000])
def test_a_truncated_file_is_named(embedded, cut):
    path = embedded / "234.dat"
    path.write_bytes(path.read_bytes()[:cut])
    assert [list(v.problems) for v in verify(embedded)] == [[], [], [".dat"]]


@pytest.mark.parametrize("sums", [PUBLISHED_SUMS, EMBEDDED_SUMS])
def test_a_damaged_list_is_one_line(embedded, sums):
    path = embedded / sums
    path.write_text(path.read_text().replace("100.dat", "100 .dat"))
    with pytest.raises(EcgError, match=f"{sums}: .*is not a SHA-256 and a file name"):
        verify(embedded)


def test_without_our_own_list_no_record_is_proved(embedded):
    (embedded / EMBEDDED_SUMS).unlink()
    for verdict in verify(embedded):
        assert [problem.split(": ")[1] for problem in verdict.problems.values()] == [
            f"not in {EMBEDDED_SUMS}; restore it with 'ecgutils fetch'"
        ] * 3


def test_a_record_missing_in_one_list_is_named(embedded):
    (embedded / "RECORDS").write_text("100\n114\n")
    with pytest.raises(EcgError, match=r"RECORDS: differs from SHA256SUMS.txt in 234"):
        verify(embedded)


# convert_record ----------------------------------------------------------------------------------


def test_converting_gives_the_embedded_files_again(originals, tmp_path):
    convert_record("100", originals, tmp_path)
    for suffix in (".atr", ".hea"):
        assert (tmp_path / f"100{suffix}").read_bytes() == (MITDB_DIR / f"100{suffix}").read_bytes()
    assert np.array_equal(decode_flac(tmp_path / "100.dat"), decode_flac(MITDB_DIR / "100.dat"))
    first = (tmp_path / "100.dat").read_bytes()
    convert_record("100", originals, tmp_path)
    assert (tmp_path / "100.dat").read_bytes() == first
    assert len(first) < 665_000


def test_a_converted_record_reads_as_the_original(originals, embedded):
    original, converted = database.read("114", originals), database.read("114", embedded)
    assert np.array_equal(original.p_signal, converted.p_signal)
    assert original.comments == converted.comments
    assert original.sig_name == converted.sig_name


def test_only_format_212_is_converted(embedded, tmp_path):
    with pytest.raises(EcgError, match=r"100.hea: not one signal file of format 212"):
        convert_record("100", embedded, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_signals_of_different_sampling_are_not_converted(tmp_path):
    (tmp_path / "100.hea").write_text("100 2 360 4\n100.dat 212 200\n100.dat 212x3 200\n")
    (tmp_path / "100.dat").write_bytes(bytes(24))
    with pytest.raises(EcgError, match=r"100.hea: not one signal file of format 212"):
        convert_record("100", tmp_path, tmp_path / "new")


def test_the_second_database_holds_no_even_record():
    names = record_names(SVDB)
    assert len(names) == 38
    assert all(int(name) % 2 for name in names)
    published = (SVDB_DIR / PUBLISHED_SUMS).read_text().split()[1::2]
    assert sorted(published) == sorted(f"{name}{suffix}" for name in names for suffix in SUFFIXES)
    there = {path.stem for path in SVDB_DIR.iterdir() if path.suffix in SUFFIXES}
    assert there == set(names)


# fetch from a folder -----------------------------------------------------------------------------


@pytest.mark.slow
def test_an_empty_folder_is_filled_from_a_copy(originals, tmp_path):
    target = tmp_path / "new" / "mitdb"
    assert fetch(target, originals) == NAMES
    assert all(verdict.ok for verdict in verify(target))
    assert sorted(contents(target)) == sorted(
        [*FILE_NAMES, PUBLISHED_SUMS, EMBEDDED_SUMS, "RECORDS"]
    )
    assert (target / "RECORDS").read_text() == "100\n114\n234\n"


def test_the_second_database_is_filled_with_its_odd_records_only(tmp_path):
    (tmp_path / "copy").mkdir()
    copy = write_copy(tmp_path / "copy", SVDB_DIR, SVDB_FILES)
    # PhysioNet lists the even half as well.
    sums = copy / PUBLISHED_SUMS
    sums.write_text(sums.read_text() + "".join(f"{'0' * 64} 892{suffix}\n" for suffix in SUFFIXES))
    target = replace(SVDB, directory=tmp_path / "svdb")
    assert fetch(target, copy) == ["801", "893"]
    assert all(verdict.ok for verdict in verify(target))
    made, expected = (
        contents(folder)
        for folder in (target.directory, part_of(SVDB, tmp_path / "expected", SVDB_FILES))
    )
    assert list(made) == list(expected)
    assert made[PUBLISHED_SUMS].split() == expected[PUBLISHED_SUMS].split()
    for name in ("RECORDS", "801.hea", "893.atr"):
        assert made[name] == expected[name]


def test_every_database_knows_where_physionet_has_it():
    names = ["mitdb", "svdb", "nstdb"]
    assert [each.address.split("/")[-3:] for each in DATABASES] == [[n, "1.0.0", ""] for n in names]
    for each in DATABASES:
        assert database_in(each.directory) is each
        assert fetch(each.directory) == []
        listed = (each.directory / PUBLISHED_SUMS).read_text().split()[1::2]
        assert all(re.fullmatch(each.files, name) for name in listed)


@pytest.mark.slow
def test_only_what_is_missing_or_damaged_is_fetched(originals, embedded):
    (embedded / "114.dat").write_bytes(b"damaged")
    (embedded / "RECORDS").unlink()
    before = contents(embedded)
    assert fetch(embedded, originals) == ["114"]
    assert all(verdict.ok for verdict in verify(embedded))
    unchanged = set(before) - {"114.dat", EMBEDDED_SUMS}
    assert {name: before[name] for name in unchanged} == {
        name: contents(embedded)[name] for name in unchanged
    }
    assert fetch(embedded, originals) == []


def test_a_copy_that_is_not_physionets_is_refused(originals, embedded, tmp_path):
    copy = shutil.copytree(originals, tmp_path / "copy")
    content = bytearray((copy / "114.dat").read_bytes())
    content[1000] ^= 1
    (copy / "114.dat").write_bytes(content)
    (embedded / "114.dat").unlink()
    before = contents(embedded)
    with pytest.raises(EcgError, match=r"copy/114.dat: not PhysioNet's: SHA-256 [0-9a-f]{64}"):
        fetch(embedded, copy)
    assert contents(embedded) == before


@pytest.mark.parametrize("missing", ["114.dat", PUBLISHED_SUMS])
def test_what_a_copy_lacks_is_named(originals, tmp_path, missing):
    copy = shutil.copytree(originals, tmp_path / "copy")
    (copy / missing).unlink()
    with pytest.raises(EcgError, match=f"copy/{missing}: cannot be read"):
        fetch(tmp_path / "new", copy)


def test_a_list_that_leads_elsewhere_is_not_followed(originals, tmp_path):
    copy = shutil.copytree(originals, tmp_path / "copy")
    (copy / PUBLISHED_SUMS).write_text(
        "".join(f"{'0' * 64} ../{name}\n" for name in ("100.dat", "100.hea"))
    )
    with pytest.raises(EcgError, match="lists no records"):
        fetch(tmp_path / "new", copy)


def test_a_folder_that_cannot_be_written_is_one_line(originals, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EcgError, match="cannot be written"):
        fetch(tmp_path / "file" / "mitdb", originals)


def test_a_progress_bar_is_drawn_only_on_a_terminal(originals, tmp_path, capfd):
    fetch(tmp_path / "new", originals, progress=True)
    assert capfd.readouterr() == ("", "")
