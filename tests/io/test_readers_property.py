"""Whatever the files of a recording hold, reading gives a sound record or one line of complaint."""

import io
import struct

import edfio
import numpy as np
import pytest
import scipy.io
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgutils.errors import EcgError
from ecgutils.io.recording import read_recording
from ecgutils.io.wfdb_annotations import OUTSIDE_S
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR
from tests.helpers.aecg_files import aecg_bytes, sequence, series
from tests.helpers.dicom_files import channel, deflated, dicom_bytes, waveform
from tests.helpers.ishne_files import ishne_bytes
from tests.helpers.matlab_files import hdf5_bytes
from tests.helpers.short_records import write_short_record

pytestmark = pytest.mark.slow

# The same examples on every run; time says nothing on a busy machine.
SETTINGS = settings(
    max_examples=100,
    derandomize=True,
    deadline=None,
    database=None,
)
BYTES = st.binary(max_size=20)
# Besides 200 damaged signals, 2,600 headers, annotation files and tables: 100 for each of four
# tests of WFDB in two formats, 600 lists of segments, 600 files of EDF, 600 tables, 300 of each of
# seven other kinds and 300 headers of ISHNE. Of gentle
# changes, 400: 40 for each of four tests of WFDB in two formats, of EDF and of tables.
MORE = settings(SETTINGS, max_examples=300)

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


def restore(folder, sound, **changed):
    """Write the sound record, with some of its files replaced."""
    for suffix, content in sound.items():
        (folder / f"100{suffix}").write_bytes(changed.get(suffix[1:], content))


def read_with(folder, sound, **changed):
    """Read the record with some of its files replaced; check what comes of it."""
    restore(folder, sound, **changed)
    check_own(folder / "100.hea", beats="atr")
    try:
        record = read_record("100", folder)
    except EcgError as error:
        message = str(error)
        assert message.isprintable()
        return
    assert record.p_signal.dtype == np.float64
    assert 1 <= record.fs <= 1e6
    check_sound(record)


def check_sound(record):
    """Check that a record can be worked with."""
    samples, leads = record.p_signal.shape
    assert samples >= 1
    assert leads == len(record.sig_name) >= 1
    assert all(record.lead(i).flags.c_contiguous for i in range(leads))
    assert not np.isinf(record.p_signal).any()
    assert record.annotations.sample.dtype == np.int64
    assert (
        record.annotations.sample.shape
        == record.annotations.symbol.shape
        == record.annotations.aux.shape
    )
    # A beat may lie just outside; at a rate that is given, that is longer than at the file's own.
    outside = OUTSIDE_S * max(record.fs, 1000)
    assert np.all(np.abs(record.annotations.sample - samples / 2) <= samples / 2 + outside)
    assert np.all(np.diff(record.annotations.sample) >= 0)
    assert all(
        isinstance(text, str) for text in [*record.annotations.symbol, *record.annotations.aux]
    )
    assert all(text.isprintable() for text in [*record.sig_name, *record.comments])
    assert all(text.isprintable() for text in [record.name, *record.remarks])


def read_own(path, content, fs=None, beats=None):
    """Read a recording of one's own with this content; check what comes of it."""
    path.write_bytes(content)
    check_own(path, fs, beats)


def check_own(path, fs=None, beats=None):
    """Read a recording of one's own; check what comes of it."""
    try:
        record = read_recording(path, fs, beats)
    except EcgError as error:
        message = str(error)
        assert message.isprintable()
        return
    assert record.p_signal.dtype == np.float32
    assert 100 <= record.fs <= 1000
    assert len(set(record.sig_name)) == len(record.sig_name)
    check_sound(record)


def mutations(content, pieces=BYTES):
    """Return a strategy that damages bytes: some replaced, a piece cut out or put in."""
    place = st.integers(0, len(content))
    edit = st.one_of(
        st.tuples(place, st.just(1), st.binary(min_size=1, max_size=1)),
        st.tuples(place, st.integers(0, 50), pieces),
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


@pytest.fixture(scope="module")
def segments(folder, sound):
    """The header of a sound record of two segments and a gap."""
    restore(folder, sound)
    text = sound[".hea"].decode()
    for name in "ab":
        (folder / f"{name}.hea").write_text(text.replace("100 2", f"{name} 2"))
    content = b"whole/3 2 360 6000\na 2500\n~ 1000\nb 2500\n# a comment\n"
    (folder / "whole.hea").write_bytes(content)
    return content


@pytest.mark.usefixtures("segments")
def test_the_sound_segments_are_read(folder):
    assert read_recording(folder / "whole").p_signal.shape == (6000, 2)


@MORE
@given(st.data())
def test_damaged_lists_of_segments(folder, segments, data):
    words = [b" %d" % number for number in (0, 1, 3, 4, 2500, 3500, 10**12)]
    pieces = st.one_of(BYTES, st.sampled_from([*words, b" ~", b" a", b" whole/2"]))
    read_own(folder / "whole.hea", data.draw(mutations(segments, pieces)))


# EDF ---------------------------------------------------------------------------------------------

# Where the fields of the header of three signals lie, and how long they are.
FIELDS = [(184, 8), (192, 5), (236, 8), (244, 8), (252, 4)]
FIELDS += [
    (256 + 3 * start + i * length, length)
    for start, length in ((0, 16), (96, 8), (104, 8), (112, 8), (120, 8), (128, 8), (216, 8))
    for i in range(3)
]
EDF_WORDS = """
    0 1 2 3 -1 -0 10 360 720 1024 65536 99999999 1e9 1e-9 -1e308 nan inf 1_0 0x1 +5 EDF+C EDF+D µV
    mV V uV ECG II EDF
"""


@pytest.fixture(scope="module")
def edf(tmp_path_factory):
    """A sound EDF+ file of two seconds, and its content."""
    path = tmp_path_factory.mktemp("edf") / "x.edf"
    signal = read_record("100", MITDB_DIR, annotations=None).p_signal[:720]
    leads = [
        edfio.EdfSignal(lead, 360, label=name, physical_dimension="mV", physical_range=(-5, 5))
        for lead, name in zip(signal.T, ("MLII", "V5"), strict=True)
    ]
    notes = [edfio.EdfAnnotation(1, None, "a note")]
    edfio.Edf(leads, data_record_duration=0.5, annotations=notes).write(path)
    return path, path.read_bytes()


def test_the_sound_edf_file_is_read(edf):
    assert read_recording(edf[0]).p_signal.shape == (720, 2)


@MORE
@given(st.data())
def test_damaged_edf_files(edf, data):
    path, content = edf
    # The header and the first of the four data records.
    damaged = data.draw(mutations(content[:2000]))
    read_own(path, damaged + content[2000:])


@MORE
@given(
    st.lists(
        st.tuples(
            st.sampled_from(FIELDS),
            st.one_of(
                st.sampled_from([*EDF_WORDS.split(), "EDF Annotations", ""]).map(str.encode),
                st.integers(-(10**7), 10**8).map(lambda number: str(number).encode()),
                st.binary(max_size=16),
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_edf_headers_with_other_values(edf, edits):
    path, content = edf
    damaged = bytearray(content)
    for (start, length), value in edits:
        damaged[start : start + length] = value[:length].ljust(length)
    read_own(path, bytes(damaged))


# ISHNE, DICOM, HL7 and MATLAB --------------------------------------------------------------------


@pytest.fixture(scope="module")
def samples():
    """What the converter gave for two seconds of record 100, in steps of 5 µV, shape (720, 2)."""
    signal = read_record("100", MITDB_DIR, annotations=None).p_signal[:720]
    return np.round(signal * 200).astype(int)


LEAD_NAMES = np.array(["II", "V5"], dtype=object)


def structures(samples):
    """Return a structure, with cells and a text, and structures in a row, with a lead each."""
    rows = zip(LEAD_NAMES, samples.T / 200, strict=True)
    leads = np.array([*rows], [("label", "O"), ("data", "O")])
    return {"fs": 360.0, "units": "mV", "names": LEAD_NAMES, "leads": leads}


def matlab_5(samples, is_packed=False):
    """Return a file with numbers, texts, cells and structures."""
    stream = io.BytesIO()
    scipy.io.savemat(stream, {"ecg": structures(samples)}, do_compression=is_packed)
    return stream.getvalue()


# For each kind: its suffix, how a sound file is made, and pieces that mean something to it.
KINDS = {
    "ishne": (".ecg", ishne_bytes, [b"ISHNE1.0", b"\xff\x7f", b"\0\x80", b"\xff\xff\xff\x7f"]),
    "dicom": (
        ".dcm",
        lambda samples: dicom_bytes(
            waveform(samples, [channel("II"), channel("V5")]),
            waveform(samples[:100], [channel("I")], MultiplexGroupLabel="MEDIAN BEAT"),
        ),
        # Of sequences and their items, whose lengths are open or too large; and a deep nest.
        [
            b"SQ\0\0\xff\xff\xff\xff",
            b"\xfe\xff\0\xe0\xff\xff\xff\xff",
            b"UL\4\0\xff\xff\xff\xff",
            b"\0\x54\0\1SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff" * 3000,
        ],
    ),
    "dicom_deflated": (
        ".dcm",
        lambda samples: deflated(dicom_bytes(waveform(samples, [channel("II"), channel("V5")]))),
        [b"\xff\xff\xff\xff", b"1.2.840.10008.1.2.1.99", b"\x03\0"],
    ),
    "aecg": (
        ".xml",
        lambda samples: aecg_bytes(
            series([sequence("II", samples[:, 0]), sequence("V5", samples[:, 1])])
        ),
        [
            *(b"<a>" * 3000, b"&a;", b"1e999", b"nan"),
            *(b'<!ENTITY a "1 ">', b'<!DOCTYPE x SYSTEM "/dev/zero">'),
        ],
    ),
    "matlab_4": (
        ".mat",
        lambda samples: b"".join(
            struct.pack("<5i", 0, *array.shape, 0, 4) + name + array.tobytes("F")
            for name, array in ((b"val\0", samples / 200), (b"fs \0", np.array([[360.0]])))
        ),
        [b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff"],
    ),
    "matlab_5": (".mat", matlab_5, [b"\xff\xff\xff\x7f", b"\x0e\0\0\0", b"\x0f\0\0\0"]),
    "matlab_5_packed": (".mat", lambda samples: matlab_5(samples, True), [b"\x78\x9c"]),
    "matlab_7": (
        ".mat",
        lambda samples: hdf5_bytes("gzip", ecg=structures(samples)),
        [b"TREE", b"SNOD", b"HEAP", b"\xff" * 8, b"\0" * 8],
    ),
}


@pytest.fixture(scope="module", params=KINDS)
def whole(request, tmp_path_factory, samples):
    """A sound file of a kind of its own, its content, and a strategy that damages it."""
    suffix, make, pieces = KINDS[request.param]
    path, content = tmp_path_factory.mktemp(request.param) / f"x{suffix}", make(samples)
    # What comes before and after the bulk of the samples is worth most.
    start, end = content[:2000], content[-500:]
    pieces = st.one_of(BYTES, st.sampled_from(pieces))
    damaged = st.one_of(
        mutations(start, pieces).map(lambda start: start + content[2000:]),
        mutations(end, pieces).map(lambda end: content[:-500] + end),
        mutations(content, pieces),
    )
    return path, content, damaged


def test_the_sound_files_are_read(whole, samples):
    path, content, _ = whole
    path.write_bytes(content)
    record = read_recording(path)
    assert (record.fs, len(record.sig_name)) == (360, 2)
    assert np.allclose(record.p_signal, samples / 200, atol=1e-5)
    check_sound(record)


@MORE
@given(st.data())
def test_damaged_files(whole, data):
    path, _, damaged = whole
    read_own(path, data.draw(damaged), data.draw(st.sampled_from([None, 360])))


ISHNE_FIELDS = {8: 2, 10: 4, 14: 4, 18: 4, 22: 4, 156: 2, 158: 2, 206: 2, 208: 2, 272: 2}


@MORE
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(ISHNE_FIELDS)), st.integers(-(2**31), 2**31 - 1)),
        min_size=1,
        max_size=3,
    )
)
def test_ishne_headers_with_other_values(tmp_path_factory, samples, edits):
    damaged = bytearray(ishne_bytes(samples))
    for offset, value in edits:
        size = ISHNE_FIELDS[offset]
        damaged[offset : offset + size] = value.to_bytes(4, "little", signed=True)[:size]
    read_own(tmp_path_factory.getbasetemp() / "x.ecg", bytes(damaged))


# Tables ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A sound table of two seconds, its content, and annotations beside it."""
    folder = write_short_record(tmp_path_factory.mktemp("table"))
    path = folder / "x.csv"
    signal = read_record("100", folder).p_signal[:720]
    rows = [f"{i / 360:.3f},{a:.3f},{b:.3f}" for i, (a, b) in enumerate(signal)]
    path.write_text("\n".join(["# a comment", "time,MLII (mV),V5", *rows, ""]))
    # Eight bytes for the rhythm note and two for each of the beats in 720 samples.
    (folder / "x.atr").write_bytes((folder / "100.atr").read_bytes()[:14] + b"\0\0")
    return path, path.read_bytes()


def test_the_sound_table_is_read(table):
    record = read_recording(table[0], beats="atr")
    assert record.p_signal.shape == (720, 2)
    assert record.annotations.sample.tolist() == [18, 77, 370, 662]


# What may stand in a table, most of which leaves it one.
PIECES = st.one_of(
    st.sampled_from(
        [b"", b"0", b"-", b",", b",,", b"\n", b"\r", b" ", b"\n0.100,1,2\n", b"\t", b'"']
    ),
    st.text("0123456789.-+e,; #naifNA\n\"'():[]/_mVut", max_size=6).map(str.encode),
)


@MORE
@given(st.data())
def test_damaged_tables(table, data):
    path, content = table
    start = data.draw(mutations(content[:40], PIECES))
    rows = content[40:]
    end = data.draw(st.one_of(st.just(rows), mutations(rows, PIECES)))
    fs = data.draw(st.sampled_from([None, 360]))
    read_own(path, start + end, fs, data.draw(st.sampled_from([None, "atr"])))


CELL_WORDS = """
    - nan NA inf -Infinity time t sample s ms mV µV (mV) MLII V5_uV Resp(%) # 0:00.003 12:30:00
    2020-01-31T12:30:00 [12:30:00.004 hh:mm:ss.mmm " ' "1" '1,2' 1_0 1e400 .5 5. +.e1 00 0x1 \ufeff
"""
CELLS = st.one_of(
    st.floats(allow_nan=False, width=32).map(lambda number: f"{number:.4g}"),
    st.floats(-5, 5).map(lambda number: f"{number:.3f}".replace(".", ",")),
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from([*CELL_WORDS.split(), "", "\0", "\x1a"]),
    st.text(max_size=4),
)


# What a whole column may hold.
COLUMNS = st.one_of(
    st.sampled_from(
        [
            [f"{i / 360:.3f}" for i in range(30)],
            [f"0:00:{i / 250:06.3f}" for i in range(30)],
            [str(4 * i) for i in range(30)],
            [str(i % 7) for i in range(30)],
        ]
    ),
    CELLS.map(lambda cell: 30 * [cell]),
    st.lists(CELLS, min_size=2, max_size=2).map(lambda cells: 15 * cells),
)


@MORE
@given(
    columns=st.lists(COLUMNS, min_size=1, max_size=4),
    header=st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=2),
    separator=st.sampled_from([",", ";", "\t", " ", " , "]),
    end=st.sampled_from(["\n", "\r\n", "\r", "\n\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
    fs=st.sampled_from([None, 360]),
)
def test_tables_of_any_cells(table, columns, header, separator, end, encoding, fs):
    rows = [*(cells[: len(columns)] for cells in header), *zip(*columns, strict=True)]
    lines = [separator.join(row) for row in rows]
    read_own(table[0], end.join(lines).encode(encoding, "replace"), fs)


# Gentle changes ----------------------------------------------------------------------------------
#
# A reader that refused everything would pass what is above. These leave a recording sound, so each
# must be read, with the signals and names that it holds.

GENTLE = settings(SETTINGS, max_examples=40)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9()+-]{0,8}( [A-Za-z0-9]{1,4})?", fullmatch=True)
# In a table, a name may mean a time or a missing sample, or end as units do; these do not.
TABLE_NAMES = st.from_regex(r"V[0-9]{1,3}( [XYZ0-9]{1,4})?", fullmatch=True)
COMMENTS = st.lists(st.text("abcxyz 0123456789äµ:,.#<>&'\"", max_size=30), max_size=3)
BLANKS = st.sampled_from(["", "\n", "\r\n", "\n\n\n", "\n \n"])
LEAD_LABELS = st.sampled_from(["I", "II", "aVR", "V1", "MLII", "ECG", "ECG V5-Ref", "ekg 2"])


def check_read(path, signal, names, fs=None, beats=None):
    """Check that a recording is read, and gives these signals in mV under these names."""
    record = read_recording(path, fs, beats)
    assert record.sig_name == tuple(names)
    assert np.allclose(record.p_signal, signal, rtol=1e-5, atol=1e-5, equal_nan=True)
    check_sound(record)
    return record


@pytest.fixture(scope="module")
def digital():
    """What the converter gave for two seconds of record 100, shape (2500, 2)."""
    signal = read_record("100", MITDB_DIR, annotations=None).p_signal[:2500]
    return np.round(signal * 200 + 1024).astype(int)


# A gain as a header has it: steps per mV.
GAINS = {"200": 200, "200.0": 200, "57": 57, "1e3": 1000, "-200": -200, "100/mV": 100}
GAINS |= {"0.2/uV": 200, "200000/V": 200, "0": 200}


@GENTLE
@given(
    gains=st.lists(st.sampled_from(sorted(GAINS)), min_size=2, max_size=2),
    baseline=st.sampled_from([None, 0, 1024, -300]),
    names=st.lists(NAMES, min_size=2, max_size=2, unique=True),
    blank=st.sampled_from([" ", "  ", "\t"]),
    started=st.sampled_from(["", " 12:30:00", " 12:30:00 01/02/1980"]),
    has_checksums=st.booleans(),
    comments=COMMENTS,
    end=BLANKS,
)
def test_gentle_headers(
    folder, sound, digital, gains, baseline, names, blank, started, has_checksums, comments, end
):
    signal_format = "212" if b" 212 " in sound[".hea"] else "516"
    lines = [f"100 2 360 2500{started}"]
    for lead, (gain, name) in enumerate(zip(gains, names, strict=True)):
        number, slash, unit = gain.partition("/")
        scale = gain if baseline is None else f"{number}({baseline}){slash}{unit}"
        checksum = int(digital[:, lead].sum(dtype=np.int16)) if has_checksums else 0
        words = ["100.dat", signal_format, scale, "11", "1024", digital[0, lead], checksum, "0"]
        lines.append(blank.join(map(str, words)) + f" {name}")
    text = "\n".join([*lines, *(f"# {comment}" for comment in comments)]) + end
    restore(folder, sound, hea=text.encode())
    zero = 1024 if baseline is None else baseline
    check_read(folder / "100", (digital - zero) / [GAINS[gain] for gain in gains], names)


@GENTLE
@given(beyond=st.binary(max_size=50), samples=st.integers(2, 2500))
def test_bytes_beyond_the_signals_are_not_read(folder, sound, digital, beyond, samples):
    lines = sound[".hea"].decode().replace("360 2500", f"360 {samples}").splitlines()
    header = "\n".join(" ".join(line.split()[:5]) for line in lines if line[0] != "#")
    restore(folder, sound, hea=header.encode(), dat=sound[".dat"] + beyond)
    check_read(folder / "100", (digital[:samples] - 1024) / 200, ["signal 0", "signal 1"])


@GENTLE
@given(
    st.lists(
        # Steps of up to ten bits, and codes of beats, of a change of rhythm and of a note.
        st.tuples(st.integers(1, 200), st.sampled_from([1, 5, 8, 22, 28, 14])),
        min_size=1,
        max_size=12,
    )
)
def test_gentle_annotations(folder, sound, steps_and_codes):
    steps_and_codes.append((1, 1))
    words = [step | code << 10 for step, code in steps_and_codes]
    content = b"".join(word.to_bytes(2, "little") for word in [*words, 0])
    restore(folder, sound, atr=content)
    record = read_recording(folder / "100", beats="atr")
    assert record.annotations.sample.tolist() == np.cumsum([s for s, _ in steps_and_codes]).tolist()
    symbols = {1: "N", 5: "V", 8: "A", 22: '"', 28: "+", 14: "~"}
    assert record.annotations.symbol.tolist() == [symbols[code] for _, code in steps_and_codes]


@pytest.mark.usefixtures("segments")
@GENTLE
@given(
    order=st.permutations(["a", "b", "~", "~"]),
    gaps=st.lists(st.integers(1, 5000), min_size=2, max_size=2),
    comments=COMMENTS,
    end=BLANKS,
)
def test_gentle_lists_of_segments(folder, sound, digital, order, gaps, comments, end):
    restore(folder, sound)
    left, parts, lines = list(gaps), [], []
    for name in order:
        length = left.pop() if name == "~" else 2500
        lines.append(f"{name} {length}")
        values = np.full((length, 2), np.nan) if name == "~" else (digital - 1024) / 200
        parts.append(values)
    lines.insert(0, f"whole/4 2 360 {5000 + sum(gaps)}")
    text = "\n".join([*lines, *(f"# {comment}" for comment in comments)]) + end
    (folder / "whole.hea").write_text(text)
    check_read(folder / "whole", np.concatenate(parts), ["MLII", "V5"])


@GENTLE
@given(
    labels=st.lists(LEAD_LABELS, min_size=2, max_size=2, unique=True),
    unit=st.sampled_from([("mV", 1), ("uV", 1e-3), ("µV", 1e-3), ("V", 1e3), ("", 1)]),
    texts=st.lists(st.text("abcXYZ 012.-äµ", max_size=20), min_size=4, max_size=4),
    records=st.sampled_from(["-1", "1", "3", "4"]),
    beyond=st.binary(max_size=30),
)
def test_gentle_edf_files(edf, digital, labels, unit, texts, records, beyond):
    path, content = edf
    changed = bytearray(content)
    fields = [(8, 80, texts[0]), (88, 80, texts[1]), (236, 8, records)]
    # There are three signals, the last of which holds the annotations.
    fields += [(256 + 16 * i, 16, label) for i, label in enumerate(labels)]
    fields += [(256 + 3 * 96 + 8 * i, 8, unit[0]) for i in range(2)]
    # What is said of transducers and filters.
    fields += [
        (256 + 3 * start, 80, text) for start, text in zip((16, 136), texts[2:], strict=True)
    ]
    for start, length, value in fields:
        changed[start : start + length] = value.encode()[:length].ljust(length)
    path.write_bytes(bytes(changed) + beyond)
    samples = 720 if records in ("-1", "4") else 180 * int(records)
    expected = (digital[:samples] - 1024) / 200 * unit[1]
    # From -5 to 5 mV there are 65,536 steps.
    record = read_recording(path)
    assert record.sig_name == tuple(labels)
    assert np.allclose(record.p_signal, expected, atol=2e-4 * unit[1])
    assert record.unit_declared == 2 * (unit[0] != "",)
    check_sound(record)


@GENTLE
@given(
    layout=st.sampled_from(
        [(",", "."), (";", "."), (";", ","), ("\t", ","), (" ", "."), (", ", ".")]
    ),
    names=st.one_of(st.none(), st.lists(TABLE_NAMES, min_size=2, max_size=2, unique=True)),
    unit=st.sampled_from([("", 1), (" (mV)", 1), ("_uV", 1000), (" [µV]", 1000)]),
    has_time=st.booleans(),
    missing=st.lists(st.integers(1, 700), max_size=5, unique=True),
    comments=COMMENTS,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    blank_lines=st.integers(0, 3),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]),
)
def test_gentle_tables(
    table, digital, layout, names, unit, has_time, missing, comments, end, blank_lines, encoding
):
    separator, decimal = layout
    steps = unit[1] if names else 1
    signal = (digital[:720] - 1024) / 200
    rows = [[f"{value * steps:.3f}" for value in pair] for pair in signal]
    for row in missing:
        rows[row][row % 2] = "NaN"
        signal[row, row % 2] = np.nan
    if has_time:
        rows = [[f"{i / 360:.3f}", *row] for i, row in enumerate(rows)]
    lines = [f"# {comment}" for comment in comments]
    if names:
        # Between blanks, a name with a blank would be two.
        names = [name.replace(" ", "-") for name in names]
        unit = unit[0].replace(" ", "") if separator == " " else unit[0]
        lines.append(separator.join([*["time"] * has_time, *(name + unit for name in names)]))
    lines += [separator.join(row).replace(".", decimal) for row in rows]
    text = end.join(lines) + end * (1 + blank_lines)
    table[0].write_bytes(text.encode(encoding, "replace"))
    check_read(table[0], signal, names or ["lead 1", "lead 2"], None if has_time else 360)
