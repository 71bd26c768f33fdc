"""How a table of text is laid out: separator, header, units and time column, from its start."""

import codecs
import csv
import math
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from datetime import time as clock_time
from itertools import product, takewhile
from pathlib import Path
from statistics import mode

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.channels import is_ecg_name
from ecgutils.io.csv_header import Said, is_note, key_and_value, read_notes
from ecgutils.io.csv_packets import packet_name
from ecgutils.io.csv_start import moment
from ecgutils.io.csv_times import (
    SECONDS,
    TimeColumn,
    clock_seconds,
    counts_rows,
    describe,
    is_date,
    is_time_name,
    unit_seconds,
)
from ecgutils.io.guards import may_be_voltage, per_millivolt, printable, remarks

# Enough for a thousand rows of a few columns; more, where rows share times in whole seconds.
_HEAD_BYTES, _LONG_HEAD_BYTES = 2**17, 2**22
_FEWEST_TIMES = 8
# Far more than leads; a table with a beat or a lead in each row has hundreds of columns.
_MAX_COLUMNS = 64
_MAX_NAME = 80

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
"""A number as cells hold it; a decimal comma is made a point first."""

# "1,234.5", "1'234" and "1.234.567": what parts thousands, in any number.
_GROUPED = re.compile(r"[+-]?\d{1,3}([,.'\u2019\xa0\u202f])\d{3}(\1\d{3})*([.,]\d+)?", re.ASCII)
_GROUPING_SIGNS = ",.'\u2019\xa0\u202f"

MINUS = "\N{MINUS SIGN}"
"""How some write the sign of a negative number; it is made a hyphen first."""

MISSING = (
    *("", "nan", "na", "n/a", "#n/a", "null", "none", "-", "--", "?"),
    *("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"),
)
"""What stands for a missing sample, in lower case; infinite numbers do too."""

# A missing value of a spreadsheet is none.
_COMMENT = re.compile(r"\s*#(?!n/a)", re.IGNORECASE)
# So many show how long rows are, whatever stands above them.
_FEW_ROWS = 100

_INDEX_NAMES = (
    "sample",
    "sample index",
    "sample no",
    "samples",
    "sample number",
    "index",
    "n",
    "row",
    "unnamed: 0",
)
_UNIT_IN_BRACKETS = re.compile(r"([^(\[{]*)[(\[{]\s*([^()\[\]{}]+)[)\]}]")
_UNIT_AT_END = re.compile(r"(.*[^\s_./-])[\s_./-]+([^\W\d_]{2,12}|[smhd])")


@dataclass(frozen=True)
class Lead:
    """A column that holds a lead; `unit` is empty if none is declared."""

    column: int
    name: str
    unit: str
    # How many mV a step of the converter is, where the header says so.
    step: float | None = None

    @property
    def is_declared(self) -> bool:
        """Whether it is known what the numbers mean in mV."""
        return bool(self.unit) or self.step is not None

    @property
    def per_millivolt(self) -> float:
        """How many of what is in the column make a millivolt; 1 where nobody says."""
        return 1 / self.step if self.step else per_millivolt(self.unit) or 1


@dataclass(frozen=True)
class Layout:
    """How a table is laid out; its data begin in line `first_line`, counted from 1."""

    encoding: str
    # None for any blanks.
    separator: str | None
    # The sign around cells, or empty.
    quote: str
    decimal: str
    # What parts thousands, or empty.
    thousands: str
    first_line: int
    # The first line of the file.
    top: str
    columns: int
    leads: tuple[Lead, ...]
    # How many samples of one lead a row holds, in as many `leads`; 1 where each is one.
    samples: int
    time: TimeColumn | None
    # Why no column gives the time, where that can be said.
    no_time: str
    said: Said
    start: datetime | clock_time | None
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    """The first rows of a column, of a lead or not, named as far as the headers name it."""

    column: int
    name: str
    unit: str
    cells: list[str]
    # The cells as numbers, shape (rows,), NaN for what is none.
    values: np.ndarray


def read_layout(path: Path, wanted: Sequence[str] = ()) -> Layout:
    """Find out how a table of text is laid out, or refuse what is not one with a column a lead.

    Columns whose names are `wanted` are leads, whatever their names say.
    """
    layout, is_sure = _layout(*_first_lines(path, _HEAD_BYTES), wanted)
    return layout if is_sure else _layout(*_first_lines(path, _LONG_HEAD_BYTES), wanted)[0]


@dataclass(frozen=True)
class _Table:
    """What the first lines hold: `rows` of cells, which begin in a line, below their headers."""

    separator: str | None
    quote: str
    headers: list[list[str]]
    rows: list[list[str]]
    first_line: int
    # The first line of all.
    top: str
    said: Said


def _layout(
    encoding: str, lines: list[str], is_all: bool, wanted: Sequence[str]
) -> tuple[Layout, bool]:
    """Return the layout by the first lines, and whether they are enough for its times."""
    table = _table([(i, line) for i, line in enumerate(lines, 1) if line.strip()])
    rows, said = table.rows, table.said
    signs = _signs(rows, table.separator, table.quote)
    columns = _columns(table.headers, rows, *signs)
    leads, left_open = _leads(columns, wanted)
    leads, samples = _as_packet(leads, columns, wanted)
    time, no_time = _time(columns, samples)
    leads, on_header = _with_said(leads, said)
    start = said.start or _start(columns, time)
    dialect = (encoding, table.separator, table.quote, *signs)
    place = (table.first_line, table.top, len(rows[0]))
    told = (said, start, (*on_header, *left_open))
    layout = Layout(*dialect, *place, leads, samples, time, no_time, *told)
    has_times = any(map(_is_time, columns))
    enough = time is not None and len(rows) >= _FEWEST_TIMES * time.rows
    return layout, is_all or not has_times or enough


def _table(numbered: list[tuple[int, str]]) -> _Table:
    """Divide numbered lines, none of which is empty, into notes, headers and rows."""
    separator, quote = _separator([line for _, line in numbered if not _COMMENT.match(line)])
    above = _comments(numbered, separator)
    own = [pair for pair in numbered[len(above) :] if not _COMMENT.match(pair[1])]
    if not own:
        raise EcgError("holds no data")
    rows = _uncommented([split(line, separator, quote) for _, line in own])
    start, first = _first_rows(rows)
    headers = _headers(own[: first + 1], rows[:start], len(rows[first]), separator)
    said = read_notes([*above, *own[: start - len(headers)]])
    headers = _titles(headers, said, above, rows[first], separator, quote)
    return _Table(separator, quote, headers, rows[first:], own[first][0], numbered[0][1], said)


def split(line: str, separator: str | None, quote: str) -> list[str]:
    """Return the cells of a line, without blanks and quotes around them."""
    if quote:
        options = {"delimiter": separator, "quotechar": quote, "skipinitialspace": True}
        # A quote that does not end stays, and its cell is no number.
        with suppress(csv.Error):
            cells = next(csv.reader([line.strip()], strict=True, **options), [])
            return [cell.strip() for cell in cells]
    return [cell.strip() for cell in line.split(separator)]


def without_comments(text: str, columns: int, separator: str | None) -> str:
    """Leave out lines of comment, and comments behind the last column, as LabChart writes them."""
    if "#" not in text:
        return text
    lines = [_without_comment(line, columns, separator) for line in text.split("\n")]
    return "\n".join(line for line in lines if line is not None)


def _uncommented(rows: list[list[str]]) -> list[list[str]]:
    """Leave out a comment that is one cell more than most rows have."""
    lengths = [len(cells) for cells in rows[-_FEW_ROWS:] if not _COMMENT.match(cells[-1])]
    usual = mode(lengths or [0])
    return [
        cells[:usual] if len(cells) == usual + 1 and _COMMENT.match(cells[-1]) else cells
        for cells in rows
    ]


def _without_comment(line: str, columns: int, separator: str | None) -> str | None:
    before, mark, comment = line.partition("#")
    if not mark or is_missing(mark + comment.strip()):
        return line
    if not before.strip():
        # Of one column, an empty line would be a missing sample.
        return "" if columns > 1 else None
    before = before.rstrip(" ").removesuffix(separator or " ")
    count = before.count(separator) + 1 if separator else len(before.split())
    return before if count == columns else line


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing sample."""
    return cell.casefold() in MISSING


def number(cell: str, decimal: str, thousands: str = "") -> float:
    """Return the number that a cell holds, or NaN."""
    if thousands and thousands in cell:
        match = _GROUPED.fullmatch(cell)
        cell = cell.replace(thousands, "") if match and match[1] == thousands else ""
    if decimal == ",":
        cell = cell.replace(".", "x").replace(",", ".")
    return float(cell) if NUMBER.fullmatch(cell) else math.nan


def _first_lines(path: Path, size: int) -> tuple[str, list[str], bool]:
    """Return the encoding, the first whole lines, and whether they are all of a file of text."""
    with open(path, "rb") as file:
        head = file.read(size)
        is_all = not file.read(1)
    if not head:
        raise EcgError("an empty file")
    encoding = _encoding(head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head).replace(MINUS, "-")
    if re.search(r"[\0-\x08\x0e-\x1f]", text):
        raise EcgError("not a table of text; is it a file of another kind?")
    lines = re.split(r"\r\n|\r|\n", text)
    if not is_all and len(lines) == 1:
        raise EcgError(f"a line of more than {size} bytes: not a table of numbers")
    return encoding, lines if is_all else lines[:-1], is_all


def _comments(numbered: Sequence[tuple[int, str]], separator: str | None) -> list[tuple[int, str]]:
    """Return the numbered comments above a table, without their marks."""
    marks = ("#", "%", "//") if separator == ";" else ("#", "%", "//", ";")
    above = takewhile(lambda pair: pair[1].lstrip().startswith(marks), numbered)
    return [(number, line.strip("#%/; \t")) for number, line in above]


def _encoding(head: bytes) -> str:
    """Return the encoding of a text that begins so; a spreadsheet marks some by their start."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    with suppress(UnicodeDecodeError):
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8-sig"
    return "latin-1"


def _separator(lines: list[str]) -> tuple[str | None, str]:
    """Return what stands between columns, and what around cells."""
    quote = next((sign for sign in "\"'" if any(sign in line for line in lines)), "")
    # A header may hold any separator.
    lines = lines[2:] or lines[1:] or lines
    lines = lines[len(lines) // 2 :]
    for separator in "\t;,":
        if all(separator in line for line in lines):
            return separator, quote
    if any(len(line.split()) > 1 for line in lines):
        return None, ""
    return ",", quote


def _first_rows(rows: list[list[str]]) -> tuple[int, int]:
    """Return how many rows the header has, and the first row of the data."""
    kinds = [_is_data(cell) for cell in rows[-1]]
    start = next((i for i, cells in enumerate(rows) if _is_data_row(cells, kinds)), None)
    if start is None:
        raise EcgError("a header without data")
    while (
        start and len(rows[start - 1]) == len(rows[start]) and all(map(is_missing, rows[start - 1]))
    ):
        start -= 1
    # BIOPAC puts the number of samples into the first row, where the time is left empty.
    below = rows[start + 1 : start + 11]
    counts = len(below) == 10 and is_missing(rows[start][0]) and len(rows[start]) > 1
    is_count = counts and not any(is_missing(cells[0]) for cells in below if cells)
    return start, start + is_count


def _is_data_row(cells: list[str], kinds: list[bool]) -> bool:
    """Whether a row holds numbers, beside which there may be text where the last row has it."""
    own = [_is_data(cell) for cell in cells]
    return (all(own) or own == kinds) and any(_is_data(c) and not is_missing(c) for c in cells)


def _headers(
    numbered: Sequence[tuple[int, str]], rows: list[list[str]], count: int, separator: str | None
) -> list[list[str]]:
    """Return the names of the `count` columns, and their units, if the rows above them are such."""
    lines = numbered[: len(rows)]
    is_second = len(rows) > 1 and _are_units(rows[-1])
    depth = 2 if is_second and (len(rows[-1]) == count or not key_and_value(lines[-1][1])) else 1
    header, lines = rows[-depth:], lines[-depth:]
    may_be_note = count == 1 or not header or len(header[0]) != count
    if not header or (may_be_note and is_note(lines[0][1])):
        return []
    if separator is None and len(header[0]) != count:
        # Between names of several words stand several blanks.
        header[0] = re.split(r"\s{2,}|\t", lines[0][1].strip())
    is_pair = key_and_value(lines[0][1]) and (len(header[0]) == 2 or re.search("[:=]", lines[0][1]))
    if len(header[0]) != count and (is_pair or len(header[0]) == 1):
        return []
    for (line, _), cells in zip(lines, header, strict=True):
        if len(cells) != count:
            counts = f"{len(cells)} columns and line {numbered[-1][0]} has {count}"
            raise EcgError(f"line {line} has {counts}")
    return [] if count > 1 and header[0][0].endswith(("=", ":")) else header


def _titles(
    headers: list[list[str]],
    said: Said,
    comments: Sequence[tuple[int, str]],
    cells: list[str],
    separator: str | None,
    quote: str,
) -> list[list[str]]:
    """Return the headers, or names of all columns that stand in the notes or the last comment."""
    count = len(cells)
    # The names may leave out the time before them, and an empty column at the end.
    ends = (1, 0) if not cells[-1] else (0, 1)
    for channels in (said.channels, () if headers else said.labels):
        for after, before in product(ends, (0, 1)):
            if channels and len(channels) + before + after == count > 1:
                first = [headers[0][0] if headers else "time"] * before
                names, units = zip(*channels, strict=True)
                last = [""] * after
                return [[*first, *names, *last], [*[""] * before, *units, *last]]
    if headers:
        return headers
    names = split(comments[-1][1], separator, quote) if comments else []
    known = any(is_time_name(name) or is_ecg_name(name) for name in names)
    return [names] if known and len(names) == count > 1 else []


def _is_data(cell: str) -> bool:
    """Whether a cell may stand among the data, and not in a header."""
    is_number = NUMBER.fullmatch(cell.replace(",", ".")) is not None
    is_time = is_date(cell) or not math.isnan(clock_seconds(cell))
    return is_missing(cell) or is_number or is_time or _GROUPED.fullmatch(cell) is not None


def _are_units(cells: list[str]) -> bool:
    """Whether a row is a second header, of units."""
    bare = [cell.strip("()[] ").casefold() for cell in cells]
    known = [per_millivolt(unit) or unit in SECONDS or "mm:ss" in unit for unit in bare]
    return any(known) and not any(NUMBER.fullmatch(cell) for cell in cells)


def _has_decimal_comma(rows: list[list[str]]) -> bool:
    pattern = re.compile(r"[+-]?\d*,\d+(e[+-]?\d+)?", re.IGNORECASE)
    return any(pattern.fullmatch(cell) for row in rows for cell in row)


def _signs(rows: list[list[str]], separator: str | None, quote: str) -> tuple[str, str]:
    """Return the decimal sign, and what parts thousands."""
    thousands = _thousands(rows)
    may_be_comma = thousands != "," and (separator != "," or quote)
    return ("," if may_be_comma and _has_decimal_comma(rows) else "."), thousands


def _thousands(rows: list[list[str]]) -> str:
    """Return what parts thousands: numbers below a thousand stand in the same column without it."""
    columns = [*zip(*(cells for cells in rows if len(cells) == len(rows[0])), strict=True)]
    for sign in _GROUPING_SIGNS:
        own = (cell for cells in columns for cell in cells if sign in cell and _is_data(cell))
        is_every = all(_parts(sign, cell) for cell in own)
        if is_every and any(_has_thousands(sign, cells) for cells in columns):
            return sign
    return ""


def _parts(sign: str, cell: str) -> bool:
    match = _GROUPED.fullmatch(cell)
    return bool(match) and match[1] == sign and not cell.lstrip("+-").startswith("0")


def _has_thousands(sign: str, cells: Sequence[str]) -> bool:
    """Whether a sign parts thousands in a column, and is no decimal one, for which it may stand."""
    own = [cell for cell in cells if sign in cell and _is_data(cell)]
    is_certain = sign not in ",." or any(_GROUPED.fullmatch(c)[3] or c.count(sign) > 1 for c in own)
    return bool(own) and (is_certain or any(re.fullmatch(r"[+-]?[1-9]\d\d", c) for c in cells))


def _columns(
    headers: list[list[str]], rows: list[list[str]], decimal: str, thousands: str
) -> list[_Column]:
    """Return the columns, but for an empty one where lines end with a separator."""
    count = len(rows[0])
    if count > _MAX_COLUMNS:
        raise EcgError(
            f"{count} columns, and each should be a lead; "
            "if each row is one, exchange rows and columns"
        )
    titles, units = (*headers, [""] * count, [""] * count)[:2]
    columns = []
    for i, title in enumerate(titles):
        name, unit = _name_and_unit(title)
        unit = units[i].strip("()[] ") or unit
        cells = [row[i] if i < len(row) else "" for row in rows]
        is_last = i == count - 1 and len(rows) > 1
        if (headers or is_last) and not name and count > 1 and not any(cells):
            continue
        values = np.array([number(cell, decimal, thousands) for cell in cells])
        cells = [cell.replace(thousands, "") for cell in cells] if thousands else cells
        values[np.isinf(values)] = np.nan
        columns.append(_Column(i, name, unit, cells, values))
    return columns


def _time(columns: list[_Column], samples: int) -> tuple[TimeColumn | None, str]:
    """Return the times that most rows have of their own, or None and why."""
    described = [
        describe(column.column, column.name, column.unit, column.cells, column.values, samples)
        for column in columns
        if _is_time(column)
    ]
    times = [time for time in described if isinstance(time, TimeColumn)]
    if times:
        time = min(times, key=lambda time: time.rows)
        dates = [column.column for column in columns if _holds(column, is_date)]
        return (replace(time, dates=dates[0]) if time.is_clock and dates else time), ""
    complaints = [complaint for complaint in described if complaint]
    return None, complaints[0] if complaints else _counted(columns)


def _start(columns: list[_Column], time: TimeColumn | None) -> datetime | clock_time | None:
    """Return when the first row was by the clock, where times are no numbers since the start."""
    if time is None or not time.is_clock:
        return None
    cells = {column.column: column.cells[0] for column in columns}
    start = moment(f"{cells.get(time.dates, '')} {cells[time.column]}")
    # In the first hour, it may be the time since the start.
    return start if isinstance(start, datetime) or (start and start.hour) else None


def _counted(columns: list[_Column]) -> str:
    """Say that an index is none of times, if its steps could be milliseconds."""
    first = columns[0]
    if first.column or not counts_rows(first.values) or first.values[1] - first.values[0] == 1:
        return ""
    name = f"the column {first.name!r}" if first.name else "the first column"
    return f"{name} counts {', '.join(first.cells[:3])}, ...: rows, or milliseconds"


def _leads(columns: list[_Column], wanted: Sequence[str]) -> tuple[tuple[Lead, ...], list[str]]:
    """Return the leads, and remarks on the columns that are none."""
    asked = {name.casefold() for name in wanted}
    leads, texts, others, quantities, counters = [], [], [], [], []
    for column in columns:
        name = column.name or f"lead {len(leads) + 1}"
        if _is_time(column) or _holds(column, is_date) or _is_index(column):
            continue
        if _holds(column, _is_text):
            texts.append(name)
        elif not may_be_voltage(column.unit):
            quantities.append(name)
        elif name.casefold() not in asked and is_ecg_name(name) is False:
            others.append(name)
        elif counts_rows(column.values):
            counters.append(name)
        else:
            known = column.unit if per_millivolt(column.unit) else ""
            leads.append(Lead(column.column, name, known))
    if not leads:
        misnamed = f"; if {' or '.join(others[:8])} is one, name it with --lead" if others else ""
        raise EcgError(f"no column holds a lead: a column of numbers in mV is needed{misnamed}")
    return tuple(leads), remarks(
        ("Left out, because they are no voltages: {}.", quantities),
        ("Left out, because their names are not those of ECG leads: {}.", others),
        ("Left out, because they count: {}.", counters),
        ("Left out, because they hold text: {}.", texts),
    )


def _as_packet(
    leads: tuple[Lead, ...], columns: list[_Column], wanted: Sequence[str]
) -> tuple[tuple[Lead, ...], int]:
    """Give one name to columns that are samples of one lead, and return how many samples."""
    asked = {name.casefold() for name in wanted}
    values = [column.values for lead in leads for column in columns if column.column == lead.column]
    name = packet_name([lead.name for lead in leads], np.column_stack(values))
    is_one = len({(lead.unit, lead.step) for lead in leads}) == 1
    if name is None or not is_one or any(lead.name.casefold() in asked for lead in leads):
        return leads, 1
    name = name if is_ecg_name(name) else "lead 1"
    return tuple(replace(lead, name=name) for lead in leads), len(leads)


def _with_said(leads: tuple[Lead, ...], said: Said) -> tuple[tuple[Lead, ...], tuple[str, ...]]:
    """Give leads the units and the names that the notes have for them; and remarks."""
    units = said.units if len(said.units) == len(leads) else said.units[:1] * len(leads)
    if len(set(said.units)) > 1 and len(said.units) != len(leads):
        units = ()
    if not any(lead.unit for lead in leads) and units:
        known = [unit if per_millivolt(unit) else "" for unit in units]
        leads = tuple(replace(lead, unit=unit) for lead, unit in zip(leads, known, strict=True))
    else:
        units = ()
    steps = []
    if said.step and not any(lead.unit for lead in leads):
        leads = tuple(replace(lead, step=said.step) for lead in leads)
        steps = [f"{1000 * said.step:g} µV"]
    name = said.lead or (said.labels[0][0] if len(said.labels) == 1 else "")
    if len(leads) == 1 and name and not is_ecg_name(leads[0].name):
        leads = (replace(leads[0], name=printable(name)[:_MAX_NAME]),)
    return leads, remarks(
        ("The unit is that of the header: {}.", tuple(dict.fromkeys(units))),
        ("The resolution is that of the header: {} a step.", steps),
    )


def _is_index(column: _Column) -> bool:
    """Whether a column numbers the rows, by its name, or as the first without a name."""
    if _plain(column.name) in _INDEX_NAMES:
        return bool(np.all(np.diff(column.values) > 0)) or counts_rows(column.values)
    return not column.name and column.column == 0 and counts_rows(column.values)


def _holds(column: _Column, kind: Callable[[str], bool]) -> bool:
    """Whether most of a column's cells are of a kind; from fewer than three, nothing is known."""
    filled = [cell for cell in column.cells[:1000] if not is_missing(cell)]
    count = sum(map(kind, filled))
    return count >= 3 and count > len(filled) / 2


def _is_text(cell: str) -> bool:
    return not _is_data(cell)


def _name_and_unit(title: str) -> tuple[str, str]:
    """Divide a column's title, such as "MLII (mV)" or "ecg_uV"."""
    title = printable(title)[:_MAX_NAME]
    in_brackets = _UNIT_IN_BRACKETS.fullmatch(title)
    match = in_brackets or _UNIT_AT_END.fullmatch(title)
    if match:
        name, unit = match[1].strip(" _"), match[2].strip()
        is_time = unit_seconds(unit) is not None and is_time_name(name)
        if is_time or per_millivolt(unit) or (in_brackets and not may_be_voltage(unit)):
            return name, unit
    return (title, title) if title.casefold() in SECONDS else (title, "")


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").strip(" #")


def _is_time(column: _Column) -> bool:
    """Whether a column holds times: by its form, by its name, or, as the first, by rising."""
    filled = [cell for cell in column.cells if not is_missing(cell)][:20]
    if filled and not any(math.isnan(clock_seconds(cell)) for cell in filled):
        return True
    if is_time_name(column.name):
        return not _holds(column, is_date) and not _holds(column, _is_text)
    may_be_time = column.column == 0 and not is_ecg_name(column.name)
    return may_be_time and _rises(column.values) and not counts_rows(column.values)


def _rises(values: np.ndarray) -> bool:
    """Whether numbers only go up, as times do even if rounded: no ECG does for ten samples."""
    steps = np.diff(values[np.isfinite(values)])
    return len(steps) >= 10 and bool(np.all(steps >= 0)) and np.mean(steps > 0) > 0.1
