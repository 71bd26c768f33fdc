"""The command line: reads what the user wants and lets the other modules do it.

Exit status: 0 where all went well, 1 where something outside the program was wrong, 2 for wrong
usage, 130 after an interrupt.
"""

import argparse
import contextlib
import functools
import math
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from ecgutils import __version__, paths
from ecgutils.database.databases import DATABASES
from ecgutils.errors import EcgError, UsageError, packages_needed
from ecgutils.files import reason
from ecgutils.scoring import command as scoring_command

Item = TypeVar("Item")
Commands = argparse._SubParsersAction
Command = Callable[[argparse.Namespace], int | None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command with its options, those of the process by default; return the exit status."""
    options = build_parser().parse_args(arguments)
    try:
        with _ended_like_an_interrupt(), packages_needed():
            status = options.command(options) or 0
            # Whoever reads the output may be gone or the disk full: better found out here.
            print(end="", flush=True)
    except UsageError as error:
        options.wrong_usage(str(error))
    except EcgError as error:
        return _print_error(f"error: {error}")
    except KeyboardInterrupt:
        return _print_error("interrupted", 130)
    except BrokenPipeError:
        _drop_output()
        return 1
    except OSError as error:
        _drop_output()
        name = f"{error.filename}: " if error.filename else ""
        return _print_error(f"error: {name}{reason(error)}")
    return status


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; its result's `command` is a function of the result."""
    description = "Reproduce, explain and surpass a published heartbeat classifier."
    parser = argparse.ArgumentParser(prog="ecgutils", description=description)
    parser.add_argument("--version", action="version", version=f"ecgutils {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_run(commands)
    site = _add(commands, _site, "site", "write notebooks, tables and a report as a static site")
    folder = {"type": Path, "default": paths.BUILD_DIR / "site", "metavar": "DIR"}
    site.add_argument("-o", "--out", help="default: build/site", **folder)
    _add(commands, _verify, "verify", "prove that the embedded databases are PhysioNet's")
    _add_fetch(commands)
    _add_study(commands)
    train = _add(commands, _train_model, "train-model", "train the model of classify anew")
    _add_scheduler(train, "this project must have")
    _add_inspect(commands)
    _add_classify(commands)
    _add_score(commands)
    return parser


def _in_a_checkout(command: Command) -> Command:
    """Let a command begin only where the notebooks and the embedded databases are."""

    @functools.wraps(command)
    def begun_in_a_checkout(options: argparse.Namespace) -> int | None:
        paths.need_checkout("this command")
        return command(options)

    return begun_in_a_checkout


def _add_run(commands: Commands) -> None:
    parser = _add(commands, _run, "run", "execute the notebooks in order and write the report")
    parser.add_argument("numbers", nargs="*", metavar="NN", help="notebooks to run (default: all)")
    trial = "a few records and epochs, to see that all works"
    parser.add_argument("--quick", action="store_true", help=trial)
    setting = "set a parameter in the notebooks that have it; may be given several times"
    parameter = {"nargs": 2, "metavar": ("NAME", "VALUE"), "action": "append", "default": []}
    parser.add_argument("-p", "--parameter", help=setting, **parameter)


def _add_fetch(commands: Commands) -> None:
    fetch = _add(commands, _fetch, "fetch", "fill data/ from PhysioNet or from a copy of it")
    names = [database.name for database in DATABASES]
    which = f"{', '.join(names)} (default: all; with --from, {names[0]})"
    fetch.add_argument("name", nargs="?", choices=names, metavar="DATABASE", help=which)
    copy = "a copy of that database (default: physionet.org)"
    fetch.add_argument("--from", dest="source", metavar="DIR|URL", help=copy)


def _add_study(commands: Commands) -> None:
    summary = "repeat a long study, or write the tables of the README"
    parser = _add(commands, _study, "study", summary)
    studies = parser.add_subparsers(title="studies", metavar="STUDY", required=True)
    known = _add_one_study(studies, "known", "models on patients they know, as in the paper")
    known.add_argument("--models", nargs="+", metavar="MODEL", help="default: all")
    known.add_argument("--seeds", nargs="+", type=int, metavar="SEED", help="default: the study's")
    unseen = _add_one_study(studies, "unseen", "models on patients they have not seen")
    unseen.add_argument("--parts", nargs="+", metavar="PART", help="default: all")
    positions = "how well beats are found, and what detected positions cost"
    detection = _add_one_study(studies, "detection", positions)
    own = "a folder with databases of yours as svdb, cudb and clips, which are measured as well"
    detection.add_argument("--databases", type=Path, metavar="DIR", help=own)
    recorders = _add_one_study(studies, "recorders", "what another recorder or format changes")
    recorders.add_argument("--records", nargs="+", metavar="RECORD", help="default: all")
    _add_one_study(studies, "ec57", "every statistic that EC57 names, on patients held out")
    _add(studies, _study_tables, "tables", "write the tables of the README from figures/*.csv")


def _add_one_study(studies: Commands, name: str, summary: str) -> argparse.ArgumentParser:
    parser = _add(studies, _study, name, summary)
    parser.set_defaults(study=name)
    out = {"type": Path, "default": paths.FIGURES_DIR, "metavar": "DIR"}
    parser.add_argument("--out", help="default: figures/", **out)
    _add_scheduler(parser, "this project must have")
    return parser


def _add_inspect(commands: Commands) -> None:
    parser = _add(commands, _inspect, "inspect", "say how files of recordings are understood")
    add = parser.add_argument
    add("recordings", nargs="+", metavar="RECORDING", help="as for classify, but no folder")
    add("--lead", action="append", default=[], metavar="NAME", help="as for classify")
    add("--fs", type=_hertz, metavar="HZ", help="as for classify")


def _add_classify(commands: Commands) -> None:
    parser = _add(commands, _classify, "classify", "classify every heartbeat of recordings")
    add = parser.add_argument
    kinds = "WFDB, EDF, BDF, ISHNE, DICOM, HL7 aECG, MATLAB or CSV"
    recording = f"a recording ({kinds}), or a folder for all recordings in it but .txt"
    add("recordings", nargs="+", metavar="RECORDING", help=recording)
    results = "where NAME.aami, NAME.beats.csv and NAME.html are written; what is done already is"
    again = "done again only if the recording, the options or the model changed"
    add("-o", "--out", type=Path, required=True, metavar="DIR", help=f"{results} {again}")
    positions = "the annotation file with this suffix, such as atr (default: detect them)"
    add("--beats", metavar="EXT", help=f"take the positions of beats from {positions}")
    lead = "use this lead; may be given twice (default: the best ones are chosen)"
    add("--lead", action="append", default=[], metavar="NAME", help=lead)
    add("--fs", type=_hertz, metavar="HZ", help="sampling frequency, whatever the files say")
    edf = "write NAME.beats.edf as well: EDF+ with each beat's class as a note on the signal"
    add("--format", action="append", choices=["edf", "csv"], default=[], help=f"edf: {edf}")
    where = parser.add_mutually_exclusive_group()
    jobs = "share the work among so many processes"
    where.add_argument("--jobs", type=_count, metavar="N", help=jobs)
    _add_scheduler(where, "recordings and DIR must have")


def _add_score(commands: Commands) -> None:
    summary = "compare annotations beat by beat, as EC57 asks"
    scoring_command.add_options(_add(commands, scoring_command.score, "score", summary))


def _hertz(text: str) -> float:
    """Read a sampling frequency."""
    with contextlib.suppress(ValueError):
        if 0 < (frequency := float(text)) < math.inf:
            return frequency
    raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of Hz, such as 250")


def _count(text: str) -> int:
    """Read how many there are to be of something."""
    with contextlib.suppress(ValueError):
        if (count := int(text)) >= 1:
            return count
    raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of one or more")


def _add(commands: Commands, command: Command, name: str, summary: str) -> argparse.ArgumentParser:
    """Add a command that a function carries out."""
    description = f"{summary[0].upper()}{summary[1:]}."
    parser = commands.add_parser(name, help=summary, description=description)
    parser.set_defaults(command=command, wrong_usage=parser.error)
    return parser


def _add_scheduler(parser: argparse._ActionsContainer, what: str) -> None:
    sharing = "share the work among the workers of this dask scheduler, such as tcp://10.0.0.1:8786"
    needed = f"{what} the same paths on all of them, as on a shared file system"
    parser.add_argument("--scheduler", metavar="ADDRESS", help=f"{sharing}; {needed}")


@_in_a_checkout
def _run(options: argparse.Namespace) -> int:
    from ecgutils.runner import execution, pages
    from ecgutils.website import exhibits

    parameters = {name: execution.parse_value(value) for name, value in options.parameter}
    folders = {"notebooks_dir": paths.NOTEBOOKS_DIR, "build_dir": paths.BUILD_DIR}
    wanted = options.numbers, options.quick, parameters
    try:
        shown = exhibits(paths.BUILD_DIR / "figures")
        report = execution.run(*wanted, **folders, exhibits=shown)
    except execution.NotebookError as error:
        _print_error(f"error: {error}")
        print(f"\n{error.excerpt}\n\nAs far as it came: {error.kept}", file=sys.stderr)
        return 1
    if not options.numbers and (table := execution.results_table(paths.BUILD_DIR)):
        print(f"\n{table}\n")
    if options.quick:
        print(pages.TRIAL_WARNING)
    print(f"The report: {report}")
    return 0


@_in_a_checkout
def _site(options: argparse.Namespace) -> None:
    from ecgutils.website import write_site

    print(f"The site: {write_site(options.out)}")


@_in_a_checkout
def _verify(_: argparse.Namespace) -> int:
    from ecgutils.database.physionet import verify

    all_good = True
    for database in DATABASES:
        verdicts = verify(database)
        for verdict in verdicts:
            if not verdict.ok:
                print(f"{verdict.record_name}: {'; '.join(verdict.problems.values())}")
        good = sum(verdict.ok for verdict in verdicts)
        print(f"{good} of {len(verdicts)} records of the {database.title} agree with PhysioNet")
        all_good &= good == len(verdicts)
    return 0 if all_good else 1


@_in_a_checkout
def _fetch(options: argparse.Namespace) -> None:
    from ecgutils.database.physionet import fetch

    name = options.name or (options.source and DATABASES[0].name)
    for database in DATABASES:
        if name in (None, database.name):
            fetched = len(fetch(database, options.source, progress=True))
            print(f"{database.directory}: {fetched} records fetched, the others were right already")


@_in_a_checkout
def _study(options: argparse.Namespace) -> None:
    from ecgutils.parallel import shared_among_machines
    from ecgutils.studies import detection, ec57_page, known_patients, recorders, unseen_patients

    modules = {"known": known_patients, "unseen": unseen_patients, "ec57": ec57_page}
    modules |= {"detection": detection, "recorders": recorders}
    limits = ("models", "seeds", "parts", "databases", "records")
    chosen = [getattr(options, name) for name in limits if name in options]
    with shared_among_machines(options.scheduler):
        modules[options.study].run_study(*chosen, options.out)


@_in_a_checkout
def _study_tables(_: argparse.Namespace) -> None:
    from ecgutils.studies.readme import README, write_tables

    write_tables()
    print(f"{README}: its tables are those of figures/")


@_in_a_checkout
def _train_model(options: argparse.Namespace) -> None:
    from ecgutils.parallel import shared_among_machines
    from ecgutils.unseen.model_training import make_model

    with shared_among_machines(options.scheduler):
        print(make_model())


def _inspect(options: argparse.Namespace) -> int:
    from ecgutils.recordings.inspection import inspect_recording

    status = 0
    for path in options.recordings:
        try:
            described = inspect_recording(path, options.fs, tuple(options.lead))
        except EcgError as error:
            status = _print_error(f"error: {error}")
            continue
        for line in [path, *(f"  {line}" for line in described.splitlines())]:
            _print_line(line)
    return status


def _classify(options: argparse.Namespace) -> int:
    from ecgutils.recordings.batch.files import find_recordings
    from ecgutils.recordings.batch.many import Options, classify_many

    if len(options.lead) > 2:
        raise UsageError("at most two leads are used, so --lead may be given twice")
    jobs, problems = find_recordings(options.recordings, options.out, options.beats)
    for problem in problems:
        _print_error(f"error: {problem}")
    # The table is always written.
    formats = ("edf",) if "edf" in options.format else ()
    settings = Options(options.out, options.fs, options.beats, tuple(options.lead), formats)
    states = Counter(failed=len(problems))
    results = classify_many(jobs, settings, options.jobs, options.scheduler)
    with contextlib.closing(results) as outcomes:
        for outcome in _with_progress(outcomes, len(jobs)):
            states[outcome.state] += 1
            if outcome.state == "failed":
                _print_error(f"error: {outcome.line}")
            else:
                _print_line(outcome.line)
    _print_line(_closing_line(states, options.out))
    return 1 if states["failed"] else 0


def _with_progress(outcomes: Iterator[Item], total: int) -> Iterator[Item]:
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


@contextlib.contextmanager
def _ended_like_an_interrupt() -> Iterator[None]:
    """Let a request to end be an interrupt, so that kernels and unfinished files are cleared away.

    Left to itself it would end this process on the spot. Signals that are ignored stay so, as
    `nohup` wants it.
    """
    with contextlib.ExitStack() as stack:
        for end in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(end) == signal.SIG_DFL:
                stack.callback(signal.signal, end, signal.SIG_DFL)
                signal.signal(end, signal.default_int_handler)
        yield


def _print_line(line: str) -> None:
    """Print a line at once, whatever alphabet the terminal has."""
    encoding = sys.stdout.encoding or "utf-8"
    print(line.encode(encoding, "replace").decode(encoding), flush=True)


def _print_error(message: str, status: int = 1) -> int:
    """Print a line for the user; return the exit status."""
    print(f"ecgutils: {message}", file=sys.stderr)
    return status


def _drop_output() -> None:
    """Send what is still to be printed nowhere, for Python would fail again when it exits."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
