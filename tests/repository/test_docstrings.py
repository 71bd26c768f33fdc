"""Every public name is documented: what it takes, and what it returns."""

import importlib
import inspect

import pytest

from ecgutils.paths import PROJECT_ROOT
from tests.helpers.numpydoc import documented_constants, faults, sections
from tests.helpers.rooms import ROOMS, contents, sources

LEAST_EXAMPLES = 15

TREES = sources(PROJECT_ROOT / "ecgutils")


def public(room):
    """Yield the module and name of what the page of a room lists."""
    for module, names in (contents(TREES[f"ecgutils.{room}"]) or {}).items():
        yield from ((importlib.import_module(f"ecgutils.{room}.{module}"), name) for name in names)


def is_constant(thing):
    return not (inspect.isroutine(thing) or inspect.isclass(thing))


@pytest.mark.parametrize("room", ROOMS)
def test_public_names_are_documented(room):
    lacking = []
    for module, name in public(room):
        thing = getattr(module, name)
        if not is_constant(thing):
            lacking += faults(name, thing)
        elif name not in documented_constants(inspect.getsource(module)):
            lacking.append(f"{name} has no docstring below it")
    assert not lacking, "\n".join(lacking)


def test_enough_public_names_have_examples():
    things = [getattr(module, name) for room in ROOMS for module, name in public(room)]
    with_examples = [
        thing.__name__
        for thing in things
        if not is_constant(thing) and "Examples" in sections(inspect.getdoc(thing) or "")
    ]
    assert len(with_examples) >= LEAST_EXAMPLES, with_examples


def half_described(first: int, second: int) -> int:
    """Add.

    Parameters
    ----------
    first : int
    """
    return first + second


def test_what_a_docstring_lacks_is_found():
    assert faults("f", half_described) == [
        "f does not describe second",
        "f does not describe what it returns",
    ]
    assert faults("f", lambda: None) == ["f has no docstring"]
    assert documented_constants(
        'A = 1\n"""One."""\nB = 2\n\nC = 3\nD, E = 4, 5\n"""All."""'
    ) == set("ACDE")
