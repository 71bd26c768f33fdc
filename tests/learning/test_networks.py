"""The networks: of the size that they should have, and blind to what should not matter."""

import numpy as np
import pytest

from ecgutils.learning.keras_backend import import_keras
from ecgutils.learning.networks import (
    paper_cnn,
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
