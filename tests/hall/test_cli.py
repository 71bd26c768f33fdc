"""The command line: what it passes on, what it prints, and its exit status."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import Client

from ecgutils import __version__, cli, paths, runner
from ecgutils.database import physionet
from ecgutils.database.databases import DATABASES, MITDB, SVDB
from ecgutils.errors import EcgError
from ecgutils.parallel import in_parallel
from ecgutils.runner import execution
from ecgutils.studies import detection, known_patients, readme, recorders, unseen_patients
from ecgutils.unseen import model_training
from tests.helpers.clusters import local_cluster
from tests.helpers.notebook_files import write_notebook


def recorder(monkeypatch, module, name, result=None):
    """Replace a function by one that notes what it is called with."""
    calls = []

    def record(*positional, **named):
        calls.append((positional, named))
        return result

    monkeypatch.setattr(module, name, record)
    return calls


def process_of(record):
    """Name the process that has got a record."""
    return record, os.getpid()


def raiser(monkeypatch, error):
    """Let `ecgutils run` meet an error."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(execution, "run", fail)


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    commands = (
        "run",
        "site",
        "verify",
        "fetch",
        "study",
        "train-model",
        "inspect",
        "classify",
        "score",
    )
    assert all(f"\n    {command}" in shown for command in commands)


def test_help_of_study_names_every_study(capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.main(["study", "--help"])
    shown = capsys.readouterr().out
    studies = ("known", "unseen", "detection", "recorders", "ec57", "tables")
    assert all(f"\n    {study}" in shown for study in studies)
    assert "README" in shown


@pytest.mark.parametrize("study", ["known", "unseen", "detection", "recorders", "ec57"])
def test_help_of_a_study_says_where_it_writes_and_who_may_help(study, capsys):
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.main(["study", study, "--help"])
    shown = capsys.readouterr().out
    assert "--out DIR" in shown
    assert "--scheduler ADDRESS" in shown


def test_module_is_the_command_line():
    done = subprocess.run(
        [sys.executable, "-m", "ecgutils", "--version"],
        cwd=paths.PROJECT_ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, f"ecgutils {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["run", "--nonsense"],
        ["run", "-p", "name"],
        ["fetch", "--from"],
        ["study"],
        ["study", "nonsense"],
        ["study", "known", "--seeds", "one"],
        ["study", "unseen", "--models", "ours"],
        ["study", "tables", "figures"],
        ["study-unseen"],
        ["train-model", "--scheduler"],
        ["verify", "100"],
        ["run", "99"],
        ["run", "-p", "sead", "1"],
    ],
)
def test_wrong_usage_is_one_line_after_the_usage(arguments, capsys, monkeypatch, tmp_path):
    write_notebook(tmp_path / "01_a.ipynb", "seed = 0")
    monkeypatch.setattr(paths, "NOTEBOOKS_DIR", tmp_path)
    with pytest.raises(SystemExit, match=r"^2$"):
        cli.main(arguments)
    shown, complaint = capsys.readouterr()
    *usage, error = complaint.splitlines()
    assert shown == ""
    assert usage[0].startswith("usage: ecgutils")
    assert not [line for line in usage if "error" in line]
    assert error.startswith("ecgutils ") or error.startswith("ecgutils: ")
    assert "error: " in error


def test_run_passes_on_its_options(monkeypatch, capsys):
    calls = recorder(monkeypatch, execution, "run", Path("report.html"))
    monkeypatch.setattr(execution, "results_table", lambda _: "the table")
    options = ["run", "--quick", "-p", "seed", "-1", "-p", "lead", "V5", "03", "1"]
    assert cli.main(options) == 0
    folders = {"notebooks_dir": paths.NOTEBOOKS_DIR, "build_dir": paths.BUILD_DIR}
    ((arguments, named),) = calls
    assert arguments == (["03", "1"], True, {"seed": -1, "lead": "V5"})
    assert "table" in str(named.pop("exhibits"))
    assert named == folders
    # The table is made of all notebooks, so part of them does not end with it.
    trial, report = capsys.readouterr().out.splitlines()
    assert trial.startswith("This was a quick trial")
    assert report == "The report: report.html"


def test_run_of_all_notebooks_ends_with_the_table_and_the_report(monkeypatch, capsys):
    calls = recorder(monkeypatch, execution, "run", Path("report.html"))
    monkeypatch.setattr(execution, "results_table", lambda _: "the table")
    assert cli.main(["run"]) == 0
    assert calls[0][0] == ([], False, {})
    assert capsys.readouterr().out == "\nthe table\n\nThe report: report.html\n"


def test_failed_notebook_is_shown_with_its_cell(monkeypatch, capsys):
    error = execution.NotebookError("01_a.ipynb, cell 2 of 3: KeyError: 'b'", "a\nb", Path("kept"))
    raiser(monkeypatch, error)
    assert cli.main(["run"]) == 1
    shown, complaint = capsys.readouterr()
    assert shown == ""
    assert complaint.splitlines() == [
        "ecgutils: error: 01_a.ipynb, cell 2 of 3: KeyError: 'b'",
        "",
        "    a",
        "    b",
        "",
        "As far as it came: kept",
    ]


def test_long_cells_are_cut_short():
    error = execution.NotebookError("", "\n".join(map(str, range(100))), Path())
    assert error.excerpt.splitlines()[-2:] == ["    19", "    ..."]


@pytest.mark.parametrize(
    ("error", "status", "complaint"),
    [
        (EcgError("100.dat: damaged"), 1, "ecgutils: error: 100.dat: damaged\n"),
        (KeyboardInterrupt(), 130, "ecgutils: interrupted\n"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            1,
            "ecgutils: error: No space left on device\n",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "a/b"),
            1,
            "ecgutils: error: a/b: Permission denied\n",
        ),
    ],
)
def test_error_is_one_line(error, status, complaint, monkeypatch, capfd):
    raiser(monkeypatch, error)
    monkeypatch.setattr(cli, "_drop_output", lambda: None)
    assert cli.main(["run"]) == status
    assert capfd.readouterr().err == complaint


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGHUP])
def test_request_to_end_is_an_interrupt_while_a_command_runs(end, monkeypatch):
    before = signal.signal(end, signal.SIG_DFL)
    try:
        monkeypatch.setattr(execution, "run", lambda *_, **__: signal.raise_signal(end))
        assert cli.main(["run"]) == 130
        assert signal.getsignal(end) == signal.SIG_DFL
    finally:
        signal.signal(end, before)


def test_ignored_request_to_end_stays_ignored(monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        monkeypatch.setattr(execution, "run", lambda *_, **__: signal.raise_signal(signal.SIGHUP))
        assert cli.main(["run", "01"]) == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


VERDICTS = [
    physionet.Verdict("100", (".dat", ".atr"), {}),
    physionet.Verdict("101", (".dat", ".atr"), {".dat": "101.dat: bad", ".atr": "101.atr: bad"}),
]


def test_verify_names_each_bad_record_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(physionet, "verify", lambda d: VERDICTS if d == MITDB else [])
    assert cli.main(["verify"]) == 1
    assert capsys.readouterr().out.splitlines()[:2] == [
        "101: 101.dat: bad; 101.atr: bad",
        "1 of 2 records of the MIT-BIH Arrhythmia Database agree with PhysioNet",
    ]


@pytest.mark.parametrize("damaged", DATABASES)
def test_verify_finds_damage_in_every_database(damaged, monkeypatch):
    monkeypatch.setattr(physionet, "verify", lambda d: VERDICTS if d == damaged else [])
    assert cli.main(["verify"]) == 1


def test_verify_is_content_where_all_agree(monkeypatch, capsys):
    monkeypatch.setattr(physionet, "verify", lambda _: VERDICTS[:1])
    assert cli.main(["verify"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"1 of 1 records of the {database.title} agree with PhysioNet" for database in DATABASES
    ]


@pytest.mark.parametrize(
    ("options", "databases", "source"),
    [
        ([], DATABASES, None),
        (["svdb"], [SVDB], None),
        (["svdb", "--from", "copy"], [SVDB], "copy"),
        (["--from", "copy"], [MITDB], "copy"),
    ],
)
def test_fetch_passes_on_the_database_and_the_source(
    options, databases, source, monkeypatch, capsys
):
    calls = recorder(monkeypatch, physionet, "fetch", ["100", "101"])
    assert cli.main(["fetch", *options]) == 0
    assert calls == [((database, source), {"progress": True}) for database in databases]
    assert "2 records fetched" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "module", "passed"),
    [
        (["known"], known_patients, (None, None)),
        (
            ["known", "--models", "paper", "--seeds", "1", "2"],
            known_patients,
            (["paper"], [1, 2]),
        ),
        (["unseen"], unseen_patients, (None,)),
        (["unseen", "--parts", "leak", "test"], unseen_patients, (["leak", "test"],)),
        (["detection"], detection, (None,)),
        (["detection", "--databases", "own"], detection, (Path("own"),)),
        (["recorders"], recorders, (None,)),
        (["recorders", "--records", "100"], recorders, (["100"],)),
    ],
)
def test_study_passes_on_its_options(options, module, passed, monkeypatch):
    calls = recorder(monkeypatch, module, "run_study")
    assert cli.main(["study", *options]) == 0
    assert cli.main(["study", *options, "--out", "x"]) == 0
    assert calls == [((*passed, folder), {}) for folder in (paths.FIGURES_DIR, Path("x"))]


def test_study_tables_writes_them_and_says_where(monkeypatch, capsys):
    calls = recorder(monkeypatch, readme, "write_tables")
    assert cli.main(["study", "tables"]) == 0
    assert calls == [((), {})]
    assert capsys.readouterr().out.startswith(str(readme.README))


def test_train_model_prints_the_card(monkeypatch, capsys):
    calls = recorder(monkeypatch, model_training, "make_model", "the card")
    assert cli.main(["train-model"]) == 0
    assert calls == [((), {})]
    assert capsys.readouterr().out == "the card\n"


LONG_WORK = [
    ["study", "known"],
    ["study", "unseen"],
    ["study", "detection"],
    ["study", "recorders"],
    ["train-model"],
]


@pytest.fixture
def nothing_begun(monkeypatch):
    """Let no long work begin where it must not."""
    for module in (known_patients, unseen_patients, detection, recorders):
        monkeypatch.setattr(module, "run_study", lambda *_, **__: pytest.fail("begun"))
    monkeypatch.setattr(model_training, "make_model", lambda: pytest.fail("begun"))


@pytest.mark.slow
@pytest.mark.parametrize("command", LONG_WORK)
@pytest.mark.usefixtures("nothing_begun")
def test_scheduler_that_does_not_answer_is_one_line(command, monkeypatch, capfd):
    monkeypatch.setattr("ecgutils.cluster._CONNECT_SECONDS", 0.5)
    assert cli.main([*command, "--scheduler", "tcp://127.0.0.1:1"]) == 1
    shown, (error,) = (text.splitlines() for text in capfd.readouterr())
    assert shown == []
    assert error.startswith("ecgutils: error: tcp://127.0.0.1:1: no dask scheduler answers there")


@pytest.mark.parametrize(
    "command",
    [
        *LONG_WORK,
        ["run"],
        ["verify"],
        ["fetch"],
        ["study", "tables"],
        ["score", "1", "--test", "x"],
    ],
)
@pytest.mark.usefixtures("nothing_begun")
def test_what_needs_a_checkout_says_so_in_one_line(command, monkeypatch, capsys):
    monkeypatch.setattr(paths, "in_checkout", lambda: False)
    assert cli.main(command) == 1
    shown, (error,) = (text.splitlines() for text in capsys.readouterr())
    assert shown == []
    assert "needs the data and notebooks of a checkout; get the repository" in error


def test_what_is_not_installed_is_named_with_the_extra(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "ecgutils.runner.execution")
    monkeypatch.delattr(runner, "execution", raising=False)
    monkeypatch.setitem(sys.modules, "papermill", None)
    assert cli.main(["run"]) == 1
    assert "the package papermill is not installed; pip install" in capsys.readouterr().err


@pytest.mark.usefixtures("nothing_begun")
def test_without_the_extra_a_scheduler_is_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert cli.main(["train-model", "--scheduler", "tcp://127.0.0.1:1"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("ecgutils: error: other processes and clusters need a package")
    assert error.endswith("pip install 'ecgutils[cluster]'\n")
    assert error.count("\n") == 1


@pytest.mark.slow
def test_a_study_is_shared_by_the_workers_of_a_scheduler(monkeypatch, tmp_path):
    def study(records, folder):
        (folder / "processes").write_text(f"{list(in_parallel(process_of, [records]))}")

    monkeypatch.setattr(recorders, "run_study", study)
    with local_cluster(1) as address:
        options = ["--records", "100", "--scheduler", address, "--out", str(tmp_path)]
        assert cli.main(["study", "recorders", *options]) == 0
        with Client(address, set_as_default=False) as client:
            (worker,) = client.run(os.getpid).values()
    assert (tmp_path / "processes").read_text() == f"[('100', {worker})]"


TALKATIVE = """
import sys
from ecgutils import cli
from ecgutils.database import physionet
from ecgutils.database.databases import DATABASES, MITDB, SVDB
physionet.verify = lambda _: [physionet.Verdict("1" * 100, (), {".dat": "bad"})] * int(sys.argv[1])
sys.exit(cli.main(["verify"]))
"""


def talk(records, stdout):
    return subprocess.run(
        [sys.executable, "-c", TALKATIVE, str(records)],
        cwd=paths.PROJECT_ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


# A little output is only written when the command ends, a lot while it runs.
@pytest.mark.parametrize("records", [1, 2000])
def test_reader_who_left_is_no_reason_to_complain(records):
    read, write = os.pipe()
    os.close(read)
    done = talk(records, write)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("records", [1, 2000])
def test_full_disk_under_the_output_is_one_line(records):
    with Path("/dev/full").open("w") as full:
        done = talk(records, full)
    assert done.returncode == 1
    assert done.stderr == "ecgutils: error: No space left on device\n"
