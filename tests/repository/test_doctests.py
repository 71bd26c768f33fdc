"""The examples in docstrings give what stands below them."""

import doctest
import importlib

import pytest

from ecgutils.paths import PROJECT_ROOT

SLOW = {"ecgutils.recordings.classified"}
"""They load TensorFlow and the model."""


def modules_with_examples():
    """The dotted names of the modules in which an example stands."""
    for path in sorted((PROJECT_ROOT / "ecgutils").rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            parts = path.relative_to(PROJECT_ROOT).with_suffix("").parts
            name = ".".join(part for part in parts if part != "__init__")
            yield pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else [])


def outcome(module):
    """Run the examples of a module; return how many there are, and what went wrong."""
    runner, wrong = doctest.DocTestRunner(verbose=False), []
    for test in doctest.DocTestFinder().find(module):
        runner.run(test, out=wrong.append)
    return runner.tries, "".join(wrong)


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_give_what_stands_below_them(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tries, wrong = outcome(importlib.import_module(name))
    assert tries
    assert not wrong, wrong


def test_a_wrong_example_is_found(tmp_path, monkeypatch):
    (tmp_path / "wrong_example.py").write_text('"""Add.\n\n>>> 1 + 1\n3\n"""\n', encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    tries, wrong = outcome(importlib.import_module("wrong_example"))
    assert tries == 1
    assert "Expected:\n    3\nGot:\n    2" in wrong
