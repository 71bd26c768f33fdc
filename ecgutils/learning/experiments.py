"""From beats and a split of them to predictions, and a store of finished experiments."""

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
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
    """A trained network and what it said of beats it had not seen.

    Attributes
    ----------
    split : Split
        Which beats trained, validated and tested it.
    reference : array of int8, shape (test rows,)
        True classes, positions in :data:`ecgutils.aami.CLASSES`. The rows are the beats
        ``split.test``, in that order, and nothing else, unless the recipe makes the mistake
        of oversampling before the split: then synthetic rows follow.
    probabilities : array of float32, shape (test rows, classes)
        What the network said.
    history : pandas.DataFrame
        A row an epoch: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy`` and
        ``seconds`` of processor time since the start.
    model_path : Path
        The network as a ``.keras`` file.
    """

    split: Split
    reference: np.ndarray
    probabilities: np.ndarray
    history: pd.DataFrame
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
    beats : Beats
        Of any records, cut as the recipe says.
    recipe : Recipe
        What to make of them.
    seed : int
        Drives the split, SMOTE, initialisation and shuffling.

    Returns
    -------
    Experiment
    """
    return train_and_test(beats, random_split(len(beats), seed), recipe, seed)


def train_and_test(beats: Beats, split: Split, recipe: Recipe, seed: int) -> Experiment:
    """Train on one part of the beats and test on another, or take the finished experiment.

    The same beats, split, recipe, seed and code give the same experiment on one machine, so
    it is stored under a key made of them all and trained only once.

    Parameters
    ----------
    beats : Beats
        Of any records, cut as the recipe says; all beats of each record.
    split : Split
        Which of them train, validate and test.
    recipe : Recipe
        What to make of them.
    seed : int
        Drives SMOTE, initialisation and shuffling.

    Returns
    -------
    Experiment
    """
    folder = EXPERIMENTS_DIR / _key(beats, split, recipe, seed)
    if not folder.exists():
        _train(beats, split, recipe, seed, folder)
    return Experiment(
        split=split,
        reference=np.load(folder / "reference.npy", allow_pickle=False),
        probabilities=np.load(folder / "probabilities.npy", allow_pickle=False),
        history=pd.read_csv(folder / "history.csv", index_col="epoch"),
        model_path=folder / "model.keras",
    )


def figures_of(experiment: Experiment) -> dict[str, float]:
    """Summarise an experiment under the names used in the study files.

    Parameters
    ----------
    experiment : Experiment

    Returns
    -------
    dict of str to float
        See :func:`ecgutils.scoring.metrics.summary`, and ``train_seconds``.
    """
    counts = confusion(experiment.reference, experiment.predicted)
    return summary(counts) | {"train_seconds": experiment.seconds}


def surest_errors(experiment: Experiment, beats: Beats, count: int) -> pd.DataFrame:
    """List the wrong answers that the network was most certain of.

    Parameters
    ----------
    experiment : Experiment
    beats : Beats
        The beats it was made from.
    count : int
        Number of errors to list.

    Returns
    -------
    pandas.DataFrame
        A row a beat, surest first; columns ``record``, ``sample``, ``symbol``, ``true`` and
        ``called`` class, and ``probability`` of the class that was called.
    """
    tested = beats[experiment.split.test]
    wrong = experiment.predicted != tested.aami_class
    table = pd.DataFrame(
        {
            "record": tested.record,
            "sample": tested.sample,
            "symbol": tested.symbol,
            "true": np.take(CLASSES, tested.aami_class),
            "called": np.take(CLASSES, experiment.predicted),
            "probability": experiment.probabilities.max(axis=1),
        }
    )[wrong]
    surest = table.sort_values("probability", ascending=False, kind="stable")
    return surest.head(count).reset_index(drop=True)


def _train(beats: Beats, split: Split, recipe: Recipe, seed: int, folder: Path) -> None:
    """Fit on the training beats, predict the test beats, store both under a final name."""
    rows, classes = recipe.features(beats), beats.aami_class
    if recipe.balance == "before split":
        rows, classes, split = smote_before_split(rows, classes, split, seed, PAPER_TARGETS)
    pipeline = recipe.pipeline(recipe.shape(beats), seed)
    watched = (rows[split.validation], classes[split.validation])
    pipeline.fit(rows[split.train], classes[split.train], classifier__validation_data=watched)
    network = pipeline.named_steps["classifier"]
    history = pd.DataFrame(network.history_)
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")

    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        network.network_.save(unfinished / "model.keras")
        np.save(unfinished / "probabilities.npy", pipeline.predict_proba(rows[split.test]))
        np.save(unfinished / "reference.npy", classes[split.test])
        history.to_csv(unfinished / "history.csv")
        _keep_first(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _keep_first(unfinished: Path, folder: Path) -> None:
    """Give a finished experiment its name, unless another process was faster with the same."""
    try:
        unfinished.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _key(beats: Beats, split: Split, recipe: Recipe, seed: int) -> str:
    made_with = [version(name) for name in LIBRARIES]
    # How the beats were cut shows in the beats themselves.
    learning = asdict(replace(recipe, cut=None))
    made_of = hashlib.sha256(json.dumps([learning, seed, made_with]).encode())
    parts = (split.train, split.validation, split.test)
    for array in (beats.windows, beats.aami_class, beats.rr, *parts):
        made_of.update(np.ascontiguousarray(array))
    made_of.update(sha256_of_code(*ROOMS).encode())
    return made_of.hexdigest()[:16]
