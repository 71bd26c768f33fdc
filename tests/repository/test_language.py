"""Sentences are short: no more than 30 words in docstrings, comments and Markdown."""

import json

import pytest

from ecgutils.paths import NOTEBOOK_NAMES, NOTEBOOKS_DIR, PROJECT_ROOT
from tests.helpers.sentences import prose_of_markdown, prose_of_python, sentences, words

MOST_WORDS = 30


def texts():
    """Yield a name and the numbered lines of each text."""
    for path in sorted((PROJECT_ROOT / "ecgutils").rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        yield str(path.relative_to(PROJECT_ROOT)), prose_of_python(source)
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (PROJECT_ROOT / name).read_text(encoding="utf-8")
        yield name, prose_of_markdown(text)
    for path in sorted(NOTEBOOKS_DIR.glob(NOTEBOOK_NAMES)):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for number, cell in enumerate(cells):
            if cell["cell_type"] == "markdown":
                text = "".join(cell["source"])
                yield f"notebooks/{path.name}, cell {number}", prose_of_markdown(text)


def too_long(name, lines):
    return [
        f"{name}:{number}: {sentence}"
        for number, sentence in sentences(lines)
        if words(sentence) > MOST_WORDS
    ]


def test_sentences_are_short():
    found = [sentence for name, lines in texts() for sentence in too_long(name, lines)]
    assert not found, "\n".join([f"{len(found)} sentences of more than 30 words:", *found])


SHORT = "Ten words are in this sentence, which has no more."
LONG = " ".join(["word"] * 31)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{SHORT} {SHORT}\n{SHORT}\n{SHORT}", []),
        (f"One.\n\nTwo {LONG}.", [3]),
        (f"One. And\n{LONG}.", [1]),
        (f"One (or two.) And\n{LONG}.\n{LONG}.", [1]),
        (f"- {SHORT}\n- {SHORT}\n- {SHORT}\n- {SHORT}", []),
        (f"- {SHORT}\n  And {LONG}", [2]),
        (f"| {LONG} |", []),
        (f"```\n{LONG}\n```\nEnd.", []),
        (f"$$\n{LONG}\n$$", []),
        (f"The `{LONG}` is code.", []),
        (f"# {SHORT[:-1]}\n{SHORT[:-1]}\n\n{SHORT[:-1]}\n{SHORT}", []),
    ],
)
def test_long_sentences_of_markdown_are_found(text, expected):
    found = sentences(prose_of_markdown(text))
    assert [number for number, sentence in found if words(sentence) > MOST_WORDS] == expected


def test_long_sentences_of_python_are_found():
    source = "\n".join(
        [
            f'"""{SHORT}"""',
            "# One.",
            f"# And {LONG}.",
            "",
            "def f(x):",
            f'    """{SHORT}',
            "",
            "    Parameters",
            "    ----------",
            "    x : int",
            f"        {SHORT}",
            f"        And {LONG}.",
            "    >>> f(1)",
            f"    {LONG}",
            '    """',
            f"    text = '{LONG}'",
        ]
    )
    lines = [int(found.split(":")[1]) for found in too_long("f.py", prose_of_python(source))]
    assert lines == [12, 3]
