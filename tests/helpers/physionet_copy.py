"""A copy of PhysioNet's folder with three records, made from the embedded ones."""

from pathlib import Path

from ecgutils.database.physionet import PUBLISHED_SUMS, decode_flac, encode_212
from ecgutils.paths import MITDB_DIR

NAMES = ["100", "114", "234"]
SUFFIXES = (".atr", ".dat", ".hea")
FILE_NAMES = [f"{name}{suffix}" for name in NAMES for suffix in SUFFIXES]


def listing(directory, file_name, wanted):
    """Return the lines of a list of sums that are about some files."""
    lines = (directory / file_name).read_text().splitlines()
    return "".join(f"{line}\n" for line in lines if line.split()[1] in wanted)


def write_original(directory, path):
    """Write a file as PhysioNet has it, made from the embedded one."""
    content = path.read_bytes()
    if path.suffix == ".dat":
        content = encode_212(decode_flac(path))
    if path.suffix == ".hea":
        content = content.replace(b".dat 516 ", b".dat 212 ")
    (directory / path.name).write_bytes(content)


def write_copy(directory: Path, embedded: Path = MITDB_DIR, file_names=FILE_NAMES) -> Path:
    """Write some records as PhysioNet has them, with its list of their sums."""
    for file_name in file_names:
        write_original(directory, embedded / file_name)
    (directory / PUBLISHED_SUMS).write_text(listing(embedded, PUBLISHED_SUMS, file_names))
    return directory
