"""Which features a classifier gets, and what the beats around a beat mean for it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.description import (
    CONTEXT_FEATURES,
    MODEL_FEATURES,
    RELATIVE_FEATURES,
    context_features,
    model_features,
    relative_features,
)


def context(rr, ectopic=(), **columns):
    """Context features of beats with these intervals, of which some look unlike normal ones."""
    rr = np.asarray(rr, dtype=float)
    unlike = np.isin(np.arange(len(rr)), ectopic)
    own = {
        "normal_distance": np.where(unlike, 0.0, -3.0),
        "normal_distance_to_usual": np.where(unlike, 5.0, 0.0),
        "QRS_correlation_mean": np.where(unlike, 0.1, 0.99),
        **dict.fromkeys(("P_correlation_mean", "P_distance_mean"), np.full(len(rr), 0.8)),
        **dict.fromkeys(("T_correlation_mean", "T_distance_mean"), np.full(len(rr), 0.7)),
    }
    return context_features(rr, pd.DataFrame(own | columns))


def steady(beats=60, seconds=0.8):
    return np.append(np.nan, np.full(beats - 1, seconds))


@pytest.fixture(scope="module")
def beats():
    return aligned_beats(database.read("119").between(0, 240))


def test_everything_describes_every_beat_and_finite(beats):
    made = model_features(beats)
    assert made.shape == (len(beats), len(MODEL_FEATURES))
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    same = np.compress(made.std(axis=0) == 0, MODEL_FEATURES)
    # Four minutes without an episode of a fast rhythm; its slow intervals are those of all beats.
    assert all(name == "slow" or name.startswith("episode_") for name in same)


def test_features_have_their_names_and_those_of_the_beat_itself_come_first(beats):
    own = relative_features(beats)
    assert tuple(own) == RELATIVE_FEATURES
    assert tuple(context_features(beats.rr, own)) == CONTEXT_FEATURES
    assert (*RELATIVE_FEATURES, *CONTEXT_FEATURES) == MODEL_FEATURES
    assert np.array_equal(model_features(beats)[:, : len(RELATIVE_FEATURES)], own.to_numpy())


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_beats_are_enough(beats, count):
    own = relative_features(beats)[:count]
    assert np.isfinite(context_features(beats.rr[:count], own).to_numpy()).all()


def test_where_no_interval_is_known_none_is_out_of_the_ordinary(beats):
    two = replace(beats, windows=beats.windows[:2], sample=beats.sample[:2])
    made = model_features(replace(two, rr=np.full(2, np.nan), aami_class=beats.aami_class[:2]))
    assert np.isfinite(made).all()
    assert (made[:, MODEL_FEATURES.index("before_to_mean")] == 0).all()


def test_in_a_steady_rhythm_nothing_is_out_of_the_ordinary():
    made = context(steady()).iloc[5:-5]
    ratios = ["before_to_previous", "after_to_before", "pair_to_local", "before_to_normal"]
    assert np.allclose(made[ratios], 0, atol=1e-6)
    assert (made["early_share"] == 0).all()
    assert (made["normal_share"] > 0.95).all()
    assert np.allclose(made["normal_irregularity"], np.log(0.01))


def test_an_early_beat_is_early_by_its_ratio_whatever_the_rate():
    for rate in (0.5, 0.8, 1.3):
        rr = steady(seconds=rate)
        rr[30], rr[31] = 0.6 * rate, 1.4 * rate
        made = context(rr)
        assert made["before_to_normal"][30] == pytest.approx(np.log(0.6), abs=1e-5)
        assert made["after_to_before"][30] == pytest.approx(np.log(1.4 / 0.6), abs=1e-5)
        assert made["pair_to_local"][30] == pytest.approx(0, abs=1e-5)
        assert made["previous_to_normal"][31] == pytest.approx(np.log(0.6), abs=1e-5)


def test_the_usual_interval_is_measured_between_normal_beats():
    """In trigeminy two of three intervals belong to the ectopic beat; the third one is usual."""
    rr = np.tile([0.9, 0.6, 1.2], 20)
    ectopic = np.arange(1, 60, 3)
    made = context(np.append(np.nan, rr[1:]), ectopic)
    assert np.allclose(made["before_to_normal"][3:57:3], 0, atol=1e-5)
    assert np.allclose(made["before_to_normal"][4:57:3], np.log(0.6 / 0.9), atol=1e-5)
    assert np.allclose(made["early_share"][20:40], 1 / 3, atol=0.02)


def test_without_normal_beats_the_local_median_stands_in():
    made = context(steady(), ectopic=range(60))
    assert np.allclose(made["before_to_normal"], 0, atol=1e-6)
    assert (made["normal_share"] == 0).all()


def test_an_irregular_rhythm_of_normal_beats_is_told_from_ectopic_beats_in_a_regular_one():
    random = np.random.default_rng(0)
    fibrillation = np.append(np.nan, 0.8 * np.exp(random.normal(0, 0.2, 99)))
    trigeminy = np.append(np.nan, np.tile([0.6, 1.2, 0.9, 0.9, 0.9, 0.9], 17)[:99])
    irregular = context(fibrillation)["normal_irregularity"]
    regular = context(trigeminy, ectopic=np.arange(1, 100, 6))["normal_irregularity"]
    assert irregular.min() > regular.max() + 1


def test_neighbours_are_described():
    own = np.arange(60, dtype=float)
    made = context(steady(), P_correlation_mean=own)
    assert made["P_correlation_mean_-1"][10] == 9
    assert made["P_correlation_mean_-2"][10] == 8
    assert made["P_correlation_mean_+1"][10] == 11
    assert made["P_correlation_mean_-1"][0] == np.median(own)


def test_an_unknown_interval_is_taken_as_usual():
    rr = steady()
    rr[30] = np.nan
    assert np.allclose(context(rr)["before_to_normal"], 0, atol=1e-6)
