"""The report of one classified recording: a web page that needs neither a network nor a script.

The same recording and model give the same page, byte for byte, so it bears no date. Whatever a
file says (names, comments) goes into the page through the template, which escapes it, and never
into a figure.
"""

import base64
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.aami import CLASS_NAMES, CLASSES
from ecgutils.io.record import Record
from ecgutils.recordings.report.findings import Findings, look_at

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ecgutils.recordings.classified import Classified
    from ecgutils.recordings.report.strips import Strip

MEAN_OF = 300
"""Most beats that a mean beat is the mean of, spread evenly over the recording."""

MOST_STRETCHES = 30
"""Most unusable stretches in the table; the longest are kept."""

BEFORE_R_S, AFTER_R_S = 0.3, 0.5
"""Seconds of a mean beat."""

SPREAD = (10, 90)
"""Percentiles between which the band around a mean beat lies."""

_MOST_COMMENTS, _LONGEST_COMMENT = 20, 300
_LOOK = {"svg.fonttype": "none", "svg.hashsalt": "ecgutils", "font.family": "sans-serif"}
_HIGHEST_RR = (1.2, 4.0)
_PERIODS = ((15 * 60, 60.0), (90 * 60, 300.0))
_HOUR = 3600.0

# Matplotlib's settings belong to the process: two reports at once would spoil each other's.
_drawing = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """A figure as the page holds it.

    Attributes
    ----------
    source : str
        A ``data:`` address.
    alt : str
        What it shows, in words.
    width, height : float
        Its size in mm.
    caption : str
    title : str
    """

    source: str
    alt: str
    width: float
    height: float
    caption: str = ""
    title: str = ""


def report_html(classified: "Classified") -> str:
    """Report on a classified recording.

    Parameters
    ----------
    classified : ecgutils.recordings.classified.Classified

    Returns
    -------
    str
        A page of HTML that holds all it shows. It is the same for the same input.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from ecgutils.plots.report import clock
    from ecgutils.recordings.report import words

    findings = look_at(classified)
    environment = Environment(
        loader=PackageLoader("ecgutils.recordings.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": clock,
        "percent": words.percent,
        "duration": words.duration,
    }
    page = environment.get_template("page.html.j2").render(
        recording=classified.recording,
        model=classified.model,
        remarks=(*classified.remarks, *classified.doubts),
        comments=_comments(classified.recording),
        findings=findings,
        summary=words.summary(findings),
        in_noise=int(findings.in_noise.sum()),
        class_names=CLASS_NAMES | {"Q": "unsure, or in noise"},
        periods=_periods(findings),
        stretches=_longest_stretches(findings),
        spread=SPREAD,
        pictures=_pictures(classified.recording, findings),
    )
    # A file's name may hold bytes that are no text, and a page must be.
    return page.encode("utf-8", "replace").decode("utf-8")


def _comments(recording: Record) -> list[str]:
    """Return what the file says of the patient, within reason."""
    lines = [line for line in recording.comments if line]
    shown = [
        line if len(line) <= _LONGEST_COMMENT else f"{line[:_LONGEST_COMMENT]} …"
        for line in lines[:_MOST_COMMENTS]
    ]
    return shown + (["…"] if len(lines) > _MOST_COMMENTS else [])


def _periods(findings: Findings) -> dict:
    """Return the table by hour, or by minutes where there are few hours."""
    step = next((step for most, step in _PERIODS if findings.duration <= most), _HOUR)
    names = {60.0: "minute by minute", 300.0: "in each 5 minutes", _HOUR: "hour by hour"}
    return {"name": names[step], "table": findings.by_period(step)}


def _longest_stretches(findings: Findings) -> list:
    """Return the longest stretches without usable signal in time order."""
    length = findings.unusable["stop_s"] - findings.unusable["start_s"]
    kept = length.nlargest(MOST_STRETCHES).index.sort_values()
    return list(findings.unusable.loc[kept].itertuples(index=False))


def _pictures(recording: Record, findings: Findings) -> dict:
    """Draw everything that the page shows."""
    from ecgutils.recordings.report.strips import telling_strips, uncertain_strips

    with _drawing, _own_look():
        return {
            "tachogram": _tachogram(findings),
            "ectopics": _ectopics(findings),
            "means": [
                _mean_beats(recording, findings, lead) for lead in range(len(recording.sig_name))
            ],
            "telling": [_strip(recording, findings, strip) for strip in telling_strips(findings)],
            "uncertain": [
                _strip(recording, findings, strip) for strip in uncertain_strips(findings)
            ],
            "timeline": _timeline(findings),
        }


@contextmanager
def _own_look() -> Iterator[None]:
    """Draw with the same settings whatever a notebook has chosen for its own figures."""
    from matplotlib import style

    with style.context(["default", _LOOK]):
        yield


def _picture(figure: "Figure", alt: str, kind: str = "svg", **words: str) -> Picture:
    """Turn a figure into something that a page can hold."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    content = io.BytesIO()
    if kind == "svg":
        unset = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        FigureCanvasSVG(figure).print_svg(content, metadata=unset)
        # A thousandth of a point is finer than any printer; longer numbers double the page.
        drawn = re.sub(rb"(\.\d{3})\d+", rb"\1", content.getvalue())
    else:
        figure.set_dpi(200)
        FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
        drawn = content.getvalue()
    mime = {"svg": "image/svg+xml", "png": "image/png"}[kind]
    width, height = figure.get_size_inches() * 25.4
    source = f"data:{mime};base64,{base64.b64encode(drawn).decode()}"
    return Picture(source, alt, round(width, 2), round(height, 2), **words)


def _tachogram(findings: Findings) -> Picture | None:
    """Draw the intervals over the whole recording, as points: a day has a hundred thousand."""
    from ecgutils.plots.report import tachogram

    known = findings.rr[~np.isnan(findings.rr)]
    if not len(known):
        return None
    usual = float(np.percentile(known, 99.5))
    highest = float(np.clip(1.3 * usual, *_HIGHEST_RR))
    figure = tachogram(
        findings.time,
        findings.rr,
        findings.classes,
        findings.unusable,
        findings.duration,
        highest,
    )
    beyond = int((findings.rr > highest).sum())
    caption = (
        "The interval before each beat, each class with its own mark. Early beats lie low; the "
        "pause after them lies high."
    )
    if len(findings.unusable):
        caption += " Grey: no usable signal."
    if beyond:
        caption += f" Longer than {highest:.1f} s, so drawn at the upper edge: {beyond:,}."
    alt = "Tachogram: interval before each beat over time, beats marked by class"
    return _picture(figure, alt, "png", caption=caption)


def _ectopics(findings: Findings) -> Picture | None:
    """Draw how ectopic beats are spread over the recording, if there are any."""
    from ecgutils.plots.report import ectopic_bars

    table = _periods(findings)["table"]
    if len(table) < 2 or not table[["S", "V", "F"]].to_numpy().any():
        return None
    alt = "Bars: ectopic beats of the classes S, V and F in each part of the recording"
    return _picture(ectopic_bars(table), alt)


def _timeline(findings: Findings) -> Picture | None:
    """Draw where the signal cannot be used, if anywhere."""
    from ecgutils.plots.report import signal_timeline

    if not len(findings.unusable):
        return None
    alt = "Timeline of the recording: unusable stretches are dark"
    return _picture(signal_timeline(findings.unusable, findings.duration), alt)


def _mean_beats(recording: Record, findings: Findings, lead: int) -> Picture | None:
    """Draw the mean beat of each class in one lead, if there are whole beats."""
    from ecgutils.plots.report import mean_beats

    seconds, shapes = mean_shapes(recording, findings, lead)
    if not shapes:
        return None
    name = recording.sig_name[lead]
    alt = f"Mean beat of each class in lead {name}: {', '.join(shapes)}"
    return _picture(mean_beats(shapes, seconds), alt, title=f"Lead {name}")


def mean_shapes(
    recording: Record, findings: Findings, lead: int
) -> tuple[np.ndarray, dict[str, tuple[int, np.ndarray]]]:
    """Average the beats of each class in one lead.

    Parameters
    ----------
    recording : Record
    findings : Findings
    lead : int
        Position of the lead.

    Returns
    -------
    seconds : array, shape (samples,)
        Time from the R peak.
    shapes : dict of str to (int, array of float, shape (3, samples))
        For each class that has whole beats outside noise: how many were averaged, at most 300;
        their mean and 10th and 90th percentile in mV, each beat with its median at zero.
    """
    window = np.arange(-round(BEFORE_R_S * recording.fs), round(AFTER_R_S * recording.fs) + 1)
    sample = findings.beats["sample"].to_numpy()
    whole = (sample + window[0] >= 0) & (sample + window[-1] < len(recording.p_signal))
    shapes = {}
    for name in CLASSES:
        of_class = np.flatnonzero((findings.classes == name) & whole & ~findings.in_noise)
        spread = np.linspace(0, len(of_class) - 1, min(MEAN_OF, len(of_class))).astype(int)
        beats = recording.lead(lead)[sample[of_class[spread]][:, None] + window].astype(float)
        beats = beats[~np.isnan(beats).any(axis=1)]
        if len(beats):
            beats -= np.median(beats, axis=1, keepdims=True)
            borders = np.percentile(beats, SPREAD, axis=0)
            shapes[name] = len(beats), np.vstack([beats.mean(axis=0), borders])
    return window / recording.fs, shapes


def _strip(recording: Record, findings: Findings, strip: "Strip") -> Picture:
    """Draw a strip of the main lead, or of the other where only that has a signal."""
    from ecgutils.plots.report import PAPER_SPEED, STRIP_S, clock, ecg_strip, paper_gain

    first = round(strip.start_s * recording.fs)
    leads = recording.p_signal[first : first + round(STRIP_S * recording.fs)]
    lead = int(np.isnan(leads).sum(axis=0).argmin())
    signal = leads[:, lead].astype(float)
    known = ~np.isnan(signal)
    if known.any():
        signal -= np.median(signal[known])
    start = first / recording.fs
    figure = ecg_strip(signal, recording.fs, start, findings.beats, strip.marked)
    gain = f"{paper_gain(signal):g} mm/mV"
    at = clock(strip.start_s)
    caption = f"{at} · lead {recording.sig_name[lead]} · {PAPER_SPEED} mm/s · {gain}"
    if not known.all():
        caption += " · samples are missing" if known.any() else " · no signal"
    alt = f"ECG strip of {STRIP_S} seconds from {at}: {strip.title}"
    return _picture(figure, alt, title=strip.title, caption=caption)
