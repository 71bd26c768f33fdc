"""Heartbeats cut around their R peak: fixed duration, leads by name, height kept."""

from dataclasses import dataclass

import numpy as np

from ecgutils import aami
from ecgutils.beats.beats import Beats, rr_intervals
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
    median height of the record's own beats, so that a large beat stays large beside the
    others of its record, while the gain of the recorder does not matter.

    Parameters
    ----------
    leads : int
        How many leads to take, see :func:`lead_order`.
    before_s, after_s : float
        Seconds before and after the annotated position.
    scale_each_beat : bool
        Whether each beat and lead is scaled to a height of one, as in the paper, which
        loses how it compares with the others of its record.
    """

    leads: int = 2
    before_s: float = 0.29
    after_s: float = 0.455
    scale_each_beat: bool = False

    def __call__(self, record: Record) -> Beats:
        """Cut a record.

        Parameters
        ----------
        record : Record
            With annotations.

        Returns
        -------
        Beats
            Windows [beats, samples, leads] in units of the record's median beat height.
            Where a window reaches beyond the record, it is filled with zeros.

        Raises
        ------
        EcgError
            If the record has no beats or too few leads, or samples are missing in it.
        """
        order = lead_order(record.sig_name)[: self.leads]
        beat = aami.is_beat(record.annotations.symbol)
        _check(record, beat, order, self.leads)
        sample, symbol = record.annotations.sample[beat], record.annotations.symbol[beat]
        windows = np.stack([self._cut(record, lead, sample) for lead in order], axis=-1)
        names = [record.sig_name[lead] for lead in order]
        return Beats(
            windows=windows,
            aami_class=aami.to_classes(symbol),
            symbol=symbol,
            record=np.full(len(sample), record.name),
            sample=sample,
            sig_name=np.tile(names, (len(sample), 1)),
            rr=rr_intervals(sample, record.fs),
        )

    def _cut(self, record: Record, lead: int, sample: np.ndarray) -> np.ndarray:
        """Windows of one lead, shape (beats, samples)."""
        before, after = (round(s * record.fs) for s in (self.before_s, self.after_s))
        # Fine noise is left to the approximation, which drops it.
        signal = denoise(record.p_signal[:, lead], noisy_levels=0)
        padded = np.pad(signal, (before, after)).astype(np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(padded, before + after)[sample]
        half = round(QRS_HALF_S * record.fs)
        height = np.ptp(windows[:, max(before - half, 0) : before + half], axis=1)
        unit = height[:, None] if self.scale_each_beat else np.median(height)
        # A lead that came off stays flat; it must not be blown up.
        return windows / np.where(unit > 0, unit, 1)


def lead_order(sig_name: tuple[str, ...]) -> list[int]:
    """Put MLII first, and leave the other leads in the order of the record.

    In the MIT-BIH Arrhythmia Database, MLII is the first signal of 45 records and the
    second of 114. Records 102 and 104 have none: V5 then comes first, V2 second, as stored.

    Parameters
    ----------
    sig_name : tuple of str
        Names of the leads.

    Returns
    -------
    list of int
        Positions of the leads.
    """
    return sorted(range(len(sig_name)), key=lambda lead: sig_name[lead] != FIRST_LEAD)


def _check(record: Record, beat: np.ndarray, order: list[int], leads: int) -> None:
    if len(order) < leads:
        raise EcgError(
            f"record {record.name} has {len(order)} of the {leads} leads asked for; "
            "cut it with fewer leads"
        )
    for lead in order:
        if np.isnan(record.p_signal[:, lead]).any():
            name = record.sig_name[lead]
            raise EcgError(f"record {record.name}, lead {name}: samples are missing; fill them")
    if not beat.any():
        raise EcgError(f"record {record.name} has no annotated beats to cut; choose another record")
