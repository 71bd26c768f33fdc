"""What the stored benchmarks say is what the README and notebook 08 claim of them."""

import pandas as pd
import pytest

from ecgutils.paths import FIGURES_DIR


@pytest.fixture(scope="module")
def long_recordings():
    return pd.read_csv(FIGURES_DIR / "long_recording.csv", index_col="hours")


@pytest.fixture(scope="module")
def throughput():
    return pd.read_csv(FIGURES_DIR / "throughput_study.csv", index_col=["recordings", "workers"])


def test_a_day_takes_half_a_minute_and_one_and_a_half_gigabytes(long_recordings):
    day = long_recordings.loc[24]
    assert day["seconds"] <= 30
    assert day["peak_memory_MB"] <= 1500


def test_memory_grows_with_the_signal_and_little_else(long_recordings):
    assert long_recordings.index.tolist() == [6, 24, 48]
    grown = long_recordings.loc[48] - long_recordings.loc[6]
    assert grown["peak_memory_MB"] <= 1.4 * grown["signal_MB"]


def test_each_number_of_recordings_was_classified_by_one_worker_and_by_two(throughput):
    expected = pd.MultiIndex.from_product([(48, 480), (1, 2)])
    assert throughput.index.tolist() == expected.tolist()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_cost_grows_with_the_work_and_memory_hardly(throughput, workers):
    few, many = throughput.loc[(48, workers)], throughput.loc[(480, workers)]
    assert many["seconds"] <= 10.5 * few["seconds"]
    assert many["peak_memory_MB"] <= 1.35 * few["peak_memory_MB"]


def test_two_workers_are_faster_than_one(throughput):
    assert throughput.loc[(480, 2), "seconds"] < 0.75 * throughput.loc[(480, 1), "seconds"]
