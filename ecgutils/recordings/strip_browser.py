"""Leafing through a classified recording in a notebook, seven seconds at a time.

Where nobody sits in front of the notebook, or where it is read as a page, the browser is the
picture of the strip it stands at.
"""

import base64
import io
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.aami import CLASSES
from ecgutils.errors import EcgError
from ecgutils.recordings.classified import Classified

if TYPE_CHECKING:
    import ipywidgets
    from matplotlib.figure import Figure

DOTS_PER_INCH = 110
"""Resolution of the picture, about 800 points across."""


class StripBrowser:
    """A strip of ECG paper that can be moved along a recording.

    Displayed in a notebook, it has a slider for the time and buttons that go from beat to beat
    of a class. A notebook that is executed without a reader, by `ecgutils run` for example,
    keeps a picture.

    Parameters
    ----------
    classified : Classified
    start_s : float
        Where the strip begins, in seconds.
    """

    def __init__(self, classified: Classified, start_s: float = 0.0) -> None:
        self._classified = classified
        self._marked: int | None = None
        self._start_s = 0.0
        self.move_to(start_s)

    @property
    def start_s(self) -> float:
        """Where the strip begins, in seconds."""
        return self._start_s

    @property
    def marked(self) -> int | None:
        """Position in the table of beats of the one that was asked for; None after a move."""
        return self._marked

    @property
    def last_start_s(self) -> float:
        """Where the last strip of the recording begins, in seconds."""
        from ecgutils.plots.report import STRIP_S

        return max(0.0, self._classified.recording.duration - STRIP_S)

    def move_to(self, start_s: float) -> None:
        """Show the strip that begins at a time.

        Parameters
        ----------
        start_s : float
            In seconds; what lies outside the recording is moved into it.
        """
        self._start_s = float(np.clip(start_s, 0, self.last_start_s))
        self._marked = None

    def go_to_beat(self, name: str, backwards: bool = False) -> None:
        """Show the next beat of a class, in the middle of the strip.

        Parameters
        ----------
        name : str
            The class.
        backwards : bool
            Show the one before instead. After the last comes the first.

        Raises
        ------
        EcgError
            If no beat has this class.
        """
        from ecgutils.plots.report import STRIP_S

        time = self._classified.beats["time_s"].to_numpy()
        of_class = np.flatnonzero(self._classified.beats["class"] == name)
        if not len(of_class):
            raise EcgError(f"{self._classified.recording.name}: no beat of class {name!r}")
        here = self._start_s if self._marked is None else time[self._marked]
        if backwards:
            beat = int(of_class[np.searchsorted(time[of_class], here) - 1])
        else:
            after = np.searchsorted(time[of_class], here, side="right")
            beat = int(of_class[after % len(of_class)])
        self.move_to(time[beat] - STRIP_S / 2)
        self._marked = beat

    def caption(self) -> str:
        """Say what the strip shows.

        Returns
        -------
        str
        """
        from ecgutils.plots.report import STRIP_S, clock

        beats = self._classified.beats
        within = beats["time_s"].between(self._start_s, self._start_s + STRIP_S)
        classes = " ".join(beats["class"][within]) or "no beats"
        shown = f"{clock(self._start_s)} to {clock(self._start_s + STRIP_S)}"
        return f"{shown}, lead {self._signal()[0]}: {classes}"

    def figure(self) -> "Figure":
        """Draw the strip.

        Returns
        -------
        matplotlib.figure.Figure
            See :func:`ecgutils.plots.report.ecg_strip`.
        """
        from matplotlib import style

        from ecgutils.plots.report import ecg_strip

        fs, (_, signal) = self._classified.recording.fs, self._signal()
        start = round(self._start_s * fs) / fs
        marked = () if self._marked is None else (self._marked,)
        # Paper is true to scale, whatever layout a notebook has chosen for its own figures.
        with style.context("default"):
            return ecg_strip(signal, fs, start, self._classified.beats, marked)

    def controls(self) -> "ipywidgets.VBox":
        """Make the strip with its slider and its buttons.

        Returns
        -------
        ipywidgets.VBox
        """
        import ipywidgets as widgets

        counts = self._classified.beats["class"].value_counts()
        choices = {f"{name} ({counts[name]})": name for name in CLASSES if name in counts}
        wanted = widgets.Dropdown(options=choices, description="class")
        before = widgets.Button(description="beat before", icon="arrow-left")
        after = widgets.Button(description="next beat", icon="arrow-right")
        time = widgets.FloatSlider(
            description="seconds",
            max=self.last_start_s,
            value=self._start_s,
            step=1,
            readout_format=".0f",
            continuous_update=False,
            layout={"width": "98%"},
        )
        strip, words = widgets.Image(format="png"), widgets.Label()

        def show() -> None:
            strip.value, words.value = self._png(), self.caption()

        def to_beat(backwards: bool) -> None:
            self.go_to_beat(wanted.value, backwards)
            time.value = self._start_s
            show()

        def to_time(start_s: float) -> None:
            # A slider that was moved to a beat, to the step beside it, is not to move the strip.
            if abs(start_s - self._start_s) >= time.step:
                self.move_to(start_s)
                show()

        before.on_click(lambda _: to_beat(backwards=True))
        after.on_click(lambda _: to_beat(backwards=False))
        time.observe(lambda change: to_time(change["new"]), "value")
        show()
        return widgets.VBox([widgets.HBox([wanted, before, after]), time, strip, words])

    def _signal(self) -> tuple[str, np.ndarray]:
        """Name and samples of the main lead, or of the other where only that has a signal."""
        from ecgutils.plots.report import STRIP_S

        recording = self._classified.recording
        first = round(self._start_s * recording.fs)
        leads = recording.p_signal[first : first + round(STRIP_S * recording.fs)]
        lead = int(np.isnan(leads).sum(axis=0).argmin())
        signal = leads[:, lead].astype(float)
        known = signal[~np.isnan(signal)]
        return recording.sig_name[lead], signal - (np.median(known) if len(known) else 0)

    def _png(self) -> bytes:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        figure, content = self.figure(), io.BytesIO()
        figure.set_dpi(DOTS_PER_INCH)
        FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
        return content.getvalue()

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        """Display the strip: with its controls where somebody can use them, and as a picture."""
        bundle = self.controls()._repr_mimebundle_() if _somebody_is_there() else {}
        picture = base64.b64encode(self._png()).decode("ascii")
        return bundle | {"image/png": picture, "text/plain": self.caption()}


def _somebody_is_there() -> bool:
    """Tell whether a cell is executed for a reader, not for a file."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return False
    # Whoever can be asked a question can move a slider.
    request = shell.kernel.get_parent("shell")
    return bool(request.get("content", {}).get("allow_stdin"))
