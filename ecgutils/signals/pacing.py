"""Which beats a pacemaker has made.

Its impulse lasts a millisecond or two. Some recorders show it, as a spike that is narrower than any
wave of a heart. Others smear it, as tape does: then a wide beat begins with a jump out of a calm
signal. How such a jump looks is learnt from the recording itself, so that it is found again
before beats that the heart has made in part.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ecgutils.io.record import Record

SLOWEST_HZ = 240.0
"""Sampling frequency from which on an impulse differs from a narrow QRS complex.

At 200 Hz and less, whole records of MIT-BIH without a pacemaker would be called paced.
"""

HINT_HZ, HINT_SHARE = 120.0, 0.22
"""Sampling frequency, and share of the beats that are wide after a jump, from which on beats may
be paced. At 128 Hz it is 0.32 to 0.58 in MIT-BIH's four paced records, and at most 0.14 in 82
others."""

FEWEST, LEAST_SHARE = 5, 0.01
"""Beats after a spike, and their share of all, from which on they are no chance."""

AROUND_S = (-0.36, 0.16)
"""Seconds around a beat that are looked at."""

SPIKES_S = (-0.30, -0.02)
"""Seconds around the middle of a beat in which spikes lie: before the QRS complex."""

SPIKE_S, APART_S = 0.004, 0.024
"""Seconds from the top of a spike to its foot, and to anything that is another spike."""

SPIKE_SHARE = 0.08
"""Least height of a spike, in units of the lead's usual beat."""

OUTSTANDING = 4.0
"""Times as tall as anything as narrow before the beat that a spike is; of spikes, two may come."""

MOVES = 0.5
"""Share of a spike's height by which the signal moves just before it, at most."""

INTERVAL_S = 0.03
"""Seconds by which the interval between a spike and its beat may differ from the usual one."""

SURE = 0.4
"""Share of the sure spikes that come at one interval, by chance a fifth; and share of the narrow
waves at that interval that are sure spikes."""

SAME_HEIGHT = 0.5
"""Share of the usual height from which on a narrow wave at that interval is a spike, too."""

JUMPS_S = (-0.13, 0.08)
"""Seconds around a beat in which a smeared impulse lies."""

JUMP_S, CALM_S = 0.0085, 0.04
"""Seconds for which a smeared impulse rises, and for which the signal is calm before."""

JUMP_SHARE, JUMP_MOVES = 0.12, 6.0
"""Least height of a jump, less twice that of what is before it, in usual beats and in moves.

A move is what a tenth of the stretches of :data:`CALM_S` around beats stay below. It is 0.01 to
0.03 of the usual beat in MIT-BIH's paced records, and 0.09 in 221, whose second lead is low.
"""

WIDE_S = 0.09
"""Seconds for which a paced beat is steep at least, without its impulse."""

IMPULSE_S, STEEP = 0.036, 0.2
"""Width of the median filter that takes an impulse away, and share of the steepest slope that is
steep."""

MOST_MEASURED = 200
"""Most beats that are measured, spread over the recording."""

SHARE_WIDE = 0.05
"""Share of the beats that begin with a jump and are wide, from which on jumps are impulses.

It is at most 0.002 in MIT-BIH's records without a pacemaker, and in the paced ones at least
0.39.
"""

MOSTLY = 0.6
"""Share of these that come at one interval before the middle of the beat; by chance a third."""

SHAPE_S = (0.02, 0.01)
"""Seconds before and after the top of a jump in which its shape is compared with that of others."""

UNLIKE = 0.55
"""Distance from an impulse, in units of that, from which on a jump is another wave."""

SHAPES = 3
"""Most shapes that the impulses of a recording have."""


def paced_beats(record: Record) -> np.ndarray:
    """Tell which beats come after an impulse of a pacemaker.

    Parameters
    ----------
    record : Record
        Its annotated beats are asked about, whatever their symbols. No sample is missing.

    Returns
    -------
    array of bool, shape (beats,)
        None are where the sampling frequency is below :data:`SLOWEST_HZ`.

    Examples
    --------
    >>> from ecgutils import database
    >>> share = paced_beats(database.read("217").between(0, 60)).mean()
    >>> bool(share > 0.8), bool(paced_beats(database.read("100").between(0, 60)).any())
    (True, False)
    """
    sample, fs = record.annotations.beats.sample, record.fs
    if fs < SLOWEST_HZ or len(sample) < FEWEST:
        return np.zeros(len(sample), dtype=bool)
    leads = [_around(signal, sample, fs) for signal in record.p_signal.T]
    return _after_jumps(leads) | np.any([_after_spikes(lead) for lead in leads], axis=0)


def may_be_paced(record: Record) -> bool:
    """Tell whether beats look paced in a recording whose sampling hides most impulses.

    Parameters
    ----------
    record : Record
        See :func:`paced_beats`.

    Returns
    -------
    bool
        False from :data:`SLOWEST_HZ` on, where beats can be told one by one.

    Examples
    --------
    >>> from ecgutils import database
    >>> slow = [database.read(name).between(0, 60).resampled(128) for name in ("102", "100")]
    >>> [may_be_paced(record) for record in slow]
    [True, False]
    """
    sample, fs = record.annotations.beats.sample, record.fs
    if not HINT_HZ <= fs < SLOWEST_HZ or len(sample) < FEWEST:
        return False
    leads = [_around(signal, sample, fs) for signal in record.p_signal.T]
    return any(_wide_after_jump(lead)[2] >= HINT_SHARE for lead in leads)


@dataclass(frozen=True)
class _Lead:
    """One lead around each beat."""

    # Shape (beats, samples); the beat is at sample `middle`.
    waves: np.ndarray
    middle: int
    fs: float
    # Height of the usual beat.
    usual: float

    @property
    def spike(self) -> float:
        """Least height of spikes."""
        return SPIKE_SHARE * self.usual

    def samples(self, seconds: float) -> int:
        """How many samples that is."""
        return round(seconds * self.fs)

    def part(self, ends: tuple[float, float], before: int, after: int) -> np.ndarray:
        """Cut out what lies between two times around each beat, and some samples more."""
        start, stop = (self.middle + self.samples(seconds) for seconds in ends)
        return self.waves[:, start - before : stop + after + 1]


def _around(signal: np.ndarray, sample: np.ndarray, fs: float) -> _Lead:
    """Cut a lead around each beat."""
    first, last = (round(seconds * fs) for seconds in AROUND_S)
    longer = np.pad(signal.astype(np.float32), (-first, last), "edge")
    waves = sliding_window_view(longer, last - first + 1)[sample]
    # About a hundred samples a second are enough for a height.
    usual = float(np.median(np.ptp(waves[:, :: max(1, round(fs / 100))], axis=1)))
    return _Lead(waves, -first, fs, usual)


def _after_spikes(lead: _Lead) -> np.ndarray:
    """Tell which beats come at a fixed interval after a spike, shape (beats,)."""
    narrow, found = _narrow(lead), np.zeros(len(lead.waves), dtype=bool)
    heights, places = _spikes(lead, narrow)
    reach = lead.samples(INTERVAL_S)
    # One before the atria and one before the ventricles.
    for _ in range(2):
        at = _most_frequent(places, reach)
        if at.sum() < max(FEWEST, SURE * len(at), LEAST_SHARE * len(found)):
            break
        usual = round(np.median(places[at]))
        near = narrow[:, max(0, usual - reach) : usual + reach + 1].max(axis=1)
        spiky = near >= max(lead.spike, SAME_HEIGHT * np.median(heights[at]))
        # Noise has many narrow waves, of which few stand out.
        if at.sum() >= SURE * spiky.sum():
            found |= spiky
        heights, places = heights[~at], places[~at]
    return found


def _foot(lead: _Lead) -> int:
    """Count the samples from the top of a spike to its foot."""
    return max(2, int(np.ceil(SPIKE_S * lead.fs)))


def _narrow(lead: _Lead) -> np.ndarray:
    """How tall the narrow waves are, shape (beats, samples); what is wider counts against them."""
    foot = _foot(lead)
    waves = lead.part(SPIKES_S, 2 * foot, 2 * foot)
    count = waves.shape[1] - 4 * foot
    top = waves[:, 2 * foot : 2 * foot + count]
    far_left, left, right, far_right = (
        top - waves[:, shift * foot : shift * foot + count] for shift in (0, 1, 3, 4)
    )
    up = 3 * np.minimum(left, right) - 2 * np.minimum(far_left, far_right)
    up = np.minimum(up, np.minimum(left, right))
    down = 2 * np.maximum(far_left, far_right) - 3 * np.maximum(left, right)
    down = np.minimum(down, -np.maximum(left, right))
    return np.maximum(up, down)


def _spikes(lead: _Lead, narrow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights and places of what is surely a spike: outstanding, and out of a calm signal."""
    beats = np.flatnonzero(narrow.max(axis=1) >= lead.spike)
    heights, places = _tallest(narrow[beats], lead.samples(APART_S))
    heights, places, third = heights[:, :2], places[:, :2], heights[:, 2:]
    calm = lead.samples(CALM_S / 2)
    waves = lead.part(SPIKES_S, _foot(lead) + calm, 0)[beats]
    before = places[:, :, None] + np.arange(calm + 1)
    moves = np.ptp(waves[np.arange(len(beats))[:, None, None], before], axis=2)
    seen = (heights >= np.maximum(lead.spike, OUTSTANDING * third)) & (moves <= MOVES * heights)
    return heights[seen], places[seen]


def _tallest(values: np.ndarray, apart: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the three highest values of each row, some samples apart, and where; (rows, 3)."""
    left, rows, columns = values.copy(), np.arange(len(values)), np.arange(values.shape[1])
    places = []
    for _ in range(3):
        places.append(left.argmax(axis=1))
        left[np.abs(columns - places[-1][:, None]) <= apart] = 0
    return np.stack([values[rows, place] for place in places], 1), np.stack(places, 1)


def _most_frequent(places: np.ndarray, reach: int) -> np.ndarray:
    """Tell which places lie within reach of the one near which most lie."""
    if not len(places):
        return np.zeros(0, dtype=bool)
    counts = np.bincount(places, minlength=reach + 1)
    near = np.convolve(counts, np.ones(2 * reach + 1), "full")[reach : reach + len(counts)]
    return np.abs(places - near.argmax()) <= reach


def _after_jumps(leads: list[_Lead]) -> np.ndarray:
    """Tell which beats begin with a smeared impulse, as wide ones do, shape (beats,)."""
    found = np.zeros(len(leads[0].waves), dtype=bool)
    jumps = [_wide_after_jump(lead) for lead in leads]
    wide, places, share = max(jumps, key=lambda of_lead: of_lead[2])
    if share < SHARE_WIDE:
        return found
    curves = [_curvature(lead) for lead in leads]
    for _ in range(SHAPES):
        others = wide[~found[wide]]
        if len(others) < max(FEWEST, SHARE_WIDE * len(wide)):
            break
        found |= _alike(curves, others, places[others], leads[0])
    return found


def _wide_after_jump(lead: _Lead) -> tuple[np.ndarray, np.ndarray, float]:
    """Find beats that are wide after a jump at the usual interval; where jumps are; their share.

    The share is zero where the interval is not the same.
    """
    heights, places = _jumps(lead)
    jumping = np.flatnonzero(heights >= 1)
    measured = jumping[_spread(len(jumping))]
    wide = measured[_width(lead, measured) >= WIDE_S]
    at = _most_frequent(places[wide], lead.samples(INTERVAL_S))
    if at.sum() <= MOSTLY * len(wide):
        return wide[:0], places, 0.0
    return wide[at], places, at.sum() / len(measured) * len(jumping) / len(heights)


def _jumps(lead: _Lead) -> tuple[np.ndarray, np.ndarray]:
    """Height of the tallest jump out of a calm signal in each beat, and where its top is.

    From 1 on it is tall enough to be an impulse.
    """
    rise, calm = max(1, lead.samples(JUMP_S)), lead.samples(CALM_S)
    waves = lead.part(JUMPS_S, rise + calm, 0)
    before = waves[:, :-rise]
    moves = _running(np.maximum, before, calm + 1) - _running(np.minimum, before, calm + 1)
    heights = np.abs(waves[:, rise + calm :] - waves[:, calm:-rise]) - 2 * moves
    places = heights.argmax(axis=1)
    least = max(JUMP_SHARE * lead.usual, JUMP_MOVES * _move(lead))
    return heights[np.arange(len(heights)), places] / least, places


def _move(lead: _Lead) -> float:
    """How far the signal moves where it is calm."""
    calm, chosen = lead.samples(CALM_S) + 1, _spread(len(lead.waves))
    waves = lead.waves[chosen]
    moves = _running(np.maximum, waves, calm) - _running(np.minimum, waves, calm)
    return float(np.percentile(moves, 10))


def _spread(count: int) -> np.ndarray:
    """Choose :data:`MOST_MEASURED` of so many beats, spread evenly."""
    return np.linspace(0, count - 1, min(count, MOST_MEASURED)).astype(int)


def _running(choose: np.ufunc, values: np.ndarray, width: int) -> np.ndarray:
    """Highest, or lowest, of so many values in a row, shape (rows, samples - width + 1)."""
    done = 1
    while done < width:
        more = min(done, width - done)
        values = choose(values[:, more:], values[:, :-more])
        done += more
    return values


def _width(lead: _Lead, beats: np.ndarray) -> np.ndarray:
    """Seconds for which beats are steep, without their impulses, shape (beats,)."""
    # scipy.ndimage takes long to import, and few recordings have such beats.
    from scipy.ndimage import median_filter

    waves = lead.part((-0.15, 0.15), 0, 0)[beats]
    smooth = median_filter(waves, (1, lead.samples(IMPULSE_S) | 1))
    steep = np.abs(np.gradient(smooth, axis=1))
    return (steep > STEEP * steep.max(axis=1, keepdims=True)).sum(axis=1) / lead.fs


def _curvature(lead: _Lead) -> np.ndarray:
    """How far each sample is from the line between those beside it, shape (beats, samples)."""
    rise = max(1, lead.samples(JUMP_S))
    before, after = (lead.samples(seconds) for seconds in SHAPE_S)
    waves = lead.part(JUMPS_S, before + rise, after + rise)
    return 2 * waves[:, rise:-rise] - waves[:, : -2 * rise] - waves[:, 2 * rise :]


def _alike(
    curves: list[np.ndarray], beats: np.ndarray, places: np.ndarray, lead: _Lead
) -> np.ndarray:
    """Tell which beats have somewhere what the given ones have at their places."""
    length = sum(lead.samples(seconds) for seconds in SHAPE_S) + 1
    # Once more with all of them put where they fit best.
    for _ in range(2):
        at = places[:, None] + np.arange(length)
        usual = [np.median(curve[beats[:, None], at], axis=0) for curve in curves]
        distance = sum(_distance(*pair) for pair in zip(curves, usual, strict=True))
        places = distance[beats].argmin(axis=1)
    return distance.min(axis=1) < UNLIKE**2 * sum(shape @ shape for shape in usual)


def _distance(curve: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """Squared distance of a shape from a curve, at each place; shape (beats, places)."""
    length, places = len(shape), curve.shape[1] - len(shape) + 1
    squares = np.pad(np.cumsum(np.square(curve, dtype=float), axis=1), ((0, 0), (1, 0)))
    product = sum(curve[:, k : k + places] * shape[k] for k in range(length))
    return squares[:, length:] - squares[:, :-length] - 2 * product + shape @ shape
