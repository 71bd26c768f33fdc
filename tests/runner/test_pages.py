"""The report: whole without a network or a server, in a parser's eyes and in a real browser's."""

import base64
import json
import re
import subprocess
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from ecgutils.errors import EcgError
from ecgutils.paths import NOTEBOOK_NAMES, NOTEBOOKS_DIR
from ecgutils.runner import pages
from tests.helpers.browser import find_browser
from tests.helpers.notebook_files import write_notebook

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
NASTY = "<script>alert(1)</script>"
COMMITTED = sorted(NOTEBOOKS_DIR.glob(NOTEBOOK_NAMES))


def shown(data):
    """A code cell with one output."""
    return new_code_cell("show()", execution_count=1, outputs=[new_output("display_data", data)])


def picture():
    return shown({"image/png": PIXEL, "text/plain": "<Figure size 640x480 with 1 Axes>"})


def write_sample(folder):
    """Two executed notebooks: one plain, one with everything that wants a script or a network."""
    first = write_notebook(
        folder / "01_first.ipynb",
        f"# 01 · The *first* look & `{NASTY}`",
        "## Aim\n\nSee what a [record](https://x.org) holds,\ne.g. its <leads>. Then go on.",
        "## Practical\n\n### Two & two pictures",
        picture(),
        picture(),
        shown({"text/html": "<table><tr><td>9</td></tr></table>", "text/plain": "9"}),
    )
    second = write_notebook(
        folder / "02_second.ipynb",
        "# 02 · Second\n\nSome $x^2$, $$\\frac{TP}{TP + FN}$$ and $\\bad{$; `$HOME` and `$PATH`.",
        "#### Back\n\n[a lead](01_first.ipynb#lead), [not ours](https://x.org/01_first.ipynb)",
        picture(),
        shown({"application/javascript": "boom()", "text/plain": "in words"}),
        shown({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "a bar"}),
    )
    notebook = nbformat.read(second, as_version=4)
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata["papermill"] = {
        "duration": 125.2,
        "end_time": "2024-05-06T07:08:09+00:00",
        "parameters": {"quick": True, "lead": NASTY},
    }
    nbformat.write(notebook, second)
    return [first, second]


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """The report of two notebooks made up for it."""
    folder = tmp_path_factory.mktemp("sample")
    notebooks = write_sample(folder / "notebooks")
    pages.write_report(notebooks, folder / "report", "All <went> well")
    return notebooks, folder / "report"


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """The report of the notebooks of this repository, with the outputs that they store."""
    if not COMMITTED:
        pytest.skip("there are no notebooks yet")
    folder = tmp_path_factory.mktemp("committed")
    pages.write_report(COMMITTED, folder)
    return COMMITTED, folder


@pytest.fixture(params=["sample", pytest.param("committed", marks=pytest.mark.slow)])
def report(request):
    return request.getfixturevalue(request.param)


class Page(HTMLParser):
    """What a page loads, links to and shows."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.loaded, self.links, self.pictures, self.text = [], [], [], [], ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if tag == "a":
            self.links.append(attributes.get("href"))
        else:
            self.loaded += [attributes[name] for name in ("src", "href") if name in attributes]
        if tag == "img":
            self.pictures.append(attributes)

    def handle_data(self, data):
        self.text += data


def stored_pictures(notebook):
    outputs = [o for c in nbformat.read(notebook, as_version=4).cells for o in c.get("outputs", [])]
    return sum(any(kind.startswith("image/") for kind in o.get("data", {})) for o in outputs)


def test_pages_load_nothing_and_run_nothing(report):
    notebooks, folder = report
    pages = sorted(folder.glob("*.html"))
    assert len(pages) == len(notebooks) + 1
    for path in pages:
        page = Page(path)
        assert [address[:5] for address in page.loaded if not address.startswith("data:")] == []
        assert not {"script", "iframe", "object", "embed"} & set(page.tags)
        assert not re.search(r"@import|url\((?!['\"]?(data:|#))", path.read_text(encoding="utf-8"))


def test_pages_show_every_picture_and_say_what_it_is(report):
    notebooks, folder = report
    for notebook in notebooks:
        page = Page(folder / f"{notebook.stem}.html")
        assert len(page.pictures) == stored_pictures(notebook)
        described = ("Figure: ", "Map of the course: ")
        assert all(picture["alt"].startswith(described) for picture in page.pictures)


def test_pages_link_to_each_other(report):
    notebooks, folder = report
    names = [f"{notebook.stem}.html" for notebook in notebooks]
    assert [link for link in Page(folder / "index.html").links if link in names] == names
    for before, name, after in zip([None, *names], names, [*names[1:], None], strict=False):
        links = {link for link in Page(folder / name).links if link}
        local = {link.partition("#")[0] for link in links if not re.match(r"#|\w+:", link)}
        assert {"index.html", before, after} - {None} <= local <= {"index.html", *names}


def test_pictures_are_described_by_the_heading_above_them(sample):
    page = Page(sample[1] / "01_first.html")
    assert [picture["alt"] for picture in page.pictures] == ["Figure: Two & two pictures"] * 2


ENTRY = pages.Entry("01_first", "One", "To try.", None, {}, None)


def test_a_picture_with_a_description_of_its_own_keeps_it():
    cell = picture()
    cell.outputs[0].metadata = {"image/png": {"alt": "A map"}}
    notebook = new_notebook(cells=[new_markdown_cell("# One"), cell])
    page = pages.notebook_page(notebook, ENTRY, (None, None))
    assert 'alt="A map"' in page


def test_links_to_notebooks_lead_to_their_pages():
    text = "[one](01_first.ipynb), [two](02_second.ipynb#r-peak), [three](https://x.org/a.ipynb)"
    page = pages.notebook_page(new_notebook(cells=[new_markdown_cell(text)]), ENTRY, (None, None))
    links = re.findall(r'<a href="([^"]+)"[^>]*>(?:one|two|three)', page)
    assert links == ["01_first.html", "02_second.html#r-peak", "https://x.org/a.ipynb"]


def test_what_needs_a_script_is_shown_in_words(sample):
    text = Page(sample[1] / "02_second.html").text
    assert "in words" in text
    assert "a bar" in text
    assert "boom" not in text


def test_formulae_are_shown_without_a_script(sample):
    path = sample[1] / "02_second.html"
    page = Page(path)
    assert page.tags.count("math") == 2
    assert {"msup", "mfrac"} <= set(page.tags)
    # What is no formula stays as it is written.
    assert "<code>\\bad{</code>" in path.read_text(encoding="utf-8")
    assert "$HOME and $PATH" in page.text


def test_links_between_notebooks_lead_to_their_pages(sample):
    links = Page(sample[1] / "02_second.html").links
    assert {"01_first.html#lead", "https://x.org/01_first.ipynb"} <= set(links)


def test_each_page_has_a_title_and_a_description_of_its_own(sample):
    page = (sample[1] / "01_first.html").read_text(encoding="utf-8")
    title = "<title>01 · The first look &amp; &lt;script&gt;alert(1)&lt;/script&gt; | Heartbeat"
    assert title in page
    (described,) = re.findall('<meta content="(.+?)" name="description"', page)
    assert described == "See what a record holds, e.g. its &lt;leads&gt;."


def test_a_quick_run_is_called_one_on_its_page_and_on_the_index(sample):
    trial = "quick trial of a few records"
    assert trial not in Page(sample[1] / "01_first.html").text
    assert trial in Page(sample[1] / "02_second.html").text
    text = " ".join(Page(sample[1] / "index.html").text.split())
    assert f"{pages.TRIAL_WARNING} It was set for 02 · Second." in text


def test_index_shows_tables_and_the_pictures_that_there_are(tmp_path):
    png = tmp_path / "a.png"
    png.write_bytes(base64.b64decode(PIXEL))
    table = pd.DataFrame({"F1 V": ["9 ± 1"]}, index=pd.Index(["**ours** & <b>"], name="in %"))
    shown = [
        pages.Exhibit("A table", "Of <two>.", table=table),
        pages.Exhibit("A picture", "", picture=png),
        pages.Exhibit("Another", "", picture=tmp_path / "none.png"),
    ]
    (tmp_path / "index.html").write_text(pages.index_page([], exhibits=shown), encoding="utf-8")
    page = Page(tmp_path / "index.html")
    assert "ours & <b>" in page.text
    assert "Of <two>." in page.text
    assert [picture["alt"] for picture in page.pictures] == ["A picture"]
    assert "Another" not in page.text


def test_index_escapes_all_text(sample):
    page = Page(sample[1] / "index.html")
    assert f"01 · The first look & {NASTY}" in page.text
    assert "See what a record holds, e.g. its <leads>." in page.text
    assert "Then go on" not in page.text
    assert f"with lead = '{NASTY}', quick = True" in page.text


def test_index_says_when_and_how_long(sample):
    text = Page(sample[1] / "index.html").text
    assert "Executed on 6 May 2024, 07:08 UTC." in text
    assert "2 min 05 s" in text
    assert "All <went> well" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (0.2, "0 s"), (59.6, "1 min 00 s"), (600, "10 min 00 s")]
)
def test_durations_are_in_minutes_and_seconds(seconds, text):
    entry = pages.Entry("01_a", "A", "", seconds, {}, None)
    other = pages.Entry("02_b", "B", "", 7, {}, None)
    assert f'<td class="time">{text}</td>' in pages.index_page([entry, other])
    assert "Time" not in pages.index_page([replace(other, seconds=None)])


def test_index_without_times_says_nothing_of_them():
    entry = pages.Entry("01_a b", "A", "", None, {}, None)
    page = pages.index_page([entry])
    assert "Executed on" not in page
    assert 'href="01_a%20b.html"' in page
    assert "<title>Heartbeat classification" in page


def test_description_of_a_bare_notebook_is_its_name(tmp_path):
    notebook = pages.read_notebook(write_notebook(tmp_path / "07_bare.ipynb", "1"))
    entry = pages.describe("07_bare", notebook)
    assert (entry.title, entry.aim, entry.seconds, entry.finished) == ("07_bare", "", None, None)


def test_aim_in_a_cell_of_its_own_is_found(tmp_path):
    path = write_notebook(tmp_path / "07_a.ipynb", "# 07 · A", "## Aim", "1", "#### \n")
    notebook = pages.read_notebook(path)
    notebook.cells.insert(2, nbformat.v4.new_markdown_cell("Learn **this**. And that."))
    assert pages.describe("07_a", notebook).aim == "Learn this."


def test_pages_of_notebooks_that_are_gone_are_removed(tmp_path):
    notebooks = write_sample(tmp_path)
    report = pages.write_report(notebooks, tmp_path / "report").parent
    pages.write_report(notebooks[:1], report)
    assert sorted(path.name for path in report.iterdir()) == ["01_first.html", "index.html"]


def test_damaged_notebook_is_named(tmp_path):
    (tmp_path / "01_bad.ipynb").write_text("{")
    with pytest.raises(EcgError, match=r"01_bad\.ipynb: cannot be read as a notebook"):
        pages.write_report([tmp_path / "01_bad.ipynb"], tmp_path)


def test_finished_time_is_that_of_the_last_notebook():
    times = [datetime.fromisoformat(f"2024-05-0{day}T00:00:00+00:00") for day in (2, 3, 1)]
    entries = [pages.Entry("01_a", "A", "", 1, {}, time) for time in times]
    assert "Executed on 3 May 2024" in pages.index_page(entries)


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_prose_needs_no_network(path):
    cells = nbformat.read(path, as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert not re.search(r"!\[[^\]]*\]\((?!attachment:)|<img|<script|<iframe", prose)


# What the browser itself noticed, written into the page where --dump-dom finds it.
PROBE = """<script>
const noticed = [];
addEventListener("error", e => noticed.push(e.message || e.target.outerHTML), true);
addEventListener("unhandledrejection", e => noticed.push("" + e.reason));
addEventListener("load", () => {
  const images = [...document.images].map(image => image.complete && image.naturalWidth > 0);
  const result = {noticed, images, requests: performance.getEntriesByType("resource")
    .map(entry => entry.name).filter(name => !name.startsWith("data:"))};
  document.documentElement.setAttribute("data-probe", JSON.stringify(result));
});
</script>"""


def browse(path, folder):
    """Open a copy of a page in a browser without a network; return what it showed and logged."""
    copy = folder / path.name
    copy.write_text(
        path.read_text(encoding="utf-8").replace("<head>", f"<head>{PROBE}", 1), encoding="utf-8"
    )
    done = subprocess.run(
        [
            *(find_browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *("--enable-logging=stderr", "--v=0", "--timeout=30000"),
            *(f"--user-data-dir={folder / 'profile'}", "--dump-dom", copy.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    (probe,) = re.findall(r'data-probe="([^"]*)"', done.stdout)
    logged = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(probe.replace("&quot;", '"').replace("&amp;", "&")), logged


@pytest.mark.slow
def test_browser_shows_every_picture_and_logs_nothing(report, tmp_path):
    notebooks, folder = report
    pictures = {f"{notebook.stem}.html": stored_pictures(notebook) for notebook in notebooks}
    for path in sorted(folder.glob("*.html")):
        result, logged = browse(path, tmp_path)
        images = [True] * pictures.get(path.name, 0)
        assert result == {"noticed": [], "images": images, "requests": []}, path.name
        assert logged == [], path.name


@pytest.mark.slow
def test_browser_runs_no_script_of_an_output(tmp_path):
    loud = shown({"text/html": "<script>noticed.push('ran')</script><p>9", "text/plain": "9"})
    notebook = write_notebook(tmp_path / "01_loud.ipynb", loud)
    pages.write_report([notebook], tmp_path / "report")
    result, logged = browse(tmp_path / "report" / "01_loud.html", tmp_path)
    assert result["noticed"] == []
    assert any("Content Security Policy" in line for line in logged)


@pytest.mark.slow
def test_browser_would_notice_what_is_broken(tmp_path):
    page = tmp_path / "page" / "broken.html"
    page.parent.mkdir()
    page.write_text(
        "<html><head></head><body><img src='https://example.org/a.png'><img src='data:image/png,'>"
        "<script src='https://example.org/a.js'></script><script>console.error('oh'); gone()"
        "</script></body></html>"
    )
    result, logged = browse(page, tmp_path)
    assert result["images"] == [False, False]
    assert len(result["noticed"]) == 4
    assert len(result["requests"]) == 2
    assert any("oh" in line for line in logged)
