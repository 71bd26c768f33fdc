"""Work on other processes or machines, by way of dask.distributed.

Only descriptions of jobs and small results travel through the scheduler. A job whose worker dies
is done again by another one; a job that keeps killing its workers is given up.
"""

import asyncio
import logging
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, TypeVar

from ecgutils.errors import EcgError

if TYPE_CHECKING:
    from distributed import Client, Future, LocalCluster

Job = TypeVar("Job")
Result = TypeVar("Result")

_DEATHS_FORGIVEN = 2
"""How many workers may die of a job on a cluster of ours before it is given up."""
_CONNECT_SECONDS = 10
_WITHOUT_WORKERS_SECONDS = 60
_COUNT_WORKERS_SECONDS = 1
_POLL_SECONDS = 0.02
# Those to which dask itself gives levels; they pass them on to the loggers below them.
_TALKATIVE = ("distributed", "distributed.client", "tornado.application", "asyncio")
_NOTHING = logging.CRITICAL + 1
_LOST = "the connection to the dask scheduler is lost; run this again, what is done is kept"


def on_workers(
    work: Callable[[Job], Result],
    given_up: Callable[[Job, str], Result],
    jobs: Sequence[Job],
    workers: int | None = None,
    scheduler: str | None = None,
) -> Iterator[Result]:
    """Do jobs on workers of our own on this machine, or on those of a running scheduler.

    Parameters
    ----------
    work : callable
        Does one job; it can be imported on the workers, as can its arguments and results.
    given_up : callable
        Makes the result of a job that no worker could do, from the job and the reason.
    jobs : sequence
        What `work` is called with.
    workers : int, optional
        How many processes to start on this machine.
    scheduler : str, optional
        The address of a running scheduler, such as ``"tcp://10.0.0.1:8786"``, instead.

    Yields
    ------
    Result
        One for each job, in the order in which they end.

    Raises
    ------
    EcgError
        If `distributed` is not installed, the scheduler does not answer or has no workers.
    """
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise EcgError(
            "other processes and clusters need a package that is not installed: "
            "pip install 'ecgutils[cluster]'"
        ) from error
    with ExitStack() as open_until_done:
        open_until_done.enter_context(_quiet())
        if scheduler is None:
            client = open_until_done.enter_context(_own_cluster(min(workers, len(jobs))))
        else:
            client = open_until_done.enter_context(_running_cluster(scheduler))
        yield from _results(client, work, given_up, jobs)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep dask's log, which tells of every worker that comes and goes, off the terminal."""
    levels = {logger: logger.level for logger in map(logging.getLogger, _TALKATIVE)}
    for logger in levels:
        logger.setLevel(_NOTHING)
    try:
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


@contextmanager
def _own_cluster(workers: int) -> Iterator["Client"]:
    """Start workers on this machine, and end them with the block."""
    from distributed import Client

    with ThreadPoolExecutor(1) as thread:
        starting = thread.submit(_start_cluster, workers)
        try:
            cluster = starting.result()
        except KeyboardInterrupt:
            # Half a cluster cannot be closed.
            starting.result().close()
            raise
        except Exception as error:
            raise EcgError(f"the workers cannot be started ({error})") from error
    with cluster, Client(cluster, set_as_default=False) as client:
        yield client


def _start_cluster(workers: int) -> "LocalCluster":
    """Start workers that leave it to this process what an interrupt means."""
    from distributed import LocalCluster

    # A terminal interrupts all processes. What a thread does not listen to, the threads and
    # processes that it starts do not listen to either, once multiprocessing has started its
    # resource tracker, after which it listens again.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        # Dask would stop or restart a worker at its share of the memory, needed or not.
        memory_limit=None,
        dashboard_address=None,
        silence_logs=_NOTHING,
        scheduler_kwargs={
            "allowed_failures": _DEATHS_FORGIVEN,
            # Without a dashboard, too, it takes a port, and complains where that is not free.
            "dashboard_address": "127.0.0.1:0",
        },
    )


@contextmanager
def _running_cluster(address: str) -> Iterator["Client"]:
    """Connect to a scheduler that somebody else has started."""
    from distributed import Client

    try:
        # A `Client` that cannot connect is not always able to close, so this comes first.
        asyncio.run(_knock(address))
        with warnings.catch_warnings():
            # Of versions that differ between machines; where it matters, a job fails and says so.
            warnings.simplefilter("ignore")
            client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        raise EcgError(
            f"{address}: no dask scheduler answers there ({str(error) or type(error).__name__})"
        ) from error
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


def _results(
    client: "Client",
    work: Callable[[Job], Result],
    given_up: Callable[[Job, str], Result],
    jobs: Sequence[Job],
) -> Iterator[Result]:
    """Hand out one job for each worker at a time, and the next one when a result has come.

    A job that waits at a worker would be blamed, too, when the one before it kills the worker.
    """
    left = list(reversed(jobs))
    running: dict[Future, Job] = {}
    while left or running:
        results = [
            _result(future, running.pop(future), given_up) for future in _ended(list(running))
        ]
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


def _result(future: "Future", job: Job, given_up: Callable[[Job, str], Result]) -> Result:
    """Return what a job gave, or what is made of it where no worker could do it."""
    from distributed import KilledWorker

    if future.cancelled():
        raise EcgError(_LOST)
    try:
        return future.result()
    except KilledWorker as error:
        deaths = error.allowed_failures + 1
        return given_up(job, f"{deaths} workers died while they worked on it (out of memory?)")
    except Exception as error:
        return given_up(job, f"the worker failed with {type(error).__name__} ({error})")


def _replace_lost(client: "Client", workers: int) -> None:
    """Start workers anew that the cluster, if it is ours, has given up.

    It restarts one that dies, unless that dies again or takes long while it starts.
    """
    cluster = client.cluster
    if cluster is not None and workers < len(cluster.worker_spec):
        cluster.scale(len(cluster.worker_spec))


def _number_of_workers(client: "Client") -> int:
    """Return how many workers there are, and wait for a while where there is none."""
    deadline = time.monotonic() + _WITHOUT_WORKERS_SECONDS
    while time.monotonic() < deadline:
        try:
            workers = len(client.nthreads())
        except Exception as error:
            raise EcgError(_LOST) from error
        _replace_lost(client, workers)
        if workers:
            return workers
        time.sleep(_POLL_SECONDS)
    raise EcgError(
        f"the scheduler has had no workers for {_WITHOUT_WORKERS_SECONDS} seconds; start some and "
        "run this again, what is done is kept"
    )
