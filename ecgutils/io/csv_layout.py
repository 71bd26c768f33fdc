"""How a table of text is laid out: separator, header, units and time column, from its start."""

import codecs
import csv
import math
import re
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.guards import may_be_voltage, per_millivolt, printable, remarks

# Enough for a thousand rows of a few columns; from fewer, a rounded time is too coarse.
_HEAD_BYTES = 2**17
# Far more than leads; a table with a beat or a lead in each row has hundreds of columns.
_MAX_COLUMNS = 64
_MAX_NAME = 80
# Between two samples, in seconds; so far from an ECG that the numbers are something else.
_SHORTEST_STEP, _LONGEST_STEP = 1e-6, 10

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
"""A number as cells hold it; a decimal comma is made a point first."""

MISSING = (
    *("", "nan", "na", "n/a", "#n/a", "null", "none", "-", "--", "?"),
    *("inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"),
)
"""What stands for a missing sample, in lower case; infinite numbers do too."""

_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
# Of the day or since the start: 12:30:00.004, 0:00.004, with a date before or after it.
_CLOCK = re.compile(
    rf"\[?\s*(?:{_DATE}[T\s]\s*)?(?:(\d{{1,4}}):)?(\d{{1,5}}):(\d{{1,2}}(?:[.,]\d{{1,9}})?)"
    rf"(?:Z|[+-]\d\d:?\d\d)?(?:\s+{_DATE})?\s*\]?",
    re.ASCII,
)

_FRACTION = re.compile(r"[+-]?\d*(?:[.,](\d*))?")
_CLOCK_FRACTION = re.compile(r":\d{1,2}(?![\d:])(?:[.,](\d{1,9}))?")

_TIME_NAMES = ("time", "t", "elapsed time", "elapsed", "timestamp", "datetime", "date time", "zeit")
_INDEX_NAMES = ("sample", "samples", "sample number", "index", "n", "row", "unnamed: 0")
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanosecond", "nanoseconds"), 1e-9),
}
_UNIT_IN_BRACKETS = re.compile(r"([^(\[{]*)[(\[{]\s*([^()\[\]{}]+)[)\]}]")
_UNIT_AT_END = re.compile(r"(.*[^\s_./-])[\s_./-]+([munµμ]v|[munµμ]?s|sec|seconds)", re.IGNORECASE)


@dataclass(frozen=True)
class Lead:
    """A column that holds a lead; `unit` is empty if none is declared."""

    column: int
    name: str
    unit: str


@dataclass(frozen=True)
class TimeColumn:
    """A column that holds the time, as its first rows have it."""

    column: int
    # For messages: its name, or "the first column".
    name: str
    # Whether it holds times of day; else it holds numbers, and `unit` is their unit in seconds.
    is_clock: bool
    unit: float
    # Seconds a row, and seconds to which the times are rounded.
    step: float
    resolution: float


@dataclass(frozen=True)
class Layout:
    """How a table is laid out; its data begin in line `first_line`, counted from 1."""

    encoding: str
    # None for any blanks.
    separator: str | None
    # The sign around cells, or empty.
    quote: str
    decimal: str
    first_line: int
    columns: int
    leads: tuple[Lead, ...]
    time: TimeColumn | None
    comments: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Column(Lead):
    """The first rows of a column, of a lead or not, named as far as the headers name it."""

    cells: list[str]
    # The cells as numbers, shape (rows,), NaN for what is none.
    values: np.ndarray


def read_layout(path: Path) -> Layout:
    """Find out how a table of text is laid out, or refuse what is not one with a column a lead."""
    encoding, lines = _first_lines(path)
    comments, numbered = _comments(lines)
    separator, quote = _separator([line for _, line in numbered])
    rows = [split(line, separator, quote) for _, line in numbered]
    headers = _headers(rows, numbered[0][1], separator)
    rows = rows[len(headers) :]
    if not rows:
        raise EcgError("a header without data")
    first_line = numbered[-len(rows)][0]
    for (line, _), cells in zip(numbered, headers, strict=False):
        if len(cells) != len(rows[0]):
            counts = f"{len(cells)} columns and line {first_line} has {len(rows[0])}"
            raise EcgError(f"line {line} has {counts}")
    decimal = "," if (separator != "," or quote) and _has_decimal_comma(rows) else "."
    time, leads, left_open = _roles(_columns(headers, rows, decimal))
    dialect = (encoding, separator, quote, decimal)
    return Layout(*dialect, first_line, len(rows[0]), leads, time, comments, left_open)


def split(line: str, separator: str | None, quote: str) -> list[str]:
    """Return the cells of a line, without blanks and quotes around them."""
    if quote:
        options = {"delimiter": separator, "quotechar": quote, "skipinitialspace": True}
        # A quote that does not end stays, and its cell is no number.
        with suppress(csv.Error):
            cells = next(csv.reader([line.strip()], strict=True, **options), [])
            return [cell.strip() for cell in cells]
    return [cell.strip() for cell in line.split(separator)]


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing sample."""
    return cell.casefold() in MISSING


def number(cell: str, decimal: str) -> float:
    """Return the number that a cell holds, or NaN."""
    if decimal == ",":
        cell = cell.replace(".", "x").replace(",", ".")
    return float(cell) if NUMBER.fullmatch(cell) else math.nan


def clock_seconds(cell: str) -> float:
    """Return the seconds since midnight, or the start, of a cell such as 12:30:00.004; or NaN."""
    match = _CLOCK.fullmatch(cell.strip(" '\""))
    if not match:
        return math.nan
    hours, minutes, seconds = match.groups(default="0")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds.replace(",", "."))


def _first_lines(path: Path) -> tuple[str, list[str]]:
    """Return the encoding and the first whole lines of a file, once it is seen to be text."""
    with open(path, "rb") as file:
        head = file.read(_HEAD_BYTES)
        is_all = not file.read(1)
    if not head:
        raise EcgError("an empty file")
    encoding = _encoding(head)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    if re.search(r"[\0-\x08\x0e-\x1f]", text):
        raise EcgError("not a table of text; is it a file of another kind?")
    lines = re.split(r"\r\n|\r|\n", text)
    if not is_all and len(lines) == 1:
        raise EcgError(f"a line of more than {_HEAD_BYTES} bytes: not a table of numbers")
    return encoding, lines if is_all else lines[:-1]


def _comments(lines: list[str]) -> tuple[tuple[str, ...], list[tuple[int, str]]]:
    """Divide lines into comments, without their marks, and the table's, which are numbered."""
    numbered = [(i, line) for i, line in enumerate(lines, 1) if line.strip()]
    above = list(takewhile(lambda pair: pair[1].lstrip().startswith("#"), numbered))
    if len(above) == len(numbered):
        raise EcgError("holds no data")
    comments = (printable(line.strip("# \t")) for _, line in above)
    return tuple(filter(None, comments)), numbered[len(above) :]


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
    # A header's names may hold any separator.
    lines = lines[2:] or lines[1:] or lines
    for separator in "\t;,":
        if all(separator in line for line in lines):
            return separator, quote
    if any(len(line.split()) > 1 for line in lines):
        return None, ""
    return ",", quote


def _headers(rows: list[list[str]], first: str, separator: str | None) -> list[list[str]]:
    """Return the names of the columns and their units, as far as the first rows are such."""
    if all(map(_is_data, rows[0])):
        return []
    names = rows[0]
    if separator is None and len(names) != len(rows[-1]):
        # Between names of several words stand several blanks.
        names = re.split(r"\s{2,}|\t", first.strip())
    return [names, *filter(_are_units, rows[1:2])]


def _is_data(cell: str) -> bool:
    """Whether a cell may stand among the data, and not in a header."""
    is_number = NUMBER.fullmatch(cell.replace(",", ".")) is not None
    return is_missing(cell) or is_number or not math.isnan(clock_seconds(cell))


def _are_units(cells: list[str]) -> bool:
    """Whether a row is a second header, of units."""
    bare = [cell.strip("()[] ").casefold() for cell in cells]
    known = [per_millivolt(unit) or unit in _SECONDS or "mm:ss" in unit for unit in bare]
    return any(known) and not any(NUMBER.fullmatch(cell) for cell in cells)


def _has_decimal_comma(rows: list[list[str]]) -> bool:
    return any(re.fullmatch(r"[+-]?\d*,\d+", cell) for row in rows for cell in row)


def _columns(headers: list[list[str]], rows: list[list[str]], decimal: str) -> list[_Column]:
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
        if headers and not name and not any(cells):
            continue
        values = np.array([number(cell, decimal) for cell in cells])
        values[np.isinf(values)] = np.nan
        columns.append(_Column(i, name, unit, cells, values))
    return columns


def _roles(columns: list[_Column]) -> tuple[TimeColumn | None, tuple[Lead, ...], tuple[str, ...]]:
    """Return the time, the leads, and remarks on the columns."""
    leads, left_out, time = [], [], None
    for column in columns:
        if _is_time(column):
            time = time or _time_column(column)
        elif _plain(column.name) in _INDEX_NAMES and np.all(np.diff(column.values) > 0):
            continue
        elif may_be_voltage(column.unit):
            known = column.unit if per_millivolt(column.unit) else ""
            leads.append(Lead(column.column, column.name or f"lead {len(leads) + 1}", known))
        else:
            left_out.append(column.name)
    if not leads:
        raise EcgError("no column holds a lead")
    return time, tuple(leads), remarks(("Left out, because they are no voltages: {}.", left_out))


def _name_and_unit(title: str) -> tuple[str, str]:
    """Divide a column's title, such as "MLII (mV)" or "ecg_uV"."""
    title = printable(title)[:_MAX_NAME]
    match = _UNIT_IN_BRACKETS.fullmatch(title) or _UNIT_AT_END.fullmatch(title)
    if match:
        name, unit = match[1].strip(" _"), match[2].strip()
        is_time = unit.casefold() in _SECONDS and _plain(name) in _TIME_NAMES
        if is_time or per_millivolt(unit) or not may_be_voltage(unit):
            return name, unit
    return (title, title) if title.casefold() in _SECONDS else (title, "")


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").strip(" #")


def _is_time(column: _Column) -> bool:
    """Whether a column holds times: by its form, by its name, or, as the first, by rising."""
    filled = [cell for cell in column.cells if not is_missing(cell)][:20]
    if filled and not any(math.isnan(clock_seconds(cell)) for cell in filled):
        return True
    if _plain(column.name) in _TIME_NAMES or column.name.casefold() in _SECONDS:
        return True
    return not column.name and column.column == 0 and _rises(column.values)


def _rises(values: np.ndarray) -> bool:
    """Whether numbers only go up, as times do even if rounded: no ECG does for ten samples."""
    steps = np.diff(values)
    return len(steps) >= 10 and bool(np.all(steps >= 0)) and np.mean(steps > 0) > 0.1


def _time_column(column: _Column) -> TimeColumn | None:
    """Describe a column of times by its first rows; None if their unit is not known."""
    clock = np.array([clock_seconds(cell) for cell in column.cells])
    is_clock = bool(np.isfinite(clock).any())
    times = clock if is_clock else column.values
    rows = np.flatnonzero(np.isfinite(times))
    if len(rows) < 2:
        return None
    name = f"the column {column.name!r}" if column.name else "the first column"
    # Over a quarter of the rows, a rounded time is precise enough. A gap leaves the median alone.
    lag = max(1, len(rows) // 4)
    step = float(np.median((times[rows[lag:]] - times[rows[:-lag]]) / (rows[lag:] - rows[:-lag])))
    if step <= 0:
        raise EcgError(f"the times in {name} do not increase")
    unit = 1.0 if is_clock else _SECONDS.get(column.unit.casefold()) or _likely_unit(step)
    if unit is None:
        return None
    if not _SHORTEST_STEP <= step * unit <= _LONGEST_STEP:
        raise EcgError(f"the times in {name} are {step * unit:g} s apart: no ECG")
    resolution = _resolution(column.cells, is_clock) * unit
    return TimeColumn(column.column, name, is_clock, unit, step * unit, resolution)


def _likely_unit(step: float) -> float | None:
    """Return the unit in which a step is one of a recorder's; one by one may count the rows."""
    if 0.9e-3 <= step <= 1.1e-2:
        return 1.0
    return 1e-3 if 1.01 <= step <= 11 else None


def _resolution(cells: list[str], is_clock: bool) -> float:
    """Return to what times are rounded: the last digit that any of them has; 0 if not known."""
    last_digits = _CLOCK_FRACTION.search if is_clock else _FRACTION.fullmatch
    digits = [len(match[1] or "") for match in map(last_digits, cells) if match]
    return 10.0 ** -max(digits) if digits else 0.0
