"""What longer stretches of intervals tell, in rhythms that were made for it."""

import numpy as np
import pandas as pd
import pytest

from ecgutils.beats.stretches import STRETCH_FEATURES, stretch_features


def stretches(rr, ectopic=(), usual=0.8):
    """Features of beats after these intervals, in seconds, of which some are wide."""
    rr = np.append(np.nan, np.asarray(rr, dtype=float)[1:])
    normal = ~np.isin(np.arange(len(rr)), ectopic)
    return pd.DataFrame(stretch_features(rr, normal, np.full(len(rr), np.log(usual))))


def test_every_feature_has_its_name_and_is_finite():
    random = np.random.default_rng(0)
    for count in (1, 2, 3, 9, 400):
        made = stretches(random.uniform(0.2, 2, count), ectopic=random.integers(0, count, 3))
        assert tuple(made) == STRETCH_FEATURES
        assert np.isfinite(made).all(axis=None)


# Who comes on time


def test_a_beat_after_an_interpolated_one_is_early_but_on_time():
    rr = np.full(60, 0.8)
    rr[30], rr[31] = 0.35, 0.45
    made = stretches(rr, ectopic=[30])
    assert made["since_normal"][31] == pytest.approx(0, abs=1e-6)
    assert made["since_normal"][30] == pytest.approx(np.log(0.35 / 0.8))
    assert made["until_normal"][29] == pytest.approx(0, abs=1e-6)
    assert made["beats_since_normal"][31] == 2
    assert made["beats_since_normal"][30] == 1
    assert made["previous_pair"][31] == pytest.approx(np.log(0.4 / 0.8))


def test_a_pause_is_compensatory_where_both_intervals_make_two_usual_ones():
    rr = np.full(60, 0.8)
    rr[30], rr[31] = 0.5, 1.1
    assert stretches(rr)["around_normal"][30] == pytest.approx(0, abs=1e-6)
    rr[31] = 0.9
    assert stretches(rr)["around_normal"][30] == pytest.approx(np.log(0.7 / 0.8))


# Bigeminy


def test_in_bigeminy_intervals_are_like_the_last_but_one():
    random = np.random.default_rng(0)
    bigeminy = np.tile([0.7, 1.0], 40) * np.exp(random.normal(0, 0.01, 80))
    irregular = 0.85 * np.exp(random.normal(0, 0.2, 80))
    steady = 0.85 * np.exp(random.normal(0, 0.01, 80))
    alternation = [
        stretches(rr)["alternation_41"][10:70].median() for rr in (bigeminy, irregular, steady)
    ]
    assert alternation[0] < -1.5
    assert np.abs(alternation[1:]).max() < 0.3


# Sudden and gradual


def ramp(sudden):
    """Two hundred beats at twice the rate, which begins in one beat or in a hundred."""
    if sudden:
        return np.repeat([0.8, 0.4, 0.8], 200)
    slide = np.geomspace(0.8, 0.4, 100)
    return np.concatenate([np.full(200, 0.8), slide, np.full(200, 0.4), slide[::-1], [0.8] * 200])


def test_a_sudden_start_is_known_to_the_last_beat_of_an_episode():
    sudden, gradual = (stretches(ramp(which)) for which in (True, False))
    for made in (sudden, gradual):
        assert (made["episode_length"] > 0).sum() > 150
        assert made["level_to_slow"].min() == pytest.approx(np.log(0.5), abs=0.01)
    inside = sudden["episode_length"] > 0
    assert sudden["episode_start"][inside].to_numpy() == pytest.approx(np.log(2), abs=1e-6)
    assert sudden["episode_end"][inside].to_numpy() == pytest.approx(np.log(2), abs=1e-6)
    assert gradual["episode_start"].max() < 0.1
    assert gradual["episode_end"].max() < 0.1
    outside = sudden[~inside]
    assert (outside[["episode_start", "episode_end", "episode_fall"]] == 0).all(axis=None)


def test_the_sharpest_change_is_remembered_for_a_while():
    made = stretches(np.repeat([0.8, 0.4], 60))
    for width in (8, 30):
        start = made[f"sharpest_start_{width}"]
        assert start[60 : 60 + width].to_numpy() == pytest.approx(np.log(0.5))
        assert start[60 + width] == pytest.approx(0)
    backwards = stretches(np.repeat([0.4, 0.8], 60))
    assert backwards["sharpest_end_8"][52:60].to_numpy() == pytest.approx(np.log(2))


def test_a_run_of_equal_intervals_has_a_length_a_place_and_two_ends():
    made = stretches([0.8] * 30 + [0.4] * 12 + [0.8] * 30)
    inside = made[30:42]
    assert np.exp(inside["run_length"]).to_numpy() == pytest.approx(12)
    assert np.expm1(inside["run_position"]).to_numpy() == pytest.approx(np.arange(12))
    assert inside["run_start"].to_numpy() == pytest.approx(np.log(0.5))
    assert inside["run_end"].to_numpy() == pytest.approx(np.log(2))


def test_where_most_beats_are_fast_the_slow_ones_are_still_the_measure():
    made = stretches(np.repeat([0.4, 0.9], [160, 40]))
    assert made["before_to_slow"][50] == pytest.approx(np.log(0.4 / 0.9))
