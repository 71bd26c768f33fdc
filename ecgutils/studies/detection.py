"""How well beats are found, and what classes lose when positions are detected, not annotated."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from ecgutils import aami, database
from ecgutils.paths import FIGURES_DIR
from ecgutils.recordings.classified import classify
from ecgutils.scoring.ec57 import Score, score_annotations
from ecgutils.scoring.ec57_tables import GROSS, score_table
from ecgutils.signals.r_peaks import detect_r_peaks
from ecgutils.studies.store import write_table
from ecgutils.unseen.model_training import train
from ecgutils.unseen.trained_model import TrainedModel

POSITIONS = {"annotated": "atr", "detected": None}
"""Where the positions of the beats come from, and the suffix of such annotations."""


def detection_table(record_names: Iterable[str]) -> pd.DataFrame:
    """Compare detected beats with annotated ones, in whole recordings.

    Parameters
    ----------
    record_names : iterable of str
        Records of the embedded database.

    Returns
    -------
    pandas.DataFrame
        One row per record and one of all together (``Gross``): annotated ``beats``, ``missed`` and
        ``false`` ones, sensitivity ``Se`` and positive predictivity ``+P`` in %. A beat is found
        where a detected one lies within 150 ms, and ventricular flutter is not scored (EC57).

    Examples
    --------
    >>> from ecgutils.studies import detection_table
    >>> detection_table(["100"]).loc["100", ["beats", "missed"]].astype(int).tolist()
    [2273, 0]
    """
    rows = {}
    for name in record_names:
        record = database.read(name)
        found = detect_r_peaks(record)
        score = score_annotations(record.annotations, record.with_beats(found).annotations, start=0)
        rows[name] = _found_and_missed(score)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["beats", "missed", "false"])
    table.loc[GROSS] = table.sum()
    found = table["beats"] - table["missed"]
    table["Se"] = 100 * found / table["beats"]
    table["+P"] = 100 * found / (found + table["false"])
    return table.rename_axis("record")


def loss_by_detection(
    train_on: Sequence[str] = aami.DS1, test_on: Sequence[str] = aami.DS2
) -> pd.DataFrame:
    """Train on some records, test V and S on others, with and without annotated positions.

    One row per entry of :data:`POSITIONS`; EC57's figures of all beats together, in %. The model
    is calibrated on the records that it was trained on, each held out once.
    """
    trained, figures = train(train_on), {}
    model = TrainedModel(trained.network, trained.card(train_on))
    for positions, extension in POSITIONS.items():
        scores = [_score(model, name, extension) for name in test_on]
        gross = score_table(scores).loc[GROSS]
        figures[positions] = {
            f"{label} {what}": gross[f"{label} {what}"] for label in "VS" for what in ("Se", "+P")
        }
        for label in "VS":
            se, ppv = (figures[positions][f"{label} {what}"] for what in ("Se", "+P"))
            figures[positions][f"{label} F1"] = 2 * se * ppv / (se + ppv)
    return pd.DataFrame.from_dict(figures, orient="index").rename_axis("positions")


def run_study(folder: Path = FIGURES_DIR) -> None:
    """Store the table of :func:`loss_by_detection`."""
    write_table(folder / "detection_study.csv", loss_by_detection())


def _score(model: TrainedModel, name: str, extension: str | None) -> Score:
    record = database.read(name)
    reference = record.annotations
    if extension is None:
        record = record.without_annotations()
    beats = classify(record, model=model).beats
    test = record.with_beats(beats["sample"], beats["class"].to_numpy(dtype=str)).annotations
    return score_annotations(reference, test, start=0)


def _found_and_missed(score: Score) -> tuple[int, int, int]:
    """Beats of the reference, those that were missed, and those that are none."""
    beats, no_beat = slice(0, 5), slice(5, None)
    missed = int(score.counts[beats, no_beat].sum())
    annotated = int(score.counts[beats, beats].sum()) + missed
    return annotated, missed, int(score.counts[no_beat, beats].sum())
