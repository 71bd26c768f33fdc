"""Jobs on other processes: what happens to them when workers die, or there are none."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import distributed
import pytest

from ecgutils.errors import EcgError
from ecgutils.recordings.batch import workers
from tests.helpers.thread_clusters import cluster_of_threads


def end_at_two(job):
    """Be the death of any worker that gets job 2; runs in another process."""
    if job == 2:
        os._exit(1)
    return job


def in_words(job, why):
    return f"{job}: {why}"


@pytest.mark.slow
def test_job_that_kills_every_worker_is_given_up_and_the_rest_is_done(capfd, monkeypatch):
    monkeypatch.setattr(workers, "_DEATHS_FORGIVEN", 1)
    # A cluster gives up a worker that takes long to start again, as on a busy machine; and on
    # such a machine somebody else has the port that dask likes best.
    impatient = distributed.dask.config.set({"distributed.deploy.lost-worker-timeout": "0.1 s"})
    with impatient, socket.socket() as other:
        with contextlib.suppress(OSError):
            other.bind(("127.0.0.1", 8787))
            other.listen()
        done = list(workers.on_workers(end_at_two, in_words, range(4), workers=1))
    assert done == [0, 1, "2: 2 workers died while they worked on it (out of memory?)", 3]
    assert capfd.readouterr() == ("", "")


INTERRUPTED = """
import signal
import time
from ecgutils.recordings.batch.workers import on_workers

def work(job):
    time.sleep(job)
    return job

if __name__ == "__main__":
    # What runs the tests may have been told not to listen.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for job in on_workers(work, None, [0, 60], workers=2):
            print(job, flush=True)
    except KeyboardInterrupt:
        print("interrupted")
"""


@pytest.mark.slow
def test_interrupt_from_a_terminal_ends_the_workers_quietly(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "0\n"
    # A terminal interrupts the workers as well.
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate() == ("interrupted\n", "")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "Timed out trying to connect"),
        ("nonsense", "missing port number"),
        ("http://127.0.0.1:1", "unknown address scheme"),
    ],
)
def test_scheduler_that_does_not_answer_is_one_line(address, why, monkeypatch, capfd):
    monkeypatch.setattr("ecgutils.cluster._CONNECT_SECONDS", 0.5)
    with pytest.raises(EcgError, match=rf"^{address}: no dask scheduler answers there \({why}"):
        list(workers.on_workers(end_at_two, in_words, [1], scheduler=address))
    assert capfd.readouterr() == ("", "")


def test_scheduler_without_workers_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr("ecgutils.cluster._WITHOUT_WORKERS_SECONDS", 0.5)
    with cluster_of_threads(0) as cluster:
        results = workers.on_workers(end_at_two, in_words, [1], scheduler=cluster.scheduler_address)
        with pytest.raises(EcgError, match="has had no workers"):
            list(results)
