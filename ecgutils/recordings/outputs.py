"""What is written of a classified recording: annotations, a table and a report."""

from collections.abc import Sequence
from itertools import repeat
from operator import itemgetter
from pathlib import Path

from ecgutils.files import write_beside
from ecgutils.io.wfdb_annotation_bytes import encode
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
    beats = classified.beats
    marks = zip(beats["sample"].tolist(), beats["class"].tolist(), repeat(""))
    # A rhythm begins before its first beat, also where both have the same sample.
    in_order = sorted([*_rhythm_marks(classified), *marks], key=itemgetter(0))
    return encode(in_order, classified.recording.fs)


def _rhythm_marks(classified: Classified) -> list[tuple[int, str, str]]:
    """Return sample, symbol and note of each change of rhythm, as WFDB writes it."""
    changes = rhythm_changes(classified.rhythms)
    samples, fs = len(classified.recording.p_signal), classified.recording.fs
    marks = [(round(time * fs), "+", f"({code}") for time, code in changes]
    # A rhythm that lasts to the end of the recording has no mark of its end.
    return [mark for mark in marks if mark[0] < samples]


def table_bytes(classified: Classified) -> bytes:
    """Return the beats as CSV: a header, and one line per beat."""
    table = classified.beats.round({"time_s": 4} | dict.fromkeys(PROBABILITIES, 4))
    return table.to_csv(index=False).encode()
