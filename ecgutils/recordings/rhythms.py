"""Stretches of a recording whose rhythm has a name of its own."""

import pandas as pd

RHYTHMS = {
    "VT": "ventricular tachycardia",
    "VFL": "fast wide waves without readable QRS: may be ventricular flutter or fibrillation",
    "AFIB": "irregular rhythm, maybe atrial fibrillation",
}
"""WFDB's code of each rhythm, and what a report calls it."""


def no_rhythms() -> pd.DataFrame:
    """Return an empty table: ``start_s``, ``stop_s``, ``rhythm``."""
    return pd.DataFrame({"start_s": [], "stop_s": [], "rhythm": []}).astype({"rhythm": str})


NO_NAME = "N"
"""WFDB's code of whatever follows a stretch, until the next one."""

_MOST_DANGEROUS_FIRST = ("VFL", "VT", "AFIB")


def rhythm_changes(rhythms: pd.DataFrame) -> list[tuple[float, str]]:
    """Return when each rhythm begins, in seconds, and its code; one at a time.

    Where stretches overlap, the most dangerous one counts. After a stretch follows `NO_NAME`.

    Examples
    --------
    >>> rows = {"start_s": [1.0, 2.0], "stop_s": [9.0, 3.0], "rhythm": ["AFIB", "VT"]}
    >>> rhythm_changes(pd.DataFrame(rows))
    [(1.0, 'AFIB'), (2.0, 'VT'), (3.0, 'AFIB'), (9.0, 'N')]
    """
    changes, before = [], NO_NAME
    for time in sorted({*rhythms["start_s"].tolist(), *rhythms["stop_s"].tolist()}):
        inside = (rhythms["start_s"] <= time) & (time < rhythms["stop_s"])
        present = set(rhythms["rhythm"][inside])
        code = next((name for name in _MOST_DANGEROUS_FIRST if name in present), NO_NAME)
        if code != before:
            changes.append((time, code))
        before = code
    return changes


def named_lengths(rhythms: pd.DataFrame) -> list[str]:
    """Say how long each rhythm lasts in all, the most dangerous one first.

    Examples
    --------
    >>> rows = {"start_s": [1.0, 20.0], "stop_s": [9.0, 23.0], "rhythm": ["VT", "VT"]}
    >>> named_lengths(pd.DataFrame(rows))
    ['ventricular tachycardia for 11 s']
    """
    seconds = (rhythms["stop_s"] - rhythms["start_s"]).groupby(rhythms["rhythm"]).sum()
    present = [code for code in _MOST_DANGEROUS_FIRST if code in seconds]
    return [f"{RHYTHMS[code]} for {seconds[code]:.0f} s" for code in present]
