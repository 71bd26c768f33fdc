"""Fetching a file over HTTP so that an interrupted transfer goes on where it stopped."""

from http import HTTPStatus
from pathlib import Path

from ecgutils.errors import EcgError
from ecgutils.files import failure_named, reason, sha256

# What is lost of a file, at most, when its connection is.
_CHUNK_BYTES = 2**13
MAX_BYTES = 2**26
"""Thirty times the longest file of the databases; a server may send without end."""


def download(url: str, path: Path, expected: str | None = None, hidden: bool | None = True) -> None:
    """Fetch a file; with its SHA-256, continue what an earlier attempt has left at `path`."""
    held = path.stat().st_size if expected is not None and path.exists() else 0
    if held and sha256(path) == expected:
        return
    try:
        _transfer(url, path, held, hidden)
    except (OSError, ValueError) as error:
        answer = getattr(error, "response", None)
        if answer is None:
            again = "run the command again to continue, or use a local copy with --from DIR"
            raise EcgError(f"{url}: cannot be downloaded ({_cause(error)}); {again}") from error
        if not held or answer.status_code != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            line = f"{url}: the server answers {answer.status_code} {answer.reason}"
            raise EcgError(line) from error
    if expected is not None and (found := sha256(path)) != expected:
        path.unlink()
        if not held:
            raise EcgError(f"{url}: expected SHA-256 {expected}, what came has {found}: discarded")
        # What was left is not of this file, or the server sent all of it once more.
        download(url, path, expected, hidden)


# pooch transfers and draws the bar. Its `retrieve` would compare the SHA-256 too, but begins a file
# that was cut short from the start, and ends only when the server does.
def _transfer(url: str, path: Path, held: int, hidden: bool | None) -> None:
    """Append to `path` what it lacks, or write all of it where nothing is held."""
    from pooch import HTTPDownloader
    from tqdm import tqdm

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={held}-"} if held else {})
    # pooch sets the total, but takes a bar without one for none.
    options = {"desc": path.name, "total": 1, "unit": "B", "unit_scale": True, "leave": False}
    with tqdm(**options, disable=hidden) as bar:
        HTTPDownloader(bar, _CHUNK_BYTES, headers=headers)(url, _Part(path, held), None)


class _Part:
    """A file as far as it has come; each chunk is safe on its own when the process is killed."""

    def __init__(self, path: Path, held: int) -> None:
        self.path = path
        self.held = held

    def write(self, chunk: bytes) -> None:
        """Append a chunk, or begin the file where nothing is held."""
        if self.held > MAX_BYTES:
            raise EcgError(f"{self.path}: longer than any file of the databases: given up")
        with failure_named(self.path, "written"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab" if self.held else "wb") as file:
                file.write(chunk)
        self.held += len(chunk)

    def flush(self) -> None:
        """Do nothing: no chunk waits."""


def _cause(error: BaseException) -> str:
    """Return what went wrong in the first place; requests wraps it in names of its own classes."""
    while error.__context__ is not None:
        error = error.__context__
    return reason(error) if isinstance(error, OSError) else str(error)
