"""Seeded training of a network as a scikit-learn classifier."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

from ecgutils.aami import CLASSES
from ecgutils.learning import keras_backend as keras
from ecgutils.learning.networks import paper_cnn
from ecgutils.progress import progress_shown

STEPS_PER_CALL = 50
"""Training steps that TensorFlow takes without returning to Python; twice as fast at batch 20."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns."""

    # Passes over the training beats.
    epochs: int
    # Beats per step.
    batch_size: int
    # Of Adam; the highest one where it varies.
    learning_rate: float = 1e-3
    # Epochs in which the rate rises from zero.
    warmup_epochs: float = 0.0
    # Whether the rate then falls to zero along half a cosine, or stays.
    cosine: bool = False
    # Whether the weights of the epoch with the highest validation accuracy in the second half
    # are kept, or those of the last. In the first half, while the rate is high, a good epoch is
    # a lucky one.
    keep_best: bool = False
    # Share of each weight, biases excepted, that a step at full rate takes away.
    weight_decay: float = 0.0


PAPER = Schedule(epochs=50, batch_size=20)
"""The paper's own: 50 epochs of 20 beats per step, at Keras' constant rate for Adam."""

FAST = Schedule(epochs=16, batch_size=128, learning_rate=3e-3, warmup_epochs=1, cosine=True)
"""Ours for the same network: fewer, larger steps, and a rate that ends at zero."""

SHORT = replace(FAST, epochs=6, batch_size=256, keep_best=True)
"""Ours for our own network, which meets each beat in three positions per epoch."""

TRIAL = replace(FAST, epochs=2, warmup_epochs=0.5)
"""Long enough to see that everything runs, too short to learn much."""


# keras.wrappers.SKLearnClassifier loses its training arguments when cloned, prints while
# predicting, and numbers the classes anew when the training beats lack one.
@dataclass(eq=False, repr=False)
class NetworkClassifier(ClassifierMixin, BaseEstimator):
    """A Keras network behind scikit-learn's interface, for use in a pipeline.

    Parameters
    ----------
    schedule, seed : Schedule, int
        How to train; and what drives initialisation and shuffling.
    build : callable
        Takes the number of features and of classes, returns a Keras model.
    balanced : bool
        Whether an error weighs more the rarer its class is, so that all classes weigh the same.

    Attributes
    ----------
    network_ : keras.Model
        The trained network.
    history_ : dict of str to list of float
        Loss and accuracy after each epoch, and ``seconds`` of processor time since the start.
    """

    schedule: Schedule = FAST
    seed: int = 0
    build: Callable[[int, int], "keras.Model"] = paper_cnn
    balanced: bool = False

    def fit(
        self,
        X: np.ndarray,  # noqa: N803 (scikit-learn's name)
        y: np.ndarray,
        validation_data: tuple[np.ndarray, np.ndarray] | None = None,
        sample_weight: np.ndarray | None = None,
    ) -> Self:
        """Train on features, shape (beats, features), and positions in CLASSES or probabilities."""
        keras.utils.set_random_seed(self.seed)
        self.classes_ = np.arange(len(CLASSES))
        self.network_ = self.build(X.shape[1], len(CLASSES))
        # Of each row, either its class is given, or the probabilities of all classes.
        loss = "sparse_categorical_crossentropy" if y.ndim == 1 else "categorical_crossentropy"
        compile_network(self.network_, self.schedule, len(X), loss)
        # Training has one core to itself (see import_keras), so the processor's time is the
        # training's time, also where other programs hold it up.
        started, ends = time.process_time(), []
        clock = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda *_: ends.append(time.process_time() - started)
        )
        with progress_shown(self.schedule.epochs, "epoch") as show:
            history = self.network_.fit(
                X,
                y,
                batch_size=self.schedule.batch_size,
                epochs=self.schedule.epochs,
                validation_data=validation_data,
                sample_weight=compute_sample_weight("balanced", y)
                if self.balanced
                else sample_weight,
                validation_batch_size=1024,
                callbacks=[clock, _shown_epochs(show), *_best_epoch(self.schedule)],
                verbose=0,
            )
        self.history_ = {**history.history, "seconds": ends}
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Probability of each class, shape (beats, classes), float32."""
        return self.network_.predict(X, batch_size=1024, verbose=0)

    def predict(self, X: np.ndarray) -> np.ndarray:  # noqa: N803
        """Most probable class, a position in :data:`ecgutils.aami.CLASSES`, shape (beats,)."""
        return self.predict_proba(X).argmax(axis=1)


def _shown_epochs(show: Callable[[int, str], None]) -> "keras.callbacks.Callback":
    """Tell of each epoch what it has reached."""

    def tell(epoch: int, logs: dict[str, float]) -> None:
        name = "val_accuracy" if "val_accuracy" in logs else "accuracy"
        show(epoch + 1, f"{name.replace('val_', 'validation ')} {logs[name]:.2%}")

    return keras.callbacks.LambdaCallback(on_epoch_end=tell)


def _best_epoch(schedule: Schedule) -> list["keras.callbacks.Callback"]:
    """Keep the weights of the best validation epoch, without ending any earlier."""
    if not schedule.keep_best:
        return []
    best = {"monitor": "val_accuracy", "mode": "max", "restore_best_weights": True}
    when = {"patience": schedule.epochs, "start_from_epoch": schedule.epochs // 2}
    return [keras.callbacks.EarlyStopping(**best, **when)]


def compile_network(network: "keras.Model", schedule: Schedule, beats: int, loss: str) -> None:
    """Make a network ready for a schedule of so many training beats, synthetic ones included."""
    optimizers, rate = keras.optimizers, _learning_rate(schedule, beats)
    optimizer = optimizers.Adam(rate)
    if schedule.weight_decay:
        optimizer = optimizers.AdamW(rate, weight_decay=schedule.weight_decay)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    options = {"steps_per_execution": STEPS_PER_CALL, "jit_compile": False}
    network.compile(optimizer, loss, metrics=["accuracy"], **options)


def _learning_rate(schedule: Schedule, beats: int) -> float | Callable[[float], float]:
    """Constant, or a function of the step."""
    if not schedule.cosine:
        return schedule.learning_rate
    steps = -(-beats // schedule.batch_size)
    warmup = round(schedule.warmup_epochs * steps)
    rise = {"warmup_target": schedule.learning_rate, "warmup_steps": warmup}
    fall = {"initial_learning_rate": 0.0, "decay_steps": schedule.epochs * steps - warmup}
    return keras.optimizers.schedules.CosineDecay(**rise, **fall)


def learning_rates(schedule: Schedule, beats: int) -> pd.Series:
    """Return the learning rate over a training, twenty times per epoch.

    Parameters
    ----------
    schedule, beats : Schedule, int
        The number of training beats includes synthetic ones.

    Returns
    -------
    pandas.Series
        Indexed by the epochs (fractions included) behind it.

    Examples
    --------
    >>> learning_rates(PAPER, beats=1000).unique().tolist()
    [0.001]
    """
    steps = -(-beats // schedule.batch_size)
    step = np.linspace(0, schedule.epochs * steps - 1, 20 * schedule.epochs + 1).round()
    rate = _learning_rate(schedule, beats)
    rates = [float(rate(k)) for k in step] if callable(rate) else np.full(len(step), rate)
    return pd.Series(rates, index=pd.Index(step / steps, name="epoch"), name="learning rate")
