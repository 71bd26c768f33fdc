"""Tables of text with one column a lead: CSV, TSV, PhysioNet's ``rdsamp -c``."""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io import csv_layout, guards
from ecgutils.io.csv_layout import MISSING, Layout, Lead, TimeColumn, clock_seconds
from ecgutils.io.guards import per_millivolt, printable
from ecgutils.io.record import Record

if TYPE_CHECKING:
    import pandas as pd

# What is parsed at once, in characters: a few hundred thousand rows.
_BLOCK = 2**23
_MAX_LINE = 2**16
# Of times of day, which are slow to parse, one row in so many is looked at.
_CLOCK_STRIDE = 64
# No second of surface ECG spans so much, mV; the QRS complex has a few.
_IMPOSSIBLE_SPAN = 20

FS_TOLERANCE = 0.01
"""By how much, relatively, a sampling frequency that is given may differ from a file's own."""


def read_csv(path: str | Path, fs: float | None = None) -> Record:
    """Read a table of text with one column a lead as float32; `fs` counts where no column does."""
    path = guards.file_inside(Path(path))
    with guards.errors_name(path):
        layout = csv_layout.read_layout(path)
        if layout.time is None and fs is None:
            advice = "give the sampling frequency in Hz with --fs"
            raise EcgError(f"no column gives the time in seconds or ms; {advice}")
        with np.errstate(all="ignore"):
            p_signal, timed_fs = _read_signals(path, layout)
    left_open = layout.remarks + _remarks_on_units(p_signal, layout.leads, timed_fs or fs)
    if timed_fs is not None and (fs is None or abs(fs - timed_fs) > FS_TOLERANCE * timed_fs):
        fs = timed_fs
        source = f"The sampling frequency, {fs:g} Hz, is that of {layout.time.name}."
        left_open = (source, *left_open)
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=float(fs),
        sig_name=tuple(lead.name for lead in layout.leads),
        comments=layout.comments,
        remarks=left_open,
        unit_declared=tuple(bool(lead.unit) for lead in layout.leads),
    )


def _read_signals(path: Path, layout: Layout) -> tuple[np.ndarray, float | None]:
    """Return the leads in mV, shape (samples, leads), and the frequency that the times give."""
    rows = _most_rows(path, layout.columns)
    p_signal = guards.empty_signals(rows, len(layout.leads), np.float32)
    times = _Times(layout.time) if layout.time else None
    row = 0
    with open(path, encoding=layout.encoding, errors="replace") as file:
        for line, text in _blocks(file, layout.first_line):
            columns = _parse_fast(text, layout) or _parse_strictly(text, line, layout)
            end = row + len(columns[0])
            if end > len(p_signal):
                raise EcgError("grows while it is read; wait until it is complete")
            block = p_signal[row:end]
            for k, lead in enumerate(layout.leads):
                block[:, k] = columns[lead.column] / (per_millivolt(lead.unit) or 1)
            block[np.isinf(block)] = np.nan
            if times is not None:
                times.follow(row, columns[layout.time.column], line)
            row = end
    return p_signal[:row], None if times is None else times.frequency()


def _most_rows(path: Path, columns: int) -> int:
    """Return how many rows a file can hold, from its line ends and from its size."""
    ends, size = 1, 0
    with open(path, "rb") as file:
        while block := file.read(2**20):
            size += len(block)
            ends += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
    return min(ends, size // columns + 1)


def _blocks(file: TextIO, first_line: int) -> Iterator[tuple[int, str]]:
    """Yield whole lines by the megabyte, with the number of the first of them."""
    for _ in range(first_line - 1):
        file.readline()
    line = first_line
    while text := file.read(_BLOCK):
        is_last = len(text) < _BLOCK
        text += file.readline(_MAX_LINE)
        if is_last:
            text = text.rstrip("\n")
        elif not text.endswith("\n") and len(text) == _BLOCK + _MAX_LINE:
            raise EcgError(f"line {line + text.count(chr(10))} does not end: not a table")
        if text:
            yield line, text
        line += text.count("\n")


def _parse_fast(text: str, layout: Layout) -> dict[int, np.ndarray] | None:
    """Return the columns by pandas, or None unless each line has as many as it should."""
    # Whatever an error is, reading line by line finds where.
    with suppress(ValueError, OverflowError):
        frame = _by_pandas(text, layout)
        # pandas fills short lines up. Where blanks separate, none of the cells can be empty.
        if layout.separator is None:
            is_whole = not frame.iloc[:, -1].isna().any()
        else:
            is_whole = text.count(layout.separator) == len(frame) * (layout.columns - 1)
        if is_whole and frame.shape[1] == layout.columns:
            return {i: frame[i].to_numpy() for i in frame}
    return None


def _by_pandas(text: str, layout: Layout) -> "pd.DataFrame":
    import pandas as pd

    return pd.read_csv(
        io.StringIO(text),
        sep=layout.separator or r"\s+",
        header=None,
        dtype={i: _dtype(i, layout) for i in range(layout.columns)},
        na_values=[*MISSING, *map(str.upper, MISSING), *map(str.title, MISSING), "NaN"],
        keep_default_na=False,
        decimal=layout.decimal,
        quotechar=layout.quote or '"',
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
        skipinitialspace=True,
        # Of one column, an empty line is a missing sample.
        skip_blank_lines=layout.columns > 1,
    )


def _dtype(column: int, layout: Layout) -> type:
    """Return what a column is read as; text, if it is neither a lead nor a time in numbers."""
    if any(lead.column == column for lead in layout.leads):
        return np.float32
    is_number = layout.time and layout.time.column == column and not layout.time.is_clock
    return np.float64 if is_number else object


def _parse_strictly(text: str, first_line: int, layout: Layout) -> dict[int, np.ndarray]:
    """Return the columns, or refuse the first line that is not as it should be."""
    columns: dict[int, list] = {i: [] for i in range(layout.columns)}
    dtypes = [_dtype(i, layout) for i in columns]
    for line, content in enumerate(text.removesuffix("\n").split("\n"), first_line):
        if not content.strip(" ") and layout.columns > 1:
            continue
        cells = csv_layout.split(content, layout.separator, layout.quote) or [""]
        if len(cells) != layout.columns:
            raise EcgError(
                f"line {line} has {len(cells)} columns and those before have {layout.columns}; "
                "is the file complete?"
            )
        for i, cell in enumerate(cells):
            value = cell if dtypes[i] is object else csv_layout.number(cell, layout.decimal)
            if value != value and not csv_layout.is_missing(cell):
                raise EcgError(f"line {line} holds {cell[:40]!r}, which is not a number")
            columns[i].append(value)
    return {i: np.array(columns[i], dtypes[i]) for i in columns}


class _Times:
    """The times of all rows: whether they leave a gap, and their sampling frequency."""

    def __init__(self, time: TimeColumn) -> None:
        self._time = time
        # Of the first and of the last row that have a time: their rows, and their seconds.
        self._ends = np.empty((2, 0))
        # In samples: what rounding the times, and the step with it, can amount to.
        self._slack = 1.5 + 2 * time.resolution / time.step

    def follow(self, row: int, cells: np.ndarray, line: int) -> None:
        """Take in the next rows' times; refuse them if they leave a gap, or go back."""
        stride = _CLOCK_STRIDE if self._time.is_clock else 1
        if self._time.is_clock:
            seconds = np.array([clock_seconds(str(cell)) for cell in cells[::stride]])
        else:
            seconds = cells * self._time.unit
        known = np.flatnonzero(np.isfinite(seconds))
        if not len(known):
            return
        rows = np.r_[self._ends[0, -1:], row + known * stride]
        seconds = np.r_[self._ends[1, -1:], seconds[known]]
        if self._time.is_clock:
            # Past midnight.
            seconds = np.unwrap(seconds, period=86_400)
        steps = np.diff(seconds)
        wrong = (steps < 0) | (steps / self._time.step - np.diff(rows) > self._slack)
        if wrong.any():
            i = int(np.argmax(wrong))
            raise EcgError(
                f"up to line {line + rows[i + 1] - row:.0f}, {self._time.name} goes from "
                f"{seconds[i]:.10g} to {seconds[i + 1]:.10g} s: rows are missing or not in "
                "order; write missing samples as empty cells, or cut the recording there"
            )
        self._ends = np.hstack([self._ends[:, :1], [rows, seconds]])[:, [0, -1]]

    def frequency(self) -> float:
        """Return the sampling frequency in Hz: a whole number, if the times allow it."""
        rows, seconds = np.ptp(self._ends, axis=1) if self._ends.size else (0, 0)
        fs = rows / seconds if seconds > 0 else 1 / self._time.step
        return float(round(fs)) if abs(fs - round(fs)) / fs * rows <= self._slack else fs


def _remarks_on_units(p_signal: np.ndarray, leads: tuple[Lead, ...], fs: float) -> tuple[str, ...]:
    """Return remarks on leads without a unit."""
    undeclared = [k for k, lead in enumerate(leads) if not lead.unit]
    span = max((_typical_span(p_signal[:, k], fs) for k in undeclared), default=0)
    names = [leads[k].name for k in undeclared]
    sentences = guards.remarks(("The units of {} are not declared: taken as mV.", names))
    if span > _IMPOSSIBLE_SPAN:
        sentences += (
            f"A typical second spans {span:.4g} mV, which no ECG does: the numbers look like µV or "
            "the raw steps of a converter. Heights in mV mean nothing then; the classes do not "
            "depend on them.",
        )
    return sentences


def _typical_span(signal: np.ndarray, fs: float) -> float:
    """Return the median over seconds of the distance from lowest to highest sample; 0 of none."""
    second = max(1, min(len(signal), round(fs)))
    seconds = signal[: len(signal) // second * second].reshape(-1, second)
    spans = np.fmax.reduce(seconds, axis=1) - np.fmin.reduce(seconds, axis=1)
    return float(np.median(spans[np.isfinite(spans)])) if np.isfinite(spans).any() else 0.0
