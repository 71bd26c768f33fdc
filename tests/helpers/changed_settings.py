"""Changing one number of the settings at a time."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple


class Setting(NamedTuple):
    """One number, or one tuple, in settings that may hold others."""

    owner: Any
    field: str
    name: str

    def change(self, monkeypatch, value=None):
        """Give it another value in place: a frozen dataclass keeps its fields in a dictionary."""
        value = other_value(getattr(self.owner, self.field)) if value is None else value
        monkeypatch.setitem(vars(self.owner), self.field, value)


def all_settings(settings, prefix="") -> Iterator[Setting]:
    for field in fields(settings):
        value = getattr(settings, field.name)
        if is_dataclass(value):
            yield from all_settings(value, f"{prefix}{field.name}.")
        else:
            yield Setting(settings, field.name, prefix + field.name)


def other_value(value):
    """A value of the same kind, near by and different."""
    if isinstance(value, tuple):
        return tuple(other_value(item) for item in value)
    if isinstance(value, str):
        return value + "'"
    return value + 2 if isinstance(value, int) else 0.9 * value
