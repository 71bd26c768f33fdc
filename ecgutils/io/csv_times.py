"""The column of times in a table of text: its unit, the rate of the rows, and where rows lack."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

# Between two samples, in seconds; so far from an ECG that the numbers are something else.
_SHORTEST_STEP, _LONGEST_STEP = 1e-6, 10
# Steps of recorders of ECG, in seconds, by which a unit is known that no name tells.
_LIKELY_STEPS = 0.9e-3, 1.1e-2
# Whole numbers one by one, or few by few, may count rows as well as milliseconds.
_MOST_COUNTED = 100
# Of times of day, which are slow to parse, one in so many rows is looked at.
_CLOCK_STRIDE = 64
# Times that come late, as those of a radio link do, are put right by later ones among so many.
_LATE_ROWS, _LATE_PACKETS = 64, 4
# Of the times in order, one in so many rows is kept for the rate.
_RATE_STRIDE = 256
_SUMMER_TIME_S = 3600.0
_DAY_S = 86_400

SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds", "sekunden", "secondes"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "µs", "μs", "usec", "micros", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nsec", "nanos", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("min", "mins", "minute", "minutes", "minuten"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "stunden", "heures"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), float(_DAY_S)),
}
"""Units of time as names of columns have them, in lower case, in seconds."""

# A column of such a name may as well hold a minimum, or a heart rate.
_NOT_ALONE = ("min", "h", "hr", "hrs", "d")
_TIME_WORDS = {
    *("time", "times", "t", "elapsed", "timestamp", "timestamps", "datetime", "date", "clock"),
    *("zeit", "uhrzeit", "zeitstempel", "temps", "heure", "tiempo", "hora", "tempo"),
}

_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}"
# Of the day or since the start: 12:30:00.004, 0:00.004, with a date before or after it.
_CLOCK = re.compile(
    rf"\[?\s*(?:({_DATE})[T\s,;]\s*)?(?:(\d{{1,4}}):)?(\d{{1,5}}):(\d{{1,2}}(?:[.,]\d{{1,9}})?)"
    rf"\s*([AP]M)?\s*(Z|[+-]\d\d:?\d\d)?(?:\s+{_DATE})?\s*\]?",
    re.ASCII | re.IGNORECASE,
)
# The same without its signs: 20230207T101112.004.
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d(?:[.,]\d{1,9})?Z?)", re.ASCII)
# A recorder's own clock: the part of a second that it counts.
_TICKS = re.compile(r"s\s*/\s*(\d{1,6})")
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", re.ASCII)
_FRACTION = re.compile(r"[+-]?\d*(?:[.,](\d*))?")
_CLOCK_FRACTION = re.compile(r":\d{1,2}(?![\d:])(?:[.,](\d{1,9}))?")


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
    # How many rows share a time, because it is rounded or that of a packet.
    rows: float
    # The column that holds the dates of these times, if another one does.
    dates: int | None = None


@dataclass(frozen=True)
class Gap:
    """Rows that lack before row `row`, which is in line `line`, by the times."""

    row: int
    line: int
    seconds: float


def clock_seconds(cell: str) -> float:
    """Return the seconds since midnight, the start or 1970 of 12:30:00.004 or the like; or NaN."""
    text = _COMPACT.sub(r"\1-\2-\3T\4:\5:\6", cell.strip(" '\"")) if "T" in cell else cell
    match = _CLOCK.fullmatch(text.strip(" '\""))
    if not match:
        return math.nan
    day, hours, minutes, seconds, half, zone = match.groups()
    hours = int(hours or 0)
    if half:
        hours = hours % 12 + 12 * (half[0] in "pP")
    time = 3600 * hours + 60 * int(minutes) + float(seconds.replace(",", "."))
    year_first = _YEAR_FIRST.fullmatch(day or "")
    if not year_first:
        return time
    try:
        days = date(*map(int, year_first.groups())).toordinal() - date(1970, 1, 1).toordinal()
    except ValueError:
        return math.nan
    return _DAY_S * days + time - _zone_seconds(zone)


def unit_seconds(unit: str) -> float | None:
    """Return how many seconds a unit of time is, also one such as s/256; None if it is none."""
    ticks = _TICKS.fullmatch(unit.casefold())
    return 1 / int(ticks[1]) if ticks and int(ticks[1]) else SECONDS.get(unit.casefold())


def is_date(cell: str) -> bool:
    """Whether a cell is a date without a time."""
    return re.fullmatch(_DATE, cell) is not None


def is_time_name(name: str) -> bool:
    """Whether a column's name, without its unit, says that it holds times."""
    words = set(re.findall(r"[^\W_]+", name.casefold()))
    return bool(words & _TIME_WORDS) or name.casefold() in set(SECONDS) - {*_NOT_ALONE}


def counts_rows(values: np.ndarray) -> bool:
    """Whether numbers count rows: whole, in steps that are all the same but where they wrap."""
    steps = np.diff(values[np.isfinite(values)])
    if len(steps) < 2 or np.any(values % 1 > 0):
        return False
    step = np.median(steps)
    same = steps == step
    return 0 < step <= _MOST_COUNTED and np.mean(same) > 0.98 and bool(np.all(same | (steps < 0)))


def describe(
    column: int,
    name: str,
    unit: str,
    cells: Sequence[str],
    values: np.ndarray,
    samples: int = 1,
) -> TimeColumn | str:
    """Describe a column of times by its first rows, or say why it gives no rate.

    `cells` are its texts and `values` its numbers, NaN for what is none; a row has so many
    `samples`. An empty text stands for times that are too few, or in a unit that is not known.
    """
    title = f"the column {name!r}" if name else "the first column"
    clock = np.array([clock_seconds(cell) for cell in cells])
    is_clock = bool(np.isfinite(clock).any())
    rows, times = _changes(clock if is_clock else values)
    if len(rows) < 4:
        return ""
    # Over many times, a rounded one is precise enough. A few gaps leave the median alone.
    lag = max(1, len(rows) // 16)
    step = float(np.median((times[lag:] - times[:-lag]) / (rows[lag:] - rows[:-lag])))
    if step <= 0:
        return f"the times in {title} do not increase"
    unit = 1.0 if is_clock else unit_seconds(unit) or _likely_unit(step / samples)
    if unit is None:
        return ""
    if not _SHORTEST_STEP <= step * unit <= _LONGEST_STEP:
        return f"the times in {title} are {step * unit:g} s apart: no ECG"
    resolution = _resolution(cells, is_clock) * unit
    shared = float(np.median(np.diff(rows)))
    return TimeColumn(column, title, is_clock, unit, step * unit, resolution, shared)


class Times:
    """The times of all rows: their rate, where rows lack, and whether they go back."""

    def __init__(self, time: TimeColumn) -> None:
        self.gaps: list[Gap] = []
        self.clock_changes = 0
        self.disorder = ""
        self._time = time
        # In rows: what rounding, and times that packets share, can amount to.
        self._slack = 1.5 + 2 * time.resolution / time.step + (time.rows > 1) * time.rows / 2
        self._late = _LATE_ROWS if time.rows <= 1 else _LATE_PACKETS
        self._pending = np.empty((2, 0))
        self._points: list[np.ndarray] = []
        # Seconds that later times lose, because rows lack before them or a clock was changed.
        self._lost = 0.0
        self._line_of_row_0 = 0

    def follow(self, row: int, columns: dict[int, np.ndarray], line: int) -> None:
        """Take in the times of the next rows, the first of which is row `row` in line `line`."""
        self._line_of_row_0 = line - row
        points = self._read(row, columns, _CLOCK_STRIDE)
        self._pending = np.hstack([self._pending, points])
        if self._time.is_clock and self._time.rows <= 1 and self._is_uneven(self._pending):
            # Exactly where it is uneven, each row tells.
            before = self._pending.shape[1] - points.shape[1]
            points = self._read(row, columns, 1)
            self._pending = np.hstack([self._pending[:, :before], points])
        self._settle(self._late)

    def frequency(self, samples: int = 1) -> float | None:
        """Return the samples a second, with so many a row; None if not known.

        It is a whole number, if the times allow it.
        """
        self._settle(0)
        rows, seconds = np.hstack([np.empty((2, 0)), *self._points])
        # A first time of several rows may have begun before the table.
        rows, seconds = (rows[1:], seconds[1:]) if self._time.rows > 1 else (rows, seconds)
        if len(rows) < 2:
            return None
        across, along = rows - rows.mean(), seconds - seconds.mean()
        step = float(across @ along / (across @ across))
        if step <= 0:
            return None
        fs = samples / step
        slack = 1.5 + 2 * np.abs(along - step * across).max() / step
        return float(round(fs)) if abs(fs - round(fs)) / fs * np.ptp(rows) <= slack else fs

    def _read(self, row: int, columns: dict[int, np.ndarray], stride: int) -> np.ndarray:
        """Return the rows at which the time changes, and the seconds there, shape (2, rows)."""
        cells = columns[self._time.column]
        if not self._time.is_clock:
            rows, seconds = _changes(cells * self._time.unit)
        else:
            rows = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1]])
            if self._time.rows <= 1:
                rows = np.unique(np.r_[rows[::stride], rows[-1:]])
            texts = [str(cell) for cell in cells[rows]]
            if self._time.dates is not None:
                days = columns[self._time.dates][rows]
                texts = [f"{day} {text}" for day, text in zip(days, texts, strict=True)]
            seconds = np.array([clock_seconds(text) for text in texts])
            known = np.isfinite(seconds)
            rows, seconds = rows[known], seconds[known]
        return self._in_line(rows + row, seconds)

    def _in_line(self, rows: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Continue the pending times past midnight and past what is lost; drop what repeats."""
        last = self._pending[1, -1:]
        seconds = np.r_[last, seconds - self._lost]
        if self._time.is_clock and len(seconds) and abs(seconds[-1]) < 1e8:
            seconds = np.unwrap(seconds, period=_DAY_S)
        is_new = np.diff(seconds, prepend=math.nan) != 0
        kept = is_new[len(last) :]
        return np.stack([rows[kept], seconds[len(last) :][kept]])

    def _is_uneven(self, points: np.ndarray) -> bool:
        rows, seconds = points
        steps = np.diff(seconds) / self._time.step
        excess = steps - np.diff(rows)
        return bool(np.any((steps < 0) | (excess > self._slack)))

    def _settle(self, kept: int) -> None:
        """Judge all pending times but the last few, which later ones may put right."""
        if self._is_uneven(self._pending):
            self._put_right(kept)
        count = max(0, self._pending.shape[1] - kept)
        settled, self._pending = np.split(self._pending, [count], axis=1)
        if count:
            is_fine = self._time.rows <= 1 and not self._time.is_clock
            stride = _RATE_STRIDE if is_fine else 1
            thinned = np.unique(np.r_[0:count:stride, count - 1])
            self._points.append(settled[:, thinned])

    def _put_right(self, kept: int) -> None:
        """Find clocks that were changed, times that go back and gaps; take them out."""
        rows, seconds = self._pending
        self._take_out_clock_changes(rows, seconds)
        self._take_out_steps_back(rows, seconds)
        early = _least_ahead(seconds - rows * self._time.step, self._late)
        jumps = np.diff(early)
        for i in np.flatnonzero(jumps / self._time.step > self._slack).tolist():
            if i + 1 < len(rows) - kept:
                row, gap = int(rows[i + 1]), float(jumps[i])
                self.gaps.append(Gap(row, self._line_of_row_0 + row, gap))
                seconds[i + 1 :] -= gap
                self._lost += gap

    def _take_out_steps_back(self, rows: np.ndarray, seconds: np.ndarray) -> None:
        """Note the first time that goes back, and go on as if none did."""
        steps = np.diff(seconds)
        for i in np.flatnonzero(steps < -self._slack * self._time.step).tolist():
            line = self._line_of_row_0 + int(rows[i + 1])
            ends = f"from {seconds[i]:.10g} to {seconds[i + 1]:.10g} s: rows are not in order"
            name = self._time.name
            self.disorder = self.disorder or f"up to line {line}, {name} goes back {ends}"
            back = steps[i] - self._time.step * (rows[i + 1] - rows[i])
            seconds[i + 1 :] -= back
            self._lost += back

    def _take_out_clock_changes(self, rows: np.ndarray, seconds: np.ndarray) -> None:
        """Undo an hour to summer time or back, where the times of day jump by just that."""
        if not self._time.is_clock:
            return
        excess = np.diff(seconds) - np.diff(rows) * self._time.step
        for i in np.flatnonzero(np.abs(excess) > _SUMMER_TIME_S / 2).tolist():
            hour = math.copysign(_SUMMER_TIME_S, excess[i])
            if abs(excess[i] - hour) <= self._slack * self._time.step:
                seconds[i + 1 :] -= hour
                self._lost += hour
                self.clock_changes += 1


def _zone_seconds(zone: str | None) -> int:
    """Return by how many seconds the clocks of a zone such as +01:00 are ahead."""
    if not zone or zone in "Zz":
        return 0
    sign = -1 if zone[0] == "-" else 1
    return sign * (3600 * int(zone[1:3]) + 60 * int(zone[-2:]))


def _changes(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows whose time is known and not that of the row before, and their times."""
    rows = np.flatnonzero(np.isfinite(times))
    known = times[rows]
    is_new = np.diff(known, prepend=math.nan) != 0
    return rows[is_new], known[is_new]


def _likely_unit(step: float) -> float | None:
    """Return the unit in which a step is one of a recorder's; one by one may count the rows."""
    shortest, longest = _LIKELY_STEPS
    units = sorted(set(SECONDS.values()))
    fitting = [unit for unit in units if shortest <= step * unit <= longest]
    return fitting[0] if fitting and not 0.99 < step < 1.01 else None


def _resolution(cells: Sequence[str], is_clock: bool) -> float:
    """Return to what times are rounded: the last digit that any of them has; 0 if not known."""
    last_digits = _CLOCK_FRACTION.search if is_clock else _FRACTION.fullmatch
    digits = [len(match[1] or "") for match in map(last_digits, cells) if match]
    return 10.0 ** -max(digits) if digits else 0.0


def _least_ahead(values: np.ndarray, count: int) -> np.ndarray:
    """Return the least of each value and the `count` after it."""
    least = values.copy()
    for k in range(1, min(count, len(values) - 1) + 1):
        np.minimum(least[:-k], values[k:], out=least[:-k])
    return least
