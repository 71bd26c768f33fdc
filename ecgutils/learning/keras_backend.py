"""Importing Keras, late and quietly."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


def import_keras() -> ModuleType:
    """Import Keras on TensorFlow, once a network is really needed.

    TensorFlow is given one core, which for networks this small is nearly as fast as two. Sums are
    then added in the same order on any machine, so a seed gives the same network on more of them.
    """
    # While it loads, TensorFlow writes notes on the processor and missing graphics cards to the
    # standard error, before any log level applies. A notebook would store them.
    if "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "tensorflow"
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        with _silent_standard_error():
            import keras
            import tensorflow

            tensorflow.config.threading.set_intra_op_parallelism_threads(1)
            tensorflow.config.threading.set_inter_op_parallelism_threads(1)
            tensorflow.get_logger().setLevel("ERROR")
            keras.ops.zeros(1)
    return sys.modules["keras"]


def __getattr__(name: str) -> object:
    """Take from Keras what is not here, so that this module can stand for it."""
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(import_keras(), name)


@contextmanager
def _silent_standard_error() -> Iterator[None]:
    """Discard what C++ code writes to file descriptor 2; Python's exceptions still pass."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
