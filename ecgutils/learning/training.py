"""Seeded training of a network as a scikit-learn classifier."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from ecgutils.aami import CLASSES
from ecgutils.learning.keras_backend import import_keras
from ecgutils.learning.networks import paper_cnn

if TYPE_CHECKING:
    import keras

STEPS_PER_CALL = 50
"""Training steps that TensorFlow takes without returning to Python; twice as fast at batch 20."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns.

    Attributes
    ----------
    epochs : int
        Passes over the training beats.
    batch_size : int
        Beats a step.
    learning_rate : float
        Of Adam; the highest one where it varies.
    warmup_epochs : float
        Epochs in which the rate rises from zero.
    cosine : bool
        Whether the rate then falls to zero along half a cosine, or stays.
    keep_best : bool
        Whether the weights of the epoch with the highest validation accuracy in the second
        half are kept, or those of the last. In the first half, while the rate is high, a
        good epoch is a lucky one.
    weight_decay : float
        Share of each weight, biases excepted, that a step at full rate takes away.
    """

    epochs: int
    batch_size: int
    learning_rate: float = 1e-3
    warmup_epochs: float = 0.0
    cosine: bool = False
    keep_best: bool = False
    weight_decay: float = 0.0


PAPER = Schedule(epochs=50, batch_size=20)
"""The paper's own: 50 epochs of 20 beats a step, at Keras' constant rate for Adam."""

FAST = Schedule(epochs=16, batch_size=128, learning_rate=3e-3, warmup_epochs=1, cosine=True)
"""Ours for the same network: fewer, larger steps, and a rate that ends at zero."""

SHORT = Schedule(
    epochs=6, batch_size=256, learning_rate=3e-3, warmup_epochs=1, cosine=True, keep_best=True
)
"""Ours for our own network, which meets each beat in three positions an epoch."""

TRIAL = Schedule(epochs=2, batch_size=128, learning_rate=3e-3, warmup_epochs=0.5, cosine=True)
"""Long enough to see that everything runs, too short to learn much."""


class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """A Keras network behind scikit-learn's interface, for use in a pipeline.

    ``keras.wrappers.SKLearnClassifier`` is not used because it loses its training
    arguments when cloned, prints while predicting, and numbers the classes anew when the
    training beats lack one.

    Parameters
    ----------
    schedule : Schedule
        How to train.
    seed : int
        Drives initialisation and shuffling.
    build : callable
        Takes the number of features and of classes, returns a Keras model.
    balanced : bool
        Whether an error weighs more the rarer its class is, so that all classes together
        weigh the same.

    Attributes
    ----------
    network_ : keras.Model
        The trained network.
    history_ : dict of str to list of float
        Loss and accuracy after each epoch, and ``seconds`` of processor time since the start.
    """

    def __init__(
        self,
        schedule: Schedule = FAST,
        seed: int = 0,
        build: Callable[[int, int], "keras.Model"] = paper_cnn,
        balanced: bool = False,
    ) -> None:
        self.schedule = schedule
        self.seed = seed
        self.build = build
        self.balanced = balanced

    def fit(
        self,
        X: np.ndarray,  # noqa: N803 (scikit-learn's name)
        y: np.ndarray,
        validation_data: tuple[np.ndarray, np.ndarray] | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> Self:
        """Train a new network.

        Parameters
        ----------
        X : array, shape (beats, features)
        y : array of int, shape (beats,)
            Positions in :data:`ecgutils.aami.CLASSES`.
        validation_data : pair of arrays, optional
            Real beats and classes to watch the training with.
        sample_weight : array of float, shape (beats,), optional
            How much each beat counts.

        Returns
        -------
        NetworkClassifier
            Itself, trained.
        """
        keras = import_keras()
        keras.utils.set_random_seed(self.seed)
        self.classes_ = np.arange(len(CLASSES))
        self.network_ = self.build(X.shape[1], len(CLASSES))
        self.network_.compile(
            optimizer=optimizer(self.schedule, len(X)),
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            steps_per_execution=STEPS_PER_CALL,
            jit_compile=False,
        )
        # Training has one core to itself (see import_keras), so the processor's time is the
        # training's time, also where other programs hold it up.
        started, ends = time.process_time(), []
        clock = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda *_: ends.append(time.process_time() - started)
        )
        history = self.network_.fit(
            X,
            y,
            batch_size=self.schedule.batch_size,
            epochs=self.schedule.epochs,
            validation_data=validation_data,
            sample_weight=sample_weight,
            validation_batch_size=1024,
            callbacks=[clock, *_best_epoch(self.schedule)],
            class_weight=_class_weight(y) if self.balanced else None,
            verbose=0,
        )
        self.history_ = {**history.history, "seconds": ends}
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Probability of each class.

        Parameters
        ----------
        X : array, shape (beats, features)

        Returns
        -------
        array of float32, shape (beats, classes)
        """
        return self.network_.predict(X, batch_size=1024, verbose=0)

    def predict(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Most probable class.

        Parameters
        ----------
        X : array, shape (beats, features)

        Returns
        -------
        array of int, shape (beats,)
        """
        return self.predict_proba(X).argmax(axis=1)


def _class_weight(classes: np.ndarray) -> dict[int, float]:
    """Weights inversely proportional to the number of beats; their mean over beats is one."""
    counts = np.bincount(classes, minlength=len(CLASSES))
    occurring = counts > 0
    return {
        k: len(classes) / (occurring.sum() * count) if count else 1.0
        for k, count in enumerate(counts.tolist())
    }


def _best_epoch(schedule: Schedule) -> list["keras.callbacks.Callback"]:
    """Keep the weights of the best validation epoch, without ending any earlier."""
    if not schedule.keep_best:
        return []
    stopping = import_keras().callbacks.EarlyStopping
    return [
        stopping(
            monitor="val_accuracy",
            mode="max",
            patience=schedule.epochs,
            start_from_epoch=schedule.epochs // 2,
            restore_best_weights=True,
        )
    ]


def optimizer(schedule: Schedule, beats: int) -> "keras.optimizers.Optimizer":
    """Make the optimizer that follows a schedule.

    Parameters
    ----------
    schedule : Schedule
    beats : int
        Number of training beats, synthetic ones included.

    Returns
    -------
    keras.optimizers.Optimizer
    """
    keras, rate = import_keras(), _learning_rate(schedule, beats)
    if not schedule.weight_decay:
        return keras.optimizers.Adam(rate)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=schedule.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


def _learning_rate(
    schedule: Schedule, beats: int
) -> "float | keras.optimizers.schedules.CosineDecay":
    if not schedule.cosine:
        return schedule.learning_rate
    steps = -(-beats // schedule.batch_size)
    warmup = round(schedule.warmup_epochs * steps)
    return import_keras().optimizers.schedules.CosineDecay(
        initial_learning_rate=0.0,
        decay_steps=schedule.epochs * steps - warmup,
        warmup_target=schedule.learning_rate,
        warmup_steps=warmup,
    )


def learning_rates(schedule: Schedule, beats: int) -> pd.Series:
    """Tell the learning rate over a training, twenty times an epoch.

    Parameters
    ----------
    schedule : Schedule
    beats : int
        Number of training beats, synthetic ones included.

    Returns
    -------
    pandas.Series
        Learning rate, indexed by the epochs (fractions included) behind it.
    """
    steps = -(-beats // schedule.batch_size)
    step = np.linspace(0, schedule.epochs * steps - 1, 20 * schedule.epochs + 1).round()
    rate = _learning_rate(schedule, beats)
    rates = [float(rate(k)) for k in step] if callable(rate) else np.full(len(step), rate)
    return pd.Series(rates, index=pd.Index(step / steps, name="epoch"), name="learning rate")
