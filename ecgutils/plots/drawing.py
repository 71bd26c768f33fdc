"""Drawings in millimetres, written as SVG.

A report holds a dozen. A plotting library takes longer for each than the beats of ten seconds do,
and longer to import than all of them.
"""

from collections.abc import Sequence
from html import escape

import numpy as np

POINT_MM = 25.4 / 72
"""A point, in which fonts and lines are measured, in millimetres."""

_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{0:.2f}pt" height="{1:.2f}pt" '
    'viewBox="0 0 {0:.2f} {1:.2f}" font-family="sans-serif">'
)


class Drawing:
    """A drawing with an origin, from which millimetres count to the right and upwards.

    Looks are attributes of SVG, with an underscore for each hyphen; widths of lines are in points.

    Attributes
    ----------
    width, height : float
        Of the whole drawing in mm.

    Examples
    --------
    >>> drawing = Drawing(25.4, 12.7)
    >>> drawing.line([0, 25.4], [0, 12.7], stroke="black")
    >>> print(drawing.svg().splitlines()[1])
    <path d="M 0.00 36.00 72.00 0.00" fill="none" stroke="black"/>
    """

    def __init__(self, width: float, height: float, left: float = 0.0, below: float = 0.0) -> None:
        """Begin a drawing whose origin is so far from its left and its lower edge, in mm."""
        self.width, self.height = width, height
        self._origin, self._parts = (left, height - below), []

    def line(self, x: Sequence[float], y: Sequence[float], name: str = "", **look: object) -> None:
        """Draw a line through points, interrupted where one of them is NaN."""
        known = np.isfinite(np.add(x, y))
        starts = known & np.append(True, ~known[:-1])
        place = self._points(np.asarray(x, dtype=float)[known], np.asarray(y, dtype=float)[known])
        self._path(place, starts[known], name, {"fill": "none"} | look)

    def strokes(self, ends: np.ndarray, name: str = "", **look: object) -> None:
        """Draw straight lines from one end to another, shape (lines, 2 ends, x and y)."""
        x, y = np.reshape(ends, (-1, 2)).T
        starts = np.arange(len(x)) % 2 == 0
        self._path(self._points(x, y), starts, name, {"fill": "none"} | look)

    def area(self, x: Sequence[float], y: Sequence[float], name: str = "", **look: object) -> None:
        """Fill the area within some corners."""
        starts = np.arange(len(x)) == 0
        self._path(self._points(np.array(x), np.array(y)), starts, name, look, "Z")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float,
        anchor: str = "middle",
        upwards: bool = False,
        **look: object,
    ) -> None:
        """Write words of so many points, whose middle is as high as `y`."""
        ((left, top),) = self._points(np.array([x]), np.array([y]))
        look = {"font_size": size, "text_anchor": anchor} | look
        if upwards:
            look["transform"] = f"rotate(-90 {left:.2f} {top:.2f})"
        # Half of the height of a capital letter.
        place = f'x="{left:.2f}" y="{top + 0.36 * size:.2f}"'
        self._parts.append(f"<text {place}{_attributes(look)}>{escape(words)}</text>")

    def hatching(self, name: str, colour: str, crossed: bool = False) -> str:
        """Return the filling with a colour and white lines over it."""
        lines = "M 0 4 L 4 0 M -1 1 L 1 -1 M 3 5 L 5 3" + " M 0 0 L 4 4" * crossed
        self._parts.append(
            f'<pattern id="{name}" width="4" height="4" patternUnits="userSpaceOnUse">'
            f'<rect width="4" height="4" fill="{colour}"/>'
            f'<path d="{lines}" stroke="white" stroke-width="0.8"/></pattern>'
        )
        return f"url(#{name})"

    def svg(self) -> str:
        """Return the drawing as a file of SVG."""
        head = _HEAD.format(self.width / POINT_MM, self.height / POINT_MM)
        return "\n".join([head, *self._parts, "</svg>\n"])

    def _points(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Places in points from the upper left corner, shape (places, 2)."""
        left, top = self._origin
        return np.column_stack([left + x, top - y]) / POINT_MM

    def _path(
        self, points: np.ndarray, starts: np.ndarray, name: str, look: dict, end: str = ""
    ) -> None:
        if not len(points):
            return
        steps = " ".join(np.where(starts, "M %.2f %.2f", "%.2f %.2f").tolist())
        path = f'<path d="{steps % tuple(points.ravel().tolist())}{end}"{_attributes(look)}/>'
        self._parts.append(f'<g id="{name}">{path}</g>' if name else path)


def _attributes(look: dict[str, object]) -> str:
    """Write a look as attributes of a tag."""
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in look.items())
