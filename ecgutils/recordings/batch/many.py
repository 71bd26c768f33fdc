"""Classifying many recordings: each is done once, and none stops the others."""

import gc
import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

from ecgutils import __version__
from ecgutils.errors import EcgError
from ecgutils.files import failure_named
from ecgutils.io.recording import read_recording
from ecgutils.recordings.batch import receipts
from ecgutils.recordings.batch.files import Job

# Drawing and the filters of warnings belong to a whole process, of which a cluster's worker may
# use several threads.
_ONE_AT_A_TIME = threading.Lock()

_OBJECTS_BEFORE_A_SEARCH = 50_000


@dataclass(frozen=True)
class Options:
    """What all recordings of a run have in common.

    Attributes
    ----------
    directory : Path
        Where the results go.
    fs : float or None
        Sampling frequency in Hz of recordings that do not say theirs.
    beats : str or None
        Suffix of the annotation files that tell where the beats are; None to detect R peaks.
    leads : tuple of str
        The leads to use; none to have them chosen.
    formats : tuple of str
        In which formats beats are written besides, such as ``"edf"``.
    """

    directory: Path
    fs: float | None = None
    beats: str | None = None
    leads: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """How it went with a recording: its name, whether it has results now, and a line to print."""

    name: str
    state: Literal["classified", "done before", "failed"]
    line: str


def classify_many(
    jobs: Sequence[Job],
    options: Options,
    workers: int | None = None,
    scheduler: str | None = None,
) -> Iterator[Outcome]:
    """Classify recordings and write their results, but for those that have been done before.

    Parameters
    ----------
    jobs : sequence of Job
        The recordings, see `find_recordings`.
    options : Options
        Where the results go and how they are made.
    workers : int, optional
        How many processes share the work. By default it is done in this one.
    scheduler : str, optional
        The address of a dask scheduler, instead, prefix workers see the same files.

    Yields
    ------
    Outcome
        One for each recording, in the order in which they end; with its ``name``, ``state``, and
        a ``line`` for the user.

    Raises
    ------
    EcgError
        If the folder of the results cannot be made, or there are no workers. What is wrong with
        a recording is told by its outcome.
    """
    if not jobs:
        return
    # A worker on another machine is at home in another folder.
    options = replace(options, directory=options.directory.absolute())
    with failure_named(options.directory, "the folder of the results; name another"):
        options.directory.mkdir(parents=True, exist_ok=True)
    classify_one = partial(classify_file, options=options)
    try:
        if workers is None and scheduler is None:
            yield from map(classify_one, jobs)
        else:
            from ecgutils.recordings.batch.workers import on_workers

            failed = partial(_failed, prefix="the worker failed with")
            yield from on_workers(classify_one, failed, jobs, workers, scheduler)
    finally:
        receipts.clear_unfinished(options.directory, [job.name for job in jobs])


def classify_file(job: Job, options: Options) -> Outcome:
    """Classify one recording and write its results; the outcome also tells what goes wrong."""
    with _ONE_AT_A_TIME:
        try:
            return _classify(job, options)
        # Whatever it is, the other recordings are worth doing.
        except Exception as error:
            return _failed(job, error)


def _classify(job: Job, options: Options) -> Outcome:
    # To look for garbage among all that libraries make while they load takes a tenth of the time.
    gc.set_threshold(_OBJECTS_BEFORE_A_SEARCH)
    from ecgutils.unseen.trained_model import model_sha256

    path = Path(job.path)
    made_from = {
        "ecgutils": __version__,
        "model": model_sha256(),
        "options": {"fs": options.fs, "beats": options.beats, "leads": list(options.leads)},
        # Taken before the files are read: if they change meanwhile, they are read again next time.
        "inputs": receipts.input_hashes(path, options.beats),
    }
    if receipts.is_done(options.directory, job.name, made_from, options.formats):
        return _outcome(job, "done before", f"{job.name}: already done")
    from ecgutils.recordings.classified import classify
    from ecgutils.recordings.outputs import write_outputs

    record = read_recording(path, fs=options.fs, beats=options.beats, leads=options.leads)
    # Errors name a recording, and of many its file is wanted.
    classified = classify(replace(record, name=job.path), options.leads)
    recording = replace(classified.recording, name=record.name)
    results = options.directory / job.name
    classified = replace(classified, recording=recording)
    write_outputs(classified, results.parent, results.name, options.formats)
    receipts.write_receipt(options.directory, job.name, made_from, options.formats)
    return _outcome(job, "classified", f"{job.name}: {classified.summary()}")


def _failed(job: Job, error: Exception, prefix: str = "an error of the program:") -> Outcome:
    """Return the outcome of a failure, which names the file."""
    if isinstance(error, EcgError):
        reason = str(error)
    elif isinstance(error, MemoryError):
        reason = "needs more memory than there is"
    else:
        reason = f"{prefix} {type(error).__name__} ({error})"
    path = str(EcgError(job.path))
    is_named = os.path.splitext(path)[0] in reason
    return _outcome(job, "failed", reason if is_named else f"{path}: {reason}")


def _outcome(job: Job, state: str, text: str) -> Outcome:
    """Tell an outcome in one line, safe to show though its text may come from a hostile file."""
    return Outcome(job.name, state, str(EcgError(text)))
