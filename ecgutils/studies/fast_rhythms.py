"""How much of tachycardia, flutter and fibrillation is found, and how its constants were fitted.

Needs the MIT-BIH Malignant Ventricular Ectopy Database (`vfdb`) and the Creighton University
Ventricular Tachyarrhythmia Database (`cudb`), which are not in this repository.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ecgutils import database
from ecgutils.io.record import Annotations, Record
from ecgutils.parallel import in_parallel
from ecgutils.paths import MITDB_DIR, NSTDB_DIR
from ecgutils.recordings.classified import Classified, classify
from ecgutils.signals.fast_waves import (
    FAST_WAVES,
    NO_WAVES,
    most_likely_course,
    readable_windows,
    resampled_lead,
    together,
    window_measures,
)
from ecgutils.signals.quality import fill, lead_faults

DATABASES = ("vfdb", "cudb")
"""Folders of the databases that are measured."""

SAME_PATIENT = {"605": "425", "202": "201"}
"""Records that may be of the same patient as another one, and stay in one fold with it."""

NEAR_S = 1.0
"""Seconds from a V beat within which tachycardia counts as found."""

WEIGHTS = {"mitdb": 0.1, "nstdb": 0.9}
"""How much a second of other databases counts in the fit; one of VFDB or CUDB counts one."""

LENIENCY = 1.6
"""Added to the fitted log odds: chosen in folds for 90 % of flutter and 2 % of the rest."""

FOLDS = 8


def rhythm_of_seconds(annotations: Annotations) -> np.ndarray:
    """Name the rhythm that is annotated in the middle of each second, ``""`` where none is.

    Flutter and fibrillation are both ``"VFL"``, whether by rhythm labels or by ``[`` and ``]``.
    """
    seconds = int(np.ceil(annotations.sig_len / annotations.fs))
    rhythm = np.full(seconds, "", dtype=object)
    known = {"VF": "VFL", "VFIB": "VFL", "VFL": "VFL"}
    marks = zip(annotations.sample, annotations.symbol, annotations.aux, strict=True)
    for sample, symbol, aux in marks:
        name = {"[": "VFL", "]": ""}.get(symbol)
        if aux.startswith("("):
            name = known.get(aux[1:], aux[1:])
        if name is not None:
            rhythm[np.arange(seconds) + 0.5 >= sample / annotations.fs] = name
    return rhythm


def fast_rhythm_table(directory: Path) -> pd.DataFrame:
    """Classify VFDB and CUDB, and count the seconds in which fast rhythms are found.

    Parameters
    ----------
    directory : Path
        Holds a folder for each of :data:`DATABASES`; any part of their records.

    Returns
    -------
    pandas.DataFrame
        One row per record, then one of all; see :func:`count_seconds` for the columns.
    """
    folders = [directory / name for name in DATABASES]
    jobs = [(name, folder) for folder in folders for name in _there(folder)]
    rows = dict(in_parallel(_counted, jobs))
    table = pd.DataFrame([rows[name] for name, _ in jobs], index=[name for name, _ in jobs])
    table = table.rename_axis("record")
    table.loc["all"] = table.sum()
    return table.astype(int)


def count_seconds(rhythm: np.ndarray, found: Classified) -> pd.Series:
    """Count the seconds of tachycardia, flutter and other rhythms, and how many are marked.

    ``VT found`` lies within a second of a V beat, or is marked VT or VFL; ``VFL found`` is marked
    so, ``VFL as VFL`` is marked VFL. Of the rest without ``NOISE``, ``other marked`` is VT or VFL
    and ``other as VFL`` is VFL.
    """
    middle = np.arange(len(rhythm)) + 0.5
    marked = {name: np.zeros(len(rhythm), dtype=bool) for name in ("VT", "VFL")}
    for start, stop, name in found.rhythms.itertuples(index=False, name=None):
        if name in marked:
            marked[name] |= (middle >= start) & (middle < stop)
    time = found.beats["time_s"][found.beats["class"] == "V"].to_numpy()
    near = np.abs(middle[:, None] - time).min(axis=1, initial=np.inf) <= NEAR_S
    either = marked["VT"] | marked["VFL"]
    tachycardia, flutter = rhythm == "VT", rhythm == "VFL"
    other = ~tachycardia & ~flutter & (rhythm != "NOISE")
    counted = {
        "VT": tachycardia,
        "VT found": tachycardia & (near | either),
        "VFL": flutter,
        "VFL found": flutter & either,
        "VFL as VFL": flutter & marked["VFL"],
        "other": other,
        "other marked": other & either,
        "other as VFL": other & marked["VFL"],
    }
    return pd.Series({name: int(seconds.sum()) for name, seconds in counted.items()})


def fitted(seconds: pd.DataFrame) -> tuple[float, np.ndarray]:
    """Fit the log odds of flutter to measures: what they are at zero, and what each measure adds.

    `seconds` is what :func:`measured_seconds` gives, or a part of its rows. What
    :data:`LENIENCY` adds is not in it.
    """
    from sklearn.linear_model import LogisticRegression

    rows = seconds[seconds["known"] & (seconds["steepness"] > NO_WAVES[1])]
    model = LogisticRegression(C=1000.0, max_iter=1000)
    # Steepness varies about a third as much as leakage does.
    scale = np.array([1.0, 3.0])
    measures = rows[["leakage", "steepness"]].to_numpy() * scale
    model.fit(measures, rows["rhythm"] == "VFL", sample_weight=rows["weight"] / rows["leads"])
    return float(model.intercept_[0]), model.coef_[0] * scale


def measured_seconds(directory: Path) -> pd.DataFrame:
    """Measure each second of each lead of VFDB, CUDB, MIT-BIH and recorded noise.

    One row each: ``record``, ``lead`` of so many ``leads``, ``second``, ``rhythm``, ``leakage``,
    ``steepness``, ``readable``, ``weight``, and whether it is ``known`` and steady enough to learn.
    """
    folders = {name: directory / name for name in DATABASES}
    folders |= {"mitdb": MITDB_DIR, "nstdb": NSTDB_DIR}
    tables = [
        _measured(database.read(name, folder, None if of == "nstdb" else "atr"), of)
        for of, folder in folders.items()
        for name in _there(folder)
        if (of, name) != ("nstdb", "bw")
    ]
    return pd.concat(tables, ignore_index=True)


def cross_validated(seconds: pd.DataFrame, folds: int = FOLDS) -> pd.DataFrame:
    """Mark each record by constants fitted to other patients; one row per second of a record.

    Columns ``record``, ``second``, ``rhythm``, ``weight`` and ``marked``.
    """
    patient = seconds["record"].replace(SAME_PATIENT)
    with_flutter = patient[seconds["rhythm"] == "VFL"].unique()
    # Each fold has its share of patients with flutter, and of the others.
    order = [*np.sort(with_flutter), *np.sort(np.setdiff1d(patient, with_flutter))]
    fold = patient.map({name: k % folds for k, name in enumerate(order)})
    parts = []
    for k in range(folds):
        bias, weights = fitted(seconds[fold != k])
        for _, record in seconds[fold == k].groupby("record"):
            parts.append(_marked(record, bias + LENIENCY, weights))
    return pd.concat(parts, ignore_index=True)


def shares(marked: pd.DataFrame) -> pd.Series:
    """Give the share of flutter, of tachycardia and of other rhythms that is marked, in %."""
    own = marked[marked["weight"] == 1]
    other = ~own["rhythm"].isin(["VT", "VFL", "NOISE"])
    parts = {"VFL": own["rhythm"] == "VFL", "VT": own["rhythm"] == "VT", "other": other}
    return pd.Series({name: 100 * own["marked"][rows].mean() for name, rows in parts.items()})


def _counted(name: str, folder: Path) -> tuple[str, pd.Series]:
    """Classify one record and count its seconds."""
    record = database.read(name, folder)
    found = classify(record.without_annotations())
    return name, count_seconds(rhythm_of_seconds(record.annotations), found)


def _measured(record: Record, of: str) -> pd.DataFrame:
    """Measure the seconds of one record, see :func:`measured_seconds`."""
    rhythm = rhythm_of_seconds(record.annotations)
    codes = np.unique(rhythm.astype(str), return_inverse=True)[1]
    width = FAST_WAVES.window_s + 1
    steady = maximum_filter1d(codes, width) == minimum_filter1d(codes, width)
    learnt = steady & ~np.isin(rhythm, ["VT", "NOISE"])
    faulty = np.stack([lead_faults(lead, record.fs) for lead in record.p_signal.T], axis=1) != ""
    readable, tables = readable_windows(faulty), []
    for k, lead in enumerate(record.p_signal.T):
        measures = window_measures(resampled_lead(fill(lead.astype(float)), record.fs))
        table = pd.DataFrame(measures, columns=["leakage", "steepness"])
        known = learnt & readable[:, k]
        table = table.assign(lead=k, rhythm=rhythm, known=known, readable=readable[:, k])
        tables.append(table.assign(second=np.arange(len(table))))
    return pd.concat(tables).assign(
        record=record.name, leads=len(tables), weight=WEIGHTS.get(of, 1.0)
    )


def _marked(record: pd.DataFrame, bias: float, weights: np.ndarray) -> pd.DataFrame:
    """Mark the seconds of one record, see :func:`cross_validated`."""
    record = record.assign(odds=bias + record[["leakage", "steepness"]].to_numpy() @ weights)
    odds, readable = (
        record.pivot_table(index="second", columns="lead", values=name).to_numpy()
        for name in ("odds", "readable")
    )
    marked = most_likely_course(together(odds, readable > 0))
    first = record[record["lead"] == 0][["record", "second", "rhythm", "weight"]]
    return first.assign(marked=marked)


def _there(folder: Path) -> Iterator[str]:
    """Give the records of a folder whose files are there."""
    return (name for name in sorted(path.stem for path in folder.glob("*.hea")))
