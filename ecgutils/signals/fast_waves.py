"""Seconds of a recording in which fast wide waves follow each other without a pause.

Between QRS complexes an ECG is flat for most of the time. In ventricular fibrillation, in flutter
and in most ventricular tachycardias it is not. Two measures of four seconds tell them apart from
other rhythms. One is how much is left of waves that are added to themselves half a period later
(Kuo and Dillman, Computers in Cardiology 1978). The other is how steep the signal usually is, in
units of its steepest parts (as Irusta and others, IEEE Trans Biomed Eng 59:1, 2012).
Waves that are faster or slower than a heart's are none, as in muscle artefacts and hum.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import maximum_filter1d, median_filter
from scipy.signal import find_peaks, resample_poly

from ecgutils.io.record import Record
from ecgutils.signals.filters import bandpass
from ecgutils.signals.rolling import percentiles


@dataclass(frozen=True)
class FastWaves:
    """Constants of the search, from VFDB and CUDB (odd records), MIT-BIH and recorded noise."""

    # Samples of a second: waves of up to 30 Hz are looked at.
    hz: int = 100
    wave_hz: tuple[float, float] = (0.7, 30.0)
    steep_hz: tuple[float, float] = (2.0, 25.0)
    # Height in mV below which there is only the rounding of a filter.
    silent: float = 1e-3
    # Half periods that fast waves can have in the mean: so 80 to 500 waves a minute.
    half_periods_s: tuple[float, float] = (0.06, 0.37)
    # Seconds that are measured at a time.
    window_s: int = 4
    # Logistic regression of one lead's window: log odds, and what leakage and steepness add.
    # `ecgutils.studies.fast_rhythms` fits them; white noise was learnt from as well.
    bias: float = 1.6
    weights: tuple[float, float] = (-12.6, 28.0)
    # Log odds that one second can add at most, and what a change from or to fast waves costs.
    most: float = 3.0
    change: float = 5.0
    # Correlation from which on waves are regular, and seconds after which they may be repeated.
    # Faster waves than 250 a minute are flutter.
    alike: float = 0.9
    intervals_s: tuple[float, float] = (0.14, 0.60)
    flutter_s: float = 0.24
    # After several intervals the likeness may be larger; the first one counts that is nearly so.
    nearly: float = 0.9
    # Seconds whose median tells whether waves are regular.
    steady_s: int = 7
    # Frequencies of regular waves whose peaks are beats; how far apart these are at least, in
    # intervals, and how much they stand out, in heights of the waves.
    peak_hz: tuple[float, float] = (1.0, 12.0)
    least_apart: float = 0.6
    least_prominent: float = 0.3


FAST_WAVES = FastWaves()

WINDOW = FAST_WAVES.window_s * FAST_WAVES.hz
"""Samples of a window."""

NO_WAVES = (1.0, 0.0)
"""Measures of a window whose waves are too slow or too fast to be a heart's."""


def fast_waves(record: Record, faulty: np.ndarray) -> np.ndarray:
    """Find the seconds with fast wide waves.

    Parameters
    ----------
    record : Record
        Any number of leads, no sample missing, at least ten seconds.
    faulty : array of bool, shape (seconds, leads)
        Where a lead cannot be read. Such seconds say nothing; what lies around them counts.

    Returns
    -------
    array of str, shape (seconds,)
        ``"VT"`` where the waves are as regular as beats, 100 to 250 a minute; ``"VFL"`` where
        they are not, as in flutter and fibrillation; ``""`` elsewhere.

    Examples
    --------
    >>> from ecgutils import database
    >>> part = database.read("207").between(0, 60)
    >>> found = fast_waves(part, np.zeros((60, 2), dtype=bool))
    >>> np.flatnonzero(found == "VFL").size > 10
    True
    """
    leads = [resampled_lead(signal, record.fs) for signal in record.p_signal.T]
    odds = [log_odds(window_measures(lead)) for lead in leads]
    readable = readable_windows(faulty)
    fast = most_likely_course(together(np.stack(odds, axis=1), readable))
    return np.select([_regular(leads, fast, readable), fast], ["VT", "VFL"], "")


def wave_peaks(record: Record, faulty: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Find the beats where waves are regular.

    Parameters
    ----------
    record, faulty
        See :func:`fast_waves`.
    waves : array of str, shape (seconds,)
        What that gives.

    Returns
    -------
    array of int64, shape (beats,)
        Samples of the peaks of the waves, in the lead in which they are tallest.
    """
    seconds = np.flatnonzero(waves == "VT")
    if not len(seconds):
        return np.empty(0, dtype=np.int64)
    leads = [resampled_lead(signal, record.fs) for signal in record.p_signal.T]
    runs = np.split(seconds, np.flatnonzero(np.diff(seconds) > 1) + 1)
    peaks = np.concatenate([_run_peaks(leads, run, readable_windows(faulty)) for run in runs])
    sample = np.rint(peaks * round(record.fs) / FAST_WAVES.hz).astype(np.int64)
    return np.minimum(sample, len(record.p_signal) - 1)


def window_measures(lead: np.ndarray) -> np.ndarray:
    """Measure leakage and steepness around each second of a lead at 100 Hz, (seconds, 2)."""
    steep = np.abs(np.gradient(bandpass(lead, FAST_WAVES.hz, *FAST_WAVES.steep_hz)))
    usual, steepest = percentiles(_windows(steep), [50, 98])
    windows = _windows(lead)
    windows -= windows.mean(axis=1, keepdims=True)
    height = np.abs(windows)
    half = _half_periods(height, lead)
    measures = [_leakage(windows, height, half), usual / (steepest + FAST_WAVES.silent)]
    shortest, longest = FAST_WAVES.half_periods_s
    others = (half < shortest * FAST_WAVES.hz) | (half > longest * FAST_WAVES.hz)
    return np.where(others[:, None], NO_WAVES, np.stack(measures, axis=1))


def log_odds(measures: np.ndarray) -> np.ndarray:
    """Log odds of fast wide waves, by leakage and steepness (..., 2)."""
    return FAST_WAVES.bias + measures @ FAST_WAVES.weights


def resampled_lead(signal: np.ndarray, fs: float) -> np.ndarray:
    """Bring a lead to 100 samples in each of its seconds, without wander and hum."""
    second = round(fs)
    common = np.gcd(second, FAST_WAVES.hz)
    lead = resample_poly(signal, FAST_WAVES.hz // common, second // common)
    return bandpass(lead, FAST_WAVES.hz, *FAST_WAVES.wave_hz)


def readable_windows(faulty: np.ndarray) -> np.ndarray:
    """Tell which windows of which leads hold no faulty second, (seconds, leads)."""
    return ~maximum_filter1d(faulty, FAST_WAVES.window_s + 1, axis=0)


def _windows(lead: np.ndarray) -> np.ndarray:
    """Cut the samples around the middle of each second; those at an end are the same."""
    return sliding_window_view(lead, WINDOW)[_starts(len(lead))]


def _starts(samples: int) -> np.ndarray:
    """Where the windows of a lead begin."""
    starts = np.arange(0, samples, FAST_WAVES.hz) + (FAST_WAVES.hz - WINDOW) // 2
    return np.clip(starts, 0, samples - WINDOW)


def _half_periods(height: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Measure half a wave in samples, as if all waves of a window were one sine; (windows,).

    Given is how high the samples of the lead's windows are, (windows, samples).
    """
    change = np.abs(np.diff(lead))
    change = sliding_window_view(change, WINDOW - 1)[_starts(len(lead))].sum(axis=1)
    periods = np.rint(np.pi * height.sum(axis=1) / (change + 1e-9))
    return np.clip(periods, 1, WINDOW // 2).astype(int)


def _leakage(windows: np.ndarray, height: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Share of each window's waves that is left after their half periods have been added."""
    left = np.empty(len(windows))
    for period in np.unique(half):
        rows = half == period
        waves, high = windows[rows], height[rows]
        both = high[:, period:].mean(axis=1) + high[:, :-period].mean(axis=1)
        # A flat line has no waves that could cancel.
        rest = np.abs(waves[:, period:] + waves[:, :-period]).mean(axis=1) + FAST_WAVES.silent
        left[rows] = rest / (both + FAST_WAVES.silent)
    return left


def together(odds: np.ndarray, readable: np.ndarray) -> np.ndarray:
    """Mean of the readable leads in each second, bounded; zero where none is."""
    count = readable.sum(axis=1)
    mean = np.where(readable, odds, 0).sum(axis=1) / np.maximum(count, 1)
    return np.where(count > 0, np.clip(mean, -FAST_WAVES.most, FAST_WAVES.most), 0)


def most_likely_course(odds: np.ndarray) -> np.ndarray:
    """Choose the most likely course of states (Viterbi), where changes are rare; (seconds,)."""
    if (odds <= 0).all():
        return np.zeros(len(odds), dtype=bool)
    # By how much the best course that ends in fast waves is likelier than the best other one.
    change, ahead = FAST_WAVES.change, [0.0]
    for more in odds.tolist():
        ahead.append(min(max(ahead[-1], -change), change) + more)
    fast, state = np.empty(len(odds), dtype=bool), ahead[-1] > 0
    for second in range(len(odds) - 1, -1, -1):
        fast[second] = state
        state = ahead[second] > (-change if state else change)
    return fast


def _regular(leads: list[np.ndarray], fast: np.ndarray, readable: np.ndarray) -> np.ndarray:
    """Of the seconds with fast waves, those in which the waves are as regular as beats."""
    regular, seconds = np.zeros(len(fast), dtype=bool), np.flatnonzero(fast)
    if len(seconds):
        alike, interval = _likeness(leads, seconds, readable)
        slow = interval >= FAST_WAVES.flutter_s
        regular[seconds] = slow & (alike >= FAST_WAVES.alike)
        regular = median_filter(regular, FAST_WAVES.steady_s, mode="nearest")
    # The windows of the first and the last seconds hold something else as well.
    return fast & maximum_filter1d(regular, FAST_WAVES.window_s + 1)


def _likeness(
    leads: list[np.ndarray], seconds: np.ndarray, readable: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How much the waves around some seconds resemble the next ones, and after how long in s."""
    known = readable[seconds] / np.maximum(readable[seconds].sum(axis=1, keepdims=True), 1)
    own = [_autocorrelation(_windows(lead)[seconds]) for lead in leads]
    mean = np.einsum("lsp,sl->sp", np.stack(own), known)
    first, last = (round(limit * FAST_WAVES.hz) for limit in FAST_WAVES.intervals_s)
    inner = mean[:, first : last + 1]
    higher = np.maximum(mean[:, first - 1 : last], mean[:, first + 1 : last + 2])
    peaks = np.where(inner >= higher, inner, 0)
    most = peaks.max(axis=1)
    shortest = np.argmax(peaks >= FAST_WAVES.nearly * most[:, None], axis=1)
    return most, (shortest + first) / FAST_WAVES.hz


def _autocorrelation(windows: np.ndarray) -> np.ndarray:
    """Correlation of each window with itself after each shift, (windows, samples)."""
    windows = windows - windows.mean(axis=1, keepdims=True)
    samples = windows.shape[1]
    products = np.fft.irfft(np.abs(np.fft.rfft(windows, 2 * samples)) ** 2)[:, :samples]
    overlap = samples / (samples - np.arange(samples))
    return overlap * products / (products[:, :1] + 1e-12)


def _run_peaks(leads: list[np.ndarray], seconds: np.ndarray, readable: np.ndarray) -> np.ndarray:
    """Peaks of regular waves in seconds that follow each other, at 100 Hz."""
    hz = FAST_WAVES.hz
    _, interval = _likeness(leads, seconds, readable)
    part = slice(seconds[0] * hz, (seconds[-1] + 1) * hz)
    waves = [bandpass(lead, hz, *FAST_WAVES.peak_hz)[part] for lead in leads]
    tallest = max(waves, key=np.std)
    low, high = np.percentile(tallest, [2, 98])
    # The narrower side of the waves is the taller one.
    upright = tallest if high > -low else -tallest
    apart = FAST_WAVES.least_apart * np.median(interval) * hz
    prominence = FAST_WAVES.least_prominent * (high - low)
    peaks, _ = find_peaks(upright, distance=max(1, apart), prominence=prominence)
    return part.start + peaks
