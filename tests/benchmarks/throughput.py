"""How many recordings are classified in a minute, by how many workers, with how much memory.

``python -m tests.benchmarks.throughput`` cuts a minute from each record of the database, and ten
times as many recordings of that length, classifies them as the command line does, and prints a
table; it takes about a quarter of an hour on two cores. The time is that of the whole
command, so it includes what each process needs to start. The memory is that of all processes of
the command at the moment at which it is highest, what they share counted once (Linux only).
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import pandas as pd

from ecgutils import database
from ecgutils.database.embedded import record_names

SECONDS = 60
WORKERS = (1, 2)
"""Processes beside that of the command."""


def cut(directory: Path, parts: int) -> None:
    """Write the first parts of each record, each a recording of its own."""
    with warnings.catch_warnings():
        # wfdb uses what pandas will drop one day.
        warnings.simplefilter("ignore")
        import wfdb

    for name in record_names():
        record = database.read(name, annotations=None)
        samples = round(SECONDS * record.fs)
        for part in range(parts):
            signal = record.p_signal[part * samples : (part + 1) * samples]
            leads, kind = list(record.sig_name), ["16"] * len(record.sig_name)
            units = ["mV"] * len(leads)
            options = {"fmt": kind, "write_dir": str(directory)}
            wfdb.wrsamp(f"{name}_{part}", record.fs, units, leads, signal, **options)


def memory(process: int) -> int:
    """Bytes of memory that a process and those it has started hold now."""
    try:
        rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
        children = Path(f"/proc/{process}/task").glob("*/children")
        started = [int(child) for path in children for child in path.read_text().split()]
    except OSError:
        return 0
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return 1024 * own + sum(map(memory, started))


def measure(recordings: Path, results: Path, workers: int) -> tuple[float, int]:
    """Classify all recordings of a folder; seconds, and the most bytes of memory."""
    options = ["--out", str(results), "--jobs", str(workers)]
    command = [sys.executable, "-m", "ecgutils", "classify", str(recordings), *options]
    started, most = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while process.returncode is None:
        # Asking for it holds the process up, so not too often.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        most = max(most, memory(process.pid))
    if process.returncode:
        raise SystemExit(f"the command failed with status {process.returncode}")
    return time.perf_counter() - started, most


def table(parts: list[int]) -> pd.DataFrame:
    """Measure every number of recordings with every number of workers."""
    rows = []
    for count in parts:
        with tempfile.TemporaryDirectory() as folder:
            recordings = Path(folder, "recordings")
            recordings.mkdir()
            cut(recordings, count)
            number = len(list(recordings.glob("*.hea")))
            for workers in WORKERS:
                results = Path(folder, f"by {workers}")
                seconds, most = measure(recordings, results, workers)
                rows.append(
                    {
                        "recordings": number,
                        "workers": workers,
                        "seconds": round(seconds, 1),
                        "recordings_per_minute": round(60 * number / seconds, 1),
                        "peak_memory_MB": round(most / 1e6),
                    }
                )
                print(rows[-1], file=sys.stderr)
    return pd.DataFrame(rows)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--parts", type=int, nargs="+", default=[1, 10], metavar="N", help="recordings per record"
    )
    parser.add_argument("--out", type=Path, metavar="CSV", help="write the table there as well")
    options = parser.parse_args()
    measured = table(options.parts)
    print(measured.to_string(index=False))
    if options.out:
        measured.to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
