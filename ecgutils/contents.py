"""The contents page of a room: its public names, each imported when it is first used."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from ecgutils.errors import packages_needed


def contents_page(
    room: str, *pages: Mapping[str, Sequence[str]], **modules: Sequence[str]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return `__getattr__`, `__dir__` and `__all__` of a package: public names of its modules.

    Modules are named as in a call of `dict`: by keyword, or in a mapping where a name has a dot.
    Of a module without names, the module itself is public. Nothing is imported before a name is
    used (PEP 562).
    """
    listed = dict(*pages, **modules)
    home = {name: module for module, names in listed.items() for name in names}
    public = sorted([*home, *(module for module, names in listed.items() if not names)])

    def get(name: str) -> object:
        if name not in public:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        with packages_needed():
            module = import_module(f"{room}.{home.get(name, name)}")
        return getattr(module, name) if name in home else module

    return get, lambda: list(public), list(public)
