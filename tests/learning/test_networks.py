"""The networks: of the size that they should have, and blind to what should not matter."""

import numpy as np
import pytest

from ecgutils.learning.keras_backend import import_keras
from ecgutils.learning.networks import (
    FARTHEST,
    paper_cnn,
    relative_network,
    shape_network,
    small_cnn,
)

pytestmark = pytest.mark.slow


def test_the_network_is_the_papers():
    network = paper_cnn(141, 5)
    assert network.count_params() == 54_735
    convolutions = [layer for layer in network.layers if "conv1d" in layer.name]
    assert [(c.filters, c.kernel_size, c.strides) for c in convolutions] == [
        (100, (5,), (2,)),
        (90, (5,), (2,)),
    ]
    assert network.output_shape == (None, 5)


@pytest.mark.parametrize("rhythm", [0, 45])
def test_our_network_takes_rows_with_and_without_a_rhythm(rhythm, tmp_path):
    keras = import_keras()
    keras.utils.set_random_seed(1)
    network = small_cnn(9 * 2 + rhythm, 5, coefficients=9, channels=2)
    rows = np.random.default_rng(0).normal(size=(4, 18 + rhythm)).astype(np.float32)
    probabilities = network(rows).numpy()
    assert probabilities.shape == (4, 5)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    # All of the row is looked at, each coefficient in its channel.
    for column in (0, 17, 17 + rhythm):
        changed = rows.copy()
        changed[:, column] += 5
        assert not np.allclose(network(changed), probabilities, atol=1e-4)
    network.save(tmp_path / "small.keras")
    again = keras.saving.load_model(tmp_path / "small.keras", safe_mode=True)
    np.testing.assert_allclose(again(rows), probabilities, atol=1e-6)


def test_features_are_standardised_and_cut_off_far_outside_the_training():
    random = np.random.default_rng(0)
    shown = random.normal(50, 10, size=(500, 3)).astype(np.float32)
    network = relative_network(3, 5, shown)
    mean, deviation = shown.mean(axis=0), shown.std(axis=0)
    far, farther = (mean + k * deviation for k in (1.01 * FARTHEST, 100))
    near = mean + 0.5 * FARTHEST * deviation
    probabilities = network(np.stack([near, far, farther])).numpy()
    np.testing.assert_allclose(probabilities[1], probabilities[2], atol=1e-6)
    assert not np.allclose(probabilities[0], probabilities[1], atol=1e-3)


def test_the_order_and_the_number_of_leads_do_not_matter_to_the_network_of_shapes():
    shapes = np.random.default_rng(0).normal(size=(4, 2, 48, 2)).astype(np.float32)
    network = shape_network(48, 2, 5)
    probabilities = network(shapes).numpy()
    assert probabilities.shape == (4, 5)
    np.testing.assert_allclose(network(shapes[:, ::-1]), probabilities, atol=1e-6)
    one_lead, twice = shapes[:, :1], shapes[:, [0, 0]]
    np.testing.assert_allclose(network(one_lead), network(twice), atol=1e-6)
    assert not np.allclose(network(one_lead), probabilities, atol=1e-4)
