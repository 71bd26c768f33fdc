"""TODO."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import reason

# How many of a unit make a millivolt.
_PER_MILLIVOLT = {"V": 1e-3, "mV": 1.0, "uV": 1e3, "nV": 1e6}


# What else recorders of ECG store beside it, in lower case.
_OTHER_UNITS = (
    *("%", "bpm", "1/min", "/min", "rpm", "hz", "mmhg", "cmh2o", "kpa", "pa", "l/min", "ml"),
    *("°c", "degc", "c", "celsius", "ohm", "kohm", "s", "ms", "us", "g", "mg", "m/s2", "m/s^2"),
    *("m/s²", "deg", "deg/s", "°/s"),
)


# 8 GB as float32: a month of two leads at 360 Hz, eight days of three at 1000 Hz.
_MAX_VALUES = 2**31


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
