"""The connection to a dask scheduler: who does not answer, who has no workers, who goes away."""

import logging
import sys
import time

import pytest

from ecgutils import cluster
from ecgutils.errors import EcgError
from tests.helpers.clusters import local_cluster

pytestmark = pytest.mark.slow


def fail(job, error):
    return f"{job}: {error}"


def double(job):
    if job == 1:
        raise ValueError("no ones")
    return 2 * job


def test_results_and_failures_come_as_they_end():
    with local_cluster(1) as address, cluster.running_cluster(address) as client:
        results = list(cluster.results_of(client, double, [3, 1, 2], fail))
    assert results == [6, "1: no ones", 4]


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "Timed out trying to connect"),
        ("nonsense", "missing port number"),
        ("http://127.0.0.1:1", "unknown address scheme"),
    ],
)
def test_scheduler_that_does_not_answer_is_one_line(address, why, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.5)
    expected = rf"^{address}: no dask scheduler answers there \({why}"
    with (
        cluster.quiet_dask(),
        pytest.raises(EcgError, match=expected),
        cluster.running_cluster(address),
    ):
        pytest.fail("connected")


def test_scheduler_without_workers_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(cluster, "_WITHOUT_WORKERS_SECONDS", 0.5)
    with local_cluster(0) as address, cluster.running_cluster(address) as client:
        results = cluster.results_of(client, double, [3], fail)
        with pytest.raises(EcgError, match=r"has had no workers for 0\.5 seconds"):
            next(results)


def test_scheduler_that_goes_away_is_one_line():
    with cluster.quiet_dask():
        started = local_cluster(1)
        address = started.__enter__()
        with cluster.running_cluster(address) as client:
            results = cluster.results_of(client, time.sleep, [0, 60], fail)
            assert next(results) is None
            started.__exit__(None, None, None)
            with pytest.raises(EcgError, match="the connection to the dask scheduler is lost"):
                next(results)


def test_the_log_of_dask_is_silent_inside_the_block_only():
    logger = logging.getLogger("distributed")
    before = logger.level
    with cluster.quiet_dask():
        assert not logger.isEnabledFor(logging.CRITICAL)
    assert logger.level == before


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EcgError, match=r"pip install 'ecgutils\[cluster\]'$"), cluster.quiet_dask():
        pytest.fail("imported")
