"""Two classifiers on the same beats: whether one is better than the other."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from ecgutils.scoring.metrics import confusion_by_record, middle_95, resampled_figures, summary


def mcnemar(reference: np.ndarray, first: np.ndarray, second: np.ndarray) -> pd.Series:
    """Compare the errors of two classifiers on the same beats, McNemar's exact test.

    Only beats that one of them gets right and the other wrong can tell them apart.

    Parameters
    ----------
    reference, first, second : array of int, shape (beats,)
        True class and the two predictions, positions in :data:`ecgutils.aami.CLASSES`.

    Returns
    -------
    pandas.Series
        ``both right``, ``only first right``, ``only second right``, ``both wrong`` (beats), ``p``
        (two-sided). The test takes beats for independent, as those of one record are not.

    References
    ----------
    McNemar, Psychometrika 12:153 (1947), doi 10.1007/BF02295996; Dietterich, Neural
    Computation 10:1895 (1998), doi 10.1162/089976698300017197.

    Examples
    --------
    >>> import numpy as np
    >>> reference = first = np.zeros(10, dtype=int)
    >>> float(mcnemar(reference, first, np.repeat([0, 1], [2, 8]))["p"])
    0.0078125
    """
    outcomes = 2 * (first != reference) + (second != reference)
    counts = np.bincount(outcomes, minlength=4).tolist()
    told_apart = counts[1] + counts[2]
    p = binomtest(counts[1], told_apart).pvalue if told_apart else 1.0
    names = ["both right", "only first right", "only second right", "both wrong", "p"]
    return pd.Series([*counts, p], names, dtype=object)


def difference_over_records(
    reference: np.ndarray, first: np.ndarray, second: np.ndarray, record: np.ndarray, seed: int
) -> pd.DataFrame:
    """By how much the second classifier is better, with intervals from drawing records.

    Parameters
    ----------
    reference, first, second, record : array, shape (beats,)
        As for :func:`mcnemar`, and the name of the record each beat comes from.
    seed : int
        Decides the draws, the same ones for both.

    Returns
    -------
    pandas.DataFrame
        Columns ``difference``, ``low`` and ``high`` in percentage points; index as in
        :func:`ecgutils.scoring.metrics.bootstrap_over_records`.
    """
    counts = [confusion_by_record(reference, predicted, record) for predicted in (first, second)]
    ours, theirs = (pd.Series(summary(sum(by_record.values()))) for by_record in counts)
    drawn, others = (resampled_figures(by_record, seed) for by_record in counts)
    table = middle_95(others - drawn)
    table.insert(0, "difference", theirs - ours)
    return table
