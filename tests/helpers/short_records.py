"""The first seconds of a record, written as a record of their own."""

from pathlib import Path

import numpy as np
import pytest

from ecgutils.database.physionet import decode_flac, encode_212, encode_flac
from ecgutils.errors import EcgError
from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR

ENCODERS = {"212": encode_212, "516": encode_flac}


def write_short_record(directory: Path, signal_format: str = "516", samples: int = 3600) -> Path:
    """Write the first seconds of record 100, with its first annotations, and return its folder."""
    directory.mkdir(parents=True, exist_ok=True)
    digital = decode_flac(MITDB_DIR / "100.dat")[:samples]
    header = ["100 2 360 " + str(samples)]
    for lead, name in enumerate(("MLII", "V5")):
        checksum = digital[:, lead].sum(dtype=np.int16)
        header.append(f"100.dat {signal_format} 200 11 1024 {digital[0, lead]} {checksum} 0 {name}")
    header += ["# 69 M 1085 1629 x1", "# Aldomet, Inderal", ""]
    (directory / "100.hea").write_text("\n".join(header))
    (directory / "100.dat").write_bytes(ENCODERS[signal_format](digital))
    # Eight bytes for the rhythm note and two for each beat, of which the first nine lie in 2,500
    # samples; two zero bytes end the file.
    (directory / "100.atr").write_bytes((MITDB_DIR / "100.atr").read_bytes()[:26] + b"\0\0")
    return directory


def refused(directory: Path, pattern: str, **options: str) -> None:
    """Check that record 100 is refused with one line that matches."""
    with pytest.raises(EcgError, match=pattern) as caught:
        read_record("100", directory, **options)
    assert "\n" not in str(caught.value)


def edit_header(directory: Path, old: str, new: str) -> None:
    """Replace text in the header of record 100, which must be there."""
    path = directory / "100.hea"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
