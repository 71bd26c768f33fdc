"""The embedded databases: converting PhysioNet's files, fetching them, proving what they are.

PhysioNet publishes signals in WFDB's format 212. Here they are stored in its FLAC format 516, a
third of the size and without loss. A second list of SHA-256 sums is of the files as stored here: a
bit of a FLAC file can change without any sample changing.
"""

import hashlib
import io
import re
import shutil
import tempfile
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from ecgutils.database.databases import MITDB, Database, database_in
from ecgutils.database.download import MAX_BYTES, download
from ecgutils.database.embedded import record_names
from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, sha256, write_whole
from ecgutils.io.guards import decoding
from ecgutils.io.wfdb_signals import read_digital

PUBLISHED_SUMS = "SHA256SUMS.txt"
EMBEDDED_SUMS = "EMBEDDED.SHA256SUMS"

# The header last: a record whose header is there is all there.
_SUFFIXES = (".atr", ".dat", ".hea")
_DOWNLOADS = "originals.part"
_RESTORE = "restore it with 'ecgutils fetch'"


@dataclass(frozen=True)
class Verdict:
    """What `verify` found out about one record: which files it compared, and what is wrong."""

    record_name: str
    suffixes: tuple[str, ...]
    # For each suffix whose file is not PhysioNet's, one line that says why.
    problems: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether every file of the record is PhysioNet's."""
        return not self.problems


def verify(directory: str | PathLike = MITDB) -> list[Verdict]:
    """Prove that the records of a database are PhysioNet's, bit by bit.

    Each file is turned back into PhysioNet's and compared with the SHA-256 that PhysioNet
    publishes. The stored file is compared with the SHA-256 that it had when it was converted.

    Parameters
    ----------
    directory : Database, str or Path
        A database, or a folder that `fetch` has filled.

    Returns
    -------
    list of Verdict
        One for each record that PhysioNet lists, in the order of their names.

    Raises
    ------
    EcgError
        If a list of SHA-256 sums is missing or damaged, or the lists name different records.

    Examples
    --------
    >>> from ecgutils import database
    >>> [(verdict.record_name, verdict.ok) for verdict in database.verify(database.NSTDB)]
    [('bw', True), ('em', True), ('ma', True)]
    """
    directory = Path(directory)
    published = _read_sums(directory / PUBLISHED_SUMS)
    embedded = _embedded_sums(directory)
    names = _records_in(published)
    if differing := set(names) ^ set(record_names(directory)):
        where = f"{directory / 'RECORDS'}: differs from {PUBLISHED_SUMS}"
        raise EcgError(f"{where} in {', '.join(sorted(differing))}; {_RESTORE}")
    return [_verify_record(directory, name, published, embedded) for name in names]


def fetch(
    directory: str | PathLike = MITDB, source: str | Path | None = None, progress: bool = False
) -> list[str]:
    """Fill the folder of a database with PhysioNet's records, from PhysioNet or a copy of it.

    Records that are there and right are left alone. Every file is checked against PhysioNet's
    SHA-256 before it is converted. The same call again continues a download that was cut short.

    Parameters
    ----------
    directory : Database, str or Path
        A database, or another folder, which is filled with the MIT-BIH Arrhythmia Database. Its
        ``SHA256SUMS.txt`` counts, or else the source's, of which only files that are embedded.
    source : str, Path or None
        A folder, or the ``http://`` or ``https://`` address of one; None for PhysioNet itself.
    progress : bool
        Whether to draw progress bars on standard error, if that is a terminal.

    Returns
    -------
    list of str
        The names of the records that had to be fetched.

    Raises
    ------
    EcgError
        If the source lacks a file or cannot be reached, a file is not PhysioNet's, or a file
        cannot be written.
    """
    from tqdm import tqdm

    database = database_in(directory)
    directory = database.directory
    # What tqdm takes for "only on a terminal", and for never.
    hidden = None if progress else True
    originals = _Source(source or database.address, directory / _DOWNLOADS, hidden)
    published = _published_sums(database, originals)
    names = _records_in(published)
    fetched = []
    for name in tqdm(names, desc="fetch", unit="record", disable=hidden):
        verdict = _verify_record(directory, name, published, _embedded_sums(directory))
        if not verdict.ok:
            for file_name in (f"{name}{suffix}" for suffix in verdict.suffixes):
                path = originals.file(file_name, published[file_name])
            convert_record(name, path.parent, directory)
            shutil.rmtree(originals.downloads, ignore_errors=True)
            fetched.append(name)
    path, listing = directory / "RECORDS", "".join(f"{name}\n" for name in names).encode()
    if not path.exists() or read_bytes(path, MAX_BYTES) != listing:
        write_whole(path, listing)
    return fetched


@dataclass(frozen=True)
class _Source:
    """Where PhysioNet's files come from: a folder, or an address and where downloads go."""

    address: str | Path
    downloads: Path
    hidden: bool | None

    def file(self, name: str, expected: str | None = None) -> Path:
        """Return the path of a file, downloaded or in a local copy, and checked."""
        if str(self.address).startswith(("http://", "https://")):
            path = self.downloads / name
            download(f"{str(self.address).rstrip('/')}/{name}", path, expected, self.hidden)
            return path
        path = Path(self.address) / name
        if expected is not None and (found := sha256(path)) != expected:
            sums = f"SHA-256 {found}, {PUBLISHED_SUMS} has {expected}"
            raise EcgError(f"{path}: not PhysioNet's: {sums}")
        return path


def convert_record(record_name: str, source: str | Path, directory: str | Path) -> None:
    """Store one of PhysioNet's records, signals in FLAC and all else as it is; note the SHA-256."""
    source, directory = Path(source), Path(directory)
    header, signals = read_digital(record_name, source)
    layout = set(zip(header.file_name, header.fmt, header.samps_per_frame, strict=True))
    if layout != {(f"{record_name}.dat", "212", 1)}:
        raise EcgError(f"{source / record_name}.hea: not one signal file of format 212")
    header_text = read_bytes(source / f"{record_name}.hea", MAX_BYTES)
    stored = {
        f"{record_name}.dat": encode_flac(np.stack(signals, axis=1).astype(np.int16)),
        f"{record_name}.hea": _replace_format(header_text, b"212", b"516"),
    }
    annotations = source / f"{record_name}.atr"
    if annotations.exists():
        stored[annotations.name] = read_bytes(annotations, MAX_BYTES)
    for file_name in sorted(stored):
        write_whole(directory / file_name, stored[file_name])
    sums = _embedded_sums(directory)
    sums |= {name: hashlib.sha256(content).hexdigest() for name, content in stored.items()}
    listing = "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))
    write_whole(directory / EMBEDDED_SUMS, listing.encode())


def encode_212(digital: np.ndarray) -> bytes:
    """Return signals, int16 of shape (samples, leads), as the bytes of a format 212 file."""
    import wfdb

    leads = digital.shape[1]
    record = wfdb.Record(d_signal=digital, fmt=["212"] * leads, file_name=["signals.dat"] * leads)
    # wfdb writes nowhere but to a disk. `wfdb.wrsamp` takes twenty times as long, for its checks.
    with tempfile.TemporaryDirectory() as folder:
        record.wr_dat_files(write_dir=folder)
        return Path(folder, "signals.dat").read_bytes()


def encode_flac(digital: np.ndarray) -> bytes:
    """Return signals, int16 of shape (samples, leads <= 8), as the bytes of a format 516 file."""
    import soundfile

    # With libFLAC of the same version, the bytes are the same.
    content = io.BytesIO()
    # FLAC knows only the sampling frequencies of sound; WFDB takes 96 kHz and ignores it. The
    # strongest compression takes no longer to read. wfdb's writer cannot be told to use it: a
    # record that is fetched again would differ from the embedded one.
    soundfile.write(content, digital, 96000, "PCM_16", format="FLAC", compression_level=1.0)
    return content.getvalue()


def decode_flac(path: str | Path) -> np.ndarray:
    """Return the signals in a format 516 file, int16 of shape (samples, leads), no header read."""
    import soundfile

    with decoding(f"{path}: cannot be decoded: not a FLAC file, or a damaged one"):
        return soundfile.read(path, dtype="int16", always_2d=True)[0]


def _verify_record(
    directory: Path, name: str, published: dict[str, str], embedded: dict[str, str]
) -> Verdict:
    """Return the verdict on one record, given both lists of SHA-256 sums."""
    files = {suffix: f"{name}{suffix}" for suffix in _SUFFIXES if f"{name}{suffix}" in published}
    problems = {}
    for suffix, file_name in files.items():
        try:
            _check(directory / file_name, published[file_name], embedded.get(file_name))
        except EcgError as error:
            problems[suffix] = str(error)
    return Verdict(name, tuple(files), problems)


def _check(path: Path, published: str, embedded: str | None) -> None:
    """Compare a file with what it was when it was converted, and its original with PhysioNet's."""
    found = sha256(path)
    if embedded is None:
        raise EcgError(f"{path}: not in {EMBEDDED_SUMS}; {_RESTORE}")
    if found != embedded:
        sums = f"its SHA-256 is {found}, {EMBEDDED_SUMS} has {embedded}"
        raise EcgError(f"{path}: damaged: {sums}; {_RESTORE}")
    found = hashlib.sha256(_as_published(path)).hexdigest()
    if found != published:
        sums = f"its original's SHA-256 is {found}, {PUBLISHED_SUMS} has {published}"
        raise EcgError(f"{path}: not PhysioNet's: {sums}")


def _as_published(path: Path) -> bytes:
    """Return the content that a file had at PhysioNet."""
    if path.suffix == ".dat":
        return encode_212(decode_flac(path))
    content = read_bytes(path, MAX_BYTES)
    return _replace_format(content, b"516", b"212") if path.suffix == ".hea" else content


def _replace_format(header: bytes, old: bytes, new: bytes) -> bytes:
    """Return a header with the format of its signals replaced and all else as it was."""
    return re.sub(rb"(?m)^(\S+\.dat) " + old + b" ", rb"\g<1> " + new + b" ", header)


def _read_sums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in a list such as ``sha256sum`` writes."""
    sums = {}
    for line in read_bytes(path, MAX_BYTES).decode("utf-8", "replace").splitlines():
        entry = re.fullmatch(r"([0-9a-f]{64}) [ *]?(\S+)", line)
        if entry is None:
            why = f"{line[:80]!r} is not a SHA-256 and a file name"
            raise EcgError(f"{path}: {why}: delete the list and run 'ecgutils fetch'")
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


def _published_sums(database: Database, originals: _Source) -> dict[str, str]:
    """Return PhysioNet's list, the folder's own or else the source's, which the folder then has."""
    path = database.directory / PUBLISHED_SUMS
    if not path.exists():
        listing = originals.file(PUBLISHED_SUMS)
        sums = _read_sums(listing).items()
        embedded = {name: found for name, found in sums if re.fullmatch(database.files, name)}
        _records_in(embedded)
        lines = "".join(f"{found} {name}\n" for name, found in embedded.items())
        write_whole(path, lines.encode())
    return _read_sums(path)
