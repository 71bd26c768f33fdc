"""The tables of the README, written from the committed studies."""

from pathlib import Path

import pandas as pd

from ecgutils.errors import EcgError
from ecgutils.files import write_whole
from ecgutils.paths import PROJECT_ROOT
from ecgutils.studies.known_tables import study_table
from ecgutils.studies.store import read_study
from ecgutils.studies.unseen_tables import inter_patient_table

README = PROJECT_ROOT / "README.md"


def write_tables(readme: Path = README) -> None:
    """Put the tables of known and of unseen patients between their marks in the README."""
    text = readme.read_text(encoding="utf-8")
    text = _with_table(text, "study table", study_table(read_study("known")))
    text = _with_table(text, "unseen patients", inter_patient_table(read_study("unseen")))
    write_whole(readme, text)


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
