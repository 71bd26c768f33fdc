"""Trained trees and networks as one ONNX graph, for programs that only predict.

ONNX is an open format for both. Its runtime is small and starts at once, where TensorFlow takes
seconds. Only training needs what is here.
"""

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import helper
from sklearn.ensemble import HistGradientBoostingClassifier

from ecgutils.learning import keras_backend as keras

_TREE_OPERATORS = helper.make_opsetid("ai.onnx.ml", 3)


def to_onnx(trees: HistGradientBoostingClassifier | None, network: "keras.Model") -> bytes:
    """Store what was trained as one ONNX graph.

    Parameters
    ----------
    trees : HistGradientBoostingClassifier, or None for a network alone
        Fitted to features as float32, for three classes or more.
    network : keras.Model
        One of its inputs is called ``features``, and the trees see it, too.

    Returns
    -------
    bytes
        A graph with the inputs of the network. Its outputs are the probabilities by the trees,
        then those by the network, each float32, shape (beats, classes).

    Examples
    --------
    >>> row = keras.Input((1,), name="features")
    >>> network = keras.Model(row, keras.layers.Softmax()(keras.layers.Dense(5)(row)))
    >>> [output.type.tensor_type.shape.dim[1].dim_value
    ...  for output in onnx.load_from_string(to_onnx(None, network)).graph.output]
    [5]
    """
    model = _exported(network)
    if trees is not None:
        of_network = list(model.graph.output)
        del model.graph.output[:]
        model.graph.node.append(_tree_node(trees))
        model.graph.output.extend([_tree_output(trees), *of_network])
        others = [opset for opset in model.opset_import if opset.domain != _TREE_OPERATORS.domain]
        del model.opset_import[:]
        model.opset_import.extend([*others, _TREE_OPERATORS])
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def _exported(network: "keras.Model") -> onnx.ModelProto:
    """Let Keras write a network and read it back."""
    with TemporaryDirectory() as temporary, warnings.catch_warnings():
        # Keras asks NumPy for a name that will change its meaning.
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        path = Path(temporary, "network.onnx")
        # Keras exports only a network that has been called.
        network(keras.tree.map_structure(lambda row: np.zeros((1, *row.shape[1:])), network.input))
        network.export(path, format="onnx", verbose=False)
        return onnx.load(path, load_external_data=False)


def _tree_node(trees: HistGradientBoostingClassifier) -> onnx.NodeProto:
    """Boosted trees as one operator: the leaves of each class are added up, then softmax."""
    found = [tree.nodes for iteration in trees._predictors for tree in iteration]
    nodes, classes = np.concatenate(found), len(trees.classes_)
    tree = np.repeat(np.arange(len(found)), [len(each) for each in found])
    number = np.concatenate([np.arange(len(each)) for each in found])
    leaf = nodes["is_leaf"].astype(bool)
    attributes = {
        "nodes_treeids": tree,
        "nodes_nodeids": number,
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ"),
        "nodes_featureids": nodes["feature_idx"],
        "nodes_values": _rounded_down(nodes["num_threshold"]),
        "nodes_truenodeids": nodes["left"],
        "nodes_falsenodeids": nodes["right"],
        "nodes_missing_value_tracks_true": nodes["missing_go_to_left"],
        "target_treeids": tree[leaf],
        "target_nodeids": number[leaf],
        "target_ids": tree[leaf] % classes,
        "target_weights": nodes["value"][leaf],
        "base_values": trees._baseline_prediction.ravel(),
    }
    return helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["by_trees"],
        domain=_TREE_OPERATORS.domain,
        n_targets=classes,
        post_transform="SOFTMAX",
        **{name: values.tolist() for name, values in attributes.items()},
    )


def _tree_output(trees: HistGradientBoostingClassifier) -> onnx.ValueInfoProto:
    shape = ["beats", len(trees.classes_)]
    return helper.make_tensor_value_info("by_trees", onnx.TensorProto.FLOAT, shape)


def _rounded_down(thresholds: np.ndarray) -> np.ndarray:
    """Round to float32 so that every feature, a float32, stays on its side of each threshold."""
    rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded > thresholds, below, rounded)
