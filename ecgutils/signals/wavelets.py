"""Wavelet decomposition of signals and of beats; db2 is the paper's wavelet."""

import numpy as np
import pywt
from scipy.signal import freqz

from ecgutils.errors import EcgError

WAVELET = "db2"
"""Daubechies' wavelet with two vanishing moments, four filter taps."""

MAD_OF_NORMAL = 0.6745
"""Median absolute value of normally distributed numbers of standard deviation 1."""

ROUNDING = 1e-18
"""Share of a signal's mean square that is too small to be anything but rounding."""


def check_wavelet(name: str) -> pywt.Wavelet:
    """Look up a discrete wavelet.

    Parameters
    ----------
    name : str
        A name that PyWavelets knows, for example ``"db2"``.

    Returns
    -------
    pywt.Wavelet

    Raises
    ------
    EcgError
        If there is no discrete wavelet of that name.
    """
    try:
        return pywt.Wavelet(name)
    except (ValueError, TypeError):
        raise EcgError(
            f"unknown wavelet {name!r}; choose one of pywt.wavelist(kind='discrete'), such as 'db2'"
        ) from None


def check_level(samples: int, wavelet: pywt.Wavelet, level: int) -> None:
    """Refuse a decomposition level that the signal is too short for.

    Parameters
    ----------
    samples : int
        Length of the signal.
    wavelet : pywt.Wavelet
    level : int
        Number of decomposition levels asked for.

    Raises
    ------
    EcgError
        If ``level`` is below one or above ``pywt.dwt_max_level``.
    """
    highest = pywt.dwt_max_level(samples, wavelet.dec_len)
    if not 1 <= level <= highest:
        raise EcgError(
            f"{samples} samples allow {wavelet.name} levels 1 to {highest}, not level {level}"
        )


def approximation(windows: np.ndarray, wavelet: str = WAVELET, level: int = 1) -> np.ndarray:
    """Approximation coefficients of each beat, the low half of its frequencies a level.

    Parameters
    ----------
    windows : array, shape (beats, samples, leads)
        Beats of equal length.
    wavelet : str
        Name of a discrete wavelet.
    level : int
        How often the signal is halved.

    Returns
    -------
    array of float32, shape (beats, coefficients, leads)
        280 samples become 141 coefficients at level 1 of db2 (half the samples plus
        the overlap of the filter at the edges).

    Raises
    ------
    EcgError
        If the wavelet is unknown or the beats are too short for the level.
    """
    filters = check_wavelet(wavelet)
    check_level(windows.shape[1], filters, level)
    coefficients = np.asarray(windows, dtype=np.float32)
    for _ in range(level):
        coefficients, _ = pywt.dwt(coefficients, filters, mode="symmetric", axis=1)
    return coefficients


def bands(fs: float, level: int) -> dict[str, tuple[float, float]]:
    """Frequency band that each set of coefficients nominally holds.

    Parameters
    ----------
    fs : float
        Sampling frequency in Hz.
    level : int
        Number of decomposition levels.

    Returns
    -------
    dict of str to (float, float)
        ``{"D1": (fs / 4, fs / 2), ..., "A<level>": (0, ...)}`` in Hz. The filters of db2
        are short, so neighbouring bands overlap.
    """
    edges = {f"D{k}": (fs / 2 ** (k + 1), fs / 2**k) for k in range(1, level + 1)}
    return edges | {f"A{level}": (0.0, fs / 2 ** (level + 1))}


def decompose(signal: np.ndarray, wavelet: str = WAVELET, level: int = 8) -> dict[str, np.ndarray]:
    """Split a signal into one component a level; the components add up to the signal.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead.
    wavelet : str
        Name of a discrete wavelet.
    level : int
        Number of decomposition levels.

    Returns
    -------
    dict of str to array of shape (samples,)
        ``D1`` (finest) to ``D<level>``, then ``A<level>``, each in the unit of the signal.

    Raises
    ------
    EcgError
        If the wavelet is unknown or the signal is too short for the level.
    """
    filters = check_wavelet(wavelet)
    check_level(len(signal), filters, level)
    coefficients = pywt.wavedec(signal, filters, level=level)
    names = [f"A{level}"] + [f"D{k}" for k in range(level, 0, -1)]
    parts = {}
    for position, name in enumerate(names):
        alone = [c if k == position else np.zeros_like(c) for k, c in enumerate(coefficients)]
        parts[name] = pywt.waverec(alone, filters)[: len(signal)]
    return {name: parts[name] for name in reversed(names)}


def energy_shares(parts: dict[str, np.ndarray]) -> dict[str, float]:
    """Tell how the energy of a signal is spread over its components.

    A constant offset is not counted, so the shares are of the variance.

    Parameters
    ----------
    parts : dict of str to array of shape (samples,)
        From :func:`decompose`.

    Returns
    -------
    dict of str to float
        Share of each component; they add up to 1.

    Raises
    ------
    EcgError
        If the signal is flat.
    """
    variances = {name: float(np.var(part)) for name, part in parts.items()}
    total = sum(variances.values())
    # Rounding leaves a trace of variance in the components of a flat signal.
    if total <= ROUNDING * sum(float(np.mean(np.square(part))) for part in parts.values()):
        raise EcgError("a flat signal has no energy to share out")
    return {name: variance / total for name, variance in variances.items()}


def band_gains(
    fs: float, wavelet: str = WAVELET, level: int = 1, points: int = 2000
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Frequency response of the filter behind each set of coefficients.

    Parameters
    ----------
    fs : float
        Sampling frequency in Hz.
    wavelet : str
        Name of a discrete wavelet.
    level : int
        Number of decomposition levels.
    points : int
        Number of frequencies.

    Returns
    -------
    frequency : array, shape (points,)
        In Hz, from 0 to half the sampling frequency.
    gains : dict of str to array of shape (points,)
        ``D1`` to ``D<level>``, then ``A<level>``: what is left of the amplitude of a sine
        of each frequency; the squares add up to 1.

    Raises
    ------
    EcgError
        If the wavelet is unknown.
    """
    filters = check_wavelet(wavelet)
    frequency = np.linspace(0, fs / 2, points)
    angle = 2 * np.pi * frequency / fs
    gains, passed = {}, np.ones(points)
    for k in range(1, level + 1):
        # Each level meets a signal of half the samples, where all angles are twice as large.
        low, high = (
            np.abs(freqz(taps, worN=angle * 2 ** (k - 1))[1]) / np.sqrt(2)
            for taps in (filters.dec_lo, filters.dec_hi)
        )
        gains[f"D{k}"], passed = passed * high, passed * low
    return frequency, gains | {f"A{level}": passed}


def denoise(
    signal: np.ndarray,
    wavelet: str = WAVELET,
    level: int = 8,
    noisy_levels: int = 4,
    stationary: bool = True,
) -> np.ndarray:
    """Take baseline wander and broad-band noise out of a signal.

    The baseline is the coarsest approximation, and is left out. The finest details are
    shrunk towards zero by the level's own noise times the square root of ``2 ln(samples)``
    (soft universal threshold); the noise is estimated as the median absolute coefficient
    over 0.6745, which QRS complexes hardly move as they fill a small part of the time.

    Parameters
    ----------
    signal : array, shape (samples,)
        One lead, all values finite.
    wavelet : str
        Name of a discrete wavelet.
    level : int
        Number of decomposition levels. At 360 Hz, the approximation at level 8 holds what
        is slower than 0.7 Hz.
    noisy_levels : int
        How many of the finest levels are thresholded. At 360 Hz, four reach down to 11 Hz.
    stationary : bool
        Whether the transform keeps all samples at each level, which makes the result
        independent of where the signal begins and leaves less noise, or halves them.

    Returns
    -------
    array, shape (samples,)
        In the unit of the signal, without its offset.

    Raises
    ------
    EcgError
        If the wavelet is unknown, the signal is too short for the level, or more levels are
        called noisy than there are.

    References
    ----------
    Donoho, IEEE Transactions on Information Theory 41:613 (1995), doi 10.1109/18.382009,
    for the threshold; Johnstone and Silverman, Journal of the Royal Statistical Society B
    59:319 (1997), doi 10.1111/1467-9868.00071, for estimating the noise level by level;
    Coifman and Donoho, Lecture Notes in Statistics 103:125 (1995), for the stationary
    transform.
    """
    filters = check_wavelet(wavelet)
    check_level(len(signal), filters, level)
    if not 0 <= noisy_levels <= level:
        raise EcgError(f"{noisy_levels} noisy levels of {level} in all are not possible")
    analyse, synthesise = (_swt, _iswt) if stationary else (pywt.wavedec, pywt.waverec)
    edge = filters.dec_len * 2**level
    # Mirrored ends, because the stationary transform takes the signal to be periodic.
    mirrored = np.pad(signal, (edge, edge + -len(signal) % 2**level), mode="symmetric")
    coefficients = analyse(mirrored, filters, level=level)
    coefficients[0] = np.zeros_like(coefficients[0])
    for k in range(1, noisy_levels + 1):
        coefficients[-k] = _shrink(coefficients[-k])
    return synthesise(coefficients, filters)[edge : edge + len(signal)]


def _shrink(details: np.ndarray) -> np.ndarray:
    """Soft threshold by the noise of the details themselves."""
    noise = np.median(np.abs(details)) / MAD_OF_NORMAL
    threshold = noise * np.sqrt(2 * np.log(len(details)))
    # pywt.threshold divides by the details, which are zero in a flat signal.
    return np.sign(details) * np.maximum(np.abs(details) - threshold, 0)


def _swt(signal: np.ndarray, wavelet: pywt.Wavelet, level: int) -> list[np.ndarray]:
    return pywt.swt(signal, wavelet, level, trim_approx=True, norm=True)


def _iswt(coefficients: list[np.ndarray], wavelet: pywt.Wavelet) -> np.ndarray:
    return pywt.iswt(coefficients, wavelet, norm=True)
