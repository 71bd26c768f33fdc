"""What is written of a classified recording: annotations, a table and a report."""

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils.files import write_beside
from ecgutils.recordings.classified import PROBABILITIES, Classified
from ecgutils.recordings.edf_output import edf_bytes
from ecgutils.recordings.report.page import report_html
from ecgutils.recordings.rhythms import rhythm_changes

ANNOTATOR = "aami"
"""Suffix of the annotation file, the annotator's name in WFDB's terms."""


def write_outputs(
    classified: Classified, directory: Path, name: str, formats: Sequence[str] = ()
) -> tuple[Path, ...]:
    """Write annotations, table and report of a recording.

    Each file appears under its name once it is complete.

    Parameters
    ----------
    classified : Classified
    directory : Path
        Where to; made if need be.
    name : str
        Name of the files, without suffix.
    formats : sequence of str
        ``"edf"`` for EDF+ besides: the signal with beats, rhythms and unusable stretches.

    Returns
    -------
    tuple of Path
        ``NAME.aami``, ``NAME.beats.csv``, ``NAME.html``, and perhaps ``NAME.beats.edf``.

    Raises
    ------
    EcgError
        If a file cannot be written.
    """
    contents = {
        Path(directory, f"{name}.{ANNOTATOR}"): annotation_bytes(classified),
        Path(directory, f"{name}.beats.csv"): table_bytes(classified),
        Path(directory, f"{name}.html"): report_html(classified).encode(),
    }
    if "edf" in formats:
        contents[Path(directory, f"{name}.beats.edf")] = edf_bytes(classified)
    for path, content in contents.items():
        with write_beside(path) as file:
            file.write(content)
    return tuple(contents)


def annotation_bytes(classified: Classified) -> bytes:
    """Return classes and changes of rhythm as a WFDB annotation file, at the recording's rate."""
    import wfdb

    fs = classified.recording.fs
    fs = int(fs) if float(fs).is_integer() else fs
    marks = pd.concat([_rhythm_marks(classified), _beat_marks(classified)])
    # A rhythm begins before its first beat, also where both have the same sample.
    marks = marks.sort_values("sample", kind="stable")
    columns = marks["sample"].to_numpy(), marks["symbol"].to_list()
    notes = marks["note"].to_list()
    # wfdb only writes into folders, and allows few characters in names.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        wfdb.wrann("beats", ANNOTATOR, *columns, aux_note=notes, fs=fs, write_dir=folder)
        return (Path(folder) / f"beats.{ANNOTATOR}").read_bytes()


def _beat_marks(classified: Classified) -> pd.DataFrame:
    """Return ``sample``, ``symbol`` and ``note`` of the beats."""
    beats = classified.beats
    return pd.DataFrame({"sample": beats["sample"], "symbol": beats["class"], "note": ""})


def _rhythm_marks(classified: Classified) -> pd.DataFrame:
    """Return ``sample``, ``symbol`` and ``note`` of each change of rhythm, as WFDB writes it."""
    changes = rhythm_changes(classified.rhythms)
    samples, fs = len(classified.recording.p_signal), classified.recording.fs
    marks = [(round(time * fs), "+", f"({code}") for time, code in changes]
    # A rhythm that lasts to the end of the recording has no mark of its end.
    marks = [mark for mark in marks if mark[0] < samples]
    table = pd.DataFrame(marks, columns=["sample", "symbol", "note"])
    return table.astype({"sample": np.int64})


def table_bytes(classified: Classified) -> bytes:
    """Return the beats as CSV: a header, and one line per beat."""
    table = classified.beats.round({"time_s": 4} | dict.fromkeys(PROBABILITIES, 4))
    return table.to_csv(index=False).encode()
