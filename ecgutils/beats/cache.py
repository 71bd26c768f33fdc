"""Beats kept on disk, named by all that makes them."""

import zipfile
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path

import joblib
import numpy as np

from ecgutils import database
from ecgutils.beats.beats import Beats, join
from ecgutils.beats.t_to_t import cut_t_to_t
from ecgutils.errors import EcgError
from ecgutils.files import sha256, sha256_of_code, write_beside
from ecgutils.io.record import Record
from ecgutils.io.wfdb_header import names_in_header
from ecgutils.paths import CACHE_DIR

ROOMS = (
    *("aami.py", "contents.py", "errors.py", "files.py", "paths.py"),
    *("io", "database", "signals", "beats"),
)
"""All that beats import from, directly or not; a change in one makes cached beats stale."""

Cut = Callable[[Record], Beats]
"""Cuts a record into beats."""


def load_beats(
    names: Iterable[str] | None = None,
    directory: str | PathLike = database.MITDB,
    cut: Cut = cut_t_to_t,
) -> Beats:
    """Read records and cut them into beats, or take them from the cache.

    Parameters
    ----------
    names : iterable of str, optional
        Records to read; all of the directory when not given.
    directory : Database, str or Path, where the records are
    cut : callable, :func:`cut_t_to_t` or an :class:`ecgutils.beats.r_centred.RCentred`

    Returns
    -------
    Beats, in the order of the records

    Raises
    ------
    EcgError
        If a record cannot be read or cut, or none is named.

    Examples
    --------
    >>> beats = load_beats(["100", "101"])
    >>> beats.windows.shape, beats.rr.shape
    ((4138, 280, 1), (4138, 2))
    """
    directory = Path(directory)
    names = database.record_names(directory) if names is None else list(names)
    if not names:
        raise EcgError("no record is named; name one, or leave the names out to read them all")
    cache = CACHE_DIR / f"beats-{_cache_key(names, directory, cut)}.npz"
    beats = _read_cache(cache)
    if beats is None:
        beats = join(cut(database.read(n, directory)) for n in names)
        with write_beside(cache) as file:
            np.savez(file, **vars(beats))
    return beats


def _cache_key(names: list[str], directory: Path, cut: Cut) -> str:
    """Name beats by all that makes them: the files, the way of cutting and this package's code."""
    inputs = [path for name in names for path in _record_files(name, directory)]
    files = [(path.name, sha256(path)) for path in inputs]
    return joblib.hash([getattr(cut, "__name__", repr(cut)), files, sha256_of_code(*ROOMS)])


def _record_files(name: str, directory: Path) -> list[Path]:
    """Files of a record that are there: header, annotations, and the signals the header names."""
    header = directory / f"{name}.hea"
    signals, _ = names_in_header(header)
    paths = [header, header.with_suffix(".atr"), *(directory / file for file in sorted(signals))]
    return [path for path in paths if path.is_file()]


def _read_cache(path: Path) -> Beats | None:
    """Read cached beats; None where there are none, or the file is damaged."""
    try:
        # Given a path, np.load would leave the file open when it is damaged.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Beats(**arrays)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None
