"""WFDB annotations are those of the file, or refused in one line."""

import struct
import warnings

import numpy as np
import pytest
import wfdb
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ecgutils.errors import EcgError
from ecgutils.io.guards import printable
from ecgutils.io.wfdb_annotation_bytes import decode, encode
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR, SVDB_DIR
from tests.helpers.bxb import GOLDEN
from tests.helpers.short_records import refused


def test_annotations_of_record_100():
    annotations = read_annotations("100", MITDB_DIR)
    assert annotations.sample[:4].tolist() == [18, 77, 370, 662]
    assert annotations.symbol[:4].tolist() == ["+", "N", "N", "N"]
    assert annotations.aux[:2].tolist() == ["(N", ""]
    assert annotations.sample.dtype == np.int64
    assert len(annotations.sample) == len(annotations.symbol) == len(annotations.aux) == 2274


def test_a_code_without_symbol_keeps_its_number(short_record):
    (short_record / "100.atr").write_bytes(bytes([10, 1 << 2, 10, 45 << 2, 0, 0]))
    assert read_record("100", short_record).annotations.symbol.tolist() == ["N", "[45]"]


@pytest.mark.parametrize(
    ("resolution", "positions"),
    # 1, 3 and 10 ticks; the second is 4.32 samples at 250 Hz, and 1.5 at 720 Hz, rounded up.
    [("360", [1, 3, 10]), ("250", [1, 4, 14]), ("720", [1, 2, 5]), ("0.5", [720, 2160, 7200])],
)
def test_another_time_resolution_is_converted_to_the_records(short_record, resolution, positions):
    note = f"## time resolution: {resolution}".encode()
    start = bytes([0, 22 << 2, len(note), 63 << 2]) + note + b"\0" * (len(note) % 2)
    beats = bytes([1, 1 << 2, 2, 1 << 2, 7, 1 << 2, 0, 0])
    (short_record / "100.atr").write_bytes(start + beats)
    assert read_annotations("100", short_record).sample.tolist() == positions
    if positions[-1] < 3600:
        assert read_record("100", short_record).annotations.sample.tolist() == positions


def test_what_types_of_annotation_are_called_is_passed_over(short_record):
    notes = [b"## annotation type definitions", b"42 x extra", b"## end of definitions\0"]
    definitions = b"".join(bytes([0, 88, len(n.strip(b"\0")), 252]) + n for n in notes)
    (short_record / "100.atr").write_bytes(definitions + bytes([9, 4, 1, 42 << 2, 0, 0]))
    read = read_record("100", short_record).annotations
    assert (read.sample.tolist(), read.symbol.tolist()) == ([9, 10], ["N", "[42]"])


def as_wfdb_reads(path):
    """What wfdb reads in an annotation file."""
    with warnings.catch_warnings(action="ignore"):
        elements = ["symbol", "label_store"]
        read = wfdb.rdann(
            str(path.with_suffix("")), path.suffix[1:], return_label_elements=elements
        )
    codes = zip(read.label_store, read.symbol, strict=True)
    symbols = [symbol if isinstance(symbol, str) else f"[{code}]" for code, symbol in codes]
    return read.sample.tolist(), symbols, read.subtype.tolist(), list(read.aux_note)


def as_decoded(content):
    marks = decode(content)
    return [values.tolist() for values in (marks.sample, marks.symbol, marks.subtype, marks.aux)]


FILES = [
    *(MITDB_DIR / f"{name}.atr" for name in ("102", "105", "207", "222")),
    *(SVDB_DIR / f"{name}.atr" for name in ("801", "859")),
    *(GOLDEN / f"{name}.tst" for name in ("104", "207")),
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_read_as_wfdb_reads_them(path):
    printable_notes = [note.rstrip("\0") for note in as_wfdb_reads(path)[3]]
    assert as_decoded(path.read_bytes()) == [*as_wfdb_reads(path)[:3], printable_notes]


def word(value, code):
    return (value | code << 10).to_bytes(2, "little")


NOTHING = st.just(b"")
# A long step, an annotation, a change of channel or number, a subtype and a note: mostly none.
ANNOTATION = st.tuples(
    NOTHING | NOTHING | st.binary(min_size=4, max_size=4).map(lambda step: b"\0\xec" + step),
    st.builds(word, st.integers(0, 1023), st.integers(0, 58)),
    NOTHING | NOTHING | st.builds(word, st.integers(0, 255), st.sampled_from([60, 62])),
    NOTHING | st.builds(word, st.integers(0, 255), st.just(61)),
    NOTHING
    | st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=9).map(
        lambda text: bytes([len(text), 252]) + text.encode() + b"\0" * (len(text) % 2)
    ),
).map(b"".join)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(ANNOTATION, max_size=30).map(b"".join), st.data())
def test_whatever_is_read_is_what_wfdb_reads(folder, content, data):
    """Files of any pieces, some with a byte changed; what is damaged is refused."""
    content = bytearray(content + b"\0\0")
    if data.draw(st.booleans()):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "any.atr"
    path.write_bytes(content)
    # From a note that seems to define something, wfdb may never return.
    assume(b"## " not in content and content.endswith(b"\0\0"))
    try:
        found = as_decoded(bytes(content))
    except EcgError:
        return
    sample, symbol, subtype, aux = as_wfdb_reads(path)
    assert found == [sample, symbol, subtype, [printable(note) for note in aux]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("annotations")


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 200_000),
            st.sampled_from('NVSFAJ/fQ+~[]!"='),
            st.integers(-128, 127),
            st.sampled_from(["", "(N", "(AFIB", "odd", "longer than that"]),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_what_wfdb_writes_is_read_back(folder, marks):
    steps, symbols, subtypes, notes = zip(*marks, strict=True)
    sample = np.cumsum([step + 1 for step in steps])
    with warnings.catch_warnings(action="ignore"):
        wfdb.wrann(
            *("made", "atr", sample, list(symbols)),
            subtype=np.array(subtypes),
            aux_note=list(notes),
            write_dir=str(folder),
        )
    found = as_decoded((folder / "made.atr").read_bytes())
    assert found == [sample.tolist(), list(symbols), list(subtypes), list(notes)]


@pytest.mark.parametrize("outside", [-54, -1, 3600, 3653])
def test_a_beat_just_outside_the_recording_is_read_as_it_is_written(short_record, outside):
    """One record of SVDB ends with a beat at its length, and `wqrs` writes beats before 0."""
    high, low = divmod(outside % 2**32, 2**16)
    skip, v = 59 << 10, 5 << 10
    (short_record / "100.atr").write_bytes(struct.pack("<5H", skip, high, low, v, 0))
    record = read_record("100", short_record)
    assert record.annotations.beats.sample.tolist() == [outside]
    assert record.annotations.symbol.tolist() == ["V"]


def test_an_annotation_suffix_that_leads_elsewhere_is_refused(short_record):
    refused(short_record, "is not a name inside", annotations="/../../x")


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"", "is truncated"),
        (b"\0", "is truncated"),
        (b"\x0a\x04", "is truncated"),
        (bytes([0, 59 << 2, 0, 0]), "ends within an annotation: it is damaged"),
        (bytes([0, 59 << 2, 0, 0, 1, 0, 0, 0]), "not an annotation file, or a damaged one"),
        (bytes([1, 61 << 2, 0, 0]), "not an annotation file, or a damaged one"),
        (bytes([9, 4, 0, 59 << 2, 0, 0, 1, 0, 1, 244, 9, 4, 0, 0]), "not an annotation file"),
        (bytes([0, 59 << 2, 1, 0, 0, 0, 10, 4, 0, 0]), "from sample 65546 to 65546"),
        (bytes([0, 59 << 2, 255, 255, 201, 255, 0, 4, 0, 0]), "from sample -55 to -55"),
        (bytes([0, 59 << 2, 0, 0, 70, 14, 0, 4, 0, 0]), "from sample 3654 to 3654, the recording"),
        (bytes([9, 4, 0, 59 << 2, 255, 255, 255, 255, 0, 4, 0, 0]), "annotation 1 lies before"),
        (bytes([9, 4, 1, 252, 65, 0, 1, 252, 66, 0, 9, 4, 0, 0]), "more notes or subtypes than"),
        (bytes([9, 4, 1, 244, 2, 244, 9, 4, 0, 0]), "more notes or subtypes than annotations"),
        (
            bytes([0, 88, 20, 252]) + b"## time resolution: " + b"36\x09\x04\0\0",
            "does not define one time resolution",
        ),
    ],
)
def test_a_damaged_annotation_file_is_refused(short_record, content, pattern):
    (short_record / "100.atr").write_bytes(content)
    refused(short_record, f"100.atr: .*{pattern}")
    assert len(read_record("100", short_record, annotations=None).p_signal) == 3600


def test_an_endless_annotation_file_is_refused(short_record):
    (short_record / "100.atr").write_bytes(bytes(2**24 + 2))
    refused(short_record, "100.atr: longer than any file of its kind")


def test_what_is_written_is_what_wfdb_writes(tmp_path):
    sample = [0, 0, 1023, 2047, 900_000, 2**31 - 1]
    symbol, note = ["+", "N", "S", "V", "+", "Q"], ["(AFIB", "", "", "", "(N", ""]
    for fs in (360, 250.5):
        options = {"aux_note": note, "fs": fs, "write_dir": str(tmp_path)}
        # wfdb uses what pandas will drop one day.
        with warnings.catch_warnings(action="ignore"):
            wfdb.wrann("beats", "aami", np.array(sample), symbol, **options)
        marks = zip(sample, symbol, note, strict=True)
        assert encode(marks, fs) == (tmp_path / "beats.aami").read_bytes()
