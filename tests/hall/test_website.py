"""The site: all that a reader without a clone wants, in one folder."""

import re

import pytest

from ecgutils import website
from ecgutils.paths import NOTEBOOK_NAMES, NOTEBOOKS_DIR
from tests.helpers.classified_records import first_seconds, known_by_heart


@pytest.mark.slow
def test_site_has_notebooks_tables_and_a_report_that_link_to_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr(website, "classify", lambda _: known_by_heart(first_seconds("208", 60)))
    two = sorted(NOTEBOOKS_DIR.glob(NOTEBOOK_NAMES))[:2]
    monkeypatch.setattr(website, "find_notebooks", lambda: two)
    index = website.write_site(tmp_path / "site")
    names = {path.name for path in index.parent.iterdir()}
    notebooks = {f"{path.stem}.html" for path in two}
    assert names == notebooks | {"index.html", "tables.html", "report_of_a_recording.html"}
    pages = {path.name: path.read_text(encoding="utf-8") for path in index.parent.iterdir()}
    titles = [re.findall("<title>(.+)</title>", page)[0] for page in pages.values()]
    assert len(set(titles)) == len(titles)
    assert all(f'href="{name}"' in pages["index.html"] for name in names - {"index.html"})
    assert "de Chazal 2004" in pages["index.html"]
    assert "without SMOTE" in pages["tables.html"]
    assert pages["index.html"].count("<img") == 2
