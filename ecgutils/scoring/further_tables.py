"""What EC57 asks for beside beats: the tables of runs, of episodes and of heart rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecgutils.scoring.episodes import episode_table, episodes_as_text, score_episodes
from ecgutils.scoring.heart_rate import heart_rate_table, heart_rates_as_text, score_heart_rate
from ecgutils.scoring.runs import run_table, runs_as_text, score_runs


@dataclass(frozen=True)
class FurtherTable:
    """How one of the tables is made."""

    # Part of the name of its file.
    name: str
    # Takes two sets of annotations, the limits of what is scored, and the match window.
    score: Callable[..., Any]
    # Both take the scores of records.
    table: Callable[[Sequence], pd.DataFrame]
    text: Callable[[Sequence], str]


def _runs(label: str) -> FurtherTable:
    return FurtherTable(
        f"{label.lower()}_runs",
        lambda reference, test, *limits: score_runs(reference, test, label, *limits),
        run_table,
        lambda scores: runs_as_text(run_table(scores), label),
    )


def _episodes(rhythm: str) -> FurtherTable:
    return FurtherTable(
        rhythm.lower(),
        lambda reference, test, *limits: score_episodes(reference, test, rhythm, *limits[:2]),
        episode_table,
        lambda scores: episodes_as_text(episode_table(scores), rhythm),
    )


HEART_RATE = FurtherTable(
    "heart_rate",
    lambda reference, test, *limits: score_heart_rate(reference, test, *limits[:2]),
    heart_rate_table,
    heart_rates_as_text,
)

FURTHER_TABLES = {
    "runs": (_runs("V"), _runs("S")),
    "episodes": (_episodes("AF"), _episodes("VF")),
    "heart_rate": (HEART_RATE,),
}
"""The tables of each option of the command `score`."""
