"""Progress in a notebook: shown to a reader while work runs, and nothing of it is kept."""

from contextlib import suppress
from types import SimpleNamespace

import IPython
import IPython.display
import pytest

from ecgutils.progress import has_reader, progress_shown


@pytest.fixture
def displayed(monkeypatch):
    """What a cell shows, in order; None is where its outputs are cleared."""
    shown = []

    def display(html, display_id):
        assert display_id
        shown.append(html.data)
        return SimpleNamespace(update=lambda html: shown.append(html.data))

    monkeypatch.setattr(IPython.display, "display", display)
    monkeypatch.setattr(IPython.display, "clear_output", lambda: shown.append(None))
    return shown


def asked_by(monkeypatch, allow_stdin):
    request = {"content": {"allow_stdin": allow_stdin}}
    kernel = SimpleNamespace(get_parent=lambda _channel: request)
    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=kernel))


@pytest.mark.parametrize("allow_stdin", [True, False])
def test_a_reader_is_whoever_can_be_asked(monkeypatch, allow_stdin):
    asked_by(monkeypatch, allow_stdin)
    assert has_reader() == allow_stdin


def test_outside_a_notebook_nothing_is_shown(displayed):
    with progress_shown(3, "epoch") as show:
        show(1, "")
    assert displayed == []


def test_a_reader_sees_each_step_and_keeps_none(displayed, monkeypatch):
    asked_by(monkeypatch, True)
    with suppress(KeyboardInterrupt), progress_shown(16, "epoch") as show:
        show(1, "accuracy 90.00%")
        raise KeyboardInterrupt
    assert displayed == [
        '<progress value="0" max="16"></progress> epoch 0 of 16',
        '<progress value="1" max="16"></progress> epoch 1 of 16, accuracy 90.00%',
        None,
    ]
