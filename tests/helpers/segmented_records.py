"""Records of several segments, cut from record 100."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import wfdb

from ecgutils.io.wfdb_signals import read_record
from ecgutils.paths import MITDB_DIR

FS, LENGTH = 360, 3600


def write_segment(folder: Path, name: str, start: int, leads: Sequence[str]) -> None:
    """Write ten seconds of record 100."""
    record = read_record("100", MITDB_DIR, annotations=None).only(leads)
    with warnings.catch_warnings():
        # wfdb uses what pandas will drop one day.
        warnings.simplefilter("ignore")
        wfdb.wrsamp(
            name,
            FS,
            ["mV"] * len(leads),
            list(leads),
            record.p_signal[start : start + LENGTH],
            fmt=["16"] * len(leads),
            write_dir=str(folder),
        )


def write_fixed(folder: Path) -> Path:
    """Write twenty seconds of record 100 in two segments, and return their folder."""
    for name, start in (("a", 0), ("b", LENGTH)):
        write_segment(folder, name, start, ("MLII", "V5"))
    text = f"whole/2 2 {FS} {2 * LENGTH}\na {LENGTH}\nb {LENGTH}\n# 69 M\n"
    (folder / "whole.hea").write_text(text)
    return folder


def write_variable(folder: Path) -> Path:
    """Write two leads, a gap, and the second lead alone, and return their folder."""
    write_segment(folder, "a", 0, ("MLII", "V5"))
    write_segment(folder, "b", 2 * LENGTH, ("V5",))
    lead = "~ 0 200 11 0 0 0 0"
    (folder / "layout.hea").write_text(f"layout 2 {FS} 0\n{lead} MLII\n{lead} V5\n")
    segments = f"layout 0\na {LENGTH}\n~ {LENGTH}\nb {LENGTH}\n"
    (folder / "whole.hea").write_text(f"whole/4 2 {FS} {3 * LENGTH}\n{segments}")
    return folder
