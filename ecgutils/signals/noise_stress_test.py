"""How well do filters remove real noise? The measurement behind notebook 02."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.paths import NSTDB_DIR
from ecgutils.signals.filters import bandpass
from ecgutils.signals.noise import NOISES, add_noise, qrs_amplitude, snr
from ecgutils.signals.wavelets import decompose, denoise, energy_shares

Method = Callable[[np.ndarray, float], np.ndarray]

START_S, STRETCH_S = 300, 120
"""Where a clean stretch begins, and its length, in seconds: nst's first noisy period."""

CLEAN_RECORDS = ("103", "105", "109", "114", "116", "117", "123", "213", "214", "220", "223", "231")
"""Records whose stretch of lead MLII has the smallest share of power outside 0.5 to 40 Hz."""

SNRS_DB = (24, 18, 12, 6, 0)
"""Noise levels in dB, from hardly visible to worse than most recordings."""

METHODS: dict[str, Method] = {
    "db2, one level (the paper's)": lambda signal, _: decompose(signal, level=1)["A1"],
    "band-pass 0.5–40 Hz": bandpass,
    "band-pass 0.67–40 Hz": partial(bandpass, low=0.67),
    "db2, decimated": lambda signal, _: denoise(signal, stationary=False),
    "sym8, decimated": lambda signal, _: denoise(signal, "sym8", stationary=False),
    "db2, stationary": lambda signal, _: denoise(signal),
}
"""Ways to clean a signal, given its sampling frequency: 0.67 Hz is where A8 of `denoise` ends, and
sym8 is a longer, smoother wavelet that is often chosen for ECGs."""

WAVES_S = {"P": (-0.22, -0.08), "QRS": (-0.06, 0.06), "T": (0.16, 0.42)}
"""Where the waves of a normal beat are to be expected, in seconds from its annotation."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of clean ECG: one lead in mV, and the samples of its beats."""

    record: str
    signal: np.ndarray
    fs: float
    r_peaks: np.ndarray


def read_stretch(name: str) -> Stretch:
    """Read the clean stretch of lead MLII of a record, two minutes from minute five on.

    Parameters
    ----------
    name : str

    Returns
    -------
    Stretch

    Examples
    --------
    >>> stretch = read_stretch("103")
    >>> stretch.signal.shape, len(stretch.r_peaks)
    ((43200,), 139)
    """
    part = database.read(name).between(START_S, START_S + STRETCH_S)
    return Stretch(name, part.lead("MLII"), part.fs, part.annotations.beats.sample)


def read_noise(names: Iterable[str] = NOISES) -> dict[str, np.ndarray]:
    """Read recordings of noise.

    Parameters
    ----------
    names : iterable of str
        Of :data:`~ecgutils.signals.noise.NOISES`.

    Returns
    -------
    dict of str to array of shape (samples,)
        Half an hour of each at 360 Hz: the signal which ``nst`` adds to the first lead of an ECG.
    """
    return {name: database.read(name, NSTDB_DIR, annotations=None).lead(0) for name in names}


def noise_for(noise: np.ndarray, position: int, stretch: Stretch) -> np.ndarray:
    """Cut the noise for one of several stretches, so that together they meet all of it.

    Parameters
    ----------
    noise : array, shape (samples,)
        Half an hour of noise at the sampling frequency of the stretch.
    position, stretch : int, Stretch
        The number of the stretch, from 0; those after the last of the noise begin anew.

    Returns
    -------
    array, shape (samples of the stretch,)
    """
    length = len(stretch.signal)
    first = position % (len(noise) // length) * length
    return noise[first : first + length]


def stress_test(
    stretches: Sequence[Stretch], noises: dict[str, np.ndarray], snrs_db: Iterable[float] = SNRS_DB
) -> pd.DataFrame:
    """Add noise to clean stretches, clean them by each of `METHODS`, and measure both times.

    Parameters
    ----------
    stretches, noises
        From :func:`read_stretch` and :func:`read_noise`.
    snrs_db : iterable of float
        Signal-to-noise ratios in dB, by the definition of :func:`ecgutils.signals.noise.add_noise`.

    Returns
    -------
    pandas.DataFrame
        One row per ``record``, ``noise``, ratio ``nst_db`` and ``method``. By the definition of
        :func:`ecgutils.signals.noise.snr`, the ratios ``before`` and ``after`` in dB and ``gain``.
    """
    rows = []
    for (k, stretch), name, level in product(enumerate(stretches), noises, snrs_db):
        clean, fs = stretch.signal, stretch.fs
        noise = noise_for(noises[name], k, stretch)
        noisy = add_noise(clean, noise, fs, stretch.r_peaks, level)
        before = snr(clean, noisy)
        for method, clean_up in METHODS.items():
            after = snr(clean, clean_up(noisy, fs))
            rows.append((stretch.record, name, level, method, before, after))
    columns = ["record", "noise", "nst_db", "method", "before", "after"]
    return pd.DataFrame(rows, columns=columns).eval("gain = after - before")


def harm_by_method(stretches: Sequence[Stretch]) -> pd.DataFrame:
    """Measure what each of `METHODS` does to an ECG that nothing was added to.

    Parameters
    ----------
    stretches : sequence of Stretch

    Returns
    -------
    pandas.DataFrame
        Indexed by method; means of ``highest_snr`` (dB; no cleaned signal can come nearer to the
        original) and of ``qrs_kept`` (share of the height of the QRS complexes that is left).
    """
    rows = []
    for stretch in stretches:
        height = qrs_amplitude(stretch.signal, stretch.fs, stretch.r_peaks)
        for method, clean_up in METHODS.items():
            cleaned = clean_up(stretch.signal, stretch.fs)
            kept = qrs_amplitude(cleaned, stretch.fs, stretch.r_peaks) / height
            rows.append((method, snr(stretch.signal, cleaned), kept))
    table = pd.DataFrame(rows, columns=["method", "highest_snr", "qrs_kept"])
    return table.groupby("method", sort=False).mean()


def energy_by_level(stretches: Sequence[Stretch], noises: dict[str, np.ndarray]) -> pd.DataFrame:
    """Share of the energy of clean ECGs, and of each noise, at each level of db2.

    Parameters
    ----------
    stretches, noises
        See :func:`stress_test`.

    Returns
    -------
    pandas.DataFrame
        One row per component (``D1`` ... ``D8``, ``A8``), a column ``ECG`` with the means over the
        stretches and one per noise; each column adds up to 1.
    """
    of_ecg = pd.DataFrame([energy_shares(decompose(stretch.signal)) for stretch in stretches])
    shares = {name: energy_shares(decompose(noise)) for name, noise in noises.items()}
    return pd.DataFrame({"ECG": of_ecg.mean()} | shares).rename_axis("level")


def energy_by_wave(stretches: Sequence[Stretch]) -> pd.DataFrame:
    """Share of the energy of the P, QRS and T waves at each level of db2, mean over stretches.

    Parameters
    ----------
    stretches : sequence of Stretch

    Returns
    -------
    pandas.DataFrame
        One row per component without the baseline (``D1`` ... ``D8``), one column per wave of
        :data:`WAVES_S`; each column adds up to 1.
    """
    tables = [_wave_shares(stretch) for stretch in stretches]
    return pd.concat(tables).groupby(level=0).mean().rename_axis("level")


def _wave_shares(stretch: Stretch) -> pd.DataFrame:
    """Share of the energy of each component in the time of a wave, one column per wave."""
    parts = decompose(stretch.signal)
    del parts["A8"]
    energy = {}
    for wave, limits_s in WAVES_S.items():
        first, last = (round(seconds * stretch.fs) for seconds in limits_s)
        inside = (stretch.r_peaks + first >= 0) & (stretch.r_peaks + last < len(stretch.signal))
        around = stretch.r_peaks[inside, None] + np.arange(first, last)
        energy[wave] = {name: np.square(part[around]).sum() for name, part in parts.items()}
    table = pd.DataFrame(energy)
    return table / table.sum()
