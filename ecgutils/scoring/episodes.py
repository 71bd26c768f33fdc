"""Episode-by-episode comparison of two annotation files, as EC57 asks and `epicmp` does it.

Episodes are those of atrial fibrillation and of ventricular flutter or fibrillation. Rules and
tables are those of `epicmp` and `sumstats` (WFDB Software Package 10.7).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils.io.record import Annotations
from ecgutils.scoring.conventions import (
    lines_to_text,
    percent_table,
    scored_samples,
    sum_table,
    whole_percent,
)
from ecgutils.scoring.ec57 import LEARNING_PERIOD
from ecgutils.scoring.ec57_tables import AVERAGE, GROSS

COUNT_COLUMNS = ("TPs", "FN", "TPp", "FP")
"""Episodes of the reference that are found or missed, those of the test that are right or false."""

SECONDS_COLUMNS = ("Ref duration", "Test duration", "Overlap")
"""Seconds of the episodes of the reference, of the test, and those that they have in common."""

PERCENT_COLUMNS = ("ESe", "E+P", "DSe", "D+P")
"""Sensitivity and positive predictivity, of episodes and of their duration, in %."""

_TITLES = {"AF": "(AF detection)", "VF": "(VF detection)"}


@dataclass(frozen=True, eq=False)
class EpisodeScore:
    """What became of the episodes of one record."""

    record_name: str
    # In the order of COUNT_COLUMNS, shape (4,).
    counts: np.ndarray
    # In the order of SECONDS_COLUMNS, shape (3,).
    seconds: np.ndarray


def score_episodes(
    reference: Annotations,
    test: Annotations,
    rhythm: str = "AF",
    start: float = LEARNING_PERIOD,
    end: float | None = None,
) -> EpisodeScore:
    """Compare the episodes of a rhythm in two sets of annotations of one recording.

    An episode is found if it has any time in common with one of the other file.

    Parameters
    ----------
    reference, test : Annotations
    rhythm : str
        ``"AF"``, from ``(AFIB`` to the next change of rhythm, or ``"VF"``, from ``[`` to ``]``.
        A file without ``[`` has those of its rhythms that begin with ``(VF``.
    start, end : float
        Where scoring starts and ends, in s; by default it goes on to the end. What lies outside
        is cut off the episodes.

    Returns
    -------
    EpisodeScore

    Notes
    -----
    `epicmp` knows VF only by its brackets, and finds no episode where the header gives no length.
    Atrial flutter is another rhythm than fibrillation, as in EC57; EC38 left it out.

    Examples
    --------
    >>> from ecgutils.io.record import Annotations
    >>> reference = Annotations.at("1", 250.0, 9000, [1000, 3000], ["[", "]"])
    >>> test = Annotations.at("1", 250.0, 9000, [2000, 3500], ["[", "]"])
    >>> score_episodes(reference, test, "VF", start=0).seconds.tolist()
    [8.0, 6.0, 4.0]
    """
    limits = scored_samples(reference, start, end)
    ours, theirs = (episodes(marks, rhythm) for marks in (reference, test))
    scored, tested = _within(ours, *limits), _within(theirs, *limits)
    found, right = _common(scored, theirs), _common(tested, ours)
    counts = [n for common in (found, right) for n in ((common > 0).sum(), (common == 0).sum())]
    seconds = [np.diff(scored).sum(), np.diff(tested).sum(), found.sum()]
    return EpisodeScore(reference.name, np.array(counts), np.array(seconds) / reference.fs)


def episodes(marks: Annotations, rhythm: str) -> np.ndarray:
    """Return first and last sample of each episode, (episodes, 2); one without end lasts on."""
    changes = (marks.symbol == "+") & (marks.aux != "")
    if rhythm == "VF" and "[" in marks.symbol:
        begins, ends = marks.symbol == "[", marks.symbol == "]"
    else:
        code = {"AF": "(AFIB", "VF": "(VF"}[rhythm]
        begins = changes & np.char.startswith(marks.aux.astype(str), code)
        ends = changes & ~begins
    there = np.flatnonzero(begins | ends)
    state = np.append(False, begins[there])
    turns = marks.sample[there[state[1:] != state[:-1]]]
    if len(turns) % 2:
        turns = np.append(turns, max(marks.sig_len or 0, marks.sample[-1]))
    return turns.reshape(-1, 2)


def _within(found: np.ndarray, start: int, end: int) -> np.ndarray:
    """Cut episodes to what is scored."""
    found = found[(found[:, 1] >= start) & (found[:, 0] < end)]
    return found.clip(start, end)


def _common(found: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Count the samples that each episode has in common with those of the other file."""
    if not len(others):
        return np.zeros(len(found), dtype=int)
    # At each bound of the others, how much of them has passed.
    passed = np.repeat(np.append(0, np.cumsum(np.diff(others))), 2)[1:-1]
    before, after = (np.interp(edge, others.ravel(), passed) for edge in found.T)
    return np.round(after - before).astype(int)


def episode_table(scores: Sequence[EpisodeScore]) -> pd.DataFrame:
    """Put the scores of records into one table.

    Parameters
    ----------
    scores : sequence of EpisodeScore
        At least one, all of them of the same rhythm.

    Returns
    -------
    pandas.DataFrame
        One row per record; ``Gross``, all episodes pooled; ``Average``, the mean of the records
        for which a figure is defined. Columns: :data:`COUNT_COLUMNS` (Int64),
        :data:`PERCENT_COLUMNS`, NaN where undefined, and :data:`SECONDS_COLUMNS`.
    """
    names = [score.record_name for score in scores]
    counts, seconds = (
        np.array([getattr(s, name) for s in scores]) for name in ("counts", "seconds")
    )
    part = np.column_stack([counts[:, ::2], seconds[:, [2, 2]]])
    whole = np.column_stack([counts[:, ::2] + counts[:, 1::2], seconds[:, :2]])
    percent = percent_table(names, part, whole, PERCENT_COLUMNS)
    sums = sum_table(names, counts, COUNT_COLUMNS), sum_table(names, seconds, SECONDS_COLUMNS)
    return pd.concat([sums[0], percent, sums[1]], axis=1)


def episodes_as_text(table: pd.DataFrame, rhythm: str = "AF") -> str:
    """Lay a table of :func:`episode_table` out as `epicmp -L` and `sumstats` print it.

    `sumstats` computes the last two rows from whole percentages, so they differ from those of the
    table by up to one half.
    """
    lines = [_TITLES[rhythm]]
    lines.append("Record  TPs   FN  TPp   FP  ESe E+P DSe D+P  Ref duration  Test duration ")
    for name, row in table.iloc[:-2].iterrows():
        figures = "".join(whole_percent(row[c], half_up=True) for c in PERCENT_COLUMNS)
        lasting = (_duration(s) if s else "       0.000" for s in row[list(SECONDS_COLUMNS[:2])])
        lines.append(f"{name:>6} {_numbers(row)} {figures}  {'   '.join(lasting)}")
    gross, average, lasting = _as_sumstats(table)
    lasting = "   ".join(map(_duration, lasting))
    lines += ["_" * 72, f"Sum    {_numbers(table.iloc[-2])}                   {lasting}"]
    lines += [f"{GROSS:27}{gross}", f"{AVERAGE:27}{average}"]
    return lines_to_text(lines, len(table) - 2)


def _numbers(row: pd.Series) -> str:
    return " ".join(f"{int(row[column]):4d}" for column in COUNT_COLUMNS)


def _duration(seconds: float) -> str:
    """Print a duration as the WFDB library does, to the millisecond."""
    whole, milliseconds = divmod(_milliseconds(seconds), 1000)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours:2d}:{minute:02d}:{second:02d}.{milliseconds:03d}"
    return f"   {minute:2d}:{second:02d}.{milliseconds:03d}"


def _milliseconds(seconds: float) -> int:
    return int(np.floor(seconds * 1000 + 0.5))


def _as_sumstats(table: pd.DataFrame) -> tuple[str, str, list[float]]:
    """Return the figures of the last two rows and total lengths in s, from what is printed."""
    records, gross, average = table.iloc[:-2], table.iloc[-2].copy(), table.iloc[-1].copy()
    lengths = records[list(SECONDS_COLUMNS[:2])].map(_milliseconds).to_numpy()
    printed = np.floor(records[["DSe", "D+P"]].to_numpy(dtype=float) + 0.5) / 100
    average[["DSe", "D+P"]] = 100 * pd.DataFrame(printed).mean().to_numpy()
    overlap = 0
    for own, shares in zip(lengths.tolist(), printed.tolist(), strict=True):
        # The longer of the two tells more exactly how much they have in common.
        longer = 0 if own[0] > own[1] else 1
        if own[longer]:
            overlap = int(overlap + own[longer] * shares[longer])
    totals = lengths.sum(axis=0)
    for column, total in zip(("DSe", "D+P"), totals.tolist(), strict=True):
        gross[column] = 100.0 * overlap / total if total else np.nan
    last = ("".join(whole_percent(row[c]) for c in PERCENT_COLUMNS) for row in (gross, average))
    return *last, [total / 1000 for total in totals.tolist()]
