"""The beats of a recording, classified segment by segment.

Segments are half an hour long, as are the recordings that the model was trained on. Over a longer
time posture and electrodes change, and what is usual for a patient changes with them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecgutils import aami
from ecgutils.beats.aligned import AlignedBeats, aligned_beats
from ecgutils.beats.irregularity import irregularity
from ecgutils.io.record import Record
from ecgutils.recordings.irregular import irregular_beats
from ecgutils.signals import settings
from ecgutils.signals.heart import without_heart
from ecgutils.signals.quality import fill, noisy
from ecgutils.signals.r_peaks import Steepness, detect_r_peaks, leads_together
from ecgutils.unseen.trained_model import (
    MODEL_SETTINGS,
    NO_BEAT,
    OUTPUTS,
    TrainedModel,
    most_likely,
)

SEGMENT_S = 1800.0
"""Seconds of a segment, the length of the training recordings."""

MARGIN_S = 60.0
"""Seconds by which a segment reaches into its neighbours, for the rhythm around its beats."""


@dataclass(frozen=True)
class Segment:
    """Part of a recording with margins; its own beats lie at the samples `first` to `stop`."""

    record: Record
    # Where a lead has no signal, shape (seconds, leads).
    faulty: np.ndarray
    first: int
    stop: int
    # The sample of the recording at which the part begins.
    offset: int


def into_segments(record: Record, faulty: np.ndarray) -> Iterator[Segment]:
    """Divide a recording evenly, at borders of whole blocks; see :class:`Segment`."""
    second, samples = round(record.fs), len(record.p_signal)
    block = second * round(settings.DETECTOR.block_s)
    count = max(1, round(record.duration / SEGMENT_S))
    borders = np.linspace(0, samples // block, count + 1).round().astype(int) * block
    borders[-1] = samples
    margin = round(MARGIN_S / settings.DETECTOR.block_s) * block
    for first, stop in pairwise(borders.tolist()):
        start, end = max(0, first - margin), min(samples, stop + margin)
        part = record.between(start / record.fs, end / record.fs)
        seconds = faulty[start // second : -(-end // second)]
        yield Segment(part, seconds, first - start, stop - start, start)


class SegmentResult(NamedTuple):
    """What was found in a segment, without its margins."""

    # Columns ``sample``, counted in the recording, each of the model's outputs, and whether the
    # rhythm is ``irregular``.
    beats: pd.DataFrame
    # Which seconds are too noisy, (seconds,).
    noisy: np.ndarray
    # In which seconds a lead shows no heart, (seconds, leads).
    no_heart: np.ndarray


def classify_segment(segment: Segment, model: TrainedModel, annotated: bool) -> SegmentResult:
    """Classify the beats of a segment."""
    record, steepness, no_heart = _looked_at(segment)
    noise = noisy(steepness.noise)[_blocks(record, steepness)]
    faulty = segment.faulty | no_heart
    if not annotated:
        record = record.with_beats(detect_r_peaks(record, steepness))
    sample, probabilities = record.annotations.beats.sample, np.empty((0, len(OUTPUTS)))
    irregular = np.empty(0, dtype=bool)
    if len(sample):
        beats = _without_faults(aligned_beats(record), faulty)
        probabilities = _probabilities(model, beats, faulty, annotated)
        unusable = (noise | faulty.all(axis=1))[_seconds(beats, faulty)]
        irregular = _irregular(_known_intervals(beats, faulty), probabilities, unusable)
    own = (sample >= segment.first) & (sample < segment.stop)
    table = pd.DataFrame(probabilities[own], columns=list(OUTPUTS))
    table.insert(0, "sample", sample[own] + segment.offset)
    second = round(record.fs)
    seconds = slice(segment.first // second, -(-segment.stop // second))
    return SegmentResult(table.assign(irregular=irregular[own]), noise[seconds], no_heart[seconds])


def _looked_at(segment: Segment) -> tuple[Record, Steepness, np.ndarray]:
    """Bridge what is missing, and where a lead shows no heart, which is told, (seconds, leads)."""
    filled = np.stack([fill(lead.astype(np.float64)) for lead in segment.record.p_signal.T])
    record = replace(segment.record, p_signal=filled.T)
    steepness = leads_together(record)
    no_heart = without_heart(record, steepness)[_blocks(record, steepness)]
    if no_heart.any():
        silenced = filled.copy()
        samples = np.repeat(no_heart, round(record.fs), axis=0)[: filled.shape[1]]
        silenced[samples.T] = np.nan
        record = replace(record, p_signal=np.stack([fill(lead) for lead in silenced]).T)
        steepness = leads_together(record)
    return record, steepness, no_heart


def _blocks(record: Record, steepness: Steepness) -> np.ndarray:
    """In which block of the steepness each second lies; shape (seconds,)."""
    starts = np.arange(0, len(record.p_signal), round(record.fs))
    block = starts // round(settings.DETECTOR.block_s * record.fs)
    return np.minimum(block, len(steepness.noise) - 1)


def _without_faults(beats: AlignedBeats, faulty: np.ndarray) -> AlignedBeats:
    """Show a lead's usual beat where it has a fault, so that the fault spoils no other beat."""
    if not faulty.any():
        return beats
    faulty, windows = faulty[_seconds(beats, faulty)], beats.windows.copy()
    for lead in np.flatnonzero(faulty.any(axis=0) & ~faulty.all(axis=0)):
        bad = faulty[:, lead]
        usual = beats.template_rows[~bad[beats.template_rows]]
        windows[bad, :, lead] = np.median(windows[usual if len(usual) else ~bad, :, lead], axis=0)
    return replace(beats, windows=windows)


def _irregular(beats: AlignedBeats, probabilities: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """Tell which beats lie in an irregular rhythm; ectopic and doubtful ones do not judge it."""
    classes = np.take(aami.CLASSES, most_likely(probabilities))
    doubtful = unusable | (classes == "Q")
    # What is early in fibrillation may be called S.
    conducted = np.isin(classes, ["N", "S"]) & ~unusable
    return irregular_beats(irregularity(beats, conducted), doubtful)


def _seconds(beats: AlignedBeats, faulty: np.ndarray) -> np.ndarray:
    """In which second each beat lies; `faulty` has one row a second."""
    return np.minimum(beats.sample // round(beats.recording.fs), len(faulty) - 1)


def _known_intervals(beats: AlignedBeats, faulty: np.ndarray) -> AlignedBeats:
    """Forget intervals over seconds without a signal: nobody knows how many beats they hold."""
    silent_before = np.append(0, np.cumsum(faulty.all(axis=1)))
    over_gap = np.diff(silent_before[_seconds(beats, faulty)], prepend=0) > 0
    return replace(beats, rr=np.where(over_gap, np.nan, beats.rr))


def _probabilities(
    model: TrainedModel, beats: AlignedBeats, faulty: np.ndarray, annotated: bool
) -> np.ndarray:
    """Predict all beats; where some are probably none, predict the others again without them."""
    probabilities = _predict(model, beats, faulty)
    none = OUTPUTS.index(NO_BEAT)
    if annotated:
        probabilities[:, none] = 0
        return probabilities / probabilities.sum(axis=1, keepdims=True)
    believed = probabilities[:, none] < MODEL_SETTINGS.probably_none
    if believed.any() and not believed.all():
        probabilities[believed] = _predict(model, _keep(beats, believed), faulty)
    return probabilities


def _keep(beats: AlignedBeats, kept: np.ndarray) -> AlignedBeats:
    """Leave out the other beats, as if they had not been detected."""
    times = np.append(0, np.cumsum(beats.rr[1:], dtype=np.float64))[kept]
    rr = np.diff(times, prepend=np.nan)
    # One between two beats was none. Among several, it is unknown which were.
    rr[np.diff(np.flatnonzero(kept), prepend=-1) > 2] = np.nan
    others = {name: getattr(beats, name)[kept] for name in ("windows", "aami_class", "sample")}
    return replace(beats, rr=rr.astype(np.float32), **others)


def _predict(model: TrainedModel, beats: AlignedBeats, faulty: np.ndarray) -> np.ndarray:
    """Predict beats, each without the lead that has no signal there; shape (beats, outputs)."""
    recording, second = beats.recording, _seconds(beats, faulty)
    beats = _known_intervals(beats, faulty)
    probabilities = model.predict_proba(beats)
    # Of two leads, the one that has a signal where the other has none.
    alone = (~faulty & faulty[:, ::-1])[second]
    for lead in np.flatnonzero(alone.any(axis=0)):
        windows, rows = beats.windows[:, :, [lead]], alone[:, lead]
        one_lead = replace(beats, windows=windows, recording=recording.only([lead]))
        probabilities[rows] = model.predict_proba(one_lead)[rows]
    return probabilities
