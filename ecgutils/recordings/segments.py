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
from scipy.ndimage import maximum_filter1d

from ecgutils import aami
from ecgutils.beats.aligned import AlignedBeats, aligned_beats
from ecgutils.beats.irregularity import irregularity
from ecgutils.beats.settings import BEATS
from ecgutils.io.record import Record
from ecgutils.recordings.irregular import irregular_beats
from ecgutils.signals import settings
from ecgutils.signals.excursions import without_excursions
from ecgutils.signals.fast_waves import fast_waves, wave_peaks
from ecgutils.signals.heart import readable, readable_in_waves, without_heart
from ecgutils.signals.pacing import paced_beats
from ecgutils.signals.quality import fill, noisy
from ecgutils.signals.r_peaks import Steepness, detect_r_peaks, measure_lead, put_together
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

OWN_BEATS = 10
"""Beats beside paced ones from which on these are compared with each other only."""

RAPID = (0.05, 0.02, 0.9, 0.0, 0.03)
"""Probabilities of the outputs for a beat of fast, wide and regular waves."""


CUT_S = 0.06
"""Seconds from an end of the recording within which a QRS complex is cut.

Half of one looks like another beat: of 24 normal ones cut at their middle, 13 were V; 60 ms away,
none.
"""


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
    # Where samples were missing, also those that have been bridged, shape (seconds, leads).
    missing: np.ndarray


def into_segments(
    record: Record, faulty: np.ndarray, missing: np.ndarray | None = None
) -> Iterator[Segment]:
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
        seconds = slice(start // second, -(-end // second))
        gaps = faulty[seconds] if missing is None else missing[seconds]
        yield Segment(part, faulty[seconds], first - start, stop - start, start, gaps)


class SegmentResult(NamedTuple):
    """What was found in a segment, without its margins."""

    # Columns ``sample``, counted in the recording, each of the model's outputs, whether the
    # rhythm is ``irregular``, and whether the beat is ``paced``.
    beats: pd.DataFrame
    # Which seconds are too noisy, (seconds,).
    noisy: np.ndarray
    # In which seconds a lead shows no heart, (seconds, leads).
    no_heart: np.ndarray
    # Fast wide waves as :func:`fast_waves` names them, which are no noise, (seconds,).
    waves: np.ndarray


def classify_segment(segment: Segment, model: TrainedModel, annotated: bool) -> SegmentResult:
    """Classify the beats of a segment."""
    record, no_heart, noise, waves = _beats_found(segment, annotated)
    record = _without_rails(record, segment.faulty)
    table = _table(record, model, (segment.faulty | no_heart, noise, waves), annotated)
    sample = table["sample"]
    own = table[(sample >= segment.first) & (sample < segment.stop)]
    own = own.assign(sample=own["sample"] + segment.offset)
    second = round(record.fs)
    seconds = slice(segment.first // second, -(-segment.stop // second))
    return SegmentResult(own, noise[seconds], no_heart[seconds], waves[seconds])


def _beats_found(
    segment: Segment, annotated: bool
) -> tuple[Record, np.ndarray, np.ndarray, np.ndarray]:
    """Bridge a segment and find its beats, if they are not annotated.

    Return it, where leads show no heart (seconds, leads), noise and fast waves (seconds,).
    """
    record, steepness, no_heart = _looked_at(_bridged(segment.record))
    # Where samples fail, a recorder is often at its limits, and waves are those of an artefact.
    unread = segment.faulty | no_heart | segment.missing
    waves = fast_waves(record, unread)
    if not annotated:
        record = record.with_beats(detect_r_peaks(record, steepness))
    waves[readable_in_waves(record, steepness, waves == "VFL")] = ""
    # A block of seconds that fast waves reach into is steep for their sake.
    near = maximum_filter1d(waves != "", 2 * round(settings.DETECTOR.block_s) + 1)
    if not annotated:
        outside = _outside(record.annotations.beats.sample, record.fs, waves)
        peaks = wave_peaks(record, unread, waves)
        apart = _distance(outside, peaks) >= settings.DETECTOR.refractory_s * record.fs
        record = record.with_beats(np.union1d(outside[apart], peaks))
    noise = noisy(steepness.noise)
    noise &= ~readable(record, steepness, noise)
    return record, no_heart, noise[_blocks(record, steepness)] & ~near, waves


def _table(
    record: Record, model: TrainedModel, seconds: tuple[np.ndarray, ...], annotated: bool
) -> pd.DataFrame:
    """Classify all beats of a record; paced ones and those of fast waves without the model.

    Given are faults (seconds, leads), noise and fast waves (seconds,).
    """
    faulty, noise, waves = seconds
    beats = record.annotations.beats
    probabilities, irregular = np.tile(RAPID, (len(beats), 1)), np.zeros(len(beats), dtype=bool)
    others = waves[_seconds(beats.sample, record.fs, waves)] != "VT"
    # No tachycardia is to be taken for the work of a pacemaker.
    paced = paced_beats(record) & others
    if others.any():
        # Nobody knows how many beats an interval over fast waves would hold.
        unknown = faulty | (waves != "")[:, None]
        aligned = aligned_beats(replace(record, annotations=beats[others]))
        shown = _whole_at_ends(_without_faults(aligned, faulty))
        own = _asked(paced[others])
        asked = _chosen(shown, own)
        probabilities[np.flatnonzero(others)[own]] = _probabilities(
            model, asked, unknown, annotated
        )
        probabilities[paced] = np.eye(len(OUTPUTS))[OUTPUTS.index(NO_BEAT)]
        unusable = noise | unknown.all(axis=1)
        unusable = unusable[_seconds(aligned.sample, record.fs, unusable)]
        # The usual beat in place of a fault would have a P wave in fibrillation, too.
        known = _known_intervals(aligned, unknown)
        irregular[others] = _irregular(known, probabilities[others], unusable)
    table = pd.DataFrame(probabilities, columns=list(OUTPUTS)).assign(
        irregular=irregular, paced=paced
    )
    table.insert(0, "sample", beats.sample)
    return table


def _outside(found: np.ndarray, fs: float, waves: np.ndarray) -> np.ndarray:
    """Leave out what was detected in fast wide waves."""
    return found[waves[_seconds(found, fs, waves)] == ""]


def _distance(found: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How far each position is from the nearest other one; both in ascending order."""
    around = np.concatenate([[-np.inf], others, [np.inf]])
    after = np.searchsorted(around, found)
    return np.minimum(around[after] - found, found - around[after - 1])


def _bridged(record: Record) -> Record:
    """Bridge the samples that are missing."""
    filled = [fill(lead.astype(np.float64)) for lead in record.p_signal.T]
    return replace(record, p_signal=np.stack(filled).T)


def _without_rails(record: Record, faulty: np.ndarray) -> Record:
    """Take excursions out of faulty seconds: a filter would smear them over the beats nearby."""
    if not faulty.any():
        return record
    signals = record.p_signal.copy("K")
    for lead in np.flatnonzero(faulty.any(axis=0)):
        samples = np.repeat(faulty[:, lead], round(record.fs))[: len(signals)]
        inside = np.flatnonzero(samples)
        signals[inside, lead] = without_excursions(record.p_signal[:, lead], record.fs)[inside]
    return replace(record, p_signal=signals)


def _looked_at(record: Record) -> tuple[Record, Steepness, np.ndarray]:
    """Bridge where a lead shows no heart, and tell it, (seconds, leads)."""
    leads = [measure_lead(signal, record.fs) for signal in record.p_signal.T]
    steepness = put_together(leads, record.fs)
    no_heart = without_heart(record, steepness)[_blocks(record, steepness)]
    if no_heart.any():
        silenced = record.p_signal.copy()
        silenced[np.repeat(no_heart, round(record.fs), axis=0)[: len(silenced)]] = np.nan
        record = _bridged(replace(record, p_signal=silenced))
        for lead in np.flatnonzero(no_heart.any(axis=0)).tolist():
            leads[lead] = measure_lead(record.lead(lead), record.fs)
        steepness = put_together(leads, record.fs)
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
    faulty, windows = (
        faulty[_seconds(beats.sample, beats.recording.fs, faulty)],
        beats.windows.copy(),
    )
    for lead in np.flatnonzero(faulty.any(axis=0) & ~faulty.all(axis=0)):
        bad = faulty[:, lead]
        usual = beats.template_rows[~bad[beats.template_rows]]
        windows[bad, :, lead] = np.median(windows[usual if len(usual) else ~bad, :, lead], axis=0)
    return replace(beats, windows=windows)


def _whole_at_ends(beats: AlignedBeats) -> AlignedBeats:
    """Show the usual beat in place of one that an end of the recording cuts."""
    near, samples = CUT_S * beats.recording.fs, len(beats.recording.p_signal)
    cut = (beats.sample < near) | (beats.sample >= samples - near)
    if not cut.any():
        return beats
    return replace(beats, windows=np.where(cut[:, None, None], beats.template, beats.windows))


def _irregular(beats: AlignedBeats, probabilities: np.ndarray, unusable: np.ndarray) -> np.ndarray:
    """Tell which beats lie in an irregular rhythm; ectopic and doubtful ones do not judge it."""
    classes = np.take(aami.CLASSES, most_likely(probabilities))
    doubtful = unusable | (classes == "Q")
    # What is early in fibrillation may be called S.
    conducted = np.isin(classes, ["N", "S"]) & ~unusable
    return irregular_beats(irregularity(beats, conducted), doubtful)


def _seconds(sample: np.ndarray, fs: float, seconds: np.ndarray) -> np.ndarray:
    """In which second each sample lies; `seconds` has one row for each."""
    return np.minimum(sample // round(fs), len(seconds) - 1)


def _known_intervals(beats: AlignedBeats, faulty: np.ndarray) -> AlignedBeats:
    """Forget intervals over seconds without a signal: nobody knows how many beats they hold."""
    silent_before = np.append(0, np.cumsum(faulty.all(axis=1)))
    over_gap = (
        np.diff(silent_before[_seconds(beats.sample, beats.recording.fs, faulty)], prepend=0) > 0
    )
    return replace(beats, rr=np.where(over_gap, np.nan, beats.rr))


def _probabilities(
    model: TrainedModel, beats: AlignedBeats, faulty: np.ndarray, annotated: bool
) -> np.ndarray:
    """Predict all beats; where some are probably none, predict those around again without them."""
    views, none = _views(beats, faulty), OUTPUTS.index(NO_BEAT)
    judgements = np.empty((len(beats), len(OUTPUTS)))
    _judge(model, views, judgements, np.ones(len(beats), dtype=bool))
    probabilities = _agreed(model, views, judgements)
    if annotated:
        probabilities[:, none] = 0
        return probabilities / probabilities.sum(axis=1, keepdims=True)
    believed = probabilities[:, none] < MODEL_SETTINGS.probably_none
    if believed.any() and not believed.all():
        views, judgements = _views(_keep(beats, believed), faulty), judgements[believed]
        # What is usual for the patient hardly changes, and farther away nothing else does.
        around = maximum_filter1d(~believed, 2 * BEATS.neighbourhood + 1)[believed]
        _judge(model, views, judgements, around)
        probabilities[believed] = _agreed(model, views, judgements)
    return probabilities


def _asked(paced: np.ndarray) -> np.ndarray:
    """Tell which beats to ask the model about: what is usual for a heart is no paced beat."""
    own = ~paced
    return own if own.sum() >= OWN_BEATS else np.ones_like(own)


def _chosen(beats: AlignedBeats, chosen: np.ndarray) -> AlignedBeats:
    """Leave out the other beats, which stay those that the intervals begin with."""
    if chosen.all():
        return beats
    names = ("windows", "rr", "aami_class", "sample")
    return replace(beats, **{name: getattr(beats, name)[chosen] for name in names})


def _keep(beats: AlignedBeats, kept: np.ndarray) -> AlignedBeats:
    """Leave out the other beats, as if they had not been detected."""
    times = np.append(0, np.cumsum(beats.rr[1:], dtype=np.float64))[kept]
    rr = np.diff(times, prepend=np.nan)
    # One between two beats was none. Among several, it is unknown which were.
    rr[np.diff(np.flatnonzero(kept), prepend=-1) > 2] = np.nan
    return replace(_chosen(beats, kept), rr=rr.astype(np.float32))


def _views(beats: AlignedBeats, faulty: np.ndarray) -> list[tuple[AlignedBeats, np.ndarray]]:
    """Show all beats, and again one lead alone; beside it, which beats to look at, (beats,).

    Of two leads, the one is looked at alone that has a signal where the other has none.
    """
    recording = beats.recording
    alone = (~faulty & faulty[:, ::-1])[_seconds(beats.sample, recording.fs, faulty)]
    beats = _known_intervals(beats, faulty)
    views = [(beats, ~alone.any(axis=1))]
    for lead in np.flatnonzero(alone.any(axis=0)):
        windows, rows = beats.windows[:, :, [lead]], alone[:, lead]
        views.append((replace(beats, windows=windows, recording=recording.only([lead])), rows))
    return views


def _judge(
    model: TrainedModel,
    views: list[tuple[AlignedBeats, np.ndarray]],
    judgements: np.ndarray,
    asked: np.ndarray,
) -> None:
    """Put the model's judgements of some beats, bool (beats,), into those of all."""
    for shown, rows in views:
        if (rows & asked).any():
            judgements[rows & asked] = model.judged(shown, rows & asked)


def _agreed(
    model: TrainedModel, views: list[tuple[AlignedBeats, np.ndarray]], judgements: np.ndarray
) -> np.ndarray:
    """Let beats agree that look alike in the leads that they are looked at in."""
    probabilities = np.empty_like(judgements)
    for shown, rows in views:
        if rows.any():
            probabilities[rows] = model.agreed(judgements, shown)[rows]
    return probabilities
