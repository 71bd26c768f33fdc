"""Choosing the leads of a recording that are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.channels import bare_name, is_ecg_name
from ecgutils.io.record import Record
from ecgutils.signals.heart import judge
from ecgutils.signals.quality import fill, lead_faults
from ecgutils.signals.r_peaks import leads_together

MOST_LEADS = 2
"""Leads that are looked at; the training recordings have two."""

FIRST_CHOICE = ("MLII", "II")
"""Leads in which the waves of most people stand upright and tall."""

SECOND_CHOICE = ("V1", "MLV1", "MV1", "V5", "MLV5", "MV5", "V2", "V4")
"""Leads that the training recordings have beside them, the most frequent ones first."""

LEAST_USABLE = 0.5
"""Share of the seconds in which a lead has to have a signal."""

LEAST_HEART = 0.25
"""Share of the examined stretches in which a lead has to show a heart; only there it is used."""

EXAMINED, EXAMINED_S = 12, 30.0
"""Stretches of a recording in which its leads are compared, and their length in seconds."""


@dataclass(frozen=True, eq=False)
class ChosenLeads:
    """The leads to look at.

    Attributes
    ----------
    names : tuple of str
        One or two; the first is the one that strips show.
    why : str
        A sentence for the user.
    doubts : tuple of str
        Sentences about leads that show no heart.
    clear : bool
        Whether one of them shows clear heartbeats anywhere.
    faults : array of str, shape (seconds, leads)
        Where they have no signal, see :func:`ecgutils.signals.quality.lead_faults`.
    """

    names: tuple[str, ...]
    why: str
    doubts: tuple[str, ...]
    clear: bool
    faults: np.ndarray


@dataclass(frozen=True, eq=False)
class _Lead:
    """What is known of one lead."""

    position: int
    name: str
    # Of each second, see `lead_faults`.
    faults: np.ndarray
    # Median over the examined stretches.
    noise: float
    # Of each examined stretch, whether it shows a heart: 1, -1 where not, 0 where it is open.
    shown: np.ndarray
    # What it looks like where it cannot be a heart.
    against: str
    # Share of the stretches with a heart, among those in which any lead has one.
    heart: float

    @property
    def usable(self) -> float:
        """Share of the seconds with a signal."""
        return float(np.mean(self.faults == ""))

    @property
    def has_signal(self) -> bool:
        return self.usable >= LEAST_USABLE and self.noise < 1

    @property
    def fault(self) -> str:
        """Why it is left out."""
        return "shows no heart" if self.has_signal else "has no signal for most of the time"

    @property
    def quality(self) -> float:
        """How clear it is, to compare leads."""
        return self.usable * self.heart / (self.noise + 0.02)


def choose_leads(record: Record, wanted: Sequence[str] = ()) -> ChosenLeads:
    """Choose the leads to look at.

    Parameters
    ----------
    record : Record
    wanted : sequence of str
        Leads that the user wants, at most :data:`MOST_LEADS`; none to have them chosen.

    Returns
    -------
    ChosenLeads

    Raises
    ------
    EcgError
        If the recording has no such lead, or none that shows a heart.

    Examples
    --------
    >>> from ecgutils import database
    >>> chosen = choose_leads(database.read("114").between(0, 30))
    >>> chosen.names, chosen.why
    (('MLII', 'V5'), 'Looked at leads MLII and V5 of 2.')
    """
    own = list(dict.fromkeys(_position(record, name) for name in wanted))
    if len(own) > MOST_LEADS:
        raise EcgError(f"{record.name}: {len(own)} leads asked for, at most two are used")
    named = {k for k, name in enumerate(record.sig_name) if is_ecg_name(name) is not False}
    leads = _examined(record, sorted(named | {*own}))
    if not own:
        return _best(record, leads)
    names = tuple(record.sig_name[k] for k in own)
    doubts = [
        f"Lead {lead.name} shows no heart: is it an electrocardiogram?"
        for lead in leads
        if lead.position in own and (lead.position not in named or lead.heart < LEAST_HEART)
    ]
    chosen = [lead for lead in leads if lead.position in own]
    doubts = doubts or _unclear(chosen)
    why = f"Looked at {_listed(names)}, as asked."
    return ChosenLeads(names, why, tuple(doubts), _clear(chosen), _faults(leads, own))


def _best(record: Record, leads: list[_Lead]) -> ChosenLeads:
    """Choose among leads, by name where it is known, and else by how clear they are."""
    _refuse(record, leads)
    leads = sorted(leads, key=lambda lead: -lead.quality)
    usable = [lead for lead in leads if lead.has_signal and lead.heart >= LEAST_HEART]
    usable = usable or [lead for lead in leads if lead.has_signal][:1]
    chosen, by_name = [], 0
    for names in (FIRST_CHOICE, SECOND_CHOICE):
        others = [lead for lead in usable if lead not in chosen]
        known = _first_named(others, names)
        chosen += others[:1] if known is None else [known]
        by_name += known is not None
    names = tuple(lead.name for lead in chosen)
    why = f"Looked at {_listed(names)} {_reason(record, usable, by_name)}."
    left_out = sorted(set(leads) - set(usable), key=lambda lead: lead.position)
    doubts = [
        f"Lead {lead.name} {lead.fault} and was left out: check its electrode." for lead in left_out
    ]
    faults = _faults(leads, [lead.position for lead in chosen])
    return ChosenLeads(names, why, (*doubts, *_unclear(chosen)), _clear(chosen), faults)


def _faults(leads: list[_Lead], positions: list[int]) -> np.ndarray:
    """Faults of the leads at some positions of the recording, in that order."""
    found = {lead.position: lead.faults for lead in leads}
    return np.stack([found[position] for position in positions], axis=1)


def _clear(leads: list[_Lead]) -> bool:
    """Tell whether any lead is clear in any stretch."""
    return any((lead.shown > 0).any() for lead in leads)


def _unclear(leads: list[_Lead]) -> list[str]:
    """Doubt leads of which none is clear."""
    if _clear(leads):
        return []
    names = tuple(lead.name for lead in leads)
    return [
        f"No clear heartbeats were seen in {_listed(names)}: check the electrodes and the file."
    ]


def _refuse(record: Record, leads: list[_Lead]) -> None:
    """Refuse a recording of which no lead can show a heart."""
    nothing = f"{record.name}: no heartbeats found: "
    if not leads:
        names = ", ".join(record.sig_name)
        raise EcgError(
            f"{nothing}no channel is an electrocardiogram by its name ({names}); "
            "name the one that is with --lead"
        )
    if not any(lead.has_signal for lead in leads):
        raise EcgError(
            f"{nothing}no lead has a signal in more than half of the recording; "
            "check the electrodes and the file"
        )
    if all((lead.shown < 0).all() for lead in leads if lead.has_signal):
        seen = ", ".join(f"{lead.name}: {lead.against}" for lead in leads if lead.has_signal)
        raise EcgError(
            f"{nothing}no lead shows a heart ({seen}); check the electrodes and the file"
        )


def _position(record: Record, name: str) -> int:
    """Find a lead of the recording, whatever is around its name and the case of its letters."""
    leads = record.sig_name
    for form in (str, str.casefold, bare_name):
        same = [k for k, lead in enumerate(leads) if form(lead) == form(name)]
        # What is left of several names can be the same.
        if len(same) == 1 or (same and form is not bare_name):
            return same[0]
    raise EcgError(f"{record.name}: no lead {name!r}; its leads are {', '.join(leads)}")


def _examined(record: Record, positions: list[int]) -> list[_Lead]:
    """Examine some leads of a recording all over it."""
    record = record.only(positions)
    faults = [lead_faults(lead, record.fs) for lead in record.p_signal.T]
    samples = len(record.p_signal)
    length = min(samples, round(EXAMINED_S * record.fs))
    count = min(EXAMINED, samples // length)
    starts = np.linspace(0, samples - length, count).astype(int)
    noises, shown, against = [], [], []
    for start in starts if positions else ():
        part = slice(start, start + length)
        filled = np.stack([fill(lead[part]) for lead in record.p_signal.T], axis=1)
        steepness = leads_together(replace(record, p_signal=filled))
        noises.append(steepness.noise)
        noise = np.median(steepness.noise, axis=0)
        seen = any((earlier > 0).all() for earlier in shown)
        verdict = judge(filled, steepness.frames, noise, record.fs, seen)
        shown.append(verdict.shown)
        against.append(verdict.against)
    return [
        _Lead(
            position,
            record.sig_name[k],
            faults[k],
            float(np.median(np.concatenate(noises)[:, k])),
            np.array(shown)[:, k],
            next((kinds[k] for kinds in against if kinds[k]), ""),
            _share_with_heart(np.array(shown), k),
        )
        for k, position in enumerate(positions)
    ]


def _share_with_heart(shown: np.ndarray, lead: int) -> float:
    """Share of stretches in which a lead shows a heart, where any lead may show one; else 1."""
    told = (shown[:, lead] != 0) & (shown.max(axis=1) >= 0)
    return float(np.mean(shown[told, lead] > 0)) if told.any() else 1.0


def _first_named(among: list[_Lead], names: Sequence[str]) -> _Lead | None:
    """Return the lead that has the first of these names that any lead has."""
    leads = {bare_name(lead.name): lead for lead in reversed(among)}
    return next((leads[name] for name in names if name in leads), None)


def _reason(record: Record, usable: list[_Lead], by_name: int) -> str:
    """Why these leads were chosen, as the end of a sentence."""
    known = {lead.name for lead in usable}
    others = ", ".join(name for name in record.sig_name if name not in known)
    left_out = f" ({others} left out)" if others else ""
    how = ("the clearest", "one known by its name, one the clearest", "known by name")[by_name]
    how = f", {how}" if len(usable) > MOST_LEADS else ""
    return f"of {len(record.sig_name)}{left_out}{how}"


def _listed(names: Sequence[str]) -> str:
    return f"lead{'s' * (len(names) > 1)} {' and '.join(names)}"
