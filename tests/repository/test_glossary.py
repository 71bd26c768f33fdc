"""The glossary of notebook 00: short explanations that links of all notebooks find."""

import re

import nbformat

from ecgutils.paths import NOTEBOOKS_DIR
from ecgutils.runner.pages import Entry, notebook_page
from tests.helpers.sentences import sentences

LEAST_TERMS = 35
MOST_SENTENCES = 2
TERM = re.compile(r'^- \*\*(.+)\*\*<a id="([^"]+)"></a>: (.+)$')

(PATH,) = NOTEBOOKS_DIR.glob("00_*.ipynb")
NOTEBOOK = nbformat.read(PATH, as_version=4)
GLOSSARY = [cell.source for cell in NOTEBOOK.cells if cell.source.startswith("### Glossary")]
LINES = [line for source in GLOSSARY for line in source.splitlines() if line.startswith("- ")]


def test_each_term_has_an_anchor_of_its_own():
    anchors = [TERM.match(line)[2] for line in LINES]
    assert len(anchors) >= LEAST_TERMS
    assert len(anchors) == len(set(anchors))
    assert not [anchor for anchor in anchors if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", anchor)]


def test_terms_are_explained_in_one_or_two_sentences():
    explained = [TERM.match(line)[3] for line in LINES]
    assert not [text for text in explained if not text.endswith(".")]
    assert not [text for text in explained if len(list(sentences([(1, text)]))) > MOST_SENTENCES]


def test_offline_pages_keep_the_anchors():
    entry = Entry("00_start_here", "Start here", "", None, {}, None)
    page = notebook_page(NOTEBOOK, entry, (None, None))
    for line in LINES:
        assert f'<a id="{TERM.match(line)[2]}"></a>' in page


def test_links_to_terms_meet_an_anchor():
    anchors = {TERM.match(line)[2] for line in LINES}
    missing = []
    for path in sorted(NOTEBOOKS_DIR.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        linked = re.findall(r"\(00_start_here\.ipynb#([^)]+)\)", text)
        linked += re.findall(r"\(#([^)]+)\)", text) if path == PATH else []
        missing += [f"{path.name}: {anchor}" for anchor in linked if anchor not in anchors]
    assert missing == []
