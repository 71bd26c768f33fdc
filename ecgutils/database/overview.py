"""What is in a database: tables of its records, annotations, rhythms and classes."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ecgutils import aami
from ecgutils.database.patients import RHYTHM_NAMES, parse_comments, rhythm_seconds
from ecgutils.errors import EcgError
from ecgutils.io.record import Record

# Seconds on both sides of a beat that its shape is compared by.
_SHAPE_S = 0.25


def describe_records(records: Sequence[Record]) -> pd.DataFrame:
    """List the records with their leads, patients and beats.

    Parameters
    ----------
    records : sequence of Record
        With annotations and the comments of the MIT-BIH database.

    Returns
    -------
    pandas.DataFrame
        Indexed by record; ``leads``, ``minutes``, ``age`` (may be missing), ``sex``,
        ``medication`` and ``beats``.
    """
    rows = []
    for record in records:
        patient = parse_comments(record.comments)
        leads, drugs = ", ".join(record.sig_name), ", ".join(patient.medication)
        minutes, beats = record.duration / 60, len(record.annotations.beats)
        rows.append((record.name, leads, minutes, patient.age, patient.sex, drugs, beats))
    columns = ["record", "leads", "minutes", "age", "sex", "medication", "beats"]
    return pd.DataFrame(rows, columns=columns).set_index("record").astype({"age": "Int64"})


def count_symbols(records: Sequence[Record]) -> pd.DataFrame:
    """Count the annotations of each kind.

    Parameters
    ----------
    records : sequence of Record with annotations

    Returns
    -------
    pandas.DataFrame
        Indexed by symbol, most frequent first; ``meaning``, ``class`` (AAMI; empty if it marks no
        beat), ``annotations`` and ``records`` (how many have at least one).
    """
    from wfdb.io.annotation import ann_labels

    symbols = {r.name: pd.Series(r.annotations.symbol).value_counts() for r in records}
    counts = pd.DataFrame(symbols).rename_axis("symbol").fillna(0)
    meaning = {label.symbol: label.description for label in ann_labels} | aami.SYMBOL_NAMES
    table = pd.DataFrame({"meaning": counts.index.map(meaning)}, counts.index)
    table["class"] = [aami.SYMBOL_TO_CLASS.get(symbol, "") for symbol in counts.index]
    table["annotations"] = counts.sum(axis=1).astype(int)
    table["records"] = (counts > 0).sum(axis=1)
    return table.sort_values("annotations", ascending=False, kind="stable")


def count_classes(records: Sequence[Record]) -> pd.DataFrame:
    """Count the beats of each AAMI class in each record.

    Parameters
    ----------
    records : sequence of Record with annotations

    Returns
    -------
    pandas.DataFrame of int
        One row per record, one column per class.

    Examples
    --------
    >>> from ecgutils import database
    >>> database.count_classes([database.read("208")]).loc["208"].to_dict()
    {'N': 1586, 'S': 2, 'V': 992, 'F': 373, 'Q': 2}
    """
    beats = {record.name: record.annotations.beats.symbol for record in records}
    counts = {name: aami.class_counts(aami.to_classes(symbol)) for name, symbol in beats.items()}
    return pd.DataFrame(counts).T.rename_axis(index="record", columns="class")


def spread_over_records(counts: pd.DataFrame) -> pd.DataFrame:
    """Measure how far the beats of each class are spread over the records.

    Parameters
    ----------
    counts : pandas.DataFrame of int, from :func:`count_classes`

    Returns
    -------
    pandas.DataFrame
        Indexed by class; ``beats``, ``records`` (how many have at least one), ``most in`` (the
        record with most), ``share of 1`` to ``share of 3`` (of the records with most, in %).
    """
    shares = 100 * counts / counts.sum()
    table = pd.DataFrame({"beats": counts.sum(), "records": (counts > 0).sum()})
    table["most in"] = counts.idxmax()
    for n in (1, 2, 3):
        table[f"share of {n}"] = [shares[name].nlargest(n).sum() for name in shares]
    return table


def rhythm_times(records: Sequence[Record]) -> pd.DataFrame:
    """Add up the time in each rhythm over all records.

    Parameters
    ----------
    records : sequence of Record with annotations

    Returns
    -------
    pandas.DataFrame
        Indexed by rhythm code, longest first; ``rhythm``, ``minutes`` and ``records`` (how many
        have it).

    Examples
    --------
    >>> from ecgutils import database
    >>> database.rhythm_times([database.read("222")]).loc["(AFIB", "rhythm"]
    'atrial fibrillation'
    """
    seconds = pd.DataFrame({record.name: rhythm_seconds(record) for record in records})
    table = pd.DataFrame({"rhythm": seconds.index.map(RHYTHM_NAMES)}, seconds.index)
    table["minutes"] = seconds.sum(axis=1) / 60
    table["records"] = seconds.notna().sum(axis=1)
    return table.rename_axis("code").sort_values("minutes", ascending=False)


def typical_beats(records: Sequence[Record], lead: str = "MLII") -> dict[str, tuple[Record, int]]:
    """Find one beat of each kind that shows what most of them look like.

    In the record that has most of the kind, it is the one nearest to the median of them all.

    Parameters
    ----------
    records : sequence of Record with annotations
    lead : str
        Records without this lead are passed over.

    Returns
    -------
    dict of str to (Record, int)
        Symbol to the record and the sample of the beat, in the order of
        :data:`ecgutils.aami.BEAT_SYMBOLS`; kinds that no record has are left out.

    Raises
    ------
    EcgError
        If no record has the lead.
    """
    records = [record for record in records if lead in record.sig_name]
    if not records:
        raise EcgError(f"none of the records has a lead {lead!r}")
    found = {}
    for symbol in aami.BEAT_SYMBOLS:
        richest = max(records, key=lambda r: np.count_nonzero(r.annotations.symbol == symbol))
        if symbol in richest.annotations.symbol:
            signal, side = richest.lead(lead), round(_SHAPE_S * richest.fs)
            sample = richest.annotations.sample[richest.annotations.symbol == symbol]
            around = np.clip(sample[:, None] + np.arange(-side, side + 1), 0, len(signal) - 1)
            shapes = signal[around] - signal[around].mean(axis=1, keepdims=True)
            distance = np.square(shapes - np.median(shapes, axis=0)).sum(axis=1)
            found[symbol] = (richest, int(sample[distance.argmin()]))
    return found
