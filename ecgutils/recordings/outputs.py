"""What is written of a classified recording: annotations, a table and a report."""

import tempfile
import warnings
from pathlib import Path

from ecgutils.files import write_beside
from ecgutils.recordings.classified import PROBABILITIES, Classified
from ecgutils.recordings.report.page import report_html

ANNOTATOR = "aami"
"""Suffix of the annotation file, the annotator's name in WFDB's terms."""


def write_outputs(classified: Classified, directory: Path, name: str) -> tuple[Path, ...]:
    """Write annotations, table and report of a recording.

    Each file appears under its name once it is complete.

    Parameters
    ----------
    classified : Classified
    directory : Path
        Where to; made if need be.
    name : str
        Name of the files, without suffix.

    Returns
    -------
    tuple of Path
        ``NAME.aami``, ``NAME.beats.csv`` and ``NAME.html``.

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
    for path, content in contents.items():
        with write_beside(path) as file:
            file.write(content)
    return tuple(contents)


def annotation_bytes(classified: Classified) -> bytes:
    """Return the classes as a WFDB annotation file, with the recording's sampling frequency."""
    import wfdb

    beats, fs = classified.beats, classified.recording.fs
    fs = int(fs) if float(fs).is_integer() else fs
    sample, symbol = beats["sample"].to_numpy(), beats["class"].to_list()
    # wfdb only writes into folders, and allows few characters in names.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        wfdb.wrann("beats", ANNOTATOR, sample, symbol, fs=fs, write_dir=folder)
        return (Path(folder) / f"beats.{ANNOTATOR}").read_bytes()


def table_bytes(classified: Classified) -> bytes:
    """Return the beats as CSV: a header, and one line per beat."""
    table = classified.beats.round({"time_s": 4} | dict.fromkeys(PROBABILITIES, 4))
    return table.to_csv(index=False).encode()
