"""Synthetic rhythms: what they change, what they leave, and that they look like the real ones."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import database
from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.description import relative_features
from ecgutils.beats.settings import BEATS
from ecgutils.unseen.synthetic_rhythms import (
    FIBRILLATION_HZ,
    P_WAVE_S,
    REGULAR,
    SHORTEST_PAROXYSM,
    in_fibrillation,
    in_interpolated_ectopics,
    in_paroxysms,
    in_sinus_arrhythmia,
    in_sinus_tachycardia,
    in_supraventricular_rhythm,
    in_supraventricular_tachycardia,
)

N, S, V, F, Q = range(len(CLASSES))
GRID_S = BEATS.grid_s
RHYTHMS = (in_fibrillation, in_paroxysms, in_sinus_arrhythmia, in_supraventricular_rhythm)
SEEDS = range(1, 5)
AWAY_FROM_P = (P_WAVE_S[0] > GRID_S) | (P_WAVE_S[1] < GRID_S)

LARGEST_MOVE_S = 0.0481
"""How far the P wave of an ectopic beat may lie from where the usual one is."""


@pytest.fixture(scope="module")
def beats():
    """Sinus rhythm with S, V and F beats."""
    return aligned_beats(database.read("223"))


@pytest.fixture(scope="module")
def regular():
    """Sinus rhythm with S beats only, and clear P waves."""
    return aligned_beats(database.read("220"))


def seeded(seed):
    return np.random.default_rng(seed)


def changed_beats(made, beats):
    """Which windows are others than before."""
    return (made.windows != beats.windows).any(axis=(1, 2))


# All rhythms


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_beats_are_as_many_in_the_same_order(rhythm, regular):
    for seed in SEEDS:
        made = rhythm(regular, seeded(seed))
        for name in ("windows", "rr", "aami_class"):
            assert getattr(made, name).shape == getattr(regular, name).shape
            assert np.isfinite(getattr(made, name)[1:]).all()
        assert made.windows.dtype == np.float32
        assert made.record == regular.record
        assert_array_equal(made.sample, regular.sample)
        assert np.isnan(made.rr[0])
        assert made.rr[1:].min() > 0.15
        assert np.isfinite(relative_features(made).to_numpy()).all()


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_original_is_left_alone(rhythm, regular):
    kept = {name: getattr(regular, name).copy() for name in ("windows", "rr", "aami_class")}
    rhythm(regular, seeded(1))
    for name, values in kept.items():
        assert_array_equal(getattr(regular, name), values)


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_the_same_seed_makes_the_same_rhythm_and_another_another(rhythm, regular):
    first, again, other = (rhythm(regular, seeded(seed)) for seed in (1, 1, 2))
    for field in fields(first):
        if field.name != "recording":
            assert_array_equal(getattr(first, field.name), getattr(again, field.name))
    assert not np.array_equal(first.rr, other.rr, equal_nan=True)


@pytest.mark.parametrize("rhythm", RHYTHMS)
@pytest.mark.parametrize("count", [2, 3])
def test_recordings_of_few_beats(rhythm, count, regular):
    few = replace(
        regular,
        windows=regular.windows[:count],
        rr=regular.rr[:count],
        aami_class=regular.aami_class[:count],
        sample=regular.sample[:count],
    )
    for seed in SEEDS:
        made = rhythm(few, seeded(seed))
        assert len(made) == count
        assert np.isfinite(made.windows).all()
        assert np.isfinite(made.rr[1:]).all()


# Fibrillation


def test_in_fibrillation_s_beats_become_q_and_the_others_stay_what_they_are(beats):
    assert set(beats.aami_class) == {N, S, V, F}
    made = in_fibrillation(beats, seeded(1))
    assert_array_equal(made.aami_class, np.where(beats.aami_class == S, Q, beats.aami_class))
    assert made.aami_class.dtype == np.int8


def test_in_fibrillation_ventricular_beats_keep_their_shape(beats):
    changed = changed_beats(in_fibrillation(beats, seeded(1)), beats)
    ventricular = np.isin(beats.aami_class, [V, F])
    assert ventricular.any()
    assert_array_equal(changed, ~ventricular)


def test_in_fibrillation_the_waves_are_fine_and_leave_the_qrs_complex(beats):
    height = np.ptp(beats.windows, axis=1).mean()
    for seed in SEEDS:
        added = in_fibrillation(beats, seeded(seed)).windows - beats.windows
        # Away from the P wave the same sine goes through the whole beat.
        assert np.abs(added[:, AWAY_FROM_P]).max() < 0.2 * height


@pytest.mark.parametrize("seed", SEEDS)
def test_fibrillation_is_irregular_without_memory(regular, seed):
    made = in_fibrillation(regular, seeded(seed))
    log = np.log(made.rr[1:])
    assert 0.08 < log.std() < 0.45
    assert abs(np.corrcoef(log[1:], log[:-1])[0, 1]) < 0.5
    assert made.rr[1:].min() >= BEATS.shortest_conducted_rr_s
    usual = np.median(made.rr[1:]) / np.median(regular.rr[1:])
    assert 0.5 < usual < 1.15


@pytest.mark.slow
def test_fibrillation_looks_to_the_features_as_real_fibrillation_does(regular):
    before = relative_features(regular)
    real = relative_features(aligned_beats(database.read("203")))
    for seed in SEEDS:
        after = relative_features(in_fibrillation(regular, seeded(seed)))
        for name in ("irregularity", "scatter"):
            assert after[name].median() > before[name].median() + 0.8
        assert after["P_coherence"].median() < 0.4 * before["P_coherence"].median()
        assert after["irregularity"].median() == pytest.approx(
            real["irregularity"].median(), abs=1.2
        )


def test_in_fibrillation_ventricular_beats_come_early_on_average(beats):
    ratios = []
    for seed in SEEDS:
        made = in_fibrillation(beats, seeded(seed))
        early = np.median(made.rr[1:][beats.aami_class[1:] == V])
        ratios.append(early / np.median(made.rr[1:][beats.aami_class[1:] == N]))
    assert max(ratios) < 1.02
    assert np.mean(ratios) < 0.95


def test_waves_of_fibrillation_have_their_frequency(regular):
    made = in_fibrillation(regular, seeded(2))
    added = (made.windows - regular.windows)[made.aami_class == N][:, GRID_S > 0.08, 0]
    crossings = (np.diff(np.sign(added), axis=1) != 0).sum(axis=1)
    seconds = (added.shape[1] - 1) / BEATS.grid_hz
    lowest, highest = FIBRILLATION_HZ
    assert crossings.min() == np.floor(2 * lowest * seconds)
    assert crossings.max() == np.ceil(2 * highest * seconds)


# Paroxysms


def test_paroxysms_change_stretches_and_nothing_else(beats):
    for seed in SEEDS:
        made = in_paroxysms(beats, seeded(seed))
        whole = in_fibrillation(beats, seeded(seed))
        other = made.rr[1:] != beats.rr[1:]
        edges = np.flatnonzero(np.diff(np.concatenate([[0], other, [0]])))
        starts, stops = edges[::2], edges[1::2]
        assert 1 <= len(starts) <= 3
        inside = stops < len(beats) - 1
        assert (stops - starts)[inside].min(initial=SHORTEST_PAROXYSM) >= SHORTEST_PAROXYSM
        assert 0 < other.mean() < 1
        for name in ("windows", "aami_class", "rr"):
            now, before, then = (getattr(one, name)[1:] for one in (made, beats, whole))
            assert_array_equal(now[other], then[other])
            assert_array_equal(now[~other], before[~other])


# Sinus arrhythmia


def test_sinus_arrhythmia_changes_the_intervals_and_nothing_else(beats):
    for seed in SEEDS:
        made = in_sinus_arrhythmia(beats, seeded(seed))
        assert_array_equal(made.windows, beats.windows)
        assert_array_equal(made.aami_class, beats.aami_class)
        assert (made.rr[1:] != beats.rr[1:]).mean() > 0.99


def test_sinus_arrhythmia_swells_and_shrinks_slowly(regular):
    for seed in SEEDS:
        swing = np.log(in_sinus_arrhythmia(regular, seeded(seed)).rr[1:] / regular.rr[1:])
        assert np.log(0.75) - 0.5 < swing.mean() < np.log(1.1) + 0.1
        swing -= swing.mean()
        assert 0.01 < swing.std() < 0.3
        assert np.corrcoef(swing[1:], swing[:-1])[0, 1] > 0.2


# Supraventricular beats


@pytest.mark.parametrize("seed", range(1, 9))
def test_ectopic_beats_were_n_and_become_early_s(regular, seed):
    made = in_supraventricular_rhythm(regular, seeded(seed))
    ectopic = made.aami_class != regular.aami_class
    assert ectopic.any()
    assert set(regular.aami_class[ectopic]) == {N}
    assert set(made.aami_class[ectopic]) == {S}
    assert_array_equal(changed_beats(made, regular), ectopic)
    far = (P_WAVE_S[0] - LARGEST_MOVE_S > GRID_S) | (P_WAVE_S[1] + LARGEST_MOVE_S < GRID_S)
    assert_array_equal(made.windows[:, far], regular.windows[:, far])
    # The first of a group comes early; the others may, or keep a pace of their own.
    ratio = made.rr / np.median(regular.rr[1:])
    assert np.median(ratio[ectopic]) < 0.95
    assert np.median(ratio[1:][~ectopic[1:]]) > 0.9


def test_their_share_varies_from_few_to_most(regular):
    shares = [
        np.mean(in_supraventricular_rhythm(regular, seeded(seed)).aami_class == S)
        for seed in range(40)
    ]
    assert min(shares) < 0.15
    assert max(shares) > 0.5


def test_ectopic_beats_keep_away_from_ventricular_ones(beats):
    for seed in SEEDS:
        made = in_supraventricular_rhythm(beats, seeded(seed))
        ectopic = np.flatnonzero(made.aami_class != beats.aami_class)
        assert len(ectopic)
        neighbours = np.concatenate([ectopic - 1, ectopic + 1])
        neighbours = neighbours[neighbours < len(beats)]
        assert set(beats.aami_class[neighbours]) <= {N, S}
        assert_array_equal(
            made.windows[beats.aami_class != N], beats.windows[beats.aami_class != N]
        )


def test_pauses_follow_the_ectopic_beats(regular):
    pauses = []
    for seed in range(1, 9):
        made = in_supraventricular_rhythm(regular, seeded(seed))
        ectopic = made.aami_class != regular.aami_class
        after = np.append(False, ectopic[:-1]) & ~ectopic
        far = ~after & ~ectopic
        assert_array_equal(made.rr[far][1:], regular.rr[far][1:])
        pauses.append(np.median(made.rr[after]) / np.median(regular.rr[1:]))
    assert min(pauses) > 0.9
    assert max(pauses) > 1.2


def test_an_irregular_rhythm_is_given_back_as_it_is():
    fibrillation = aligned_beats(database.read("203"))
    assert np.median(np.abs(np.diff(np.log(fibrillation.rr[1:])))) > REGULAR
    assert in_supraventricular_rhythm(fibrillation, seeded(1)) is fibrillation


def test_the_other_p_wave_is_one_and_the_same_and_does_not_jump(regular):
    steepest = np.abs(np.diff(regular.template, axis=0)).max()
    for seed in SEEDS:
        made = in_supraventricular_rhythm(regular, seeded(seed))
        added = (made.windows - regular.windows)[made.aami_class != regular.aami_class]
        assert_allclose(np.ptp(added, axis=0), 0, atol=1e-5)
        assert 0 < np.abs(np.diff(added, axis=1)).max() < steepest


# Tachycardias


def sharpest_change(made):
    """Largest change of the interval of a few beats to that of the next few."""
    few = np.median(np.lib.stride_tricks.sliding_window_view(np.log(made.rr[1:]), 7), axis=1)
    return np.abs(few[7:] - few[:-7]).max()


def test_a_sinus_tachycardia_comes_gradually_and_its_beats_stay_what_they_were(regular):
    for seed in SEEDS:
        made = in_sinus_tachycardia(regular, seeded(seed))
        assert_array_equal(made.aami_class, regular.aami_class)
        assert np.nanquantile(made.rr, 0.05) < 0.85 * np.nanquantile(regular.rr, 0.05)
        assert sharpest_change(made) < sharpest_change(regular) + 0.35


def test_a_supraventricular_tachycardia_begins_in_one_beat_and_is_of_s_beats(regular):
    for seed in SEEDS:
        made = in_supraventricular_tachycardia(regular, seeded(seed))
        fast = made.aami_class != regular.aami_class
        assert fast.any()
        assert set(regular.aami_class[fast]) == {N}
        assert set(made.aami_class[fast]) == {S}
        assert np.median(made.rr[fast]) < 0.75 * np.nanmedian(regular.rr)
        begun = np.flatnonzero(fast & np.append(False, made.aami_class[:-1] == N))
        assert (made.rr[begun] / made.rr[begun - 1] < 0.9).mean() > 0.9


@pytest.mark.parametrize("rhythm", [in_sinus_tachycardia, in_supraventricular_tachycardia])
def test_a_tachycardia_needs_room_and_a_regular_rhythm(rhythm, regular):
    short = aligned_beats(regular.recording.between(0, 60))
    irregular = aligned_beats(database.read("203"))
    assert rhythm(short, seeded(1)) is short
    assert rhythm(irregular, seeded(1)) is irregular


def test_the_t_wave_before_a_beat_comes_nearer_with_the_interval(regular):
    """Half a second earlier than before, the T wave of the last beat reaches into the window."""
    made = in_supraventricular_tachycardia(regular, seeded(2))
    fast = made.aami_class != regular.aami_class
    inside = fast & np.append(False, fast[:-1]) & np.append(fast[1:], False)
    apart = np.abs(made.windows - regular.windows)[inside].mean(axis=(0, 2))
    assert apart[GRID_S < -0.1].max() > 0.05
    calm = ~fast & ~np.append(False, fast[:-1]) & ~np.append(fast[1:], False)
    calm[0] = False
    assert_array_equal(made.rr[calm], regular.rr[calm])
    assert_array_equal(made.windows[calm], regular.windows[calm])


# Interpolated beats


def test_interpolated_beats_leave_the_next_one_nearly_on_time(beats):
    made = in_interpolated_ectopics(beats, seeded(1))
    assert_array_equal(made.aami_class, beats.aami_class)
    moved = np.flatnonzero((made.rr != beats.rr) & (beats.aami_class == V))
    assert len(moved) > 10
    both, before = made.rr[moved] + made.rr[moved + 1], beats.rr[moved - 1]
    assert 0.9 < np.median(both / before) < 1.25
    assert np.median((beats.rr[moved] + beats.rr[moved + 1]) / before) > 1.5
    assert set(beats.aami_class[moved + 1]) == {N}


def test_who_has_no_ventricular_beats_is_given_back(regular):
    assert in_interpolated_ectopics(regular, seeded(1)) is regular
