"""Boosted trees as an ONNX graph, for programs that only predict.

ONNX is an open format for models. Its runtime is small and starts at once. Only training needs
what is here.
"""

import numpy as np
import onnx
from onnx import helper
from sklearn.ensemble import HistGradientBoostingClassifier

_TREE_OPERATORS = helper.make_opsetid("ai.onnx.ml", 3)

IR_VERSION = 8
"""Version of the format, which older runtimes read as well."""


def to_onnx(trees: HistGradientBoostingClassifier) -> bytes:
    """Store boosted trees as an ONNX graph.

    Parameters
    ----------
    trees : HistGradientBoostingClassifier
        Fitted to features as float32, for three classes or more.

    Returns
    -------
    bytes
        A graph with the input ``features``, float32, shape (beats, features), and the output
        ``probabilities``, float32, shape (beats, classes).

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> features, classes = random.random((200, 7), dtype=np.float32), np.arange(200) % 5
    >>> trees = HistGradientBoostingClassifier(max_iter=2).fit(features, classes)
    >>> [output.type.tensor_type.shape.dim[1].dim_value
    ...  for output in onnx.load_from_string(to_onnx(trees)).graph.output]
    [5]
    """
    rows = _table("features", trees.n_features_in_)
    found = _table("probabilities", len(trees.classes_))
    graph = helper.make_graph([_tree_node(trees)], "heartbeats", [rows], [found])
    model = helper.make_model(graph, opset_imports=[_TREE_OPERATORS], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def _table(name: str, columns: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["beats", columns])


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
        ["probabilities"],
        domain=_TREE_OPERATORS.domain,
        n_targets=classes,
        post_transform="SOFTMAX",
        **{name: values.tolist() for name, values in attributes.items()},
    )


def _rounded_down(thresholds: np.ndarray) -> np.ndarray:
    """Round to float32 so that every feature, a float32, stays on its side of each threshold."""
    rounded = thresholds.astype(np.float32)
    below = np.nextafter(rounded, np.float32(-np.inf))
    return np.where(rounded > thresholds, below, rounded)
