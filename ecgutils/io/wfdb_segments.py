"""WFDB records of several segments: one header lists them, and each is a record of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.guards import MOST_MISSING, empty_signals, errors_name, unique_names
from ecgutils.io.record import Record
from ecgutils.io.wfdb_header import GAP, has_segments, read_header, start_of
from ecgutils.io.wfdb_signals import chosen, lead_names, open_record, read_record

if TYPE_CHECKING:
    import wfdb


@dataclass(frozen=True)
class _Segment:
    """A record within another, from sample `start` on; its leads are unlike each other."""

    name: str
    start: int
    length: int
    leads: tuple[str, ...]
    per_frame: int


def read_wfdb(name: str, directory: str | Path) -> Record:
    """Read a WFDB record of one segment or of several as float32, NaN in gaps, unannotated."""
    header = read_header(name, directory)
    if not has_segments(header):
        return read_record(name, directory, annotations=None, dtype=np.float32)
    segments = _segments(header)
    leads = tuple(dict.fromkeys(lead for segment in segments for lead in segment.leads))
    with errors_name(header.path):
        _check_gaps(header.sig_len, segments, leads)
        per_frame = _per_frame(segments)
        p_signal = empty_signals(header.sig_len * per_frame, len(leads), np.float32)
    p_signal[:] = np.nan
    left_open, undeclared = [], set()
    for segment in (segment for segment in segments if segment.leads):
        part = read_record(segment.name, directory, annotations=None, dtype=np.float32)
        columns = [leads.index(lead) for lead in segment.leads]
        first = segment.start * per_frame
        p_signal[first : first + len(part.p_signal), columns] = part.p_signal
        left_open += part.remarks
        undeclared.update(segment.leads[k] for k, ok in enumerate(part.unit_declared) if not ok)
    return Record(
        name=name,
        p_signal=p_signal,
        fs=float(header.fs) * per_frame,
        sig_name=leads,
        comments=tuple(header.comments),
        start=start_of(header),
        unit_declared=tuple(lead not in undeclared for lead in leads),
        remarks=(f"Put together from {len(segments)} segments.", *dict.fromkeys(left_open)),
    )


def _segments(header: "wfdb.MultiRecord") -> list[_Segment]:
    """Compare what a header declares of its segments with their own headers."""
    lengths = [length or 0 for length in header.seg_len]
    if not header.sig_len:
        header.sig_len = sum(lengths)
    if sum(lengths) != header.sig_len or min(lengths) < 0:
        raise EcgError(
            f"{header.path}: declares {header.sig_len} samples, "
            f"and segments of {sum(lengths)} together"
        )
    named = [name for name in header.seg_name if name != GAP]
    if len(set(named)) < len(named):
        raise EcgError(f"{header.path}: lists a segment more than once")
    segments, start = [], 0
    for name, length in zip(header.seg_name, lengths, strict=True):
        # A segment without samples only describes the leads of the others.
        if length:
            leads, per_frame = ((), 1) if name == GAP else _leads(header, name, length)
            segments.append(_Segment(name, start, length, leads, per_frame))
            start += length
    return segments


def _leads(header: "wfdb.MultiRecord", name: str, length: int) -> tuple[tuple[str, ...], int]:
    """Return leads and samples a frame of a segment, once its header agrees with the whole's."""
    own = open_record(name, header.path.parent)
    if (own.sig_len, own.fs) != (length, header.fs):
        raise EcgError(
            f"{header.path}: declares {length} samples at {header.fs:g} Hz for segment {name}, "
            f"which has {own.sig_len} at {own.fs:g} Hz"
        )
    return unique_names(lead_names(own)), chosen(own)[1]


def _per_frame(segments: Sequence[_Segment]) -> int:
    """Return how many samples a frame the segments have, which have to be as many in all."""
    rates = {segment.per_frame for segment in segments if segment.leads}
    if len(rates) > 1:
        raise EcgError("its segments are sampled at several rates; name one of them")
    return rates.pop()


def _check_gaps(samples: int, segments: Sequence[_Segment], leads: Sequence[str]) -> None:
    """Refuse what would be gaps almost everywhere."""
    there = sum(segment.length * len(segment.leads) for segment in segments)
    if samples * len(leads) > (1 + MOST_MISSING) * there or not there:
        raise EcgError(
            f"{samples} samples of {len(leads)} leads, of which nearly all are missing; "
            "name one of its segments"
        )
