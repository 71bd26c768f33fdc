"""What SMOTE does to a classifier's figures: after the split, and wrongly before it."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin, clone
from sklearn.neighbors import NearestNeighbors

from ecgutils.learning.oversampling import NEIGHBOURS, PAPER_TARGETS, smote, smote_then
from ecgutils.learning.splits import Split, random_split
from ecgutils.scoring.metrics import confusion, summary

NO_SMOTE = "no SMOTE"
AFTER_SPLIT = "SMOTE after the split"
BEFORE_SPLIT_ALL_ROWS = "SMOTE before the split, all test rows"
BEFORE_SPLIT_REAL_BEATS = "SMOTE before the split, real test beats"
PROTOCOLS = (NO_SMOTE, AFTER_SPLIT, BEFORE_SPLIT_ALL_ROWS, BEFORE_SPLIT_REAL_BEATS)
"""Ways to train and test one classifier; the last two are one training, scored twice."""


def compare_protocols(
    classifier: ClassifierMixin,
    features: np.ndarray,
    classes: np.ndarray,
    seeds: Iterable[int],
    targets: Mapping[str, int] = PAPER_TARGETS,
) -> pd.DataFrame:
    """Train a classifier without SMOTE, with SMOTE after the split, and with it before.

    All protocols of a seed test on the same real beats: their difference is due to SMOTE alone.

    Parameters
    ----------
    classifier : scikit-learn classifier
        Cloned for each training.
    features : array, shape (beats, features)
    classes : array of int, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`.
    seeds, targets
        Each seed is a split and a run of :func:`ecgutils.learning.oversampling.smote`.

    Returns
    -------
    pandas.DataFrame
        Columns ``model`` (one of :data:`PROTOCOLS`), ``seed``, ``metric`` and ``value``, as
        :func:`ecgutils.scoring.metrics.seed_intervals` takes them.
    """
    rows = []
    for seed in seeds:
        split = random_split(len(classes), seed, validation_fraction=0)
        mixed, mixed_classes, parts = smote_before_split(features, classes, split, seed, targets)
        before = clone(classifier)
        models = {
            NO_SMOTE: (clone(classifier), split.train),
            AFTER_SPLIT: (smote_then(clone(classifier), seed, targets), split.train),
            BEFORE_SPLIT_REAL_BEATS: (before, parts.train),
        }
        counts = {}
        for protocol, (model, trained) in models.items():
            model.fit(mixed[trained], mixed_classes[trained])
            counts[protocol] = confusion(classes[split.test], model.predict(features[split.test]))
        made = parts.test[len(split.test) :]
        of_made = confusion(mixed_classes[made], before.predict(mixed[made]))
        counts[BEFORE_SPLIT_ALL_ROWS] = counts[BEFORE_SPLIT_REAL_BEATS] + of_made
        for protocol, matrix in counts.items():
            rows += [(protocol, seed, name, value) for name, value in summary(matrix).items()]
    return pd.DataFrame(rows, columns=["model", "seed", "metric", "value"])


def smote_before_split(
    features: np.ndarray,
    classes: np.ndarray,
    split: Split,
    seed: int,
    targets: Mapping[str, int] = PAPER_TARGETS,
) -> tuple[np.ndarray, np.ndarray, Split]:
    """Make the mistake: oversample all beats, then divide real and made rows at random.

    Parameters
    ----------
    features, classes, split, seed, targets
        See :func:`compare_protocols`; real beats stay where `split` puts them.

    Returns
    -------
    features, classes : array, shape (rows, features) and (rows,)
        The real beats in their order, then the made ones.
    split : Split
        Of all rows; in each part the real beats come first.
    """
    rows, row_classes = smote(targets, seed).fit_resample(features, classes)
    tested = len(split.test) / (len(split.train) + len(split.validation) + len(split.test))
    real = len(features)
    made = random_split(len(rows) - real, seed, tested, validation_fraction=0)
    train, test = np.append(split.train, real + made.train), np.append(split.test, real + made.test)
    return rows, row_classes, Split(train, split.validation, test)


def gains(study: pd.DataFrame, base: str = NO_SMOTE) -> pd.DataFrame:
    """Subtract one protocol from the others, seed by seed: differences vary less than figures.

    Parameters
    ----------
    study, base
        What :func:`compare_protocols` returns, and the protocol to subtract.

    Returns
    -------
    pandas.DataFrame
        As `study`, without the rows of `base`; the values are percentage points.

    Examples
    --------
    >>> rows = [("no SMOTE", 1, "f1_S", 70.0), ("SMOTE after the split", 1, "f1_S", 75.0)]
    >>> study = pd.DataFrame(rows, columns=["model", "seed", "metric", "value"])
    >>> gains(study)["value"].tolist()
    [5.0]
    """
    keys = ["seed", "metric"]
    subtracted = study[study["model"] == base].set_index(keys)["value"]
    others = study[study["model"] != base]
    value = others["value"].to_numpy() - subtracted.loc[others[keys].itertuples(index=False)]
    return others.assign(value=value.to_numpy())


def smote_parents(made: np.ndarray, real: np.ndarray) -> np.ndarray:
    """Find the two beats that each row of SMOTE was made from.

    A made row lies on the line between a beat and one of its nearest neighbours.

    Parameters
    ----------
    made, real : array, shape (rows, features) and (beats, features)
        What SMOTE made of one class, and all beats of the class that it was given.

    Returns
    -------
    array of int, shape (rows, 2)
        Positions in `real`.
    """
    search = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(real)
    nearest = search.kneighbors(return_distance=False, n_neighbors=NEIGHBOURS)
    pairs = np.column_stack([np.repeat(np.arange(len(real)), NEIGHBOURS), nearest.ravel()])
    first, along = real[pairs[:, 0]], real[pairs[:, 1]] - real[pairs[:, 0]]
    length = np.maximum(np.square(along).sum(axis=1), np.finfo(along.dtype).tiny)
    found = []
    for row in made:
        share = np.clip(((row - first) * along).sum(axis=1) / length, 0, 1)
        apart = np.square(first + share[:, None] * along - row).sum(axis=1)
        found.append(pairs[apart.argmin()])
    return np.array(found).reshape(-1, 2)
