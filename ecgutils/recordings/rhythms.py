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
