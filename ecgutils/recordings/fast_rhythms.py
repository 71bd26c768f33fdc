"""Ventricular tachycardia, and fast wide waves in which no beat can be told."""

import numpy as np
import pandas as pd

from ecgutils.io.record import Record
from ecgutils.signals.quality import stretches

VT_BEATS, VT_RATE = 5, 100.0
"""Ventricular beats in a row, and their mean rate a minute, from which on they are a stretch of
ventricular tachycardia. Shorter runs are told by their beats alone."""


def fast_rhythms(record: Record, beats: pd.DataFrame, waves: np.ndarray) -> pd.DataFrame:
    """Name the stretches of fast ventricular rhythms.

    Parameters
    ----------
    record : Record
    beats : pandas.DataFrame
        Columns ``time_s`` and ``class``, in time order.
    waves : array of str, shape (seconds,)
        As :func:`ecgutils.signals.fast_waves.fast_waves` gives them.

    Returns
    -------
    pandas.DataFrame
        ``start_s``, ``stop_s``, ``rhythm``. ``"VT"`` lasts from the first to the last beat of a
        fast run of V, among which F may be. ``"VFL"`` is where waves are fast and wide.
    """
    seconds = np.where(waves == "VFL", waves, "")
    flutter = stretches(seconds, record.fs, record.duration).rename(columns={"reason": "rhythm"})
    rows = pd.concat([_tachycardias(beats), flutter], ignore_index=True)
    return rows.sort_values("start_s", ignore_index=True)


def _tachycardias(beats: pd.DataFrame) -> pd.DataFrame:
    """Fast runs of V, at least :data:`VT_BEATS` of them."""
    time = beats["time_s"].to_numpy()
    ventricular = beats["class"].isin(["V", "F"]).to_numpy()
    # A run ends with another beat, and where the next one comes too late.
    joined = ventricular[1:] & ventricular[:-1] & (np.diff(time) <= 2 * 60 / VT_RATE)
    first = np.flatnonzero(ventricular & ~np.append(False, joined))
    last = np.flatnonzero(ventricular & ~np.append(joined, False))
    counted = np.append(0, np.cumsum(beats["class"] == "V"))
    long = counted[last + 1] - counted[first] >= VT_BEATS
    fast = (last - first) * 60 >= VT_RATE * (time[last] - time[first])
    rows = {"start_s": time[first[long & fast]], "stop_s": time[last[long & fast]]}
    return pd.DataFrame(rows).assign(rhythm="VT")
