"""How long a recording of a day takes from its file to the report, and how much memory.

``python -m tests.benchmarks.long_recording`` joins records of the database to recordings of two
leads at 360 Hz, with names that nobody knows and without annotations, and classifies each by the
command line. The time is that of the whole command, the memory the most that its process held.
Then the stages of a day are timed one by one, within a process that has loaded its libraries.
A day should take at most 10 s and 700 MB, on two cores. With ``--beside``, another version of the
program is measured in turn.
"""

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.database.embedded import record_names
from ecgutils.io.recording import read_recording
from ecgutils.parallel import in_parallel
from ecgutils.recordings.batch.receipts import input_hashes
from ecgutils.recordings.classified import classify
from ecgutils.recordings.outputs import annotation_bytes, table_bytes
from ecgutils.recordings.report.page import report_html
from ecgutils.signals.leads import choose_leads
from ecgutils.unseen.trained_model import load_model
from tests.benchmarks.command import run_classify

FS, LEADS = 360, 2
DAY_H = 24.0


def join(hours: float, directory: Path) -> Path:
    """Write a recording that is made of real ones."""
    with warnings.catch_warnings():
        # wfdb uses what pandas will drop one day.
        warnings.simplefilter("ignore")
        import wfdb

    samples, name = round(hours * 3600 * FS), f"joined_{round(60 * hours)}min"
    parts: list[np.ndarray] = []
    for record_name in cycle(record_names()):
        parts.append(database.read(record_name, annotations=None).p_signal)
        if sum(map(len, parts)) >= samples:
            break
    signal = np.concatenate(parts)[:samples]
    options = {"fmt": ["16"] * LEADS, "write_dir": str(directory)}
    wfdb.wrsamp(name, FS, ["mV"] * LEADS, ["ECG1", "ECG2"], signal, **options)
    return directory / f"{name}.hea"


def whole(hours: list[float], folder: Path, beside: Path | None) -> pd.DataFrame:
    """Measure recordings of some lengths, by the other version first, if there is one."""
    rows = []
    for length in hours:
        # In a process of its own: what this one holds would count as the memory of its children.
        (recording,) = in_parallel(join, [(length, folder)])
        other = run_classify(recording, "-o", folder / "other", program=beside) if beside else None
        run = run_classify(recording, "-o", folder / "results")
        row = {
            "hours": length,
            "seconds": round(run.seconds, 1),
            "processor_s": round(run.processor_s, 1),
            "peak_memory_MB": round(run.memory / 1e6),
            "signal_MB": round(length * 3600 * FS * LEADS * 4 / 1e6),
        }
        if other:
            row["other_seconds"] = round(other.seconds, 1)
            row["other_processor_s"] = round(other.processor_s, 1)
        rows.append(row)
    return pd.DataFrame(rows)


def stages(recording: Path) -> pd.Series:
    """Seconds that each stage takes."""
    took: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> object:
        started = time.perf_counter()
        result = work()
        took[name] = round(time.perf_counter() - started, 2)
        return result

    timed("load the model", load_model)
    timed("compare with what was done", lambda: input_hashes(recording, None))
    record = timed("read", lambda: read_recording(recording))
    timed("choose leads", lambda: choose_leads(record))
    classified = timed("choose leads, detect, classify", lambda: classify(record))
    timed("annotations", lambda: annotation_bytes(classified))
    timed("table", lambda: table_bytes(classified))
    timed("report", lambda: report_html(classified))
    return pd.Series(took, name="seconds")


def main() -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hours", type=float, nargs="+", default=[6.0, DAY_H, 48.0], metavar="H")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another version's folder")
    parser.add_argument("--out", type=Path, metavar="CSV", help="write the first table there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = whole(options.hours, Path(folder), options.beside)
        print(table.to_string(index=False))
        if options.out:
            table.to_csv(options.out, index=False)
        print(stages(join(DAY_H, Path(folder))).to_string())


if __name__ == "__main__":
    main()
