"""The command `score`: its options, and what it prints and stores."""

import argparse
import contextlib
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecgutils.errors import EcgError, UsageError
from ecgutils.files import write_csv, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from ecgutils.io.record import Annotations
    from ecgutils.scoring.ec57 import Comparison, Score
    from ecgutils.scoring.further_tables import FurtherTable
    from ecgutils.scoring.records import Job


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    add = parser.add_argument
    records = "a record's name, such as 100, or a folder for all records in it"
    add("records", nargs="+", metavar="RECORD", help=records)
    add("--reference", default="atr", metavar="EXT", help="suffix of the truth (default: atr)")
    add("--test", required=True, metavar="EXT", help="suffix of what is scored")
    truth = "folder of the truth and of the headers (default: the folder given, or data/mitdb)"
    add("--reference-dir", type=Path, metavar="DIR", help=truth)
    tests = "folder of what is scored (default: the folder given, or the current one)"
    add("--test-dir", type=Path, metavar="DIR", help=tests)
    start = "where scoring starts: seconds, M:SS or H:MM:SS (default: 5:00; 0 scores all)"
    add("--from", dest="start", type=_seconds, default=300.0, metavar="TIME", help=start)
    add("--to", dest="end", type=_seconds, metavar="TIME", help="where it ends (default: the end)")
    window = "how far two annotations of one beat may lie apart (default and EC57: 0.15)"
    add("--window", type=_seconds, default=0.15, metavar="SECONDS", help=window)
    add("--matrix", action="store_true", help="print every label against every other as well")
    shutdown = "print what was missed while no signal could be read as well"
    add("--shutdown", action="store_true", help=shutdown)
    runs = "print what became of couplets, short and long runs of V and of S as well, as rxr"
    add("--runs", action="store_true", help=runs)
    episodes = "print what became of episodes of AF and of VF as well, as epicmp"
    add("--episodes", action="store_true", help=episodes)
    rate = "print how heart rates differ as well, as mxm"
    add("--heart-rate", action="store_true", help=rate)
    differing = "write mismatches.csv there, and NAME.bxb to look at in a viewer"
    add("--mismatches", type=Path, metavar="DIR", help=differing)
    add("--csv", type=Path, metavar="FILE", help="write the table there, others beside it")


def _seconds(text: str) -> float:
    """Read a time since the start of a recording."""
    with contextlib.suppress(ValueError):
        parts = [float(part) for part in text.split(":", 2)]
        if all(0 <= part < math.inf for part in parts):
            return sum(part * 60**i for i, part in enumerate(reversed(parts)))
    raise argparse.ArgumentTypeError(f"{text!r} is no time: give seconds, M:SS or H:MM:SS")


def score(options: argparse.Namespace) -> int:
    """Score records as the options say; return the exit status."""
    from ecgutils.scoring.ec57 import compare, score_comparison
    from ecgutils.scoring.records import find_records

    if options.end is not None and options.end <= options.start:
        raise UsageError(f"--to must be later than --from, {options.start:g} s")
    folders = options.reference_dir, options.test_dir
    jobs = find_records(options.records, options.reference, options.test, *folders)
    further, limits = _further_tables(options), (options.start, options.end, options.window)
    scores, others, mismatches, problems = [], [], [], []
    for job in jobs:
        try:
            pair = _read(job, options)
            compared = compare(*pair, *limits)
            beside = [table.score(*pair, *limits) for table in further]
        except EcgError as error:
            problems.append(str(error))
            print(f"ecgutils: error: {error}", file=sys.stderr)
            continue
        scores.append(score_comparison(compared))
        others.append(beside)
        if options.mismatches:
            mismatches.append(_store_annotations(compared, options.mismatches))
    if scores:
        _print_tables(scores, options)
        _store_tables(scores, mismatches, options)
        for table, of_records in zip(further, zip(*others, strict=True), strict=True):
            _show(table, of_records, options.csv)
    _print_left_out(scores, problems, len(jobs))
    return 1 if problems else 0


def _read(job: "Job", options: argparse.Namespace) -> tuple["Annotations", "Annotations"]:
    """Read both annotation files of a record."""
    from ecgutils.scoring.ec57 import read_pair

    suffixes, folders = (options.test, options.reference), (job.reference_dir, job.test_dir)
    return read_pair(job.record_name, *suffixes, *folders, options.start)


def _further_tables(options: argparse.Namespace) -> list["FurtherTable"]:
    """Return the tables that are asked for beside that of beats."""
    asked = [name for name in ("runs", "episodes", "heart_rate") if getattr(options, name)]
    if not asked:
        return []
    from ecgutils.scoring.further_tables import FURTHER_TABLES

    return [table for name in asked for table in FURTHER_TABLES[name]]


def _show(table: "FurtherTable", scores: Sequence, csv: Path | None) -> None:
    """Print a table, and write it beside that of beats where there is one."""
    print(f"\n{table.text(scores)}", end="")
    if csv:
        path = csv.with_name(f"{csv.stem}.{table.name}{csv.suffix}")
        write_csv(path, table.table(scores), "%.4f")


def _print_tables(scores: Sequence["Score"], options: argparse.Namespace) -> None:
    from ecgutils.scoring.ec57_tables import matrix_text, rows_of, shutdown_text, text_of_rows

    print(text_of_rows(*rows_of(scores)), end="")
    if options.matrix:
        print(f"\n{matrix_text(scores)}", end="")
    if options.shutdown:
        print(f"\n{shutdown_text(scores)}", end="")


def _store_annotations(compared: "Comparison", directory: Path) -> "pd.DataFrame":
    """Write the annotations that show mismatches, and return their table."""
    from ecgutils.scoring.mismatches import ANNOTATOR, mismatch_annotations, mismatch_table

    path = directory / f"{compared.record_name}.{ANNOTATOR}"
    write_whole(path, mismatch_annotations(compared))
    return mismatch_table(compared)


def _store_tables(
    scores: Sequence["Score"], mismatches: Sequence["pd.DataFrame"], options: argparse.Namespace
) -> None:
    """Write the tables that the options ask for."""
    from ecgutils.scoring.ec57_tables import score_table

    if options.csv:
        table = score_table(scores, details=options.matrix or options.shutdown)
        write_csv(options.csv, table, "%.4f")
    if options.mismatches:
        import pandas as pd

        path = options.mismatches / "mismatches.csv"
        write_csv(path, pd.concat(mismatches), "%.3f", index=False)


def _print_left_out(scores: Sequence["Score"], problems: Sequence[str], records: int) -> None:
    """Say what the tables do not hold."""
    outside = [f"{each.record_name} ({each.outside})" for each in scores if each.outside]
    if outside:
        print(f"Beats outside of recordings are not scored: {', '.join(outside)}")
    if problems:
        which = f"{len(problems)} of {records} records"
        print(f"{which} could not be scored: {'; '.join(problems)}")
