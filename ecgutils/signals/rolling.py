"""Values of blocks: what is usual around each, and what that means for every sample."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def rolling_median(values: np.ndarray, kept: np.ndarray, width: int, default: float) -> np.ndarray:
    """Median of the values around each that are to be kept, if any, shape (values,)."""
    found = median(around(np.where(kept, values, np.nan), width // 2, width // 2))
    return np.where(np.isnan(found), default, found)


def around(values: np.ndarray, before: int, after: int) -> np.ndarray:
    """Values from so many places before each to so many after it, NaN beyond both ends.

    The shape is (values, before + 1 + after).
    """
    padded = np.pad(values.astype(float, copy=False), (before, after), constant_values=np.nan)
    return sliding_window_view(padded, before + 1 + after)


def median(windows: np.ndarray) -> np.ndarray:
    """Median of each window's known values, NaN where there are none, shape (windows,)."""
    rows, ordered, count = _in_order(windows)
    return (ordered[rows, np.maximum(count - 1, 0) // 2] + ordered[rows, count // 2]) / 2


def quantile(windows: np.ndarray, share: float) -> np.ndarray:
    """Quantile of each window's known values, of which each has at least one, (windows,)."""
    rows, ordered, count = _in_order(windows)
    place = share * (count - 1)
    below = place.astype(int)
    low, high = ordered[rows, below], ordered[rows, np.minimum(below + 1, count - 1)]
    return low + (high - low) * (place - below)


def _in_order(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return numbers of the windows, their values in order, and how many of these are known."""
    # Sorting puts what is not known last.
    ordered = np.sort(windows, axis=1)
    unknown = np.isnan(ordered[:, -1])
    count = np.full(len(ordered), ordered.shape[1])
    count[unknown] = np.sum(~np.isnan(ordered[unknown]), axis=1)
    return np.arange(len(ordered)), ordered, count


def each_sample(values: np.ndarray, samples: int, block: int) -> np.ndarray:
    """Values of blocks of so many samples at every sample, changing evenly from block to block."""
    first = -(-block // 2)
    last = first + (len(values) - 1) * block
    even = np.empty(samples)
    even[:first], even[last:] = values[0], values[-1]
    # The same as interpolation gives, but there is no place to be looked for.
    between = even[first:last].reshape(-1, block)
    since = first - block / 2 + np.arange(block)
    np.multiply((np.diff(values) / block)[:, None], since, out=between)
    between += values[:-1, None]
    return even


def percentiles(rows: np.ndarray, shares: list[float]) -> np.ndarray:
    """Percentiles of each row, shape (shares, rows): rows as short as these are best sorted."""
    place = np.array(shares) / 100 * (rows.shape[1] - 1)
    below = place.astype(int)
    ordered = np.sort(rows, axis=1)
    low, high = ordered[:, below], ordered[:, np.minimum(below + 1, rows.shape[1] - 1)]
    return (low + (high - low) * (place - below)).T
