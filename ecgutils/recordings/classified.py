"""A recording in, annotated beats out."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from ecgutils import aami
from ecgutils.errors import EcgError
from ecgutils.io.guards import unique_names
from ecgutils.io.record import Annotations, Record
from ecgutils.recordings.doubts import find_doubts
from ecgutils.recordings.fast_rhythms import fast_rhythms, sure_in_fast_runs
from ecgutils.recordings.irregular import irregular_stretches, within
from ecgutils.recordings.rhythms import named_lengths, no_rhythms
from ecgutils.recordings.segments import SegmentResult, classify_segment, into_segments
from ecgutils.signals.gaps import bridge_gaps, missing_seconds
from ecgutils.signals.heart import beating
from ecgutils.signals.leads import choose_leads
from ecgutils.signals.quality import fill, stretches
from ecgutils.unseen import trained_model
from ecgutils.unseen.trained_model import OUTPUTS, ModelCard, TrainedModel

SHORTEST_S = 10.0
"""Seconds from which on a recording can be classified."""

SAMPLING_HZ = (100.0, 1000.0)
"""Sampling frequencies that can be classified."""

TYPICAL_MV = (0.005, 100.0)
"""Heights of the waves of a second, in mV, that an electrocardiogram can have."""

RATES = (15.0, 300.0)
"""Beats per minute that a human heart can make."""

FEWEST_BEATS = 4
"""Beats from which on there is a rhythm that a beat can be compared with."""

MOSTLY = 0.5
"""Share of a recording from which on regular wide waves alone are believed to be a heart's."""

PROBABILITIES = tuple(f"p_{name}" for name in aami.CLASSES)
"""Columns of the table of beats that hold the probability of each class."""


WHY_Q = ("paced", "noise", "unsure")
"""Why a beat is Q: a pacemaker has made it; the signal is too poor; it is probably no beat."""


@dataclass(frozen=True, eq=False)
class Classified:
    """What was found in a recording.

    Attributes
    ----------
    recording : Record
        The one or two leads that were used, the main one first. NaN in gaps that are too
        long to be bridged.
    beats : pandas.DataFrame
        One row per beat, in time order; columns ``sample``, ``time_s``, ``class``, the
        :data:`PROBABILITIES`, which sum to one, and ``why_q``, one of :data:`WHY_Q` or empty.
        The class is the most likely one, where S counts double and F is N or V, or Q where it
        is probably no beat. ``p_Q`` is the probability that it is no beat at all, zero at
        annotated positions; it is one for paced beats, and where the signal is too poor to tell.
        Within ``"AFIB"`` of `rhythms` no beat is early, so ``p_S`` is zero there and counts as
        ``p_N``.
    unusable : pandas.DataFrame
        Stretches in which no class can be given; columns ``start_s``, ``stop_s``, ``reason``.
    remarks : tuple of str
        How the file was understood, which leads were chosen and how the beats were found.
    model : ModelCard
        What classified the beats.
    doubts : tuple of str
        What makes it doubtful that the recording is what it is taken for.
    rhythms : pandas.DataFrame
        Stretches of a rhythm that has a name of its own, in time order; columns ``start_s``,
        ``stop_s``, ``rhythm``, one of :data:`ecgutils.recordings.RHYTHMS`.
        What was detected in VFL is left out of `beats`; annotated beats stay. It is not unusable.
    """

    recording: Record
    beats: pd.DataFrame
    unusable: pd.DataFrame
    remarks: tuple[str, ...]
    model: ModelCard
    doubts: tuple[str, ...] = ()
    rhythms: pd.DataFrame = field(default_factory=no_rhythms)

    def summary(self) -> str:
        """Say which beats and rhythms were found, in which leads, and what is doubtful."""
        counts = self.beats["class"].value_counts()
        classes = [f"{name} {counts[name]}" for name in aami.CLASSES if name in counts]
        if paced := int((self.beats["why_q"] == "paced").sum()):
            classes[-1] += f" (of these {paced} paced)"
        leads = ", ".join(self.recording.sig_name)
        found = f"{len(self.beats)} beats, {', '.join(classes)} ({leads})"
        return "; ".join((found, *named_lengths(self.rhythms), *self.doubts))


def classify_recording(record: Record, lead: str | None = None) -> pd.DataFrame:
    """Classify every heartbeat of a recording.

    Parameters
    ----------
    record : Record
        As :func:`ecgutils.io.read_recording` gives it. Its annotated beats are classified; where
        it has none, beats are detected.
    lead : str, optional
        Name of the lead to use; by default up to two are chosen.

    Returns
    -------
    pandas.DataFrame
        One row per beat, see the ``beats`` of :class:`Classified`.

    Raises
    ------
    EcgError
        If the recording cannot be classified, or no heartbeats are found in it.

    Examples
    --------
    The first minute of a record with many ventricular beats:

    >>> from ecgutils import database
    >>> beats = classify_recording(database.read("208").between(0, 60))
    >>> beats.shape
    (106, 9)
    >>> " ".join(beats["class"][4:9])
    'V N V V N'
    """
    return classify(record, () if lead is None else (lead,)).beats


def classify(
    record: Record, leads: Sequence[str] = (), model: TrainedModel | None = None
) -> Classified:
    """Classify every heartbeat of a recording, and tell how it was done.

    Parameters
    ----------
    record : Record
        See :func:`classify_recording`.
    leads : sequence of str
        Names of the leads to use, one or two; none to have them chosen.
    model : TrainedModel, optional
        By default the one that comes with the package.

    Returns
    -------
    Classified

    Raises
    ------
    EcgError
        See :func:`classify_recording`.
    """
    _refuse_impossible(record)
    record = replace(record, sig_name=unique_names(record.sig_name), annotations=_inside(record))
    bridged = bridge_gaps(record)
    chosen = choose_leads(bridged, leads)
    missing = missing_seconds(record.only(chosen.names))
    record = bridged.only(chosen.names)
    _refuse_amplitude(record)
    faults = chosen.faults.copy()
    model = model or trained_model.load_model()
    whole = _by_segments(record, faults != "", missing, model)
    no_heart = whole.no_heart & (faults == "")
    faults[no_heart] = "noise"
    poor = [(faults != "").all(axis=1), whole.noisy]
    reason = np.select(poor, [faults[:, 0], "noise"], "")
    found, irregular = whole.beats, whole.beats.pop("irregular").to_numpy()
    times = found["sample"].to_numpy() / record.fs
    rhythms = irregular_stretches(times, irregular, record.duration)
    beats = sure_in_fast_runs(_table(record, found, reason, within(times, rhythms)))
    found = "annotated" if len(record.annotations.beats) else "detected"
    remarks = (*record.remarks, chosen.why, f"The positions of the beats were {found}.")
    unusable = stretches(reason, record.fs, record.duration)
    # Where beats can be seen, noise is told, and nothing is refused.
    if not ((reason == "noise").all() and _beats_seen(record, beats, chosen.clear)):
        _refuse_few_beats(record, beats, reason, whole.waves)
    fast = fast_rhythms(record, beats, whole.waves)
    rhythms = pd.concat([rhythms, fast]).sort_values("start_s", ignore_index=True)
    doubts = chosen.doubts + _lead_doubts(record, no_heart)
    doubts += find_doubts(record, beats, unusable, rhythms, faults != "")
    return Classified(record, beats, unusable, remarks, model.card, doubts, rhythms)


def _by_segments(
    record: Record, faulty: np.ndarray, missing: np.ndarray, model: TrainedModel
) -> SegmentResult:
    """Classify segments side by side, and put what was found in them together."""
    segments = [*into_segments(record, faulty, missing)]
    annotated = len(record.annotations.beats) > 0
    work = partial(classify_segment, model=model, annotated=annotated)
    threads = min(os.cpu_count() or 1, len(segments))
    # One thread would only be waited for.
    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        found = (pool.map if pool else map)(work, segments)
        tables, *seconds = zip(*found, strict=True)
    return SegmentResult(pd.concat(tables, ignore_index=True), *map(np.concatenate, seconds))


def _refuse_impossible(record: Record) -> None:
    """Refuse what is no recording of heartbeats, before anything is computed."""
    low, high = SAMPLING_HZ
    if not low <= record.fs <= high:
        raise EcgError(
            f"{record.name}: sampled at {record.fs:g} Hz, read are {low:g} to {high:g} Hz; "
            "resample the recording, or correct its sampling frequency"
        )
    if record.duration < SHORTEST_S:
        raise EcgError(
            f"{record.name}: {record.duration:.3g} s long, at least {SHORTEST_S:g} s are needed to "
            "know a rhythm; give it a longer recording"
        )
    ends = [end.reduce(lead) for lead in record.p_signal.T for end in (np.fmin, np.fmax)]
    if np.isinf(ends).any():
        raise EcgError(f"{record.name}: holds infinite values; export the recording again")


def _inside(record: Record) -> Annotations:
    """Move what is annotated just outside a recording to its first or last sample."""
    marks = record.annotations
    return replace(marks, sample=marks.sample.clip(0, len(record.p_signal) - 1))


def _refuse_amplitude(record: Record) -> None:
    """Refuse a main lead whose waves are no heart's, as far as its unit is known."""
    if not record.unit_declared[0]:
        return
    low, high = TYPICAL_MV
    second, main = round(record.fs), record.lead(0)
    seconds = main[: len(main) // second * second].reshape(-1, second)
    height = pd.Series(np.ptp(seconds, axis=1)).median()
    if height > high or 0 < height < low:
        raise EcgError(
            f"{record.name}: waves of {height:.3g} mV in lead {record.sig_name[0]} are not an "
            "electrocardiogram's; check the unit and the gain"
        )


def _table(
    record: Record, beats: pd.DataFrame, reason: np.ndarray, irregular: np.ndarray
) -> pd.DataFrame:
    """Add time, class and what unusable seconds and irregular rhythm mean for the beats in them."""
    why = reason[(beats["sample"] // round(record.fs)).to_numpy().clip(max=len(reason) - 1)]
    if not len(record.annotations.beats):
        # A straight line between two ends of a gap has no beats, whatever a detector makes of it.
        kept = ~np.isin(why, ["missing", "flat"])
        beats, why, irregular = beats[kept].reset_index(drop=True), why[kept], irregular[kept]
    probabilities = beats[list(OUTPUTS)].to_numpy(dtype=float, copy=True)
    paced = beats["paced"].to_numpy(dtype=bool) & (why == "")
    probabilities[why != ""] = np.eye(len(OUTPUTS))[-1]
    _without_s(probabilities, irregular)
    table = pd.DataFrame({"sample": beats["sample"], "time_s": beats["sample"] / record.fs})
    table["class"] = np.take(aami.CLASSES, trained_model.most_likely(probabilities))
    table[list(PROBABILITIES)] = probabilities
    doubtful = np.where(why == "", "unsure", "noise")
    table["why_q"] = np.where(paced, "paced", np.where(table["class"] == "Q", doubtful, ""))
    return table


def _without_s(probabilities: np.ndarray, rows: np.ndarray) -> None:
    """Let beats that could be S be N instead: where every interval differs, none is early."""
    n, s = OUTPUTS.index("N"), OUTPUTS.index("S")
    probabilities[rows, n] += probabilities[rows, s]
    probabilities[rows, s] = 0


def _lead_doubts(record: Record, no_heart: np.ndarray) -> tuple[str, ...]:
    """Tell of leads that were left out for a part of the time, from seconds (seconds, leads)."""
    parts = zip(record.sig_name, no_heart.sum(axis=0).tolist(), strict=True)
    return tuple(
        f"Lead {name} shows no heart for {_length(seconds)} of {_length(len(no_heart))} and was "
        "left out there: check its electrode."
        for name, seconds in parts
        if seconds
    )


def _length(seconds: int) -> str:
    """Say how long something lasts, in minutes where it is longer than two."""
    return f"{seconds} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _beats_seen(record: Record, beats: pd.DataFrame, clear: bool) -> bool:
    """Tell whether beats can be seen in noise: some were `clear`, or all are alike and regular."""
    if len(beats) < FEWEST_BEATS:
        return False
    bridged = replace(record, p_signal=np.stack([fill(lead) for lead in record.p_signal.T], axis=1))
    found = bridged.with_beats(beats["sample"].to_numpy())
    return clear or any(beating(found.only([k])) for k in range(len(record.sig_name)))


def _refuse_few_beats(
    record: Record, beats: pd.DataFrame, reason: np.ndarray, waves: np.ndarray
) -> None:
    """Refuse a rate that no heart has."""
    # Flutter and fibrillation have no beats to count, and are the last thing to refuse.
    if (waves == "VFL").any():
        return
    believed, counted = beats["why_q"] != "noise", reason == ""
    if np.mean(waves == "VT") < MOSTLY:
        # Regular wide waves may be steps: a heart has other beats as well.
        outside = waves == ""
        second = np.minimum(beats["sample"] // round(record.fs), len(waves) - 1)
        believed, counted = believed & outside[second], counted & outside
    question = "is it an electrocardiogram, and is its sampling frequency right?"
    found = believed.sum()
    if found < FEWEST_BEATS:
        raise EcgError(f"{record.name}: no heartbeats found; {question}")
    rate = 60 * found / counted.sum()
    if not RATES[0] <= rate <= RATES[1]:
        found = f"no heartbeats found that a heart could make ({rate:.0f} a minute)"
        raise EcgError(f"{record.name}: {found}; {question}")
