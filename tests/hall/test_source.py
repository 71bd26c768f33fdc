"""Source that is shown in a notebook."""

import ast

import pytest

from ecgutils import aami, show
from ecgutils.errors import EcgError
from ecgutils.io import Record


class Documented:
    """Say what it is."""


def of_two(first: int) -> int:
    """Keep the comment below.

    Of several lines.
    """

    def inner() -> int:
        """Return it."""
        # A comment stays.
        return first

    return inner()


def test_docstrings_go_and_comments_stay():
    assert repr(show(of_two)) == (
        f"# from {__name__}\n"
        "def of_two(first: int) -> int:\n"
        "    def inner() -> int:\n"
        "        # A comment stays.\n"
        "        return first\n"
        "\n"
        "    return inner()"
    )


def test_a_body_of_nothing_but_a_docstring_stays_valid():
    assert show(Documented).code.splitlines()[1:] == ["class Documented:", "    ..."]


def test_a_text_names_what_lies_inside_the_package():
    shown = show("ecgutils.aami.is_beat", aami.to_classes)
    assert shown.code == f"{show(aami.is_beat)}\n\n\n{show('ecgutils.aami.to_classes')}"


@pytest.mark.parametrize("thing", [Record, Record.between, "ecgutils.signals.wavelets._shrink"])
def test_what_is_shown_is_python_without_docstrings(thing):
    tree = ast.parse(show(thing).code)
    kinds = ast.FunctionDef | ast.ClassDef
    shown = [node for node in ast.walk(tree) if isinstance(node, kinds)]
    assert shown
    assert not any(map(ast.get_docstring, shown))


def test_a_notebook_is_given_markdown_with_the_same_code():
    shown = show(aami.is_beat)
    assert shown._repr_markdown_() == f"```python\n{shown}\n```"


@pytest.mark.parametrize("thing", ["ecgutils.nothing", "nowhere.f", "a b", "numpy.dot", 3])
def test_what_has_no_source_is_refused_in_one_line(thing):
    with pytest.raises(EcgError, match="has no source to show") as refused:
        show(thing)
    assert str(thing) in str(refused.value)
    assert "\n" not in str(refused.value)
