"""Leafing through a classified recording in a notebook, seven seconds at a time."""

import ipywidgets as widgets
import numpy as np

from ecgutils.aami import CLASSES
from ecgutils.errors import EcgError
from ecgutils.plots.drawing import Drawing
from ecgutils.plots.report import STRIP_S, clock, ecg_strip
from ecgutils.recordings.classified import Classified
from ecgutils.recordings.report.pictures import strip_signal

_SLIDER = {"description": "seconds", "step": 1, "readout_format": ".0f"}
_SLIDER |= {"continuous_update": False, "layout": {"width": "98%"}}


class StripBrowser:
    """A strip of ECG paper that can be moved along a recording.

    Displayed in a notebook, it has a slider for the time and buttons that go from beat to beat
    of a class. Executed without a reader, as by `ecgutils run`, the notebook keeps a picture.

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
    """

    def __init__(self, classified: Classified, start_s: float = 0.0) -> None:
        self._classified = classified
        self._last_start_s = max(0.0, classified.recording.duration - STRIP_S)
        self.move_to(start_s)

    def move_to(self, start_s: float) -> None:
        """Show the strip that begins at a time in seconds, or lies nearest to it."""
        self.start_s = float(np.clip(start_s, 0, self._last_start_s))
        self.marked: int | None = None

    def go_to_beat(self, name: str, backwards: bool = False) -> None:
        """Show the next beat of a class, or the one before; an EcgError if there is none."""
        beats = self._classified.beats
        times = beats["time_s"][beats["class"] == name]
        if times.empty:
            raise EcgError(f"{self._classified.recording.name}: no beat of class {name!r}")
        here = self.start_s if self.marked is None else beats["time_s"][self.marked]
        side, step = ("left", -1) if backwards else ("right", 0)
        # After the last comes the first.
        place = (times.searchsorted(here, side) + step) % len(times)
        self.move_to(times.iloc[place] - STRIP_S / 2)
        self.marked = int(times.index[place])

    def caption(self) -> str:
        """Say what the strip shows: its time, its lead and the classes of its beats."""
        beats = self._classified.beats
        within = beats["time_s"].between(self.start_s, self.start_s + STRIP_S)
        classes = " ".join(beats["class"][within]) or "no beats"
        shown = f"{clock(self.start_s)} to {clock(self.start_s + STRIP_S)}"
        _, leads, _ = strip_signal(self._classified.recording, self.start_s)
        return f"{shown}, lead{'s' * (len(leads) > 1)} {', '.join(leads)}: {classes}"

    def figure(self) -> Drawing:
        """Draw the strip, see :func:`ecgutils.plots.report.ecg_strip`."""
        recording = self._classified.recording
        start, _, signals = strip_signal(recording, self.start_s)
        marked = () if self.marked is None else (self.marked,)
        return ecg_strip(signals, recording.fs, start, self._classified.beats, marked)

    def controls(self) -> widgets.VBox:
        """Make the strip with its slider and its buttons."""
        counts = self._classified.beats["class"].value_counts()
        choices = {f"{name} ({counts[name]})": name for name in CLASSES if name in counts}
        wanted = widgets.Dropdown(options=choices, description="class")
        before = widgets.Button(description="beat before", icon="arrow-left")
        after = widgets.Button(description="next beat", icon="arrow-right")
        time = widgets.FloatSlider(self.start_s, max=self._last_start_s, **_SLIDER)
        strip, words = widgets.Image(format="svg+xml"), widgets.Label()
        controls = widgets.VBox([widgets.HBox([wanted, before, after]), time, strip, words])
        self._connect(controls)
        return controls

    def _connect(self, controls: widgets.VBox) -> None:
        """Show the strip, and let the buttons and the slider move it."""
        buttons, time, strip, words = controls.children
        wanted, before, after = buttons.children

        def show() -> None:
            strip.value, words.value = self.figure().svg().encode(), self.caption()

        def to_beat(button: widgets.Button) -> None:
            self.go_to_beat(wanted.value, backwards=button is before)
            time.value = self.start_s
            show()

        def to_time(change: dict) -> None:
            # A slider that was moved to a beat, to the step beside it, is not to move the strip.
            if abs(change["new"] - self.start_s) >= time.step:
                self.move_to(change["new"])
                show()

        before.on_click(to_beat)
        after.on_click(to_beat)
        time.observe(to_time, "value")
        show()

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Display the strip as a picture, with its controls where somebody can use them."""
        bundle = self.controls()._repr_mimebundle_() if _has_a_reader() else {}
        return bundle | {"image/svg+xml": self.figure().svg(), "text/plain": self.caption()}


def _has_a_reader() -> bool:
    """Tell whether a cell is executed for a reader, not for a file."""
    from IPython import get_ipython

    kernel = getattr(get_ipython(), "kernel", None)
    request = kernel.get_parent("shell") if kernel else {}
    # Whoever can be asked a question can move a slider.
    return bool(request.get("content", {}).get("allow_stdin"))
