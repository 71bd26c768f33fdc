"""Rows that are packets: each holds several samples of one lead, one after the other."""

import re
from collections.abc import Sequence

import numpy as np

# Of leads beside each other there may be as few.
_FEWEST_SAMPLES = 4
# One sample later, a signal differs less than a packet later, in the mean by so much.
_SMOOTH = 1.2


def packet_name(names: Sequence[str], values: np.ndarray) -> str | None:
    """Return what columns have in common that are the samples of a packet; None if they are none.

    Their names are numbered one by one. The signal goes on from column to column, and from the
    last to the first of the next row, more smoothly than down a column: that of no leads does.
    `values` is of shape (rows, columns), NaN where a sample is missing.
    """
    parts = [re.fullmatch(r"(.*?)(\d+)\D*", name) for name in names]
    if len(names) < _FEWEST_SAMPLES or not all(parts) or len({part[1] for part in parts}) > 1:
        return None
    if np.any(np.diff([int(part[2]) for part in parts]) != 1):
        return None
    within = _step(values[:, 1:], values[:, :-1])
    across = _step(values[1:, 0], values[:-1, -1])
    down = _step(values[1:], values[:-1])
    is_smooth = 0 < _SMOOTH * max(within, across) < down
    return parts[0][1].strip(" _-.[(") if is_smooth else None


def _step(after: np.ndarray, before: np.ndarray) -> float:
    """Return by how much values differ in the mean; infinite if none are known."""
    steps = np.abs(after - before)
    known = steps[np.isfinite(steps)]
    return float(known.mean()) if len(known) else np.inf
