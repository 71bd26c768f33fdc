"""A connection to a running dask scheduler, for work that is shared by several machines."""

import asyncio
import logging
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

from ecgutils.errors import EcgError

if TYPE_CHECKING:
    from distributed import Client, Future

Job = TypeVar("Job")
Result = TypeVar("Result")

_LOST = "the connection to the dask scheduler is lost; run this again, what is done is kept"
SILENT = logging.CRITICAL + 1
_CONNECT_SECONDS = 10
_WITHOUT_WORKERS_SECONDS = 60
_COUNT_WORKERS_SECONDS = 1
_POLL_SECONDS = 0.02
# Those to which dask itself gives levels; they pass them on to the loggers below them.
_TALKATIVE = ("distributed", "distributed.client", "tornado.application", "asyncio")


@contextmanager
def quiet_dask() -> Iterator[None]:
    """Keep dask's log, which tells of every worker that comes and goes, off the terminal."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        why = "other processes and clusters need a package that is not installed"
        raise EcgError(f"{why}: pip install 'ecgutils[cluster]'") from error
    with ExitStack() as stack:
        for logger in map(logging.getLogger, _TALKATIVE):
            stack.callback(logger.setLevel, logger.level)
            logger.setLevel(SILENT)
        yield


@contextmanager
def running_cluster(address: str) -> Iterator["Client"]:
    """Connect to a scheduler that somebody else has started."""
    from distributed import Client

    try:
        # A `Client` that cannot connect is not always able to close, so this comes first.
        asyncio.run(_knock(address))
        # Of versions that differ between machines; where it matters, a job fails and says so.
        with warnings.catch_warnings(action="ignore"):
            client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        why = str(error) or type(error).__name__
        raise EcgError(f"{address}: no dask scheduler answers there ({why})") from error
    with client:
        yield client


async def _knock(address: str) -> None:
    """Open a connection to a scheduler and close it again."""
    from distributed.comm import connect
    from distributed.security import Security

    credentials = Security().get_connection_args("client")
    # The time limit of `connect` ends when somebody, maybe not a scheduler, takes the call.
    async with asyncio.timeout(_CONNECT_SECONDS + 1):
        comm = await connect(address, timeout=_CONNECT_SECONDS, **credentials)
    await comm.close()


def results_of(
    client: "Client",
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    failed: Callable[[Job, Exception], Result],
) -> Iterator[Result]:
    """Yield what `work`, or `failed` after an exception, makes of each job, in the order they end.

    Hand out one job for each worker at a time, and the next one when a result has come.

    A job that waits at a worker would be blamed, too, when the one before it kills the worker.
    """
    left = list(reversed(jobs))
    running: dict[Future, Job] = {}
    while left or running:
        results = [_result(future, running.pop(future), failed) for future in _ended(list(running))]
        for _ in range(min(len(left), _number_of_workers(client) - len(running))):
            job = left.pop()
            running[client.submit(work, job, pure=False)] = job
        yield from results


def _ended(running: list["Future"]) -> list["Future"]:
    """Wait until a job has ended, but no longer than until workers should be counted again."""
    deadline = time.monotonic() + _COUNT_WORKERS_SECONDS
    while running and time.monotonic() < deadline:
        if ended := [future for future in running if future.done()]:
            return ended
        time.sleep(_POLL_SECONDS)
    return []


def _result(future: "Future", job: Job, failed: Callable[[Job, Exception], Result]) -> Result:
    """Return what a job gave, or what is made of it where no worker could do it."""
    from distributed import KilledWorker

    if future.cancelled():
        raise EcgError(_LOST)
    try:
        return future.result()
    except KilledWorker as error:
        deaths = f"{error.allowed_failures + 1} workers died"
        return failed(job, EcgError(f"{deaths} while they worked on it (out of memory?)"))
    except Exception as error:
        return failed(job, error)


def _number_of_workers(client: "Client") -> int:
    """Return how many workers there are, and wait for a while where there is none."""
    # Those of a cluster of ours. It restarts one that dies, unless that dies again or takes long
    # while it starts: then another is started.
    wanted = 0 if client.cluster is None else len(client.cluster.worker_spec)
    deadline = time.monotonic() + _WITHOUT_WORKERS_SECONDS
    while time.monotonic() < deadline:
        try:
            workers = len(client.nthreads())
        except Exception as error:
            raise EcgError(_LOST) from error
        if workers < wanted:
            client.cluster.scale(wanted)
        if workers:
            return workers
        time.sleep(_POLL_SECONDS)
    waited = f"the scheduler has had no workers for {_WITHOUT_WORKERS_SECONDS} seconds"
    raise EcgError(f"{waited}; start some and run this again, what is done is kept")
