"""Which records are to be scored, and where their files lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ecgutils.errors import EcgError, UsageError
from ecgutils.paths import MITDB_DIR, need_checkout


@dataclass(frozen=True)
class Job:
    """A record to be scored: its name, the folder of its header and truth, and that of the test."""

    record_name: str
    reference_dir: Path
    test_dir: Path


def find_records(
    words: Sequence[str],
    reference: str,
    test: str,
    reference_dir: Path | None = None,
    test_dir: Path | None = None,
) -> list[Job]:
    """Return the records that are meant by names, and by folders for all records in them.

    A folder that holds records with the truth is that of the truth, and by default of the tests
    as well. Any other holds the tests.
    """
    jobs = []
    for word in words:
        header = (reference_dir or MITDB_DIR) / f"{word}.hea"
        if Path(word).is_dir() and not header.is_file():
            jobs += _in_folder(Path(word), reference, test, reference_dir, test_dir)
        else:
            jobs.append(Job(word, reference_dir or _embedded(), test_dir or Path()))
    names = [job.record_name for job in jobs]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"record {name} is named twice, its beats would count twice")
    return jobs


def _in_folder(
    folder: Path, reference: str, test: str, reference_dir: Path | None, test_dir: Path | None
) -> list[Job]:
    """Return all records of a folder, in order of their names."""
    if reference_dir is None and (names := _names(folder, reference)):
        return [Job(name, folder, test_dir or folder) for name in names]
    if test_dir in (None, folder) and (names := _names(folder, test, with_header=False)):
        truth = reference_dir or _embedded()
        return [Job(name, truth, folder) for name in names]
    raise EcgError(f"{folder}: holds no records with .{reference}, and no .{test} files")


def _embedded() -> Path:
    """Return the folder of the embedded database, which only a checkout has."""
    need_checkout("score without --reference-dir")
    return MITDB_DIR


def _names(folder: Path, suffix: str, with_header: bool = True) -> list[str]:
    """Return the names of the files with a suffix, without hidden ones."""
    found = {path.name.removesuffix(f".{suffix}") for path in folder.glob(f"[!.]*.{suffix}")}
    headers = {path.stem for path in folder.glob("[!.]*.hea")}
    return sorted(found & headers if with_header else found)
