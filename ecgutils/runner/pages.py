"""Executed notebooks as web pages that need neither a network nor a server, with an index page."""

import base64
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from jinja2 import Environment, PackageLoader
from nbformat import NotebookNode

from ecgutils.errors import EcgError
from ecgutils.files import write_whole
from ecgutils.runner.exporter import page_exporter

if TYPE_CHECKING:
    import pandas as pd

PROJECT_TITLE = "Heartbeat classification on the MIT-BIH Arrhythmia Database"

TRIAL_WARNING = "This was a quick trial of a few records and epochs: its figures prove nothing."

_TEMPLATES = PackageLoader("ecgutils.runner", "")

_NOTEBOOK_LINK = re.compile(r"\]\((\d\d_\w+)\.ipynb(#[^)]*)?\)")
"""A link from one notebook to another, in Markdown."""


@dataclass(frozen=True)
class Entry:
    """One executed notebook as the index page lists it."""

    name: str
    title: str
    aim: str
    seconds: float | None
    parameters: Mapping[str, object]
    finished: datetime | None

    @property
    def trial(self) -> bool:
        """Whether it was executed with a few records and epochs."""
        return bool(self.parameters.get("quick"))

    @property
    def duration(self) -> str:
        """How long it ran, such as `7 s` or `2 min 05 s`."""
        if self.seconds is None:
            return "–"
        minutes, seconds = divmod(round(self.seconds), 60)
        return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


@dataclass(frozen=True)
class Exhibit:
    """A table or a picture of a contents page.

    Parameters
    ----------
    title, caption : str
        Its heading, and what to know of it.
    table : pandas.DataFrame of str, optional
        Two stars in its index, as Markdown has them, are left out.
    picture : Path, optional
        A PNG, in place of a table.
    """

    title: str
    caption: str
    table: "pd.DataFrame | None" = None
    picture: Path | None = None

    @property
    def source(self) -> str:
        """The picture's ``data:`` address."""
        return f"data:image/png;base64,{base64.b64encode(self.picture.read_bytes()).decode()}"


def write_report(
    notebooks: Sequence[Path],
    report_dir: Path,
    results: str = "",
    exhibits: Sequence[Exhibit] = (),
    links: Mapping[str, str] | None = None,
    lead: str = "",
) -> Path:
    """Write a page for each executed notebook and an index page that links to them.

    Parameters
    ----------
    notebooks : sequence of Path
        Executed notebooks in the order in which they are read.
    report_dir : Path
        Where the pages go. Pages of notebooks that are no longer among them are removed.
    results : str
        A table as text, shown above the list of notebooks.
    exhibits : sequence of Exhibit
        Tables and pictures, shown below the list; pictures that are not there are left out.
    links : mapping of str to str, optional
        Further pages of the folder, and what to call them. They are kept.
    lead : str
        What this is, in one or two sentences.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    EcgError
        If a notebook cannot be read or a page cannot be written.
    """
    links = dict(links or {})
    contents = {path.stem: read_notebook(path) for path in notebooks}
    entries = [describe(name, content) for name, content in contents.items()]
    index = report_dir / "index.html"
    pages = {
        report_dir / f"{entry.name}.html": notebook_page(contents[entry.name], entry, neighbours)
        for entry, *neighbours in zip(entries, [None, *entries], [*entries[1:], None], strict=False)
    }
    pages[index] = index_page(entries, results, exhibits, links, lead)
    for path, page in pages.items():
        write_whole(path, page)
    for path in set(report_dir.glob("*.html")) - {*pages, *(report_dir / name for name in links)}:
        path.unlink()
    return index


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook in version 4 of the format."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
        reason = str(error).partition("\n")[0][:100]
        raise EcgError(f"{path}: cannot be read as a notebook ({reason})") from error


def describe(name: str, notebook: NotebookNode) -> Entry:
    """Collect what the index page shows of a notebook; what the notebook lacks stays empty."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = re.search(r"^# +(.+)$", text, re.MULTILINE)
    aim = re.search(r"^## +Aim *\n+((?:[^#\n].*\n?)+)", text, re.MULTILINE)
    run = notebook.metadata.get("papermill", {})
    title = _plain(title[1]) if title else name
    # The first sentence ends at the full stop that a capital letter follows.
    sentences = re.split(r"(?<=[.!?]) (?=[A-Z])", _plain(aim[1]) if aim else "")
    aim = textwrap.shorten(sentences[0], 400, placeholder=" …")
    finished = datetime.fromisoformat(run["end_time"]) if run.get("end_time") else None
    return Entry(name, title, aim, run.get("duration"), run.get("parameters") or {}, finished)


def notebook_page(notebook: NotebookNode, entry: Entry, neighbours: Sequence[Entry | None]) -> str:
    """Return an executed notebook as one HTML page that holds its pictures and its style.

    It has no scripts: formulae are MathML, widgets are shown as text.
    """
    resources = {
        "metadata": {"name": f"{entry.title} | {PROJECT_TITLE}"},
        "report_entry": entry,
        "report_neighbours": neighbours,
        "report_trial": TRIAL_WARNING if entry.trial else "",
    }
    page, _ = page_exporter(_TEMPLATES).from_notebook_node(_prepare(notebook), resources)
    return page


def index_page(
    entries: Sequence[Entry],
    results: str = "",
    exhibits: Sequence[Exhibit] = (),
    links: Mapping[str, str] | None = None,
    lead: str = "",
    title: str = PROJECT_TITLE,
) -> str:
    """Return the page that lists the notebooks, in which all text is escaped."""
    templates = Environment(loader=_TEMPLATES, autoescape=True, trim_blocks=True)
    finished = max((entry.finished for entry in entries if entry.finished), default=None)
    return templates.get_template("contents.html.j2").render(
        title=title,
        project_title=PROJECT_TITLE,
        lead=lead,
        entries=entries,
        results=results,
        finished=finished,
        exhibits=[e for e in exhibits if e.picture is None or e.picture.exists()],
        links=links or {},
        trials=[entry for entry in entries if entry.trial],
        trial_warning=TRIAL_WARNING,
    )


def _plain(markdown: str) -> str:
    """Return Markdown as text in one line."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"[*`]", "", text).split())


def _prepare(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without widgets, with descriptions of pictures and links to other pages.

    A picture without a description of its own has the heading above it.
    """
    notebook = nbformat.from_dict(notebook)
    notebook.metadata.pop("widgets", None)
    heading = "Figure"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _NOTEBOOK_LINK.sub(r"](\1.html\2)", cell.source)
            headings = re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE)
            heading = f"Figure: {_plain(headings[-1])}" if headings else heading
        for output in cell.get("outputs", []):
            if "data" in output:
                about = output.setdefault("metadata", NotebookNode())
                about["report_alt"] = about.get("image/png", {}).get("alt", heading)
    return notebook
