"""From beats and a split of them to predictions, and a store of finished experiments."""

import tempfile
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import joblib
import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.beats import Beats
from ecgutils.files import sha256_of_code
from ecgutils.learning.oversampling import PAPER_TARGETS
from ecgutils.learning.recipes import Recipe
from ecgutils.learning.smote_leak import smote_before_split
from ecgutils.learning.splits import Split, random_split
from ecgutils.paths import BUILD_DIR
from ecgutils.scoring.metrics import confusion, summary

EXPERIMENTS_DIR = BUILD_DIR / "experiments"
"""Finished experiments, one folder each."""

ROOMS = ("aami.py", "io", "signals", "beats", "learning")
"""Rooms that decide what an experiment finds; a change in one makes old results stale."""

LIBRARIES = ("imbalanced-learn", "keras", "numpy", "pywavelets", "tensorflow")
"""Libraries of which the same is true."""


@dataclass(frozen=True)
class Experiment:
    """A trained network and its predictions for beats that it had not seen.

    Its test rows are the beats ``split.test``; synthetic ones follow in recipes "before split".
    """

    split: Split
    # Positions in CLASSES, shape (test rows,).
    reference: np.ndarray
    # Shape (test rows, classes).
    probabilities: np.ndarray
    # One row per epoch: loss, accuracy, val_loss, val_accuracy, seconds of processor time so far.
    history: pd.DataFrame
    # The network as a .keras file.
    model_path: Path

    @property
    def predicted(self) -> np.ndarray:
        """Most probable class of each test row, shape (test rows,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def seconds(self) -> float:
        """How long the training took, in seconds of processor time on one core."""
        return float(self.history["seconds"].iloc[-1])


def intra_patient(beats: Beats, recipe: Recipe, seed: int) -> Experiment:
    """Train and test on a random split of beats, the paper's protocol.

    Parameters
    ----------
    beats, recipe : Beats, Recipe
        All beats of some records, cut by ``recipe.cut``.
    seed : int
        Drives the split, SMOTE, initialisation and shuffling.

    Returns
    -------
    Experiment
        Stored, and read the next time instead of being repeated.
    """
    return train_and_test(beats, random_split(len(beats), seed), recipe, seed)


def train_and_test(beats: Beats, split: Split, recipe: Recipe, seed: int) -> Experiment:
    """Train on one part of all beats of some records and test on another, but only once.

    The same beats, split, recipe, seed and code give the same experiment on one machine.
    """
    folder = EXPERIMENTS_DIR / _key(beats, split, recipe, seed)
    if not folder.exists():
        _train(beats, split, recipe, seed, folder)
    reference = np.load(folder / "reference.npy")
    probabilities = np.load(folder / "probabilities.npy")
    history = pd.read_csv(folder / "history.csv", index_col="epoch")
    return Experiment(split, reference, probabilities, history, folder / "model.keras")


def figures_of(experiment: Experiment) -> dict[str, float]:
    """Figures under the names used in the study files: `summary`, and ``train_seconds``."""
    counts = confusion(experiment.reference, experiment.predicted)
    return summary(counts) | {"train_seconds": experiment.seconds}


def surest_errors(experiment: Experiment, beats: Beats, count: int) -> pd.DataFrame:
    """List the wrong predictions that the network was most certain of.

    Parameters
    ----------
    experiment, beats, count : Experiment, Beats, int
        The beats are those that it was made from; the count is that of the errors to list.

    Returns
    -------
    pandas.DataFrame
        One row per beat, surest first; columns ``record``, ``sample``, ``symbol``, ``true`` and
        ``called`` class, and ``probability`` of the class that was called.
    """
    tested = beats[experiment.split.test]
    errors = errors_among(tested, experiment.probabilities)
    errors.insert(2, "symbol", tested.symbol[errors.index])
    return errors.head(count).reset_index(drop=True)


def errors_among(beats: Beats | AlignedBeats, probabilities: np.ndarray) -> pd.DataFrame:
    """Wrong predictions, surest first, indexed by position.

    Beats of a class that has no column among the probabilities, shape (beats, classes), are none.
    """
    reference, called = beats.aami_class, probabilities.argmax(axis=1)
    table = pd.DataFrame({"record": beats.record, "sample": beats.sample})
    table["true"], table["called"] = np.take(CLASSES, reference), np.take(CLASSES, called)
    table["probability"] = probabilities.max(axis=1)
    wrong = (called != reference) & (reference < probabilities.shape[1])
    return table[wrong].sort_values("probability", ascending=False, kind="stable")


def _train(beats: Beats, split: Split, recipe: Recipe, seed: int, folder: Path) -> None:
    """Fit on the training beats, predict the test beats, store both under a final name."""
    rows, classes = recipe.features(beats), beats.aami_class
    if recipe.balance == "before split":
        rows, classes, split = smote_before_split(rows, classes, split, seed, PAPER_TARGETS)
    pipeline = recipe.pipeline(recipe.shape(beats), seed)
    watched = (rows[split.validation], classes[split.validation])
    pipeline.fit(rows[split.train], classes[split.train], classifier__validation_data=watched)
    classifier = pipeline.named_steps["classifier"]
    history = pd.DataFrame(classifier.history_)
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")

    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as unfinished:
        classifier.network_.save(Path(unfinished, "model.keras"))
        np.save(Path(unfinished, "reference.npy"), classes[split.test])
        np.save(Path(unfinished, "probabilities.npy"), pipeline.predict_proba(rows[split.test]))
        history.to_csv(Path(unfinished, "history.csv"))
        try:
            Path(unfinished).rename(folder)
        except OSError:
            # Another process may have been faster with the same.
            if not folder.is_dir():
                raise


def _key(beats: Beats, split: Split, recipe: Recipe, seed: int) -> str:
    """Name of an experiment, made of all that decides what it finds."""
    # How the beats were cut shows in the beats themselves.
    settings = asdict(replace(recipe, cut=None)), asdict(split), seed
    versions = [version(name) for name in LIBRARIES]
    shown = beats.windows, beats.aami_class, beats.rr
    return joblib.hash([settings, versions, shown, sha256_of_code(*ROOMS)])
