"""What lines above a table of text say of its rate, its unit and its leads, as devices write it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

from ecgutils.io.channels import is_ecg_name
from ecgutils.io.csv_start import start_in
from ecgutils.io.guards import per_millivolt, printable

# Beyond, a line is no note.
_MAX_LINE = 2000
_NUMBER = r"(\d+(?:[.,]\d+)?)"
# "Sampling rate" in the languages of telephones and laboratories.
_RATE_KEYS = "|".join(
    (
        r"sampl(?:e|es|ing)[\s_-]*(?:rate|freq\w*)",
        r"samples[\s_-]*(?:per|/)[\s_-]*s\w*",
        r"\bfs\b",
        r"mess(?:rate|frequenz)|abtast(?:rate|frequenz)",
        r"fr[ée]quence d.[ée]chantillonnage|taux d.[ée]chantillonnage",
        r"frecuencia de muestreo|tasa de muestreo",
        r"frequenza di campionamento|frequ[êe]ncia de amostragem|taxa de amostragem",
        r"(?:be|sample)monster\w*",
    )
)
_HERTZ = r"(k?)(?:hz|her(?:t?z|c)\w*|герц|гц|赫兹|赫|ヘルツ|헤르츠)"
_RATE = re.compile(rf"(?:{_RATE_KEYS})[^\w.]*(?:(?:in )?hz)?[^\w.]*{_NUMBER}\s*(?:{_HERTZ})?")
# In whatever language, a value in hertz is the rate, unless it is that of a filter.
_HERTZ_VALUE = re.compile(rf"[^:=,;\t]*[:=,;\t]\W*{_NUMBER}\s*{_HERTZ}\W*")
_NO_RATE = re.compile(r"filt|notch|pass|band|cut|mains|netz|power|line freq")
_PER_SAMPLE = re.compile(rf"{_NUMBER}\s*(m|u|µ|μ)?s(?:ec\w*)?\s*/\s*sample")
_INTERVAL_KEYS = r"(?:sampl\w*|abtast)[\s_-]*(?:interval\w*|period)|\binterval|\bdelta[\s_-]*t\b"
_INTERVAL = re.compile(rf"(?:{_INTERVAL_KEYS})[^\w.]*{_NUMBER}\s*(m|u|µ|μ)?s(?:ec\w*)?\b")
# Spike2: where a channel begins and the seconds a sample; its name and unit.
_SPIKE2_START = re.compile(rf'"start"[\s;]+[\d.,]+[\s;]+{_NUMBER}\s*()')
_SPIKE2_CHANNEL = re.compile(r'"\d+"[ ;]+"Waveform"[ ;]+"([^"]*)"[ ;]+"([^"]*)"')
_THOUSANDTHS = {"": 1.0, "m": 1e-3, "u": 1e-6, "µ": 1e-6, "μ": 1e-6}
# No ECG is sampled more slowly, so the comma of "1,000 Hz" parts thousands.
_SLOWEST = 20

_UNIT_KEYS = {
    *("unit", "units", "einheit", "einheiten", "unité", "unités", "unidad", "unidades", "unità"),
    *("unidade", "eenheid", "enhet", "単位", "单位", "單位", "단위", "единица", "единицы"),
}
_LABEL_KEYS = {
    *("label", "labels", "channeltitle", "channel title", "channels", "columns", "leads"),
    *("lead names", "channel names", "signals"),
}
_UNIT_LISTS = {"unitname", "units"}
_VOLT = r"([numµμ]?v)"
_STEP = r"(?:lsb|bit|count|adu|step|digit|unit)s?"
# How much a step of the converter is, in three ways to write it.
_RESOLUTIONS = (
    re.compile(rf"{_NUMBER}\s*{_VOLT}\s*(?:/|per|pro)\s*{_STEP}\b"),
    re.compile(rf"{_STEP}[^\w]*{_VOLT}\W+{_NUMBER}"),
    re.compile(rf"{_NUMBER}\s*{_STEP}\s*(?:/|per|pro)\s*{_VOLT}\b"),
)
_KEY_AND_VALUE = re.compile(r"([^:=,;\t]{1,60})[:=,;\t]+[\s;]*(.*)")
_CHANNELS = re.compile(r"(\d{1,2}) channels?")


@dataclass(frozen=True)
class Said:
    """What a header says: values and the lines that they are in; empty where it says nothing."""

    rate: float | None = None
    rate_line: int = 0
    units: tuple[str, ...] = ()
    # How many mV a step of the converter is.
    step: float | None = None
    lead: str = ""
    # Of each channel, its name and its unit or nothing, as a list has them, or BIOPAC.
    labels: tuple[tuple[str, str], ...] = ()
    channels: tuple[tuple[str, str], ...] = ()
    start: datetime | time | None = None
    texts: tuple[str, ...] = ()


def read_notes(numbered: Sequence[tuple[int, str]]) -> Said:
    """Find what lines say, each given with its number and without the mark of a comment."""
    # Tabs part values, and are not printable.
    lines = [(number, printable(line.replace("\t", " ; "))) for number, line in numbered]
    lines = [(number, line) for number, line in lines if line and len(line) <= _MAX_LINE]
    rate, rate_line = _rate(lines)
    pairs = [pair for _, line in lines if (pair := key_and_value(line))]
    units = [value for key, value in pairs if _says_unit(key, value)]
    single = [(key, value) for key, value in pairs if ";" not in value]
    leads = [value for key, value in single if is_ecg_name(value) and not is_ecg_name(key)]
    labels = _labels(lines, pairs) or _waveforms(lines)
    units = units or [unit for _, unit in labels if len(labels) == 1 and per_millivolt(unit)]
    steps = {step for _, line in lines if (step := _step(line.casefold()))}
    return Said(
        rate=rate,
        rate_line=rate_line,
        units=tuple(units),
        step=steps.pop() if len(steps) == 1 else None,
        lead=leads[0] if len(leads) == 1 else "",
        labels=labels,
        channels=_acqknowledge([line for _, line in lines]),
        start=start_in([line for _, line in lines]),
        texts=tuple(line for _, line in lines),
    )


def is_note(line: str) -> bool:
    """Whether a line says a rate or a unit, and so is no name of a column."""
    pair = key_and_value(line)
    return _rate([(0, line)])[0] is not None or (pair is not None and _says_unit(*pair))


def key_and_value(line: str) -> tuple[str, str] | None:
    """Divide a note such as "Unit,µV" or "Labels:= ECG", or return None; the key in lower case."""
    match = _KEY_AND_VALUE.fullmatch(line.strip().strip('"'))
    return (match[1].strip().casefold(), match[2].strip(' "\t')) if match else None


def _rate(lines: Sequence[tuple[int, str]]) -> tuple[float | None, int]:
    """Return the sampling frequency and the line that says it; None if none or several do."""
    for find in (_named_rate, _rate_by_interval, _rate_by_hertz):
        found = [(rate, number) for number, line in lines if (rate := find(line.casefold()))]
        if len({rate for rate, _ in found}) == 1:
            return found[0]
    return None, 0


def _named_rate(line: str) -> float | None:
    match = _RATE.search(line)
    return _hertz(match[1], match[2]) if match else None


def _rate_by_hertz(line: str) -> float | None:
    match = None if _NO_RATE.search(line) else _HERTZ_VALUE.fullmatch(line)
    return _hertz(match[1], match[2]) if match else None


def _rate_by_interval(line: str) -> float | None:
    match = _PER_SAMPLE.search(line) or _INTERVAL.search(line) or _SPIKE2_START.search(line)
    seconds = _float(match[1]) * _THOUSANDTHS[match[2] or ""] if match else 0
    return round(1 / seconds, 6) if seconds > 0 else None


def _hertz(number: str, kilo: str | None) -> float | None:
    """Return a frequency, where a comma may stand for a point or part thousands; None for none."""
    hertz = _float(number) * (1000 if kilo else 1)
    return float(number.replace(",", "")) if hertz < _SLOWEST and "," in number else hertz or None


def _float(number: str) -> float:
    return float(number.replace(",", "."))


def _says_unit(key: str, value: str) -> bool:
    """Whether a note is that of a unit; a lone V may be anything."""
    is_unit = per_millivolt(value) is not None
    return is_unit and (key in _UNIT_KEYS or value.casefold() != "v")


def _labels(
    lines: Sequence[tuple[int, str]], pairs: Sequence[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Return the names that a list gives channels, with the units that another gives them."""
    listed = [_split(value) for key, value in pairs if key in _LABEL_KEYS]
    names = listed[0] if listed else next(filter(None, map(_json_names, lines)), ())
    units = [_split(value) for key, value in pairs if key in _UNIT_LISTS]
    fitting = next((own for own in units if len(own) == len(names)), ("",) * len(names))
    return tuple(zip(names, fitting, strict=True))


def _waveforms(lines: Sequence[tuple[int, str]]) -> tuple[tuple[str, str], ...]:
    """Return the names and units of the channels in Spike2's summary."""
    found = [match for _, line in lines if (match := _SPIKE2_CHANNEL.match(line))]
    return tuple((match[1], match[2]) for match in found)


def _step(line: str) -> float | None:
    """Return how many mV a step of the converter is, if a line says so."""
    for find in _RESOLUTIONS:
        match = find.search(line)
        if match:
            number, unit = sorted(match.groups(), key=lambda text: text[-1].isalpha())
            millivolts = _float(number) / (per_millivolt(unit) or 1)
            if millivolts > 0:
                is_inverse = find is _RESOLUTIONS[-1]
                return 1 / _float(number) / (per_millivolt(unit) or 1) if is_inverse else millivolts
    return None


def _acqknowledge(lines: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the names and units of BIOPAC's channels: their count, then two lines for each."""
    for i, line in enumerate(lines):
        match = _CHANNELS.fullmatch(line.strip())
        own = lines[i + 1 : i + 1 + 2 * int(match[1])] if match else ()
        if match and len(own) == 2 * int(match[1]):
            return tuple(zip(own[::2], own[1::2], strict=True))
    return ()


def _json_names(numbered: tuple[int, str]) -> tuple[str, ...]:
    """Return the names of columns in OpenSignals' header, the sensors' in place of their plugs'."""
    line = numbered[1]
    if not line.startswith("{"):
        return ()
    try:
        devices = json.loads(line).values()
    except (ValueError, RecursionError, AttributeError):
        return ()
    names: list[str] = []
    for device in devices:
        own = device if isinstance(device, dict) else {}
        columns, plugs, sensors = (_texts(own.get(key)) for key in ("column", "label", "sensor"))
        kinds = dict(zip(plugs, sensors, strict=False))
        names += [kinds.get(name, name) for name in columns]
    return tuple(names)


def _texts(value: object) -> list[str]:
    return [printable(str(item)) for item in value] if isinstance(value, list) else []


def _split(value: str) -> tuple[str, ...]:
    """Divide a list of labels."""
    return tuple(name.strip(' "') for name in re.split(r"[,;\t]", value) if name.strip(' "'))
