"""A recording in, annotated beats out.

A long recording is looked at in pieces of half an hour, as long as those that the model was
trained on: posture and electrodes change, and what is usual for a patient changes with them.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ecgutils import aami
from ecgutils.detect import BLOCK_S, detect_r_peaks, leads_together
from ecgutils.errors import EcgError
from ecgutils.leads import choose_leads, only_leads
from ecgutils.patient_beats import PatientBeats, patient_beats
from ecgutils.records import Record
from ecgutils.signal_quality import fill, lead_faults, noisy, stretches
from ecgutils.trained_model import ModelCard, TrainedModel, load_model

PIECE_S = 1800.0
"""Seconds of a piece, the length of the training recordings."""

MARGIN_S = 60.0
"""Seconds by which a piece reaches into its neighbours, for the rhythm around its beats."""

SHORTEST_S = 10.0
"""Seconds from which on a recording can be classified."""

SAMPLING_HZ = (100.0, 1000.0)
"""Sampling frequencies that can be classified."""

TYPICAL_MV = (0.005, 100.0)
"""Heights of the waves of a second, in mV, that an electrocardiogram can have."""

RATES = (15.0, 300.0)
"""Beats a minute that a human heart can do."""

FEWEST_BEATS = 4
"""Beats from which on there is a rhythm that a beat can be compared with."""

PROBABILITIES = tuple(f"p_{name}" for name in aami.CLASSES)
"""Columns of the table of beats that hold the probability of each class."""

UNCLASSIFIABLE = aami.CLASSES.index("Q")


@dataclass(frozen=True, eq=False)
class Classified:
    """What was found in a recording.

    Attributes
    ----------
    recording : Record
        The leads that were looked at, one or two, first the main one. NaN where a sample is
        missing.
    beats : pandas.DataFrame
        A row a beat, in time order; columns ``sample``, ``time_s``, ``class`` and the
        :data:`PROBABILITIES`. The class is the most probable one. ``p_Q`` is one where the
        signal is too poor, and otherwise, where no class is more likely than not, the
        probability that the best guess is wrong.
    unusable : pandas.DataFrame
        Stretches in which nothing can be said; columns ``start_s``, ``stop_s``, ``reason``.
    remarks : tuple of str
        How the file was understood, which leads were chosen and how the beats were found.
    model : ModelCard
        What classified the beats.
    """

    recording: Record
    beats: pd.DataFrame
    unusable: pd.DataFrame
    remarks: tuple[str, ...]
    model: ModelCard


@dataclass(frozen=True)
class _Piece:
    """Part of a recording whose own beats lie between two samples; the rest is margin.

    `faulty` is an array of bool, shape (seconds, leads).
    """

    record: Record
    faulty: np.ndarray
    first: int
    stop: int
    offset: int


def classify_recording(record: Record, lead: str | None = None) -> pd.DataFrame:
    """Classify every heartbeat of a recording.

    Parameters
    ----------
    record : Record
        As :func:`ecgutils.recordings.read_recording` gives it. Where it has annotated beats,
        they are classified; otherwise beats are detected.
    lead : str, optional
        Name of the lead to look at; by default up to two are chosen.

    Returns
    -------
    pandas.DataFrame
        A row a beat, in time order; columns ``sample``, ``time_s``, ``class`` (N, S, V, F or Q)
        and the probabilities ``p_N``, ``p_S``, ``p_V``, ``p_F`` and ``p_Q``, see
        :class:`Classified`.

    Raises
    ------
    EcgError
        If the recording cannot be classified, or no heartbeats are found in it.
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
        Names of the leads to look at, one or two; none to have them chosen.
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
    chosen, why = choose_leads(record, leads)
    record = only_leads(record, chosen)
    _refuse_amplitude(record)
    faults = np.stack([lead_faults(signal, record.fs) for signal in record.p_signal.T], axis=1)
    model = model or load_model()
    pieces = _pieces(record, faults != "")
    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(pieces))) as pool:
        tables, noises = zip(*pool.map(_classifier(model, _has_beats(record)), pieces), strict=True)
    reason = _reasons(faults, np.concatenate(noises))
    beats = _table(record, pd.concat(tables, ignore_index=True), reason)
    _refuse_without_rhythm(record, beats, reason)
    found = "annotated" if _has_beats(record) else "detected"
    return Classified(
        recording=record,
        beats=beats,
        unusable=stretches(reason, record.fs, record.duration),
        remarks=(*record.remarks, why, f"The positions of the beats were {found}."),
        model=model.card,
    )


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
    if np.isinf(record.p_signal).any():
        raise EcgError(f"{record.name}: holds infinite values; export the recording again")


def _refuse_amplitude(record: Record) -> None:
    """Refuse a lead whose waves are no heart's, as far as its unit is known."""
    if any("unit" in remark for remark in record.remarks):
        return
    low, high = TYPICAL_MV
    second = max(1, round(record.fs))
    main = record.p_signal[: len(record.p_signal) // second * second, 0].reshape(-1, second)
    heights = np.ptp(main, axis=1)
    height = float(np.nanmedian(heights)) if np.isfinite(heights).any() else 0.0
    if height > high or 0 < height < low:
        raise EcgError(
            f"{record.name}: waves of {height:.3g} mV in lead {record.sig_name[0]} are not an "
            "electrocardiogram's; check the unit and the gain"
        )


def _has_beats(record: Record) -> bool:
    return bool(aami.is_beat(record.ann_symbol).any())


def _pieces(record: Record, faulty: np.ndarray) -> list[_Piece]:
    """Divide a recording evenly; the borders lie on whole blocks of :data:`BLOCK_S`."""
    block = round(record.fs) * round(BLOCK_S)
    count = max(1, round(record.duration / PIECE_S))
    borders = np.linspace(0, len(record.p_signal) // block, count + 1).round().astype(int) * block
    borders[-1] = len(record.p_signal)
    margin = round(MARGIN_S / BLOCK_S) * block
    pieces = []
    for first, stop in zip(borders[:-1].tolist(), borders[1:].tolist(), strict=True):
        start, end = max(0, first - margin), min(len(record.p_signal), stop + margin)
        seconds = slice(start // round(record.fs), -(-end // round(record.fs)))
        within = (record.ann_sample >= start) & (record.ann_sample < end)
        part = replace(
            record,
            p_signal=record.p_signal[start:end],
            ann_sample=record.ann_sample[within] - start,
            ann_symbol=record.ann_symbol[within],
            ann_aux=record.ann_aux[within],
        )
        pieces.append(_Piece(part, faulty[seconds], first - start, stop - start, start))
    return pieces


def _classifier(
    model: TrainedModel, annotated: bool
) -> Callable[[_Piece], tuple[pd.DataFrame, np.ndarray]]:
    """Make a function that classifies a piece."""

    def classify_piece(piece: _Piece) -> tuple[pd.DataFrame, np.ndarray]:
        signals = np.stack([fill(lead.astype(np.float64)) for lead in piece.record.p_signal.T])
        whole = replace(piece.record, p_signal=signals.T)
        second = round(whole.fs)
        core = slice(piece.first // second, -(-piece.stop // second))
        steepness = leads_together(whole)
        noise = np.repeat(noisy(steepness.noise), round(BLOCK_S))
        noise = np.pad(noise, (0, max(0, len(piece.faulty) - len(noise))), mode="edge")[core]
        located = whole if annotated else _at(whole, detect_r_peaks(whole, steepness))
        if not _has_beats(located):
            nothing = np.empty(0, dtype=np.int64)
            return _some_beats(piece, nothing, np.empty((0, UNCLASSIFIABLE))), noise
        beats = _rhythm_without_gaps(patient_beats(located), piece.faulty.all(axis=1))
        said = _without_faulty_leads(model, beats, piece.faulty, model.predict_proba(beats))
        return _some_beats(piece, beats.sample, said), noise

    return classify_piece


def _at(record: Record, sample: np.ndarray) -> Record:
    """Annotate beats."""
    # Any symbol of a beat does: what it says is not looked at.
    symbol, aux = np.full(len(sample), "N"), np.full(len(sample), "", dtype=object)
    return replace(record, ann_sample=sample, ann_symbol=symbol, ann_aux=aux)


def _rhythm_without_gaps(beats: PatientBeats, silent: np.ndarray) -> PatientBeats:
    """Forget intervals over seconds without a signal: nobody knows how many beats they hold."""
    before = np.append(0, np.cumsum(silent))
    second = np.minimum(beats.sample // round(beats.recording.fs), len(silent) - 1)
    across = np.diff(before[second], prepend=0) > 0
    return replace(beats, rr=np.where(across, np.nan, beats.rr))


def _without_faulty_leads(
    model: TrainedModel, beats: PatientBeats, faulty: np.ndarray, said: np.ndarray
) -> np.ndarray:
    """Where one of two leads has no signal, let the other speak alone."""
    at = faulty[np.minimum(beats.sample // round(beats.recording.fs), len(faulty) - 1)]
    for lead in range(at.shape[1] if at.shape[1] > 1 else 0):
        alone = ~at[:, lead] & np.delete(at, lead, axis=1).all(axis=1)
        if alone.any():
            name = beats.recording.sig_name[lead]
            only = replace(
                beats,
                windows=beats.windows[:, :, [lead]],
                recording=only_leads(beats.recording, [name]),
            )
            said[alone] = model.predict_proba(only)[alone]
    return said


def _some_beats(piece: _Piece, sample: np.ndarray, said: np.ndarray) -> pd.DataFrame:
    """Beats of a piece without those of its margins."""
    own = (sample >= piece.first) & (sample < piece.stop)
    table = pd.DataFrame(said[own], columns=list(PROBABILITIES[:UNCLASSIFIABLE]))
    table.insert(0, "sample", sample[own].astype(np.int64) + piece.offset)
    return table


def _reasons(faults: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Why each second cannot be used, shape (seconds,); empty where it can."""
    all_faulty = (faults != "").all(axis=1)
    noise = np.pad(noise, (0, max(0, len(faults) - len(noise))), mode="edge")[: len(faults)]
    return np.where(all_faulty, faults[:, 0], np.where(noise, "noise", ""))


def _table(record: Record, beats: pd.DataFrame, reason: np.ndarray) -> pd.DataFrame:
    """Add time, class and the probability that nothing can be said."""
    seconds = (beats["sample"] // round(record.fs)).to_numpy().clip(max=len(reason) - 1)
    poor = reason[seconds] != ""
    if not _has_beats(record):
        # A straight line between two ends of a gap has no beats, whatever a detector makes of it.
        kept = ~np.isin(reason[seconds], ["missing", "flat"])
        beats, poor = beats[kept].reset_index(drop=True), poor[kept]
    said = beats[list(PROBABILITIES[:UNCLASSIFIABLE])].to_numpy(dtype=float)
    best = said.max(axis=1, initial=0)
    wrong = np.where(poor, 1.0, np.where(best < 0.5, 1 - best, 0.0))
    said = np.column_stack([said * (1 - wrong)[:, None], wrong])
    table = pd.DataFrame({"sample": beats["sample"], "time_s": beats["sample"] / record.fs})
    table["class"] = np.take(aami.CLASSES, said.argmax(axis=1))
    table[list(PROBABILITIES)] = said
    return table


def _refuse_without_rhythm(record: Record, beats: pd.DataFrame, reason: np.ndarray) -> None:
    """Refuse what has no heartbeats, or not as many as a heart makes."""
    what_to_do = "is it an electrocardiogram, and is its sampling frequency right?"
    usable = (reason == "").sum()
    told = int((beats["p_Q"] < 1).sum())
    if told < FEWEST_BEATS:
        raise EcgError(f"{record.name}: no heartbeats found; {what_to_do}")
    rate = 60 * told / usable
    if not RATES[0] <= rate <= RATES[1]:
        raise EcgError(
            f"{record.name}: no heartbeats found that a heart could make "
            f"({rate:.0f} a minute); {what_to_do}"
        )
