"""How well beats were classified: per-class figures, and intervals over records."""

import numpy as np
import pandas as pd
from scipy.stats import t

from ecgutils.aami import CLASSES

MEASURES = ("acc", "se", "sp", "ppv", "f1")
"""One-vs-rest figures of a class, in the order of the tables."""

PAPER_ACCURACY = {"N": 98.69, "S": 99.45, "V": 99.33, "F": 99.71, "Q": 99.82}
"""One-vs-rest accuracy that the paper claims, in %: Shoughi et al., Computing (2023), doi
10.1007/s00607-023-01243-0."""

PAPER_OVERALL = 100 - sum(100 - accuracy for accuracy in PAPER_ACCURACY.values()) / 2
"""Overall accuracy that the claims imply, 98.50 %: an error is an error for two classes."""

DRAWS = 2000
"""How often records are drawn for an interval."""


def confusion(reference: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Count beats by true and predicted class.

    Parameters
    ----------
    reference, predicted : array of int, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`.

    Returns
    -------
    array of int64, shape (classes, classes)
        Rows are the reference, columns the prediction.

    Examples
    --------
    >>> import numpy as np
    >>> confusion(np.array([0, 0, 2]), np.array([0, 2, 2]))[[0, 2]].tolist()
    [[1, 0, 1, 0, 0], [0, 0, 1, 0, 0]]
    """
    size = len(CLASSES)
    cells = np.bincount(reference.astype(np.int64) * size + predicted, minlength=size * size)
    return cells.reshape(size, size)


def confusion_by_record(
    reference: np.ndarray, predicted: np.ndarray, record: np.ndarray
) -> dict[str, np.ndarray]:
    """Count beats by true and predicted class in each record; see :func:`confusion`.

    Parameters
    ----------
    reference, predicted, record : array, shape (beats,), the last of the records' names

    Returns
    -------
    dict of str to array of int64, shape (classes, classes)
    """
    return {
        str(name): confusion(reference[record == name], predicted[record == name])
        for name in np.unique(record)
    }


def one_vs_rest(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Accuracy, sensitivity, specificity, positive predictivity and F1 of each class.

    Parameters
    ----------
    counts : array, shape (..., classes, classes), rows are the reference

    Returns
    -------
    dict of str to array of float, shape (..., classes)
        The :data:`MEASURES` in %; NaN where a class has no beats to divide by.
    """
    total = counts.sum(axis=(-2, -1))[..., None]
    hit = np.diagonal(counts, axis1=-2, axis2=-1)
    missed = counts.sum(axis=-1) - hit
    false = counts.sum(axis=-2) - hit
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "acc": 100 * (total - missed - false) / total,
            "se": 100 * hit / (hit + missed),
            "sp": 100 * (total - hit - missed - false) / (total - hit - missed),
            "ppv": 100 * hit / (hit + false),
            "f1": 100 * 2 * hit / (2 * hit + missed + false),
        }


def overall(counts: np.ndarray) -> dict[str, np.ndarray]:
    """``accuracy`` and ``macro_f1`` of matrices (..., classes, classes), in %, shape (...)."""
    hit = np.trace(counts, axis1=-2, axis2=-1)
    # Classes that occur neither in the reference nor in the prediction do not count in the mean.
    macro_f1 = np.nanmean(one_vs_rest(counts)["f1"], axis=-1)
    return {"accuracy": 100 * hit / counts.sum(axis=(-2, -1)), "macro_f1": macro_f1}


def summary(counts: np.ndarray) -> dict[str, np.ndarray]:
    """`overall` and ``acc_N`` to ``f1_Q``, of matrices (..., classes, classes), shape (...)."""
    figures = overall(counts)
    for measure, values in one_vs_rest(counts).items():
        figures |= {f"{measure}_{name}": v for name, v in zip(CLASSES, values.T, strict=True)}
    return figures


def j_kappa(counts: np.ndarray) -> float:
    """Half the agreement beyond chance and an eighth of Se and +P of S and V, at most 1, or NaN."""
    # Mar et al., IEEE Trans Biomed Eng 58:2168 (2011), doi 10.1109/TBME.2011.2113395.
    total, figures = counts.sum(), one_vs_rest(counts)
    by_chance = (counts.sum(axis=0) * counts.sum(axis=1)).sum() / total**2
    kappa = (counts.trace() / total - by_chance) / (1 - by_chance)
    ectopic = [CLASSES.index("S"), CLASSES.index("V")]
    found = (figures["se"][ectopic] + figures["ppv"][ectopic]).sum() / 100
    return float(kappa / 2 + found / 8)


def class_table(counts: np.ndarray) -> pd.DataFrame:
    """Put the figures of each class into a table.

    Parameters
    ----------
    counts : array, shape (classes, classes), rows are the reference

    Returns
    -------
    pandas.DataFrame
        One row per class; columns ``beats`` and the :data:`MEASURES` in %.

    Examples
    --------
    >>> import numpy as np
    >>> table = class_table(np.diag([90, 5, 5, 0, 0]) + np.eye(5, k=-1, dtype=int))
    >>> table.loc["V", ["beats", "se", "ppv"]].round(1).tolist()
    [6.0, 83.3, 83.3]
    """
    table = pd.DataFrame(one_vs_rest(counts), index=pd.Index(CLASSES, name="class"))
    table.insert(0, "beats", counts.sum(axis=1))
    return table


def bootstrap_over_records(by_record: dict[str, np.ndarray], seed: int) -> pd.DataFrame:
    """Intervals of all figures by drawing whole records with replacement, as many as there are.

    Beats of one record resemble each other: drawing beats would make the intervals too narrow.
    See Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.

    Parameters
    ----------
    by_record, seed : dict, int
        From :func:`confusion_by_record`; what decides the :data:`DRAWS`.

    Returns
    -------
    pandas.DataFrame
        Index ``accuracy``, ``macro_f1``, ``acc_N`` ... ``f1_Q``; columns ``low`` and ``high``, the
        2.5th and 97.5th percentile in %. Draws without a beat of a class do not count for it.
    """
    return middle_95(resampled_figures(by_record, seed))


def resampled_figures(by_record: dict[str, np.ndarray], seed: int) -> pd.DataFrame:
    """Draw records with replacement: one row per draw, the columns of `summary`."""
    counts = np.stack(list(by_record.values()))
    chances = np.full(len(counts), 1 / len(counts))
    drawn = np.random.default_rng(seed).multinomial(len(counts), chances, DRAWS)
    return pd.DataFrame(summary(np.einsum("rk,kij->rij", drawn, counts)))


def middle_95(figures: pd.DataFrame) -> pd.DataFrame:
    """``low`` and ``high``, the bounds of the middle 95 % of each column that are not NaN."""
    return figures.quantile([0.025, 0.975]).set_axis(["low", "high"]).T


def errors_by_record(by_record: dict[str, np.ndarray]) -> pd.DataFrame:
    """Count the errors in each record.

    Parameters
    ----------
    by_record : dict of str to array, from :func:`confusion_by_record`

    Returns
    -------
    pandas.DataFrame
        One row per record, most errors first; columns ``beats``, ``errors``, ``error rate`` in %.
    """
    table = pd.DataFrame({"beats": {name: counts.sum() for name, counts in by_record.items()}})
    table["errors"] = table["beats"] - [counts.trace() for counts in by_record.values()]
    table["error rate"] = 100 * table["errors"] / table["beats"]
    return table.rename_axis("record").sort_values("errors", ascending=False, kind="stable")


def seed_intervals(study: pd.DataFrame) -> pd.DataFrame:
    """Mean over seeds with its 95 % interval, by model and metric.

    Parameters
    ----------
    study : pandas.DataFrame with ``model``, ``seed``, ``metric`` and ``value``

    Returns
    -------
    pandas.DataFrame
        Columns ``mean``; ``half_width`` of its interval; ``further_run``, half the width of the
        interval in which a single further run falls (both Student's t); and ``seeds``.
    """
    groups = study.groupby(["model", "metric"], sort=False)["value"]
    table = groups.agg(mean="mean", half_width="sem", seeds="count")
    table["half_width"] *= t.ppf(0.975, table["seeds"] - 1)
    table.insert(2, "further_run", table["half_width"] * np.sqrt(table["seeds"] + 1))
    return table
