"""The shape of a beat is told in units of its patient's usual one."""

from dataclasses import replace

import numpy as np
import pytest

from ecgutils import aami
from ecgutils.beats.aligned import beats_on_grid
from ecgutils.beats.description import HIGHEST, LEADS, POINTS, beat_shapes
from ecgutils.signals.leads import only_leads
from tests.helpers.classified_records import first_seconds


@pytest.fixture(scope="module")
def record():
    return first_seconds("208", 120)


@pytest.fixture(scope="module")
def shapes(record):
    return beat_shapes(beats_on_grid(record))


def shapes_of(record):
    return beat_shapes(beats_on_grid(record))


def test_each_beat_is_shown_in_two_leads_with_its_difference_from_the_usual(record, shapes):
    beats = aami.is_beat(record.annotations.symbol).sum()
    assert shapes.shape == (beats, LEADS, POINTS, 2)
    assert shapes.dtype == np.float32
    assert np.isfinite(shapes).all()


def test_beat_and_difference_are_apart_by_the_template(shapes):
    uncut = (np.abs(shapes) < HIGHEST).all(axis=(2, 3))
    for lead in range(LEADS):
        template = (shapes[..., 0] - shapes[..., 1])[uncut[:, lead], lead]
        assert np.allclose(template, template[0], atol=1e-4)


def test_normal_beats_differ_less_than_ventricular_ones(record, shapes):
    classes = aami.to_classes(record.annotations.symbol[aami.is_beat(record.annotations.symbol)])
    difference = np.abs(shapes[..., 1]).mean(axis=(1, 2))
    normal, ventricular = (difference[classes == aami.CLASSES.index(name)] for name in "NV")
    assert np.median(normal) < 0.5 * np.median(ventricular)


def test_gain_and_offset_do_not_matter(record, shapes):
    other = shapes_of(replace(record, p_signal=record.p_signal * 3 + 1))
    assert np.allclose(other, shapes, atol=1e-3)


def test_a_lead_turned_over_turns_its_shapes_over(record, shapes):
    other = shapes_of(replace(record, p_signal=-record.p_signal))
    assert np.allclose(other, -shapes, atol=1e-3)


def test_a_single_lead_is_shown_twice(record):
    alone = shapes_of(only_leads(record, ["V1"]))
    assert alone.shape[1:] == (LEADS, POINTS, 2)
    assert np.array_equal(alone[:, 0], alone[:, 1])


def test_artefacts_are_cut_off(record):
    signal = record.p_signal.copy()
    signal[20_000:20_100] += 50
    assert np.abs(shapes_of(replace(record, p_signal=signal))).max() == HIGHEST


def test_a_silent_lead_has_finite_shapes(record):
    silent = replace(record, p_signal=record.p_signal * [1, 0])
    assert np.isfinite(shapes_of(silent)).all()
