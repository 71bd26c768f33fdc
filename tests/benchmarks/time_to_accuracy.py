"""How long the paper's training and ours take to the paper's accuracy on test beats.

``python -m tests.benchmarks.time_to_accuracy`` prints both times, their ratio, and how much of
what a core can do each training uses; it takes about a quarter of an hour. Each training has
one core, and its time is the processor's time on it, so other programs on the machine do not
count. The test beats take the place of the validation beats here: nothing is chosen by them.
Where a training never gets to the accuracy, all of its epochs count, as a lower bound.
"""

import argparse
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecgutils.beats.cache import load_beats
from ecgutils.learning.recipes import MODELS
from ecgutils.learning.splits import random_split
from ecgutils.scoring.metrics import PAPER_OVERALL

if TYPE_CHECKING:
    import keras

FORWARD_AND_BACK = 3
"""Training needs the products of a prediction once more for each of two gradients."""


@dataclass(frozen=True)
class Training:
    """A finished training.

    Attributes
    ----------
    curve : pandas.DataFrame
        A row an epoch: ``seconds`` since the start and ``accuracy`` on test beats in %.
    operations : float
        Floating-point operations in the products of all layers, all epochs together.
    """

    curve: pd.DataFrame
    operations: float

    @property
    def seconds(self) -> float:
        """How long all epochs took."""
        return float(self.curve["seconds"].iloc[-1])

    def seconds_to(self, accuracy: float) -> float | None:
        """How long it took to an accuracy; None where it was never reached."""
        reached = self.curve.loc[self.curve["accuracy"] >= accuracy, "seconds"]
        return float(reached.iloc[0]) if len(reached) else None


def train(model: str, seed: int) -> Training:
    """Train a model on the paper's protocol and follow its accuracy on the test beats."""
    recipe = MODELS[model]
    beats = load_beats(cut=recipe.cut)
    rows, classes = recipe.features(beats), beats.aami_class
    split = random_split(len(beats), seed)
    pipeline = recipe.pipeline(recipe.shape(beats), seed)
    tested = rows[split.test], classes[split.test]
    prepared = rows[split.train], classes[split.train]
    for _, step in pipeline.steps[:-1]:
        prepared = step.fit_resample(*prepared)
    classifier = pipeline.named_steps["classifier"].fit(*prepared, validation_data=tested)
    history = pd.DataFrame(classifier.history_)
    curve = history[["seconds"]].assign(accuracy=100 * history["val_accuracy"])
    passes = len(prepared[0]) * len(history)
    return Training(curve, FORWARD_AND_BACK * passes * operations_of(classifier.network_))


def operations_of(network: "keras.Model") -> float:
    """Floating-point operations in the products of one prediction."""
    places = {
        layer.name: layer.output.shape[1] if "Conv1D" in type(layer).__name__ else 1
        for layer in network.layers
        if hasattr(layer, "kernel")
    }
    return sum(
        2 * places[layer.name] * np.prod(layer.kernel.shape)
        for layer in network.layers
        if layer.name in places
    )


def operations_a_second(size: int = 2048, repeats: int = 10) -> float:
    """What one core does in the best case, the product of two large matrices."""
    matrix = np.ones((size, size), dtype=np.float32)
    started = time.process_time()
    for _ in range(repeats):
        matrix @ matrix
    return repeats * 2 * size**3 / (time.process_time() - started)


def main() -> None:
    """Measure both and print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accuracy", type=float, default=PAPER_OVERALL, help="in %%")
    options = parser.parse_args()
    peak, times = operations_a_second(), {}
    print(f"one core multiplies matrices at {peak / 1e9:.0f} GFLOP/s")
    for model in ("paper", "ours"):
        training = train(model, options.seed)
        reached = training.seconds_to(options.accuracy)
        times[model] = reached or training.seconds
        share = training.operations / training.seconds / peak
        ends = f"{training.curve['accuracy'].iloc[-1]:.2f} % after {training.seconds:.0f} s"
        gets = f"in {reached:.1f} s" if reached else "never, so all its epochs count"
        print(f"{model}: {options.accuracy:.2f} % {gets}; ends at {ends}; {share:.0%} of the peak")
    print(f"ratio: {times['paper'] / times['ours']:.1f}")


if __name__ == "__main__":
    main()
