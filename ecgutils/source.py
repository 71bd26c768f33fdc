"""Showing the source of what a notebook calls."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from pkgutil import resolve_name

from ecgutils.errors import EcgError


class Source:
    """Source code that a notebook shows in colours, and a terminal as plain text."""

    def __init__(self, code: str) -> None:
        """Take the code as text."""
        self.code = code

    def __repr__(self) -> str:
        """Return the code."""
        return self.code

    def _repr_markdown_(self) -> str:
        """Return the code as a block that JupyterLab, GitHub and nbconvert colour."""
        return f"```python\n{self.code}\n```"


def show(*things: Callable | str) -> Source:
    """Show the source of functions and classes, without their docstrings.

    Parameters
    ----------
    *things : function, class or str
        A text names one by its place, such as ``"ecgutils.beats.t_to_t.t_peaks"``.

    Returns
    -------
    Source
        As the last value of a cell it is displayed. Above each piece stands where it is from.

    Raises
    ------
    EcgError
        If there is no such thing, or it has no Python source.

    Examples
    --------
    >>> show("ecgutils.aami.is_beat")
    # from ecgutils.aami
    def is_beat(symbols: np.ndarray) -> np.ndarray:
        return np.isin(symbols, BEAT_SYMBOLS)
    """
    return Source("\n\n\n".join(map(_piece, things)))


def _piece(thing: Callable | str) -> str:
    """Return where a thing is from, and its source."""
    try:
        found = resolve_name(thing) if isinstance(thing, str) else thing
        source = textwrap.dedent(inspect.getsource(found))
    except (AttributeError, ImportError, ValueError, OSError, TypeError) as error:
        wanted = "give a function, a class, or the place of one as text"
        raise EcgError(f"{thing}: has no source to show ({error}); {wanted}") from None
    return f"# from {found.__module__}\n{_without_docstrings(source)}"


def _without_docstrings(source: str) -> str:
    """Return source code without the docstrings of its functions and classes."""
    lines: list[str | None] = [*source.rstrip().splitlines()]
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        text, alone = node.body[0], len(node.body) == 1
        if ast.get_docstring(node) is None or text.lineno == node.lineno:
            continue
        last = text.end_lineno
        # The empty line below goes, too; where nothing else is in the body, dots keep it valid.
        last += not alone and last < len(lines) and not lines[last]
        kept = [" " * text.col_offset + "..."] if alone else []
        gone = last - text.lineno + 1 - len(kept)
        lines[text.lineno - 1 : last] = [*kept, *[None] * gone]
    return "\n".join(line for line in lines if line is not None)
