"""Fetching a file over HTTP so that an interrupted transfer goes on where it stopped."""

import http.client
import urllib.error
import urllib.request
from pathlib import Path

from ecgutils.errors import EcgError
from ecgutils.files import reason, sha256

_TIMEOUT_SECONDS = 30
_CHUNK_BYTES = 2**16
# Thirty times the longest file of the databases; a server may send without end.
_MAX_BYTES = 2**26


def download(url: str, path: Path, expected: str | None = None) -> None:
    """Fetch a file, continuing what an earlier attempt has left at `path`.

    Parameters
    ----------
    url : str
        An ``http://`` or ``https://`` address.
    path : Path
        Where the bytes go as they arrive. After an interruption it holds the first part of them.
    expected : str or None
        The SHA-256 of the whole file. Without it nothing is checked, or continued.

    Raises
    ------
    EcgError
        If the server cannot be reached, has no such file, stops half-way, or sends another file;
        or if the file cannot be written.
    """
    if path.exists():
        if expected is None:
            _start_afresh(path)
        elif sha256(path) == expected:
            return
    try:
        _transfer_or_restart(url, path)
    except urllib.error.HTTPError as error:
        raise EcgError(f"{url}: the server answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", error)
        cause = reason(cause) if isinstance(cause, OSError) else cause
        raise EcgError(
            f"{url}: cannot be downloaded ({cause}); run the command again to continue, or use a "
            "local copy with --from DIR"
        ) from error
    if expected is not None and (found := sha256(path)) != expected:
        _start_afresh(path)
        raise EcgError(f"{url}: expected SHA-256 {expected}, what came has {found}: discarded")


def _start_afresh(path: Path) -> None:
    """Make an empty file, or empty the one that is there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    except OSError as error:
        raise EcgError(f"{path}: cannot be written ({reason(error)})") from error


def _held(path: Path) -> int:
    """Return how many bytes of a file are there already."""
    return path.stat().st_size if path.exists() else 0


def _transfer_or_restart(url: str, path: Path) -> None:
    """Fetch the rest of a file, or all of it where what is held is longer than the file."""
    try:
        _transfer(url, path)
    except urllib.error.HTTPError as error:
        too_far = error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE
        if not too_far or not _held(path):
            raise
        _start_afresh(path)
        _transfer(url, path)


def _transfer(url: str, path: Path) -> None:
    """Append to `path` what it lacks, or write all of it if the server sends all of it."""
    held = _held(path)
    headers = {"Range": f"bytes={held}-"} if held else {}
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        if response.status != http.client.PARTIAL_CONTENT:
            _start_afresh(path)
        while chunk := response.read(_CHUNK_BYTES):
            _append(path, chunk)
        if response.length:
            raise ConnectionError(f"connection lost, {response.length} bytes are missing")


def _append(path: Path, chunk: bytes) -> None:
    """Add bytes to a file; each piece is safe on its own when the process is killed."""
    try:
        with open(path, "ab") as file:
            if file.tell() > _MAX_BYTES:
                raise EcgError(f"{path}: longer than any file of the databases: given up")
            file.write(chunk)
    except OSError as error:
        raise EcgError(f"{path}: cannot be written ({reason(error)})") from error
