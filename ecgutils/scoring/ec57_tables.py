"""The tables of beat-by-beat scoring: as a DataFrame, and as `bxb` and `sumstats` print them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecgutils.scoring.ec57 import Label, Score

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


def score_table(scores: Sequence[Score]) -> pd.DataFrame:
    """Put the scores of records into one table, with the figures that EC57 asks for.

    A fusion or unclassifiable beat called V is not a false positive of V. A fusion beat called S is
    one of S in the row of a record, as in `bxb`, and not in the two last rows, as in `sumstats`.

    Parameters
    ----------
    scores : sequence of Score
        At least one, in the order of the rows.

    Returns
    -------
    pandas.DataFrame
        One row per record; ``Gross``, all beats of all records pooled; ``Average``, the mean of the
        records for which a figure is defined. Columns: `COUNT_COLUMNS` (Int64), `PERCENT_COLUMNS`
        (in %, NaN where undefined) and ``RR err`` in ms.
    """
    total = sum(score.counts for score in scores)
    index = pd.Index([*(score.record_name for score in scores), GROSS, AVERAGE], name="Record")
    folded = [_folded(counts) for counts in (*(score.counts for score in scores), total)]
    counts = pd.DataFrame(folded, index[:-1], COUNT_COLUMNS, dtype="Int64").reindex(index)
    rows = [[*_percent(s.counts, fusion_called_s=True), s.rr_error] for s in scores]
    rows.append([*_percent(total, fusion_called_s=False), np.nan])
    # sumstats reads what bxb printed, two decimals.
    printed = [[*_percent(s.counts, fusion_called_s=False), round(s.rr_error, 2)] for s in scores]
    rows.append([_mean(column) for column in zip(*printed, strict=True)])
    return counts.join(pd.DataFrame(rows, index, [*PERCENT_COLUMNS, RR_COLUMN]))


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


def as_text(table: pd.DataFrame) -> str:
    """Lay a table of :func:`score_table` out as `bxb -L` and `sumstats` print it, without FPR.

    Parameters
    ----------
    table : pandas.DataFrame

    Returns
    -------
    str
    """
    records = table.iloc[:-2]
    lines = [_HEADER]
    for name, row in records.iterrows():
        counts = _columns(row, COUNT_COLUMNS, _WIDTHS)
        error = "     -" if pd.isna(row[RR_COLUMN]) else f" {row[RR_COLUMN]:6.2f}"
        lines.append(f"{name:>4} {counts}{_figures(row, PERCENT_COLUMNS[:6])}{error}")
    gross, average = table.loc[GROSS], table.loc[AVERAGE]
    lines += [
        "_" * 132,
        f"Sum {_columns(gross, COUNT_COLUMNS, [6, *_WIDTHS[1:]])}",
        f"{GROSS:83}{_figures(gross, PERCENT_COLUMNS[:6])}",
        f"{AVERAGE:83}{_figures(average, (*PERCENT_COLUMNS[:6], RR_COLUMN))}",
        _totals(gross),
        "",
        f"Summary of results from {len(records)} record{'' if len(records) == 1 else 's'}",
    ]
    return "\n".join(lines) + "\n"


def _columns(row: pd.Series, columns: Sequence[str], widths: Sequence[int]) -> str:
    return " ".join(f"{int(row[c]):{width}d}" for c, width in zip(columns, widths, strict=True))


def _figures(row: pd.Series, columns: Sequence[str]) -> str:
    return "".join("      -" if pd.isna(row[c]) else f" {row[c]:6.2f}" for c in columns)


def _totals(gross: pd.Series) -> str:
    """Return the line that says how many beats the reference has."""
    total = gross[list(COUNT_COLUMNS)].astype(int).groupby(lambda name: name[0]).sum()
    beats = total.sum() - total["O"]
    return f"Total QRS complexes: {beats}  Total VEBs: {total['V']}  Total SVEBs: {total['S']}"
