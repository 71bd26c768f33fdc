"""Which of the candidates are the beats: the most plausible sequence of all.

A candidate speaks for itself by its height, and against itself where it is early, or low right
after a tall one, as a T wave is. A gap speaks for the candidates in it. The sequence with the
highest sum is found by dynamic programming, so what follows counts as much as what came before.
"""

from dataclasses import dataclass
from operator import add

import numpy as np

from ecgutils.signals import settings
from ecgutils.signals.rolling import rolling_median

PREDECESSORS = 16
"""Candidates before each that may be the beat before it; over more, a gap costs no more."""

RR_LIMITS_S = (0.2, 2.0)
"""Intervals between which the usual one is taken to lie."""


@dataclass(frozen=True)
class Candidates:
    """Where beats may be; arrays of shape (candidates,)."""

    # In seconds, ascending.
    time: np.ndarray
    # How steep the leads are together, in units of their usual QRS complexes.
    height: np.ndarray
    # How sharp they are, in the same units.
    sharp: np.ndarray
    # Of the leads there, as Steepness has it.
    noise: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Candidates":
        parts = (self.time, self.height, self.sharp, self.noise)
        return Candidates(*(part[chosen] for part in parts))


def choose_beats(candidates: Candidates) -> np.ndarray:
    """Tell which candidates are beats, shape (candidates,) of bool."""
    height, needed = candidates.height, _even_height(candidates, 1.0)
    if not len(height):
        return np.zeros(0, dtype=bool)
    beats = height >= np.minimum(needed, 1) * np.percentile(height, 90)
    # What is usual depends on what is a beat, and the other way round.
    for _ in range(settings.DETECTOR.rounds):
        before, rr = beats, _usual_rr(candidates.time, beats)
        usual = _usual_height(candidates, beats | _low_beats(candidates, beats, rr))
        kept = np.flatnonzero(height > settings.DETECTOR.lowest * usual)
        beats = np.zeros(len(height), dtype=bool)
        beats[kept[_best_sequence(candidates[kept], usual[kept], rr[kept])]] = True
        if (beats == before).all():
            break
    return beats


def _low_beats(candidates: Candidates, beats: np.ndarray, rr: np.ndarray) -> np.ndarray:
    """Tell which candidates may be beats in stretches in which there are none."""
    detector, time, height = settings.DETECTOR, candidates.time, candidates.height
    at = np.flatnonzero(beats)
    low = np.zeros(len(time), dtype=bool)
    borders = np.concatenate([[-1], at, [len(time)]])
    starts = np.concatenate([[time[0]], time[at]])
    stops = np.concatenate([time[at], [time[-1]]])
    usual = np.concatenate([rr[at], rr[-1:]])
    long = stops - starts > detector.look_again * usual
    # Where beats are found for less than half of the time, they may be artefacts.
    mostly = (stops - starts)[long].sum() > (time[-1] - time[0]) / 2
    floor = 0.0 if mostly else detector.lowest_again * np.median(height[at])
    for k in np.flatnonzero(long):
        inside = slice(borders[k] + 1, borders[k + 1])
        near = time[inside] - starts[k] < detector.t_wave_s
        tall = np.where(near, 0, height[inside])
        if len(tall):
            low[inside] = tall > max(detector.low * tall.max(), floor)
    return low


def _usual_height(candidates: Candidates, beats: np.ndarray) -> np.ndarray:
    """Median height of the beats around each candidate."""
    height, width = candidates.height[beats], settings.DETECTOR.heights_nearby
    usual = rolling_median(height, height > 0, width, 1.0)
    return np.interp(candidates.time, candidates.time[beats], usual)


def _usual_rr(time: np.ndarray, beats: np.ndarray) -> np.ndarray:
    """Median interval between the beats around each candidate."""
    found = time[beats]
    if len(found) < 2:
        return np.full(len(time), RR_LIMITS_S[1])
    rr = np.diff(found)
    usual = rolling_median(rr, rr > 0, settings.DETECTOR.intervals_nearby, 1.0)
    return np.clip(np.interp(time, (found[1:] + found[:-1]) / 2, usual), *RR_LIMITS_S)


def _best_sequence(candidates: Candidates, usual: np.ndarray, rr: np.ndarray) -> list[int]:
    """Positions of the candidates whose evidence and intervals add up to most."""
    detector, time = settings.DETECTOR, candidates.time
    if not len(time):
        return []
    height = np.log(np.minimum(candidates.height / usual, detector.highest))
    evidence = height - np.log(_even_height(candidates, usual))
    best, before = _add_up(evidence, _links(candidates, rr), -_gap_costs(time / rr))
    last = int(np.argmax(best - _gap_costs((time[-1] - time) / rr)))
    sequence = []
    while last >= 0:
        sequence.append(last)
        last = before[last]
    return sequence[::-1]


def _even_height(candidates: Candidates, usual: np.ndarray | float) -> np.ndarray:
    """Height at which each candidate is as likely a beat as not, in units of the usual one."""
    detector = settings.DETECTOR
    return detector.least_height + detector.height_in_noise * candidates.noise / usual


def _links(candidates: Candidates, rr: np.ndarray) -> np.ndarray:
    """Compute what it costs that each candidate follows each of those before it, never positive.

    The shape is (candidates, :data:`PREDECESSORS`), the nearest one last.
    """
    detector, count = settings.DETECTOR, len(rr)
    before = np.arange(count)[:, None] - np.arange(PREDECESSORS, 0, -1)
    there, before = before >= 0, np.maximum(before, 0)
    interval = candidates.time[:, None] - candidates.time[before]
    relative = interval / np.maximum(rr[:, None], rr[before])
    early_cost = detector.early_cost + detector.early_cost_in_noise * candidates.noise[:, None]
    cost = early_cost * np.maximum(detector.early - relative, 0) + _gap_costs(relative)
    soon = (interval < detector.same_beat_s) & (relative < detector.same_beat)
    cost += detector.same_beat_cost * soon
    sharp = np.log(candidates.sharp)
    lower = np.log(detector.t_wave) + sharp[before] - sharp[:, None]
    after_qrs = interval < detector.t_wave_s
    cost += detector.t_wave_cost * np.where(after_qrs, np.maximum(lower, 0), 0)
    return np.where(there & (interval >= detector.refractory_s), -cost, -np.inf)


def _gap_costs(relative: np.ndarray) -> np.ndarray:
    """Price an interval, in units of the usual one, for being long."""
    detector = settings.DETECTOR
    return np.minimum(detector.gap_cost * np.maximum(relative - detector.gap, 0), detector.gap_most)


def _add_up(
    evidence: np.ndarray, links: np.ndarray, first: np.ndarray
) -> tuple[np.ndarray, list[int]]:
    """Highest sum that ends in each candidate, and the one before it; -1 where it is the first."""
    evidence, best = evidence.tolist(), (evidence + first).tolist()
    before, costs = [-1] * len(evidence), links.tolist()
    far, most = -1, -np.inf
    # Lists, for an array of so few takes longer to make than to add up.
    for k in range(1, len(evidence)):
        start = max(0, k - PREDECESSORS)
        # A beat further back than the links reach is as good, whatever the gap.
        if start and best[start - 1] > most + settings.DETECTOR.gap_most:
            far, most = start - 1, best[start - 1] - settings.DETECTOR.gap_most
        sums = [*map(add, best[start:k], costs[k][start - k :])]
        total = max(sums)
        previous, total = (start + sums.index(total), total) if total > most else (far, most)
        if evidence[k] + total > best[k]:
            best[k], before[k] = evidence[k] + total, previous
    return np.array(best), before
