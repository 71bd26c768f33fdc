"""The contents page of a room: its public names, each imported when it is first used."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def contents_page(
    room: str, *pages: Mapping[str, Sequence[str]], **modules: Sequence[str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package: public names of its modules.

    Modules are named as in a call of `dict`: by keyword, or in a mapping where a name has a dot.
    Nothing is imported before a name is used (PEP 562).
    """
    home = {name: module for module, names in dict(*pages, **modules).items() for name in names}

    def get(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{home[name]}"), name)

    return get, lambda: sorted(home), sorted(home)
