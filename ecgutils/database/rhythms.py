"""Which rhythm the heart was in, and for how long: the rhythm annotations of a record."""

import numpy as np

from ecgutils.io.wfdb_signals import Record

RHYTHMS = {
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
    """Add up the time that a record spends in each rhythm.

    A rhythm lasts from its annotation to the next one of a rhythm, or to the end of the
    record. What comes before the first annotation is in none.

    Parameters
    ----------
    record : Record
        With annotations.

    Returns
    -------
    dict of str to float
        Rhythm code, such as ``"(AFIB"``, to seconds, in order of first appearance.
    """
    change = (record.ann_symbol == "+") & np.char.startswith(record.ann_aux.astype(str), "(")
    start = record.ann_sample[change]
    stop = np.append(start[1:], len(record.p_signal))
    seconds: dict[str, float] = {}
    for code, length in zip(record.ann_aux[change], (stop - start) / record.fs, strict=True):
        seconds[code] = seconds.get(code, 0.0) + float(length)
    return seconds
