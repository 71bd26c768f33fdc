"""Choosing the leads of a recording that are looked at."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.record import Record
from ecgutils.signals.quality import fill, lead_faults
from ecgutils.signals.r_peaks import leads_together

MOST_LEADS = 2
"""Leads that are looked at; the training recordings have two."""

FIRST_CHOICE = ("MLII", "II")
"""Leads in which the waves of most people stand upright and tall."""

SECOND_CHOICE = ("V1", "MLV1", "V5", "MLV5", "V2", "V4")
"""Leads that the training recordings have beside them, the most frequent ones first."""

LEAST_USABLE = 0.5
"""Share of the seconds in which a lead has to have a signal."""

EXAMINED, EXAMINED_S = 12, 30.0
"""Stretches of a recording in which its leads are compared, and their length in seconds."""


def choose_leads(record: Record, wanted: Sequence[str] = ()) -> tuple[tuple[str, ...], str]:
    """Choose the leads to look at.

    Parameters
    ----------
    record : Record
    wanted : sequence of str
        Leads that the user wants, at most :data:`MOST_LEADS`; none to have them chosen.

    Returns
    -------
    leads : tuple of str
        One or two names; the first is the one that strips show.
    why : str
        A sentence for the user.

    Raises
    ------
    EcgError
        If the recording has no such lead, or none with a signal.

    Examples
    --------
    >>> from ecgutils import database
    >>> choose_leads(database.read("114").between(0, 30))
    (('MLII', 'V5'), 'Looked at leads MLII and V5 of 2.')
    """
    if wanted:
        chosen = tuple(dict.fromkeys(_named(record, name) for name in wanted))
        if len(chosen) > MOST_LEADS:
            raise EcgError(f"{record.name}: {len(chosen)} leads asked for, at most two are used")
        return chosen, f"Looked at {_listed(chosen)}, as asked."
    quality = _qualities(record)
    usable = [k for k in np.argsort(-quality, kind="stable").tolist() if quality[k] > 0]
    if not usable:
        raise EcgError(
            f"{record.name}: no heartbeats found: no lead has a signal in more than half of the "
            "recording; check the electrodes and the file"
        )
    positions, by_name = [], 0
    for names in (FIRST_CHOICE, SECOND_CHOICE):
        others = [k for k in usable if k not in positions]
        known = _first_named(record, others, names)
        positions += others[:1] if known is None else [known]
        by_name += known is not None
    chosen = tuple(record.sig_name[k] for k in positions)
    return chosen, f"Looked at {_listed(chosen)} {_reason(record, len(usable), by_name)}."


def _named(record: Record, name: str) -> str:
    """Find a lead of the recording, whatever the case of its letters."""
    leads = record.sig_name
    same = [lead for lead in leads if lead.casefold() == name.casefold()]
    if not same:
        raise EcgError(f"{record.name}: no lead {name!r}; its leads are {', '.join(leads)}")
    return name if name in same else same[0]


def _qualities(record: Record) -> np.ndarray:
    """How good each lead is, shape (leads,); zero where it cannot be used."""
    usable = np.array([np.mean(lead_faults(lead, record.fs) == "") for lead in record.p_signal.T])
    samples, length = len(record.p_signal), round(EXAMINED_S * record.fs)
    starts = np.linspace(0, samples - length, EXAMINED).astype(int)
    if samples <= EXAMINED * length:
        starts, length = [0], samples
    parts = [_noise(record, slice(start, start + length)) for start in starts]
    noise = np.median(np.concatenate(parts), axis=0)
    return np.where(usable >= LEAST_USABLE, usable / (noise + 0.02), 0)


def _noise(record: Record, part: slice) -> np.ndarray:
    """Noise of the leads in a part of the recording, shape (blocks, leads)."""
    filled = np.stack([fill(lead[part]) for lead in record.p_signal.T], axis=1)
    return leads_together(replace(record, p_signal=filled)).noise


def _first_named(record: Record, among: list[int], names: Sequence[str]) -> int | None:
    """Position of the lead that has the first of these names that any lead has."""
    positions = {_bare(record.sig_name[k]): k for k in reversed(among)}
    return next((positions[name] for name in names if name in positions), None)


def _bare(name: str) -> str:
    """Strip a lead's name of what recorders put around it."""
    return name.upper().replace("LEAD", "").replace("ECG", "").strip(" _-:.")


def _reason(record: Record, usable: int, by_name: int) -> str:
    """Why these leads were chosen, as the end of a sentence."""
    leads = len(record.sig_name)
    left_out = f" ({leads - usable} without a signal left out)" if usable < leads else ""
    how = ("the clearest", "one known by its name, one the clearest", "known by name")[by_name]
    return f"of {leads}{left_out}" + (f", {how}" if usable > MOST_LEADS else "")


def _listed(names: Sequence[str]) -> str:
    return f"lead{'s' * (len(names) > 1)} {' and '.join(names)}"
