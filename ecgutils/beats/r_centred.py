"""Heartbeats cut around their R peak: fixed duration, leads by name, height kept."""

from dataclasses import dataclass

import numpy as np

from ecgutils.beats.beats import Beats, beats_to_cut
from ecgutils.errors import EcgError
from ecgutils.io.record import Record
from ecgutils.signals.wavelets import denoise

FIRST_LEAD = "MLII"
"""The lead that comes first wherever a record has it."""

QRS_HALF_S = 0.12
"""Seconds on either side of the R peak in which the height of a beat is measured."""


@dataclass(frozen=True)
class RCentred:
    """Cuts a record into windows of fixed duration around the R peaks.

    Baseline wander is taken out of the whole record first. Each lead is then divided by the
    median height of the record's own beats. So a large beat stays large beside the others, and
    the gain of the recorder does not matter. A record that has no beats or too few leads, or in
    which samples are missing, raises :class:`~ecgutils.errors.EcgError`.

    Parameters
    ----------
    leads : int
        How many leads to take. MLII comes first, the others in the order of the record.
    before_s, after_s : float
        Seconds before and after the annotated position.
    scale_each_beat : bool
        Whether each beat and lead is scaled to a height of one, as in the paper, which
        loses how it compares with the others of its record.

    Examples
    --------
    >>> from ecgutils import database
    >>> beats = RCentred()(database.read("114"))  # the record has V5 first
    >>> beats.windows.shape, beats.sig_name[0].tolist()
    ((1879, 268, 2), ['MLII', 'V5'])
    """

    leads: int = 2
    before_s: float = 0.29
    after_s: float = 0.455
    scale_each_beat: bool = False

    def __call__(self, record: Record) -> Beats:
        """Cut a record; what a window has beyond its ends is zero."""
        if (leads := len(record.sig_name)) < self.leads:
            few = f"has {leads} of the {self.leads} leads asked for"
            raise EcgError(f"record {record.name} {few}; cut it with fewer leads")
        record = record.only(lead_order(record.sig_name)[: self.leads])
        marks = beats_to_cut(record)
        windows = [self._cut(signal, record.fs, marks.sample) for signal in record.p_signal.T]
        return Beats.of(record, marks, np.stack(windows, axis=-1))

    def _cut(self, signal: np.ndarray, fs: float, sample: np.ndarray) -> np.ndarray:
        """Windows of one lead, shape (beats, samples)."""
        before, after = (round(s * fs) for s in (self.before_s, self.after_s))
        # Fine noise is left to the approximation, which drops it.
        padded = np.pad(denoise(signal, noisy_levels=0), (before, after)).astype(np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(padded, before + after)
        # A beat that is annotated just outside the recording is cut at its end.
        windows = windows[np.clip(sample, 0, len(signal))]
        half = round(QRS_HALF_S * fs)
        height = np.ptp(windows[:, max(before - half, 0) : before + half], axis=1)
        unit = height[:, None] if self.scale_each_beat else np.median(height)
        # A lead that came off stays flat; it must not be blown up.
        return windows / np.where(unit > 0, unit, 1)


def lead_order(sig_name: tuple[str, ...]) -> list[int]:
    """Positions of the leads with MLII first, the others in the order of the record."""
    return sorted(range(len(sig_name)), key=lambda lead: sig_name[lead] != FIRST_LEAD)
