"""Independent jobs side by side, one core each: on this machine, or shared by several."""

import signal
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from multiprocessing import resource_tracker
from typing import NoReturn

from joblib import Parallel, cpu_count, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from tqdm import tqdm

from ecgutils.cluster import Result, quiet_dask, results_of, running_cluster
from ecgutils.errors import EcgError

_CLIENT = ContextVar("client of a dask scheduler", default=None)
# Seeds belong to a whole process, of which a cluster's worker may use several threads.
_ONE_AT_A_TIME = threading.Lock()


@contextmanager
def shared_among_machines(scheduler: str | None) -> Iterator[None]:
    """Let a running dask scheduler share out the jobs of this block; without one, nothing changes.

    joblib's own way to dask is not taken: it waits for ever when a worker dies.
    """
    if scheduler is None:
        yield
        return
    with quiet_dask(), running_cluster(scheduler) as client:
        _CLIENT.set(client)
        try:
            yield
        finally:
            _CLIENT.set(None)


def in_parallel(
    function: Callable[..., Result], jobs: Iterable[tuple[object, ...]]
) -> Iterator[Result]:
    """Do each job in another process, one core each; yield what they return as they end.

    A job is the arguments of `function`, which can be imported. What a job raises is raised here,
    and the jobs that are left are dropped.
    """
    jobs, client = list(jobs), _CLIENT.get()
    if client:
        results = results_of(client, partial(_call, function), jobs, _raise)
    else:
        results = _on_this_machine(function, jobs)
    try:
        with tqdm(total=len(jobs), disable=None) as bar:
            for result in results:
                bar.update()
                yield result
    except TerminatedWorkerError as error:
        why = "a process was ended from outside (out of memory?)"
        raise EcgError(f"{why}; run this again, what is done is kept") from error
    finally:
        # joblib warns of results that nobody waits for any more.
        with warnings.catch_warnings(action="ignore"):
            results.close()


def _on_this_machine(function: Callable[..., Result], jobs: list[tuple]) -> Iterator[Result]:
    cores = min(cpu_count(), len(jobs))
    pool = Parallel(
        # joblib has no other process for one job at a time. Of two, one has nothing to do.
        n_jobs=max(2, cores),
        backend="loky",
        inner_max_num_threads=1,
        pre_dispatch=max(1, cores),
        batch_size=1,
        return_as="generator_unordered",
        # Arrays are copied: a job may write into them.
        max_nbytes=None,
    )
    # The processes that are started must not listen when a terminal interrupts all of them. The
    # tracker would let this thread listen again, so it starts first.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool(delayed(function)(*job) for job in jobs)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _call(function: Callable[..., Result], job: tuple) -> Result:
    with _ONE_AT_A_TIME:
        return function(*job)


def _raise(_: object, error: Exception) -> NoReturn:
    raise error
