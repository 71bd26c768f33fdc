"""Leafing through a recording: to times, to beats, with and without somebody in front of it."""

import re
from dataclasses import replace
from types import SimpleNamespace

import IPython
import numpy as np
import pandas as pd
import pytest

from ecgutils.errors import EcgError
from ecgutils.recordings.strip_browser import StripBrowser
from tests.helpers.classified_records import first_seconds, known_by_heart

pytestmark = pytest.mark.slow

WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def classified():
    return known_by_heart(first_seconds("208", 60))


@pytest.fixture
def browser(classified):
    return StripBrowser(classified)


def asked_by(monkeypatch, allow_stdin):
    """Pretend to run in a kernel whose client can, or cannot, be asked a question."""
    request = {"content": {"allow_stdin": allow_stdin}}
    kernel = SimpleNamespace(get_parent=lambda _channel: request)
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=kernel))


def test_strips_lie_within_the_recording(browser):
    browser.move_to(1e9)
    assert browser.start_s == 53
    browser.move_to(-5)
    assert browser.start_s == 0


def test_next_beats_of_a_class_come_in_order_and_begin_again(browser, classified):
    of_class = [k for k, name in enumerate(classified.beats["class"]) if name == "F"]
    visited = []
    for _ in range(len(of_class) + 1):
        browser.go_to_beat("F")
        visited.append(browser.marked)
        time = classified.beats["time_s"][browser.marked]
        assert browser.start_s <= time <= browser.start_s + 7
    assert visited == [*of_class, of_class[0]]
    browser.go_to_beat("F", backwards=True)
    assert browser.marked == of_class[-1]


def test_a_class_without_beats_is_refused(browser):
    with pytest.raises(EcgError, match="208: no beat of class 'Q'"):
        browser.go_to_beat("Q")


def test_next_event_is_anything_but_n_and_stretches_are_events(classified):
    stretches = {"start_s": [30.0], "stop_s": [40.0]}
    rhythms = pd.DataFrame(stretches | {"rhythm": ["VFL"]})
    unusable = pd.DataFrame({"start_s": [50.0], "stop_s": [60.0], "reason": ["noise"]})
    browser = StripBrowser(replace(classified, rhythms=rhythms, unusable=unusable))
    beats, visited = classified.beats, []
    ectopic = np.flatnonzero(beats["class"] != "N").tolist()
    for _ in range(len(ectopic) + 2):
        browser.go_to_event()
        visited.append(browser.marked)
    assert visited.count(None) == 2
    assert [beat for beat in visited if beat is not None] == ectopic
    browser.go_to_event("VFL")
    assert (browser.start_s, browser.marked) == (28, None)
    browser.go_to_event("noise")
    assert browser.start_s == 48
    browser.go_to_event("V", backwards=True)
    assert browser.marked == np.flatnonzero((beats["class"] == "V") & (beats["time_s"] < 50))[-1]
    choices = dict(browser.controls().children[0].children[0].options)
    assert choices["unusable: noise (1)"] == "noise"
    assert choices["VFL, fast wide waves without readable QRS (1)"] == "VFL"


def test_an_event_that_is_not_there_is_refused(browser):
    with pytest.raises(EcgError, match="208: no event of kind 'AFIB'"):
        browser.go_to_event("AFIB")


def test_table_has_times_classes_and_probabilities_of_the_beats_shown(browser, classified):
    browser.move_to(20)
    table = browser.table()
    inside = classified.beats.query("20 <= time_s <= 27")
    assert list(table["class"]) == list(inside["class"])
    assert table.index[0] == f"0:00:{inside['time_s'].iloc[0]:.2f}"
    assert list(table.columns) == ["class", "N %", "S %", "V %", "F %", "Q %"]
    assert set(table.drop(columns="class").max(axis=1)) == {99}


def test_strip_shows_the_beats_of_its_time(browser, classified):
    browser.move_to(20)
    inside = classified.beats.query("20 <= time_s <= 27")["class"]
    letters = re.findall(r">([NSVFQ])</text>", browser.figure().svg())
    assert letters == list(inside)
    assert browser.caption() == f"0:00:20 to 0:00:27, leads MLII, V1: {' '.join(inside)}"


def test_where_the_main_lead_is_missing_the_other_is_shown(classified):
    signals = classified.recording.p_signal.copy()
    signals[: 10 * 360, 0] = np.nan
    holed = replace(classified, recording=replace(classified.recording, p_signal=signals))
    browser = StripBrowser(holed)
    assert "lead V1:" in browser.caption()
    browser.move_to(10)
    assert "leads MLII, V1:" in browser.caption()


def test_buttons_and_slider_change_the_picture(browser):
    controls = browser.controls()
    (wanted, before, after), (time, strip, words, table) = (
        controls.children[0].children,
        (controls.children[1:]),
    )
    pictures = [strip.value]
    wanted.value = "V"
    for act in (after.click, after.click, before.click):
        act()
        pictures.append(strip.value)
    # Forwards twice and back once is forwards once.
    assert pictures[3] == pictures[1]
    time.value = 30
    pictures.append(strip.value)
    assert browser.start_s == 30
    assert browser.marked is None
    assert words.value.startswith("0:00:30")
    assert "<td>V</td>" in table.value
    assert len(set(pictures)) == 4
    assert all(bytes(picture).startswith(b"<svg") for picture in pictures)


def test_slider_follows_a_beat_and_does_not_take_its_mark(browser):
    controls = browser.controls()
    (wanted, _, after), time = controls.children[0].children, controls.children[1]
    browser.move_to(40)
    wanted.value = "V"
    after.click()
    assert time.value == round(browser.start_s)
    assert browser.marked is not None


def test_every_step_of_the_slider_moves_the_strip(browser):
    browser.move_to(20.3)
    time = browser.controls().children[1]
    assert browser.start_s != time.value
    for _ in range(3):
        time.value += 1
        assert browser.start_s == time.value


def test_controls_begin_where_the_cell_left_the_browser(browser):
    browser.move_to(20)
    browser.go_to_beat("F")
    (wanted, *_), time, strip = (
        browser.controls().children[0].children,
        *(browser.controls().children[1:3]),
    )
    assert (wanted.value, time.value) == ("F", round(browser.start_s))
    assert strip.value == browser.figure().svg().encode()


def test_without_a_reader_there_is_a_picture_and_no_widget(browser, monkeypatch):
    asked_by(monkeypatch, allow_stdin=False)
    shown = browser._repr_mimebundle_()
    assert set(shown) == {"image/svg+xml", "text/plain"}
    assert shown["image/svg+xml"].startswith("<svg")


def test_a_reader_gets_controls_and_keeps_the_picture(browser, monkeypatch):
    asked_by(monkeypatch, allow_stdin=True)
    assert set(browser._repr_mimebundle_()) == {"image/svg+xml", "text/plain", WIDGET}
