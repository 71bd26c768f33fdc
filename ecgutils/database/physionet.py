"""The embedded databases: converting PhysioNet's files, fetching them, proving what they are.

PhysioNet publishes a record as ``.dat`` (format 212, two 12-bit samples in three bytes), ``.hea``
and ``.atr``. Here the signals are stored in WFDB's FLAC format 516, a third of the size and without
loss, so a record can be turned back into PhysioNet's bytes and compared with PhysioNet's own list
of SHA-256 sums. A second list holds the sums of the files as they are stored here, because a bit
of a FLAC file can change without any sample changing.
"""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecgutils.database.download import download
from ecgutils.database.embedded import record_names
from ecgutils.database.formats import decode_flac, encode_212, encode_flac
from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, sha256, write_beside
from ecgutils.io.wfdb_signals import read_digital
from ecgutils.paths import MITDB_DIR

PHYSIONET_MITDB = "https://physionet.org/files/mitdb/1.0.0/"
PUBLISHED_SUMS = "SHA256SUMS.txt"
EMBEDDED_SUMS = "EMBEDDED.SHA256SUMS"

# The header last: a record whose header is there is all there.
_SUFFIXES = (".atr", ".dat", ".hea")
_DOWNLOADS = "originals.part"
# Far more than any file of the databases has.
_MAX_BYTES = 2**26


@dataclass(frozen=True)
class Verdict:
    """What `verify` found out about one record.

    Attributes
    ----------
    record_name : str
        The record's name.
    suffixes : tuple of str
        The files that were looked at: ``".dat"``, ``".hea"`` and, where published, ``".atr"``.
    problems : dict of str to str
        For each suffix whose file is not PhysioNet's, one line that says why.
    """

    record_name: str
    suffixes: tuple[str, ...]
    problems: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every file of the record is PhysioNet's."""
        return not self.problems


def convert_record(record_name: str, source: str | Path, directory: str | Path) -> None:
    """Store one of PhysioNet's records with its signals in FLAC, and note the SHA-256 of its files.

    The header is kept byte for byte but for the format of the signals, annotations entirely.

    Parameters
    ----------
    record_name : str
        The record's name.
    source : str or Path
        The folder with PhysioNet's files, signals in format 212.
    directory : str or Path
        The folder to write to. Files of that record are replaced.

    Raises
    ------
    EcgError
        If the record cannot be read, is not in format 212, or cannot be written.
    """
    source, directory = Path(source), Path(directory)
    header, signals = read_digital(record_name, source)
    layout = set(zip(header.file_name, header.fmt, header.samps_per_frame, strict=True))
    if layout != {(f"{record_name}.dat", "212", 1)}:
        raise EcgError(f"{source / record_name}.hea: not one signal file of format 212")
    header_text = read_bytes(source / f"{record_name}.hea", _MAX_BYTES)
    stored = {
        ".dat": encode_flac(np.stack(signals, axis=1).astype(np.int16)),
        ".hea": _replace_format(header_text, b"212", b"516"),
    }
    annotations = source / f"{record_name}.atr"
    if annotations.exists():
        stored[".atr"] = read_bytes(annotations, _MAX_BYTES)
    for suffix in sorted(stored):
        with write_beside(directory / f"{record_name}{suffix}") as file:
            file.write(stored[suffix])
    _note_embedded(directory, {f"{record_name}{suffix}": stored[suffix] for suffix in stored})


def verify(directory: str | Path = MITDB_DIR) -> list[Verdict]:
    """Prove that the records in a folder are PhysioNet's, bit by bit.

    Each signal file is decoded and encoded again as format 212, each header gets its format 212
    back, and both are compared, like the annotations, with the SHA-256 that PhysioNet publishes.
    Each file is also compared with the SHA-256 that it had when it was converted, which finds
    damage that alters no sample.

    Parameters
    ----------
    directory : str or Path
        A folder that `fetch` has filled.

    Returns
    -------
    list of Verdict
        One for each record that PhysioNet lists, in the order of their names.

    Raises
    ------
    EcgError
        If a list of SHA-256 sums is missing or damaged, or the lists name different records.
    """
    directory = Path(directory)
    published = _read_sums(directory / PUBLISHED_SUMS)
    embedded = _embedded_sums(directory)
    names = _records_in(published)
    if differing := set(names) ^ set(record_names(directory)):
        raise EcgError(
            f"{directory / 'RECORDS'}: differs from {PUBLISHED_SUMS} "
            f"in {', '.join(sorted(differing))}; restore it with 'ecgutils fetch'"
        )
    return [_verify_record(directory, name, published, embedded) for name in names]


def fetch(
    directory: str | Path = MITDB_DIR, source: str | Path | None = None, progress: bool = False
) -> list[str]:
    """Fill a folder with PhysioNet's records, from PhysioNet or a copy of it.

    Records that are there and right are left alone. Every file is checked against PhysioNet's
    SHA-256 before it is converted. A download that was cut short goes on where it stopped when the
    same call is made again.

    Parameters
    ----------
    directory : str or Path
        The folder to fill. If it has PhysioNet's ``SHA256SUMS.txt``, that list counts, otherwise
        the source's.
    source : str, Path or None
        A folder, or the ``http://`` or ``https://`` address of one; None for PhysioNet itself.
    progress : bool
        Whether to draw a progress bar on standard error, if that is a terminal.

    Returns
    -------
    list of str
        The names of the records that had to be fetched.

    Raises
    ------
    EcgError
        If the source cannot be reached or lacks a file, a file is not PhysioNet's, or the folder
        cannot be written.
    """
    from tqdm import tqdm

    directory = Path(directory)
    source = PHYSIONET_MITDB if source is None else source
    published = _published_sums(directory, source)
    names = _records_in(published)
    fetched = []
    for name in tqdm(names, desc="fetch", unit="record", disable=None if progress else True):
        embedded = _embedded_sums(directory)
        if not _verify_record(directory, name, published, embedded).ok:
            _fetch_record(name, source, directory, published)
            fetched.append(name)
    _write_records_list(directory, names)
    return fetched


def _verify_record(
    directory: Path, name: str, published: dict[str, str], embedded: dict[str, str]
) -> Verdict:
    """Return the verdict on one record, given both lists of SHA-256 sums."""
    suffixes = tuple(suffix for suffix in _SUFFIXES if f"{name}{suffix}" in published)
    problems = {}
    for suffix in suffixes:
        file_name = f"{name}{suffix}"
        try:
            _check_stored(directory / file_name, embedded.get(file_name))
            _check_published(directory / file_name, published[file_name])
        except EcgError as error:
            problems[suffix] = str(error)
    return Verdict(name, suffixes, problems)


def _check_stored(path: Path, expected: str | None) -> None:
    """Compare a file with what it was when it was converted."""
    found = sha256(path)
    if expected is None:
        raise EcgError(f"{path}: not in {EMBEDDED_SUMS}; restore it with 'ecgutils fetch'")
    if found != expected:
        raise EcgError(
            f"{path}: damaged: its SHA-256 is {found}, {EMBEDDED_SUMS} has {expected}; "
            "restore it with 'ecgutils fetch'"
        )


def _check_published(path: Path, expected: str) -> None:
    """Turn a file back into PhysioNet's and compare it with PhysioNet's list."""
    if path.suffix == ".dat":
        original = encode_212(decode_flac(path))
    elif path.suffix == ".hea":
        original = _replace_format(read_bytes(path, _MAX_BYTES), b"516", b"212")
    else:
        original = read_bytes(path, _MAX_BYTES)
    found = hashlib.sha256(original).hexdigest()
    if found != expected:
        raise EcgError(
            f"{path}: not PhysioNet's: its original's SHA-256 is {found}, "
            f"{PUBLISHED_SUMS} has {expected}"
        )


def _replace_format(header: bytes, old: bytes, new: bytes) -> bytes:
    """Return a header with the format of its signals replaced and all else as it was."""
    return re.sub(rb"(?m)^(\S+\.dat) " + old + b" ", rb"\g<1> " + new + b" ", header)


def _read_sums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a list such as ``sha256sum`` writes."""
    sums = {}
    for line in read_bytes(path, _MAX_BYTES).decode("utf-8", "replace").splitlines():
        entry = re.fullmatch(r"([0-9a-f]{64}) [ *]?(\S+)", line)
        if entry is None:
            raise EcgError(
                f"{path}: {line[:80]!r} is not a SHA-256 and a file name: "
                "delete the list and run 'ecgutils fetch'"
            )
        sums[entry[2]] = entry[1]
    return sums


def _embedded_sums(directory: Path) -> dict[str, str]:
    """Return the folder's own list, or an empty one where nothing has been converted yet."""
    path = directory / EMBEDDED_SUMS
    return _read_sums(path) if path.exists() else {}


def _records_in(published: dict[str, str]) -> list[str]:
    """Return the records whose signals and header are in PhysioNet's list, its folders left out."""
    names = sorted(name[: -len(".dat")] for name in published if re.fullmatch(r"\w+\.dat", name))
    names = [name for name in names if f"{name}.hea" in published]
    if not names:
        raise EcgError(f"{PUBLISHED_SUMS}: lists no records")
    return names


def _note_embedded(directory: Path, stored: dict[str, bytes]) -> None:
    """Write the SHA-256 of files just stored into the folder's own list."""
    sums = _embedded_sums(directory)
    sums |= {name: hashlib.sha256(content).hexdigest() for name, content in stored.items()}
    with write_beside(directory / EMBEDDED_SUMS, "w") as file:
        file.writelines(f"{sums[name]}  {name}\n" for name in sorted(sums))


def _write_records_list(directory: Path, names: list[str]) -> None:
    """Write ``RECORDS``, which lists the records of a folder, unless it is there and right."""
    path = directory / "RECORDS"
    listing = "".join(f"{name}\n" for name in names).encode()
    if not path.exists() or read_bytes(path, _MAX_BYTES) != listing:
        with write_beside(path) as file:
            file.write(listing)


def _is_url(source: str | Path) -> bool:
    """Return whether a source of files is on the network."""
    return str(source).startswith(("http://", "https://"))


def _published_sums(directory: Path, source: str | Path) -> dict[str, str]:
    """Return PhysioNet's list, the folder's own or else the source's, which the folder then has."""
    path = directory / PUBLISHED_SUMS
    if not path.exists():
        listing = Path(source) / PUBLISHED_SUMS
        if _is_url(source):
            listing = directory / _DOWNLOADS / PUBLISHED_SUMS
            download(f"{str(source).rstrip('/')}/{PUBLISHED_SUMS}", listing)
        _records_in(_read_sums(listing))
        with write_beside(path) as file:
            file.write(read_bytes(listing, _MAX_BYTES))
    return _read_sums(path)


def _fetch_record(
    name: str, source: str | Path, directory: Path, published: dict[str, str]
) -> None:
    """Obtain the original files of one record, check and convert them."""
    file_names = [f"{name}{suffix}" for suffix in _SUFFIXES if f"{name}{suffix}" in published]
    if not _is_url(source):
        for file_name in file_names:
            _check_original(Path(source) / file_name, published[file_name])
        convert_record(name, source, directory)
        return
    downloads = directory / _DOWNLOADS
    for file_name in file_names:
        address = f"{str(source).rstrip('/')}/{file_name}"
        download(address, downloads / file_name, published[file_name])
    convert_record(name, downloads, directory)
    shutil.rmtree(downloads, ignore_errors=True)


def _check_original(path: Path, expected: str) -> None:
    """Refuse a file of a local copy that is not PhysioNet's."""
    found = sha256(path)
    if found != expected:
        raise EcgError(f"{path}: not PhysioNet's: SHA-256 {found}, {PUBLISHED_SUMS} has {expected}")
