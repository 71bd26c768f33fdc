"""Leafing through a classified recording in a notebook, seven seconds at a time."""

import ipywidgets as widgets
import numpy as np
import pandas as pd

from ecgutils.aami import CLASSES
from ecgutils.errors import EcgError
from ecgutils.plots.drawing import Drawing
from ecgutils.plots.report import STRIP_S, clock, ecg_strip
from ecgutils.progress import has_reader
from ecgutils.recordings.classified import PROBABILITIES, Classified
from ecgutils.recordings.report.pictures import strip_signal
from ecgutils.recordings.rhythms import RHYTHMS

_ANY = "anything but N"
# Where a stretch begins, this much of what was before it is shown.
_BEFORE_STRETCH_S = 2.0
_SLIDER = {"description": "seconds", "continuous_update": False, "layout": {"width": "98%"}}
# A picture in a column is as wide as the column, and becomes as high as it likes, unless told.
_AS_DRAWN = {"width": "185mm", "max_width": "100%", "height": "auto", "align_self": "flex-start"}


class StripBrowser:
    """A strip of ECG paper that can be moved along a recording.

    Displayed in a notebook, it has a slider for the time, and buttons that go from event to
    event. Events are beats of a class, and stretches of a rhythm or without a usable signal.
    Executed without a reader, as by `ecgutils run`, the notebook keeps a picture.

    Parameters
    ----------
    classified : Classified
    start_s : float
        Where the strip begins, in seconds.

    Attributes
    ----------
    start_s : float
        Where the strip begins, in seconds.
    marked : int or None
        Position in the table of beats of the one that was gone to; None after a move.
    event : str
        What was gone to last: a class, a rhythm, or why a stretch cannot be used.
    """

    def __init__(self, classified: Classified, start_s: float = 0.0) -> None:
        self._classified = classified
        self._events = _events_of(classified)
        self._last_start_s = max(0.0, classified.recording.duration - STRIP_S)
        self.event = _ANY
        self.move_to(start_s)

    def move_to(self, start_s: float) -> None:
        """Show the strip that begins at a time in seconds, or lies nearest to it."""
        self.start_s = float(np.clip(start_s, 0, self._last_start_s))
        self.marked: int | None = None
        self._here_s: float | None = None

    def go_to_beat(self, name: str, backwards: bool = False) -> None:
        """Show the next beat of a class, or the one before; an EcgError if there is none."""
        if name not in set(self._classified.beats["class"]):
            raise EcgError(f"{self._classified.recording.name}: no beat of class {name!r}")
        self.go_to_event(name, backwards)

    def go_to_event(self, event: str = _ANY, backwards: bool = False) -> None:
        """Show the next event of a kind, or the one before; by default anything that is not N.

        Raises
        ------
        EcgError
            If the recording has none of this kind.
        """
        kinds = self._events["event"]
        of_kind = self._events[kinds != "N" if event == _ANY else kinds == event]
        if of_kind.empty:
            raise EcgError(f"{self._classified.recording.name}: no event of kind {event!r}")
        side, step = ("left", -1) if backwards else ("right", 0)
        # Where nothing was gone to, the strip's first moment counts as not yet passed.
        here = np.nextafter(self.start_s, -1) if self._here_s is None else self._here_s
        # After the last comes the first.
        place = (of_kind["time_s"].searchsorted(here, side) + step) % len(of_kind)
        time, beat = of_kind["time_s"].iloc[place], int(of_kind["beat"].iloc[place])
        self.move_to(time - (STRIP_S / 2 if beat >= 0 else _BEFORE_STRETCH_S))
        self.event, self._here_s = event, time
        self.marked = beat if beat >= 0 else None

    def caption(self) -> str:
        """Say what the strip shows: its time, its leads and the classes of its beats."""
        classes = " ".join(self._shown()["class"]) or "no beats"
        shown = f"{clock(self.start_s)} to {clock(self.start_s + STRIP_S)}"
        _, leads, _ = strip_signal(self._classified.recording, self.start_s)
        return f"{shown}, lead{'s' * (len(leads) > 1)} {', '.join(leads)}: {classes}"

    def table(self) -> pd.DataFrame:
        """Return the strip's beats: when, of which class, and the probabilities in %."""
        beats = self._shown()
        table = (100 * beats[list(PROBABILITIES)]).round().astype(int)
        table.columns = [f"{name} %" for name in CLASSES]
        table.insert(0, "class", beats["class"])
        table.index = pd.Index([clock(time, 2) for time in beats["time_s"]], name="time")
        return table

    def figure(self) -> Drawing:
        """Draw the strip, see :func:`ecgutils.plots.report.ecg_strip`."""
        recording = self._classified.recording
        start, _, signals = strip_signal(recording, self.start_s)
        marked = () if self.marked is None else (self.marked,)
        return ecg_strip(signals, recording.fs, start, self._classified.beats, marked)

    def controls(self) -> widgets.VBox:
        """Make the strip with its slider and its buttons."""
        choices = self._choices()
        chosen = self.event if self.event in choices.values() else next(iter(choices.values()))
        wanted = widgets.Dropdown(options=choices, value=chosen, description="go to")
        before = widgets.Button(description="before", icon="arrow-left")
        after = widgets.Button(description="next", icon="arrow-right")
        time = widgets.IntSlider(round(self.start_s), max=round(self._last_start_s), **_SLIDER)
        strip, words = widgets.Image(format="svg+xml", layout=_AS_DRAWN), widgets.Label()
        controls = widgets.VBox(
            [widgets.HBox([wanted, before, after]), time, strip, words, widgets.HTML()]
        )
        self._connect(controls)
        return controls

    def _choices(self) -> dict[str, str]:
        """Return the kinds of events that there are, by what a reader chooses from."""
        counts = self._events["event"].value_counts()
        names = dict(zip(CLASSES, CLASSES, strict=True))
        names |= {code: f"{code}, {words.partition(':')[0]}" for code, words in RHYTHMS.items()}
        names |= {why: f"unusable: {why}" for why in counts.index if why not in names}
        choices = {f"{names[k]} ({counts[k]})": k for k in names if k in counts}
        return choices if set(counts.index) <= {"N"} else {_ANY: _ANY} | choices

    def _connect(self, controls: widgets.VBox) -> None:
        """Show the strip, and let the buttons and the slider move it."""
        buttons, time, strip, words, table = controls.children
        wanted, before, after = buttons.children

        def show() -> None:
            strip.value, words.value = self.figure().svg().encode(), self.caption()
            table.value = self.table().reset_index().to_html(index=False, border=0)

        def to_event(button: widgets.Button) -> None:
            self.go_to_event(wanted.value, backwards=button is before)
            time.value = round(self.start_s)
            show()

        def to_time(change: dict) -> None:
            # A slider that follows the strip is not to move it.
            if change["new"] != round(self.start_s):
                self.move_to(change["new"])
                show()

        before.on_click(to_event)
        after.on_click(to_event)
        time.observe(to_time, "value")
        show()

    def _shown(self) -> pd.DataFrame:
        """Return the rows of the beats that the strip shows."""
        beats = self._classified.beats
        return beats[beats["time_s"].between(self.start_s, self.start_s + STRIP_S)]

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Display the strip as a picture, with its controls where somebody can use them."""
        bundle = self.controls()._repr_mimebundle_() if has_reader() else {}
        return bundle | {"image/svg+xml": self.figure().svg(), "text/plain": self.caption()}


def _events_of(classified: Classified) -> pd.DataFrame:
    """Return all that can be gone to, in time order: ``time_s``, ``event``, ``beat`` or -1."""
    beats, parts = classified.beats, []
    parts.append(pd.DataFrame({"time_s": beats["time_s"], "event": beats["class"]}))
    parts[0]["beat"] = np.arange(len(beats))
    for stretches, kind in ((classified.rhythms, "rhythm"), (classified.unusable, "reason")):
        if len(stretches):
            columns = {"time_s": stretches["start_s"], "event": stretches[kind], "beat": -1}
            parts.append(pd.DataFrame(columns))
    return pd.concat(parts).sort_values("time_s", kind="stable", ignore_index=True)
