"""The tables of beat-by-beat scoring: as a DataFrame, and as `bxb` and `sumstats` print them.

Text is laid out without pandas, which takes longer to import than to score 48 records.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.scoring.ec57 import Score
from ecgutils.scoring.scorable import Label

if TYPE_CHECKING:
    import pandas as pd

N, S, V, F, Q, O, X = Label  # noqa: E741

_HEADER = (
    "Record Nn' Sn' Vn' Fn' On'  Ns  Ss  Vs  Fs' Os' Nv  Sv   Vv  Fv' Ov' No' So' Vo' Fo'"
    "  Q Se   Q +P   V Se   V +P   S Se   S +P RR err"
)
# What each of the counts is padded to in the row of a record.
_WIDTHS = [5] + [3] * 11 + [4] + [3] * 6

COUNT_COLUMNS = tuple(_HEADER.split()[1:20])
"""Reference label in upper case, test label in lower case. With a prime, F stands for F and Q, O
for O and X, n for n, f and q, o for o and x."""

PERCENT_COLUMNS = ("Q Se", "Q +P", "V Se", "V +P", "S Se", "S +P", "V FPR", "S FPR")
"""Sensitivity, positive predictivity and false positive rate of all beats (Q for QRS), V and S."""

RR_COLUMN = "RR err"
"""The root mean square difference of the RR intervals in ms."""

GROSS, AVERAGE = "Gross", "Average"
"""The names of the two last rows."""

# That neither of them has a beat cannot be counted.
_CELLS = [(ours, theirs) for ours in Label for theirs in Label if min(ours, theirs) < O]

MATRIX_COLUMNS = tuple(ours.name + theirs.name.lower() for ours, theirs in _CELLS)
"""Reference label in upper case, test label in lower case: the whole matrix."""

SHUTDOWN_COLUMNS = ("shutdown", "unreadable")
"""Seconds in which the test, and the reference, mark that no signal can be read."""

# The counts of a record come first in a row of numbers, then the figures.
_COUNTS = len(COUNT_COLUMNS)
_SHOWN = slice(_COUNTS, _COUNTS + 6)


def score_table(scores: Sequence[Score], details: bool = False) -> "pd.DataFrame":
    """Put the scores of records into one table, with the figures that EC57 asks for.

    A fusion or unclassifiable beat called V is not a false positive of V. A fusion beat called S is
    one of S in the row of a record, as in `bxb`, and not in the two last rows, as in `sumstats`.

    Parameters
    ----------
    scores : sequence of Score
        At least one, in the order of the rows.
    details : bool
        Whether to add the whole matrix and the times without a readable signal.

    Returns
    -------
    pandas.DataFrame
        One row per record; ``Gross``, all beats of all records pooled; ``Average``, the mean of the
        records for which a figure is defined. Columns: `COUNT_COLUMNS` (Int64), `PERCENT_COLUMNS`
        (in %, NaN where undefined) and ``RR err`` in ms; perhaps those of `MATRIX_COLUMNS` that
        are new (Int64) and `SHUTDOWN_COLUMNS` in s.
    """
    import pandas as pd

    names, rows = rows_of(scores)
    index = pd.Index(names, name="Record")
    table = pd.DataFrame(rows, index, [*COUNT_COLUMNS, *PERCENT_COLUMNS, RR_COLUMN])
    if details:
        new = [name for name in MATRIX_COLUMNS if name not in table]
        matrix = pd.DataFrame(_matrices(scores), index[:-1], MATRIX_COLUMNS)
        times = _times(scores)
        times = pd.DataFrame([*times, np.sum(times, axis=0)], index[:-1], SHUTDOWN_COLUMNS)
        table = table.join(matrix[new]).join(times)
    whole = [name for name in table if name in (*COUNT_COLUMNS, *MATRIX_COLUMNS)]
    return table.astype(dict.fromkeys(whole, "Int64"))


def rows_of(scores: Sequence[Score]) -> tuple[list[str], np.ndarray]:
    """Return the names and the numbers of the rows of :func:`score_table`, without details."""
    names = [*(score.record_name for score in scores), GROSS, AVERAGE]
    total = sum(score.counts for score in scores)
    rows = [
        [*_folded(s.counts), *_percent(s.counts, fusion_called_s=True), s.rr_error] for s in scores
    ]
    rows.append([*_folded(total), *_percent(total, fusion_called_s=False), math.nan])
    # sumstats reads what bxb printed, two decimals.
    printed = [[*_percent(s.counts, fusion_called_s=False), round(s.rr_error, 2)] for s in scores]
    means = [_mean(column) for column in zip(*printed, strict=True)]
    rows.append([math.nan] * len(COUNT_COLUMNS) + means)
    return names, np.array(rows, dtype=float)


def _matrices(scores: Sequence[Score]) -> list[list[int]]:
    """Return the matrix of each record, and of all together, in the order of `MATRIX_COLUMNS`."""
    counts = [score.counts for score in scores]
    return [[int(each[cell]) for cell in _CELLS] for each in (*counts, sum(counts))]


def _folded(counts: np.ndarray) -> np.ndarray:
    """Return the counts of one record in the order of `COUNT_COLUMNS`, shape (19,)."""
    folded = np.array([*counts[:F], counts[F] + counts[Q], counts[O] + counts[X]])
    called_n = folded[:, N] + folded[:, F] + folded[:, Q]
    missed = folded[:, O] + folded[:, X]
    # Last would be beats that neither has.
    return np.concatenate([called_n, folded[:, S], folded[:, V], missed[:-1]])


def _percent(counts: np.ndarray, *, fusion_called_s: bool) -> list[float]:
    """Return the figures of `PERCENT_COLUMNS`."""
    found = counts[:O, :O].sum()
    quotients, rates = [(found, counts[:O].sum()), (found, counts[:, :O].sum())], []
    false_v = counts[[N, S, O, X], V].sum()
    false_s = counts[[N, V, O, X], S].sum() + fusion_called_s * counts[F, S]
    for label, false in ((V, false_v), (S, false_s)):
        right = counts[label, label]
        neither = np.delete(np.delete(counts[:, :O], label, axis=0), label, axis=1).sum()
        quotients += [(right, counts[label].sum()), (right, right + false)]
        rates.append((false, neither + false))
    pairs = quotients + rates
    return [100.0 * float(part) / float(whole) if whole else np.nan for part, whole in pairs]


def _mean(values: Sequence[float]) -> float:
    """Return the mean of the values that are not NaN, added one by one as sumstats adds them."""
    known = [value for value in values if not np.isnan(value)]
    return sum(known) / len(known) if known else np.nan


def as_text(table: "pd.DataFrame") -> str:
    """Lay a table of :func:`score_table` out as `bxb -L` and `sumstats` print it, without FPR.

    Parameters
    ----------
    table : pandas.DataFrame

    Returns
    -------
    str
    """
    columns = [*COUNT_COLUMNS, *PERCENT_COLUMNS, RR_COLUMN]
    return text_of_rows(list(table.index), table[columns].to_numpy(float, na_value=math.nan))


def text_of_rows(names: Sequence[str], rows: np.ndarray) -> str:
    """Lay the rows of :func:`rows_of` out; see :func:`as_text`."""
    *records, gross, average = rows
    lines = [_HEADER]
    for name, row in zip(names, records, strict=False):
        error = "     -" if math.isnan(row[-1]) else f" {row[-1]:6.2f}"
        lines.append(f"{name:>4} {_columns(row, _WIDTHS)}{_figures(row[_SHOWN])}{error}")
    lines += [
        "_" * 132,
        f"Sum {_columns(gross, [6, *_WIDTHS[1:]])}",
        f"{GROSS:83}{_figures(gross[_SHOWN])}",
        f"{AVERAGE:83}{_figures([*average[_SHOWN], average[-1]])}",
        _totals(gross),
        "",
        f"Summary of results from {len(records)} record{'' if len(records) == 1 else 's'}",
    ]
    return "\n".join(lines) + "\n"


def matrix_text(scores: Sequence[Score]) -> str:
    """Lay the whole matrix of each record out as `bxb -S` prints it, and that of all together.

    Parameters
    ----------
    scores : sequence of Score

    Returns
    -------
    str
    """
    names = [*(score.record_name for score in scores), GROSS]
    counts = [score.counts for score in scores]
    return "\n".join(map(_matrix, names, (*counts, sum(counts))))


def _matrix(name: str, counts: np.ndarray) -> str:
    lines = [f"{name}", "               Algorithm", "        n    s    v    f    q    o    x"]
    lines.append(f"   {'_' * 36}")
    for label, row in zip(Label, counts.tolist(), strict=True):
        shown = row[:O] if label in (O, X) else row
        lines.append(f" {label.name} | {' '.join(f'{count:4d}' for count in shown)}")
    return "\n".join(lines) + "\n"


def shutdown_text(scores: Sequence[Score]) -> str:
    """Lay out what was missed in shutdowns, as the second table of `bxb -L` and `sumstats` do.

    A last column tells for how long the reference marks that no signal can be read.

    Parameters
    ----------
    scores : sequence of Score

    Returns
    -------
    str
    """
    lines = [
        "Record Nx   Sx   Vx   Fx   Qx  % beats  % N    % S    % V    % F   Total Shutdown"
        "    Unreadable",
        f"{'missed missed missed missed missed':>66}      Time        in reference",
    ]
    for each in scores:
        times = f"{_whole(each.shutdown):5d} seconds {_whole(each.unreadable):5d} seconds"
        lines.append(f"{each.record_name:>4} {_missed(each.counts)}{times}")
    total = sum(each.counts for each in scores)
    sums = [sum(_whole(time) for time in times) for times in zip(*_times(scores), strict=True)]
    lines += ["_" * 72, f"Sum  {_missed(total)}{sums[0]:5d} seconds {sums[1]:5d} seconds"]
    return "\n".join(lines) + "\n"


def _times(scores: Sequence[Score]) -> list[tuple[float, float]]:
    return [(score.shutdown, score.unreadable) for score in scores]


def _missed(counts: np.ndarray) -> str:
    """Return how many beats of each class were missed in shutdowns, and the shares in %."""
    missed, beats = counts[:O, X], counts[:O].sum(axis=1)
    shares = [(missed.sum(), beats.sum()), *zip(missed[:Q], beats[:Q], strict=True)]
    shown = [100 * part / whole if whole else math.nan for part, whole in shares]
    return f"{' '.join(f'{count:4d}' for count in missed)}  {_figures(shown)}"


def _whole(seconds: float) -> int:
    """Round as `bxb` does."""
    return math.floor(seconds + 0.5)


def _columns(row: np.ndarray, widths: Sequence[int]) -> str:
    return " ".join(f"{int(n):{width}d}" for n, width in zip(row[:_COUNTS], widths, strict=True))


def _figures(figures: Sequence[float]) -> str:
    return "".join("      -" if math.isnan(value) else f" {value:6.2f}" for value in figures)


def _totals(gross: np.ndarray) -> str:
    """Return the line that says how many beats the reference has."""
    total = dict.fromkeys("NSVFO", 0)
    for name, count in zip(COUNT_COLUMNS, gross[:_COUNTS].tolist(), strict=True):
        total[name[0]] += int(count)
    beats = sum(total.values()) - total["O"]
    return f"Total QRS complexes: {beats}  Total VEBs: {total['V']}  Total SVEBs: {total['S']}"
