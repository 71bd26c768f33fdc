"""Receipts: what the results of a recording were made from, so that nothing is done twice.

A receipt lies beside the results, in a hidden folder. It counts while the recording's files, the
options, the model and the results are what they were, by SHA-256: size and time can stay the same.
"""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, sha256, write_beside
from ecgutils.io.wfdb_header import names_in_header

RESULTS = (".aami", ".beats.csv", ".html")
"""How the names of a recording's results end."""

FORMATS = ("edf",)
"""Formats in which beats are written besides, if the user wants it, as ``NAME.beats.FORMAT``."""

FOLDER = ".ecgutils"
"""The folder below that of the results in which the receipts lie."""

_MAX_RECEIPT_BYTES = 2**20
# The temporary names that `ecgutils.files.write_beside` gives.
_UNFINISHED = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part", re.DOTALL)


def input_hashes(path: Path, beats: str | None) -> dict[str, str]:
    """Return the SHA-256, by name, of every file in its folder that a recording is read from."""
    names = {path.name}
    if path.suffix.lower() == ".hea" and os.path.isfile(path):
        names |= _signal_files(path)
    if beats is not None:
        names.add(f"{path.stem}.{beats}")
    files = [path.parent / name for name in sorted(names) if os.path.basename(name) == name]
    folder = path.parent.resolve()
    own = [file for file in files if file == path or file.resolve().parent == folder]
    return {file.name: sha256(file) for file in own if os.path.isfile(file)}


def _signal_files(header: Path) -> set[str]:
    """Return the names of files that a WFDB header gives, itself or through its segments."""
    signals, segments = names_in_header(header)
    headers = [header.with_name(f"{name}.hea") for name in segments]
    of_segments = [names_in_header(path)[0] for path in headers]
    return {path.name for path in headers}.union(signals, *of_segments)


def is_done(
    directory: Path, name: str, made_from: dict[str, object], formats: Sequence[str] = ()
) -> bool:
    """Tell whether the results are there and were made from just this; no if it is unclear."""
    path = _path(directory, name)
    try:
        receipt = json.loads(read_bytes(path, _MAX_RECEIPT_BYTES)) if path.is_file() else None
        return receipt is not None and receipt == _receipt(directory, name, made_from, formats)
    except (EcgError, ValueError, RecursionError):
        return False


def write_receipt(
    directory: Path, name: str, made_from: dict[str, object], formats: Sequence[str] = ()
) -> None:
    """Note what the results were made from, as JSON can hold it."""
    text = json.dumps(_receipt(directory, name, made_from, formats), indent=1)
    with write_beside(_path(directory, name), "w") as file:
        file.write(text + "\n")


def clear_unfinished(directory: Path, names: Sequence[str]) -> None:
    """Remove what killed processes left of results: hidden files under temporary names."""
    ours = {_path(directory, name) for name in names}
    ours |= {path for name in names for path in result_files(directory, name, FORMATS)}
    for folder in {path.parent for path in ours}:
        for path in folder.iterdir() if folder.is_dir() else ():
            unfinished = _UNFINISHED.fullmatch(path.name)
            if unfinished and folder / unfinished[1] in ours:
                path.unlink(missing_ok=True)


def _receipt(
    directory: Path, name: str, made_from: dict[str, object], formats: Sequence[str]
) -> dict[str, object]:
    results = {path.name: sha256(path) for path in result_files(directory, name, formats)}
    return {"made_from": made_from, "results": results}


def result_files(directory: Path, name: str, formats: Sequence[str] = ()) -> list[Path]:
    """Return the files of a recording's results, and of those in further formats."""
    endings = (*RESULTS, *(f".beats.{format_name}" for format_name in formats))
    return [directory / f"{name}{ending}" for ending in endings]


def _path(directory: Path, name: str) -> Path:
    return directory / FOLDER / f"{name}.json"
