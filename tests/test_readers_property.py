"""Whatever the files of a recording hold, reading gives a sound record or one line of complaint."""

import numpy as np
import pytest
from conftest import write_short_record
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgutils.errors import EcgError
from ecgutils.records import read_record

# The same examples on every run; time says nothing on a busy machine.
SETTINGS = settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
)

# Numbers and words that mean something to a header, or would like to.
WORDS = """
    0 1 2 8 16 24 32 61 80 160 212 310 311 508 516 524 100 100.dat ../100.dat 100.hea 100.atr
    /dev/zero - . ~ 100/2 212x2 516x2 516x99999 212:5 516:5 212+7 516+7 200/uV 200(5)/V 0/V nan inf
    -1 1e309 1e-309 1e 2400 2499 2501 1000000000000 99999999999999999999 12:30:00 01/02/1980 # µ
"""
TOKENS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from(WORDS.split()),
    st.text(max_size=6),
)


@pytest.fixture(scope="module", params=["212", "516"])
def folder(request, tmp_path_factory):
    """A folder with a sound record of two seconds."""
    return write_short_record(tmp_path_factory.mktemp("record"), request.param, samples=2500)


@pytest.fixture(scope="module")
def sound(folder):
    """The content of the sound record's files, by suffix."""
    return {suffix: (folder / f"100{suffix}").read_bytes() for suffix in (".hea", ".dat", ".atr")}


def read_with(folder, sound, **changed):
    """Read the record with some of its files replaced; check what comes of it."""
    for suffix, content in {
        **sound,
        **{f".{key}": value for key, value in changed.items()},
    }.items():
        (folder / f"100{suffix}").write_bytes(content)
    try:
        record = read_record("100", folder)
    except EcgError as error:
        message = str(error)
        assert message.isprintable()
        return
    samples, leads = record.p_signal.shape
    assert samples >= 1
    assert leads == len(record.sig_name) >= 1
    assert record.p_signal.dtype == np.float64
    assert not np.isinf(record.p_signal).any()
    assert 1 <= record.fs <= 1e6
    assert record.ann_sample.dtype == np.int64
    assert record.ann_sample.shape == record.ann_symbol.shape == record.ann_aux.shape
    assert np.all((record.ann_sample >= 0) & (record.ann_sample < samples))
    assert np.all(np.diff(record.ann_sample) >= 0)
    assert all(isinstance(text, str) for text in [*record.ann_symbol, *record.ann_aux])
    assert all(text.isprintable() for text in [*record.sig_name, *record.comments])


def mutations(content):
    """Return a strategy that damages bytes: some replaced, a piece cut out or put in."""
    place = st.integers(0, len(content))
    edit = st.one_of(
        st.tuples(place, st.just(1), st.binary(min_size=1, max_size=1)),
        st.tuples(place, st.integers(0, 50), st.binary(max_size=20)),
        st.tuples(place, st.just(len(content)), st.just(b"")),
    )

    def apply(edits):
        damaged = content
        for start, length, replacement in edits:
            damaged = damaged[:start] + replacement + damaged[start + length :]
        return damaged

    return st.lists(edit, min_size=1, max_size=4).map(apply)


def test_the_sound_record_is_read(folder, sound):
    read_with(folder, sound)
    assert read_record("100", folder).p_signal.shape == (2500, 2)


@SETTINGS
@given(st.data())
def test_damaged_headers(folder, sound, data):
    read_with(folder, sound, hea=data.draw(mutations(sound[".hea"])))


@SETTINGS
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 8), TOKENS, st.booleans()),
        min_size=1,
        max_size=3,
    )
)
def test_headers_with_other_values(folder, sound, edits):
    lines = [line.split() for line in sound[".hea"].decode().splitlines()]
    for row, column, token, insert in edits:
        column = min(column, len(lines[row]) - 1)
        lines[row][column : column + (not insert)] = [token]
    header = "\n".join(" ".join(line) for line in lines)
    # Without checksums as well: they find most of what would otherwise have to be sound.
    bare = "\n".join(" ".join(line[:5]) for line in lines)
    for text in (header, bare):
        read_with(folder, sound, hea=text.encode("utf-8", "surrogatepass"))


@SETTINGS
@given(st.data())
def test_damaged_signals(folder, sound, data):
    bare = b"\n".join(b" ".join(line.split()[:5]) for line in sound[".hea"].splitlines())
    read_with(folder, sound, dat=data.draw(mutations(sound[".dat"])), hea=bare)


@SETTINGS
@given(st.data())
def test_damaged_annotations(folder, sound, data):
    read_with(folder, sound, atr=data.draw(mutations(sound[".atr"])))


@SETTINGS
@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(0, 255), st.integers(0, 63).map(lambda code: code << 2)).map(
                bytes
            ),
            st.sampled_from(
                [
                    b"\x00\x58",
                    b"\x17\xfc## time resolution: 360\0",
                    b"\x1e\xfc## annotation type definitions",
                    b"\x0a\xfc42 x extra",
                    b"\x15\xfc## end of definitions\0",
                    b"\x00\xec\xff\xff\xff\xff",
                ]
            ),
        ),
        max_size=12,
    )
)
def test_annotation_files_of_any_codes(folder, sound, pieces):
    read_with(folder, sound, atr=b"".join(pieces) + b"\0\0")
