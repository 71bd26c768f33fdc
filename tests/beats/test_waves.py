"""How a beat differs from its patient's other beats: what it means, what it must not depend on."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from ecgutils import database
from ecgutils.aami import CLASSES, is_beat
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.description import relative_features

N, S, V = (CLASSES.index(name) for name in "NSV")


@pytest.fixture(scope="module")
def record():
    return database.read("119").between(0, 240)


@pytest.fixture(scope="module")
def table(record):
    return relative_features(aligned_beats(record))


@pytest.fixture(scope="module")
def described():
    """Beats and features of some whole records of DS1."""
    names = ("119", "203", "208", "209", "220")
    beats = {name: aligned_beats(database.read(name)) for name in names}
    return {name: (made, relative_features(made)) for name, made in beats.items()}


def features_of(record):
    return relative_features(aligned_beats(record))


# What they must not depend on


def test_one_row_per_beat_and_all_finite(described):
    columns = {tuple(table.columns) for _, table in described.values()}
    assert len(columns) == 1
    for beats, table in described.values():
        assert len(table) == len(beats)
        assert set(table.dtypes) == {np.dtype("float32")}
        assert np.isfinite(table.to_numpy()).all()
        assert (table.std() > 0).all()


@pytest.mark.parametrize("gain", [0.5, 2.0, -1.0])
def test_gain_and_polarity_change_nothing(record, table, gain):
    changed = features_of(replace(record, p_signal=gain * record.p_signal))
    assert_allclose(changed, table, atol=2e-3)


@pytest.mark.parametrize("gains", [(1, -1), (-1, 1)])
def test_polarity_of_one_lead_changes_nothing(record, table, gains):
    assert_allclose(
        features_of(replace(record, p_signal=gains * record.p_signal)), table, atol=1e-4
    )


def test_gain_of_one_lead_changes_little(record, table):
    changed = features_of(replace(record, p_signal=record.p_signal * [1, 3]))
    # A lead that is larger has more say in where a beat lies on the template.
    apart = (changed - table).abs() / table.std()
    assert apart.median().max() < 0.2
    assert_allclose(changed["before_to_local"], table["before_to_local"], atol=0.02)


def test_an_offset_changes_nothing(record, table):
    assert_allclose(features_of(replace(record, p_signal=record.p_signal + 1.7)), table, atol=1e-3)


def test_exchanged_leads_change_nothing(record, table):
    swapped = replace(
        record, p_signal=record.p_signal[:, ::-1].copy(), sig_name=record.sig_name[::-1]
    )
    assert_allclose(features_of(swapped), table, atol=1e-3)


@pytest.mark.parametrize("fs", [250, 500])
def test_another_recorder_gives_nearly_the_same(record, table, fs):
    changed = features_of(record.resampled(float(fs)))
    for name in table:
        assert np.corrcoef(changed[name], table[name])[0, 1] > 0.93, name
    apart = (changed - table).abs() / table.std()
    assert apart.median().max() < 0.3


def test_the_classes_are_not_looked_at(record, table):
    beats = aligned_beats(record)
    nothing = record.without_annotations()
    hidden = replace(beats, aami_class=np.full(len(beats), -1), sample=None, recording=nothing)
    assert_array_equal(relative_features(hidden), table)


def test_one_lead_has_the_same_columns(record, table):
    made = features_of(record.only([0]))
    assert list(made.columns) == list(table.columns)
    assert np.isfinite(made.to_numpy()).all()
    for which in ("smallest", "largest"):
        assert_array_equal(made[f"QRS_distance_{which}"], made["QRS_distance_mean"])
    assert (table["QRS_distance_smallest"] < table["QRS_distance_largest"]).all()


# Difficult recordings


@pytest.mark.parametrize("count", [1, 2, 3])
def test_recordings_of_few_beats_are_finite(record, count):
    chosen = np.flatnonzero(is_beat(record.annotations.symbol))[7 : 7 + count]
    made = features_of(replace(record, annotations=record.annotations[chosen]))
    assert len(made) == count
    assert np.isfinite(made.to_numpy()).all()


def test_beats_at_the_same_place_are_finite(record):
    sample = record.annotations.sample.copy()
    sample[20] = sample[21]
    assert np.isfinite(
        features_of(
            replace(record, annotations=replace(record.annotations, sample=sample))
        ).to_numpy()
    ).all()


@pytest.mark.parametrize("value", [0.0, -5.12])
@pytest.mark.parametrize("from_where", [0, 20_000, 60_000])
def test_a_flat_lead_leaves_them_finite(record, value, from_where):
    signal = record.p_signal.copy()
    signal[from_where:, 1] = value
    assert np.isfinite(features_of(replace(record, p_signal=signal)).to_numpy()).all()


def test_noise_leaves_them_finite(record):
    signal = record.p_signal.copy()
    noise = np.random.default_rng(1).normal(0, 3, (20_000, 2)).cumsum(axis=0)
    signal[30_000:50_000] += noise
    assert np.isfinite(features_of(replace(record, p_signal=signal)).to_numpy()).all()


# What they mean


def test_real_bigeminy_and_real_fibrillation(described):
    (_, bigeminy), (_, fibrillation) = described["119"], described["203"]
    assert bigeminy["irregularity"].median() > fibrillation["irregularity"].median() - 0.5
    assert bigeminy["scatter"].median() < fibrillation["scatter"].median() - 1


@pytest.mark.parametrize(("name", "premature"), [("220", S), ("119", V)])
def test_premature_beats_come_before_their_time(described, name, premature):
    beats, table = described[name]
    early = table["before_to_local"][beats.aami_class == premature]
    assert early.median() < -0.3
    assert (early < 0).mean() > 0.95
    assert abs(table["before_to_local"][beats.aami_class == N].median()) < 0.05


@pytest.mark.parametrize("name", ["119", "208"])
def test_ventricular_beats_are_far_from_normal_ones(described, name):
    beats, table = described[name]
    normal, ventricular = (table[beats.aami_class == k] for k in (N, V))
    for feature in ("normal_distance", "normal_distance_to_usual", "QRS_distance_mean"):
        between = normal[feature].quantile(0.9), ventricular[feature].quantile(0.1)
        assert between[0] < between[1] - 0.5, feature
    assert ventricular["QRS_correlation_mean"].median() < 0.8
    assert normal["QRS_correlation_mean"].median() > 0.9
    assert ventricular["QRS_width"].median() > normal["QRS_width"].median() + 0.2


def test_supraventricular_beats_have_the_usual_qrs_complex_and_another_p_wave(described):
    beats, table = described["220"]
    normal, supraventricular = (table[beats.aami_class == k].median() for k in (N, S))
    assert supraventricular["QRS_correlation_mean"] > 0.95
    assert supraventricular["P_correlation_mean"] < normal["P_correlation_mean"] - 0.1
    assert supraventricular["P_distance_mean"] > normal["P_distance_mean"] + 0.5


def test_p_waves_are_alike_in_sinus_rhythm_and_not_in_fibrillation(described):
    (_, sinus), (_, fibrillation) = described["220"], described["203"]
    assert sinus["P_coherence"].median() > 0.5
    assert fibrillation["P_coherence"].median() < 0.15
    assert sinus["P_coherence"].max() <= 1 + 1e-5
    assert fibrillation["P_coherence"].min() >= 0
    assert (
        sinus["P_local_correlation"].median() > fibrillation["P_local_correlation"].median() + 0.3
    )
