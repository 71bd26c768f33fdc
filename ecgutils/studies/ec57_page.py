"""Every statistic that ANSI/AAMI EC57 names, for `classify` on patients held out of its training.

The patients are divided as for the card of the model, and those of each part are classified from
the signal alone by a model of the others. What is found goes into files as `classify` writes them,
and these are scored as `ecgutils score` does it. The model's calibration is that of the card.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils.database import DATABASES
from ecgutils.errors import EcgError
from ecgutils.files import write_csv, write_whole
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.parallel import in_parallel
from ecgutils.paths import BUILD_DIR
from ecgutils.recordings.classified import classify
from ecgutils.recordings.outputs import ANNOTATOR, annotation_bytes
from ecgutils.scoring.ec57 import LEARNING_PERIOD, Label, Score, score_annotations
from ecgutils.scoring.ec57_tables import AVERAGE, GROSS, RR_COLUMN, score_table
from ecgutils.scoring.episodes import episode_table, score_episodes
from ecgutils.scoring.heart_rate import heart_rate_table, score_heart_rate
from ecgutils.scoring.runs import run_table, score_runs
from ecgutils.studies.store import STUDIES
from ecgutils.unseen import model_training
from ecgutils.unseen.classifier import TrainingRows, grown_trees
from ecgutils.unseen.model_training import RECORDS, SEED
from ecgutils.unseen.onnx_export import to_onnx
from ecgutils.unseen.trained_model import TrainedModel, load_model

ANNOTATIONS_DIR = BUILD_DIR / "ec57"
"""Where the annotations go, a folder for each database."""

WITHOUT_RHYTHMS = ("svdb",)
"""Databases whose reference has no rhythms, so that no episode can be right or wrong."""

NOT_GIVEN = {
    "AHA database": "its records must be bought, so they are not in this repository",
    "CU database": "ventricular fibrillation; it is not in this repository, see "
    "`ecgutils study detection --databases`",
    "Noise Stress Test database": "of it only the noises are in this repository",
    "European ST-T database, ST segment": "`classify` does not measure the ST segment",
    "heart rate variability": "`classify` does not measure it",
    "shutdown": "`classify` writes no marks of it: a beat that it cannot read is Q, and one that "
    "it does not find is missed",
    "records with paced beats": "102, 104, 107 and 217 are left out, as EC57 has it",
    "rhythms of SVDB": "nobody has annotated them, so there is no AF and no VF to compare with; "
    "what is marked as AF there is a false run of S",
}
"""What EC57 asks for and is not in the table, and why."""

COLUMNS = ("of", "statistic", "unit", "gross", "average", "events")
"""Columns that each database has; see :func:`ec57_figures`."""

Pairs = Sequence[tuple[Annotations, Annotations]]
"""Annotations of the reference and of the test, of each record."""

Row = tuple[str, str, str, float, float, float]
"""One row, in the order of :data:`COLUMNS`."""


def run_study(folder: Path) -> None:
    """Classify all patients held out, and store the table of :func:`ec57_figures`."""
    write_held_out_annotations(ANNOTATIONS_DIR)
    write_csv(folder / STUDIES["ec57"], ec57_figures(ANNOTATIONS_DIR), "%.4f", index=False)


def write_held_out_annotations(folder: Path) -> None:
    """Classify each patient with a model that has not met him, and write the annotations.

    Parameters
    ----------
    folder : Path
        Gets a folder for each database, with the file ``NAME.aami`` of each record. A recording
        that is refused has a file without annotations: all its beats are missed.
    """
    names = [name for of_database in RECORDS.values() for name in of_database]
    rows = dict(in_parallel(_rows_job, [(name,) for name in names]))
    folds = model_training.folds_of_both({name: rows[name].classes for name in names})
    trainings = [([rows[n] for n in names if n not in fold], fold) for fold in folds]
    models = dict(in_parallel(_training_job, trainings))
    jobs = [(name, content, folder) for fold, content in models.items() for name in fold]
    for problem in filter(None, in_parallel(_annotation_job, jobs)):
        print(f"all beats are missed: {problem}")


def _rows_job(name: str) -> tuple[str, TrainingRows]:
    return name, model_training.patient_rows(name)


def _training_job(
    patients: list[TrainingRows], fold: tuple[str, ...]
) -> tuple[tuple[str, ...], bytes]:
    """Train on patients; return the model as ONNX, and the others that it has not met."""
    return fold, to_onnx(grown_trees(TrainingRows.joined(patients), SEED))


def _annotation_job(name: str, content: bytes, folder: Path) -> str:
    """Write the annotations of a record; return why it was refused, if it was."""
    problem, annotations = "", b"\0\0"
    record = model_training.read_patient(name).without_annotations()
    try:
        found = classify(record, model=TrainedModel(content, load_model().card))
        annotations = annotation_bytes(found)
    except EcgError as error:
        problem = str(error)
    write_whole(folder / _database_of(name) / f"{name}.{ANNOTATOR}", annotations)
    return problem


def _database_of(name: str) -> str:
    return next(database for database, names in RECORDS.items() if name in names)


def ec57_figures(folder: Path, start: float = LEARNING_PERIOD) -> pd.DataFrame:
    """Score annotations of both databases with all statistics that EC57 names.

    Parameters
    ----------
    folder : Path
        As :func:`write_held_out_annotations` leaves it.
    start : float
        Where scoring starts, in s.

    Returns
    -------
    pandas.DataFrame
        One row per database and statistic: ``database``, ``of`` what, ``statistic``, ``unit``,
        ``gross``, ``average`` over records, and the ``events`` behind it. These are those of the
        reference, and for a predictivity those of the test; of a duration they are seconds.
    """
    tables = []
    for database in DATABASES:
        if names := RECORDS.get(database.name):
            own = folder / database.name
            pairs = [_read_pair(name, database.directory, own) for name in names]
            rows = _rows(pairs, start, ("VF", "AF") if database.name not in WITHOUT_RHYTHMS else ())
            tables.append(pd.DataFrame(rows, columns=COLUMNS).assign(database=database.name))
    return pd.concat(tables, ignore_index=True)[["database", *COLUMNS]]


def _read_pair(name: str, reference_dir: Path, test_dir: Path) -> tuple[Annotations, Annotations]:
    test = read_annotations(name, test_dir, ANNOTATOR, header_directory=reference_dir)
    return read_annotations(name, reference_dir), test


def _rows(pairs: Pairs, start: float, rhythms: Sequence[str]) -> Iterator[Row]:
    """Give the rows of one database."""
    yield from _beat_rows([score_annotations(*pair, start) for pair in pairs])
    for label in "VS":
        yield from _run_rows(run_table([score_runs(*pair, label, start) for pair in pairs]), label)
    for rhythm in rhythms:
        scores = [score_episodes(*pair, rhythm, start) for pair in pairs]
        yield from _episode_rows(episode_table(scores), rhythm)
    table = heart_rate_table([score_heart_rate(*pair, start) for pair in pairs])
    error, events = "RMS error (%)", table.loc[GROSS, "Measurements"]
    yield "heart rate", "RMS error", "%", *_last_rows(table, error), float(events)


def _last_rows(table: pd.DataFrame, column: str) -> tuple[float, float]:
    return float(table.loc[GROSS, column]), float(table.loc[AVERAGE, column])


def _beat_rows(scores: Sequence[Score]) -> Iterator[Row]:
    """Give the rows of QRS complexes, of V and of S."""
    table, counts = score_table(scores), sum(score.counts for score in scores)
    for title, column, labels in (
        ("QRS", "Q", list(range(Label.O))),
        ("V", "V", [Label.V]),
        ("S", "S", [Label.S]),
    ):
        events = {"Se": counts[labels].sum(), "+P": counts[:, labels].sum()}
        for statistic in ("Se", "+P") if title == "QRS" else ("Se", "+P", "FPR"):
            figures = _last_rows(table, f"{column} {statistic}")
            yield title, statistic, "%", *figures, float(events.get(statistic, np.nan))
    yield "RR intervals", "RMS error", "ms", *_last_rows(table, RR_COLUMN), np.nan


def _run_rows(table: pd.DataFrame, label: str) -> Iterator[Row]:
    """Give the rows of couplets, short and long runs."""
    gross = table.loc[GROSS]
    for kind, title in (("C", "couplets"), ("S", "short runs"), ("L", "long runs")):
        for statistic, right, wrong in (("Se", "Ts", "FN"), ("+P", "Tp", "FP")):
            figures = _last_rows(table, kind + statistic)
            events = gross[kind + right] + gross[kind + wrong]
            yield f"{label}, {title}", statistic, "%", *figures, float(events)


def _episode_rows(table: pd.DataFrame, rhythm: str) -> Iterator[Row]:
    """Give the rows of episodes and of their duration."""
    gross = table.loc[GROSS]
    for title, column, events in (
        ("episodes", "E", (gross["TPs"] + gross["FN"], gross["TPp"] + gross["FP"])),
        ("duration", "D", (gross["Ref duration"], gross["Test duration"])),
    ):
        for statistic, number in zip(("Se", "+P"), events, strict=True):
            figures = _last_rows(table, column + statistic)
            yield f"{rhythm}, {title}", statistic, "%", *figures, float(number)


def ec57_table(study: pd.DataFrame) -> pd.DataFrame:
    """Lay the figures out side by side.

    Parameters
    ----------
    study : pandas.DataFrame
        ``read_study("ec57")``.

    Returns
    -------
    pandas.DataFrame of str
        One row per statistic, in the order of EC57; for each database the columns ``gross``,
        ``average`` and ``events``. A dash stands for what is not defined.

    Examples
    --------
    >>> row = ["mitdb", "QRS", "Se", "%", 99.9, 99.8, 1000.0]
    >>> ec57_table(pd.DataFrame([row], columns=["database", *COLUMNS])).to_numpy().tolist()
    [['99.90', '99.80', '1,000']]
    """
    rows = ["of", "statistic", "unit"]
    shown = study[["database", *rows]].copy()
    for column, form in (("gross", "{:.2f}"), ("average", "{:.2f}"), ("events", "{:,.0f}")):
        shown[column] = study[column].map(form.format).replace("nan", "–")
    order = pd.MultiIndex.from_frame(shown[rows].drop_duplicates())
    parts = {name: part.set_index(rows).drop(columns="database") for name, part in _parts(shown)}
    return pd.concat(parts, axis=1).reindex(order).fillna("–")


def _parts(study: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give the part of each database, under its title."""
    for database in DATABASES:
        part = study[study["database"] == database.name]
        if len(part):
            yield database.title, part
