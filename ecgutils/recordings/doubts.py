"""What makes a result doubtful, and what to do about it: each rule is a function of its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter

from ecgutils.io.record import Record
from ecgutils.signals.pacing import may_be_paced
from ecgutils.signals.quality import fill
from ecgutils.signals.r_peaks import detect_r_peaks
from ecgutils.signals.swinging import even_lobes

USUAL_RATES = (35.0, 180.0)
"""Mean rates beyond which a wrong sampling frequency is likelier than an unusual heart."""

COMMON_RATES = (50.0, 110.0)
"""Mean rates that most hearts have, so a sampling frequency that gives one is likelier."""

COMMON_HZ = (100, 125, 128, 180, 200, 250, 256, 300, 360, 400, 500, 512, 1000)
"""Sampling frequencies that recorders have."""

LONG_S, VERY_LONG_S, SILENT_S = 5.0, 10.0, 20.0
"""Seconds without a beat that count, that are a doubt at once, and that are one together."""

AGREEING = 0.6
"""Share of beats found in one lead alone and in the other, below which the leads disagree.

It is at least 0.69 in MIT-BIH, and at most 0.49 between leads of two patients.
"""

COMPARED, COMPARED_S, SAME_BEAT_S = 3, 15.0, 0.15
"""Stretches in which leads are compared, their seconds, and how far a beat may lie apart."""

MUCH_UNUSABLE = 20
"""Per cent of the time from which on noise is a doubt."""

ALL_UNUSABLE = 99.5
"""Per cent of the time from which on nothing is left to speak of."""

MANY_UNSURE = 10
"""Per cent of the beats from which on it is a doubt that they are unsure."""

HEIGHTS_MV = (0.1, 20.0)
"""Usual heights of a second of ECG: beyond them, numbers without a unit are hardly mV."""

FEWEST_FAST = 10
"""Beats from which on it can be told that all are fast."""

FAST_RR_S, WIDE_FAST_S = 0.5, 0.08
"""Interval in which nine beats in ten follow each other, and seconds for which wide ones are steep.

Ventricular beats of MIT-BIH that are repeated have 0.08 to 0.10 s in one lead, normal ones 0.02 to
0.06, and the fast ones of SVDB to 0.08.
"""

VERY_WIDE_S = 0.1
"""Seconds for which beats are steep in every lead, from which on uneven fast ones may be a
tachycardia or flutter. In ten seconds of MIT-BIH and SVDB only flutter and runs of V are so."""

SWINGS = 5
"""Evenly spaced lobes of the usual beat from which on it may be a movement."""

SWINGING_S = 600
"""Seconds from the middle of a recording in which they are looked for."""

EVEN = 0.05
"""Median deviation of intervals, in their median, up to which beats in noise are regular.

It is 0.02 and 0.03 in tachycardias of VFDB's 421 that are too steep to be read.
"""

SPIKE_S = 0.036
"""Width of the median filter that takes spikes away and leaves the waves of the heart."""

EXAMINED_BEATS = 100
"""Beats whose width is measured, spread over the recording."""


@dataclass(frozen=True)
class Evidence:
    """What doubts are drawn from: the leads looked at, and what was found in them."""

    record: Record
    beats: pd.DataFrame
    unusable: pd.DataFrame
    rhythms: pd.DataFrame
    # Where a lead shows nothing to speak of, shape (seconds, leads).
    faulty: np.ndarray | None = None

    @cached_property
    def believed(self) -> pd.DataFrame:
        """Beats that are probably some."""
        return self.beats[self.beats["why_q"] != "noise"]

    @cached_property
    def without_beats(self) -> pd.DataFrame:
        """Stretches in which no beat can be expected: noise, missing signal, flutter."""
        flutter = self.rhythms[self.rhythms["rhythm"] == "VFL"]
        columns = ["start_s", "stop_s"]
        stretches = [table[columns].astype(float) for table in (self.unusable, flutter)]
        return pd.concat(stretches).sort_values("start_s")

    @property
    def unusable_s(self) -> float:
        """Seconds without usable signal."""
        return float((self.unusable["stop_s"] - self.unusable["start_s"]).sum())


def find_doubts(
    record: Record,
    beats: pd.DataFrame,
    unusable: pd.DataFrame,
    rhythms: pd.DataFrame,
    faulty: np.ndarray | None = None,
) -> tuple[str, ...]:
    """Say what makes a result doubtful, and what to do.

    Parameters
    ----------
    record : Record
        The leads that were looked at.
    beats, unusable, rhythms : pandas.DataFrame
        See :class:`ecgutils.recordings.Classified`.
    faulty : array of bool, shape (seconds, leads), optional
        Where a lead shows nothing to speak of.

    Returns
    -------
    tuple of str
        A sentence or two for each doubt.
    """
    evidence = Evidence(record, beats, unusable, rhythms, faulty)
    return tuple(doubt for rule in RULES if (doubt := rule(evidence)))


def unusual_rate(evidence: Evidence) -> str:
    """Doubt the sampling frequency where the heart would be unusually slow or fast."""
    readable = evidence.record.duration - _seconds(evidence.without_beats)
    # In flutter and fibrillation there are no beats to count.
    if readable < LONG_S:
        return ""
    rate = 60 * len(evidence.believed) / readable
    if USUAL_RATES[0] <= rate <= USUAL_RATES[1]:
        return ""
    fs = evidence.record.fs
    doubt = f"A mean rate of {rate:.0f} beats a minute is unusual: is {fs:g} Hz the sampling"
    likely = [hz for hz in COMMON_HZ if COMMON_RATES[0] <= rate * hz / fs <= COMMON_RATES[1]]
    if not likely:
        return f"{doubt} frequency?"
    return f"{doubt} frequency? At {_either(likely)} Hz it would be that of most hearts."


def silence(evidence: Evidence) -> str:
    """Doubt the detection where a clean signal has no beats for long."""
    time = evidence.believed["time_s"].to_numpy()
    ends = np.concatenate([[0.0], time, [evidence.record.duration]])
    gaps = [(start, stop) for start, stop in pairwise(ends.tolist()) if stop - start >= LONG_S]
    clean = [_outside(evidence.without_beats, *gap) for gap in gaps]
    long = [seconds for seconds in clean if seconds >= LONG_S]
    if sum(long) < SILENT_S and max(long, default=0) < VERY_LONG_S:
        return ""
    places = "one place" if len(long) == 1 else f"{len(long)} places"
    return (
        f"For {sum(long):.0f} s of a signal that seems clean, in {places}, no beat was found: "
        "look there before you believe rates and counts."
    )


def leads_that_disagree(evidence: Evidence) -> str:
    """Doubt the leads where each alone has other beats."""
    record = evidence.record
    if len(record.sig_name) < 2:
        return ""
    agreed, of = np.sum([_agreement(part) for part in _stretches(evidence)] or [(0, 0)], axis=0)
    if agreed >= AGREEING * of:
        return ""
    names, share = " and ".join(record.sig_name), 100 * agreed / of
    return (
        f"Leads {names} disagree: of the beats found in one of them alone, {share:.0f} % are found "
        "in the other, too. Classify each by itself with --lead, and compare."
    )


def pacemaker(evidence: Evidence) -> str:
    """Tell of a pacemaker: what it does is no rhythm of the heart."""
    count = int((evidence.beats["why_q"] == "paced").sum())
    if not count:
        return _hidden_pacemaker(evidence)
    share = 100 * count / len(evidence.beats)
    return (
        f"A pacemaker was seen: {share:.0f} % of the beats come after its impulse. They are Q; the "
        "other counts are of the rest. Where its impulse cannot be seen, a paced beat is called "
        "another: look at the strips."
    )


def _hidden_pacemaker(evidence: Evidence) -> str:
    """Doubt the classes where beats look paced, but the sampling is too slow to tell which."""
    record = evidence.record
    filled = np.stack([fill(lead.astype(np.float64)) for lead in record.p_signal.T], axis=1)
    beats = evidence.believed["sample"].to_numpy()
    if not may_be_paced(replace(record, p_signal=filled).with_beats(beats)):
        return ""
    return (
        f"Beats may be paced: many are wide and begin abruptly, but {record.fs:g} Hz is too slow "
        "to see a pacemaker's impulses. If there is one, do not rely on the classes."
    )


def fast_and_wide(evidence: Evidence) -> str:
    """Doubt the classes where all beats are fast and wide: the model compares with usual ones."""
    record, beats = evidence.record, _countable(evidence)
    others = beats["sample"][beats["class"] != "V"].to_numpy()
    if len(others) < len(beats) / 2 or len(beats) < FEWEST_FAST:
        return ""
    rr = np.diff(beats["time_s"])
    if np.median(rr) > FAST_RR_S:
        return ""
    steep = [_steep_s(lead, others, record.fs) for lead in record.p_signal.T]
    even = np.percentile(rr, 90) <= FAST_RR_S
    if min(steep) < VERY_WIDE_S and not (even and max(steep) >= WIDE_FAST_S):
        return ""
    return (
        f"Wide complexes at {60 / np.median(rr):.0f} a minute throughout may be ventricular "
        "tachycardia, whatever their class: there are no slower beats of this heart to compare "
        "them with."
    )


def _countable(evidence: Evidence) -> pd.DataFrame:
    """Take the beats that are believed, or else all: what is regular in noise may be no noise."""
    beats = evidence.believed
    if len(beats) >= FEWEST_FAST or len(evidence.beats) < FEWEST_FAST:
        return beats
    rr = np.diff(evidence.beats["time_s"])
    regular = np.median(np.abs(rr - np.median(rr))) <= EVEN * np.median(rr)
    return evidence.beats if regular else beats


def noise(evidence: Evidence) -> str:
    """Doubt what was found where much could not be read."""
    share = 100 * evidence.unusable_s / evidence.record.duration
    if share < MUCH_UNUSABLE:
        return ""
    told = f"{share:.0f} % of the recording could not be used: what was found is of the rest."
    if share > ALL_UNUSABLE:
        told = "The whole recording is too noisy: no beat has a class."
    return (
        f"{told} Check "
        f"the electrodes, and whether {evidence.record.fs:g} Hz is the sampling frequency."
    )


def unit(evidence: Evidence) -> str:
    """Doubt heights where no unit is declared and mV is hardly meant."""
    second = round(evidence.record.fs)
    for lead, declared in enumerate(evidence.record.unit_declared):
        signal = evidence.record.lead(lead)
        seconds = signal[: len(signal) // second * second].reshape(-1, second)
        height = pd.Series(np.ptp(seconds, axis=1)).median()
        if not declared and not HEIGHTS_MV[0] <= height <= HEIGHTS_MV[1]:
            return (
                f"No unit is declared, and waves of {height:.3g} are hardly in mV: do not read "
                "heights from the strips."
            )
    return ""


def swinging(evidence: Evidence) -> str:
    """Doubt leads that are no ECG but for their rhythm: a body swings after each beat."""
    record, long = evidence.record, round(SWINGING_S * evidence.record.fs)
    # A day of filtered signal would take a gigabyte, and a body swings at any time.
    first = max(0, (len(record.p_signal) - long) // 2)
    beats = evidence.believed["sample"].to_numpy() - first
    middle = record.p_signal[first : first + long].T
    filled = [fill(lead.astype(np.float64)) for lead in middle]
    inside = beats[(beats >= 0) & (beats < middle.shape[1])]
    if min(even_lobes(lead, inside, record.fs) for lead in filled) < SWINGS:
        return ""
    return (
        "Each beat swings evenly to and fro, as an accelerometer on the chest does: is it an ECG? "
        "If not, rates may be right, but no class is."
    )


def unsure(evidence: Evidence) -> str:
    """Doubt the counts where many beats have no class."""
    count = int((evidence.beats["why_q"] == "unsure").sum())
    share = 100 * count / max(len(evidence.beats), 1)
    if share <= MANY_UNSURE:
        return ""
    return (
        f"{share:.0f} % of the beats are unsure: the recording is noisy, or unlike those that the "
        "model knows. Do not rely on the counts."
    )


RULES = (
    swinging,
    fast_and_wide,
    unusual_rate,
    silence,
    leads_that_disagree,
    pacemaker,
    noise,
    unit,
    unsure,
)
"""Each takes an :class:`Evidence` and returns a doubt, or nothing."""


def _steep_s(signal: np.ndarray, sample: np.ndarray, fs: float) -> float:
    """For how many seconds the median beat is steep, spikes left out."""
    reach, near = round(0.4 * fs), round(0.15 * fs)
    inside = sample[(sample >= reach) & (sample < len(signal) - reach)]
    chosen = inside[np.linspace(0, len(inside) - 1, min(EXAMINED_BEATS, len(inside))).astype(int)]
    windows = signal[chosen[:, None] + np.arange(-reach, reach)].astype(float)
    windows = windows[~np.isnan(windows).any(axis=1)]
    if not len(windows):
        return 0.0
    waves = median_filter(windows, (1, round(SPIKE_S * fs) | 1))
    steep = np.abs(np.gradient(waves[:, reach - near : reach + near], axis=1))
    on = steep > 0.2 * steep.max(axis=1, keepdims=True)
    return float(np.median(on.sum(axis=1)) / fs)


def _seconds(stretches: pd.DataFrame) -> float:
    """Length of stretches together, in seconds."""
    return float((stretches["stop_s"] - stretches["start_s"]).sum())


def _outside(stretches: pd.DataFrame, start: float, stop: float) -> float:
    """Seconds from start to stop that lie in no stretch."""
    ends = stretches[["start_s", "stop_s"]].to_numpy(dtype=float)
    return stop - start - float(np.diff(ends.clip(start, stop)).sum())


def _either(values: list[int]) -> str:
    """List some numbers as alternatives."""
    *first, last = map(str, values)
    return f"{', '.join(first)} or {last}" if first else last


def _stretches(evidence: Evidence) -> Iterator[Record]:
    """Cut out stretches, spread over the recording, in which each lead has a signal."""
    record = evidence.record.without_annotations()
    last = max(0.0, record.duration - COMPARED_S)
    for start in np.unique(np.linspace(0, last, COMPARED)).tolist():
        stop = min(start + COMPARED_S, record.duration)
        seconds = slice(int(start), int(stop) + 1)
        readable = _outside(evidence.without_beats, start, stop) >= stop - start - 1e-6
        if readable and (evidence.faulty is None or not evidence.faulty[seconds].any()):
            yield record.between(start, stop)


def _agreement(part: Record) -> tuple[int, int]:
    """Count the beats that each lead has alone: those that the other one has, too, and all."""
    filled = np.stack([fill(lead.astype(np.float64)) for lead in part.p_signal.T], axis=1)
    leads = [replace(part, p_signal=filled).only([k]) for k in (0, 1)]
    first, second = (detect_r_peaks(lead) / part.fs for lead in leads)
    return _found(first, second) + _found(second, first), len(first) + len(second)


def _found(time: np.ndarray, others: np.ndarray) -> int:
    """Count the times, in seconds, near which lies one of others."""
    if not len(others):
        return 0
    return int((np.abs(time[:, None] - others).min(axis=1) <= SAME_BEAT_S).sum())
