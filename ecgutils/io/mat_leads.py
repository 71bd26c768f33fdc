"""Which arrays of a MATLAB file are leads, and which of its texts are their names and units."""

import re
from dataclasses import dataclass

import numpy as np

from ecgutils.io.channels import is_ecg_name
from ecgutils.io.csv_times import is_time_name
from ecgutils.io.guards import printable
from ecgutils.io.mat_elements import Variables
from ecgutils.io.mat_rate import bare, last

_LABELS = {
    *("label", "labels", "name", "names", "lead", "leads", "leadname", "leadnames", "channel"),
    *("channels", "channelname", "channelnames", "chname", "chnames", "title", "titles"),
    *("signame", "signames", "signalname", "signalnames", "leadlabels", "channellabels"),
}
_UNITS = {"unit", "units", "unittext", "channelunits", "signalunits"}
# The number of a cell, or of one of several structures.
_NUMBER = re.compile(r"\{\d+\}|\(\d+\)")


@dataclass(frozen=True, eq=False)
class MatSignal:
    """A row or a column that may be a lead; `unit` is empty if none is declared."""

    name: str
    unit: str
    values: np.ndarray


def by_channels(found: Variables) -> Variables:
    """Divide the one row in which LabChart puts all channels end to end into structures."""
    parts = [found.get(name) for name in ("data", "datastart", "dataend")]
    if not all(isinstance(part, np.ndarray) and part.size for part in parts):
        return found
    data, starts, ends = parts
    if starts.shape != ends.shape:
        return found
    whole = {name: value for name, value in found.items() if name != "data"}
    block = int(np.argmax(np.max(ends - starts, axis=0)))
    units = found.get("unittextmap")
    for k, (start, end) in enumerate(zip(starts[:, block], ends[:, block], strict=True)):
        # A channel that was off is marked by -1.
        if 0 < start < end <= data.size:
            channel = f"data({k + 1})"
            whole[f"{channel}.values"] = data.reshape(1, -1)[:, int(start) - 1 : int(end)]
            whole[f"{channel}.title"] = _line(found, "titles", k + 1)
            is_known = np.shape(units) == starts.shape and "scaleunits" not in found
            # Of what is saved as 16 bits, the numbers are in no unit.
            number = units[k, block] if is_known else 0
            whole[f"{channel}.unit"] = _line(found, "unittext", int(number))
    return whole


def signals_in(
    arrays: dict[str, np.ndarray], found: Variables
) -> tuple[list[MatSignal], list[str]]:
    """Return the rows or columns of arrays that may be leads, and what else they hold.

    Cells of one row each are leads beside each other. Of several rows, they are stretches, of
    which the first is read. Names and units are texts, as many as there are leads.
    """
    groups: dict[str, list[MatSignal]] = {}
    stretches = []
    for name, array in arrays.items():
        # PhysioNet has a row for each lead, others a column.
        rows = array if array.shape[1] >= array.shape[0] else array.T
        base = _NUMBER.sub("", name)
        if is_time_name(last(base)):
            continue
        if base in groups and len(rows) > 1:
            stretches.append(name)
            continue
        own = [_beside(found, name, kinds) if len(rows) == 1 else "" for kinds in (_LABELS, _UNITS)]
        groups.setdefault(base, []).extend(MatSignal(*own, row) for row in rows)
    texts = _lists(found)
    signals = []
    for base, group in groups.items():
        names = _matching(texts, _LABELS, len(group)) or _numbered(base, len(group), len(groups))
        units = _matching(texts, _UNITS, len(group)) or _common_unit(texts) * len(group)
        units = units or [""] * len(group)
        signals += [
            MatSignal(printable(signal.name or name), printable(signal.unit or unit), signal.values)
            for signal, name, unit in zip(group, names, units, strict=True)
        ]
    return signals, stretches


def _line(found: Variables, name: str, number: int) -> str:
    """Return a line of a text, whether it has one or several."""
    text = found.get(f"{name}{{{number}}}", found.get(name, "") if number == 1 else "")
    return text if isinstance(text, str) else ""


def _beside(found: Variables, name: str, kinds: set[str]) -> str:
    """Return the text of a kind that is in the same structure as an array."""
    parent = name.rpartition(".")[0]
    texts = [
        value
        for own, value in found.items()
        if isinstance(value, str) and own.rpartition(".")[0] == parent and bare(own) in kinds
    ]
    # The name of a lone structure may be a person's.
    is_numbered = parent.endswith(")")
    is_known = len(texts) == 1 and (kinds is _UNITS or is_numbered or is_ecg_name(texts[0]))
    return texts[0].strip() if parent and is_known else ""


def _lists(found: Variables) -> dict[str, list[str]]:
    """Return texts by the names of what they are in, such as those of a cell array."""
    lists: dict[str, list[str]] = {}
    for name, value in found.items():
        if isinstance(value, str):
            lists.setdefault(_NUMBER.sub("", name), []).append(value.strip())
    return lists


def _matching(texts: dict[str, list[str]], kinds: set[str], count: int) -> list[str]:
    """Return the one list of a kind that has a text for each of several leads, or nothing."""
    lists = {tuple(own) for name, own in texts.items() if bare(name) in kinds and all(own)}
    fitting = [own for own in lists if len(own) == count > 1]
    return [*fitting[0]] if len(fitting) == 1 else []


def _common_unit(texts: dict[str, list[str]]) -> list[str]:
    """Return the unit that stands alone, if there is one."""
    units = {unit for name, own in texts.items() if bare(name) in _UNITS for unit in own if unit}
    return [*units] if len(units) == 1 else []


def _numbered(base: str, count: int, groups: int) -> list[str]:
    """Return a name for each row of an array."""
    name = printable(last(base))
    # A lone array is named as a whole, and hardly for what it is.
    if groups == 1 and is_ecg_name(name) is None:
        name = "lead"
    return [name] if count == 1 and name != "lead" else [f"{name} {k + 1}" for k in range(count)]
