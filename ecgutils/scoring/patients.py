"""Figures for patients a classifier has not seen: pooled over beats, and averaged over patients."""

import numpy as np

from ecgutils.aami import CLASSES
from ecgutils.scoring.metrics import confusion_by_record, j_kappa, one_vs_rest, overall, summary

UNCLASSIFIABLE = CLASSES.index("Q")
"""Position of the class of beats that nobody could classify."""

ENOUGH_BEATS = 10
"""Beats of a class that a patient must have to be given a figure for it."""


def unseen_figures(
    reference: np.ndarray, predicted: np.ndarray, record: np.ndarray, every_beat: bool = False
) -> dict[str, float]:
    """Summarise predictions for patients that the model has not seen.

    Parameters
    ----------
    reference, predicted, record : array, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`, and the name of the record of each beat.
    every_beat : bool
        Whether beats whose reference is :data:`UNCLASSIFIABLE` count, too.

    Returns
    -------
    dict of str to float
        ``accuracy``, ``se_N`` ... ``f1_F`` in %, all beats together; ``j_kappa``, a fraction. Then
        means over patients in %: ``patients_accuracy``, and ``patients_f1_S`` and ``patients_f1_V``
        over those with at least :data:`ENOUGH_BEATS` such beats, NaN where there is none.
    """
    kept = every_beat | (reference != UNCLASSIFIABLE)
    by_record = confusion_by_record(reference[kept], predicted[kept], record[kept])
    counts = np.stack(list(by_record.values()))
    pooled = summary(counts.sum(axis=0))
    names = [f"{m}_{name}" for m in ("se", "ppv", "f1") for name in CLASSES[:UNCLASSIFIABLE]]
    figures = {"accuracy": pooled["accuracy"], "j_kappa": j_kappa(counts.sum(axis=0))}
    figures |= {name: pooled[name] for name in names}
    figures["patients_accuracy"] = float(overall(counts)["accuracy"].mean())
    f1 = one_vs_rest(counts)["f1"]
    for name in ("S", "V"):
        k = CLASSES.index(name)
        enough = counts[:, k].sum(axis=1) >= ENOUGH_BEATS
        figures[f"patients_f1_{name}"] = float(f1[enough, k].mean()) if enough.any() else np.nan
    return figures
