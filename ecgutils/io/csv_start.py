"""When a table of text begins by the clock of its recorder: from lines above it, or its times."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta

_TIME = r"(\d{1,2}):(\d{2})(?::(\d{1,2})(?:[.,]\d+)?)?\s*([AP]M\b)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})[T\s,;]+{_TIME}", re.I | re.A)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}})[T\s,;]+{_TIME}", re.I | re.A)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)", re.ASCII)
_NO_DATE = re.compile(rf"(?<![\d:.]){_TIME}(?![\d:])", re.I | re.A)
# What else has a date and a time.
_NOT_START = re.compile(r"export|print|druck|creat|birth|geb|\bend|stop|modif", re.I)
# LabChart's days since the end of 1899, beside a date whose day and month are in any order.
_EXCEL = re.compile(r"ExcelDateTime\W+(\d[.,]\d+e[+]\d+)", re.I)
# OpenSignals has them apart.
_APART = re.compile(r'"date"\s*:\s*"([^"]+)"'), re.compile(r'"time"\s*:\s*"([^"]+)"')


def start_in(lines: Sequence[str]) -> datetime | time | None:
    """Return the one start that lines tell, with a date where its order is sure; None for none."""
    found = {start for line in lines if (start := _start(line)) is not None}
    return found.pop() if len(found) == 1 else None


def moment(text: str) -> datetime | time | None:
    """Return the date and the time that a text holds, or the time alone if its date is unsure."""
    match = _YEAR_FIRST.search(text) or _COMPACT.search(text)
    if match:
        return _at(match.groups()[:3], match.groups()[3:])
    match = _YEAR_LAST.search(text)
    if match:
        first, sign, second, year, *clock = match.groups()
        if sign == "." or int(first) > 12:
            return _at((year, second, first), clock)
        # Of 05/01/2024, nobody knows the day.
        return _at((year, first, second), clock) if int(second) > 12 else _at(None, clock)
    match = _NO_DATE.search(text)
    return _at(None, match.groups()) if match else None


def _start(line: str) -> datetime | time | None:
    """Return the start that a line tells; a time needs a date beside it."""
    if _NOT_START.search(line):
        return None
    excel = _EXCEL.search(line)
    days = float(excel[1].replace(",", ".")) if excel else 0
    if 0 < days < 1e5:
        start = datetime(1899, 12, 30) + timedelta(days=days, seconds=0.5)
        return start.replace(microsecond=0)
    apart = [find.search(line) for find in _APART]
    text = f"{apart[0][1]} {apart[1][1]}" if all(apart) else line
    has_date = _YEAR_FIRST.search(text) or _YEAR_LAST.search(text) or _COMPACT.search(text)
    return moment(text) if has_date else None


def _at(day: Sequence[str] | None, clock: Sequence[str]) -> datetime | time | None:
    """Return a date and a time, or the time alone; None if there is no such day or time."""
    hours, minutes, seconds, half = (*clock, None)[:4]
    hours = int(hours) % 12 + 12 * (half[0] in "pP") if half else int(hours)
    try:
        own = time(hours, int(minutes), int(seconds or 0))
        return datetime.combine(datetime(*map(int, day)), own) if day else own
    except ValueError:
        return None
