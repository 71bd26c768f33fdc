"""What keeps a hostile or damaged file from doing harm, and names what is wrong with it."""

import glob
import re
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import reason

# How many of a unit make a millivolt, by what stands before "V", "Volt" or "Volts".
_PER_MILLIVOLT = {
    "": 1e-3,
    **dict.fromkeys(("m", "milli"), 1.0),
    **dict.fromkeys(("u", "micro", "mc", "mcro", "mikro"), 1e3),
    **dict.fromkeys(("n", "nano"), 1e6),
}

# Of other alphabets, small: what follows is V.
_SPELT = {"мкв": "uv", "мв": "mv", "в": "v", "微伏": "uv", "毫伏": "mv"}

MOST_MISSING = 10
"""How many times as many values may be missing as there are: gaps take memory, but no file."""

NO_LENGTH = "The header does not say how long the recording is: all of it is read."
"""What is told of a file whose own size tells its length."""

# What else recorders of ECG store beside it, in lower case.
_OTHER_UNITS = (
    *("%", "bpm", "1/min", "/min", "rpm", "hz", "mmhg", "cmh2o", "kpa", "pa", "l/min", "ml"),
    *("°c", "degc", "c", "celsius", "ohm", "kohm", "s", "ms", "us", "g", "mg", "m/s2", "m/s^2"),
    *("m/s²", "deg", "deg/s", "°/s"),
)

IMPOSSIBLE_SPAN = 20
"""No second of surface ECG spans so much, mV; the QRS complex has a few."""

# What is packed may be a hundred times as large, or so large in any case.
_MOST_UNPACKED, _ALWAYS_UNPACKED = 100, 2**26

# 8 GB as float32: a month of two leads at 360 Hz, eight days of three at 1000 Hz.
_MAX_VALUES = 2**31


@contextmanager
def errors_name(path: Path) -> Iterator[None]:
    """Put the file's path before the message of every EcgError and OSError raised inside."""
    try:
        yield
    except EcgError as error:
        raise EcgError(f"{path}: {error}") from error
    except OSError as error:
        raise EcgError(f"{path}: cannot be read ({reason(error)})") from error


@contextmanager
def decoding(complaint: str) -> Iterator[None]:
    """Let a library that decodes a file warn of nothing; refuse the file on whatever it raises.

    What was found wrong on purpose stays as it is.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except EcgError:
            raise
        except Exception as error:
            raise EcgError(f"{complaint} ({str(error) or type(error).__name__})") from error


def own_file(directory: str | Path, file_name: str) -> Path:
    """Return the absolute path of a file of a WFDB record, if it is safe to be given to wfdb."""
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
    """Return the absolute path of a file, if it is there and does not lead out of its folder."""
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
        raise EcgError(f"{path}: no such file{_records_there(folder, path.suffix)}")
    return folder / path.name


def _records_there(folder: Path, suffix: str) -> str:
    """Return the end of a message that lists some of the files of one kind in a folder."""
    if not folder.is_dir():
        return ", and no such folder"
    names = sorted(path.stem for path in folder.glob(f"*{glob.escape(suffix)}"))
    if not names:
        return f"; {folder} holds none that ends in {suffix}"
    return f"; records there: {', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"


def decoded(content: bytes) -> str:
    """Return a text that should be ASCII and may be UTF-8 or Latin-1."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def printable(text: str) -> str:
    """Return a text without the characters that a terminal would obey; it may still hold HTML."""
    return "".join(c for c in text if c.isprintable()).strip()


def per_millivolt(unit: str) -> float | None:
    """Return how many of a unit make a millivolt, however it is spelt; None if not a voltage."""
    own = unit.strip(" ()[]").casefold()
    # The sign of "micro", whatever an encoding has made of it, is all that is not ASCII.
    spelt = re.sub(r"[^\x00-\x7f]+", "u", _SPELT.get(own, own))
    match = re.fullmatch(r"([a-z]*?)[ -]?v(olts?)?", spelt)
    return _PER_MILLIVOLT.get(match[1]) if match else None


def may_be_voltage(unit: str) -> bool:
    """Whether a unit is one of voltage, unknown or left blank, and not of something else."""
    return unit.strip().casefold() not in _OTHER_UNITS


def most_unpacked(content: bytes) -> int:
    """Return how many bytes a file may unpack into: far more than an ECG does."""
    return max(_ALWAYS_UNPACKED, _MOST_UNPACKED * len(content))


def unpacked(data: bytes | memoryview, most_bytes: int, window: int = zlib.MAX_WBITS) -> bytes:
    """Return what is packed by zlib, or by bare deflate where the window is negative."""
    content = zlib.decompressobj(window).decompress(data, max(1, most_bytes))
    if len(content) >= most_bytes:
        raise EcgError("unpacks into far more than a recording; save it uncompressed")
    return content


def check_size(samples: int, signals: int) -> None:
    """Refuse what is too large for memory."""
    if samples * signals > _MAX_VALUES:
        raise _too_large(samples, signals)


def empty_signals(samples: int, leads: int, dtype: type[np.floating]) -> np.ndarray:
    """Return memory, not filled, of shape (samples, leads); filters run along contiguous leads."""
    check_size(samples, leads)
    try:
        return np.empty((leads, samples), dtype).T
    except MemoryError as error:
        raise _too_large(samples, leads) from error


def with_gaps(p_signal: np.ndarray, places: Sequence[tuple[int, int]]) -> np.ndarray:
    """Put missing samples before some, given by where and how many, shape (samples, leads)."""
    lengths = [length for _, length in places]
    if not sum(lengths):
        return p_signal
    if sum(lengths) > MOST_MISSING * len(p_signal):
        raise EcgError("nearly all of it is missing by its times; cut the recording at its gaps")
    whole = empty_signals(len(p_signal) + sum(lengths), p_signal.shape[1], p_signal.dtype)
    starts = np.repeat([start for start, _ in places], lengths)
    whole[:] = np.insert(p_signal, starts, np.nan, axis=0)
    return whole


def _too_large(samples: int, signals: int) -> EcgError:
    return EcgError(
        f"{samples} samples of {signals} signals, more than fits into memory; "
        "cut the recording into shorter ones"
    )


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Give numbers to the names of leads where several share one."""
    unique: list[str] = []
    for name in names:
        candidate, count = name, 1
        while candidate in unique:
            count += 1
            candidate = f"{name} ({count})"
        unique.append(candidate)
    return tuple(unique)


def remarks(*sentences: tuple[str, Sequence[str]]) -> tuple[str, ...]:
    """Put the names of leads into sentences; one that concerns no lead is left out."""
    return tuple(sentence.format(", ".join(names)) for sentence, names in sentences if names)


def remarks_on_units(
    p_signal: np.ndarray, fs: float, names: Sequence[str], declared: Sequence[bool]
) -> tuple[str, ...]:
    """Tell of leads without a unit, and of heights that cannot be mV then."""
    undeclared = [k for k, is_declared in enumerate(declared) if not is_declared]
    sentence = "The units of {} are not declared: taken as mV."
    sentences = remarks((sentence, [names[k] for k in undeclared]))
    span = max((typical_span(p_signal[:, k], fs) for k in undeclared), default=0)
    if span > IMPOSSIBLE_SPAN:
        sentences += (
            f"A typical second spans {span:.4g} mV, which no ECG does: the numbers look like µV or "
            "the raw steps of a converter. Heights in mV mean nothing then; the classes do not "
            "depend on them.",
        )
    return sentences


def typical_span(signal: np.ndarray, fs: float) -> float:
    """Return the median over seconds of the distance from lowest to highest sample; 0 of none."""
    second = max(1, min(len(signal), round(fs)))
    seconds = signal[: len(signal) // second * second].reshape(-1, second)
    spans = np.fmax.reduce(seconds, axis=1) - np.fmin.reduce(seconds, axis=1)
    return float(np.median(spans[np.isfinite(spans)])) if np.isfinite(spans).any() else 0.0
