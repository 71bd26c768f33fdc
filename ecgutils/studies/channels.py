"""Channels that show no heart, as recorders store them beside an ECG: made up, or real noise.

Each takes a record whose beats are annotated, and a generator of random numbers. It gives as many
samples as the record has.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import lfilter, oaconvolve

from ecgutils import database
from ecgutils.io.record import Record
from ecgutils.paths import NSTDB_DIR
from ecgutils.signals.filters import bandpass

Channel = Callable[[Record, np.random.Generator], np.ndarray]

STEP_MV = 0.005
"""What one step of the converter of the embedded records stands for."""


def _times(record: Record) -> np.ndarray:
    return np.arange(len(record.p_signal)) / record.fs


def coloured(record: Record, random: np.random.Generator, power: float) -> np.ndarray:
    """Noise whose spectral density falls with this power of the frequency, deviation 1."""
    samples = len(record.p_signal)
    spectrum = np.fft.rfft(random.standard_normal(samples))
    frequency = np.maximum(np.fft.rfftfreq(samples, 1 / record.fs), 0.05)
    noise = np.fft.irfft(spectrum * frequency ** (-power / 2), samples)
    return noise / noise.std()


def _phase(record: Record, random: np.random.Generator, hz: float, change: float) -> np.ndarray:
    """Phase, in turns, of something that repeats itself with a rate that wanders."""
    rate = hz * np.exp(change * _slow(record, random, 0.05))
    return np.cumsum(rate) / record.fs


def _slow(record: Record, random: np.random.Generator, hz: float) -> np.ndarray:
    """Make a slow random curve of deviation 1, from straight lines."""
    points = max(4, round(record.duration * hz))
    return np.interp(
        np.linspace(0, 1, len(record.p_signal)),
        np.linspace(0, 1, points),
        random.standard_normal(points),
    )


def _stepped(signal: np.ndarray, step: float) -> np.ndarray:
    return np.round(signal / step) * step


def open_electrode(step: float, noise: float, hum: float, drift: float) -> Channel:
    """Return an electrode that hangs in the air: rounding, noise, hum and drift in mV."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        signal = noise * random.standard_normal(len(record.p_signal))
        signal += hum * np.sin(2 * np.pi * 50 * _times(record))
        signal += drift * coloured(record, random, 2)
        return _stepped(signal, step)

    return channel


def recorded_noise(name: str, lead: int) -> Channel:
    """Return a channel that is noise of the noise stress test database, from a random place on."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        noise = database.read(name, NSTDB_DIR, annotations=None).lead(lead)
        return np.resize(np.roll(noise, random.integers(len(noise))), len(record.p_signal))

    return channel


def respiration(hz: float, sharpness: float, heart: float, step: float) -> Channel:
    """Return the impedance of the chest, with a little of the heart's motion in it."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        turn = 2 * np.pi * _phase(record, random, hz, 0.2)
        breath = np.tanh(sharpness * np.sin(turn)) / np.tanh(sharpness)
        breath *= 1 + 0.3 * _slow(record, random, 0.03)
        return _stepped(breath + heart * _pulses(record, random, 0.15, 0.1, 0.3), step)

    return channel


def _pulses(
    record: Record, random: np.random.Generator, delay: float, rise: float, fall: float
) -> np.ndarray:
    """One wave after each beat, by seconds later; lower after short intervals."""
    beats = record.annotations.beats.sample
    interval = np.diff(beats, prepend=beats[0] - record.fs) / record.fs
    height = np.clip(interval / np.median(interval), 0.2, 1.5) * random.normal(1, 0.05, len(beats))
    impulses = np.zeros(len(record.p_signal))
    at = beats + np.round((delay + random.normal(0, 0.008, len(beats))) * record.fs).astype(int)
    inside = at < len(impulses)
    np.add.at(impulses, at[inside], height[inside])
    time = np.arange(0, 1.2, 1 / record.fs)
    wave = np.exp(-0.5 * ((time - 2.5 * rise) / rise) ** 2)
    wave += 0.4 * np.exp(-0.5 * ((time - 2.5 * rise - fall) / (0.6 * fall)) ** 2)
    return np.convolve(impulses, wave)[: len(impulses)]


def pulse(delay: float, rise: float, fall: float, noise: float, offset: float) -> Channel:
    """Return the light in a finger or ear, or the pressure of an artery (low noise, steep)."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        wave = _pulses(record, random, delay, rise, fall)
        wave += 0.2 * _slow(record, random, 0.3) + noise * random.standard_normal(len(wave))
        return _stepped(offset + wave, 0.01)

    return channel


def eda(rate: float, noise: float, step: float) -> Channel:
    """Return the conductance of the skin: a level that drifts, and responses of seconds."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        impulses = random.random(len(record.p_signal)) < rate / record.fs
        time = np.arange(0, 25, 1 / record.fs)
        response = np.exp(-time / 4) - np.exp(-time / 0.75)
        responses = oaconvolve(impulses * random.lognormal(-1, 0.7, len(impulses)), response)
        level = 5 + 0.5 * _slow(record, random, 0.01) + responses[: len(impulses)]
        return _stepped(level + noise * random.standard_normal(len(level)), step)

    return channel


def acceleration(walking: float, heart: float, noise: float) -> Channel:
    """Return one axis in g: posture, steps now and then, the heart's recoil, the sensor's noise."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        turn = 2 * np.pi * _phase(record, random, 1.9, 0.05)
        step = np.sin(turn) + 0.6 * np.sin(2 * turn + 1) + 0.3 * np.sin(5 * turn + 2)
        active = _slow(record, random, 0.02) > 0.3
        signal = 0.4 * _slow(record, random, 0.01) + walking * active * step
        time = np.arange(0, 0.5, 1 / record.fs)
        recoil = np.sin(2 * np.pi * 7 * time) * np.exp(-time / 0.12)
        beats = np.zeros(len(signal))
        at = record.annotations.beats.sample + round(0.1 * record.fs)
        beats[at[at < len(beats)]] = 1
        signal += heart * np.convolve(beats, recoil)[: len(signal)]
        return _stepped(signal + noise * random.standard_normal(len(signal)), 0.001)

    return channel


def eeg(power: float, alpha: float, height: float) -> Channel:
    """Return coloured noise with spindles of 10 Hz."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        turn = 2 * np.pi * _phase(record, random, 10, 0.03)
        spindles = alpha * np.maximum(_slow(record, random, 0.5), 0) * np.sin(turn)
        return _stepped(height * (coloured(record, random, power) + spindles), 0.0005)

    return channel


def eyes(blinks: float) -> Channel:
    """Return steps of looking to and fro, and blinks."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        jumps = (random.random(len(record.p_signal)) < 0.7 / record.fs) * 1.0
        jumps *= random.normal(0, 0.1, len(jumps))
        gaze = lfilter([1], [1, -np.exp(-1 / (8 * record.fs))], np.convolve(jumps, np.ones(9) / 9))
        lids = (random.random(len(record.p_signal)) < blinks / record.fs) * 1.0
        lid = np.hanning(round(0.3 * record.fs))
        signal = gaze[: len(jumps)] + 0.3 * np.convolve(lids, lid)[: len(jumps)]
        return _stepped(signal + 0.01 * coloured(record, random, 1), 0.001)

    return channel


def muscle(bursts: bool) -> Channel:
    """Return an EMG: noise of 20 Hz and more, steady or in bursts."""

    def channel(record: Record, random: np.random.Generator) -> np.ndarray:
        noise = bandpass(random.standard_normal(len(record.p_signal)), record.fs, 20, 150)
        strength = np.exp(1.5 * _slow(record, random, 0.5)) if bursts else 1
        return _stepped(0.1 * strength * noise, 0.001)

    return channel


def repeated(shape: Callable[[np.ndarray], np.ndarray], hz: float, height: float) -> Channel:
    """Return what a test generator makes: a shape of the phase in turns."""
    return lambda record, _: _stepped(height * shape(hz * _times(record)), STEP_MV)


def _sawtooth(turn: np.ndarray) -> np.ndarray:
    return turn % 1


def _square(turn: np.ndarray) -> np.ndarray:
    return (turn % 1 < 0.5) * 1.0


def _triangle(turn: np.ndarray) -> np.ndarray:
    return np.abs(turn % 1 - 0.5)


def _sine(turn: np.ndarray) -> np.ndarray:
    return np.sin(2 * np.pi * turn)


def marker(record: Record, random: np.random.Generator) -> np.ndarray:
    """Make a button that is pressed for a second now and then."""
    pressed = (random.random(len(record.p_signal)) < 0.03 / record.fs) * 1.0
    return np.minimum(np.convolve(pressed, np.ones(round(record.fs)))[: len(pressed)], 1)


def temperature(record: Record, random: np.random.Generator) -> np.ndarray:
    """Make a slow curve with the sensor's noise."""
    noise = 0.02 * random.standard_normal(len(record.p_signal))
    return _stepped(34 + 0.5 * _slow(record, random, 0.005) + noise, 0.01)


def battery(record: Record, _: np.random.Generator) -> np.ndarray:
    """Make a voltage that falls, in steps."""
    return _stepped(4.1 - 0.2 * _times(record) / record.duration, 0.01)


CHANNELS: dict[str, dict[str, Channel]] = {
    "open electrode": {
        "one step": open_electrode(STEP_MV, 0.4 * STEP_MV, 0, 0),
        "two steps": open_electrode(STEP_MV, STEP_MV, 0, 0),
        "fine": open_electrode(0.0002, 0.002, 0, 0.02),
        "drift": open_electrode(STEP_MV, 0.01, 0.02, 0.5),
        "hum": open_electrode(STEP_MV, 0.01, 0.5, 0.1),
    },
    "electrode motion": {f"em {k}": recorded_noise("em", k) for k in (0, 1)},
    "muscle artefact": {f"ma {k}": recorded_noise("ma", k) for k in (0, 1)},
    "respiration": {
        "calm": respiration(0.22, 0.3, 0, 0.005),
        "quick": respiration(0.4, 2.0, 0.02, 0.005),
        "coarse": respiration(0.3, 0.8, 0.05, 0.05),
        "heart in it": respiration(0.25, 0.5, 0.2, 0.002),
    },
    "pulse": {
        "finger": pulse(0.15, 0.08, 0.3, 0.01, 0),
        "clean finger": pulse(0.2, 0.1, 0.25, 0, 50),
        "ear": pulse(0.08, 0.07, 0.25, 0.03, 0),
        "artery": pulse(0.1, 0.045, 0.2, 0.003, 1),
        "noisy": pulse(0.2, 0.12, 0.3, 0.15, 0),
    },
    "EDA": {
        "calm": eda(0.03, 0.003, 0.001),
        "lively": eda(0.3, 0.002, 0.001),
        "coarse": eda(0.1, 0.01, 0.02),
        "without noise": eda(0.1, 0, 0.0001),
    },
    "acceleration": {
        "still": acceleration(0, 0, 0.003),
        "recoil": acceleration(0, 0.01, 0.002),
        "strong recoil": acceleration(0, 0.05, 0.002),
        "walking": acceleration(0.5, 0.01, 0.005),
    },
    "EEG, EOG, EMG": {
        "EEG": eeg(1.0, 0.7, 0.02),
        "sleep": eeg(1.8, 0.3, 0.04),
        "EOG": eyes(0.05),
        "blinks": eyes(0.4),
        "EMG": muscle(False),
        "EMG bursts": muscle(True),
    },
    "others": {
        "counter": repeated(_sawtooth, 1.0, 255),
        "quick counter": repeated(_sawtooth, 360 / 256, 1),
        "slow counter": repeated(_sawtooth, 0.1, 1),
        "time": repeated(lambda turn: turn, 1.0, 1.0),
        "milliseconds": repeated(lambda turn: turn, 1.0, 1000.0),
        "square": repeated(_square, 1.0, 1.0),
        "slow square": repeated(_square, 0.2, 1.0),
        "triangle": repeated(_triangle, 1.2, 2.0),
        "sine": repeated(_sine, 1.2, 1.0),
        "quick sine": repeated(_sine, 8.0, 1.0),
        "60 Hz hum": repeated(_sine, 60.0, 0.5),
        "50 Hz hum": repeated(_sine, 50.0, 0.5),
        "marker": marker,
        "temperature": temperature,
        "battery": battery,
    },
}
"""Channels by what they measure, and by what each of them is like."""
