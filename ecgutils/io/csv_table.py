"""Tables of text with one column a lead: CSV, TSV, PhysioNet's ``rdsamp -c``."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io import csv_layout, guards
from ecgutils.io.csv_layout import MINUS, MISSING, Layout
from ecgutils.io.csv_times import Gap, Times
from ecgutils.io.guards import MOST_MISSING, printable
from ecgutils.io.record import Record

if TYPE_CHECKING:
    import pandas as pd

# What is parsed at once, in characters: a few hundred thousand rows.
_BLOCK = 2**23
_MAX_LINE = 2**16

FS_TOLERANCE = 0.01
"""By how much, relatively, a sampling frequency that is given may differ from a file's own."""


def read_csv(
    path: str | Path,
    fs: float | None = None,
    leads: Sequence[str] = (),
    is_whole: bool = False,
) -> Record:
    """Read a table of text with one column a lead as float32.

    A rate `fs` counts before what the file says. Columns named `leads` are read whatever their
    names say. Rows may lack by their times, unless it has to be whole.
    """
    path = guards.file_inside(Path(path))
    # Numbers may be as large as they can be.
    with guards.errors_name(path), np.errstate(all="ignore"):
        layout = csv_layout.read_layout(path, leads)
        if layout.time is None and fs is None and layout.said.rate is None:
            why = layout.no_time or "no column gives the time in seconds or ms"
            raise EcgError(f"{why}; give the sampling frequency in Hz with --fs")
        p_signal, times = _read_signals(path, layout)
        fs, on_rate = _rate(fs, times, layout)
        gaps = times.gaps if times and _agree(fs, times.frequency(layout.samples)) else []
        if gaps and is_whole:
            raise EcgError(
                f"rows are missing before line {gaps[0].line}, and positions of beats count rows; "
                "write missing samples as empty cells"
            )
        leads = layout.leads[:1] if layout.samples > 1 else layout.leads
        names = [lead.name for lead in leads]
        declared = tuple(lead.is_declared for lead in leads)
        # Of a packet, samples lie in a row.
        p_signal = p_signal.reshape(-1, len(leads)) if layout.samples > 1 else p_signal
        on_units = guards.remarks_on_units(p_signal, fs, names, declared)
        p_signal = _with_gaps(p_signal, gaps, fs, layout.samples)
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=fs,
        sig_name=tuple(names),
        comments=layout.said.texts,
        remarks=(*on_rate, *_remarks_on_gaps(gaps), *layout.remarks, *on_units),
        unit_declared=declared,
        start=layout.start,
    )


def _rate(
    given: float | None, times: Times | None, layout: Layout
) -> tuple[float, tuple[str, ...]]:
    """Decide the sampling frequency, and say why: the given, the header's, or that of the times."""
    timed, said = times.frequency(layout.samples) if times else None, layout.said.rate
    sources = [] if said is None else [(said, f"line {layout.said.rate_line}")]
    if timed is not None:
        sources.append((timed, layout.time.name))
        # Where each row has its own time, it shows what the rows are, whatever was recorded.
        if said is not None and not _agree(said, timed) and layout.time.rows <= 1:
            sources.reverse()
    if given is None and not sources:
        advice = "give the sampling frequency in Hz with --fs"
        raise EcgError(f"the times in {layout.time.name} do not tell their rate; {advice}")
    if given is None and times and times.disorder:
        raise EcgError(f"{times.disorder}; sort them, or cut the recording there")
    if given is None:
        fs, source = sources[0]
        told, counts = [f"The sampling frequency, {fs:g} Hz, is that of {source}."], "counts"
    else:
        fs, told, counts = given, [], "was given"
    told += [
        f"The sampling frequency, {fs:g} Hz, {counts}; that of {name}, {rate:g} Hz, does not count."
        for rate, name in sources
        if not _agree(fs, rate)
    ]
    if layout.samples > 1:
        told.append(f"A row holds {layout.samples} samples, since the signal goes on in the next.")
    if times and times.disorder:
        told.append(f"Not heeded: {times.disorder}.")
    if times and times.clock_changes:
        told.append("The clock was changed by an hour, which is no gap.")
    return float(fs), tuple(told)


def _agree(fs: float, timed: float | None) -> bool:
    return timed is not None and abs(fs - timed) <= FS_TOLERANCE * timed


def _with_gaps(p_signal: np.ndarray, gaps: list[Gap], fs: float, samples: int) -> np.ndarray:
    """Put samples that are missing where rows lack by their times."""
    places = [(gap.row * samples, round(gap.seconds * fs)) for gap in gaps]
    worst = max(gaps, key=lambda gap: gap.seconds, default=None)
    if sum(length for _, length in places) > MOST_MISSING * len(p_signal):
        raise EcgError(
            f"{worst.seconds:.6g} s are missing before line {worst.line}; cut the recording there"
        )
    return guards.with_gaps(p_signal, places)


def _remarks_on_gaps(gaps: list[Gap]) -> tuple[str, ...]:
    """Say where rows lack."""
    if not gaps:
        return ()
    total, places = sum(gap.seconds for gap in gaps), "place" + "s" * (len(gaps) > 1)
    where = f"{len(gaps)} {places}, first before line {gaps[0].line}"
    return (f"By their times, rows of {total:.3g} s are missing at {where}: left as gaps.",)


def _read_signals(path: Path, layout: Layout) -> tuple[np.ndarray, Times | None]:
    """Return the leads in mV, shape (samples, leads), and the times."""
    rows = _most_rows(path, layout.columns)
    p_signal = guards.empty_signals(rows, len(layout.leads), np.float32)
    times = Times(layout.time) if layout.time else None
    row = 0
    with open(path, encoding=layout.encoding, errors="replace") as file:
        for line, text in _blocks(file, layout):
            columns = _parse_fast(text, layout) or _parse_strictly(text, line, layout)
            end = row + len(columns[0])
            if end > len(p_signal):
                raise EcgError("grows while it is read; wait until it is complete")
            block = p_signal[row:end]
            for k, lead in enumerate(layout.leads):
                block[:, k] = columns[lead.column] / lead.per_millivolt
            block[np.isinf(block)] = np.nan
            if times is not None:
                times.follow(row, columns, line)
            row = end
    return p_signal[:row], times


def _most_rows(path: Path, columns: int) -> int:
    """Return how many rows a file can hold, from its line ends and from its size."""
    ends, size = 1, 0
    with open(path, "rb") as file:
        while block := file.read(2**20):
            size += len(block)
            ends += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
    return min(ends, size // columns + 1)


def _blocks(file: TextIO, layout: Layout) -> Iterator[tuple[int, str]]:
    """Yield whole lines by the megabyte, with the number of the first of them."""
    for _ in range(layout.first_line - 1):
        file.readline()
    line = layout.first_line
    while text := file.read(_BLOCK):
        is_last = len(text) < _BLOCK
        text += file.readline(_MAX_LINE)
        if is_last:
            text = text.rstrip("\n")
        elif not text.endswith("\n") and len(text) == _BLOCK + _MAX_LINE:
            raise EcgError(f"line {line + text.count(chr(10))} does not end: not a table")
        rows = csv_layout.without_comments(text, layout.columns, layout.separator)
        if rows:
            yield line, rows.replace(MINUS, "-")
        line += text.count("\n")


def _parse_fast(text: str, layout: Layout) -> dict[int, np.ndarray] | None:
    """Return the columns by pandas, or None unless each line has as many as it should."""
    if layout.thousands:
        # pandas would take 1,2 for 12.
        return None
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
            _check_block(content, line, layout)
            raise EcgError(
                f"line {line} has {len(cells)} columns and those before have {layout.columns}; "
                "is the file complete?"
            )
        for i, cell in enumerate(cells):
            signs = layout.decimal, layout.thousands
            value = cell if dtypes[i] is object else csv_layout.number(cell, *signs)
            if value != value and not csv_layout.is_missing(cell):
                _check_block(content, line, layout)
                raise EcgError(f"line {line} holds {cell[:40]!r}, which is not a number")
            columns[i].append(value)
    return {i: np.array(columns[i], dtypes[i]) for i in columns}


def _check_block(content: str, line: int, layout: Layout) -> None:
    """Refuse a line that begins another block as the file itself begins."""
    own, top = (re.split("[:=,;\\t]", text.strip())[0] for text in (content, layout.top))
    if own == top and not csv_layout.NUMBER.fullmatch(own):
        raise EcgError(f"line {line} begins another block as line 1 does; cut the file there")
