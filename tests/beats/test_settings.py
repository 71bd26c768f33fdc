"""Every number of the settings is one that features really depend on."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.beats import Beats
from ecgutils.beats.description import context_features, model_features, relative_features
from ecgutils.beats.rhythm import rhythm_features
from ecgutils.beats.settings import BEATS
from ecgutils.unseen.synthetic_rhythms import in_fibrillation
from tests.helpers.changed_settings import all_settings

LARGER_CHANGES = {
    # What keeps flat signals from being divided by zero must not show in others.
    "tiny": 0.01,
    # Above 360 Hz, so that records at 360 Hz are made finer.
    "smooth_hz": 400.0,
    # A minute has few beats in its template.
    "most_normal_beats": 5,
    "nearest_of": 2,
}

WITHOUT_EFFECT = {
    # Whoever filters for features or for the detector gives a limit of his own.
    "bandpass.high_hz",
}


@pytest.fixture(scope="module")
def record():
    """A minute with an artefact, and with annotations that are too near to each other."""
    record = database.read("208").between(0, 60)
    signal = record.p_signal.copy()
    signal[12_000:12_100] += 30
    beats = record.annotations.beats
    sample = np.sort(np.append(beats.sample, beats.sample[[20, 40]] + 10))
    return replace(record, p_signal=signal).with_beats(sample)


def with_tachycardias(own):
    """Intervals of several minutes, whose fast rhythms begin within a few beats."""
    random = np.random.default_rng(0)
    rate = np.convolve(np.tile(np.repeat([0.8, 0.4], [70, 30]), 5), np.full(4, 0.25), "same")
    rr = np.append(np.nan, (rate * np.exp(random.normal(0, 0.03, 500)))[1:])
    return rr, pd.concat([own] * 6, ignore_index=True)[: len(rr)]


def made_of(record):
    """Everything that is computed of a record with annotations, as arrays."""
    aligned = aligned_beats(record)
    own = relative_features(aligned)
    ectopic = own.assign(normal_distance_to_usual=9, QRS_correlation_mean=0)
    fast = replace(aligned, rr=0.3 * aligned.rr)
    return [
        *(aligned.windows, model_features(aligned)),
        context_features(aligned.rr, ectopic),
        context_features(*with_tachycardias(own)),
        rhythm_features(Beats.of(record, record.annotations.beats, aligned.windows)),
        in_fibrillation(fast, np.random.default_rng(1)).rr,
    ]


@pytest.fixture(scope="module")
def before(record):
    return made_of(record)


@pytest.mark.slow
@pytest.mark.parametrize(
    "setting",
    [setting for setting in all_settings(BEATS) if not setting.name.startswith("detector.")],
    ids=lambda setting: setting.name,
)
def test_each_number_changes_some_feature(record, before, setting, monkeypatch):
    setting.change(monkeypatch, LARGER_CHANGES.get(setting.name))
    pairs = zip(made_of(record), before, strict=True)
    same = all(np.array_equal(after, now, equal_nan=True) for after, now in pairs)
    assert same == (setting.name in WITHOUT_EFFECT)


def test_the_grid_follows_from_the_settings():
    assert len(BEATS.grid_s) == 116
    assert BEATS.grid_s[[0, -1]] == pytest.approx(BEATS.window_s)
    finer = replace(BEATS, grid_hz=250)
    assert len(finer.grid_s) == 231
    assert np.diff(finer.grid_s) == pytest.approx(1 / 250)
    qrs = BEATS.grid_s[BEATS.inside((-0.08, 0.104))]
    assert qrs[[0, -1]] == pytest.approx([-0.08, 0.104])
