"""What is stored as ONNX predicts what scikit-learn and Keras predict."""

import numpy as np
import onnx
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ecgutils import database
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.description import model_features
from ecgutils.beats.waves import beat_shapes
from ecgutils.learning.keras_backend import import_keras
from ecgutils.learning.networks import relative_network, shape_network
from ecgutils.unseen.onnx_export import to_onnx
from ecgutils.unseen.trained_model import OUTPUTS, open_session

pytestmark = pytest.mark.slow

SMALL = {"max_iter": 20, "max_leaf_nodes": 12, "early_stopping": False, "random_state": 1}


@pytest.fixture(scope="module")
def beats():
    """Features, shapes and classes of the beats of two patients; some count as none."""
    records = [aligned_beats(database.read(name).between(0, 600)) for name in ("208", "209")]
    classes = np.concatenate([each.aami_class for each in records])
    classes[::50] = len(OUTPUTS) - 1
    features, shapes = (
        np.concatenate([describe(each) for each in records])
        for describe in (model_features, beat_shapes)
    )
    return features, shapes, classes


@pytest.fixture(scope="module")
def trees(beats):
    features, _, classes = beats
    return HistGradientBoostingClassifier(**SMALL).fit(features[::2], classes[::2])


@pytest.fixture(scope="module")
def network(beats):
    """One network that sees both; normalisation has moved away from where it begins."""
    keras, random = import_keras(), np.random.default_rng(1)
    features, shapes, _ = beats
    keras.utils.set_random_seed(1)
    inputs = [
        keras.Input(each.shape[1:], name=name)
        for name, each in (("features", features), ("shapes", shapes))
    ]
    count = len(OUTPUTS)
    by_features = relative_network(features.shape[1], count, features)(inputs[0])
    by_shape = shape_network(*shapes.shape[2:], count)(inputs[1])
    together = keras.layers.Concatenate()([by_features, by_shape])
    network = keras.Model(inputs, keras.layers.Dense(count, activation="softmax")(together))
    moved = [abs(each + random.normal(0, 0.1, each.shape)) for each in network.get_weights()]
    network.set_weights(moved)
    return network


def outputs(content, **inputs):
    return open_session(content).run(None, inputs)


def with_a_network(trees, rows):
    """Probabilities by trees that are stored beside a network which sees the same rows."""
    keras = import_keras()
    row = keras.Input(rows.shape[1:], name="features")
    beside = keras.Model(row, keras.layers.Dense(3, activation="softmax")(row))
    return outputs(to_onnx(trees, beside), features=rows)[0]


def test_both_predict_the_same_from_one_file(beats, trees, network):
    features, shapes, classes = beats
    by_trees, by_network = outputs(to_onnx(trees, network), features=features, shapes=shapes)
    assert by_trees.dtype == by_network.dtype == np.float32
    np.testing.assert_allclose(by_trees, trees.predict_proba(features), atol=1e-5)
    expected = network.predict_on_batch({"features": features, "shapes": shapes})
    np.testing.assert_allclose(by_network, expected, atol=1e-5)
    assert np.ptp(by_network, axis=0).min() > 1e-3
    assert (by_trees.argmax(axis=1) == classes).mean() > 0.9


def test_a_network_is_stored_alone(beats, network):
    features, shapes, _ = beats
    seen = {"features": features, "shapes": shapes}
    found = outputs(to_onnx(None, network), **seen)
    assert len(found) == 1
    np.testing.assert_allclose(found[0], network.predict_on_batch(seen), atol=1e-5)


def test_a_feature_next_to_a_threshold_stays_on_its_side():
    """The threshold lies halfway between two neighbouring float32, and is neither."""
    start = np.linspace(1, 2, 10, dtype=np.float32)
    lower = np.nextafter(start, np.float32(0))
    rows = np.stack([start, lower]).T.reshape(-1, 1)
    classes = np.tile([0, 1], len(start)) + (rows[:, 0] > 1.5)
    settings = SMALL | {"max_leaf_nodes": None, "min_samples_leaf": 1, "learning_rate": 0.5}
    trees = HistGradientBoostingClassifier(**settings)
    expected = trees.fit(rows, classes).predict_proba(rows)
    assert (expected.argmax(axis=1) == classes).all()
    np.testing.assert_allclose(with_a_network(trees, rows), expected, atol=1e-5)


def test_an_unknown_feature_goes_where_the_training_sent_it():
    random = np.random.default_rng(1)
    rows = random.normal(size=(600, 2)).astype(np.float32)
    classes = np.digitize(rows[:, 0], [-0.5, 0.5])
    rows[classes == 2, 0] = np.nan
    trees = HistGradientBoostingClassifier(**SMALL).fit(rows, classes)
    expected = trees.predict_proba(rows)
    assert expected[classes == 2, 2].min() > 0.8
    np.testing.assert_allclose(with_a_network(trees, rows), expected, atol=1e-5)


def test_the_file_tells_nothing_of_the_machine_that_made_it(trees, network):
    model = onnx.load_from_string(to_onnx(trees, network))
    assert not any(node.doc_string for node in model.graph.node)
    assert not model.metadata_props
    assert [node.name for node in model.graph.input] == ["features", "shapes"]
