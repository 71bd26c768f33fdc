"""Beats that are kept: what makes them stale, and that damage does no harm."""

import ast
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from ecgutils import database, files
from ecgutils.beats import cache as module
from ecgutils.beats.cache import ROOMS, load_beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.t_to_t import cut_t_to_t
from ecgutils.errors import EcgError
from ecgutils.paths import PACKAGE_DIR


def assert_same(first, second):
    for field in fields(first):
        assert_array_equal(getattr(first, field.name), getattr(second, field.name))


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr(module, "CACHE_DIR", folder)
    return folder


@pytest.fixture
def refuse_to_read(monkeypatch):
    def switch_on():
        monkeypatch.setattr(database, "read", lambda *_: pytest.fail("a record was read"))

    return switch_on


def only_file(folder):
    (path,) = folder.iterdir()
    return path


def test_second_load_is_equal_and_reads_no_record(cache, short_record, refuse_to_read):
    first = load_beats(["100"], short_record)
    assert len(first) == 9
    refuse_to_read()
    assert_same(load_beats(["100"], short_record), first)
    assert_same(load_beats(directory=str(short_record)), first)
    assert only_file(cache).suffix == ".npz"


def test_each_way_of_cutting_has_its_own_cache(cache, short_record):
    for cut in (cut_t_to_t, RCentred(), RCentred(leads=1)):
        expected = cut(database.read("100", short_record))
        for _ in ("made", "read"):
            assert_same(load_beats(["100"], short_record, cut), expected)
    assert len(list(cache.iterdir())) == 3


def test_cut_cache_is_made_anew(cache, short_record):
    first = load_beats(["100"], short_record)
    path = only_file(cache)
    whole = path.read_bytes()
    for length in [0, 1, 10, 100, 1000, len(whole) // 2, len(whole) - 100, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert module._read_cache(path) is None
        assert_same(load_beats(["100"], short_record), first)
        assert path.read_bytes() == whole


@pytest.mark.slow
def test_damaged_cache_is_made_anew_or_harmless(cache, short_record):
    first = load_beats(["100"], short_record)
    path = only_file(cache)
    whole = path.read_bytes()
    for position in np.linspace(0, len(whole) - 1, 60).astype(int):
        damaged = bytearray(whole)
        damaged[position] ^= 0x41
        path.write_bytes(damaged)
        assert_same(load_beats(["100"], short_record), first)


def test_cache_that_holds_something_else_is_made_anew(cache, short_record):
    first = load_beats(["100"], short_record)
    np.savez(only_file(cache), windows=first.windows)
    assert_same(load_beats(["100"], short_record), first)


def test_nothing_is_unpickled(cache, short_record):
    first = load_beats(["100"], short_record)
    columns = {field.name: getattr(first, field.name) for field in fields(first)}
    np.savez(only_file(cache), **columns | {"symbol": first.symbol.astype(object)})
    assert module._read_cache(only_file(cache)) is None


def test_what_a_kill_leaves_behind_is_ignored(cache, short_record):
    first = load_beats(["100"], short_record)
    path = only_file(cache)
    left = path.with_name(f".{path.name}.x1y2.part")
    left.write_bytes(path.read_bytes()[:5000])
    path.unlink()
    assert_same(load_beats(["100"], short_record), first)
    assert path.exists()


def test_interrupt_while_writing_leaves_no_cache(cache, short_record, monkeypatch):
    def interrupted(file, **_):
        file.write(b"PK half of it")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_beats(["100"], short_record)
    assert list(cache.iterdir()) == []
    assert len(load_beats(["100"], short_record)) == 9


def key(directory, names=("100",), cut=cut_t_to_t):
    return module._cache_key(list(names), Path(directory), cut)


def test_key_depends_on_the_parameters(short_record):
    shutil.copy(short_record / "100.hea", short_record / "101.hea")
    keys = {
        key(short_record),
        key(short_record, cut=RCentred()),
        key(short_record, cut=RCentred(leads=1)),
        key(short_record, cut=RCentred(scale_each_beat=True)),
        key(short_record, names=("101",)),
        key(short_record, names=("100", "101")),
        key(short_record, names=("101", "100")),
    }
    assert len(keys) == 7
    assert {key(short_record), key(short_record, cut=RCentred())} <= keys


@pytest.mark.parametrize("suffix", ["dat", "hea", "atr"])
def test_key_depends_on_every_byte_of_the_record(short_record, suffix):
    before = key(short_record)
    path = short_record / f"100.{suffix}"
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    assert key(short_record) != before


def test_key_depends_on_signals_under_another_name(short_record):
    header = short_record / "100.hea"
    header.write_text(header.read_text().replace("100.dat", "signals.bin"))
    (short_record / "100.dat").rename(short_record / "signals.bin")
    before = key(short_record)
    with open(short_record / "signals.bin", "ab") as file:
        file.write(b"\0")
    assert key(short_record) != before


def sources(room):
    """Source files of a room, as paths within the package."""
    folder = PACKAGE_DIR / room
    paths = folder.rglob("*.py") if folder.is_dir() else [folder]
    return [path.relative_to(PACKAGE_DIR).as_posix() for path in sorted(paths)]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package's sources, to be changed."""
    copy = tmp_path_factory.mktemp("copy") / "ecgutils"
    shutil.copytree(PACKAGE_DIR, copy, ignore=shutil.ignore_patterns("__pycache__", "model"))
    return copy


@pytest.mark.slow
@pytest.mark.parametrize("source", [path for room in ROOMS for path in sources(room)])
def test_key_depends_on_each_source_that_makes_beats(short_record, copy, monkeypatch, source):
    before = key(short_record)
    monkeypatch.setattr(files, "PACKAGE_DIR", copy)
    assert key(short_record) == before
    whole = (copy / source).read_text()
    (copy / source).write_text(whole + "# changed\n")
    assert key(short_record) != before
    (copy / source).write_text(whole)


def test_key_does_not_depend_on_rooms_that_make_no_beats(short_record, copy, monkeypatch):
    before = key(short_record)
    monkeypatch.setattr(files, "PACKAGE_DIR", copy)
    (copy / "cli.py").write_text("# changed\n")
    (copy / "plots" / "style.py").write_text("# changed\n")
    assert key(short_record) == before


def imported(source):
    """Modules and packages of this package that a source file imports, anywhere in it."""
    for node in ast.walk(ast.parse((PACKAGE_DIR / source).read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            path = PACKAGE_DIR.joinpath(*name.split(".")[1:])
            if name.startswith("ecgutils.") and (path.is_dir() or path.with_suffix(".py").exists()):
                yield path.relative_to(PACKAGE_DIR).parts[0]


def test_all_rooms_are_listed_that_beats_import_from():
    """Directly or not: whatever is imported may decide how beats are cut."""
    found, left = set(), ["beats"]
    while left:
        room = left.pop()
        found.add(room)
        rooms = {name for source in sources(room) for name in imported(source)}
        rooms = {name if (PACKAGE_DIR / name).is_dir() else f"{name}.py" for name in rooms}
        left += rooms - found - set(left)
    assert {"io", "database", "signals", "aami.py", "files.py"} < found
    assert found == set(ROOMS)


def test_key_does_not_depend_on_other_files(short_record):
    before = key(short_record)
    (short_record / "notes.txt").write_text("other")
    (short_record / "100.aami").write_text("other")
    assert key(short_record) == before


@pytest.mark.parametrize("name", ["999", "", ".", "..", "*", "[", "../100", "/dev/zero", "a\0b"])
def test_record_that_is_not_there(cache, short_record, name):
    with pytest.raises(EcgError):
        load_beats([name], short_record)
    assert not cache.exists()


def test_no_record_named(cache, short_record):
    with pytest.raises(EcgError, match="no record is named"):
        load_beats([], short_record)
    assert not cache.exists()


@pytest.mark.parametrize("outside", ["../outside.dat", "/dev/zero"])
def test_signal_file_outside_the_folder_is_not_touched(cache, short_record, outside):
    header = short_record / "100.hea"
    header.write_text(header.read_text().replace("100.dat", outside))
    before = key(short_record)
    (short_record.parent / "outside.dat").write_bytes(b"there now")
    assert key(short_record) == before
    with pytest.raises(EcgError, match="outside its own folder"):
        load_beats(["100"], short_record)
    assert not cache.exists()


def test_cache_that_cannot_be_written(tmp_path, short_record, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(module, "CACHE_DIR", tmp_path / "file" / "cache")
    with pytest.raises(EcgError, match="cannot be written"):
        load_beats(["100"], short_record)
