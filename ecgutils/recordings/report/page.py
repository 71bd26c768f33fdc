"""The report of one classified recording: a web page that needs neither a network nor a script.

It bears no date, so the same recording and model give the same page. Names and comments of a file
go into the page through the template, which escapes them, and never into a figure.
"""

from jinja2 import Environment, PackageLoader, StrictUndefined

from ecgutils.aami import CLASS_NAMES
from ecgutils.plots.report import clock
from ecgutils.recordings.classified import Classified
from ecgutils.recordings.report.findings import Findings
from ecgutils.recordings.report.pictures import SPREAD, draw_all
from ecgutils.recordings.report.words import duration, percent, summary

MOST_STRETCHES = 30
"""Most unusable stretches in the table; the longest are kept."""

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
    loader = PackageLoader("ecgutils.recordings.report", "")
    pages = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    pages.filters |= {"clock": clock, "percent": percent, "duration": duration}
    page = pages.get_template("page.html.j2").render(_contents(classified))
    # A file's name may hold bytes that are no text, and a page must be.
    return page.encode("utf-8", "replace").decode("utf-8")


def _contents(classified: Classified) -> dict[str, object]:
    """Collect what the template names."""
    recording, findings = classified.recording, Findings.from_classified(classified)
    step, name = next(period[1:] for period in _PERIODS if findings.duration <= period[0])
    periods = findings.by_period(step)
    lost = findings.unusable["stop_s"] - findings.unusable["start_s"]
    kept = lost.nlargest(MOST_STRETCHES).index.sort_values()
    return {
        "recording": recording,
        "model": classified.model,
        "remarks": (*classified.remarks, *classified.doubts),
        "findings": findings,
        "summary": summary(findings),
        "class_names": CLASS_NAMES | {"Q": "unsure, or in noise"},
        "periods": {"name": name, "table": periods},
        "stretches": list(findings.unusable.loc[kept].itertuples(index=False)),
        "spread": SPREAD,
        "pictures": draw_all(recording, findings, periods),
    }
