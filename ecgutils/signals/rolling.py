"""Values of blocks: what is usual around each, and what that means for every sample."""

import numpy as np
import pandas as pd


def rolling_median(values: np.ndarray, kept: np.ndarray, width: int, default: float) -> np.ndarray:
    """Median of the values around each that are to be kept, if any, shape (values,)."""
    around = pd.Series(values).where(kept).rolling(width, center=True, min_periods=1)
    return around.median().fillna(default).to_numpy()


def each_sample(values: np.ndarray, samples: int, block: int) -> np.ndarray:
    """Values of blocks of so many samples at every sample, changing evenly from block to block."""
    return np.interp(np.arange(samples), (np.arange(len(values)) + 0.5) * block, values)
