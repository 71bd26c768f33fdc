"""What a glitch, a rail or a step costs: beats that are not found, or found where none are."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ecgutils import aami, database
from ecgutils.io.record import Record
from ecgutils.parallel import in_parallel
from ecgutils.scoring.ec57 import MATCH_WINDOW, match_beats
from ecgutils.signals.r_peaks import detect_r_peaks

HEIGHTS_MV = (1.0, 5.0, 30.0, 200.0)
"""From what a loose electrode makes, to the end of the range of a converter of 24 bits."""

KINDS = ("rail", "step", "discharge")
"""At one level for :data:`LASTING_S`, from there on, or fading with that time constant."""

LASTING_S = 0.2
"""Seconds of an excursion."""

PLACES_S = (200.0, 400.0)
"""Seconds after which it comes, more or less, in the first ten minutes of a record."""

RECORDS = tuple(name for name in database.record_names() if name not in aami.DS2)
"""The 26 records outside DS2, each looked at in one of its leads."""

MOST_LOST = 3
"""Beats that an excursion may cost."""


def excursion_table(record_names: Sequence[str] = RECORDS) -> pd.DataFrame:
    """Put an excursion into one lead, and count the beats that it adds and takes away.

    Parameters
    ----------
    record_names : sequence of str
        Records of the embedded database.

    Returns
    -------
    pandas.DataFrame
        One row per trial: ``record``, ``lead``, ``kind``, ``height_mv``, ``time_s``, ``lost``,
        the annotated beats that are found only without it, and ``extra``, all beats that are
        found only with it.
    """
    jobs = [(name, k) for k, name in enumerate(record_names)]
    rows = [row for rows in in_parallel(_trials, jobs) for row in rows]
    return pd.DataFrame(rows).sort_values(["record", "time_s"], ignore_index=True)


def summary(trials: pd.DataFrame) -> pd.DataFrame:
    """Count, for each height, the trials, and those that cost more than :data:`MOST_LOST` beats."""
    by_height = trials.assign(too_many=trials["lost"] > MOST_LOST).groupby("height_mv")
    counts = {"trials": ("lost", "size"), "too_many": ("too_many", "sum")}
    return by_height.agg(**counts, most_lost=("lost", "max"), most_extra=("extra", "max"))


def with_excursion(record: Record, kind: str, height: float, time_s: float) -> Record:
    """Add an excursion of so many mV to all leads of a record."""
    start = round(time_s * record.fs)
    since = (np.arange(len(record.p_signal)) - start) / record.fs
    signal, within = record.p_signal.astype(float), since >= 0
    if kind == "rail":
        signal[within & (since < LASTING_S)] = height
    else:
        fading = np.exp(-since[within] / LASTING_S) if kind == "discharge" else 1.0
        signal[within] += height * np.broadcast_to(fading, within.sum())[:, None]
    return replace(record, p_signal=signal)


def _trials(name: str, number: int) -> list[dict]:
    """Try all heights at two places of a record, with kinds and signs by chance."""
    random = np.random.default_rng(number)
    record = database.read(name).between(0, 600).only([number % 2])
    before = detect_r_peaks(record)
    seen = _annotated(record, before)
    rows = []
    for place in PLACES_S:
        for height in HEIGHTS_MV:
            kind, time_s = str(random.choice(KINDS)), place + random.uniform(0, 2)
            signed = float(height * random.choice([-1, 1]))
            after = detect_r_peaks(with_excursion(record, kind, signed, time_s))
            lost = np.setdiff1d(seen, _annotated(record, after))
            extra = len(after) - len(before) + len(lost)
            row = {"record": name, "lead": record.sig_name[0], "kind": kind, "height_mv": height}
            rows.append(row | {"time_s": round(time_s, 2), "lost": len(lost), "extra": extra})
    return rows


def _annotated(record: Record, found: np.ndarray) -> np.ndarray:
    """Which annotated beats are found."""
    window = round(MATCH_WINDOW * record.fs)
    pairs = match_beats(record.annotations.beats.sample, found, window)
    return pairs[(pairs >= 0).all(axis=1), 0]
