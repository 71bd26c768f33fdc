"""A classified recording as EDF+, in which viewers show each beat's class on the signal."""

import io
import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.recordings.classified import Classified
from ecgutils.recordings.rhythms import RHYTHMS
from ecgutils.signals.quality import fill

if TYPE_CHECKING:
    import edfio

# EDF writes the length of a data record with eight characters.
_DECIMALS = 6
# EDF+ dates begin here.
_FIRST_YEAR = 1985


def edf_bytes(classified: Classified) -> bytes:
    """Return the leads that were looked at, with beats, rhythms and unusable stretches as notes.

    Missing samples are bridged, since EDF has none. The last data record is filled up.
    """
    import edfio

    recording = classified.recording
    samples = round(recording.fs)
    seconds = round(samples / recording.fs, _DECIMALS)
    content = io.BytesIO()
    # edfio warns of every digit that EDF has no room for.
    with warnings.catch_warnings(action="ignore"):
        leads = [
            _lead(recording.p_signal[:, k], name, samples, seconds, recording.unit_declared[k])
            for k, name in enumerate(recording.sig_name)
        ]
        start = recording.start
        has_date = isinstance(start, datetime) and start.year >= _FIRST_YEAR
        clock = start.time() if isinstance(start, datetime) else start
        edfio.Edf(
            leads,
            recording=edfio.Recording(startdate=start.date() if has_date else None),
            starttime=clock and clock.replace(microsecond=0, tzinfo=None),
            data_record_duration=seconds,
            annotations=[*_annotations(classified)],
        ).write(content)
    return content.getvalue()


def _lead(
    signal: np.ndarray, name: str, samples: int, seconds: float, is_declared: bool
) -> "edfio.EdfSignal":
    """Return a lead in whole data records of so many samples and seconds."""
    import edfio

    filled = fill(signal).astype(np.float64)
    filled = np.pad(filled, (0, -len(filled) % samples), "edge")
    ends = float(np.floor(filled.min())), float(np.ceil(filled.max()) + 1)
    label = name.encode("ascii", "replace").decode()[:16]
    return edfio.EdfSignal(
        filled,
        samples / seconds,
        label=label,
        physical_dimension="mV" if is_declared else "",
        physical_range=ends,
    )


def _annotations(classified: Classified) -> Iterator["edfio.EdfAnnotation"]:
    """Yield a note for each beat, and those that last for rhythms and unusable stretches."""
    from edfio import EdfAnnotation

    beats = classified.beats
    for time_s, name in zip(beats["time_s"].round(4), beats["class"], strict=True):
        yield EdfAnnotation(time_s, None, name)
    for row in classified.rhythms.itertuples():
        yield EdfAnnotation(row.start_s, row.stop_s - row.start_s, RHYTHMS[row.rhythm])
    for row in classified.unusable.itertuples():
        yield EdfAnnotation(row.start_s, row.stop_s - row.start_s, f"not usable: {row.reason}")
