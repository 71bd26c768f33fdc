"""`ecgutils classify`: what it prints, what it writes, and its exit status."""

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import wfdb

from ecgutils import cli, database
from ecgutils.aami import is_beat
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import PROJECT_ROOT
from ecgutils.recordings import outputs
from ecgutils.recordings.batch import many
from ecgutils.recordings.batch.many import Options, Outcome
from tests.helpers.excerpts import SECONDS, write_csv, write_excerpt

pytestmark = pytest.mark.slow

FS = 360
RESULTS = (".aami", ".beats.csv", ".html")


def classify(*arguments):
    """Run the command and return its exit status and the lines of both outputs."""
    shown, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(errors):
        status = cli.main(["classify", *map(str, arguments)])
    return status, shown.getvalue().splitlines(), errors.getvalue().splitlines()


def files_below(directory):
    """Return the names of all visible files."""
    paths = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    return {str(path) for path in paths if not path.parts[0].startswith(".")}


def three(*names):
    """Return the names of the results of recordings."""
    return {f"{name}{ending}" for name in names for ending in RESULTS}


# Bad input ---------------------------------------------------------------------------------------

TIME = np.arange(SECONDS * FS) / FS
RANDOM = np.random.default_rng(1)
ECG = database.read("100", annotations=None).lead("MLII")[: len(TIME)]
NO_HEARTBEATS = "no heartbeats found"
SIGNALS = {
    "silence.csv": (np.zeros(len(TIME)), NO_HEARTBEATS),
    "constant.csv": (np.full(len(TIME), 0.7), NO_HEARTBEATS),
    "white noise.csv": (RANDOM.normal(0, 0.2, len(TIME)), NO_HEARTBEATS),
    "hum.csv": (np.sin(2 * np.pi * 50 * TIME), NO_HEARTBEATS),
    "slow sine.csv": (np.sin(2 * np.pi * TIME), NO_HEARTBEATS),
    "only gaps.csv": (np.full(len(TIME), np.nan), "a header without data"),
    "one sample.csv": (np.ones(1), "fewer than two samples"),
    "absurd.csv": (1e6 * ECG, "check the unit and the gain"),
    "beyond measure.csv": (np.full(len(TIME), 1e300), NO_HEARTBEATS),
}
CONTENTS = {
    "empty.csv": (b"", "empty"),
    "empty_too.edf": (b"", "empty"),
    "empty_three.hea": (b"", "empty"),
    "terabytes.hea": (
        b"terabytes 1 360 1000000000000\nx.dat 16 200 11 0 0 0 0 II\n",
        "declares 1000000000000",
    ),
    "elsewhere.hea": (b"elsewhere 1 360 7200\n../x.dat 16 200 11 0 0 0 0 II\n", "outside"),
    "alone.hea": (b"alone 1 360 7200\nnowhere.dat 16 200 11 0 0 0 0 II\n", "nowhere.dat"),
    "markup.hea": (b"<html>\x1b[31m\n", "not a WFDB header"),
    "damaged.edf": (b"0       " + RANDOM.bytes(2000), "header is damaged"),
    "binary.csv": (RANDOM.bytes(5000), "not a table of text"),
}
OTHERS = {
    "truncated.hea": "truncated",
    "circle": "circle",
    "endless.csv": "leads nowhere",
    "pipe.csv": "not a file",
    "closed": "Permission denied",
}
WHY = {name: why for name, (_, why) in (SIGNALS | CONTENTS).items()} | OTHERS
GOOD = ("good", "größer als  Köln", "<script>alert(1)<", "-x", "a.b", "sub/good")


def write_bad(folder):
    """Write recordings that cannot be classified, one for each name in `WHY`."""
    for name, (lead, _) in SIGNALS.items():
        write_csv(folder / name, lead)
    for name, (content, _) in CONTENTS.items():
        (folder / name).write_bytes(content)
    (folder / "x.dat").write_bytes(bytes(1000))
    signal_file = write_excerpt(folder, "truncated").with_suffix(".dat")
    signal_file.write_bytes(signal_file.read_bytes()[:-1000])
    (folder / "circle").symlink_to(".")
    (folder / "endless.csv").symlink_to("endless.csv")
    os.mkfifo(folder / "pipe.csv")
    write_csv(folder / "closed" / "x.csv", ECG)


@pytest.fixture(scope="module")
def of_all_kinds(tmp_path_factory):
    """Classify bad and good recordings together; status, what was said, and the results."""
    folder, out = tmp_path_factory.mktemp("of all kinds"), tmp_path_factory.mktemp("out")
    write_bad(folder)
    for name in GOOD:
        write_csv(folder / f"{name}.csv", ECG)
    scandir = os.scandir

    # Whoever may read everything is not kept out by permissions.
    def refuse(path):
        if str(path).endswith("/closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "scandir", refuse)
        return *classify(folder, "--fs", FS, "--out", out), out


@pytest.mark.parametrize("name", WHY)
def test_bad_recording_is_one_line_and_leaves_nothing(of_all_kinds, name):
    _, shown, errors, out = of_all_kinds
    stem = name.rpartition(".")[0] or name
    about = [line for line in errors if f"/{name}: " in line or f"/{stem}." in line]
    assert len(about) == 1
    assert about[0].startswith("ecgutils: error: ")
    assert about[0].isprintable()
    assert WHY[name] in about[0]
    assert "error of the program" not in about[0]
    assert not [line for line in shown if line.startswith(f"{stem}: ")]
    assert not [path for path in out.rglob("*") if path.name.startswith((stem, f".{stem}"))]


@pytest.mark.parametrize("name", GOOD)
def test_the_others_are_done_whatever_they_are_called(of_all_kinds, name):
    _, shown, _, out = of_all_kinds
    (line,) = [line for line in shown if line.startswith(f"{' '.join(name.split())}: ")]
    assert re.fullmatch(r".*: 2\d beats, N \d+.* \(II\)", line)
    assert three(name) <= files_below(out)


def test_every_failure_is_counted_and_nothing_else_is_said(of_all_kinds):
    status, shown, errors, out = of_all_kinds
    assert status == 1
    assert len(errors) == len(WHY)
    assert len(shown) == len(GOOD) + 1
    total = len(WHY) + len(GOOD)
    closing = f"{len(GOOD)} of {total} recordings classified, {len(WHY)} failed; results in {out}"
    assert shown[-1] == closing
    assert files_below(out) == three(*GOOD)
    assert not list(out.rglob("*.part"))


def test_another_sampling_frequency_than_the_files_is_used_and_told(tmp_path):
    header = write_excerpt(tmp_path, "100")
    status, _, errors = classify(header, "--fs", "250", "--out", tmp_path / "out")
    assert (status, errors) == (0, [])
    (page,) = (tmp_path / "out").glob("*.html")
    pieces = re.split("[.<>]", page.read_text(encoding="utf-8"))
    (remark,) = [piece for piece in pieces if "360 Hz" in piece]
    assert "250" in remark


def test_csv_needs_a_sampling_frequency_and_says_so(tmp_path):
    path = write_csv(tmp_path / "a.csv", ECG)
    status, _, (line,) = classify(path, "--out", tmp_path / "out")
    assert status == 1
    assert line.startswith(f"ecgutils: error: {path}: ")
    assert "--fs" in line


def test_annotations_beyond_the_end_are_one_line_and_the_rest_is_done(tmp_path):
    good, bad = write_excerpt(tmp_path, "good"), write_excerpt(tmp_path, "bad", seconds=10)
    shutil.copy(good.with_suffix(".atr"), bad.with_suffix(".atr"))
    status, shown, (line,) = classify(bad, good, "--beats", "atr", "--out", tmp_path / "out")
    assert status == 1
    assert line.startswith(f"ecgutils: error: {bad.with_suffix('.atr')}: ")
    assert shown[0].startswith("good: 25 beats")
    assert shown[1].startswith("1 of 2 recordings classified, 1 failed")
    assert files_below(tmp_path / "out") == three("good")


def test_folder_of_results_that_cannot_be_made_is_one_line(tmp_path):
    header, file = write_excerpt(tmp_path, "100"), tmp_path / "file"
    file.touch()
    status, shown, errors = classify(header, "--out", file)
    assert (status, shown, len(errors)) == (1, [], 1)
    assert errors[0].startswith(f"ecgutils: error: {file}: cannot be the folder of the results; ")


# Wrong usage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([], "--out"),
        (["--out", "out", "--fs", "0"], "not a positive number of Hz"),
        (["--out", "out", "--fs", "inf"], "not a positive number of Hz"),
        (["--out", "out", "--fs", "fast"], "'fast' is not a positive number of Hz"),
        (["--out", "out", "--jobs", "0"], "not a whole number of one or more"),
        (["--out", "out", "--jobs", "two"], "not a whole number of one or more"),
        (["--out", "out", "--jobs", "2", "--scheduler", "tcp://a:1"], "not allowed with"),
        (["--out", "out", "--lead", "a", "--lead", "b", "--lead", "c"], "at most two leads"),
        (["other/a.hea", "--out", "out"], "a.csv and"),
        (["--out", ".", "--beats", "aami"], "would be replaced"),
    ],
)
def test_wrong_usage_begins_nothing(options, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "a.aami", "other/a.hea"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    errors = io.StringIO()
    with contextlib.redirect_stderr(errors), pytest.raises(SystemExit, match=r"^2$"):
        cli.main(["classify", "a.csv", *options])
    *usage, error = errors.getvalue().splitlines()
    assert usage[0].startswith("usage: ecgutils classify")
    assert error.startswith("ecgutils classify: error: ")
    assert why in error
    assert files_below(tmp_path) == {"a.csv", "a.aami", "other/a.hea"}


# What is passed on and printed -------------------------------------------------------------------


@pytest.fixture
def outcomes(monkeypatch):
    """Take the place of the work: note how it is called, give these outcomes."""
    given, calls = [], []

    def classify_many(*arguments):
        calls.append(arguments)
        yield from given

    monkeypatch.setattr(many, "classify_many", classify_many)
    return given, calls


def test_options_reach_the_work(outcomes, tmp_path):
    _, calls = outcomes
    for name in ("a", "b"):
        (tmp_path / f"{name}.hea").touch()
    options = ["--beats", "atr", "--lead", "V5", "--lead", "II", "--fs", "250"]
    classify(tmp_path / "b", tmp_path / "a", "--out", "there", *options, "--jobs", "3")
    classify(tmp_path / "a.hea", "--out", "there", "--scheduler", "tcp://a:1")
    (jobs, passed, *where), (_, default, *elsewhere) = calls
    assert [job.name for job in jobs] == ["b", "a"]
    assert passed == Options(Path("there"), 250.0, "atr", ("V5", "II"))
    assert default == Options(Path("there"))
    assert where == [3, None]
    assert elsewhere == [None, "tcp://a:1"]


def test_line_for_each_recording_and_one_for_all(outcomes, tmp_path):
    given, _ = outcomes
    given += [
        Outcome("a", "classified", "a: 9 beats"),
        Outcome("b", "done before", "b: already done"),
    ]
    (tmp_path / "a.hea").touch()
    assert classify(tmp_path, "--out", "there") == (
        0,
        [
            *(o.line for o in given),
            "2 of 2 recordings classified (1 of them before); results in there",
        ],
        [],
    )


class Terminal(io.StringIO):
    """Somebody who watches."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("recordings", "bar"), [(1, False), (2, True)])
def test_bar_is_drawn_for_many_recordings_where_somebody_watches(
    outcomes, tmp_path, monkeypatch, recordings, bar
):
    given, _ = outcomes
    for k in range(recordings):
        (tmp_path / f"{k}.hea").touch()
        given.append(Outcome(str(k), "classified", f"{k}: done"))
    shown, watched = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(sys, "stderr", watched)
    assert cli.main(["classify", str(tmp_path), "--out", "out"]) == 0
    assert (f"{recordings}/{recordings}" in watched.getvalue()) == bar
    assert shown.getvalue().splitlines()[0].endswith("0: done")


def test_alphabet_of_the_terminal_is_no_reason_to_fail(outcomes, tmp_path, monkeypatch):
    given, _ = outcomes
    given.append(Outcome("Köln", "classified", "Köln: 9 beats"))
    (tmp_path / "Köln.hea").touch()
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert cli.main(["classify", str(tmp_path), "--out", "out"]) == 0
    assert raw.getvalue().startswith(b"K?ln: 9 beats\n")


# From file to results ----------------------------------------------------------------------------


def test_interrupted_run_is_continued(tmp_path, monkeypatch):
    recordings = [write_excerpt(tmp_path / "in", name) for name in "abcd"]
    out = tmp_path / "out"
    command = [sys.executable, "-m", "ecgutils", "classify", tmp_path / "in", "--out", out]
    process = subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().startswith("a: ")
    process.send_signal(signal.SIGTERM)
    shown, errors = process.communicate()
    assert (process.returncode, errors) == (130, "ecgutils: interrupted\n")
    assert not list(out.rglob("*.part"))
    done = 1 + len(shown.splitlines())
    assert done < len(recordings)
    # Nobody looks at the pictures.
    monkeypatch.setattr(outputs, "report_html", lambda _: "")
    # A recording may be done whose line was not printed any more.
    status, shown, errors = classify(tmp_path / "in", "--out", out)
    assert (status, errors) == (0, [])
    before = sum(line.endswith("already done") for line in shown)
    assert done <= before < len(recordings)
    assert files_below(out) == three(*"abcd")


def test_annotations_are_read_by_wfdb_and_lie_where_the_reference_says(tmp_path):
    header = write_excerpt(tmp_path, "208", "208")
    classify(header, "--beats", "atr", "--out", tmp_path / "out")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        written = wfdb.rdann(str(tmp_path / "out" / "208"), "aami")
    reference = read_annotations("208", tmp_path)
    beats = is_beat(reference.symbol)
    assert written.fs == FS
    assert written.sample.tolist() == reference.sample[beats].tolist()
    assert set(written.symbol) <= set("NSVFQ")
