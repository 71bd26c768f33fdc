"""Which strips a report shows: those that its sentences name, and others that tell much."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from ecgutils.recordings.report.findings import Findings, longest
from ecgutils.recordings.report.strips import (
    Strip,
    apart,
    normal_strip,
    strip_around,
    strip_of_run,
    surest_beats,
    together,
    uncertain_strips,
)
from ecgutils.recordings.report.words import ECTOPIC, Text, percent, summary

MOST_OTHERS = 5
"""Most strips that no sentence names."""


@dataclass(frozen=True)
class Gallery:
    """The sentences of a report, and its strips.

    In `sentences`, each strip is replaced by its position in `telling` and the time named.
    """

    sentences: list[list[str | tuple[int, float]]]
    telling: list[Strip]
    uncertain: list[Strip]


def hang(findings: Findings) -> Gallery:
    """Write the sentences, and choose the strips; the first ones are those that they name."""
    texts = summary(findings)
    named = [part for text in texts for part in text if isinstance(part, Strip)]
    telling, places = together(named)
    others = islice(apart(_others(findings), telling), MOST_OTHERS)
    telling += others
    if not telling:
        telling = [strip_around(findings, findings.time[0], "The first beats")]
    uncertain = apart(([strip] for strip in uncertain_strips(findings)), telling)
    return Gallery(_linked(texts, iter(places)), telling, list(uncertain))


def _linked(texts: list[Text], places: Iterator[int]) -> list:
    """Put the place of each strip, and the time it is named for, where the strip was."""
    return [
        [p if isinstance(p, str) else (next(places), p.named_s) for p in text] for text in texts
    ]


def _others(findings: Findings) -> Iterator[Iterator[Strip]]:
    """Propose strips that show each kind of beat; of the strips of one proposal, one is enough."""
    for name, words in (("S", ECTOPIC["S"]), ("V", ECTOPIC["V"]), ("F", "fusion")):
        yield (_surest(findings, k, name, words) for k in surest_beats(findings, name))
    yield iter(normal_strip(findings))
    for name in ECTOPIC:
        if run := longest(findings.bigeminy(name)):
            title = f"Bigeminy: every second beat is {name}, {run.beats} beats"
            yield chain([strip_of_run(findings, run, title)])


def _surest(findings: Findings, k: int, name: str, words: str) -> Strip:
    """Return the strip of a beat that is most surely of its class."""
    share = percent(100 * findings.beats[f"p_{name}"].iloc[k])
    title = f"The surest {words} beat ({name} {share})"
    return strip_around(findings, findings.time[k], title, k)
