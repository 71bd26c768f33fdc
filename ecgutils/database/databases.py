"""Which databases are embedded: where each lies, and what of PhysioNet's is in it."""

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from ecgutils.paths import MITDB_DIR, NSTDB_DIR, SVDB_DIR, need_checkout


@dataclass(frozen=True)
class Database:
    """One of PhysioNet's databases. Wherever a folder is asked for, it stands for its own.

    Attributes
    ----------
    name, title : str
        What PhysioNet calls it, in its addresses and in words.
    directory : Path
        The folder that holds it.
    files : str
        A regular expression: which lines of PhysioNet's list of files are embedded.

    Examples
    --------
    >>> from ecgutils import database
    >>> database.SVDB.title
    'MIT-BIH Supraventricular Arrhythmia Database'
    >>> database.read("801", database.SVDB).fs
    128.0
    """

    name: str
    title: str
    directory: Path
    files: str = ".*"

    def __fspath__(self) -> str:
        """Return its folder, for all that opens files."""
        if not self.directory.is_dir():
            need_checkout(f"the embedded {self.title}")
        return str(self.directory)

    @property
    def address(self) -> str:
        """Where PhysioNet has its files."""
        return f"https://physionet.org/files/{self.name}/1.0.0/"


MITDB = Database("mitdb", "MIT-BIH Arrhythmia Database", MITDB_DIR)
"""All 48 records."""

SVDB = Database(
    "svdb",
    "MIT-BIH Supraventricular Arrhythmia Database",
    SVDB_DIR,
    r"\d+[13579]\.(atr|dat|hea)",
)
"""The 38 odd-numbered records; the even ones are left out so that others can test on them."""

NSTDB = Database("nstdb", "MIT-BIH Noise Stress Test Database", NSTDB_DIR, r"(bw|em|ma)\.(dat|hea)")
"""The three records of noise."""

DATABASES = (MITDB, SVDB, NSTDB)
"""All that is embedded."""


def database_in(directory: str | PathLike) -> Database:
    """Return what a folder is for: the embedded database, or MITDB for any other folder."""
    if isinstance(directory, Database):
        return directory
    embedded = {database.directory: database for database in DATABASES}
    return embedded.get(Path(directory), replace(MITDB, directory=Path(directory)))
