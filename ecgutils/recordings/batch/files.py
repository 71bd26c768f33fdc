"""Finding the recordings that are meant by files and folders, and naming their results."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ecgutils.errors import UsageError
from ecgutils.files import reason
from ecgutils.io.formats import CERTAIN_SUFFIXES, header_of, is_known_by_bytes
from ecgutils.io.wfdb_header import names_in_header
from ecgutils.recordings.batch.receipts import FORMATS, RESULTS, result_files

SUFFIXES_IN_FOLDERS = (".hea", *CERTAIN_SUFFIXES)
"""Ends of the names of files in a folder that are taken for recordings, whatever they hold."""


@dataclass(frozen=True)
class Job:
    """A recording: its file (absolute; of a WFDB record the header) and the name of its results."""

    path: str
    name: str


def find_recordings(
    given: Iterable[str | Path], directory: str | Path, beats: str | None = None
) -> tuple[list[Job], list[str]]:
    """Find the recordings that are meant, and name their results.

    A folder stands for all recordings in it and in the folders below it, but for hidden ones and
    that of the results. No link is followed that leaves the folder.

    Parameters
    ----------
    given : iterable of str or Path
        Files, WFDB records without suffix, and folders.
    directory : str or Path
        Where the results will go.
    beats : str, optional
        Suffix of the annotation files that will be read.

    Returns
    -------
    jobs : list of Job
        In the order given, those of a folder sorted.
    problems : list of str
        One line for each folder that cannot be read or holds no recordings, and for each link
        that leads nowhere, out of its folder or in a circle.

    Raises
    ------
    UsageError
        If two recordings would have the same results, or results would replace what they are
        made from.

    Examples
    --------
    >>> from ecgutils.paths import MITDB_DIR
    >>> jobs, problems = find_recordings([MITDB_DIR / "100", MITDB_DIR / "208.hea"], "results")
    >>> [job.name for job in jobs]
    ['100', '208']
    >>> problems
    []
    """
    jobs: dict[str, Job] = {}
    problems: list[str] = []
    for path in map(Path, given):
        if os.path.isdir(path):
            top, (files, complaints) = path, _in_folder(path, Path(directory))
            problems += complaints
        else:
            top, files = path.parent, [header_of(path) or path]
        for file in files:
            job = Job(os.path.abspath(file), str(file.relative_to(top).with_suffix("")))
            if jobs.setdefault(job.name, job) != job:
                both = f"{jobs[job.name].path} and {job.path} would both be written as {job.name}"
                raise UsageError(f"{both}; classify one of them into another folder")
    _refuse_to_replace_inputs(jobs.values(), Path(directory), beats)
    return list(jobs.values()), problems


def _in_folder(folder: Path, results: Path) -> tuple[list[Path], list[str]]:
    """Find the recordings in a folder and below, and what stands in the way."""
    unreadable, recordings, complaints = [], [], []
    for here, folders, files in os.walk(folder, onerror=unreadable.append):
        folders[:] = sorted(n for n in folders if not _is_passed_over(Path(here, n), results))
        found = [path for n in sorted(files) if _looks_like_recording(path := Path(here, n))]
        links = [path for path in (*(Path(here, n) for n in folders), *found) if path.is_symlink()]
        refused = {path: why for path in links if (why := _not_followed(path, folder))}
        complaints += refused.values()
        recordings += _without_parts([path for path in found if path not in refused])
    complaints += [f"{error.filename}: cannot be read ({reason(error)})" for error in unreadable]
    if not recordings and not complaints:
        endings = ", ".join(SUFFIXES_IN_FOLDERS)
        complaints.append(f"{folder}: no recordings in this folder (files {endings})")
    return recordings, complaints


def _without_parts(files: list[Path]) -> list[Path]:
    """Leave out what only is a segment, or holds signals, of another recording in the folder."""
    parts = set()
    for path in files:
        if path.suffix.lower() == ".hea":
            signals, segments = names_in_header(path)
            parts |= {path.with_name(name) for name in (*signals, *(f"{s}.hea" for s in segments))}
    return [path for path in files if path not in parts]


def _is_passed_over(folder: Path, results: Path) -> bool:
    """Tell whether a folder is hidden, or that of the results."""
    return folder.name.startswith(".") or folder.resolve() == results.resolve()


def _looks_like_recording(path: Path) -> bool:
    """Tell a recording from other files, our own results among them, by its name or its start."""
    name = path.name.lower()
    ours = (*RESULTS, *(f".beats.{format_name}" for format_name in FORMATS))
    if name.startswith(".") or name.endswith(ours):
        return False
    return name.endswith(SUFFIXES_IN_FOLDERS) or is_known_by_bytes(path)


def _not_followed(link: Path, folder: Path) -> str | None:
    """Say why a link in a folder is not followed, if it is one to complain about."""
    # Links to other folders within are not followed either: what is in those is found anyway.
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return f"{link}: a link that leads nowhere"
    if not target.is_relative_to(folder.resolve()):
        return f"{link}: a link out of {folder}, not followed; name what it leads to"
    if link.parent.resolve().is_relative_to(target):
        return f"{link}: a link that leads in a circle, not followed"
    return None


def _refuse_to_replace_inputs(jobs: Iterable[Job], directory: Path, beats: str | None) -> None:
    """Refuse names of results that belong to a recording or to the annotations that are read."""
    read = [job.path for job in jobs]
    if beats is not None:
        read += [f"{os.path.splitext(path)[0]}.{beats}" for path in read]
    read = {os.path.realpath(path) for path in read}
    for job in jobs:
        for result in map(os.path.realpath, result_files(directory, job.name, FORMATS)):
            if result in read:
                fault = f"{result} is read and would be replaced by the results of {job.name}"
                raise UsageError(f"{fault}; write them into another folder")
