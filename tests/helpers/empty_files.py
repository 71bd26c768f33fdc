"""Empty files, where only names matter."""

from pathlib import Path


def touch(folder: Path, *names: str) -> None:
    """Make empty files, and the folders on the way to them."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
