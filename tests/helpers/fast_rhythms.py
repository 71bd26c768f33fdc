"""Fast ventricular rhythms made for tests."""

from dataclasses import replace

import numpy as np

from ecgutils import database
from ecgutils.io.record import Record


def fibrillation(seconds: float, fs: float = 360, seed: int = 0, hz=(3.5, 5.5)) -> np.ndarray:
    """Sines in mV whose frequencies and heights wander, as waves of fibrillation do, (samples,)."""
    rng, time = np.random.default_rng(seed), np.arange(round(seconds * fs)) / fs
    knots = np.arange(0, seconds + 2)
    total = np.zeros(len(time))
    for height in (0.5, 0.3):
        frequency = np.interp(time, knots, rng.uniform(*hz, len(knots)))
        envelope = np.interp(time, knots, rng.uniform(0.5, 1.0, len(knots)))
        total += height * envelope * np.sin(2 * np.pi * np.cumsum(frequency) / fs)
    return total + rng.normal(0, 0.01, len(time))


def tachycardia(name: str, rate: float, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Repeat one V of a record: signals (samples, leads) in mV, and where the beats are."""
    record = database.read(name)
    beats = record.annotations.beats
    sample = beats.sample[beats.symbol == "V"][5]
    length = round(60 / rate * record.fs)
    one = record.p_signal[sample - length // 2 :][:length]
    # The end of one beat has to be the beginning of the next.
    one = one - one[0] - np.linspace(0, 1, length)[:, None] * (one[-1] - one[0])
    count = round(seconds * rate / 60)
    return np.tile(one, (count, 1)), length // 2 + length * np.arange(count)


def followed_by(record: Record, *parts: np.ndarray) -> Record:
    """Lengthen a recording by signals of as many leads; annotations are dropped."""
    level = record.p_signal[-1]
    signals = [record.p_signal, *(part + level for part in parts)]
    return replace(record, p_signal=np.concatenate(signals), annotations=None)
