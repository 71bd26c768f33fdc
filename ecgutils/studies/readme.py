"""The tables of the README, written from the committed studies."""

from pathlib import Path

import pandas as pd

from ecgutils.errors import EcgError
from ecgutils.files import write_whole
from ecgutils.paths import PROJECT_ROOT
from ecgutils.studies.across_databases import across_table
from ecgutils.studies.known_tables import study_table
from ecgutils.studies.store import read_study
from ecgutils.studies.unseen_tables import UNSEEN_MODEL_TITLES, inter_patient_table

README = PROJECT_ROOT / "README.md"


def write_tables(readme: Path = README) -> None:
    """Put the tables of known and of unseen patients between their marks in the README."""
    text = readme.read_text(encoding="utf-8")
    known, unseen = study_table(read_study("known")), inter_patient_table(read_study("unseen"))
    text = _with_table(text, "results in short", results_in_short(known, unseen))
    text = _with_table(text, "study table", known)
    text = _with_table(text, "unseen patients", unseen)
    write_whole(readme, text)


def results_in_short(known: pd.DataFrame, unseen: pd.DataFrame) -> pd.DataFrame:
    """Say in a line for each protocol what our method reaches, and where to read on."""
    ours, claim = known.iloc[:, -1], known.loc["overall accuracy"].iloc[0].split()[0]
    new = unseen[unseen.index.str.startswith(UNSEEN_MODEL_TITLES["ours"])].iloc[0]
    across = across_table(read_study("across")).loc["MIT-BIH to SVDB"]
    far, new_patients = "(#patients-it-has-never-seen)", "patients it has never seen"
    lines = {
        "[patients it knows](#the-result), as in the paper": (
            f"overall accuracy {ours['overall accuracy']} % (the paper: {claim} %), "
            f"macro-F1 {ours['macro-F1']} %"
        ),
        f"[{new_patients}]{far}, DS1 to DS2": (
            f"accuracy {new['accuracy']} %, F1 of V {new['F1 V']} %, of S {new['F1 S']} %; "
            "optimistic, see there"
        ),
        f"[another database]{far}, from the signal": (
            f"F1 of V {across['F1']['V']} %, of S {across['F1']['S']} %, "
            f"false S per hour {across['false per hour']['S']}"
        ),
    }
    return pd.DataFrame({"result": lines}).rename_axis("tested on")


def _with_table(text: str, name: str, table: pd.DataFrame) -> str:
    start = f"<!-- {name}: written by `make study`, do not edit by hand -->"
    end = f"<!-- end of {name} -->"
    before, found_start, rest = text.partition(start)
    _, found_end, after = rest.partition(end)
    if not (found_start and found_end):
        raise EcgError(f"README.md: the marks around the table {start} are gone; put them back")
    return f"{before}{start}\n\n{_markdown(table)}\n{end}{after}"


def _markdown(table: pd.DataFrame) -> str:
    """Return a table of text in Markdown, one line per row."""
    header = [table.index.name or "", *table.columns]
    rows = [header, ["---"] * len(header), *([name, *row] for name, *row in table.itertuples())]
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)
