"""What a report says in words: short sentences, from the findings in a recording."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from ecgutils.plots.report import clock
from ecgutils.recordings.doubts import MANY_UNSURE, MUCH_UNUSABLE
from ecgutils.recordings.report.findings import (
    PAUSE_S,
    RATE_BEATS,
    Findings,
    Run,
    fastest,
    longest,
)
from ecgutils.recordings.report.strips import Strip, strip_around, strip_of_run, strip_of_time
from ecgutils.recordings.rhythms import RHYTHMS

ECTOPIC = {"V": "ventricular ectopic", "S": "supraventricular ectopic"}


def percent(share: float) -> str:
    """Return a share in %, with as many digits as matter: 34 %, 2.1 %, < 0.1 %, a dash for NaN."""
    if math.isnan(share):
        return "–"
    if 0 < share < 0.1:
        return "< 0.1 %"
    if 99.9 < share < 100:
        return "> 99.9 %"
    return f"{share:.0f} %" if share in (0, 100) or 9.95 <= share < 90 else f"{share:.1f} %"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units, such as 30 min 6 s or 2 d 3 h."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    units = {"d": whole // 86400, "h": whole // 3600 % 24, "min": whole // 60 % 60, "s": whole % 60}
    first = next(k for k, count in enumerate(units.values()) if count)
    return " ".join(f"{units[name]} {name}" for name in [*units][first : first + 2] if units[name])


def number(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural where needed."""
    plural = "es" if noun.endswith("ch") else "s"
    return f"{count:,} {noun}{'' if count == 1 else plural}"


Text = list[str | Strip]
"""A paragraph: words, and strips in the place of the times that they show."""


def plain(text: Text) -> str:
    """Return a paragraph as text, with times since the beginning of the recording."""
    return "".join(part if isinstance(part, str) else clock(part.named_s) for part in text)


def summary(findings: Findings) -> list[Text]:
    """Say in short sentences what was found, the most dangerous first; a text per paragraph."""
    return [
        *rhythm_texts(findings),
        _rate(findings),
        *_paced(findings),
        *(_ectopics(findings, name) for name in ECTOPIC),
        *_fusion(findings),
        *_pauses(findings),
        *_gaps(findings),
        [_signal(findings)],
        [_unsure(findings)],
        _first_look(findings),
    ]


def rhythm_texts(findings: Findings) -> list[Text]:
    """Name the stretches whose rhythm has a name, the most dangerous kind first."""
    named = [(code, findings.of_rhythm(code)) for code in ("VFL", "VT", "AFIB")]
    return [_stretches(findings, code, table) for code, table in named if len(table)]


def _stretches(findings: Findings, code: str, table: pd.DataFrame) -> Text:
    """Say how much of the recording a rhythm takes, and where its longest stretch begins."""
    name, seconds = RHYTHMS[code], table["stop_s"] - table["start_s"]
    start, stop = table.loc[seconds.idxmax(), ["start_s", "stop_s"]].tolist()
    share = percent(100 * seconds.sum() / findings.duration)
    strip = strip_of_time(findings, start, stop, f"{name[0].upper()}{name[1:]} ({code})")
    length = f"{duration(seconds.sum())} ({share} of the time)"
    if len(table) == 1:
        return [f"{strip.title}: {length}{_rate_within(findings, start, stop)}, from ", strip, "."]
    longest_one = f"{duration(stop - start)}{_rate_within(findings, start, stop)}"
    places = f"{length}, in {number(len(table), 'stretch')}"
    return [f"{strip.title}: {places}. The longest lasts {longest_one}, from ", strip, "."]


def _rate_within(findings: Findings, start: float, stop: float) -> str:
    """Say how fast the beats of a stretch come, where they are known."""
    inside = (findings.time > start) & (findings.time <= stop)
    known = findings.rr[inside & ~np.isnan(findings.rr)]
    return f", at {60 / known.mean():.0f} per minute" if len(known) >= RATE_BEATS else ""


def _beats_are(findings: Findings, name: str) -> str:
    """Begin a sentence about the beats of a class: their number, share and verb."""
    count, share = findings.counts[name], percent(findings.share_of(name))
    verb = "is" if count == 1 else "are"
    return f"{number(count, 'beat')} ({share} of those that could be classified) {verb}"


def _rate(findings: Findings) -> Text:
    """Say how many beats there are and how fast they come."""
    beats = len(findings.beats)
    verb = "is" if beats == 1 else "are"
    text: Text = [f"There {verb} {number(beats, 'heartbeat')} in {duration(findings.duration)}."]
    if not math.isnan(findings.mean_rate):
        text[0] += f" The mean rate is {findings.mean_rate:.0f} per minute."
    if extremes := findings.extreme_rates():
        words = [f" Averaged over {RATE_BEATS} intervals it is lowest at ", ", and highest at "]
        for name, words_before, run in zip(("Slowest", "Fastest"), words, extremes, strict=True):
            title = f"{name} stretch: {run.rate:.0f} per minute over {RATE_BEATS} intervals"
            strip = strip_of_run(findings, run, title)
            text += [words_before, replace(strip, marked=()), f", with {run.rate:.0f}"]
        text.append(" per minute.")
    return text


def _paced(findings: Findings) -> list[Text]:
    """Say how many beats a pacemaker has made, if any, and show the first of them."""
    count = int(findings.paced.sum())
    if not count:
        return []
    share, first = percent(100 * count / len(findings.beats)), findings.paced.argmax()
    beats = f"{number(count, 'paced beat')} (Q), {share} of all, {'is' if count == 1 else 'are'}"
    words = f"{beats} told by the impulse of a pacemaker, from "
    return [[words, strip_around(findings, findings.time[first], "Paced beats (Q)", first), "."]]


def _ectopics(findings: Findings, name: str) -> Text:
    """Say how many ectopic beats of a class there are, and how they are grouped."""
    words = ECTOPIC[name]
    if not findings.with_class:
        beat = "beat but paced ones" if findings.paced.any() else "beat"
        return [f"No {beat} could be classified, so whether any is {words} ({name}) is not known."]
    if not findings.counts[name]:
        return [f"No {words} beats ({name}) were found{_among_which(findings)}."]
    often = _how_often(findings, findings.counts[name])
    text: Text = [f"{_beats_are(findings, name)} {words} ({name}){often}."]
    runs = findings.runs(name)
    groups = [
        (findings.couplets(name), "couplet", ""),
        (runs, "run", " of three or more"),
        (findings.bigeminy(name), "stretch", " of bigeminy"),
    ]
    if found := [number(len(group), noun) + kind for group, noun, kind in groups if group]:
        text.append(f" Among them: {', '.join(found)}.")
    return text + _runs(findings, name, runs)


def _among_which(findings: Findings) -> str:
    """Say of how few beats that holds, if a part has no class."""
    if not findings.counts["Q"]:
        return ""
    return f" among the {number(findings.with_class, 'beat')} that could be classified"


def _runs(findings: Findings, name: str, runs: list[Run]) -> Text:
    """Say where the longest and the fastest run are."""
    long, fast = longest(runs), fastest(runs)
    text: Text = []
    for word, run in (("longest", long), ("fastest", fast))[: len({long, fast} - {None})]:
        words = f"{run.beats} beats at {run.rate:.0f} per minute"
        title = f"{word.capitalize()} run of {name}: {words}"
        if long == fast and len(runs) > 1:
            word, title = "longest and fastest", f"Longest and fastest run of {name}: {words}"
        the_run = f"The {word} run is" if len(runs) > 1 else "The run is"
        text += [f" {the_run} {words}, at ", strip_of_run(findings, run, title), "."]
    return text


def _how_often(findings: Findings, count: int) -> str:
    """Say how many that is in an hour or a minute of usable signal."""
    usable = findings.duration - findings.unusable_s
    if usable < 60:
        return ""
    unit, seconds = ("hour", 3600) if usable >= 3600 else ("minute", 60)
    often = count * seconds / usable
    often = f"{often:,.0f}" if often >= 10 else f"{often:.1f}" if often >= 0.1 else "fewer than 0.1"
    return f", {often} per {unit} of usable signal"


def _fusion(findings: Findings) -> list[Text]:
    """Say how many fusion beats there are, if any."""
    count = findings.counts["F"]
    noun = "a fusion" if count == 1 else "fusions"
    text = f"{_beats_are(findings, 'F')} {noun} of a ventricular and a normal beat (F)."
    return [[text]] if count else []


def _pauses(findings: Findings) -> list[Text]:
    """Say how often a clean signal has no beat for two seconds or more."""
    pauses = findings.pauses()
    if not pauses:
        return []
    pause = max(pauses, key=lambda run: run.seconds)
    strip = strip_of_run(findings, pause, f"Longest pause: {pause.seconds:.1f} s without a beat")
    if len(pauses) == 1:
        words = f"Once no beat was found for {pause.seconds:.1f} s in a clean signal (a pause), at "
        return [[words, strip, "; look at the strip."]]
    words = f"In {len(pauses)} places no beat was found for {PAUSE_S:g} s or more in a clean signal"
    words += f" (pauses). The longest lasts {pause.seconds:.1f} s, at "
    return [[words, strip, "; look at the strip."]]


def _gaps(findings: Findings) -> list[Text]:
    """Say where beats may have been missed."""
    texts: list[Text] = []
    if gaps := findings.gaps():
        gap = max(gaps, key=lambda run: run.seconds)
        title = f"{gap.seconds:.1f} s without a beat, where something like a beat was left out"
        places, worst = (
            ("Once", "") if len(gaps) == 1 else (f"In {len(gaps)} places", "the longest ")
        )
        words = f"{places} something like a beat was left out in an interval that is too long for"
        words += f" the rhythm around it, {worst}{gap.seconds:.1f} s, at "
        texts.append([words, strip_of_run(findings, gap, title), "; beats may have been missed."])
    for start, stop in findings.silent_ends():
        length, place = duration(stop - start), "last" if start else "first"
        strip = strip_of_time(findings, start, stop, f"No beat was found for {length}")
        words = f"In the {place} {length} no beat was found in a clean signal, from "
        texts.append([words, strip, "; look at the strip."])
    return texts


def _signal(findings: Findings) -> str:
    """Say how much of the recording cannot be used."""
    if not len(findings.unusable):
        return "The whole recording could be used."
    share = percent(100 * findings.unusable_s / findings.duration)
    place = f"({share}), in {number(len(findings.unusable), 'stretch')}"
    return f"{duration(findings.unusable_s)} of the recording {place}, could not be used."


def _unsure(findings: Findings) -> str:
    """Say how many beats have no class, and why."""
    if not (findings.unsure or findings.in_noise.any()):
        beat = "Every other beat" if findings.paced.any() else "Every beat"
        return f"{beat} was given a class; see below how sure that is."
    sentences = []
    if count := findings.unsure:
        unsure = f"{number(count, 'beat')} ({percent(100 * count / len(findings.beats))} of all)"
        verb = "is" if count == 1 else "are"
        sentences.append(f"{unsure} {verb} unsure: what was detected is probably no beat.")
    if noise := int(findings.in_noise.sum()):
        lie = "lies" if noise == 1 else "lie"
        sentences.append(f"{number(noise, 'beat')} {lie} in noise.")
    return " ".join(sentences)


def _first_look(findings: Findings) -> Text:
    """Say where to begin."""
    for text in rhythm_texts(findings):
        (strip,) = (part for part in text if isinstance(part, Strip))
        return ["Look first at the strip from ", strip, "."]
    if 100 * findings.unusable_s / findings.duration > MUCH_UNUSABLE:
        return ["Look first at the signal: much of the recording could not be used."]
    look = "Look first at the least certain beats"
    if 100 * findings.unsure / len(findings.beats) > MANY_UNSURE:
        return [f"{look}: the recording is noisy, or unlike those that the model knows."]
    for name in ECTOPIC:
        if run := longest(findings.runs(name)):
            strip = strip_of_run(findings, run, "")
            return [f"Look first at the strip of the longest run of {name}, at ", strip, "."]
    places = [*findings.gaps(), *findings.pauses()]
    if gaps := [place for place in places if place.seconds >= PAUSE_S]:
        gap = max(gaps, key=lambda run: run.seconds)
        return ["Look first at the strip at ", strip_of_run(findings, gap, ""), "."]
    for name, words in ECTOPIC.items():
        if findings.counts[name]:
            return [f"Look first at the strip of the surest {words} beat."]
    if len(findings.uncertain):
        return [f"{look}: nothing else stands out."]
    return ["Nothing stands out. Look at the strips all the same."]
