"""A dask cluster within the process of the test, which sees what the test has changed."""

import distributed


def cluster_of_threads(number):
    """Start a scheduler with workers in this process."""
    return distributed.LocalCluster(
        n_workers=number,
        threads_per_worker=2,
        processes=False,
        protocol="tcp",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    )
