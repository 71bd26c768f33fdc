"""What is stored as ONNX predicts what scikit-learn predicts."""

import numpy as np
import onnx
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from ecgutils import database
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.description import model_features
from ecgutils.unseen.onnx_export import to_onnx
from ecgutils.unseen.trained_model import OUTPUTS, open_session

pytestmark = pytest.mark.slow

SMALL = {"max_iter": 20, "max_leaf_nodes": 12, "early_stopping": False, "random_state": 1}


@pytest.fixture(scope="module")
def beats():
    """Features and classes of the beats of two patients; some count as none."""
    records = [aligned_beats(database.read(name).between(0, 600)) for name in ("208", "209")]
    classes = np.concatenate([each.aami_class for each in records])
    classes[::50] = len(OUTPUTS) - 1
    return np.concatenate([model_features(each) for each in records]), classes


@pytest.fixture(scope="module")
def trees(beats):
    features, classes = beats
    return HistGradientBoostingClassifier(**SMALL).fit(features[::2], classes[::2])


def stored(trees, rows):
    """Probabilities by trees that were stored."""
    (found,) = open_session(to_onnx(trees)).run(None, {"features": rows})
    return found


def test_the_file_predicts_what_the_trees_predict(beats, trees):
    features, classes = beats
    found = stored(trees, features)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, trees.predict_proba(features), atol=1e-5)
    assert (found.argmax(axis=1) == classes).mean() > 0.9


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
    np.testing.assert_allclose(stored(trees, rows), expected, atol=1e-5)


def test_an_unknown_feature_goes_where_the_training_sent_it():
    random = np.random.default_rng(1)
    rows = random.normal(size=(600, 2)).astype(np.float32)
    classes = np.digitize(rows[:, 0], [-0.5, 0.5])
    rows[classes == 2, 0] = np.nan
    trees = HistGradientBoostingClassifier(**SMALL).fit(rows, classes)
    expected = trees.predict_proba(rows)
    assert expected[classes == 2, 2].min() > 0.8
    np.testing.assert_allclose(stored(trees, rows), expected, atol=1e-5)


def test_the_file_tells_nothing_of_the_machine_that_made_it(trees):
    model = onnx.load_from_string(to_onnx(trees))
    assert not any(node.doc_string for node in model.graph.node)
    assert not model.metadata_props
    assert [node.name for node in model.graph.input] == ["features"]
