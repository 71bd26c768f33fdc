"""The paper's protocol from beats to predictions, and a store of finished experiments."""

import hashlib
import json
import shutil
import tempfile
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.balance import smote_then
from ecgutils.beats import Beats
from ecgutils.metrics import confusion, summary
from ecgutils.paths import BUILD_DIR
from ecgutils.splits import Split, random_split
from ecgutils.training import NetworkClassifier, Schedule
from ecgutils.wavelets import approximation

EXPERIMENTS_DIR = BUILD_DIR / "experiments"
"""Finished experiments, one folder each."""

CODE = ("aami", "backend", "balance", "beats", "experiments", "models", "records", "splits")
CODE += ("training", "wavelets")
"""Modules that decide what an experiment finds; a change in one makes old results stale."""

LIBRARIES = ("imbalanced-learn", "keras", "numpy", "pywavelets", "tensorflow")
"""Libraries of which the same is true."""


@dataclass(frozen=True)
class Experiment:
    """A trained network and what it said of beats it had not seen.

    Attributes
    ----------
    split : Split
        Which beats trained, validated and tested it.
    probabilities : array of float32, shape (test beats, classes)
        For the beats ``split.test``, in that order.
    history : pandas.DataFrame
        A row an epoch: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy`` and
        ``seconds`` of processor time since the start.
    model_path : Path
        The network as a ``.keras`` file.
    """

    split: Split
    probabilities: np.ndarray
    history: pd.DataFrame
    model_path: Path

    @property
    def predicted(self) -> np.ndarray:
        """Most probable class of each test beat, shape (test beats,)."""
        return self.probabilities.argmax(axis=1)

    @property
    def seconds(self) -> float:
        """How long the training took, in seconds of processor time on one core."""
        return float(self.history["seconds"].iloc[-1])


def features(beats: Beats) -> np.ndarray:
    """Make what the paper's network sees of a beat.

    Parameters
    ----------
    beats : Beats
        With one lead.

    Returns
    -------
    array of float32, shape (beats, coefficients)
        db2 approximation coefficients of level 1; 141 for 280 samples.
    """
    return approximation(beats.windows)[:, :, 0]


def intra_patient(beats: Beats, schedule: Schedule, seed: int) -> Experiment:
    """Train and test on a random split of beats, or take the finished experiment.

    The same beats, schedule, seed and code give the same experiment on one machine, so it
    is stored under a key made of all four and trained only once.

    Parameters
    ----------
    beats : Beats
        With one lead, of any records.
    schedule : Schedule
        How to train the paper's network.
    seed : int
        Drives the split, SMOTE, initialisation and shuffling.

    Returns
    -------
    Experiment
    """
    split = random_split(len(beats), seed)
    folder = EXPERIMENTS_DIR / _key(beats, schedule, seed)
    if not folder.exists():
        _train(beats, split, schedule, seed, folder)
    return Experiment(
        split=split,
        probabilities=np.load(folder / "probabilities.npy", allow_pickle=False),
        history=pd.read_csv(folder / "history.csv", index_col="epoch"),
        model_path=folder / "model.keras",
    )


def figures_of(experiment: Experiment, beats: Beats) -> dict[str, float]:
    """Summarise an experiment under the names used in the study files.

    Parameters
    ----------
    experiment : Experiment
    beats : Beats
        The beats it was made from.

    Returns
    -------
    dict of str to float
        See :func:`ecgutils.metrics.summary`, and ``train_seconds``.
    """
    reference = beats.aami_class[experiment.split.test]
    counts = confusion(reference, experiment.predicted)
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


def _train(beats: Beats, split: Split, schedule: Schedule, seed: int, folder: Path) -> None:
    """Fit on the training beats, predict the test beats, store both under a final name."""
    inputs, classes = features(beats), beats.aami_class
    pipeline = smote_then(NetworkClassifier(schedule, seed), seed)
    watched = (inputs[split.validation], classes[split.validation])
    pipeline.fit(inputs[split.train], classes[split.train], classifier__validation_data=watched)
    network = pipeline.named_steps["classifier"]
    history = pd.DataFrame(network.history_)
    history.index = pd.RangeIndex(1, len(history) + 1, name="epoch")

    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        network.network_.save(unfinished / "model.keras")
        np.save(unfinished / "probabilities.npy", pipeline.predict_proba(inputs[split.test]))
        history.to_csv(unfinished / "history.csv")
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _key(beats: Beats, schedule: Schedule, seed: int) -> str:
    made_with = [version(name) for name in LIBRARIES]
    made_of = hashlib.sha256(json.dumps([asdict(schedule), seed, made_with]).encode())
    for array in (beats.windows, beats.aami_class):
        made_of.update(np.ascontiguousarray(array))
    for module in CODE:
        made_of.update(Path(__file__).with_name(f"{module}.py").read_bytes())
    return made_of.hexdigest()[:16]
