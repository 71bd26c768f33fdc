"""How well beats are found in databases that do not come with this project, if you have them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.errors import EcgError
from ecgutils.io.record import Record
from ecgutils.parallel import in_parallel
from ecgutils.recordings.classified import classify
from ecgutils.scoring.ec57 import MATCH_WINDOW, match_beats
from ecgutils.unseen.other_recorders import in_flutter


@dataclass(frozen=True)
class BeatDatabase:
    """A folder of WFDB records with annotated beats."""

    title: str
    # Suffix of its annotation files.
    annotations: str = "atr"
    # Seconds at both ends of a recording that do not count.
    not_counted_s: float = 0.0


DATABASES = {
    "svdb": BeatDatabase("MIT-BIH Supraventricular Arrhythmia Database"),
    "cudb": BeatDatabase("Creighton University Ventricular Tachyarrhythmia Database"),
    "clips": BeatDatabase("hard clips of ten seconds (CPSC2019)", "qrs", 0.5),
}
"""Folders that are measured, by name."""

COUNTS = ("beats", "missed", "extra", "extra_v", "refused")
"""Annotated beats, those not found, found ones that are none, and how many of these are V."""


def beats_found(folder: Path) -> pd.DataFrame:
    """Compare what :func:`classify` finds with what is annotated, in a folder of databases.

    Parameters
    ----------
    folder : Path
        With a folder for each of :data:`DATABASES` that is to be measured.

    Returns
    -------
    pandas.DataFrame
        One row per recording, with its ``database`` and the :data:`COUNTS`. Of a recording that
        is refused, all beats are missed. Ventricular fibrillation between ``[`` and ``]`` does
        not count.

    Raises
    ------
    EcgError
        If there is none of the folders.
    """
    there = [name for name in DATABASES if (folder / name).is_dir()]
    if not there:
        raise EcgError(f"{folder}: holds none of the folders {', '.join(DATABASES)}")
    jobs = [
        (folder, name, record) for name in there for record in database.record_names(folder / name)
    ]
    rows = pd.DataFrame(in_parallel(_count, jobs))
    return rows.sort_values(["database", "record"], ignore_index=True)


def totals(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up the recordings of each database, with ``Se`` and ``+P`` in %."""
    table = rows.groupby("database")[list(COUNTS)].sum()
    table.insert(0, "recordings", rows.groupby("database").size())
    right = table["beats"] - table["missed"]
    figures = {"Se": right / table["beats"], "+P": right / (right + table["extra"])}
    return table.assign(**{name: 100 * share for name, share in figures.items()})


def _count(folder: Path, name: str, record_name: str) -> dict:
    """Compare the beats of one recording."""
    kind = DATABASES[name]
    record = database.read(record_name, folder / name, kind.annotations)
    annotated, found, is_v, refused = record.annotations.beats.sample, *_found(record)
    pairs = match_beats(annotated, found, round(MATCH_WINDOW * record.fs))
    missed, extra = pairs[pairs[:, 1] < 0, 0], pairs[pairs[:, 0] < 0, 1]
    margin = kind.not_counted_s * record.fs

    def counted(sample: np.ndarray) -> np.ndarray:
        inside = (sample >= margin) & (sample < len(record.p_signal) - margin)
        return inside & ~in_flutter(record, sample)

    extra = extra[counted(found[extra])]
    beats, missed = (int(counted(sample).sum()) for sample in (annotated, annotated[missed]))
    counts = (beats, missed, len(extra), int(is_v[extra].sum()), int(refused))
    return {"database": name, "record": record_name} | dict(zip(COUNTS, counts, strict=True))


def _found(record: Record) -> tuple[np.ndarray, np.ndarray, bool]:
    """Where beats are found, which of them are V, and whether the recording is refused."""
    try:
        beats = classify(record.without_annotations()).beats
    except EcgError:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=bool), True
    return beats["sample"].to_numpy(), beats["class"].to_numpy() == "V", False
