"""Executed notebooks as web pages that need neither a network nor a server, with an index page."""

import html
import logging
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import nbformat
from jinja2 import DictLoader
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

from ecgutils.errors import EcgError
from ecgutils.files import write_beside

PROJECT_TITLE = "Heartbeat classification on the MIT-BIH Arrhythmia Database"

# What a page may show of an output, best first: nothing that needs a script to be seen.
OUTPUT_TYPES = [
    "text/html",
    "text/markdown",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/plain",
]

# Browsers are told to run no script and to load nothing, whatever a notebook's output says.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'\">"
)

# JupyterLab's look without its scripts, all of which would be loaded from the network.
PAGE_TEMPLATE = """\
{% extends 'lab/index.html.j2' %}
{% block html_head %}{{ resources.report_policy }}{{ super() }}{% endblock %}
{% block html_head_js %}{% endblock %}
{% block jupyter_widgets %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block html_head_css %}
<link rel="icon" href="data:,">
<style>
body.jp-Notebook { max-width: 64rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
.report-links { display: flex; justify-content: space-between; gap: 1rem; padding: .5rem 0;
  font: 14px/1.4 system-ui, sans-serif; }
.report-links a { color: #0b57a4; text-decoration: none; }
.report-links a:hover { text-decoration: underline; }
.report-links span { flex: 1; }
.report-links span + span { text-align: center; }
.report-links span + span + span { text-align: right; }
.jp-RenderedImage img { max-width: 100%; height: auto; }
@media (max-width: 45rem) { .jp-InputPrompt, .jp-OutputPrompt { display: none; } }
</style>
{% endblock %}
{% macro links() %}
<nav class="report-links">
{%- set before, after = resources.report_neighbours %}
<span>{% if before %}<a href="{{ before.href }}">← {{ before.title | e }}</a>{% endif %}</span>
<span><a href="index.html">Contents</a></span>
<span>{% if after %}<a href="{{ after.href }}">{{ after.title | e }} →</a>{% endif %}</span>
</nav>
{% endmacro %}
{% block body_header %}{{ super() }}{{ links() }}{% endblock %}
{% block body_footer %}{{ links() }}{{ super() }}{% endblock %}
{% block data_png %}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
<img alt="{{ output.metadata.report_alt | e }}"
 src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}">
</div>
{% endblock %}
"""

INDEX_TEMPLATE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{policy}
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
body {{ max-width: 60rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; color: #1f2328;
  background: #fff; font: 16px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }}
h2 {{ font-size: 1.2rem; margin: 2.2rem 0 .6rem; }}
p.when {{ color: #59636e; margin: 0; }}
a {{ color: #0b57a4; text-decoration: none; }}
a:hover {{ text-decoration: underline; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; vertical-align: baseline; padding: .55rem .75rem .55rem 0;
  border-bottom: 1px solid #d1d9e0; }}
th {{ font-weight: 600; border-bottom-width: 2px; white-space: nowrap; }}
td.time, th.time {{ text-align: right; white-space: nowrap; padding-right: 0;
  font-variant-numeric: tabular-nums; }}
td.notebook {{ min-width: 14rem; }}
td small {{ display: block; color: #59636e; }}
pre {{ overflow-x: auto; padding: .8rem 1rem; background: #f6f8fa; font-size: .85rem;
  line-height: 1.4; }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p class="when">{when}</p>
{summary}
<h2>Notebooks</h2>
<table>
<thead><tr><th>Notebook</th><th>Aim</th><th class="time">Time</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</main>
</body>
</html>
"""


@dataclass(frozen=True)
class Entry:
    """One executed notebook as the index page lists it.

    Parameters
    ----------
    name : str
        The file's name without its ending.
    title : str
        Its first heading.
    aim : str
        The first sentence under its heading `Aim`.
    seconds : float or None
        How long it ran; None where it does not say.
    parameters : mapping of str to object
        What was injected into it.
    finished : datetime or None
        When its last cell had run.
    """

    name: str
    title: str
    aim: str
    seconds: float | None
    parameters: Mapping[str, object]
    finished: datetime | None

    @property
    def href(self) -> str:
        """The address of its page, relative to the index page."""
        return quote(f"{self.name}.html")


def write_report(
    notebooks: Sequence[Path], report_dir: Path, summary_html: str = "", title: str = PROJECT_TITLE
) -> Path:
    """Write a page for each executed notebook and an index page that links to them.

    Parameters
    ----------
    notebooks : sequence of Path
        Executed notebooks in the order in which they are read.
    report_dir : Path
        Where the pages go. Pages of notebooks that are no longer among them are removed.
    summary_html : str
        HTML shown above the list of notebooks.
    title : str
        The index page's title.

    Returns
    -------
    Path
        The index page.

    Raises
    ------
    EcgError
        If a notebook cannot be read or a page cannot be written.
    """
    contents = [read_notebook(path) for path in notebooks]
    entries = [
        describe(path.stem, notebook) for path, notebook in zip(notebooks, contents, strict=True)
    ]
    neighbours = zip([None, *entries], entries, [*entries[1:], None], strict=False)
    for notebook, (before, entry, after) in zip(contents, neighbours, strict=True):
        _write(report_dir / f"{entry.name}.html", notebook_page(notebook, entry, before, after))
    index = report_dir / "index.html"
    _write(index, index_page(entries, summary_html, title))
    for page in set(report_dir.glob("*.html")) - {report_dir / f"{e.name}.html" for e in entries}:
        if page != index:
            page.unlink()
    return index


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    NotebookNode
        In version 4 of the format.

    Raises
    ------
    EcgError
        If the file is not a notebook.
    """
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, AttributeError, nbformat.ValidationError) as error:
        reason = str(error).partition("\n")[0][:100]
        raise EcgError(f"{path}: cannot be read as a notebook ({reason})") from error


def describe(name: str, notebook: NotebookNode) -> Entry:
    """Collect what the index page says about a notebook.

    Parameters
    ----------
    name : str
        The file's name without its ending.
    notebook : NotebookNode
        The executed notebook.

    Returns
    -------
    Entry
        With empty fields for what the notebook does not say.
    """
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    title = re.search(r"^# +(.+)$", text, re.MULTILINE)
    aim = re.search(r"^## +Aim *\n+((?:[^#\n].*\n?)+)", text, re.MULTILINE)
    run = notebook.metadata.get("papermill", {})
    return Entry(
        name=name,
        title=_plain(title[1]) if title else name,
        aim=_first_sentence(_plain(aim[1])) if aim else "",
        seconds=run.get("duration"),
        parameters=run.get("parameters") or {},
        finished=datetime.fromisoformat(run["end_time"]) if run.get("end_time") else None,
    )


def notebook_page(
    notebook: NotebookNode, entry: Entry, before: Entry | None = None, after: Entry | None = None
) -> str:
    """Return an executed notebook as one HTML page that holds its pictures and its style.

    Parameters
    ----------
    notebook : NotebookNode
        The executed notebook.
    entry : Entry
        What the index page says about it.
    before, after : Entry, optional
        The notebooks that the page links to.

    Returns
    -------
    str
        The page. It has no scripts, so formulae in LaTeX stay as they are written and interactive
        widgets are shown as text.
    """
    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"page.html.j2": PAGE_TEMPLATE})],
        template_file="page.html.j2",
        config=Config(NbConvertBase={"display_data_priority": OUTPUT_TYPES}),
        # It warns of pictures that have no description; what we can say is said by _prepare.
        log=logging.getLogger("nbconvert.silent"),
    )
    resources = {"metadata": {"name": entry.title}, "report_neighbours": (before, after)}
    resources["report_policy"] = POLICY
    page, _ = exporter.from_notebook_node(_prepare(notebook), resources)
    return page


def index_page(entries: Sequence[Entry], summary_html: str = "", title: str = PROJECT_TITLE) -> str:
    """Return the page that lists the notebooks.

    Parameters
    ----------
    entries : sequence of Entry
        The notebooks in the order in which they are read.
    summary_html : str
        HTML shown above the list, put in as it is.
    title : str
        The page's title.

    Returns
    -------
    str
        The page.
    """
    finished = max((entry.finished for entry in entries if entry.finished), default=None)
    when = f"Executed on {finished.day} {finished:%B %Y, %H:%M} UTC." if finished else ""
    return INDEX_TEMPLATE.format(
        policy=POLICY,
        title=html.escape(title),
        when=when,
        summary=summary_html,
        rows="\n".join(_row(entry) for entry in entries),
    )


def _row(entry: Entry) -> str:
    """Return an entry as a row of the index page's table."""
    injected = ", ".join(f"{name} = {value!r}" for name, value in entry.parameters.items())
    remark = f"<small>with {html.escape(injected)}</small>" if injected else ""
    return (
        f'<tr><td class="notebook"><a href="{entry.href}">{html.escape(entry.title)}</a>{remark}'
        f'</td><td>{html.escape(entry.aim)}</td><td class="time">{_duration(entry.seconds)}</td>'
        "</tr>"
    )


def _duration(seconds: float | None) -> str:
    """Return seconds as a reader wants them: `7 s`, `2 min 05 s`."""
    if seconds is None:
        return "–"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _plain(markdown: str) -> str:
    """Return a piece of Markdown as text in one line."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return " ".join(re.sub(r"[*`]", "", text).split())


def _first_sentence(text: str) -> str:
    """Return a text up to the full stop that a capital letter follows, or its start."""
    return textwrap.shorten(re.split(r"(?<=[.!?]) (?=[A-Z])", text)[0], 400, placeholder=" …")


def _prepare(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without widgets whose pictures have the heading above them as description."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata.pop("widgets", None)
    heading = "Figure"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            headings = re.findall(r"^#+ +(.+)$", cell.source, re.MULTILINE)
            heading = f"Figure: {_plain(headings[-1])}" if headings else heading
        for output in cell.get("outputs", []):
            if "data" in output:
                output.setdefault("metadata", NotebookNode())["report_alt"] = heading
    return notebook


def _write(path: Path, page: str) -> None:
    """Write a page, which appears under its name when it is whole."""
    with write_beside(path, "w") as file:
        file.write(page)
