"""Recordings as other hearts, pacemakers and cables would have made them of real ones."""

from dataclasses import replace

import numpy as np

from ecgutils.io.record import Record


def with_tall_t_waves(record, height, peak_s=0.26, width_s=0.26):
    """Add a smooth wave of so many mV after each annotated beat."""
    length = round(width_s * record.fs)
    bump = height * np.hanning(length)[:, None]
    signal = record.p_signal.astype(float)
    for beat in record.annotations.beats.sample:
        start = beat + round((peak_s - width_s / 2) * record.fs)
        stop = min(start + length, len(signal))
        signal[start:stop] += bump[: stop - start]
    return replace(record, p_signal=signal)


def with_second_waves(record):
    """Let each ventricular beat have a second sharp wave 0.2 s after it, as in 865 of SVDB."""
    ventricular = record.with_beats(record.annotations.sample[record.annotations.symbol == "V"])
    changed = with_tall_t_waves(ventricular, height=1.5, peak_s=0.2, width_s=0.12)
    return replace(record, p_signal=changed.p_signal)


def with_spikes(record, height, before_s, length_s=0.002):
    """Add a spike of so many mV before each annotated beat."""
    signal = record.p_signal.astype(float)
    samples = max(1, round(length_s * record.fs))
    for beat in record.annotations.beats.sample:
        start = beat - round(before_s * record.fs)
        signal[max(0, start) : max(0, start + samples)] += height
    return replace(record, p_signal=signal)


def lowered(record, start_s, stop_s, share):
    """Let a part of the recording be smaller than the rest."""
    first, last = (round(time * record.fs) for time in (start_s, stop_s))
    signal = record.p_signal.astype(float)
    rest = np.median(signal[first:last], axis=0)
    signal[first:last] = rest + share * (signal[first:last] - rest)
    return replace(record, p_signal=signal)


def made_beats(rate, seconds, fs=360.0):
    """Make a recording of beats, so many a minute, and where they are; wide ones where slow."""
    interval, width = 60 / rate, 0.012 if rate > 35 else 0.025
    beats = np.arange(0.5, seconds - 0.3, interval)
    since = np.arange(round(seconds * fs))[:, None] / fs - beats
    qrs = np.exp(-((since / width) ** 2)) - 0.25 * np.exp(-(((since - 2.5 * width) / width) ** 2))
    t_wave = np.exp(-(((since / min(interval, 0.8) - 0.4) / 0.1) ** 2))
    noise = np.random.default_rng(0).normal(0, 0.01, len(since))
    signal = (qrs + 0.2 * t_wave).sum(axis=1) + noise
    record = Record("made", signal[:, None], fs, ("II",))
    return record.with_beats(np.round(beats * fs).astype(int))


def wide_beats() -> Record:
    """A minute of wide beats, 80 of them, with waves a third as tall all the time between them."""
    fs, width = 250, 0.03
    time = np.arange(60 * fs) / fs
    phase = (time + 0.3) % 0.75 - 0.375
    beats = -phase / width * np.exp(0.5 - phase**2 / 2 / width**2)
    return Record("wide", (beats + 0.3 * np.sin(8 * np.pi * time))[:, None], float(fs), ("MLII",))
