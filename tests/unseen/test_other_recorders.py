"""The same patient at another recorder: what changes and what stays."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import aami, database
from ecgutils.paths import NSTDB_DIR
from ecgutils.unseen import other_recorders
from ecgutils.unseen.other_recorders import (
    FREQUENCIES_HZ,
    UNMATCHED,
    as_recorded_elsewhere,
    at_detected_beats,
)
from tests.helpers.classified_records import first_seconds


@pytest.fixture(scope="module")
def record():
    return first_seconds("119", 120)


@pytest.fixture(scope="module")
def noises():
    return [
        database.read(name, NSTDB_DIR, None).p_signal[:50_000, 0] for name in ("bw", "em", "ma")
    ]


def variants(record, noises, count, seed=0):
    random = np.random.default_rng(seed)
    return [as_recorded_elsewhere(record, noises, random) for _ in range(count)]


# Detected positions ------------------------------------------------------------------------------


def test_detected_beats_have_the_symbols_of_the_annotated_ones(record):
    other = at_detected_beats(record)
    beat = aami.is_beat(record.annotations.symbol)
    assert len(other.annotations.sample) == beat.sum()
    assert np.array_equal(other.annotations.symbol, record.annotations.symbol[beat])
    apart = np.abs(other.annotations.sample - record.annotations.sample[beat])
    assert 0 < apart.max() <= 0.15 * 360


def test_what_nobody_annotated_is_no_beat(record):
    left_out = np.flatnonzero(aami.is_beat(record.annotations.symbol))[50]
    kept = np.arange(len(record.annotations.sample)) != left_out
    fewer = replace(record, annotations=record.annotations[kept])
    other = at_detected_beats(fewer)
    unmatched = other.annotations.sample[other.annotations.symbol == UNMATCHED]
    assert len(unmatched) == 1
    assert abs(unmatched[0] - record.annotations.sample[left_out]) <= 0.15 * 360


def test_a_beat_that_nobody_could_classify_is_left_out(record):
    """It is a beat, so it must not teach what none is."""
    beats = np.flatnonzero(aami.is_beat(record.annotations.symbol))
    symbol = record.annotations.symbol.copy()
    symbol[beats[[20, 50]]] = ["Q", "/"]
    marked = replace(record, annotations=replace(record.annotations, symbol=symbol))
    whole, other = at_detected_beats(record), at_detected_beats(marked)
    lost = np.setdiff1d(whole.annotations.sample, other.annotations.sample)
    assert lost.tolist() == whole.annotations.sample[[20, 50]].tolist()
    assert UNMATCHED not in other.annotations.symbol


def test_what_is_found_in_ventricular_flutter_is_left_out():
    record = database.read("207")
    begun, ended = (
        record.annotations.sample[record.annotations.symbol == symbol] for symbol in "[]"
    )
    other = at_detected_beats(record)
    inside = [
        ((other.annotations.sample >= a) & (other.annotations.sample <= b)).sum()
        for a, b in zip(begun, ended, strict=True)
    ]
    assert len(inside) > 3
    assert sum(inside) == 0
    matched = other.annotations.symbol != UNMATCHED
    assert matched.sum() > 0.99 * aami.is_beat(record.annotations.symbol).sum()


# Elsewhere ---------------------------------------------------------------------------------------


def test_other_recorders_differ_in_frequency_leads_and_polarity(record, noises):
    others = variants(record, noises, 16)
    assert {other.fs for other in others} <= set(FREQUENCIES_HZ)
    assert len({other.fs for other in others}) > 3
    assert {other.sig_name for other in others} == {
        ("MLII",),
        ("V1",),
        ("MLII", "V1"),
        ("V1", "MLII"),
    }
    upright = {
        np.sign(np.percentile(o.lead(0), 99.5) + np.percentile(o.lead(0), 0.5)) for o in others
    }
    assert upright == {-1, 1}


def test_noise_comes_over_all_leads_over_one_or_over_none(record, noises, monkeypatch):
    """The detector is left out, so that two leads can be compared sample by sample."""
    monkeypatch.setattr(other_recorders, "at_detected_beats", lambda record: record)
    monkeypatch.setattr(other_recorders, "FREQUENCIES_HZ", (record.fs,))
    noisy = {1: set(), 2: set()}
    for other in variants(record, noises, 60):
        leads = len(other.sig_name)
        same = [np.allclose(np.abs(other.lead(n)), np.abs(record.lead(n))) for n in other.sig_name]
        noisy[leads].add(leads - sum(same))
    assert noisy == {1: {0, 1}, 2: {0, 1, 2}}


def test_other_recorders_see_the_same_beats(record, noises):
    """Most of them: a single lead in strong noise loses some."""
    classes = [np.unique(other.annotations.symbol) for other in variants(record, noises, 8)]
    assert all({"N", "V"} <= set(found) for found in classes)


def test_the_same_seed_gives_the_same_recorders(record, noises):
    for one, other in zip(*(variants(record, noises, 3, seed=7) for _ in "ab"), strict=True):
        assert one.fs == other.fs
        assert np.array_equal(one.p_signal, other.p_signal)
        assert np.array_equal(one.annotations.sample, other.annotations.sample)


def test_the_patient_himself_is_not_changed(record, noises):
    before = record.p_signal.copy()
    variants(record, noises, 4)
    assert np.array_equal(record.p_signal, before)
