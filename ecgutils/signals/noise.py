"""Adding real noise to an ECG at a chosen signal-to-noise ratio, and measuring what is left.

The amounts are measured as the noise stress test of Moody, Muldrow and Mark does (Computers in
Cardiology 11:381, 1984), by the rules of PhysioNet's programs ``nst`` and ``sigamp``.
"""

import numpy as np
from scipy.stats import trim_mean

from ecgutils.errors import EcgError

NOISES = {"bw": "baseline wander", "ma": "muscle artefact", "em": "electrode motion"}
"""Noise records of the MIT-BIH Noise Stress Test Database and what they hold."""

QRS_SIDE_S = 0.05
"""Seconds on both sides of an annotation within which a QRS complex is measured."""

TRIMMED = 0.05
"""Share of the smallest, and of the largest, measurements that a mean leaves out."""


def qrs_amplitude(signal: np.ndarray, fs: float, r_peaks: np.ndarray) -> float:
    """Trimmed mean of the heights of the QRS complexes of a signal (samples,), in its unit."""
    side = round(QRS_SIDE_S * fs)
    inside = r_peaks[(r_peaks >= side) & (r_peaks < len(signal) - side)]
    if not len(inside):
        raise EcgError("no beat to measure a QRS amplitude by; choose a longer stretch")
    complexes = signal[inside[:, None] + np.arange(-side, side + 1)]
    return float(trim_mean(np.ptp(complexes, axis=1), TRIMMED))


def noise_level(noise: np.ndarray, fs: float) -> float:
    """Trimmed mean of the root mean squares of each second of noise (samples,), in its unit."""
    # The mean of each second is taken off first, so a slower wander counts for little.
    second = round(fs)
    if len(noise) < second:
        raise EcgError(f"{len(noise)} samples of noise are less than the second needed")
    seconds = noise[: len(noise) // second * second].reshape(-1, second)
    return float(trim_mean(seconds.std(axis=1), TRIMMED))


def add_noise(
    signal: np.ndarray, noise: np.ndarray, fs: float, r_peaks: np.ndarray, snr_db: float
) -> np.ndarray:
    """Add noise to an ECG so strongly that it has a given signal-to-noise ratio.

    The power of the ECG is taken to be that of a sine as high as its QRS complexes, a
    square of the amplitude over eight, whatever lies between them.

    Parameters
    ----------
    signal, noise : array, shape (samples,)
        One lead, and as much noise.
    fs : float
        Sampling frequency of both in Hz.
    r_peaks : array of int, shape (beats,)
        Sample numbers of the beats in the signal.
    snr_db : float
        Signal-to-noise ratio in dB, as ``nst`` defines it.

    Returns
    -------
    array, shape (samples,)

    Raises
    ------
    EcgError
        If the lengths differ, the noise is silent, or one of them cannot be measured.
    """
    if len(signal) != len(noise):
        raise EcgError(f"{len(noise)} samples of noise for {len(signal)} of signal; cut one")
    level = noise_level(noise, fs)
    if level == 0:
        raise EcgError("a silent noise cannot be brought to a signal-to-noise ratio")
    wanted = qrs_amplitude(signal, fs, r_peaks) / np.sqrt(8) / 10 ** (snr_db / 20)
    return signal + wanted / level * noise


def snr(clean: np.ndarray, signal: np.ndarray) -> float:
    """Measure the signal-to-noise ratio of a signal whose clean original is known.

    Parameters
    ----------
    clean, signal : array, shape (samples,)
        The original, and what noise and filters have made of it, in the same unit.

    Returns
    -------
    float
        Ratio of the two powers in dB. Everything in which the two differ is noise, except for a
        constant offset; infinite where they do not differ.

    Raises
    ------
    EcgError
        If the original is flat.

    Examples
    --------
    >>> import numpy as np
    >>> clean = np.tile([1.0, -1.0], 500)
    >>> round(snr(clean, 1.1 * clean), 6)
    20.0
    """
    power, error = np.var(clean), np.var(signal - clean)
    if power == 0:
        raise EcgError("a flat signal has no signal-to-noise ratio")
    with np.errstate(divide="ignore"):
        return float(10 * np.log10(power / error))
