"""Work on other processes or machines, by way of dask.distributed.

Only descriptions of jobs and small results travel through the scheduler. A job whose worker dies
is done again by another one; a job that keeps killing its workers is given up.
"""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

from ecgutils.cluster import SILENT, Job, Result, quiet_dask, results_of, running_cluster
from ecgutils.errors import EcgError

if TYPE_CHECKING:
    from distributed import Client, LocalCluster

_DEATHS_FORGIVEN = 2
"""How many workers may die of a job on a cluster of ours before it is given up."""


def on_workers(
    work: Callable[[Job], Result],
    given_up: Callable[[Job, Exception], Result],
    jobs: Sequence[Job],
    workers: int | None = None,
    scheduler: str | None = None,
) -> Iterator[Result]:
    """Yield results as jobs end on our own workers on this machine, or on those of a scheduler.

    Of a job that no worker could do, `given_up` makes the result, from the job and the exception.
    """
    own = scheduler is None
    cluster = _own_cluster(min(workers, len(jobs))) if own else running_cluster(scheduler)
    with quiet_dask(), cluster as client:
        yield from results_of(client, work, jobs, given_up)


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

    # A terminal interrupts all processes. The threads and processes that a thread starts ignore
    # what it ignores. Multiprocessing's resource tracker, while it starts, ends that: so it
    # starts first.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # Without a dashboard, too, it takes a port, and complains where that is not free.
    scheduler = {"allowed_failures": _DEATHS_FORGIVEN, "dashboard_address": "127.0.0.1:0"}
    # Dask would stop or restart a worker at its share of the memory, needed or not.
    options = {"threads_per_worker": 1, "memory_limit": None, "dashboard_address": None}
    return LocalCluster(
        n_workers=workers, silence_logs=SILENT, scheduler_kwargs=scheduler, **options
    )
