"""Reading files with a limit, and writing them so that a reader never meets half of one."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ecgutils.errors import EcgError
from ecgutils.paths import PACKAGE_DIR

if TYPE_CHECKING:
    import pandas as pd


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, 64 hexadecimal digits."""
    with failure_named(path, "read"), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_code(*rooms: str) -> str:
    """Return the SHA-256 of the sources of rooms, or of modules in the hall such as "aami.py".

    Names what is kept for later: a change of any function there makes it stale, and no list of
    functions can be forgotten.
    """
    made_of = hashlib.sha256()
    for room in rooms:
        folder = PACKAGE_DIR / room
        for path in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
            made_of.update(path.relative_to(PACKAGE_DIR).as_posix().encode() + path.read_bytes())
    return made_of.hexdigest()


def read_bytes(path: str | Path, limit: int) -> bytes:
    """Return a file's content, unless it is longer than any file of its kind."""
    with failure_named(path, "read"), open(path, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise EcgError(f"{path}: longer than any file of its kind (limit {limit} bytes)")
    return content


@contextmanager
def write_beside(path: str | Path, mode: str = "wb") -> Iterator[IO]:
    """Open a temporary file beside `path`; move it there once it is complete.

    Whatever happens meanwhile (an exception, an interrupt, a full disk), `path` either keeps its
    former content or has the whole new one. Text is UTF-8. Folders on the way are made.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    encoding = None if "b" in mode else "utf-8"
    try:
        with failure_named(path, "written"):
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, mode, encoding=encoding) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file as :func:`write_beside` does."""
    with write_beside(path, "w" if isinstance(content, str) else "wb") as file:
        file.write(content)


def write_csv(path: Path, table: "pd.DataFrame", float_format: str, index: bool = True) -> None:
    """Write a table as CSV, the same bytes on every system; undefined figures are left empty."""
    table = table.to_csv(index=index, float_format=float_format, lineterminator="\n")
    write_whole(path, table)


@contextmanager
def failure_named(path: str | Path, what: str) -> Iterator[None]:
    """Let the message of a failure name the file, which cannot be `what`."""
    try:
        yield
    except OSError as error:
        raise EcgError(f"{path}: cannot be {what} ({reason(error)})") from error


def reason(error: OSError) -> str:
    """Return the system's words for a failure, without the path that a message repeats."""
    return error.strerror or str(error) or type(error).__name__
