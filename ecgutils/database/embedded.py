"""Reading the embedded databases, which lie in `data/`."""

from os import PathLike
from pathlib import Path

from ecgutils.database.databases import MITDB
from ecgutils.errors import EcgError
from ecgutils.io.guards import own_file
from ecgutils.io.record import Record
from ecgutils.io.wfdb_header import read_text
from ecgutils.io.wfdb_signals import read_record


def read(
    record_name: str, directory: str | PathLike = MITDB, annotations: str | None = "atr"
) -> Record:
    """Read a recording of an embedded database, by default the MIT-BIH Arrhythmia Database.

    Parameters
    ----------
    record_name : str
        Such as ``"100"``.
    directory : Database, str or Path
        Another database, such as :data:`ecgutils.database.SVDB`, or a folder with WFDB records.
    annotations : str or None
        Suffix of the annotation file, or None to read none.

    Returns
    -------
    Record
        Its signals are in mV.

    Raises
    ------
    EcgError
        If there is no such record, or one of its files is damaged.

    Examples
    --------
    >>> from ecgutils import database
    >>> record = database.read("100")
    >>> record.sig_name, record.fs, record.p_signal.shape
    (('MLII', 'V5'), 360.0, (650000, 2))
    >>> len(database.read("801", database.SVDB).annotations.beats)
    2509
    """
    return read_record(record_name, directory, annotations)


def record_names(directory: str | PathLike = MITDB) -> list[str]:
    """Return the names of the recordings of a database.

    Parameters
    ----------
    directory : Database, str or Path
        A database, or a folder with a file ``RECORDS`` that lists them, or else with one ``.hea``
        for each.

    Returns
    -------
    list of str
        In the order of ``RECORDS``, or sorted.

    Raises
    ------
    EcgError
        If the folder is not there or holds no recordings.

    Examples
    --------
    >>> from ecgutils import database
    >>> database.record_names()[:3]
    ['100', '101', '102']
    """
    directory = Path(directory)
    if (directory / "RECORDS").exists():
        names = read_text(own_file(directory, "RECORDS")).split()
    else:
        names = sorted(path.stem for path in directory.glob("*.hea"))
    if not names:
        raise EcgError(f"{directory}: no recordings there (no RECORDS and no .hea files)")
    return names
