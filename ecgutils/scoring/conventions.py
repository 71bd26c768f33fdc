"""What `rxr`, `epicmp`, `mxm` and `sumstats` have in common: what is scored, how it is printed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecgutils.io.record import Annotations
from ecgutils.scoring.ec57_tables import AVERAGE, GROSS
from ecgutils.scoring.matching import NEVER
from ecgutils.scoring.scorable import samples


def scored_samples(reference: Annotations, start: float, end: float | None) -> tuple[int, int]:
    """Return the first and the last sample that is scored, given seconds."""
    fs = reference.fs
    last = (reference.sig_len or NEVER - 1) if end is None else samples(end, fs)
    return samples(start, fs), last


def sum_table(names: Sequence[str], numbers: np.ndarray, columns: Sequence[str]) -> pd.DataFrame:
    """Put numbers of records, shape (records, columns), into a table; ``Gross`` is their sum."""
    rows = np.vstack([numbers, numbers.sum(axis=0), np.full(len(columns), np.nan)])
    table = pd.DataFrame(rows, _last_rows(names), columns)
    return table.astype("Int64") if np.issubdtype(numbers.dtype, np.integer) else table


def percent_table(
    names: Sequence[str], part: np.ndarray, whole: np.ndarray, columns: Sequence[str]
) -> pd.DataFrame:
    """Put shares of records in %, NaN where the whole is zero, into a table with the last rows."""
    part, whole = (np.vstack([numbers, numbers.sum(axis=0)]) for numbers in (part, whole))
    figures = np.divide(100.0 * part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    average = pd.DataFrame(figures[:-1]).mean()
    return pd.DataFrame(np.vstack([figures, average]), _last_rows(names), columns)


def _last_rows(names: Sequence[str]) -> pd.Index:
    return pd.Index([*names, GROSS, AVERAGE], name="Record")


def whole_percent(value: float, *, half_up: bool = False) -> str:
    """Print a percentage; `sumstats` rounds a half to even, the other programs round it up."""
    if pd.isna(value):
        return "   -"
    return f" {int(value + 0.5):3d}" if half_up else f" {value:3.0f}"


def lines_to_text(lines: Sequence[str], records: int) -> str:
    """Close a table as `sumstats` does."""
    ending = f"Summary of results from {records} record{'' if records == 1 else 's'}"
    return "\n".join([*lines, "", ending]) + "\n"
