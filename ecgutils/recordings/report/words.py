"""What a report says in words: short sentences, from the findings in a recording."""

import math

from ecgutils.plots.report import clock
from ecgutils.recordings.report.findings import LONG_INTERVAL, RATE_BEATS, Findings, longest

ECTOPIC = {"V": "ventricular ectopic", "S": "supraventricular ectopic"}

_MUCH_UNUSABLE = 20
_MANY_UNSURE = 10


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


def summary(findings: Findings) -> list[str]:
    """Say in short sentences what was found; one text per paragraph."""
    return [
        _rhythm(findings),
        *(_ectopics(findings, name) for name in ECTOPIC),
        *_fusion(findings),
        _signal(findings),
        _unsure(findings),
        _first_look(findings),
    ]


def _beats_are(findings: Findings, count: int, of_all: str = "") -> str:
    """Begin a sentence about some of the beats: their number, share and verb."""
    share = percent(100 * count / len(findings.beats))
    return f"{number(count, 'beat')} ({share}{of_all}) {'is' if count == 1 else 'are'}"


def _rhythm(findings: Findings) -> str:
    """Say how many beats there are and how fast they come."""
    beats = len(findings.beats)
    verb = "is" if beats == 1 else "are"
    text = f"There {verb} {number(beats, 'heartbeat')} in {duration(findings.duration)}."
    if not math.isnan(findings.mean_rate):
        text += f" The mean rate is {findings.mean_rate:.0f} per minute."
    if extremes := findings.extreme_rates():
        low, high = (f"at {clock(run.start_s)}, with {run.rate:.0f}" for run in extremes)
        text += f" Averaged over {RATE_BEATS} intervals it is lowest {low}, and highest {high}"
        text += " per minute."
    if (pause := findings.longest_interval()) and pause.seconds >= LONG_INTERVAL:
        place = f"{pause.seconds:.1f} s, at {clock(pause.start_s)}"
        text += f" The longest interval between two beats is {place}; see in the strip whether a"
        text += " beat was missed there."
    return text


def _ectopics(findings: Findings, name: str) -> str:
    """Say how many ectopic beats of a class there are, and how they are grouped."""
    count, words = findings.counts[name], ECTOPIC[name]
    if not count:
        return f"No {words} beats ({name}) were found."
    often = _how_often(findings, count)
    text = f"{_beats_are(findings, count, ' of all')} {words} ({name}){often}."
    runs = findings.runs(name)
    groups = [
        (findings.couplets(name), "couplet", ""),
        (runs, "run", " of three or more"),
        (findings.bigeminy(name), "stretch", " of bigeminy"),
    ]
    if found := [number(len(group), noun) + kind for group, noun, kind in groups if group]:
        text += f" Among them: {', '.join(found)}."
    if run := longest(runs):
        place = f"{run.rate:.0f} per minute, at {clock(run.start_s)}"
        text += f" The longest run is {run.beats} beats at {place}."
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


def _fusion(findings: Findings) -> list[str]:
    """Say how many fusion beats there are, if any."""
    count = findings.counts["F"]
    noun = "a fusion" if count == 1 else "fusions"
    text = f"{_beats_are(findings, count)} {noun} of a ventricular and a normal beat (F)."
    return [text] if count else []


def _signal(findings: Findings) -> str:
    """Say how much of the recording cannot be used."""
    if not len(findings.unusable):
        return "The whole recording could be used."
    share = percent(100 * findings.unusable_s / findings.duration)
    place = f"({share}), in {number(len(findings.unusable), 'stretch')}"
    return f"{duration(findings.unusable_s)} of the recording {place}, could not be used."


def _unsure(findings: Findings) -> str:
    """Say how many beats have no class, and why."""
    if not findings.counts["Q"]:
        return "Every beat was given a class; see below how sure that is."
    sentences = []
    if findings.unsure:
        unsure = _beats_are(findings, findings.unsure)
        sentences.append(f"{unsure} unsure: no class was more likely than not.")
    if noise := int(findings.in_noise.sum()):
        sentences.append(f"{number(noise, 'beat')} {'lies' if noise == 1 else 'lie'} in noise.")
    return " ".join(sentences)


def _first_look(findings: Findings) -> str:
    """Say where to begin."""
    if 100 * findings.unusable_s / findings.duration > _MUCH_UNUSABLE:
        return "Look first at the signal: much of the recording could not be used."
    look = "Look first at the least certain beats"
    if 100 * findings.unsure / len(findings.beats) > _MANY_UNSURE:
        return f"{look}: the recording is noisy, or unlike those that the model knows."
    for name in ECTOPIC:
        if run := longest(findings.runs(name)):
            return f"Look first at the strip of the longest run of {name}, at {clock(run.start_s)}."
    for name, words in ECTOPIC.items():
        if findings.counts[name]:
            return f"Look first at the strip of the surest {words} beat."
    if len(findings.uncertain):
        return f"{look}: nothing else stands out."
    return "Nothing stands out. Look at the strips all the same."
