"""Small notebooks for the tests of running notebooks and of their pages."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

METADATA = {
    "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"},
    "language_info": {"name": "python"},
}


def parameters_cell(source):
    return new_code_cell(source, metadata={"tags": ["parameters"]})


def write_notebook(path: Path, *cells) -> Path:
    """Write a notebook of these cells; a text that starts with # is Markdown, other text code."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [as_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    nbformat.write(new_notebook(cells=made, metadata=METADATA), path)
    return path


def as_cell(text):
    return new_markdown_cell(text) if text.startswith("#") else new_code_cell(text)


def printed(path: Path) -> str:
    """Return what the cells of a notebook printed."""
    cells = nbformat.read(path, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join(output.text for output in outputs if output.output_type == "stream")
