"""Bridging gaps that are too short to hide a beat, and refusing them where they do harm."""

from dataclasses import replace

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.record import Record

SHORT_S = 0.1
"""Seconds that are bridged: about a QRS complex, so that at most one beat is less well seen."""


def bridge_gaps(record: Record) -> Record:
    """Put straight lines into short gaps of a recording; longer ones stay as they are.

    Parameters
    ----------
    record : Record
        NaN where a sample is missing.

    Returns
    -------
    Record
        With no gap of :data:`SHORT_S` or less between two samples of a lead.

    Examples
    --------
    >>> from ecgutils import database
    >>> record = database.read("100").between(0, 10)
    >>> record.p_signal[720:725] = np.nan
    >>> bool(np.isnan(bridge_gaps(record).p_signal).any())
    False
    """
    short = [_in_short_gaps(lead, round(SHORT_S * record.fs)) for lead in record.p_signal.T]
    if not any(len(samples) for samples in short):
        return record
    p_signal = record.p_signal.copy(order="F")
    for lead, samples in zip(p_signal.T, short, strict=True):
        there = np.flatnonzero(~np.isnan(lead))
        lead[samples] = np.interp(samples, there, lead[there])
    return replace(record, p_signal=p_signal)


def missing_seconds(record: Record) -> np.ndarray:
    """Tell in which seconds samples of a lead are missing; bool, (seconds, leads)."""
    starts = np.arange(0, len(record.p_signal), round(record.fs))
    leads = [np.logical_or.reduceat(np.isnan(lead), starts) for lead in record.p_signal.T]
    return np.stack(leads, axis=1)


def refuse_missing(signal: np.ndarray, use: str) -> None:
    """Refuse missing and infinite samples, which a transform would spread over all others."""
    if not (finite := np.isfinite(signal)).all():
        raise EcgError(
            f"{use} needs every sample, and {finite.size - np.count_nonzero(finite)} of "
            f"{finite.size} are missing or infinite; bridge them, or cut them off"
        )


def _in_short_gaps(signal: np.ndarray, longest: int) -> np.ndarray:
    """Find the samples that are missing, but for long gaps and those at the ends."""
    missing = np.isnan(signal)
    if not missing.any():
        return np.empty(0, dtype=int)
    starts, stops = np.flatnonzero(np.diff(missing, prepend=False, append=False)).reshape(-1, 2).T
    bridged = (stops - starts <= longest) & (starts > 0) & (stops < len(signal))
    within = np.zeros(len(signal) + 1, dtype=np.int8)
    within[starts[bridged]], within[stops[bridged]] = 1, -1
    return np.flatnonzero(within.cumsum())
