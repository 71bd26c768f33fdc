"""The report of one recording: what it says, that it is safe, whole and true to scale."""

import base64
import json
import re
import subprocess
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, time
from html.parser import HTMLParser

import numpy as np
import pytest
import wfdb
from matplotlib import rc_context

from ecgutils import database
from ecgutils.aami import CLASSES
from ecgutils.cli import main
from ecgutils.plots import report as draw
from ecgutils.recordings.report.findings import Findings
from ecgutils.recordings.report.gallery import hang
from ecgutils.recordings.report.page import report_html
from ecgutils.recordings.report.words import percent
from tests.helpers.browser import find_browser
from tests.helpers.classified_records import CARD, first_seconds, known_by_heart
from tests.helpers.excerpts import write_csv

pytestmark = pytest.mark.slow

NASTY = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> $\\frac{ {{ 7 * 7 }}"
UNUSABLE = [(100.0, 130.0, "noise"), (130.0, 133.0, "flat"), (1000.0, 1020.0, "missing")]


class Page(HTMLParser):
    """What a page holds: tags, text, pictures and the cells of its tables."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.loaded, self.pictures, self.tables, self.text = [], [], [], {}, ""
        self.in_cell = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        self.loaded += [attributes[name] for name in ("src", "srcset") if name in attributes]
        self.loaded += [attributes["href"]] if "href" in attributes else []
        if tag == "img":
            self.pictures.append(attributes)
        if tag == "table":
            self.table = self.tables[attributes["class"]] = []
        if tag == "tr":
            self.table.append([])
        if tag in ("td", "th"):
            self.table[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell &= tag not in ("td", "th")

    def handle_data(self, data):
        self.text += data
        if self.in_cell:
            self.table[-1][-1] += data.strip()

    def svgs(self, alt=""):
        """The drawings whose description begins so, decoded."""
        chosen = [p for p in self.pictures if p["alt"].startswith(alt) and "svg" in p["src"][:20]]
        return [base64.b64decode(p["src"].partition(",")[2]).decode() for p in chosen]


def number(cell):
    return int(cell.replace(",", ""))


@pytest.fixture(scope="module")
def classified():
    return known_by_heart(database.read("208"), UNUSABLE, sure=0.8)


@pytest.fixture(scope="module")
def html(classified):
    return report_html(classified)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def ten_seconds():
    return known_by_heart(first_seconds("208", 10))


@pytest.fixture(scope="module")
def ten_html(ten_seconds):
    return report_html(ten_seconds)


@pytest.fixture(scope="module")
def hostile(ten_seconds):
    record = replace(
        ten_seconds.recording,
        name=NASTY,
        sig_name=(NASTY, "V1\udce4"),
        comments=(NASTY,) * 50 + ("x" * 10**5,),
    )
    card = replace(CARD, name=NASTY, scores={})
    return report_html(replace(ten_seconds, recording=record, remarks=(NASTY,), model=card))


def test_page_loads_nothing_and_runs_nothing(html, page):
    assert page.loaded
    assert all(re.match(r"data:|#", address) for address in page.loaded)
    assert not {"script", "iframe", "object", "embed"} & set(page.tags)
    assert not re.search(r"https?:|@import|url\(", html)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'content="{policy}"' in html


def test_text_of_the_file_stays_text(hostile):
    page = Page(hostile)
    assert "script" not in page.tags
    assert all(picture["src"].startswith("data:image/") for picture in page.pictures)
    assert all(not name.startswith("on") for picture in page.pictures for name in picture)
    assert page.text.count("alert(1)") >= 20
    assert "{{ 7 * 7 }}" in page.text
    assert f"Mean beat of each class in lead {NASTY}" in " ".join(p["alt"] for p in page.pictures)


def test_text_of_the_file_stays_out_of_the_drawings(hostile):
    drawings = "".join(Page(hostile).svgs())
    assert "<svg" in drawings
    assert "alert" not in drawings


def test_comments_are_cut_short_and_names_that_are_no_text_written_all_the_same(hostile):
    assert len(hostile) < 5e5
    hostile.encode("utf-8")


def test_the_same_recording_gives_the_same_page_in_any_thread(ten_seconds, ten_html):
    with ThreadPoolExecutor(2) as pool, rc_context({"axes.grid": True}):
        pages = list(pool.map(report_html, [ten_seconds] * 2))
    assert pages == [ten_html, ten_html]


def test_not_a_medical_device_stands_before_the_first_number(page):
    assert -1 < page.text.find("This is not a medical device") < page.text.find("2,955")


def test_head_names_recording_length_leads_and_model(page):
    head = " ".join(page.text[: page.text.find("This is not")].split())
    assert (
        "208 23 years, female 30 min 6 s at 360 Hz · leads MLII, V1 · classified by heartbeats 1"
        in head
    )
    assert "5" * 64 in page.text
    assert "Lead MLII was chosen by its name." in page.text


def test_doubts_and_the_patient_stand_above_the_first_number(ten_seconds):
    doubted = replace(ten_seconds, doubts=("A doubt <of> many.", "Another one."))
    text = " ".join(Page(report_html(doubted)).text.split())
    head = text[: text.find("16 beats")]
    assert "What is doubtful A doubt <of> many. Another one." in head
    assert "208 23 years, female 10 s at 360 Hz" in head
    assert "What is doubtful" not in Page(report_html(ten_seconds)).text


def test_links_lead_to_strips_that_are_there(html):
    links = set(re.findall(r'href="#(strip-\d+)"', html))
    strips = re.findall(r'<figure class="strip" id="(strip-\d+)"', html)
    assert links
    assert links <= set(strips)
    assert len(set(strips)) == len(strips)


def test_times_have_the_clock_beside_them_where_the_recording_has_one(ten_seconds):
    record = ten_seconds.recording
    for start, begun in ((datetime(2024, 2, 29, 23, 59, 58), "2024-02-29 23:59:58"),):
        dated = replace(ten_seconds, recording=replace(record, start=start))
        text = " ".join(Page(report_html(dated)).text.split())
        assert f"10 s from {begun} at 360 Hz" in text
        assert "0:00:03 (00:00:01)" in text
    at_night = replace(ten_seconds, recording=replace(record, start=time(23, 59, 58)))
    assert "0:00:03 (00:00:01)" in Page(report_html(at_night)).text


def test_printed_pages_bear_their_number_and_the_name(html, hostile):
    assert "counter(page)" in html
    assert 'content: "ECG report: " "208"' in html
    (style,) = re.findall(r"<style>(.*?)</style>", hostile, re.DOTALL)
    (name,) = re.findall(r'content: "ECG report: " "(.*?)";', style)
    assert re.fullmatch(r"([a-zA-Z0-9]|\\[0-9a-f]+ )+", name)


def test_counts_are_those_of_the_beats(classified, page):
    rows = page.tables["counts"][1:]
    counts = classified.beats["class"].value_counts()
    assert [(row[0], number(row[2])) for row in rows] == [
        *((name, counts.get(name, 0)) for name in CLASSES),
        ("All", len(classified.beats)),
    ]
    shares = [row[3] for row in rows]
    with_class = len(classified.beats) - counts["Q"]
    assert shares[2] == f"{100 * counts['V'] / with_class:.0f} %"
    assert shares[4:] == ["", ""]


def test_words_and_tables_say_the_same(page):
    counts = {row[0]: number(row[2]) for row in page.tables["counts"][1:]}
    text = " ".join(page.text.split())
    assert f"There are {counts['All']:,} heartbeats in 30 min 6 s." in text
    usable = database.read("208").duration - 53
    for name, words in (("V", "ventricular"), ("S", "supraventricular")):
        often = 60 * counts[name] / usable
        often = f"{often:.0f}" if often >= 10 else "fewer than 0.1"
        share = percent(100 * counts[name] / (counts["All"] - counts["Q"]))
        assert (
            f"{counts[name]:,} beats ({share} of those that could be classified) "
            f"are {words} ectopic ({name}), "
            f"{often} per minute of usable signal." in text
        )
    assert "53 s of the recording (2.9 %), in 2 stretches, could not be used." in text
    periods = page.tables["periods"][1:]
    assert sum(number(row[1]) for row in periods) == counts["All"]
    for column, name in enumerate("SVFQ", start=3):
        assert sum(number(row[column]) for row in periods) == counts[name]


def test_unusable_stretches_are_listed_joined(page):
    assert page.tables["stretches"][1:] == [
        ["0:01:40.0", "0:02:13.0", "33 s", "noise, flat"],
        ["0:16:40.0", "0:17:00.0", "20 s", "missing"],
    ]


def test_of_many_unusable_stretches_the_longest_are_listed():
    stretches = [(10.0 * k, 10.0 * k + 1 + k / 100, "noise") for k in range(1, 50)]
    record = first_seconds("208", 600)
    page = Page(report_html(known_by_heart(record, stretches)))
    rows = page.tables["stretches"][1:]
    assert [row[0] for row in rows] == [
        f"0:{10 * k // 60:02}:{10 * k % 60:02}.0" for k in range(20, 50)
    ]
    assert "in 49 stretches" in page.text
    assert "The 30 longest are listed." in page.text


def test_scores_of_the_model_are_shown(page):
    assert ["V", "91.5 %", "93.5 %", "92.5 %"] in page.tables["scores"]
    assert "97.2 %" in page.text
    assert "1.5 percentage points" in page.text


def test_a_model_without_scores_promises_nothing(hostile):
    page = Page(hostile)
    assert "scores" not in page.tables
    assert "calibrated" not in page.text


def test_every_picture_says_what_it_shows_and_every_table_has_headers(html, page):
    assert len(page.pictures) > 10
    assert all(len(picture["alt"]) > 20 for picture in page.pictures)
    assert '<html lang="en">' in html
    assert all(table[0] for table in page.tables.values())
    assert page.tags.count("th") >= 5 * len(page.tables)


def drawn_lines(svg, kind):
    """The lines of a kind in a strip, one for each lead, in mm: x and y of their points."""
    paths = re.findall(rf'id="{kind}-\d">\s*<path d="([^"]+)"', svg)
    points = [re.findall(r"([\d.]+) ([\d.]+)", path) for path in paths]
    return [np.array(each, dtype=float).T * 25.4 / 72 for each in points]


def test_strips_are_true_to_scale_on_paper(page):
    strips = [picture for picture in page.pictures if picture["alt"].startswith("ECG strip")]
    assert 6 <= len(strips) <= 18
    for picture, svg in zip(strips, page.svgs("ECG strip"), strict=True):
        assert picture["style"] == "width: 185.0mm"
        width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
        assert width * 25.4 / 72 == pytest.approx(185, abs=0.01)
        assert height * 25.4 / 72 < 75
        traces = drawn_lines(svg, "trace")
        assert len(traces) == 2
        for x, _ in traces:
            assert x.min() == pytest.approx(10, abs=0.1)
            assert np.ptp(x) == pytest.approx(175, abs=0.2)
        # The first lead lies above the second.
        assert np.median(traces[0][1]) < np.median(traces[1][1]) - 10


def test_pulses_of_a_strip_are_as_high_as_its_gains_say(page):
    captions = re.findall(r"leads from above: MLII ([\d.]+) mm/mV, V1 ([\d.]+) mm/mV", page.text)
    for gains, svg in zip(captions, page.svgs("ECG strip"), strict=True):
        for gain, (x, y) in zip(gains, drawn_lines(svg, "calibration"), strict=True):
            assert np.ptp(y) == pytest.approx(float(gain), abs=0.02)
            assert np.ptp(x) == pytest.approx(7, abs=0.02)


def test_an_r_peak_of_a_strip_lies_where_it_was_recorded(ten_seconds, ten_html):
    record = ten_seconds.recording
    (svg,) = Page(ten_html).svgs("ECG strip")
    (strip,) = hang(Findings.from_classified(ten_seconds)).telling
    first = round(strip.start_s * record.fs)
    for lead, (x, y) in enumerate(drawn_lines(svg, "trace")):
        shown = record.lead(lead)[first : first + round(7 * record.fs)]
        assert (x[y.argmin()] - 10) / 25 == pytest.approx(shown.argmax() / record.fs, abs=0.01)
        gain = draw.paper_gain(shown - np.median(shown))
        assert np.ptp(y) / gain == pytest.approx(np.ptp(shown), abs=0.02)


def test_intervals_between_beats_are_written_on_the_strips(ten_seconds, ten_html):
    (svg,) = Page(ten_html).svgs("ECG strip")
    (strip,) = hang(Findings.from_classified(ten_seconds)).telling
    time = ten_seconds.beats["time_s"]
    inside = time[time.between(strip.start_s, strip.start_s + 7)]
    written = re.findall(r">(\d\.\d\d)<", svg)
    assert {f"{seconds:.2f}" for seconds in np.diff(inside)} <= set(written)


def test_missing_samples_are_a_gap_in_the_trace():
    record = first_seconds("208", 10)
    record.p_signal[1200:1500] = np.nan
    page = Page(report_html(known_by_heart(record, [(3.0, 5.0, "missing")])))
    (svg, *_) = page.svgs("ECG strip")
    traces = re.findall(r'id="trace-\d">\s*<path d="([^"]+)"', svg)
    assert [trace.count("M") for trace in traces] == [2, 2]
    assert "V1 10 mm/mV · 25 mm/s · samples are missing" in " ".join(page.text.split())
    assert page.tables["stretches"][1:] == [["0:00:03.0", "0:00:05.0", "2.0 s", "missing"]]


def one_beat(record):
    return replace(record, annotations=record.annotations[3:4])


def all_normal(record):
    return record.with_beats(record.annotations.beats.sample, "N")


@pytest.mark.parametrize(
    ("change", "unusable", "words"),
    [
        (one_beat, [], "There is 1 heartbeat in 10 s."),
        (lambda r: r, [(0.0, 10.0, "noise")], "used. 16 beats lie in noise. Look"),
        (lambda r: replace(r.only([0]), sig_name=("II",)), [], "lead II ·"),
        (
            lambda r: replace(r, p_signal=np.full_like(r.p_signal, np.nan)),
            [],
            "25 mm/s · no signal",
        ),
        (lambda r: replace(r, p_signal=4 * r.p_signal), [], "2.5 mm/mV"),
        (lambda r: replace(r, p_signal=r.p_signal + 50), [], "10 mm/mV"),
        (lambda r: replace(r, fs=100.0), [], "at 100 Hz"),
        (lambda r: replace(r, fs=1000.0), [], "3.6 s at 1000 Hz"),
        (all_normal, [], "Nothing stands"),
    ],
    ids=[
        "one beat",
        "noise",
        "one lead",
        "no signal",
        "large",
        "offset",
        "100 Hz",
        "1000 Hz",
        "all normal",
    ],
)
def test_unusual_recordings_have_a_report(change, unusable, words):
    page = Page(report_html(known_by_heart(change(first_seconds("208", 10)), unusable)))
    assert words in " ".join(page.text.split())
    assert "nan" not in page.text.lower()


def test_a_long_recording_has_a_small_page():
    record, many = database.read("208"), 12
    marks = record.annotations
    shift = np.repeat(np.arange(many) * len(record.p_signal), len(marks))
    long = replace(record, p_signal=np.tile(record.p_signal.astype(np.float32), (many, 1)))
    long = long.with_beats(np.tile(marks.sample, many) + shift, np.tile(marks.symbol, many))
    classified = known_by_heart(long, sure=0.8)
    html = report_html(classified)
    assert len(classified.beats) > 35_000
    assert len(html) < 2e6
    assert len(Page(html).tables["periods"]) == 1 + 6


def test_a_strip_shows_the_other_lead_where_the_main_one_is_missing():
    record = first_seconds("208", 10)
    record.p_signal[:, 0] = np.nan
    page = Page(report_html(known_by_heart(record)))
    assert "lead V1 10 mm/mV · 25 mm/s · samples are missing" in " ".join(page.text.split())
    assert "MLII 10" not in page.text
    assert [p["alt"][:35] for p in page.pictures if "Mean" in p["alt"]] == [
        "Mean beat of each class in lead V1:"
    ]


# What the browser itself noticed, written into the page where --dump-dom finds it.
PROBE = """<script>
const noticed = [];
addEventListener("error", e => noticed.push(e.message || e.target.outerHTML), true);
addEventListener("load", () => {
  const images = [...document.images].map(image => image.complete && image.naturalWidth > 0);
  const millimetres = [...document.querySelectorAll(".strip img")].map(
    image => image.getBoundingClientRect().width / 96 * 25.4);
  const wide = document.documentElement.scrollWidth > innerWidth;
  document.documentElement.setAttribute("data-probe", JSON.stringify(
    {noticed, images, millimetres, wide, title: document.title}));
});
</script>"""


def in_browser(html, folder, *options):
    """Open a page in a browser without a network."""
    (folder / "page.html").write_text(html, "utf-8")
    return subprocess.run(
        [
            *(find_browser(), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
            *("--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *("--enable-logging=stderr", "--v=0", "--timeout=30000"),
            *(f"--user-data-dir={folder / 'profile'}", *options),
            (folder / "page.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )


def browse(html, folder, width):
    """Return what a browser showed and logged."""
    html = html.replace("<head>", f"<head>{PROBE}", 1)
    done = in_browser(html, folder, f"--window-size={width},900", "--dump-dom")
    (probe,) = re.findall(r'data-probe="([^"]*)"', done.stdout)
    logged = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return json.loads(probe.replace("&quot;", '"').replace("&amp;", "&")), logged


@pytest.fixture(scope="module")
def of_files(tmp_path_factory):
    """Reports that the command line writes: of record 208 at 250 Hz, and of a file of text."""
    folder = tmp_path_factory.mktemp("files")
    record = first_seconds("208", 120).without_annotations().resampled(250.0)
    with warnings.catch_warnings():
        # wfdb uses what pandas will drop one day.
        warnings.simplefilter("ignore")
        wfdb.wrsamp(
            "resampled",
            record.fs,
            ["mV", "mV"],
            list(record.sig_name),
            record.p_signal,
            fmt=["16", "16"],
            write_dir=str(folder),
        )
    write_csv(folder / "text.csv", first_seconds("119", 120).lead("MLII"))
    assert main(["classify", str(folder / "resampled"), "--out", str(folder)]) == 0
    assert main(["classify", str(folder / "text.csv"), "--fs", "360", "--out", str(folder)]) == 0
    return {name: (folder / f"{name}.html").read_text("utf-8") for name in ("resampled", "text")}


@pytest.fixture
def resampled_208(of_files):
    return of_files["resampled"]


@pytest.fixture
def text_119(of_files):
    return of_files["text"]


@pytest.mark.parametrize(
    ("kind", "width"),
    [("html", 1000), ("hostile", 500), ("resampled_208", 1000), ("text_119", 1000)],
)
def test_browser_shows_every_picture_at_its_size_and_logs_nothing(request, tmp_path, kind, width):
    html = request.getfixturevalue(kind)
    result, logged = browse(html, tmp_path, width)
    assert result["images"] == [True] * len(Page(html).pictures)
    np.testing.assert_allclose(result["millimetres"], 185, atol=0.1)
    assert result["noticed"] == []
    assert not result["wide"]
    assert logged == []


# A page as wide as a phone: browsers on a desk refuse so narrow a window.
PHONE = """<html><body><script>addEventListener("message", e =>
document.documentElement.setAttribute("data-probe", JSON.stringify(e.data)));</script>
<iframe src="inner.html" width="390" height="800" style="border: 0"></iframe></body></html>"""
INNER = """<script>addEventListener("load", () => parent.postMessage(
{page: document.documentElement.scrollWidth, seen: document.documentElement.clientWidth,
window: innerWidth}, "*"));</script>"""


@pytest.mark.parametrize("kind", ["html", "hostile", "text_119"])
def test_on_a_phone_nothing_has_to_be_moved_sideways(request, tmp_path, kind):
    html = request.getfixturevalue(kind)
    page = html.replace("<head>", f"<head>{INNER}", 1)
    (tmp_path / "inner.html").write_text(page, "utf-8")
    done = in_browser(PHONE, tmp_path, "--window-size=800,900", "--dump-dom")
    (probe,) = re.findall(r'data-probe="([^"]*)"', done.stdout)
    result = json.loads(probe.replace("&quot;", '"'))
    assert result["window"] == 390
    assert result["page"] == result["seen"] > 360


@pytest.mark.parametrize("kind", ["html", "hostile", "resampled_208"])
def test_on_paper_it_keeps_its_scale(request, tmp_path, kind):
    """A browser shrinks a page on which anything is too wide for the paper."""
    in_browser(request.getfixturevalue(kind), tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}")
    content = (tmp_path / "page.pdf").read_bytes()
    pages = re.findall(rb"/Type /Page\b", content)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert len(sizes) == len(pages) >= 3
    np.testing.assert_allclose(np.array(sizes, dtype=float), [[595, 842]] * len(pages), atol=1)
    streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    drawn = [zlib.decompress(s) for s in streams if s[:1] == b"x"]
    # From points of 1/300 inch to those of 1/72, then from those of CSS, 1/96.
    scales = [re.match(rb"([.\d]+) 0 0 -[.\d]+ 0 [.\d]+ cm\nq\n([.\d]+) 0 0", s) for s in drawn]
    scales = [scale.groups() for scale in scales if scale]
    assert len(scales) == len(pages)
    assert np.prod(np.array(scales, dtype=float), axis=1) == pytest.approx(72 / 96)
