"""What changes when the same heart is recorded or stored otherwise: nothing should."""

import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.aami import PACED
from ecgutils.database.embedded import record_names
from ecgutils.files import write_csv
from ecgutils.io.record import Record
from ecgutils.io.recording import read_recording
from ecgutils.parallel import in_parallel
from ecgutils.recordings.classified import classify
from ecgutils.scoring.ec57 import MATCH_WINDOW, match_beats
from ecgutils.scoring.ec57_tables import GROSS
from ecgutils.studies.store import known_only

SAME_BEAT_MS = round(1000 * MATCH_WINDOW)
"""Milliseconds within which beats of two tables are the same one, as EC57 has it."""


def as_csv(record: Record) -> Record:
    """Write a recording as text and read it back."""
    columns = [f"{name} (mV)" for name in record.sig_name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{record.name}.csv"
        write_csv(path, pd.DataFrame(record.p_signal, columns=columns), "%.4f", index=False)
        return read_recording(path, fs=record.fs)


def as_edf(record: Record) -> Record:
    """Write a recording of a whole number of Hz as EDF, without its last part of a second."""
    import edfio

    whole = len(record.p_signal) // round(record.fs) * round(record.fs)
    # edfio warns of every digit that EDF has no room for.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        path = Path(folder) / f"{record.name}.edf"
        leads = [
            edfio.EdfSignal(lead, record.fs, label=name, physical_dimension="mV")
            for lead, name in zip(record.p_signal[:whole].T, record.sig_name, strict=True)
        ]
        edfio.Edf(leads).write(path)
        return read_recording(path)


VARIANTS: dict[str, Callable[[Record], Record]] = {
    "128 Hz": lambda record: record.resampled(128.0),
    "250 Hz": lambda record: record.resampled(250.0),
    "500 Hz": lambda record: record.resampled(500.0),
    "half the gain": lambda record: replace(record, p_signal=0.5 * record.p_signal),
    "twice the gain": lambda record: replace(record, p_signal=2 * record.p_signal),
    "turned over": lambda record: replace(record, p_signal=-record.p_signal),
    "1.5 mV higher": lambda record: replace(record, p_signal=record.p_signal + 1.5),
    "as CSV": as_csv,
    "as EDF": as_edf,
}
"""Other ways to record or store the same signal."""


def changed_beats(beats: pd.DataFrame, others: pd.DataFrame) -> tuple[int, int]:
    """Compare two tables of the beats of one recording.

    Parameters
    ----------
    beats, others : pandas.DataFrame
        With the columns ``time_s`` and ``class``.

    Returns
    -------
    changed, total : int
        Beats that differ in class or that one table lacks, and beats that any table has.
    """
    times = [np.round(1000 * table["time_s"].to_numpy()).astype(int) for table in (beats, others)]
    pairs = match_beats(*times, window=SAME_BEAT_MS)
    both = pairs[(pairs >= 0).all(axis=1)]
    one, other = beats["class"].to_numpy()[both[:, 0]], others["class"].to_numpy()[both[:, 1]]
    return len(pairs) - int((one == other).sum()), len(pairs)


def run_study(records: Sequence[str] | None, folder: Path) -> None:
    """Store the % of beats that each variant changes, by record.

    The last row is of all records together but the paced ones.
    """
    jobs = [(name,) for name in known_only(records, record_names(), "record")]
    table = pd.DataFrame.from_dict(dict(in_parallel(_count, jobs)), orient="index").sort_index()
    # At 128 Hz no impulse of a pacemaker can be seen, so all of these beats change.
    table.loc[GROSS] = table.drop(PACED, errors="ignore").sum()
    for name in VARIANTS:
        table[name] = 100 * table[name] / table[f"{name} total"]
    table = table[["beats", *VARIANTS]].astype({"beats": int}).rename_axis("record")
    write_csv(folder / "recorder_study.csv", table, "%.3f")


def _count(name: str) -> tuple[str, dict[str, int]]:
    """Count the changed beats, and all beats, of each variant of a record."""
    record = database.read(name).without_annotations()
    beats = classify(record).beats
    counts = {"beats": len(beats)}
    for variant, other in VARIANTS.items():
        changed, total = changed_beats(beats, classify(other(record)).beats)
        counts |= {variant: changed, f"{variant} total": total}
    return name, counts
