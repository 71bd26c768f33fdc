"""The FDA's annotated ECG: XML of HL7 version 3 (aECG Implementation Guide, 2005)."""

import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io import guards
from ecgutils.io.channels import choose_leads
from ecgutils.io.guards import per_millivolt, printable
from ecgutils.io.record import Record

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# Hours of twelve leads; a tree takes several times as much memory.
_MAX_BYTES = 2**29
_DAMAGED = "cannot be parsed: damaged, or no XML without entities of its own"
_TIMES = ("TIME_ABSOLUTE", "TIME_RELATIVE")
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6}
# A series that is no recording but made from one; most stand apart, as derived series.
_TEMPLATE = re.compile(r"MEDIAN|AVERAGE|REPRESENTATIVE|TEMPLATE", re.IGNORECASE)
_PREFIX = "MDC_ECG_LEAD_"
_AUGMENTED = {"AVR": "aVR", "AVL": "aVL", "AVF": "aVF"}
# Increments are rounded, and rates are mostly whole.
_ROUNDING = 1e-4
_FIRST_YEAR = 1901


@dataclass(frozen=True, eq=False)
class _Lead:
    """A sequence that holds samples, in steps; without a unit, their scale is not declared."""

    name: str
    unit: str
    steps: np.ndarray
    scale: float
    origin: float


@dataclass(frozen=True, eq=False)
class _Set:
    """Sequences that belong together, at one rate; 0 if it is not given."""

    fs: float
    start: datetime | None
    leads: tuple[_Lead, ...]

    @property
    def samples(self) -> int:
        return max((len(lead.steps) for lead in self.leads), default=0)


def read_aecg(path: str | Path, fs: float | None = None, leads: Sequence[str] = ()) -> Record:
    """Read the rhythm of an annotated ECG as float32; `fs` stands in for a rate."""
    path = guards.file_inside(Path(path))
    content = read_bytes(path, _MAX_BYTES)
    with guards.errors_name(path), guards.decoding(_DAMAGED):
        root = _parsed(content)
        sets = [_set(series, own) for series in _recorded(root) for own in _sets(series)]
        longest = max(sets, key=lambda own: own.samples / (own.fs or 1), default=None)
        if longest is None or not longest.samples:
            raise EcgError("holds no rhythm")
        rate = longest.fs or fs
        if not rate:
            raise EcgError("does not say its rate; give the sampling frequency in Hz with --fs")
        possible = [lead for lead in longest.leads if len(lead.steps) == longest.samples]
        kept = choose_leads([(lead.name, lead.unit) for lead in possible], leads)
        chosen = [possible[k] for k in kept]
        p_signal = _signals(chosen, longest.samples)
        comments = _comments(root, longest.start)
    shorter = [lead.name for lead in longest.leads if lead not in possible]
    others = [lead.name for lead in possible if lead not in chosen]
    names = guards.unique_names(lead.name for lead in chosen)
    declared = tuple(lead.unit != "" for lead in chosen)
    further = f"Left out: {len(sets) - 1} other stretches, which are no longer."
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=rate,
        sig_name=names,
        comments=comments,
        start=longest.start,
        remarks=(
            *[further] * (len(sets) > 1),
            *guards.remarks(
                ("Left out, because they are shorter than the other leads: {}.", shorter),
                ("Left out, because their names are not those of ECG leads: {}.", others),
            ),
            *guards.remarks_on_units(p_signal, rate, names, declared),
        ),
        unit_declared=declared,
    )


def _parsed(content: bytes) -> "Element":
    """Parse XML that defines no entities and refers to nothing outside it."""
    from defusedxml.ElementTree import fromstring

    if not content:
        raise EcgError("an empty file")
    root = fromstring(content)
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    if root.tag != "AnnotatedECG":
        raise EcgError(f"XML that holds {printable(root.tag)[:40]!r} and no annotated ECG of HL7")
    return root


def _recorded(root: "Element") -> list["Element"]:
    """Return the series that are recordings."""
    return [own for own in root.iter("series") if not _TEMPLATE.search(_attribute(own, "code"))]


def _sets(series: "Element") -> list["Element"]:
    """Return the sets of sequences of a series, without those of what is derived from it."""
    return series.findall("component/sequenceSet")


def _set(series: "Element", element: "Element") -> _Set:
    """Return the sequences of a set by what they hold."""
    fs, start = 0.0, _moment(_attribute(series, "effectiveTime/low", "value"))
    leads = []
    for sequence in element.iter("sequence"):
        code = _attribute(sequence, "code")
        if code in _TIMES:
            fs = _rate(sequence) or fs
            start = _moment(_attribute(sequence, "value/head", "value")) or start
        elif sequence.find("value/digits") is not None:
            leads.append(_lead(sequence, code))
    return _Set(fs, start, tuple(leads))


def _rate(sequence: "Element") -> float | None:
    """Return the rate of a sequence of times, if its increment tells."""
    unit = _SECONDS.get(_attribute(sequence, "value/increment", "unit"))
    step = _attribute(sequence, "value/increment", "value")
    seconds = float(step) * unit if step and unit else 0
    if not seconds > 0:
        return None
    fs = 1 / seconds
    return float(round(fs)) if abs(fs - round(fs)) <= _ROUNDING * fs else fs


def _lead(sequence: "Element", code: str) -> _Lead:
    """Return a sequence of samples."""
    name = printable(code.removeprefix(_PREFIX)) or "ECG"
    scale, unit = (_attribute(sequence, "value/scale", key) for key in ("value", "unit"))
    origin = _attribute(sequence, "value/origin", "value")
    steps = _numbers(sequence.findtext("value/digits") or "")
    if steps is None:
        raise EcgError(f"lead {name} holds what is no number")
    known = printable(unit) if scale else ""
    factors = float(scale or 1), float(origin or 0)
    if not 1e-12 <= abs(factors[0]) <= 1e12 or not abs(factors[1]) <= 1e12:
        raise EcgError(f"the file gives lead {name} no possible scale")
    return _Lead(_AUGMENTED.get(name, name), known, steps, *factors)


def _numbers(digits: str) -> np.ndarray | None:
    """Return numbers between blanks, or None if there is something else."""
    with warnings.catch_warnings(action="error"):
        try:
            return np.fromstring(digits, sep=" ")
        except (ValueError, DeprecationWarning):
            return None


def _signals(leads: Sequence[_Lead], samples: int) -> np.ndarray:
    """Return leads in mV, shape (samples, leads)."""
    p_signal = guards.empty_signals(samples, len(leads), np.float32)
    for column, lead in enumerate(leads):
        signal = lead.steps * lead.scale + lead.origin
        p_signal[:, column] = signal / (per_millivolt(lead.unit) or 1)
    p_signal[np.isinf(p_signal)] = np.nan
    return p_signal


def _attribute(element: "Element", path: str, name: str = "code") -> str:
    """Return an attribute of an element below, or nothing."""
    found = element.find(path)
    return "" if found is None else found.get(name, "").strip()


def _moment(text: str) -> datetime | None:
    """Return a time of HL7 (20021122091000.000-0500), unless it is none or hides the date."""
    with suppress(ValueError):
        moment = datetime.strptime(text[:14], "%Y%m%d%H%M%S")
        return moment if moment.year >= _FIRST_YEAR else None
    return None


def _comments(root: "Element", start: datetime | None) -> tuple[str, ...]:
    """Return the patient's age and sex, as far as the file has them; a name is left out."""
    person = next(root.iter("subjectDemographicPerson"), root)
    sex = _attribute(person, "administrativeGenderCode")
    comments = [f"Sex: {sex}"] if sex in ("M", "F") else []
    born = _attribute(person, "birthTime", "value")
    if start and re.fullmatch(r"\d{8}", born[:8]) and f"{start:%Y%m%d}" > born[:8]:
        comments.insert(0, f"Age: {(int(f'{start:%Y%m%d}') - int(born[:8])) // 10_000}")
    return tuple(comments)
