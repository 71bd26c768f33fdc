"""A dask cluster on this machine, for tests of what is shared among machines."""

from collections.abc import Iterator
from contextlib import contextmanager

from distributed import LocalCluster


@contextmanager
def local_cluster(workers: int, **scheduler_options: object) -> Iterator[str]:
    """Start workers in processes of their own, and yield the address of their scheduler."""
    with LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0", **scheduler_options},
    ) as cluster:
        yield cluster.scheduler_address
