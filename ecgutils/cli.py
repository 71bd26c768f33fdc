"""The command line: reads what the user asks for and lets the other modules do it.

Exit status: 0 where all went well, 1 where something outside the program was wrong, 2 for wrong
usage, 130 after an interrupt.
"""

import argparse
import contextlib
import math
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecgutils import __version__, paths
from ecgutils.errors import EcgError, UsageError
from ecgutils.files import reason

if TYPE_CHECKING:
    from ecgutils.recordings.batch.many import Outcome

DESCRIPTION = "Reproduce, explain and surpass a published heartbeat classifier."
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        The command and its options; those of the process where it is left out.

    Returns
    -------
    int
        The exit status.
    """
    asked = build_parser().parse_args(arguments)
    try:
        with _ended_like_an_interrupt():
            status = asked.command(asked)
            # Whoever reads the output may be gone or the disk full: better found out here.
            print(end="", flush=True)
    except EcgError as error:
        return _complain(f"error: {error}")
    except KeyboardInterrupt:
        return _complain("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _drop_output()
        return 1
    except OSError as error:
        _drop_output()
        name = f"{error.filename}: " if error.filename else ""
        return _complain(f"error: {name}{reason(error)}")
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line.

    Returns
    -------
    argparse.ArgumentParser
        Its result has the attribute `command`, a function of the result that returns the exit
        status.
    """
    parser = argparse.ArgumentParser(prog="ecgutils", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"ecgutils {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    _add_verify(commands)
    _add_fetch(commands)
    _add_study(commands)
    _add_unseen_study(commands)
    _add_classify(commands)
    _add_score(commands)
    return parser


def _add_run(commands: argparse._SubParsersAction) -> None:
    parser = _add(commands, _run, "run", "execute the notebooks in order and write the report")
    parser.add_argument("numbers", nargs="*", metavar="NN", help="notebooks to run (default: all)")
    parser.add_argument(
        "--quick", action="store_true", help="a few records and epochs, to see that all works"
    )
    parser.add_argument(
        *("-p", "--parameter"),
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "VALUE"),
        help="set a parameter in the notebooks that have it; may be given several times",
    )
    parser.set_defaults(wrong_usage=parser.error)


def _add_verify(commands: argparse._SubParsersAction) -> None:
    _add(commands, _verify, "verify", "prove that the embedded databases are PhysioNet's")


def _add_fetch(commands: argparse._SubParsersAction) -> None:
    parser = _add(commands, _fetch, "fetch", "fill data/mitdb from PhysioNet or from a copy of it")
    parser.add_argument(
        "--from", dest="source", metavar="DIR|URL", help="the copy (default: physionet.org)"
    )


def _add_study(commands: argparse._SubParsersAction) -> None:
    parser = _add(commands, _study, "study", "repeat the long study with several seeds (hours)")
    parser.add_argument("--models", nargs="+", metavar="NAME", help="default: all")
    parser.add_argument(
        "--seeds", nargs="+", type=int, metavar="SEED", help="default: those of the study"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: figures/")


def _add_unseen_study(commands: argparse._SubParsersAction) -> None:
    parser = _add(
        commands, _unseen_study, "study-unseen", "repeat the long study on unseen patients (hours)"
    )
    parser.add_argument("--parts", nargs="+", metavar="PART", help="default: all")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default: figures/")


def _add_classify(commands: argparse._SubParsersAction) -> None:
    parser = _add(commands, _classify, "classify", "classify every heartbeat of recordings")
    parser.add_argument(
        "recordings",
        nargs="+",
        metavar="RECORDING",
        help="a WFDB record, an EDF or CSV file, or a folder for all recordings in it",
    )
    parser.add_argument(
        *("-o", "--out"),
        type=Path,
        required=True,
        metavar="DIR",
        help="where NAME.aami, NAME.beats.csv and NAME.html are written; what is done already is "
        "done again only if the recording, the options or the model changed",
    )
    parser.add_argument(
        "--beats",
        metavar="EXT",
        help="take the positions of beats from the annotation file with this suffix, such as atr "
        "(default: detect them)",
    )
    parser.add_argument(
        "--lead",
        action="append",
        default=[],
        metavar="NAME",
        help="look at this lead; may be given twice (default: the best ones are chosen)",
    )
    parser.add_argument(
        "--fs", type=_hertz, metavar="HZ", help="sampling frequency of CSV files without times"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", type=_count, metavar="N", help="share the work among so many processes"
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="share the work among the workers of this dask scheduler, such as "
        "tcp://10.0.0.1:8786; recordings and DIR must have the same paths on all of them, as on a "
        "shared file system",
    )
    parser.set_defaults(wrong_usage=parser.error)


def _add_score(commands: argparse._SubParsersAction) -> None:
    parser = _add(commands, _score, "score", "compare annotations beat by beat, as EC57 asks")
    parser.add_argument("records", nargs="+", metavar="RECORD", help="record names, such as 100")
    parser.add_argument(
        "--reference", default="atr", metavar="EXT", help="suffix of the truth (default: atr)"
    )
    parser.add_argument("--test", required=True, metavar="EXT", help="suffix of what is scored")
    parser.add_argument(
        "--reference-dir",
        type=Path,
        default=paths.MITDB_DIR,
        metavar="DIR",
        help="folder of the truth and of the headers (default: data/mitdb)",
    )
    parser.add_argument(
        "--test-dir", type=Path, default=Path(), metavar="DIR", help="default: the current folder"
    )
    parser.add_argument(
        "--from",
        dest="start",
        type=_seconds,
        default=300.0,
        metavar="SECONDS",
        help="where scoring starts (default: 300; 0 scores the whole record)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table there as well")
    parser.set_defaults(wrong_usage=parser.error)


def _seconds(text: str) -> float:
    """Read a time since the start of a recording."""
    seconds = float(text)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(text)
    return seconds


def _hertz(text: str) -> float:
    """Read a sampling frequency."""
    frequency = float(text)
    if not (math.isfinite(frequency) and frequency > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number of Hz")
    return frequency


def _count(text: str) -> int:
    """Read how many there are to be of something."""
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is less than one")
    return count


def _add(
    commands: argparse._SubParsersAction,
    command: Callable[[argparse.Namespace], int],
    name: str,
    summary: str,
) -> argparse.ArgumentParser:
    """Add a command that a function carries out."""
    parser = commands.add_parser(name, help=summary, description=f"{summary.capitalize()}.")
    parser.set_defaults(command=command)
    return parser


def _run(asked: argparse.Namespace) -> int:
    from ecgutils.runner import run

    parameters = {name: run.parse_value(value) for name, value in asked.parameter}
    folders = {"notebooks_dir": paths.NOTEBOOKS_DIR, "build_dir": paths.BUILD_DIR}
    try:
        report = run.run(asked.numbers, asked.quick, parameters, **folders)
    except UsageError as error:
        asked.wrong_usage(str(error))
    except run.NotebookError as error:
        _complain(f"error: {error}")
        print(f"\n{error.excerpt}\n\nAs far as it came: {error.kept}", file=sys.stderr)
        return 1
    for line in [] if asked.numbers else run.closing_lines(paths.BUILD_DIR):
        print(line)
    if asked.quick:
        print("This was a trial of a few records and epochs: its figures prove nothing.")
    print(f"The report: {report}")
    return 0


def _verify(_: argparse.Namespace) -> int:
    from ecgutils.database.physionet import verify

    all_good = True
    embedded = {paths.MITDB_DIR: "signals and annotations", paths.NSTDB_DIR: "noise signals"}
    for directory, what in embedded.items():
        verdicts = verify(directory)
        for verdict in verdicts:
            if not verdict.ok:
                print(f"{verdict.record_name}: {'; '.join(verdict.problems.values())}")
        good = sum(verdict.ok for verdict in verdicts)
        print(f"{good} of {len(verdicts)} records: {what} agree with PhysioNet")
        all_good &= good == len(verdicts)
    return 0 if all_good else 1


def _fetch(asked: argparse.Namespace) -> int:
    from ecgutils.database.physionet import fetch

    fetched = fetch(paths.MITDB_DIR, asked.source, progress=True)
    print(f"{paths.MITDB_DIR}: {len(fetched)} records fetched, the others were right already")
    return 0


def _study(asked: argparse.Namespace) -> int:
    from ecgutils.studies.known_patients import run_study

    options = {"models": asked.models, "seeds": asked.seeds, "folder": asked.out}
    run_study(**{name: value for name, value in options.items() if value is not None})
    return 0


def _unseen_study(asked: argparse.Namespace) -> int:
    from ecgutils.studies.unseen_patients import run_inter_patient_study

    run_inter_patient_study(asked.parts, asked.out or paths.FIGURES_DIR)
    return 0


def _classify(asked: argparse.Namespace) -> int:
    from ecgutils.recordings.batch.files import find_recordings
    from ecgutils.recordings.batch.many import Options, classify_many

    if len(asked.lead) > 2:
        asked.wrong_usage("at most two leads are looked at, so --lead may be given twice")
    try:
        jobs, problems = find_recordings(asked.recordings, asked.out, asked.beats)
    except UsageError as error:
        asked.wrong_usage(str(error))
    for problem in problems:
        _complain(f"error: {problem}")
    options = Options(asked.out, asked.fs, asked.beats, tuple(asked.lead))
    states = Counter(failed=len(problems))
    with contextlib.closing(classify_many(jobs, options, asked.jobs, asked.scheduler)) as outcomes:
        for outcome in _with_progress(outcomes, len(jobs)):
            states[outcome.state] += 1
            if outcome.state == "failed":
                _complain(f"error: {outcome.line}")
            else:
                _say(outcome.line)
    _say(_closing_line(states, asked.out))
    return 1 if states["failed"] else 0


def _with_progress(outcomes: Iterator["Outcome"], total: int) -> Iterator["Outcome"]:
    """Draw a bar below the lines while there is more than one recording and somebody watches."""
    from tqdm import tqdm

    with tqdm(total=total, unit="recording", disable=None if total > 1 else True) as bar:
        for outcome in outcomes:
            with tqdm.external_write_mode():
                yield outcome
            bar.update()


def _closing_line(states: Counter[str], directory: Path) -> str:
    """Say how many recordings have results now."""
    done = states["classified"] + states["done before"]
    line = f"{done} of {states.total()} recordings classified"
    line += f" ({states['done before']} of them before)" if states["done before"] else ""
    line += f", {states['failed']} failed" if states["failed"] else ""
    return f"{line}; results in {directory}" if done else line


def _score(asked: argparse.Namespace) -> int:
    from ecgutils.scoring.ec57 import score_record
    from ecgutils.scoring.ec57_tables import as_text, score_table, write_csv

    if len(set(asked.records)) < len(asked.records):
        asked.wrong_usage("a record is named twice, its beats would count twice")
    options = {"reference_dir": asked.reference_dir, "test_dir": asked.test_dir}
    scores, status = [], 0
    for name in asked.records:
        try:
            scores.append(
                score_record(name, asked.test, asked.reference, start=asked.start, **options)
            )
        except EcgError as error:
            status = _complain(f"error: {error}")
    if scores:
        table = score_table(scores)
        print(as_text(table), end="")
        if asked.csv:
            write_csv(table, asked.csv)
    return status


@contextlib.contextmanager
def _ended_like_an_interrupt() -> Iterator[None]:
    """Let a request to end be an interrupt, so that kernels and unfinished files are cleared away.

    Left to itself it would end this process on the spot. Signals that are ignored stay so, as
    `nohup` wants it.
    """
    ends = [s for s in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(s) == signal.SIG_DFL]
    for end in ends:
        signal.signal(end, signal.default_int_handler)
    try:
        yield
    finally:
        for end in ends:
            signal.signal(end, signal.SIG_DFL)


def _say(line: str) -> None:
    """Print a line at once, whatever alphabet the terminal has."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)


def _complain(message: str, status: int = 1) -> int:
    """Print a line for the user; return the exit status."""
    print(f"ecgutils: {message}", file=sys.stderr)
    return status


def _drop_output() -> None:
    """Send what is still to be printed nowhere, for Python would fail again when it exits."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
