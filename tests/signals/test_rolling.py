"""What is usual around each value is what pandas finds, whose windows take longer to begin."""

import numpy as np
import pandas as pd
import pytest

from ecgutils.signals import rolling


@pytest.mark.parametrize("count", [1, 2, 9, 100])
def test_medians_and_quantiles_are_those_of_pandas(count):
    values = np.random.default_rng(count).normal(size=count)
    windows = pd.Series(values).rolling(9, center=True, min_periods=1)
    around = rolling.around(values, 4, 4)
    assert np.array_equal(rolling.median(around), windows.median())
    for share in (0.0, 0.8, 0.9, 1.0):
        assert np.allclose(rolling.quantile(around, share), windows.quantile(share), rtol=1e-12)


def test_the_median_of_what_is_kept_is_that_of_pandas():
    generator = np.random.default_rng(0)
    values, kept = generator.normal(size=200), generator.random(200) < 0.1
    expected = pd.Series(values).where(kept).rolling(7, center=True, min_periods=1).median()
    found = rolling.rolling_median(values, kept, 7, 5.0)
    assert np.array_equal(found, expected.fillna(5.0))
    assert (found == 5.0).any()


def test_a_stretch_reaches_to_one_side_only():
    windows = rolling.around(np.array([1, 2, 3]), 1, 0)
    assert np.array_equal(windows, [[np.nan, 1], [1, 2], [2, 3]], equal_nan=True)
