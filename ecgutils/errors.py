"""The one exception that this package raises on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager


class EcgError(Exception):
    """Something outside the program is wrong: a file, a name, a value, the network, the disk.

    The message is one line that names the file or value, says what is wrong with it and, where it
    helps, what to do. The command line prints it as it is, without a traceback.

    Line breaks in it become spaces. Text from a hostile file may be part of it, so characters that
    a terminal would obey rather than show become question marks.
    """

    def __init__(self, message: str) -> None:
        line = " ".join(message.split())
        super().__init__("".join(c if c.isprintable() else "?" for c in line))


@contextmanager
def packages_needed() -> Iterator[None]:
    """Say of a package that is not installed how to get it: few are needed by everyone."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "ecgutils").partition(".")[0]
        if name == "ecgutils":
            raise
        how = "pip install 'ecgutils[notebooks]', or `make` in a checkout"
        raise EcgError(f"the package {name} is not installed; {how} brings it") from error


class UsageError(EcgError):
    """What the user wants contradicts itself or does not exist, so nothing is begun."""
