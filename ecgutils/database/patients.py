"""Who was recorded: what the comments of an MIT-BIH header say about the patient."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils.io.record import Record

_AGE_AND_SEX = re.compile(r"(-?\d+) ([MF])\b")


@dataclass(frozen=True)
class Patient:
    """The patient of one record: age in years, sex ``"F"`` or ``"M"`` (None if unknown), drugs."""

    age: int | None
    sex: str | None
    medication: tuple[str, ...]
    # The cardiologists', mostly about the rhythm.
    remarks: str


def parse_comments(comments: Sequence[str]) -> Patient:
    """Read the comments of an MIT-BIH Arrhythmia Database header.

    Parameters
    ----------
    comments : sequence of str
        Age, sex and the numbers of the tape, then the drugs, then lines of remarks.

    Returns
    -------
    Patient
        If the first line is not of that form, all lines are remarks.

    Examples
    --------
    >>> from ecgutils import database
    >>> patient = database.parse_comments(database.read("208").comments)
    >>> patient.age, patient.sex
    (23, 'F')
    """
    found = _AGE_AND_SEX.match(comments[0]) if comments else None
    if found is None:
        return Patient(age=None, sex=None, medication=(), remarks=_flow(comments))
    # The headers write an unknown age as -1.
    age = int(found[1]) if int(found[1]) >= 0 else None
    drugs = [drug.strip() for line in comments[1:2] for drug in line.split(",")]
    medication = tuple(drug for drug in drugs if drug != "None")
    return Patient(age, found[2], medication, _flow(comments[2:]))


def _flow(lines: Sequence[str]) -> str:
    """Join lines, and make one space of many."""
    return " ".join(" ".join(lines).split())


RHYTHM_NAMES = {
    "(N": "normal sinus rhythm",
    "(SBR": "sinus bradycardia",
    "(AB": "atrial bigeminy",
    "(AFIB": "atrial fibrillation",
    "(AFL": "atrial flutter",
    "(SVTA": "supraventricular tachyarrhythmia",
    "(NOD": "nodal (junctional) rhythm",
    "(PREX": "pre-excitation (WPW)",
    "(BII": "second-degree heart block",
    "(B": "ventricular bigeminy",
    "(T": "ventricular trigeminy",
    "(IVR": "idioventricular rhythm",
    "(VT": "ventricular tachycardia",
    "(VFL": "ventricular flutter",
    "(P": "paced rhythm",
}
"""Rhythm annotation to its meaning (PhysioNet's annotation codes, the note of a ``+``)."""


def rhythm_seconds(record: Record) -> dict[str, float]:
    """Return the seconds that a record spends in each rhythm, in order of first appearance."""
    # A rhythm lasts from its annotation to that of the next one, or to the end of the record.
    own = record.annotations
    changes = own[(own.symbol == "+") & np.char.startswith(own.aux.astype(str), "(")]
    stop = np.append(changes.sample[1:], len(record.p_signal))
    kind, codes = pd.factorize(changes.aux)
    seconds = np.bincount(kind, (stop - changes.sample) / record.fs)
    return dict(zip(codes, seconds.tolist(), strict=True))
