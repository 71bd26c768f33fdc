"""Patients of one database, classified by a model that has only met those of another.

A model that was made with one database, and is tested on patients of the same one, may have
learnt its recorder, its annotators and whom they chose. So it is also tested on the other one.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES, to_classes
from ecgutils.scoring.ec57 import MATCH_WINDOW
from ecgutils.scoring.metrics import DRAWS, confusion_by_record, middle_95, one_vs_rest
from ecgutils.scoring.patients import ENOUGH_BEATS, UNCLASSIFIABLE
from ecgutils.unseen import model_training, trained_model
from ecgutils.unseen.model_training import MITDB_RECORDS, SVDB_RECORDS
from ecgutils.unseen.other_recorders import at_detected_beats, in_flutter
from ecgutils.unseen.trained_model import OUTPUTS

DIRECTIONS = {
    "MIT-BIH to SVDB": (MITDB_RECORDS, SVDB_RECORDS),
    "SVDB to MIT-BIH": (SVDB_RECORDS, MITDB_RECORDS),
    "both, held out": ((*MITDB_RECORDS, *SVDB_RECORDS), ()),
}
"""Records that a model learns from, and others that it is tested on. Where there are no others,
each patient is tested by a model of other folds."""

COUNTS = [f"{reference} as {called}" for reference in CLASSES for called in CLASSES]
"""Columns with the numbers of beats; what is no beat, or not found, is Q."""

CLASSES_OF_TABLE = ("S", "V")

COLUMNS = {
    "se": "Se",
    "ppv": "+P",
    "f1": "F1",
    "patients": "F1 by patient",
    "false": "false per hour",
}
"""Figures of the table and their headings."""


def across_databases() -> pd.DataFrame:
    """Train in each of the :data:`DIRECTIONS`, and count how the detected beats are classified.

    Returns
    -------
    pandas.DataFrame
        One row per direction and tested record: ``direction``, ``record``, ``hours`` and the
        :data:`COUNTS`.
    """
    return pd.concat(map(_tested, DIRECTIONS), ignore_index=True)


def across_table(study: pd.DataFrame, seed: int = 1) -> pd.DataFrame:
    """Sum up how S and V are found across databases.

    Parameters
    ----------
    study : pandas.DataFrame
        ``read_study("across")``.
    seed : int
        Decides which patients are drawn for the intervals.

    Returns
    -------
    pandas.DataFrame of str
        Indexed by direction and class. Sensitivity, predictivity and F1 of all beats together,
        the mean F1 of patients with :data:`~ecgutils.scoring.patients.ENOUGH_BEATS` such beats,
        all in %, and false ones per hour. The intervals, 95 %, come from drawing patients.

    Examples
    --------
    >>> from ecgutils.studies import read_study
    >>> across_table(read_study("across")).columns.tolist()
    ['Se', '+P', 'F1', 'F1 by patient', 'false per hour']
    """
    rows = {}
    for direction in study["direction"].unique():
        tested = study[study["direction"] == direction]
        counts = tested[COUNTS].to_numpy().reshape(len(tested), len(CLASSES), len(CLASSES))
        hours = tested["hours"].to_numpy()
        drawn = np.random.default_rng(seed).integers(len(tested), size=(DRAWS, len(tested)))
        for name in CLASSES_OF_TABLE:
            bounds = middle_95(pd.DataFrame(_figures(counts[drawn], hours[drawn], name)))
            figures = _figures(counts, hours, name)
            rows[direction, name] = {
                heading: f"{figures[key]:.1f} ({bounds.low[key]:.1f} to {bounds.high[key]:.1f})"
                for key, heading in COLUMNS.items()
            }
    index = pd.MultiIndex.from_tuples(rows, names=["trained and tested", "class"])
    return pd.DataFrame(list(rows.values()), index=index)


def _figures(counts: np.ndarray, hours: np.ndarray, name: str) -> dict[str, np.ndarray]:
    """Figures of a class in patients, counts (..., patients, classes, classes); shapes (...)."""
    k, pooled = CLASSES.index(name), counts.sum(axis=-3)
    enough = counts[..., k, :].sum(axis=-1) >= ENOUGH_BEATS
    by_patient = np.where(enough, one_vs_rest(counts)["f1"][..., k], 0).sum(axis=-1)
    # A draw may hold no patient with enough of them.
    with np.errstate(invalid="ignore"):
        by_patient = by_patient / enough.sum(axis=-1)
    false = pooled[..., k].sum(axis=-1) - pooled[..., k, k]
    figures = {measure: one_vs_rest(pooled)[measure][..., k] for measure in ("se", "ppv", "f1")}
    return figures | {"patients": by_patient, "false": false / hours.sum(axis=-1)}


def _tested(direction: str) -> pd.DataFrame:
    """Train and test in one direction."""
    learnt, others = DIRECTIONS[direction]
    model, held_out = model_training.train(learnt)
    beats = model_training.held_out_beats(model.content, others) if others else held_out
    card = model.card
    probabilities = beats[list(OUTPUTS)].to_numpy()
    called = trained_model.most_likely(
        trained_model.calibrated(probabilities, card.temperature, card.bias)
    )
    record = beats["record"].to_numpy(dtype=str)
    counts = confusion_by_record(beats["class"].to_numpy(), called, record)
    return pd.DataFrame(_rows(direction, counts, others or learnt))


def _rows(direction: str, counts: dict[str, np.ndarray], names: Iterable[str]) -> list[dict]:
    """Rows of the study, with the beats that the detector has missed."""
    rows = []
    for name in names:
        missed, hours = _missed_beats(name)
        counts[name][:, UNCLASSIFIABLE] += missed
        beats = dict(zip(COUNTS, counts[name].ravel().tolist(), strict=True))
        rows.append({"direction": direction, "record": name, "hours": hours, **beats})
    return rows


def _missed_beats(name: str) -> tuple[np.ndarray, float]:
    """Beats of each class that are not found, and the hours of the record.

    Beats that nobody could classify, and those in flutter, do not count, see
    `at_detected_beats`.
    """
    record = model_training.read_patient(name)
    annotated, found = record.annotations.beats, at_detected_beats(record).annotations.beats
    apart = np.abs(annotated.sample[:, None] - found.sample).min(axis=1)
    missed = (apart > MATCH_WINDOW * record.fs) & ~in_flutter(record, annotated.sample)
    classes = to_classes(annotated.symbol[missed])
    counts = np.bincount(classes, minlength=len(CLASSES))
    counts[UNCLASSIFIABLE] = 0
    return counts, record.duration / 3600
