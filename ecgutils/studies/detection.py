"""How well beats are found, and what classes lose when positions are detected, not annotated."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from ecgutils import aami, database
from ecgutils.files import write_csv
from ecgutils.recordings.classified import classify
from ecgutils.scoring.ec57 import Score, score_annotations
from ecgutils.scoring.ec57_tables import AVERAGE, COUNT_COLUMNS, GROSS, score_table
from ecgutils.signals.r_peaks import detect_r_peaks
from ecgutils.studies import fast_rhythms, irregular_rhythm
from ecgutils.studies.bad_leads import bad_lead_table
from ecgutils.studies.excursions import excursion_table, summary
from ecgutils.studies.other_databases import beats_found, totals
from ecgutils.unseen.model_training import train
from ecgutils.unseen.trained_model import TrainedModel

POSITIONS = ("annotated", "detected")
"""Where the positions of the beats come from."""


def detection_table(record_names: Iterable[str]) -> pd.DataFrame:
    """Compare detected beats with annotated ones, in whole recordings.

    Parameters
    ----------
    record_names : iterable of str
        Records of the embedded database.

    Returns
    -------
    pandas.DataFrame
        One row per record and one of all together: annotated ``beats``, ``missed`` and ``false``
        ones, ``Se`` and ``+P`` in %. A match lies within 150 ms; flutter is not scored (EC57).

    Examples
    --------
    >>> from ecgutils.studies import detection_table
    >>> detection_table(["100"]).loc["100", ["beats", "missed"]].astype(int).tolist()
    [2273, 0]
    """
    scores = []
    for name in record_names:
        record = database.read(name)
        found = record.with_beats(detect_r_peaks(record)).annotations
        scores.append(score_annotations(record.annotations, found, start=0))
    table = score_table(scores).drop(AVERAGE)
    counts = table[list(COUNT_COLUMNS)].astype(int)
    false = counts.filter(regex="^O").sum(axis=1)
    missed = counts.filter(regex="^[NSVF]o'$").sum(axis=1)
    beats = counts.sum(axis=1) - false
    figures = table[["Q Se", "Q +P"]].set_axis(["Se", "+P"], axis=1)
    columns = pd.DataFrame({"beats": beats, "missed": missed, "false": false})
    return columns.join(figures).rename_axis("record")


def loss_by_detection(test_on: Sequence[str] = aami.DS2) -> pd.DataFrame:
    """Train on DS1, test V and S on other records, with and without annotated positions.

    One row per entry of :data:`POSITIONS`; EC57's figures of all beats together, in %.
    """
    model, _ = train(aami.DS1)
    gross = {
        positions: score_table([_score(model, name, positions) for name in test_on]).loc[GROSS]
        for positions in POSITIONS
    }
    columns = [f"{label} {figure}" for label in "VS" for figure in ("Se", "+P")]
    table = pd.DataFrame(gross).T[columns].astype(float).rename_axis("positions")
    for label in "VS":
        se, ppv = table[f"{label} Se"], table[f"{label} +P"]
        table[f"{label} F1"] = 2 * se * ppv / (se + ppv)
    return table


def run_study(databases: Path | None, folder: Path) -> None:
    """Store what is found, what excursions and bad leads cost, and :func:`loss_by_detection`.

    Parameters
    ----------
    databases : Path or None
        Folder of databases of your own, see :data:`ecgutils.studies.other_databases.DATABASES`.
        Without one, only the embedded database is looked at.
    folder : Path
        Where the tables go.
    """
    table = detection_table(database.record_names())
    write_csv(folder / "detection_by_record_study.csv", table, "%.4f")
    trials = summary(excursion_table())
    write_csv(folder / "excursion_study.csv", trials, "%.2f")
    write_csv(folder / "bad_leads_study.csv", bad_lead_table(), "%.2f")
    irregular_rhythm.run_study(folder)
    if databases:
        found = totals(beats_found(databases))
        write_csv(folder / "other_databases_study.csv", found, "%.4f")
        if any((databases / name).is_dir() for name in fast_rhythms.DATABASES):
            rhythms = fast_rhythms.fast_rhythm_table(databases)
            write_csv(folder / "fast_rhythms.csv", rhythms, "%d")
    write_csv(folder / "detection_study.csv", loss_by_detection(), "%.3f")


def _score(model: TrainedModel, name: str, positions: str) -> Score:
    annotated = database.read(name)
    record = annotated if positions == "annotated" else annotated.without_annotations()
    beats = classify(record, model=model).beats
    test = record.with_beats(beats["sample"], beats["class"].to_numpy(dtype=str)).annotations
    return score_annotations(annotated.annotations, test, start=0)
