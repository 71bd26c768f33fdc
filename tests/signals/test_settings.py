"""The detector and the filter take their numbers from the settings, when they are called."""

import json
from dataclasses import asdict, fields, replace

import numpy as np
import pytest

from ecgutils import database
from ecgutils.signals import settings
from ecgutils.signals.filters import bandpass
from ecgutils.signals.r_peaks import detect_r_peaks, leads_together
from tests.helpers.changed_waves import with_second_waves, with_tall_t_waves

OTHER = {
    "spike_s": 0.02,
    "spike_height": 0.05,
    "tallest": 0.3,
    "height_seconds": 3,
    "steep_hz": (2.0, 40.0),
    "block_s": 1.0,
    "steady_blocks": 1,
    "steepest": 0.5,
    "least_noise": 1.0,
    "qrs_width_s": 0.4,
    "silent": 1000.0,
    "middle_width_s": 0.02,
    "reach_s": 0.02,
    "apart_s": 0.5,
    "least_candidate": 0.9,
    "sharp_share": 0.9,
    "look_again": 90.0,
    "low": 0.99,
    "lowest_again": 0.9,
    "rounds": 1,
    "heights_nearby": 1,
    "intervals_nearby": 1,
    "lowest": 0.9,
    "highest": 0.3,
    "least_height": 0.8,
    "height_in_noise": 9.0,
    "early": 2.0,
    "early_cost": 9.0,
    "early_cost_in_noise": 90.0,
    "same_beat_s": 0.0,
    "same_beat": 0.0,
    "same_beat_cost": 0.0,
    "t_wave_s": 0.9,
    "t_wave": 0.01,
    "t_wave_cost": 0.01,
    "gap": 0.1,
    "gap_cost": 9.0,
    "gap_most": 0.01,
    "refractory_s": 0.6,
}
"""For each setting another value, so far from it that some beats change."""


@pytest.fixture(scope="module")
def record():
    """Three minutes of wide beats, between flutter and noise."""
    return database.read("207").between(0, 180)


@pytest.fixture(scope="module")
def hard(record):
    """That, and beats that fade beside a pacemaker's spikes; T waves; second waves."""
    fading = database.read("208").between(100, 280)
    signal = fading.p_signal.copy()
    signal[fading.annotations.beats.sample[::3] - 20] += 3
    signal[3600:3700, 0] = 30
    signal[18_000:20_400] *= 0.2
    tall = with_tall_t_waves(database.read("100").between(0, 60), height=4.0)
    doubled = with_second_waves(database.read("119").between(0, 60))
    return record, replace(fading, p_signal=signal), tall, doubled


def measured(records):
    return [
        value.tobytes()
        for record in records
        for steepness in [leads_together(record)]
        for value in (detect_r_peaks(record), steepness.together, steepness.noise)
    ]


def test_every_setting_is_tried():
    assert list(OTHER) == [field.name for field in fields(settings.DETECTOR)]


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHER)
def test_each_setting_of_the_detector_decides_what_it_measures(hard, name, monkeypatch):
    before = measured(hard)
    other = replace(settings.DETECTOR, **{name: OTHER[name]})
    monkeypatch.setattr(settings, "DETECTOR", other)
    assert measured(hard) != before


@pytest.mark.parametrize(("name", "value"), [("low_hz", 1.0), ("high_hz", 30.0), ("order", 3)])
def test_each_setting_of_the_band_pass_decides_what_is_left(record, name, value, monkeypatch):
    before = bandpass(record.lead(0), record.fs)
    monkeypatch.setattr(settings, "BANDPASS", replace(settings.BANDPASS, **{name: value}))
    assert not np.allclose(bandpass(record.lead(0), record.fs), before)


@pytest.mark.parametrize("group", [settings.DETECTOR, settings.BANDPASS])
def test_settings_can_be_written_down_and_read_again(group):
    read = json.loads(json.dumps(asdict(group)))
    again = {name: tuple(v) if isinstance(v, list) else v for name, v in read.items()}
    assert type(group)(**again) == group
