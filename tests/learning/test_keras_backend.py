"""Keras is imported late, once, and quietly."""

import subprocess
import sys

import pytest

from ecgutils.learning.keras_backend import _silent_standard_error, import_keras

pytestmark = pytest.mark.slow


def test_keras_runs_on_tensorflow_with_one_core_and_is_imported_once():
    keras = import_keras()
    assert import_keras() is keras
    assert keras.config.backend() == "tensorflow"
    import tensorflow

    assert tensorflow.config.threading.get_intra_op_parallelism_threads() == 1
    assert tensorflow.config.threading.get_inter_op_parallelism_threads() == 1


def test_what_c_code_writes_is_discarded_and_what_comes_after_is_not(capfd):
    with _silent_standard_error():
        subprocess.run([sys.executable, "-c", "import os; os.write(2, b'noise')"], check=True)
    sys.stderr.write("news")
    assert capfd.readouterr().err == "news"


def test_exceptions_pass(capfd):
    with pytest.raises(ValueError, match="wrong"), _silent_standard_error():
        raise ValueError("wrong")
    sys.stderr.write("news")
    assert capfd.readouterr().err == "news"
