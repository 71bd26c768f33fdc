"""How every reader refuses a file: one line, which names it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecgutils.errors import EcgError
from ecgutils.io.record import Record
from ecgutils.io.recording import read_recording


def refused(
    path: Path,
    pattern: str,
    *arguments: object,
    read: Callable[..., Record] = read_recording,
    **options: object,
) -> None:
    """Check that a file is refused with one line that names it, or one beside it, and matches."""
    with pytest.raises(EcgError, match=pattern) as caught:
        read(path, *arguments, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path.with_suffix("")))
