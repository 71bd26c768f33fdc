"""Reading recordings: WFDB header, signal and annotation files in, a `Record` out.

A recording may come from anywhere, so nothing that its header claims is believed before it has
been compared with the files that are really there. Everything that is wrong with one ends as an
`EcgError` of one line; the parsing itself is done by wfdb-python.
"""

import math
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, reason
from ecgutils.paths import MITDB_DIR

if TYPE_CHECKING:
    import wfdb

# Bytes a sample takes in a file, and the bits of a sample, for every format of WFDB's signal(5).
# The smallest number that the bits can hold means "no sample here", except in format 8, which
# stores differences. The last three are FLAC, whose samples have no fixed size.
_BYTES_AND_BITS = {
    "8": (1, None),
    "16": (2, 16),
    "24": (3, 24),
    "32": (4, 32),
    "61": (2, 16),
    "80": (1, 8),
    "160": (2, 16),
    "212": (3 / 2, 12),
    "310": (4 / 3, 10),
    "311": (4 / 3, 10),
    "508": (None, 8),
    "516": (None, 16),
    "524": (None, 24),
}
# How many of a unit make a millivolt.
_PER_MILLIVOLT = {"V": 1e-3, "mV": 1.0, "uV": 1e3, "nV": 1e6}

# wfdb reads a header as ASCII, in which no other characters break lines.
_ASCII_LINE_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e]")
# What else recorders of ECG store beside it, in lower case.
_OTHER_UNITS = (
    *("%", "bpm", "1/min", "/min", "rpm", "hz", "mmhg", "cmh2o", "kpa", "pa", "l/min", "ml"),
    *("°c", "degc", "c", "celsius", "ohm", "kohm", "s", "ms", "us", "g", "mg", "m/s2", "m/s^2"),
    *("m/s²", "deg", "deg/s", "°/s"),
)

# A signal's line in a header, without a gain or with one of 0.
_NO_GAIN = re.compile(r"\S+\s+\S+(\s*$|\s+[+-]?(0+\.?0*|\.0+)([(/\s]|$))")
_MAX_HEADER_BYTES = 2**16
_MAX_HEADER_LINE = 1024
_MAX_ANNOTATION_BYTES = 2**24
# 8 GB as float32: a month of two leads at 360 Hz, eight days of three at 1000 Hz.
_MAX_VALUES = 2**31
# What is read at once, in samples of all signals together: a few tens of megabytes within wfdb.
_STRETCH_VALUES = 2**20
# FLAC's largest block, 65,535 equal samples, takes at least ten bytes.
_MAX_FLAC_SAMPLES_PER_BYTE = 6554


@dataclass(frozen=True, eq=False)
class Record:
    """One recording: its signals, and what is needed to make sense of them.

    Attributes
    ----------
    name : str
        The record's name, such as ``"100"``.
    p_signal : ndarray of float32 or float64, shape (samples, leads)
        The signals in mV. NaN where the recording has no sample. Each lead is contiguous.
    fs : float
        Sampling frequency in Hz.
    sig_name : tuple of str
        The name of each lead.
    ann_sample : ndarray of int64, shape (annotations,)
        Where each annotation lies, as an index into `p_signal`, in ascending order.
    ann_symbol : ndarray of str, shape (annotations,)
        WFDB's symbol of each annotation: ``"N"``, ``"V"``, ``"+"`` and so on; a code that WFDB has
        no symbol for is written as ``"[42]"``.
    ann_aux : ndarray of object (str), shape (annotations,)
        The note of each annotation, such as ``"(AFIB"`` at a change of rhythm; mostly empty.
    comments : tuple of str
        The header's comments, one a line.
    remarks : tuple of str
        Sentences on how the files were understood where they leave it open, for whoever reads the
        results: units that are not declared, channels that were left out.
    """

    name: str
    p_signal: np.ndarray
    fs: float
    sig_name: tuple[str, ...]
    ann_sample: np.ndarray
    ann_symbol: np.ndarray
    ann_aux: np.ndarray
    comments: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Length of the recording in seconds."""
        return len(self.p_signal) / self.fs

    def lead(self, lead: str | int) -> np.ndarray:
        """Return one lead of the recording.

        Parameters
        ----------
        lead : str or int
            The lead's name, or its position counted from 0.

        Returns
        -------
        ndarray, shape (samples,)
            A view of the signal in mV.

        Raises
        ------
        EcgError
            If the recording has no such lead.
        """
        if isinstance(lead, str) and lead in self.sig_name:
            return self.p_signal[:, self.sig_name.index(lead)]
        if not isinstance(lead, str) and 0 <= lead < len(self.sig_name):
            return self.p_signal[:, lead]
        leads = ", ".join(f"{i} = {name}" for i, name in enumerate(self.sig_name))
        raise EcgError(f"{self.name}: no lead {lead!r}; its leads are {leads}")


@dataclass(frozen=True, eq=False)
class Annotations:
    """What an annotation file says of a recording.

    Attributes
    ----------
    name : str
        The record's name.
    fs : float
        The recording's sampling frequency in Hz.
    sig_len : int
        How many samples the recording has.
    sample : ndarray of int64, shape (annotations,)
        Where each annotation lies, in ascending order.
    symbol : ndarray of str, shape (annotations,)
        WFDB's symbol of each annotation, see `Record`.
    subtype : ndarray of int, shape (annotations,)
        WFDB's subtype of each annotation; of ``"~"``, which signals are noisy or unreadable.
    aux : ndarray of object (str), shape (annotations,)
        The note of each annotation.
    """

    name: str
    fs: float
    sig_len: int
    sample: np.ndarray
    symbol: np.ndarray
    subtype: np.ndarray
    aux: np.ndarray


def record_names(directory: str | Path = MITDB_DIR) -> list[str]:
    """Return the names of the recordings in a folder.

    Parameters
    ----------
    directory : str or Path
        A folder with a file ``RECORDS`` that lists them, or else with one ``.hea`` for each.

    Returns
    -------
    list of str
        In the order of ``RECORDS``, or sorted.

    Raises
    ------
    EcgError
        If the folder is not there or holds no recordings.
    """
    directory = Path(directory)
    if (directory / "RECORDS").exists():
        names = _read_text(own_file(directory, "RECORDS")).split()
    else:
        names = sorted(path.stem for path in directory.glob("*.hea"))
    if not names:
        raise EcgError(f"{directory}: no recordings there (no RECORDS and no .hea files)")
    return names


def read_record(
    name: str,
    directory: str | Path = MITDB_DIR,
    annotations: str | None = "atr",
    dtype: type[np.floating] = np.float64,
) -> Record:
    """Read a recording with its annotations.

    Signals that are not voltages (blood pressure, respiration) are left out. A signal with several
    samples a frame is averaged frame by frame, so that all have the record's sampling frequency.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds its files.
    annotations : str or None
        Suffix of the annotation file, or None to read none.
    dtype : type
        Of the signals. With ``np.float32``, half of the memory: what the signals take and a few
        tens of megabytes, however long they are.

    Returns
    -------
    Record
        Signals in mV, with sampling frequency, lead names, annotations and comments.

    Raises
    ------
    EcgError
        If a file is missing, damaged, contradicts another, lies outside the folder, is larger than
        memory, or the record has several segments (see :mod:`ecgutils.io.wfdb_segments`).
    """
    header, path = open_record(name, directory)
    voltages = _voltages(header)
    p_signal = empty_signals(path, header.sig_len, len(voltages), dtype)
    for start, stretch in _stretches(header, path):
        for column, channel in enumerate(voltages):
            lead = _millivolts(header, channel, stretch[channel])
            p_signal[start : start + len(lead), column] = lead
    sample, symbol, aux = np.empty(0, np.int64), np.empty(0, "U1"), np.empty(0, object)
    if annotations is not None:
        path = own_file(directory, f"{name}.{annotations}")
        read = read_annotation_file(path, name, float(header.fs), header.sig_len)
        sample, symbol, aux = read.sample, read.symbol, read.aux
    return Record(
        name=name,
        p_signal=p_signal,
        fs=float(header.fs),
        sig_name=lead_names(header),
        ann_sample=sample,
        ann_symbol=symbol,
        ann_aux=aux,
        comments=tuple(header.comments),
        remarks=_remarks(header, voltages),
    )


def read_annotations(
    name: str,
    directory: str | Path = MITDB_DIR,
    extension: str = "atr",
    header_directory: str | Path | None = None,
) -> Annotations:
    """Read an annotation file without the signals that it belongs to.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds the annotation file.
    extension : str
        The annotation file's suffix.
    header_directory : str or Path, optional
        The folder that holds the record's header; by default the same.

    Returns
    -------
    Annotations

    Raises
    ------
    EcgError
        If the header or the annotation file is missing, damaged or lies outside its folder, or if
        the annotations are not in order, not in the recording or at another sampling frequency.
    """
    header = read_header(name, directory if header_directory is None else header_directory)
    path = own_file(directory, f"{name}.{extension}")
    return read_annotation_file(path, name, float(header.fs), header.sig_len)


def read_digital(
    name: str, directory: str | Path = MITDB_DIR
) -> tuple["wfdb.Record", list[np.ndarray]]:
    """Read a recording's signals as the numbers that the analogue-to-digital converter gave.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds its files.

    Returns
    -------
    header : wfdb.Record
        What the header says: gain, baseline, units and so on.
    signals : list of ndarray of int32, shape (samples * samples per frame,)
        One for each signal of the header.

    Raises
    ------
    EcgError
        As `read_record` does.
    """
    header, path = open_record(name, directory)
    signals = [np.empty(header.sig_len * n, np.int32) for n in header.samps_per_frame]
    for start, stretch in _stretches(header, path):
        for signal, part, n in zip(signals, stretch, header.samps_per_frame, strict=True):
            signal[start * n : start * n + len(part)] = part
    return header, signals


def own_file(directory: str | Path, file_name: str) -> Path:
    """Return the path of a file of a WFDB record, once it is sure to be one inside its folder.

    Parameters
    ----------
    directory : str or Path
        The recording's folder.
    file_name : str
        The file's name, without folder.

    Returns
    -------
    Path
        Absolute, and safe to be given to wfdb.

    Raises
    ------
    EcgError
        If the name is not a bare name, or as `file_inside` does.
    """
    directory = Path(directory)
    if file_name.startswith(".") or re.search(r"[/\\:\0]", file_name):
        raise EcgError(
            f"{file_name!r} is not a name inside {directory}: a record is named by its bare name "
            "and its files lie in its own folder"
        )
    path = file_inside(directory / file_name)
    # wfdb opens files through fsspec, to which these mean other places than this disk.
    if "::" in str(path) or "://" in str(path):
        raise EcgError(f"{path}: folder names with '::' are not read, rename the folder")
    return path


def file_inside(path: Path) -> Path:
    """Return the absolute path of a file, once it is sure not to lead out of its folder.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Path
        Absolute.

    Raises
    ------
    EcgError
        If there is no such file, or it cannot be reached, or links to a file in another folder.
    """
    try:
        folder = path.parent.resolve()
        inside = (folder / path.name).resolve().parent == folder
        is_file = (folder / path.name).is_file()
    # Before Python 3.13, a link to itself is a RuntimeError.
    except (OSError, ValueError, RuntimeError) as error:
        detail = reason(error) if isinstance(error, OSError) else error
        raise EcgError(f"{path}: cannot be reached ({detail})") from error
    if not inside:
        raise EcgError(
            f"{path}: links to a file outside its folder: refused; name that file itself"
        )
    if not is_file and path.exists():
        raise EcgError(f"{path}: a folder, a pipe or a device, not a file")
    if not is_file:
        raise EcgError(f"{path}: no such file{_what_there_is(folder)}")
    return folder / path.name


def _what_there_is(folder: Path) -> str:
    """Return the end of a message that lists some of the records of a folder."""
    if not folder.is_dir():
        return ", and no such folder"
    names = sorted(path.stem for path in folder.glob("*.hea"))
    if not names:
        return "; the folder holds no records"
    return f"; records there: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"


def _read_text(path: Path) -> str:
    """Return the text of a header, which in practice is ASCII, UTF-8 or Latin-1."""
    content = read_bytes(path, _MAX_HEADER_BYTES)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _ask_wfdb(
    complaint: str, function: str, *arguments: str, **options: bool | int | list[str]
) -> "wfdb.Record | wfdb.Annotation":
    """Call wfdb, which raises and warns whatever its parsing of a damaged file runs into."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import wfdb

        try:
            return getattr(wfdb, function)(*arguments, **options)
        except Exception as error:
            detail = str(error) or type(error).__name__
            raise EcgError(f"{complaint} ({detail})") from error


def read_header(name: str, directory: str | Path) -> "wfdb.Record | wfdb.MultiRecord":
    """Parse a header and refuse what contradicts itself, before any other file is looked at.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds the header.

    Returns
    -------
    wfdb.Record or wfdb.MultiRecord
        The latter of a record of several segments.

    Raises
    ------
    EcgError
        If there is no such header, or it is damaged, impossible or names files elsewhere.
    """
    path = own_file(directory, f"{name}.hea")
    lines = [line.strip() for line in _ASCII_LINE_BREAK.split(_read_text(path))]
    fields = [line for line in lines if line and not line.startswith("#")]
    _check_header_lines(path, fields)
    header = _ask_wfdb(f"{path}: not a WFDB header", "rdheader", str(path)[: -len(".hea")])
    _check_header(path, header)
    header.record_name = name
    if not has_segments(header):
        header.sig_name = [
            printable(sig_name or "") or f"signal {i}" for i, sig_name in enumerate(header.sig_name)
        ]
        header.uncalibrated = [_NO_GAIN.match(line) is not None for line in fields[1:]]
    header.comments = [printable(line.strip("# \t")) for line in lines if line.startswith("#")]
    return header


def printable(text: str) -> str:
    """Return a text without the characters that a terminal would obey rather than show.

    Parameters
    ----------
    text : str
        From a file that may be hostile.

    Returns
    -------
    str
        Without blanks at its ends. It may still hold HTML.
    """
    return "".join(c for c in text if c.isprintable()).strip()


def per_millivolt(unit: str) -> float | None:
    """Return how many of a unit make a millivolt, however the unit is spelt.

    Parameters
    ----------
    unit : str
        Such as ``"mV"``, ``"UV"`` or ``"µV"``, with the micro sign or the letter mu.

    Returns
    -------
    float or None
        None if it is no unit of voltage that is known.
    """
    spelt = re.sub("[µμ]", "u", unit.strip()).casefold()
    return {name.casefold(): factor for name, factor in _PER_MILLIVOLT.items()}.get(spelt)


def may_be_voltage(unit: str) -> bool:
    """Tell a unit of voltage, or one that is unknown or left blank, from one of something else.

    Parameters
    ----------
    unit : str
        As a file declares it.

    Returns
    -------
    bool
    """
    return unit.strip().casefold() not in _OTHER_UNITS


def has_segments(header: "wfdb.Record | wfdb.MultiRecord") -> bool:
    """Tell whether a record consists of others.

    Parameters
    ----------
    header : wfdb.Record or wfdb.MultiRecord

    Returns
    -------
    bool
    """
    return getattr(header, "seg_name", None) is not None


def _check_header_lines(path: Path, lines: list[str]) -> None:
    """Refuse, before wfdb parses them, lines that it would take for something else."""
    if not lines:
        raise EcgError(f"{path}: an empty header")
    for line in lines:
        # wfdb's patterns take time that grows with the square of a line's length.
        if len(line) > _MAX_HEADER_LINE:
            raise EcgError(f"{path}: a line of {len(line)} characters: not a WFDB header")
        # wfdb skips what is not ASCII, so that microvolts written with the sign become volts.
        if not " ".join(line.split()[:3]).isascii():
            raise EcgError(
                f"{path}: {line!r} is not plain ASCII; write microvolts as uV, and rename files"
            )
    for line in lines[1:]:
        file_name = line.split()[0]
        if re.search(r"[/\\:]|\.\.", file_name):
            raise EcgError(f"{path}: names a file outside its own folder ({file_name}): refused")


def _check_header(path: Path, header: "wfdb.Record") -> None:
    """Refuse a header whose fields are beyond what a recording can have."""
    if not 1 <= header.fs <= 1e6:
        raise EcgError(f"{path}: a sampling frequency of {header.fs:g} Hz is not possible")
    if has_segments(header):
        return
    if not header.n_sig or header.file_name is None:
        raise EcgError(f"{path}: a header without signals")
    if len(header.file_name) != header.n_sig:
        raise EcgError(
            f"{path}: declares {header.n_sig} signals and describes {len(header.file_name)}"
        )
    if not header.sig_len:
        raise EcgError(f"{path}: does not say how many samples there are; add it to the first line")
    for channel in range(header.n_sig):
        _check_signal(path, header, channel)


def _check_signal(path: Path, header: "wfdb.Record", channel: int) -> None:
    """Refuse the description of one signal if its numbers are impossible."""
    where = f"{path}: signal {channel}"
    if header.fmt[channel] not in _BYTES_AND_BITS:
        raise EcgError(f"{where}: unknown signal format {header.fmt[channel]}")
    if not 1e-6 <= abs(header.adc_gain[channel]) <= 1e12:
        raise EcgError(f"{where}: a gain of {header.adc_gain[channel]:g} is not possible")
    if abs(header.baseline[channel]) >= 2**31:
        raise EcgError(f"{where}: a baseline of {header.baseline[channel]} is not possible")
    if header.samps_per_frame[channel] < 1:
        raise EcgError(f"{where}: declares {header.samps_per_frame[channel]} samples a frame")
    if (header.skew[channel] or 0) > header.sig_len:
        raise EcgError(f"{where}: a skew of {header.skew[channel]} is longer than the signal")


def open_record(name: str, directory: str | Path) -> tuple["wfdb.Record", Path]:
    """Return a header that its signal files bear out, reading no samples.

    Parameters
    ----------
    name : str
        The record's name, without folder or suffix.
    directory : str or Path
        The folder that holds its files.

    Returns
    -------
    header : wfdb.Record
    path : Path
        The header's file.

    Raises
    ------
    EcgError
        As `read_record` does.
    """
    header = read_header(name, directory)
    path = own_file(directory, f"{name}.hea")
    if has_segments(header):
        raise EcgError(f"{path}: consists of several segments; name one of them")
    _check_signal_files(header, directory)
    _check_size(path, header.sig_len, sum(header.samps_per_frame))
    return header, path


def _check_size(path: Path, samples: int, signals: int) -> None:
    """Refuse what is too large for memory."""
    if samples * signals > _MAX_VALUES:
        raise EcgError(
            f"{path}: {samples} samples of {signals} signals, more than fits into memory; "
            "cut the recording into shorter ones"
        )


def empty_signals(path: Path, samples: int, leads: int, dtype: type[np.floating]) -> np.ndarray:
    """Return memory for the signals of a recording, whose file has been seen to hold as much.

    Parameters
    ----------
    path : Path
        The file, for the message.
    samples, leads : int
        How many.
    dtype : type
        Of the signals.

    Returns
    -------
    ndarray, shape (samples, leads)
        Not filled. Each lead is contiguous: filters and wavelets run along it.

    Raises
    ------
    EcgError
        If it is more than fits into memory.
    """
    _check_size(path, samples, leads)
    try:
        return np.empty((leads, samples), dtype).T
    except MemoryError as error:
        raise EcgError(
            f"{path}: {samples} samples of {leads} signals do not fit into this machine's memory; "
            "cut the recording into shorter ones"
        ) from error


def _check_signal_files(header: "wfdb.Record", directory: str | Path) -> None:
    """Compare what a header declares with what its signal files can hold, reading no samples."""
    for file_name in dict.fromkeys(header.file_name):
        channels = [i for i in range(header.n_sig) if header.file_name[i] == file_name]
        path = own_file(directory, file_name)
        if len({(header.fmt[i], header.byte_offset[i]) for i in channels}) > 1:
            raise EcgError(f"{path}: the header gives it more than one format")
        declared = header.sig_len * sum(header.samps_per_frame[i] for i in channels)
        held = _samples_held(path, header, channels)
        if declared > held:
            raise EcgError(
                f"{path}: holds {held} samples and the header declares {declared}: "
                "the file is truncated, or the header is not its own"
            )


def _samples_held(path: Path, header: "wfdb.Record", channels: list[int]) -> int:
    """Return how many samples, of all its signals together, a signal file can hold."""
    offset = header.byte_offset[channels[0]] or 0
    size = path.stat().st_size
    bytes_per_sample, _ = _BYTES_AND_BITS[header.fmt[channels[0]]]
    if bytes_per_sample is not None:
        return max(0, math.floor((size - offset) / bytes_per_sample))
    import soundfile

    try:
        flac = soundfile.info(path)
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        # TypeError: soundfile asks for more about a file whose name ends in .raw.
        raise EcgError(f"{path}: not a FLAC file, or its start is damaged") from error
    if flac.format != "FLAC" or flac.channels != len(channels):
        raise EcgError(
            f"{path}: {flac.format} with {flac.channels} signals, "
            f"the header declares FLAC with {len(channels)}"
        )
    samples = min(flac.frames, size * _MAX_FLAC_SAMPLES_PER_BYTE)
    return max(0, samples - offset) * flac.channels


def _stretches(header: "wfdb.Record", path: Path) -> Iterator[tuple[int, list[np.ndarray]]]:
    """Yield where each stretch begins and what the converter gave, one signal after another.

    At the end, the checksums are compared: what was yielded counts only if nothing is raised.
    """
    length = header.sig_len
    # Differences add up from the start, and wfdb shifts skewed signals within what it reads.
    if "8" not in header.fmt and not any(header.skew):
        length = max(1, _STRETCH_VALUES // sum(header.samps_per_frame))
    totals = [0] * header.n_sig
    for start in range(0, header.sig_len, length):
        record = _ask_wfdb(
            f"{path}: its signals cannot be read, the signal file is damaged",
            "rdrecord",
            str(path)[: -len(".hea")],
            sampfrom=start,
            sampto=min(start + length, header.sig_len),
            physical=False,
            smooth_frames=False,
            return_res=32,
        )
        for channel, signal in enumerate(record.e_d_signal):
            totals[channel] += int(signal.sum(dtype=np.int64))
        yield start, record.e_d_signal
    _check_checksums(header, totals, path)


def _check_checksums(header: "wfdb.Record", totals: list[int], path: Path) -> None:
    """Compare the signals' sums with the 16 bits in the header, which 0 or nothing leaves open."""
    for channel, total in enumerate(totals):
        stated = header.checksum[channel]
        if not stated or header.skew[channel]:
            continue
        if (total - stated) % 2**16:
            raise EcgError(
                f"{path}: the samples of signal {channel} do not add up to the header's checksum "
                f"{stated}: the signal file is damaged or not the header's own"
            )


def lead_names(header: "wfdb.Record") -> tuple[str, ...]:
    """Return what the leads of a record are called.

    Parameters
    ----------
    header : wfdb.Record
        As `open_record` gives it.

    Returns
    -------
    tuple of str
        The names of its signals that are voltages, in order.

    Raises
    ------
    EcgError
        If there are none.
    """
    return tuple(header.sig_name[i] for i in _voltages(header))


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Give numbers to the names of leads where several share one.

    Parameters
    ----------
    names : iterable of str

    Returns
    -------
    tuple of str
    """
    unique: list[str] = []
    for name in names:
        candidate, count = name, 1
        while candidate in unique:
            count += 1
            candidate = f"{name} ({count})"
        unique.append(candidate)
    return tuple(unique)


def _voltages(header: "wfdb.Record") -> list[int]:
    """Return which signals are voltages."""
    channels = [i for i in range(header.n_sig) if header.units[i] in _PER_MILLIVOLT]
    if not channels:
        raise EcgError(
            f"{header.record_name}: no signal is a voltage (units: {', '.join(header.units)}; "
            f"known are {', '.join(_PER_MILLIVOLT)})"
        )
    return channels


def _millivolts(header: "wfdb.Record", channel: int, digital: np.ndarray) -> np.ndarray:
    """Return a stretch of one signal in mV, one value a frame."""
    frames = np.subtract(digital, header.baseline[channel], dtype=np.float64)
    frames /= header.adc_gain[channel] * _PER_MILLIVOLT[header.units[channel]]
    _, bits = _BYTES_AND_BITS[header.fmt[channel]]
    if bits is not None:
        frames[digital == -(2 ** (bits - 1))] = np.nan
    samples_per_frame = header.samps_per_frame[channel]
    if samples_per_frame > 1:
        frames = frames.reshape(-1, samples_per_frame).mean(axis=1)
    return frames


def _remarks(header: "wfdb.Record", voltages: list[int]) -> tuple[str, ...]:
    """Return what a header leaves open."""
    remarks = []
    left_out = [header.sig_name[i] for i in range(header.n_sig) if i not in voltages]
    if left_out:
        remarks.append(f"Left out, because they are no voltages: {', '.join(left_out)}.")
    uncalibrated = [header.sig_name[i] for i in voltages if header.uncalibrated[i]]
    if uncalibrated:
        remarks.append(
            f"The gain is not declared for {', '.join(uncalibrated)}: "
            "taken as 200 steps per mV, as WFDB does."
        )
    return tuple(remarks)


def read_annotation_file(path: Path, name: str, fs: float, sig_len: int) -> Annotations:
    """Read an annotation file of a recording of any format.

    Parameters
    ----------
    path : Path
        The annotation file, as `own_file` gives it.
    name : str
        The recording's name.
    fs : float
        Its sampling frequency in Hz.
    sig_len : int
        How many samples it has.

    Returns
    -------
    Annotations

    Raises
    ------
    EcgError
        As `read_annotations` does.
    """
    # wfdb takes the sampling frequency from a header beside the annotations, whatever it holds.
    if path.with_suffix(".hea").exists():
        read_header(path.stem, path.parent)
    content = read_bytes(path, _MAX_ANNOTATION_BYTES)
    if not content:
        raise EcgError(f"{path}: an empty file, so it is truncated; write the annotations again")
    if len(content) % 2 or not content.endswith(b"\0\0"):
        raise EcgError(f"{path}: does not end as an annotation file does: it is truncated")
    _check_definitions(path, content)
    annotation = _ask_wfdb(
        f"{path}: not an annotation file, or a damaged one",
        "rdann",
        str(path)[: -len(path.suffix)],
        path.suffix[1:],
        return_label_elements=["symbol", "label_store"],
    )
    # A damaged file can give one annotation two notes, which shifts all notes after it.
    if len(annotation.aux_note) != len(annotation.sample):
        raise EcgError(f"{path}: more notes than annotations: the file is damaged")
    _check_positions(path, annotation, fs, sig_len)
    codes_and_symbols = zip(annotation.label_store, annotation.symbol, strict=True)
    symbol = [s if isinstance(s, str) else f"[{code}]" for code, s in codes_and_symbols]
    aux = np.empty(len(symbol), object)
    aux[:] = [printable(note) for note in annotation.aux_note]
    return Annotations(
        name=name,
        fs=fs,
        sig_len=sig_len,
        sample=annotation.sample,
        symbol=np.array(symbol, dtype=np.str_),
        subtype=annotation.subtype,
        aux=aux,
    )


def _check_definitions(path: Path, content: bytes) -> None:
    """Refuse notes that define something about the file, other than its time resolution.

    wfdb.rdann never returns from a definition that it does not know, or from a second one.
    """
    # A note is its length, the code 63 in the upper six bits of the next byte, and its text.
    definitions = list(
        re.finditer(rb"(?=(.)[\xfc-\xff]## (time resolution: \d)?)", content, re.DOTALL)
    )
    if not definitions:
        return
    length, known = definitions[0].groups()
    if len(definitions) > 1 or known is None or length[0] < len("## " + "time resolution: 1"):
        raise EcgError(f"{path}: defines annotation types of its own, which are not read")


def _check_positions(path: Path, annotation: "wfdb.Annotation", fs: float, sig_len: int) -> None:
    """Refuse positions that are not positions in the recording."""
    sample = annotation.sample
    if annotation.fs is not None and annotation.fs != fs:
        raise EcgError(
            f"{path}: its positions count at {annotation.fs:g} Hz, the recording is sampled at "
            f"{fs:g} Hz; convert one to the other's"
        )
    if sample.size and not 0 <= sample.min() <= sample.max() < sig_len:
        raise EcgError(
            f"{path}: has annotations from sample {sample.min()} to {sample.max()}, the recording "
            f"has samples 0 to {sig_len - 1}; is it the right recording?"
        )
    if np.any(np.diff(sample) < 0):
        first = int(np.argmax(np.diff(sample) < 0)) + 1
        raise EcgError(f"{path}: annotation {first} lies before the one it follows; sort them")
