"""What is said of the beats of a recording, piece by piece.

A long recording is looked at in pieces of half an hour, as long as those that the model was
trained on: posture and electrodes change, and what is usual for a patient changes with them.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ecgutils.beats.aligned import AlignedBeats, aligned_beats
from ecgutils.io.record import Record
from ecgutils.signals.quality import fill, noisy
from ecgutils.signals.r_peaks import BLOCK_S, Steepness, detect_r_peaks, leads_together
from ecgutils.unseen.trained_model import NO_BEAT, OUTPUTS, PROBABLY_NONE, TrainedModel

SEGMENT_S = 1800.0
"""Seconds of a piece, the length of the training recordings."""

MARGIN_S = 60.0
"""Seconds by which a piece reaches into its neighbours, for the rhythm around its beats."""


@dataclass(frozen=True)
class Segment:
    """Part of a recording.

    Attributes
    ----------
    record : Record
        The part, with margins.
    faulty : array of bool, shape (seconds, leads)
        Where a lead has no signal, see :func:`ecgutils.signals.quality.lead_faults`.
    first, stop : int
        Samples between which the piece's own beats lie; the rest is margin.
    offset : int
        Where the part begins in the recording, in samples.
    """

    record: Record
    faulty: np.ndarray
    first: int
    stop: int
    offset: int


def has_beats(record: Record) -> bool:
    """Tell whether beats are annotated in a recording.

    Parameters
    ----------
    record : Record

    Returns
    -------
    bool
    """
    return len(record.annotations.beats) > 0


def into_segments(record: Record, faulty: np.ndarray) -> list[Segment]:
    """Divide a recording evenly.

    Parameters
    ----------
    record : Record
    faulty : array of bool, shape (seconds, leads)
        See :class:`Segment`.

    Returns
    -------
    list of Segment
        Their borders lie on whole blocks of :data:`~ecgutils.signals.r_peaks.BLOCK_S`.
    """
    block = round(record.fs) * round(BLOCK_S)
    count = max(1, round(record.duration / SEGMENT_S))
    borders = np.linspace(0, len(record.p_signal) // block, count + 1).round().astype(int) * block
    borders[-1] = len(record.p_signal)
    margin = round(MARGIN_S / BLOCK_S) * block
    pieces = []
    for first, stop in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        start, end = max(0, first - margin), min(len(record.p_signal), stop + margin)
        seconds = slice(start // round(record.fs), -(-end // round(record.fs)))
        part = record.between(start / record.fs, end / record.fs)
        pieces.append(Segment(part, faulty[seconds], first - start, stop - start, start))
    return pieces


def classify_segment(
    piece: Segment, model: TrainedModel, annotated: bool
) -> tuple[pd.DataFrame, np.ndarray]:
    """Find the beats of a piece, and say what they are.

    Parameters
    ----------
    piece : Segment
    model : TrainedModel
    annotated : bool
        Whether the recording's beats are annotated, so that none are to be detected.

    Returns
    -------
    beats : pandas.DataFrame
        A row for each of the piece's own beats: ``sample`` in the recording, and a column for
        each of :data:`ecgutils.unseen.trained_model.OUTPUTS`.
    noise : array of bool, shape (seconds,)
        Where the piece, without its margins, is too noisy.
    """
    signals = np.stack([fill(lead.astype(np.float64)) for lead in piece.record.p_signal.T])
    whole = replace(piece.record, p_signal=signals.T)
    steepness = leads_together(whole)
    if not annotated:
        whole = whole.with_beats(detect_r_peaks(whole, steepness))
    sample, said = np.empty(0, dtype=np.int64), np.empty((0, len(OUTPUTS)))
    if has_beats(whole):
        beats = aligned_beats(whole)
        sample, said = beats.sample, _answers(model, beats, piece.faulty, annotated)
    own = (sample >= piece.first) & (sample < piece.stop)
    table = pd.DataFrame(said[own], columns=list(OUTPUTS))
    table.insert(0, "sample", sample[own].astype(np.int64) + piece.offset)
    return table, _noise(piece, steepness)


def _noise(piece: Segment, steepness: Steepness) -> np.ndarray:
    """Tell which seconds of a piece are too noisy."""
    second = round(piece.record.fs)
    seconds = np.arange(piece.first // second, -(-piece.stop // second))
    block = seconds * second // round(BLOCK_S * piece.record.fs)
    return noisy(steepness.noise)[np.minimum(block, len(steepness.noise) - 1)]


def _answers(
    model: TrainedModel, beats: AlignedBeats, faulty: np.ndarray, annotated: bool
) -> np.ndarray:
    """Ask about beats; where some of them are none, ask once more about the others."""
    said = _of_usable_leads(model, _rhythm_without_gaps(beats, faulty), faulty)
    none = OUTPUTS.index(NO_BEAT)
    if annotated:
        said[:, none] = 0
        return said / said.sum(axis=1, keepdims=True)
    believed = said[:, none] < PROBABLY_NONE
    if believed.any() and not believed.all():
        others = _only(beats, believed)
        said[believed] = _of_usable_leads(model, _rhythm_without_gaps(others, faulty), faulty)
    return said


def _only(beats: AlignedBeats, kept: np.ndarray) -> AlignedBeats:
    """Leave out some beats, as if they had not been detected."""
    times = np.append(0, np.cumsum(beats.rr[1:], dtype=np.float64))[kept]
    rr = np.diff(times, prepend=np.nan)
    # One between two beats was none. Among several, nobody knows which were.
    rr[np.diff(np.flatnonzero(kept), prepend=-1) > 2] = np.nan
    return replace(
        beats,
        windows=beats.windows[kept],
        rr=rr.astype(np.float32),
        aami_class=beats.aami_class[kept],
        sample=beats.sample[kept],
    )


def _rhythm_without_gaps(beats: AlignedBeats, faulty: np.ndarray) -> AlignedBeats:
    """Forget intervals over seconds without a signal: nobody knows how many beats they hold."""
    silent = faulty.all(axis=1)
    before = np.append(0, np.cumsum(silent))
    second = np.minimum(beats.sample // round(beats.recording.fs), len(silent) - 1)
    across = np.diff(before[second], prepend=0) > 0
    return replace(beats, rr=np.where(across, np.nan, beats.rr))


def _of_usable_leads(model: TrainedModel, beats: AlignedBeats, faulty: np.ndarray) -> np.ndarray:
    """Ask about beats; where one of two leads has no signal, let the other speak alone."""
    said = model.predict_proba(beats)
    at = faulty[np.minimum(beats.sample // round(beats.recording.fs), len(faulty) - 1)]
    for lead in range(at.shape[1] if at.shape[1] > 1 else 0):
        alone = ~at[:, lead] & np.delete(at, lead, axis=1).all(axis=1)
        if alone.any():
            name = beats.recording.sig_name[lead]
            only = replace(
                beats,
                windows=beats.windows[:, :, [lead]],
                recording=beats.recording.only([name]),
            )
            said[alone] = model.predict_proba(only)[alone]
    return said
