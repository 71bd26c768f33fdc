"""How many recordings are classified in a minute, by how many workers, with how much memory.

``python -m tests.benchmarks.throughput`` cuts ten seconds from each record of the database, and ten
times as many recordings of that length, classifies them as the command line does, and prints a
table; it takes a few minutes on two cores. The time is that of the whole command, so it includes
what each process needs to start. With ``--beside``, another version of the program does the same in
turn, and the table tells how many times as many recordings this one does in a minute.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import pandas as pd

from ecgutils import database
from ecgutils.database.embedded import record_names
from tests.benchmarks.command import Run, run_classify


def cut(directory: Path, parts: int, seconds: float) -> None:
    """Write parts of each record that are a minute apart, each a recording of its own."""
    with warnings.catch_warnings():
        # wfdb uses what pandas will drop one day.
        warnings.simplefilter("ignore")
        import wfdb

    for name in record_names():
        record = database.read(name, annotations=None)
        for part in range(parts):
            signal = record.between(60 * part, 60 * part + seconds).p_signal
            leads, kind = list(record.sig_name), ["16"] * len(record.sig_name)
            units = ["mV"] * len(leads)
            options = {"fmt": kind, "write_dir": str(directory)}
            wfdb.wrsamp(f"{name}_{part}", record.fs, units, leads, signal, **options)


def table(options: argparse.Namespace) -> pd.DataFrame:
    """Measure every number of recordings with every number of workers."""
    rows = []
    for count in options.parts:
        with tempfile.TemporaryDirectory() as folder:
            recordings = Path(folder, "recordings")
            recordings.mkdir()
            cut(recordings, count, options.seconds)
            for workers in options.workers:
                rows.append(_row(recordings, workers, options.beside))
                print(rows[-1], file=sys.stderr)
    return pd.DataFrame(rows)


def _row(recordings: Path, workers: int, beside: Path | None) -> dict[str, float]:
    """Measure one number of workers, after the other version, if there is one."""
    number, out = len(list(recordings.glob("*.hea"))), recordings.parent / "results"
    arguments = (recordings, "--jobs", workers, "--out")
    other = run_classify(*arguments, out / f"other {workers}", program=beside) if beside else None
    run = run_classify(*arguments, out / f"this {workers}")
    row = {
        "recordings": number,
        "workers": workers,
        "seconds": round(run.seconds, 1),
        "recordings_per_minute": round(60 * number / run.seconds, 1),
        "processor_s": round(run.processor_s, 1),
        "peak_memory_MB": round(run.memory / 1e6),
    }
    return row | _compared(run, other) if other else row


def _compared(run: Run, other: Run) -> dict[str, float]:
    """Compare with the other version: its figures, and how many times as fast this one is."""
    return {
        "other_seconds": round(other.seconds, 1),
        "other_processor_s": round(other.processor_s, 1),
        "times_as_many": round(other.seconds / run.seconds, 2),
        "times_less_processor": round(other.processor_s / run.processor_s, 2),
    }


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--parts", type=int, nargs="+", default=[1, 10], metavar="N", help="recordings per record"
    )
    workers = "processes beside that of the command"
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N", help=workers)
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="of each (to 60)")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another version's folder")
    parser.add_argument("--out", type=Path, metavar="CSV", help="write the table there as well")
    options = parser.parse_args()
    measured = table(options)
    print(measured.to_string(index=False))
    if options.out:
        measured.to_csv(options.out, index=False)


if __name__ == "__main__":
    main()
