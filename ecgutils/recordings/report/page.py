"""The report of one classified recording: a web page that needs neither a network nor a script.

It bears no date, so the same recording and model give the same page. Names and comments of a file
go into the page through the template, which escapes them, and never into a figure.
"""

from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from ecgutils.aami import CLASS_NAMES
from ecgutils.io.record import Record, later
from ecgutils.plots.report import clock
from ecgutils.recordings.classified import Classified
from ecgutils.recordings.report.findings import Findings
from ecgutils.recordings.report.gallery import hang
from ecgutils.recordings.report.patient import patient
from ecgutils.recordings.report.pictures import SPREAD, draw_all
from ecgutils.recordings.report.words import duration, percent

MOST_STRETCHES = 30
"""Most unusable stretches in the table; the longest are kept."""

MOST_OF_NAME = 60
"""Most characters of a recording's name at the head of each printed page."""

# The longest recording, in seconds, that is divided so, the length of a part, and its name.
_PERIODS = (
    (15 * 60, 60, "minute by minute"),
    (90 * 60, 300, "in each 5 minutes"),
    (float("inf"), 3600, "hour by hour"),
)


def report_html(classified: Classified) -> str:
    """Report on a classified recording.

    Parameters
    ----------
    classified : Classified

    Returns
    -------
    str
        A page of HTML that holds all it shows.
    """
    page = _template().render(_contents(classified))
    # A file's name may hold bytes that are no text, and a page must be.
    return page.encode("utf-8", "replace").decode("utf-8")


@cache
def _template() -> Template:
    """Compile the page once: that takes longer than a page about ten seconds."""
    loader = PackageLoader("ecgutils.recordings.report", "")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    pages.filters |= {"clock": clock, "percent": percent, "duration": duration}
    return pages.get_template("page.html.j2")


def _contents(classified: Classified) -> dict[str, object]:
    """Collect what the template names."""
    recording, findings = classified.recording, Findings.from_classified(classified)
    step, name = next(period[1:] for period in _PERIODS if findings.duration <= period[0])
    periods, gallery = findings.by_period(step), hang(findings)
    lost = findings.unusable["stop_s"] - findings.unusable["start_s"]
    kept = lost.nlargest(MOST_STRETCHES).index.sort_values()
    return {
        "recording": recording,
        "patient": patient(recording.comments, recording.start),
        "started": recording.started,
        "running_head": _css_string(recording.name[:MOST_OF_NAME]),
        "model": classified.model,
        "remarks": classified.remarks,
        "doubts": classified.doubts,
        "findings": findings,
        "summary": gallery.sentences,
        "class_names": CLASS_NAMES | {"Q": "paced, unsure, or in noise"},
        "periods": {"name": name, "table": periods},
        "stretches": list(findings.unusable.loc[kept].itertuples(index=False)),
        "spread": SPREAD,
        "pictures": draw_all(recording, findings, periods, gallery),
        "moment": partial(_moment, recording),
    }


def _moment(recording: Record, seconds: float) -> str:
    """Return a time since the start of the recording, and beside it what its clock showed."""
    if recording.start is None:
        return clock(seconds)
    return f"{clock(seconds)} ({later(recording.start, seconds):%H:%M:%S})"


def _css_string(text: str) -> str:
    """Write any text as a string of CSS, in which no character can end it."""
    letters = (c if c.isascii() and c.isalnum() else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(letters)}"'
