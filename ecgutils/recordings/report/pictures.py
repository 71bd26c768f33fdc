"""The pictures of a report: every figure as something that a page can hold."""

import base64

import numpy as np
import pandas as pd

import ecgutils.plots.report as draw
from ecgutils.aami import CLASSES
from ecgutils.io.record import Record
from ecgutils.plots.drawing import Drawing
from ecgutils.recordings.report.findings import RATE_BEATS, Findings
from ecgutils.recordings.report.gallery import Gallery
from ecgutils.recordings.report.strips import Strip

MEAN_OF = 300
"""Most beats that a mean beat is the mean of, spread evenly over the recording."""

BEFORE_R_S, AFTER_R_S = 0.3, 0.5
"""Seconds of a mean beat."""

SPREAD = (10, 90)
"""Percentiles between which the band around a mean beat lies."""

_HIGHEST_RR = (1.2, 4.0)


def draw_all(
    recording: Record, findings: Findings, periods: pd.DataFrame, gallery: Gallery
) -> dict:
    """Draw everything that the page shows."""
    return {
        "trend": _trend(findings),
        "tachogram": _tachogram(findings),
        "ectopics": _ectopics(periods),
        "means": [_mean_beats(recording, findings, lead) for lead in recording.sig_name],
        "telling": [_strip(recording, findings, s) for s in gallery.telling],
        "uncertain": [_strip(recording, findings, s) for s in gallery.uncertain],
        "timeline": _timeline(findings),
    }


def _picture(drawing: Drawing, alt: str, **words: object) -> dict:
    """Return a drawing's ``data:`` address, what it shows in words, and its width in mm."""
    source = f"data:image/svg+xml;base64,{base64.b64encode(drawing.svg().encode()).decode()}"
    return {"source": source, "alt": alt, "width": float(drawing.width), "caption": ""} | words


def _trend(findings: Findings) -> dict | None:
    """Draw the heart rate over the recording, if it is known anywhere."""
    trend = findings.rate_trend()
    if trend["mean"].isna().all():
        return None
    low, high = trend["lowest"].min(), trend["highest"].max()
    alt = f"Heart rate over time, from {low:.0f} to {high:.0f} per minute"
    drawing = draw.rate_trend(trend, findings.unusable, findings.duration)
    caption = (
        f"Heart rate, each value the mean of {RATE_BEATS} intervals. Lowest {low:.0f}, highest"
    )
    return _picture(drawing, alt, caption=f"{caption} {high:.0f} per minute.")


def _tachogram(findings: Findings) -> dict | None:
    """Draw the intervals over the whole recording."""
    known = findings.rr[~np.isnan(findings.rr)]
    if not len(known):
        return None
    highest = float(np.clip(1.3 * np.percentile(known, 99.5), *_HIGHEST_RR))
    rr, duration = findings.rr, findings.duration
    drawing = draw.tachogram(findings.beats, rr, findings.unusable, duration, highest)
    caption = "The interval before each beat, each class with its own mark. "
    caption += "Early beats lie low; the pause after them lies high."
    if len(findings.unusable):
        caption += " Grey: no usable signal."
    if beyond := int((findings.rr > highest).sum()):
        caption += f" Longer than {highest:.1f} s, so drawn at the upper edge: {beyond:,}."
    alt = "Tachogram: interval before each beat over time, beats marked by class"
    return _picture(drawing, alt, caption=caption)


def _ectopics(periods: pd.DataFrame) -> dict | None:
    """Draw how ectopic beats are spread over the recording, if there are any."""
    if len(periods) < 2 or not periods[["S", "V", "F"]].to_numpy().any():
        return None
    alt = "Bars: ectopic beats of the classes S, V and F in each part of the recording"
    return _picture(draw.ectopic_bars(periods), alt)


def _timeline(findings: Findings) -> dict | None:
    """Draw where the signal cannot be used, if anywhere."""
    if not len(findings.unusable):
        return None
    alt = "Timeline of the recording: unusable stretches are dark"
    drawing = draw.signal_timeline(findings.unusable, findings.duration)
    return _picture(drawing, alt, caption="Dark: no usable signal in any lead.")


def _mean_beats(recording: Record, findings: Findings, lead: str) -> dict | None:
    """Draw the mean beat of each class in one lead, if there are whole beats."""
    seconds, shapes = mean_shapes(recording, findings, lead)
    if not shapes:
        return None
    alt = f"Mean beat of each class in lead {lead}: {', '.join(shapes)}"
    return _picture(draw.mean_beats(shapes, seconds), alt, title=f"Lead {lead}")


def mean_shapes(
    recording: Record, findings: Findings, lead: str
) -> tuple[np.ndarray, dict[str, tuple[int, np.ndarray]]]:
    """Average the whole beats outside noise of each class in one lead, each median at zero.

    Return seconds from the R peak; by class, how many beats, their mean and percentiles (3, ...).
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


def strip_signal(recording: Record, start_s: float) -> tuple[float, tuple[str, ...], np.ndarray]:
    """Return where a strip begins, its leads, and their signals there, (samples, leads).

    A lead that is missing all the time is left out; of several, the first one is left.
    """
    first = round(start_s * recording.fs)
    signals = recording.p_signal[first : first + round(draw.STRIP_S * recording.fs)].astype(float)
    present = np.flatnonzero(~np.isnan(signals).all(axis=0))
    shown = present if len(present) else [0]
    signals = signals[:, shown]
    names = tuple(recording.sig_name[k] for k in shown)
    return first / recording.fs, names, signals - pd.DataFrame(signals).median().to_numpy()


def _strip(recording: Record, findings: Findings, strip: Strip) -> dict:
    """Draw a strip."""
    start, leads, signals = strip_signal(recording, strip.start_s)
    drawing = draw.ecg_strip(signals, recording.fs, start, findings.beats, strip.marked)
    shown = [
        f"{name} {draw.paper_gain(signal):g} mm/mV"
        for name, signal in zip(leads, signals.T, strict=True)
    ]
    lead = "leads from above:" if len(leads) > 1 else "lead"
    caption = f"{lead} {', '.join(shown)} · {draw.PAPER_SPEED} mm/s"
    missing = np.isnan(signals)
    if missing.any() or len(leads) < len(recording.sig_name):
        caption += " · no signal" if missing.all() else " · samples are missing"
    alt = f"ECG strip of {draw.STRIP_S} seconds from {draw.clock(start)}: {strip.title}"
    return _picture(drawing, alt, title=strip.title, caption=caption, start_s=start)
