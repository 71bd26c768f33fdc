"""Work side by side: every result comes, and a failure stops the rest."""

import os
import time
from pathlib import Path

import pytest

from ecgutils.errors import EcgError
from ecgutils.parallel import in_parallel


def square_elsewhere(number):
    return number**2, os.getpid()


def note_and_fail_at(folder, name, fails):
    """Leave a note that the job has begun; runs in another process."""
    if fails:
        raise EcgError(f"job {name} failed")
    (Path(folder) / name).touch()
    time.sleep(0.1)
    return name


def test_every_job_is_done_once_in_other_processes():
    done = list(in_parallel(square_elsewhere, ((number,) for number in range(5))))
    assert sorted(result for result, _ in done) == [0, 1, 4, 9, 16]
    assert os.getpid() not in {process for _, process in done}


def test_no_jobs_no_results():
    assert list(in_parallel(square_elsewhere, [])) == []


def test_what_a_job_raises_comes_through_and_later_jobs_are_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    jobs = [(str(tmp_path), f"{k:02}", k == 0) for k in range(12)]
    with pytest.raises(EcgError, match="job 00 failed"):
        list(in_parallel(note_and_fail_at, jobs))
    # What the one process had been handed already is finished; the rest is never begun.
    assert len(list(tmp_path.iterdir())) < 6


def test_who_stops_listening_drops_the_jobs_that_are_left(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    results = in_parallel(note_and_fail_at, [(str(tmp_path), f"{k:02}", False) for k in range(12)])
    assert next(results) == "00"
    results.close()
    assert len(list(tmp_path.iterdir())) < 7
