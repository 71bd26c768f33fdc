"""The project as static pages, and the tables and pictures that its contents pages show."""

from pathlib import Path

from ecgutils import database
from ecgutils.files import write_whole
from ecgutils.paths import FIGURES_DIR
from ecgutils.recordings.classified import classify
from ecgutils.recordings.report.page import report_html
from ecgutils.runner.execution import find_notebooks
from ecgutils.runner.pages import Exhibit, index_page, write_report
from ecgutils.studies.known_tables import ablation_table, study_table
from ecgutils.studies.store import read_study
from ecgutils.studies.unseen_tables import inter_patient_table

REPORTED = "208"
"""The record of which the site shows a report."""

LEAD = (
    "Which of a patient's heartbeats are normal, and which arise in the wrong place? A published "
    "network is reproduced, explained and surpassed, in notebooks that run offline."
)

_UNSEEN = (
    "Trained on 22 patients (DS1), tested on 22 others (DS2); ± half of the 95 % interval over "
    "seeds. Our own method was chosen with DS2 in view, so its figures are optimistic."
)
_KNOWN = (
    "The paper's protocol: a random tenth of all beats is the test, and the network knows every "
    "patient. Accuracies of 99 % obtained in this way do not hold for a new patient."
)
_BETWEEN = (
    "The same models on beats of patients that they know, and on patients whom they have never "
    "met (by patient, from DS1 to DS2)."
)
_ABLATION = "What each ingredient is worth on patients the network knows."
_REPORT = f"A report of a recording: record {REPORTED}, which the model has met in its training"


def exhibits(figures: Path = FIGURES_DIR) -> list[Exhibit]:
    """Return what a contents page shows: tables of the committed studies, pictures of a folder."""
    against, between = figures / "accuracy_against_paper.png", figures / "known_against_unseen.png"
    unseen = inter_patient_table(read_study("unseen"))
    return [
        Exhibit("Against the paper, on patients the network knows", _KNOWN, picture=against),
        Exhibit("Known patients against unseen ones", _BETWEEN, picture=between),
        Exhibit("Patients it has never seen (committed study)", _UNSEEN, table=unseen),
    ]


def write_site(directory: Path) -> Path:
    """Write the project as pages that need neither a network nor a server.

    Parameters
    ----------
    directory : Path
        Gets a page for each notebook with its stored outputs, the tables of the studies, a report
        of a recording, and an index page. Other pages in it are removed.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    EcgError
        If a notebook, a study or the recording cannot be read, or a page cannot be written.
    """
    report = report_html(classify(database.read(REPORTED, annotations=None)))
    write_whole(directory / "report_of_a_recording.html", report)
    links = {"index.html": "Contents"}
    tables = index_page([], exhibits=_tables(), links=links, title="Tables of results")
    write_whole(directory / "tables.html", tables)
    others = {"tables.html": "All tables of results", "report_of_a_recording.html": _REPORT}
    return write_report(find_notebooks(), directory, "", exhibits(), others, LEAD)


def _tables() -> list[Exhibit]:
    """Return the tables of the studies."""
    unseen, known = read_study("unseen"), read_study("known")
    gains = ablation_table(read_study("ablations")).drop(columns="command")
    return [
        Exhibit("Patients it has never seen", _UNSEEN, table=inter_patient_table(unseen)),
        Exhibit("Patients it knows", _KNOWN, table=study_table(known)),
        Exhibit("Each ingredient", _ABLATION, table=gains),
    ]
