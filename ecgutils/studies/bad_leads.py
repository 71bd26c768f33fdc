"""What a second lead without a heart does to the beats that are found and to their classes."""

from collections.abc import Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.aami import CLASSES, to_classes
from ecgutils.errors import EcgError
from ecgutils.io.record import Record
from ecgutils.parallel import in_parallel
from ecgutils.recordings.classified import classify
from ecgutils.scoring.ec57 import MATCH_WINDOW, match_beats
from ecgutils.signals.leads import choose_leads
from ecgutils.studies.channels import CHANNELS

RECORDS = (
    *("100", "101", "103", "105", "106", "109", "114", "116", "119", "124"),
    *("200", "203", "205", "208", "209", "215", "220", "223", "228", "233"),
)
"""Records whose first lead the other channels are put beside: quiet, noisy and full of V and S."""

FIRST_S = 600.0
"""Seconds of each record that are classified."""

FOUND = ("beats", "V", "S")
"""What is counted: beats of any class, and those of V and of S whose class is right."""


def beside(record: Record, channel: np.ndarray, name: str = "CH2") -> Record:
    """Put a channel in the place of all leads but the first, in front of it.

    Parameters
    ----------
    record : Record
    channel : array, shape (samples,)
    name : str
        What the file calls it.

    Returns
    -------
    Record
        With two leads and the same annotations.
    """
    signals = np.stack([channel, record.p_signal[:, 0]], axis=1)
    names = (name, record.sig_name[0])
    return replace(record, p_signal=signals, sig_name=names, unit_declared=None)


def found_beats(record: Record, leads: Sequence[str] = ()) -> dict[str, int]:
    """Classify a record by its signals alone, and count what is right of its annotations.

    Returns
    -------
    dict of str to int
        Of each of :data:`FOUND`; all zero where the recording is refused.
    """
    marks = record.annotations.beats
    try:
        beats = classify(record.without_annotations(), leads).beats
    except EcgError:
        return dict.fromkeys(FOUND, 0)
    window = round(MATCH_WINDOW * record.fs)
    pairs = match_beats(marks.sample, beats["sample"].to_numpy(), window=window)
    true, said = pairs[(pairs >= 0).all(axis=1)].T
    true = np.take(CLASSES, to_classes(marks.symbol))[true]
    right = true == beats["class"].to_numpy()[said]
    return {"beats": len(true)} | {name: int((right & (true == name)).sum()) for name in "VS"}


def _count(record_name: str) -> list[dict]:
    """Count for a record what is found in its first lead alone, and beside each channel."""
    record = database.read(record_name).between(0, FIRST_S)
    alone = found_beats(record.only([0]))
    rows = [{"record": record_name, "kind": "alone", "channel": "", **alone}]
    for kind, channels in CHANNELS.items():
        for name, channel in channels.items():
            random = np.random.default_rng(crc32(f"{record_name} {name}".encode()))
            both = beside(record, channel(record, random))
            # Where the first lead is chosen alone, nothing else is classified than before.
            is_alone = choose_leads(both).names == record.sig_name[:1]
            counts = alone if is_alone else found_beats(both)
            rows.append({"record": record_name, "kind": kind, "channel": name, **counts})
    return rows


def bad_lead_table(record_names: Sequence[str] = RECORDS) -> pd.DataFrame:
    """Compare what is found beside channels without a heart with what the lead alone gives.

    Parameters
    ----------
    record_names : sequence of str
        Records of the embedded database.

    Returns
    -------
    pandas.DataFrame
        One row per kind of channel and channel, all records together, after the row ``alone``:
        the :data:`FOUND`, each in % of the lead alone, and the smallest % of any record.
    """
    rows = [row for rows in in_parallel(_count, [(name,) for name in record_names]) for row in rows]
    table = pd.DataFrame(rows)
    alone = table[table["kind"] == "alone"].set_index("record")[list(FOUND)]
    channels = table.groupby(["kind", "channel"], sort=False)
    total = channels[list(FOUND)].sum()
    share = 100 * table[list(FOUND)] / alone.loc[table["record"]].to_numpy()
    worst = share["beats"].groupby([table["kind"], table["channel"]], sort=False).min()
    shares = (100 * total / alone.sum()).add_suffix(" %")
    return total.join(shares).join(worst.rename("fewest beats %"))
