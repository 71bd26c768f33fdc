"""Values of blocks: what is usual around each, and what that means for every sample."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def rolling_median(values: np.ndarray, kept: np.ndarray, width: int, default: float) -> np.ndarray:
    """Median of the values around each that are to be kept, if any, shape (values,)."""
    half = width // 2
    padded = np.pad(np.where(kept, values, np.nan), half, constant_values=np.nan)
    # Sorting puts what is not kept last.
    around = np.sort(sliding_window_view(padded, 2 * half + 1), axis=1)
    count = np.sum(~np.isnan(around), axis=1)
    rows = np.arange(len(values))
    middle = (around[rows, np.maximum(count - 1, 0) // 2] + around[rows, count // 2]) / 2
    return np.where(count > 0, middle, default)


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
