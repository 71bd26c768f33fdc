"""Figures of training show the history that they are given."""

import numpy as np
import pandas as pd

from ecgutils.plots import training as draw


def test_curves_of_training_and_validation_share_a_panel():
    measures = ("loss", "accuracy", "val_loss", "val_accuracy")
    history = pd.DataFrame({name: [0.95 + k / 100, 0.99] for k, name in enumerate(measures)})
    loss, accuracy = draw.learning_curves(history)
    np.testing.assert_array_equal(
        [line.get_ydata() for line in loss.lines], history[["loss", "val_loss"]].T
    )
    np.testing.assert_allclose(accuracy.lines[1].get_ydata(), 100 * history["val_accuracy"])
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("cross-entropy", "accuracy (%)")
    assert loss.get_xlabel() == "epoch"


def test_the_learning_rate_is_drawn_over_the_epochs():
    rates = pd.Series([0.1, 0.2, 0.0], index=[0, 0.5, 1])
    axes = draw.learning_rate_curve(rates)
    np.testing.assert_array_equal(axes.lines[0].get_xydata(), rates.reset_index())


def test_each_model_and_seed_has_its_line_beside_the_claim():
    rows = [(m, s, t, 97 + t) for m in ("paper", "ours") for s in (0, 1) for t in (0.5, 1.0)]
    curves = pd.DataFrame(rows, columns=["model", "seed", "minutes", "val_accuracy"])
    axes = draw.accuracy_over_time(curves, claim=98.5)
    drawn = [line for line in axes.lines if len(line.get_xdata()) and max(line.get_ydata()) == 98]
    assert len(drawn) == 4
    assert axes.texts[0].get_text() == "implied by the paper's claims: 98.50 %"
    assert axes.get_ylabel() == "accuracy on validation beats (%)"


def test_gains_of_an_ablation_stand_in_the_row_of_their_change():
    rows = [(c, m, k + len(m), 0.5) for k, c in enumerate("ab") for m in ("acc", "f1")]
    gains = pd.DataFrame(rows, columns=["changed", "metric", "mean", "half_width"])
    figure = draw.ablation_effects(gains, {"acc": "Accuracy", "f1": "F1"})
    for axes, start in zip(figure.axes, (3, 2), strict=True):
        (points,) = (line for line in axes.lines if line.get_marker() == "o")
        np.testing.assert_array_equal(points.get_xydata(), [(start, 0), (start + 1, 1)])
        assert axes.get_xlabel() == "change (percentage points)"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b"]
