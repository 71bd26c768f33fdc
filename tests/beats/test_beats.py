"""Beats cut from real records, what must not change them, and their cache."""

import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.signal import resample_poly

from ecgutils import aami, database, files
from ecgutils.beats import beats
from ecgutils.beats.cache import load_beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.t_to_t import cut_t_to_t, min_max, resize, t_peaks, t_to_t
from ecgutils.database.embedded import record_names
from ecgutils.errors import EcgError
from ecgutils.paths import PACKAGE_DIR


@pytest.fixture(scope="module")
def record():
    return database.read("100")


@pytest.fixture(scope="module")
def in_v5_first():
    return database.read("114")


def first_samples(record, samples):
    kept = record.annotations.sample < samples
    return replace(
        record,
        p_signal=record.p_signal[:samples],
        ann_sample=record.annotations.sample[kept],
        ann_symbol=record.annotations.symbol[kept],
        ann_aux=record.annotations.aux[kept],
    )


def assert_same(first, second):
    for field in fields(first):
        assert_array_equal(getattr(first, field.name), getattr(second, field.name))


# The whole database


def test_every_annotated_beat_of_the_database_is_kept(database):
    assert aami.class_counts(database.aami_class) == {
        "N": 90631, "S": 2781, "V": 7236, "F": 803, "Q": 8043
    }  # fmt: skip
    assert list(dict.fromkeys(database.record)) == record_names()
    assert_array_equal(database.aami_class, aami.to_classes(database.symbol))


def test_windows_of_the_database(database):
    assert database.windows.shape == (109_494, 280, 1)
    assert database.windows.dtype == np.float32
    assert database.windows.min(axis=1).max() == 0
    # None is flat, so each reaches from 0 to 1.
    assert_array_equal(database.windows.max(axis=1), 1)


def test_first_lead_of_the_database(database):
    of_v5 = np.unique(database.record[database.sig_name[:, 0] == "V5"])
    assert_array_equal(of_v5, ["102", "104", "114"])
    assert set(database.sig_name[:, 0]) == {"MLII", "V5"}


def test_rr_intervals_add_up(database):
    for name in ("100", "207", "234"):
        of_record = database[database.record == name]
        assert np.isnan(of_record.rr[0, 0])
        assert np.isnan(of_record.rr[-1, 1])
        assert_array_equal(of_record.rr[1:, 0], of_record.rr[:-1, 1])
        assert_allclose(of_record.rr[1:, 0].sum(), np.ptp(of_record.sample) / 360, rtol=1e-5)


# Where the borders lie


@pytest.mark.parametrize("name", ["100", "114", "207", "232"])
def test_t_peak_lies_between_its_r_peak_and_the_next(name):
    record = database.read(name)
    r_peaks = record.annotations.sample[aami.is_beat(record.annotations.symbol)]
    found = t_peaks(record.lead(0), record.fs, r_peaks)
    assert (found >= r_peaks).all()
    assert (found[:-1] < r_peaks[1:]).all()
    assert found[-1] < len(record.p_signal)


def highest_after(signal, fs, r_peak, next_r_peak):
    """The published rule, one sample at a time."""
    first = min(r_peak + round(0.14 * fs), next_r_peak - 1)
    room = next_r_peak - round(0.05 * fs) - first
    best = first
    for sample in range(first, first + 2 * room // 3):
        if signal[sample] > signal[best]:
            best = sample
    return best


@pytest.mark.parametrize("fs", [360.0, 250.0, 1000.0])
@pytest.mark.parametrize("name", ["100", "207", "208", "232"])
def test_t_peaks_against_a_naive_search(name, fs):
    record = first_samples(database.read(name), 60_000)
    signal = record.lead(0)
    r_peaks = record.annotations.sample[aami.is_beat(record.annotations.symbol)]
    following = [*r_peaks[1:], len(signal)]
    naive = [highest_after(signal, fs, r, n) for r, n in zip(r_peaks, following, strict=True)]
    assert_array_equal(t_peaks(signal, fs, r_peaks), naive)


def test_t_peaks_where_r_peaks_leave_no_room():
    signal = np.sin(np.arange(1000) / 30)
    r_peaks = np.array([0, 0, 1, 300, 300, 320, 999])
    start, stop = t_to_t(signal, 360.0, r_peaks)
    assert (np.diff(start) >= 0).all()
    assert ((start >= 0) & (start < stop) & (stop <= len(signal))).all()


def test_beats_follow_each_other_without_gaps(record):
    start, stop = t_to_t(record.lead(0), record.fs, cut_t_to_t(record).sample)
    assert start[0] == 0
    assert_array_equal(start[1:], stop[:-1])


def test_beats_by_hand():
    # R peaks at 100, 400 and 700, and T peaks where these humps are.
    signal = np.zeros(1000)
    signal[[100, 400, 700]] = 5
    signal[[190, 490, 790]] = 1
    start, stop = t_to_t(signal, 360.0, np.array([100, 400, 700]))
    assert_array_equal(start, [0, 190, 490])
    assert_array_equal(stop, [190, 490, 790])


# Resizing and scaling


def test_resizing_keeps_ends_and_straight_lines():
    signal = np.arange(50.0)
    assert_allclose(resize(signal, np.array([10]), np.array([21]), 6)[0], [10, 12, 14, 16, 18, 20])


def test_resizing_against_interpolation(record):
    signal = record.lead(0)
    made = resize(signal, np.array([1000, 5000]), np.array([1217, 5401]), 280)
    for window, (first, last) in zip(made, ((1000, 1216), (5000, 5400)), strict=True):
        at = np.linspace(first, last, 280)
        assert_allclose(window, np.interp(at, np.arange(len(signal)), signal), atol=1e-5)


@pytest.mark.parametrize("samples", [1, 2, 100, 281])
def test_windows_have_the_length_asked_for(record, samples):
    assert cut_t_to_t(record, samples=samples).windows.shape == (2273, samples, 1)


def test_flat_signal_becomes_zero(record):
    flat = replace(record, p_signal=np.full_like(record.p_signal, 0.7))
    assert_array_equal(cut_t_to_t(flat).windows, 0)


def test_each_lead_is_scaled_by_itself():
    windows = np.stack([np.linspace(3, 5, 9), np.linspace(0, 100, 9)], axis=1)[None]
    assert_allclose(min_max(windows), np.repeat(np.linspace(0, 1, 9)[None, :, None], 2, axis=2))


# What must not change beats


@pytest.mark.parametrize(("gain", "offset"), [(2.0, 0.0), (0.001, 0.0), (1.0, 3.0), (7.3, -1.1)])
def test_gain_and_offset_leave_the_windows_as_they_are(record, gain, offset):
    changed = replace(record, p_signal=gain * record.p_signal + offset)
    assert_allclose(cut_t_to_t(changed).windows, cut_t_to_t(record).windows, atol=1e-4)


def test_resampling_leaves_the_windows_nearly_as_they_are(record):
    start = first_samples(record, 72_000)
    slower = replace(
        start,
        p_signal=resample_poly(start.p_signal, 25, 36, axis=0),
        fs=250.0,
        ann_sample=np.round(start.annotations.sample * 250 / 360).astype(np.int64),
    )
    apart = np.abs(cut_t_to_t(slower).windows - cut_t_to_t(start).windows)
    assert np.median(apart) < 0.01
    assert np.mean(apart) < 0.03
    assert_allclose(cut_t_to_t(slower).rr, cut_t_to_t(start).rr, atol=0.005)


def test_annotations_that_are_no_beats_change_nothing(record):
    beat = aami.is_beat(record.annotations.symbol)
    assert not beat.all()
    only = replace(
        record,
        ann_sample=record.annotations.sample[beat],
        ann_symbol=record.annotations.symbol[beat],
    )
    assert_same(cut_t_to_t(only), cut_t_to_t(record))


# Leads


def test_lead_by_name_and_by_position(in_v5_first):
    by_name, by_position = cut_t_to_t(in_v5_first, "V5"), cut_t_to_t(in_v5_first, 0)
    assert_same(by_name, by_position)
    assert set(by_position.sig_name[:, 0]) == {"V5"}
    assert_same(cut_t_to_t(in_v5_first, "MLII"), cut_t_to_t(in_v5_first, np.int64(1)))
    other = cut_t_to_t(in_v5_first, "MLII")
    assert np.abs(other.windows - by_name.windows).mean() > 0.05


def test_unknown_lead(record):
    with pytest.raises(EcgError, match="V1") as caught:
        cut_t_to_t(record, "V1")
    assert "MLII" in str(caught.value)


def test_record_without_beats(record):
    rhythm_only = record.annotations.symbol == "+"
    none = replace(
        record,
        ann_sample=record.annotations.sample[rhythm_only],
        ann_symbol=record.annotations.symbol[rhythm_only],
    )
    with pytest.raises(EcgError, match="record 100 has no annotated beats"):
        cut_t_to_t(none)


def test_missing_samples_are_refused(record):
    signal = record.p_signal.copy()
    signal[5000, 0] = np.nan
    with pytest.raises(EcgError, match="record 100, lead MLII: samples are missing"):
        cut_t_to_t(replace(record, p_signal=signal))
    assert np.isfinite(cut_t_to_t(replace(record, p_signal=signal), lead="V5").windows).all()


def test_beats_are_chosen_by_mask_slice_and_position(record):
    cut = cut_t_to_t(record)
    premature = cut[cut.symbol == "A"]
    assert len(premature) == 33
    assert set(premature.aami_class) == {1}
    assert_same(cut[5:7], cut[np.array([5, 6])])


# The cache


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setattr(beats, "CACHE_DIR", folder)
    return folder


@pytest.fixture
def refuse_to_read(monkeypatch):
    def switch_on():
        monkeypatch.setattr(beats, "read_record", lambda *_: pytest.fail("a record was read"))

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
        assert beats._read_cache(path) is None
        assert_same(load_beats(["100"], short_record), first)
        assert path.read_bytes() == whole


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
    assert beats._read_cache(only_file(cache)) is None


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
    return beats._cache_key(list(names), Path(directory), cut)


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


@pytest.mark.parametrize(
    "module", ["aami", "beats/beats", "beats/r_centred", "io/wfdb_signals", "signals/wavelets"]
)
def test_key_depends_on_the_code(short_record, tmp_path, monkeypatch, module):
    before = key(short_record)
    copy = tmp_path / "ecgutils"
    shutil.copytree(PACKAGE_DIR, copy)
    monkeypatch.setattr(files, "PACKAGE_DIR", copy)
    assert key(short_record) == before
    with open(copy / f"{module}.py", "a") as file:
        file.write("# changed\n")
    assert key(short_record) != before


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
    monkeypatch.setattr(beats, "CACHE_DIR", tmp_path / "file" / "cache")
    with pytest.raises(EcgError, match="cannot be written"):
        load_beats(["100"], short_record)
