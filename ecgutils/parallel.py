"""Independent pieces of work side by side, one core each."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

from tqdm import tqdm

Result = TypeVar("Result")


def in_parallel(
    work: Callable[..., Result], jobs: Iterable[tuple[object, ...]]
) -> Iterator[Result]:
    """Do each job in a process of its own, as many at a time as there are cores.

    Parameters
    ----------
    work : callable
        A function of a module, called with the members of a job.
    jobs : iterable of tuple
        What to call it with.

    Yields
    ------
    Result
        What each call returns, in the order in which they end.

    Raises
    ------
    Exception
        Whatever a job raises; jobs that have not begun are then dropped.
    """
    jobs = list(jobs)
    context = get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context, initializer=_keep_to_one_core) as pool:
        running = [pool.submit(work, *job) for job in jobs]
        try:
            for done in tqdm(as_completed(running), total=len(jobs), disable=None):
                yield done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _keep_to_one_core() -> None:
    """Let no library start threads, before one of them is imported."""
    os.environ["OMP_NUM_THREADS"] = "1"
