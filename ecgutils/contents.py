"""The contents page of a room: its public names, each imported when it is first used."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def contents_page(
    room: str, modules: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """Return what a package needs to have names of its modules, at no cost until they are used.

    Parameters
    ----------
    room : str
        The package's ``__name__``.
    modules : mapping of str to sequence of str
        For each module of the package, the names that others may use.

    Returns
    -------
    __getattr__, __dir__ : callable
        See PEP 562.
    __all__ : list of str
    """
    home = {name: module for module, names in modules.items() for name in names}

    def get(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        return getattr(import_module(f"{room}.{home[name]}"), name)

    return get, lambda: sorted(home), sorted(home)
