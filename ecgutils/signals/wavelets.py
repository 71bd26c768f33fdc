"""Wavelet decomposition of signals and of beats; db2 is the paper's wavelet."""

import numpy as np
import pywt
from scipy.signal import freqz

from ecgutils.errors import EcgError
from ecgutils.signals.gaps import refuse_missing

WAVELET = "db2"
"""Daubechies' wavelet with two vanishing moments, four filter taps."""

LEVELS = 8
"""Levels that `denoise` splits a signal into."""

MAD_OF_NORMAL = 0.6745
"""Median absolute value of normally distributed numbers of standard deviation 1."""

ROUNDING = 1e-18
"""Share of a signal's mean square that is too small to be anything but rounding."""


def approximation(windows: np.ndarray, wavelet: str = WAVELET, level: int = 1) -> np.ndarray:
    """Approximation coefficients of each beat; each level keeps the lower half of the frequencies.

    Parameters
    ----------
    windows : array, shape (beats, samples, leads)
    wavelet : str
        Name of a discrete wavelet.
    level : int
        How often the signal is halved.

    Returns
    -------
    array of float32, shape (beats, coefficients, leads)

    Raises
    ------
    EcgError
        If the wavelet is unknown, the beats are too short for the level, or a sample is missing.

    Examples
    --------
    >>> import numpy as np
    >>> approximation(np.zeros((7, 280, 2))).shape
    (7, 141, 2)
    """
    filters = _checked(wavelet, windows.shape[1], level)
    refuse_missing(windows, "a wavelet transform")
    return pywt.wavedec(np.asarray(windows, dtype=np.float32), filters, level=level, axis=1)[0]


def bands(fs: float, level: int) -> dict[str, tuple[float, float]]:
    """Frequency band in Hz that each set of coefficients nominally holds; those of db2 overlap.

    Parameters
    ----------
    fs, level : float, int
        Sampling frequency in Hz, and number of decomposition levels.

    Returns
    -------
    dict of str to (float, float)

    Examples
    --------
    >>> bands(fs=360, level=2)
    {'D1': (90.0, 180.0), 'D2': (45.0, 90.0), 'A2': (0.0, 45.0)}
    """
    edges = {f"D{k}": (fs / 2 ** (k + 1), fs / 2**k) for k in range(1, level + 1)}
    return edges | {f"A{level}": (0.0, fs / 2 ** (level + 1))}


def decompose(signal: np.ndarray, wavelet: str = WAVELET, level: int = 8) -> dict[str, np.ndarray]:
    """Split a signal into one component per level; the components add up to the signal.

    Parameters
    ----------
    signal : array, shape (samples,)
    wavelet, level
        See :func:`approximation`, also for errors.

    Returns
    -------
    dict of str to array of shape (samples,)
        ``D1`` (finest) to ``D<level>``, then ``A<level>``, each in the unit of the signal.

    Examples
    --------
    >>> import numpy as np
    >>> signal = np.sin(np.arange(1000.0))
    >>> parts = decompose(signal, level=3)
    >>> list(parts), bool(np.allclose(sum(parts.values()), signal))
    (['D1', 'D2', 'D3', 'A3'], True)
    """
    filters = _checked(wavelet, len(signal), level)
    refuse_missing(signal, "a wavelet transform")
    # In this mode the components are those of `pywt.wavedec`.
    coarsest, *details = pywt.mra(signal, filters, level, transform="dwt", mode="symmetric")
    named = {f"D{k}": part for k, part in enumerate(reversed(details), start=1)}
    return named | {f"A{level}": coarsest}


def energy_shares(parts: dict[str, np.ndarray]) -> dict[str, float]:
    """Share of each component, from `decompose`, in the variance of the signal."""
    variances = {name: float(np.var(part)) for name, part in parts.items()}
    total = sum(variances.values())
    # Rounding leaves a trace of variance in the components of a flat signal.
    if total <= ROUNDING * sum(float(np.mean(np.square(part))) for part in parts.values()):
        raise EcgError("a flat signal has no energy to share out")
    return {name: variance / total for name, variance in variances.items()}


def band_gains(fs: float, level: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Frequency response of db2's filter behind each set of coefficients.

    Parameters
    ----------
    fs, level : float, int
        Sampling frequency in Hz, and number of decomposition levels.

    Returns
    -------
    frequency : array, shape (points,)
        In Hz, from 0 to half the sampling frequency.
    gains : dict of str to array of shape (points,)
        ``D1`` to ``D<level>``, then ``A<level>``: what is left of the amplitude of a sine; the
        squares add up to 1.
    """
    filters = pywt.Wavelet(WAVELET)
    frequency = np.linspace(0, fs / 2, 2000)
    angle = 2 * np.pi * frequency / fs
    gains, passed = {}, np.ones(len(frequency))
    for k in range(1, level + 1):
        # Each level meets a signal of half the samples, where all angles are twice as large.
        angles = angle * 2 ** (k - 1)
        low, high = (np.abs(freqz(taps, worN=angles)[1]) for taps in filters.filter_bank[:2])
        gains[f"D{k}"], passed = passed * (high / np.sqrt(2)), passed * (low / np.sqrt(2))
    return frequency, gains | {f"A{level}": passed}


def denoise(
    signal: np.ndarray, wavelet: str = WAVELET, noisy_levels: int = 4, stationary: bool = True
) -> np.ndarray:
    """Take baseline wander and broad-band noise out of a signal.

    The coarsest approximation, the baseline, is left out. The finest details are shrunk by
    ``sqrt(2 ln(samples))`` times the level's own noise (soft universal threshold): the median
    absolute coefficient over 0.6745, which QRS complexes hardly move.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead, all values finite.
    wavelet : str
        See :func:`approximation`. At 360 Hz, A8 holds what is slower than 0.7 Hz.
    noisy_levels : int
        How many of the finest levels are thresholded. At 360 Hz, four reach down to 11 Hz.
    stationary : bool
        Whether the transform keeps all samples at each level. That leaves less noise, and the
        result does not depend on where the signal begins.

    Returns
    -------
    array, shape (samples,)
        In the unit of the signal, without its offset.

    Raises
    ------
    EcgError
        If the wavelet is unknown, the signal too short, a sample missing, or `noisy_levels`
        above eight.

    References
    ----------
    Threshold: Donoho, IEEE Trans Inf Theory 41:613 (1995), doi 10.1109/18.382009. Noise by level:
    Johnstone and Silverman, J R Stat Soc B 59:319 (1997), doi 10.1111/1467-9868.00071. Stationary
    transform: Coifman and Donoho, Lecture Notes in Statistics 103:125 (1995).

    Examples
    --------
    >>> from ecgutils import database
    >>> cleaned = denoise(database.read("103").lead("MLII")[:3600] + 5)
    >>> cleaned.shape, bool(abs(cleaned.mean()) < 0.1)
    ((3600,), True)
    """
    filters = _checked(wavelet, len(signal), LEVELS)
    refuse_missing(signal, "denoising")
    if not 0 <= noisy_levels <= LEVELS:
        raise EcgError(f"{noisy_levels} noisy levels of {LEVELS} in all are not possible")
    edge = filters.dec_len * 2**LEVELS
    # Mirrored ends, because the stationary transform takes the signal to be periodic.
    mirrored = np.pad(signal, (edge, edge + -len(signal) % 2**LEVELS), mode="symmetric")
    if stationary:
        coefficients = pywt.swt(mirrored, filters, LEVELS, trim_approx=True, norm=True)
    else:
        coefficients = pywt.wavedec(mirrored, filters, level=LEVELS)
    coefficients[0] = np.zeros_like(coefficients[0])
    for k in range(1, noisy_levels + 1):
        coefficients[-k] = _shrink(coefficients[-k])
    if stationary:
        cleaned = pywt.iswt(coefficients, filters, norm=True)
    else:
        cleaned = pywt.waverec(coefficients, filters)
    return cleaned[edge : edge + len(signal)]


def _checked(name: str, samples: int, level: int) -> pywt.Wavelet:
    """Look up a wavelet and refuse a level that a signal of so many samples is too short for."""
    try:
        wavelet = pywt.Wavelet(name)
    except (ValueError, TypeError):
        known = "choose one of pywt.wavelist(kind='discrete'), such as 'db2'"
        raise EcgError(f"unknown wavelet {name!r}; {known}") from None
    highest = pywt.dwt_max_level(samples, wavelet.dec_len)
    if not 1 <= level <= highest:
        raise EcgError(f"{samples} samples allow {name} levels 1 to {highest}, not level {level}")
    return wavelet


def _shrink(details: np.ndarray) -> np.ndarray:
    """Soft threshold by the noise of the details themselves."""
    noise = np.median(np.abs(details)) / MAD_OF_NORMAL
    threshold = noise * np.sqrt(2 * np.log(len(details)))
    # pywt.threshold divides by the details, which are zero in a flat signal.
    return np.sign(details) * np.maximum(np.abs(details) - threshold, 0)
