"""Work side by side: every result comes, and a failure stops the rest."""

import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from ecgutils import parallel
from ecgutils.errors import EcgError
from ecgutils.parallel import in_parallel, shared_among_machines
from ecgutils.paths import PROJECT_ROOT
from tests.helpers.clusters import local_cluster

pytestmark = pytest.mark.slow


def square_elsewhere(number):
    return number**2, os.getpid()


def environment(name):
    return os.environ.get(name)


def note_and_fail_at(folder, name, fails):
    """Leave a note that the job has begun; runs in another process."""
    if fails:
        raise EcgError(f"job {name} failed")
    (Path(folder) / name).touch()
    time.sleep(0.1)
    return name


def end_at(number, last):
    """Be the death of the process that gets the last number."""
    if number == last:
        os._exit(1)
    return number


@pytest.fixture(scope="module")
def cluster():
    with local_cluster(2) as address:
        yield address


@pytest.fixture(params=["this machine", "cluster"])
def scheduler(request):
    """Do the test here, then on a cluster."""
    return None if request.param == "this machine" else request.getfixturevalue("cluster")


def test_every_job_is_done_once_in_other_processes(scheduler):
    with shared_among_machines(scheduler):
        done = list(in_parallel(square_elsewhere, ((number,) for number in range(5))))
    assert sorted(result for result, _ in done) == [0, 1, 4, 9, 16]
    assert os.getpid() not in {process for _, process in done}


def test_no_jobs_no_results(scheduler):
    with shared_among_machines(scheduler):
        assert list(in_parallel(square_elsewhere, [])) == []


def test_a_job_keeps_to_one_core(scheduler):
    with shared_among_machines(scheduler):
        assert list(in_parallel(environment, [("OMP_NUM_THREADS",)])) == ["1"]


def test_what_a_job_raises_comes_through_and_later_jobs_are_dropped(
    scheduler, tmp_path, monkeypatch
):
    monkeypatch.setattr(parallel, "cpu_count", lambda: 1)
    jobs = [(str(tmp_path), f"{k:02}", k == 0) for k in range(30)]
    with (
        shared_among_machines(scheduler),
        pytest.raises(EcgError, match=r"^job 00 failed$"),
    ):
        list(in_parallel(note_and_fail_at, jobs))
    assert len(list(tmp_path.iterdir())) < 6


def test_who_stops_listening_drops_the_jobs_that_are_left(scheduler, tmp_path, monkeypatch):
    monkeypatch.setattr(parallel, "cpu_count", lambda: 1)
    with shared_among_machines(scheduler):
        jobs = [(str(tmp_path), f"{k:02}", False) for k in range(30)]
        results = in_parallel(note_and_fail_at, jobs)
        assert next(results) in ("00", "01")
        results.close()
    assert len(list(tmp_path.iterdir())) < 7


def begin_and_end(seconds):
    begun = time.monotonic()
    time.sleep(seconds)
    return begun, time.monotonic(), os.getpid()


def test_one_core_has_one_job_at_a_time_in_another_process(monkeypatch):
    monkeypatch.setattr(parallel, "cpu_count", lambda: 1)
    times = sorted(in_parallel(begin_and_end, 4 * [(0.2,)]))
    assert all(end <= begun for (_, end, _), (begun, _, _) in pairwise(times))
    assert os.getpid() not in {process for _, _, process in times}


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_process_that_dies_is_one_line(jobs):
    with pytest.raises(EcgError, match="a process was ended from outside"):
        list(in_parallel(end_at, [(number, jobs - 1) for number in range(jobs)]))
    # The next jobs have new processes.
    assert list(in_parallel(end_at, [(1, 2)])) == [1]


def test_a_job_that_kills_the_workers_of_a_cluster_is_one_line():
    with (
        local_cluster(1, allowed_failures=0) as address,
        shared_among_machines(address),
        pytest.raises(EcgError, match="1 workers died while they worked on it"),
    ):
        list(in_parallel(end_at, [(number, 1) for number in range(3)]))


def test_after_the_block_jobs_are_done_here_again(cluster):
    with shared_among_machines(cluster):
        ((_, there),) = in_parallel(square_elsewhere, [(1,)])
        ((_, again),) = in_parallel(square_elsewhere, [(1,)])
    ((_, here),) = in_parallel(square_elsewhere, [(1,)])
    assert here not in (there, again)


INTERRUPTED = """
import signal
import time
from ecgutils.parallel import in_parallel

if __name__ == "__main__":
    # What runs the tests may have been told not to listen.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for result in in_parallel(time.sleep, [(0,), (60,)]):
            print(result, flush=True)
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_interrupt_from_a_terminal_ends_the_processes_quietly(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "None\n"
    begun = time.monotonic()
    # A terminal interrupts the other processes as well.
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate() == ("interrupted\n", "")
    assert time.monotonic() - begun < 30
