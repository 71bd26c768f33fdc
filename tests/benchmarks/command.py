"""A run of ``ecgutils classify``: by this version, or by another one whose folder is given."""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

THIS = Path(__file__).parents[2]
"""The folder of this version."""


@dataclass(frozen=True)
class Run:
    """What a run took, by all of its processes together."""

    seconds: float
    # Seconds of all cores together, which depend less on what else the machine does.
    processor_s: float
    # Most bytes at a time, what the processes share counted once (Linux only).
    memory: int


def run_classify(*arguments: object, program: Path = THIS) -> Run:
    """Run the command of some version of the program, which has to succeed."""
    command = [sys.executable, "-m", "ecgutils", "classify", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(program)}
    started, asked, most = time.perf_counter(), 0.0, 0
    process = subprocess.Popen(command, cwd=program, env=environment, stdout=subprocess.DEVNULL)
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        time.sleep(0.02)
        # Asking for it holds the process up, so not too often.
        if time.perf_counter() - asked > 1:
            most, asked = max(most, memory(process.pid)), time.perf_counter()
    _, status, used = ended
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the command failed with status {process.returncode}")
    return Run(seconds, used.ru_utime + used.ru_stime, max(most, 1024 * used.ru_maxrss))


def memory(process: int) -> int:
    """Bytes of memory that a process and those it has started hold now."""
    with contextlib.suppress(OSError, StopIteration):
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        children = Path(f"/proc/{process}/task").glob("*/children")
        started = [int(child) for path in children for child in path.read_text().split()]
        own = next(int(line.split()[1]) for line in rollup.splitlines() if line[:4] == "Pss:")
        return 1024 * own + sum(map(memory, started))
    return 0
