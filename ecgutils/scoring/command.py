"""The command `score`: its options, and what it prints and stores."""

import argparse
import math
import sys
from pathlib import Path

from ecgutils import paths
from ecgutils.errors import EcgError, UsageError
from ecgutils.files import write_csv


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    add = parser.add_argument
    add("records", nargs="+", metavar="RECORD", help="record names, such as 100")
    add("--reference", default="atr", metavar="EXT", help="suffix of the truth (default: atr)")
    add("--test", required=True, metavar="EXT", help="suffix of what is scored")
    truth = "folder of the truth and of the headers (default: data/mitdb)"
    add("--reference-dir", type=Path, default=paths.MITDB_DIR, metavar="DIR", help=truth)
    add("--test-dir", type=Path, default=Path(), metavar="DIR", help="default: the current folder")
    start = "where scoring starts (default: 300; 0 scores the whole record)"
    add("--from", dest="start", type=_seconds, default=300.0, metavar="SECONDS", help=start)
    add("--csv", type=Path, metavar="FILE", help="write the table there as well")


def _seconds(text: str) -> float:
    """Read a time since the start of a recording."""
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(text)
    return seconds


def score(options: argparse.Namespace) -> int:
    """Score records as the options say; return the exit status."""
    from ecgutils.scoring.ec57 import score_record
    from ecgutils.scoring.ec57_tables import as_text, score_table

    if len(set(options.records)) < len(options.records):
        raise UsageError("a record is named twice, its beats would count twice")
    folders = {"reference_dir": options.reference_dir, "test_dir": options.test_dir}
    suffixes = {"test": options.test, "reference": options.reference}
    scores, status = [], 0
    for name in options.records:
        try:
            scores.append(score_record(name, **suffixes, **folders, start=options.start))
        except EcgError as error:
            print(f"ecgutils: error: {error}", file=sys.stderr)
            status = 1
    if scores:
        table = score_table(scores)
        print(as_text(table), end="")
        if options.csv:
            write_csv(options.csv, table, "%.4f")
    return status
