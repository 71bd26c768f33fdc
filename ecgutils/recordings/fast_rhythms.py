"""Ventricular tachycardia, and fast wide waves in which no beat can be told."""

import numpy as np
import pandas as pd

from ecgutils import aami
from ecgutils.io.record import Record
from ecgutils.recordings.segments import RAPID
from ecgutils.signals.quality import stretches

VT_BEATS, VT_RATE = 5, 100.0
"""Ventricular beats in a row, and their mean rate a minute, from which on they are a stretch of
ventricular tachycardia. Shorter runs are told by their beats alone."""


RUN_BEATS, RUN_RR_S, RUN_UNEVEN, RUN_V = 9, 0.6, 0.1, 2.0
"""Beats in a row, their longest interval, its median deviation in medians, and V by N at least.

In such a run V is so many times as likely as N, and what is unsure is V. In MIT-BIH there are two
such runs, both of V, and in VFDB and CUDB all but a few lie in tachycardia.
"""


def sure_in_fast_runs(beats: pd.DataFrame) -> pd.DataFrame:
    """Call unsure beats V in fast regular runs in which no beat is likely to be another one.

    Parameters
    ----------
    beats : pandas.DataFrame
        As in :class:`ecgutils.recordings.Classified`. Beats that cannot be read stay as they are.

    Returns
    -------
    pandas.DataFrame
    """
    time, unsure = beats["time_s"].to_numpy(), (beats["class"] == "Q").to_numpy()
    columns = [f"p_{name}" for name in aami.CLASSES]
    probability = beats[columns].to_numpy(copy=True)
    wide = beats["class"].isin(["V", "F", "Q"]).to_numpy() & (probability[:, -1] < 1)
    changed = np.zeros(len(beats), dtype=bool)
    for first, last in _runs(wide, time, RUN_RR_S):
        if last - first + 1 < RUN_BEATS:
            continue
        run, rr = slice(first, last + 1), np.diff(time[first : last + 1])
        n, v = probability[run, 0].mean(), probability[run, 2].mean()
        even = np.median(np.abs(rr - np.median(rr))) <= RUN_UNEVEN * np.median(rr)
        changed[run] = unsure[run] & even & (v > RUN_V * n)
    probability[changed] = RAPID
    classes = {"class": np.where(changed, "V", beats["class"])}
    beats = beats.assign(**classes, why_q=beats["why_q"].mask(changed, ""))
    beats[columns] = probability
    return beats


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
    runs = _runs(ventricular, time, 2 * 60 / VT_RATE)
    first, last = np.array(runs, dtype=int).reshape(-1, 2).T
    counted = np.append(0, np.cumsum(beats["class"] == "V"))
    long = counted[last + 1] - counted[first] >= VT_BEATS
    fast = (last - first) * 60 >= VT_RATE * (time[last] - time[first])
    rows = {"start_s": time[first[long & fast]], "stop_s": time[last[long & fast]]}
    return pd.DataFrame(rows).assign(rhythm="VT")


def _runs(wanted: np.ndarray, time: np.ndarray, longest_s: float) -> list[tuple[int, int]]:
    """Find runs of wanted beats: each ends with another beat, and where the next comes too late."""
    joined = wanted[1:] & wanted[:-1] & (np.diff(time) <= longest_s)
    first = np.flatnonzero(wanted & ~np.append(False, joined))
    last = np.flatnonzero(wanted & ~np.append(joined, False))
    return list(zip(first.tolist(), last.tolist(), strict=True))
