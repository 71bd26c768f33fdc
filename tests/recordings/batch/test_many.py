"""Many recordings: what is meant, what is done again, and who does it."""

import contextlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import distributed
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.recordings import outputs
from ecgutils.recordings.batch import many, receipts, workers
from ecgutils.recordings.batch.files import Job, UsageError, find_recordings
from ecgutils.recordings.batch.many import Options, classify_many
from ecgutils.unseen import trained_model
from tests.helpers.excerpts import write_annotations, write_excerpt

SOURCES = ("100", "119", "208", "231")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with short recordings of four patients."""
    folder = tmp_path_factory.mktemp("recordings")
    for name in SOURCES:
        write_excerpt(folder, name, name)
    return folder


@pytest.fixture
def recording(tmp_path):
    """Return a short recording in a folder of its own."""
    return write_excerpt(tmp_path / "own", "100")


@pytest.fixture
def without_pictures(monkeypatch):
    """Spare the drawing where only the files count."""
    monkeypatch.setattr(outputs, "report_html", lambda classified: classified.model.sha256)


def run(given, directory, **options):
    """Classify, and return the outcome of each recording by its name."""
    jobs, problems = find_recordings(given, directory, options.get("beats"))
    assert problems == []
    outcomes = list(classify_many(jobs, Options(directory, **options)))
    assert len(outcomes) == len(jobs)
    return {outcome.name: outcome for outcome in outcomes}


def state(given, directory, **options):
    """Classify one recording and return how it went."""
    (outcome,) = run([given], directory, **options).values()
    return outcome.state


def results(directory):
    """Return all files below a folder of results, without the receipts."""
    return {
        str(path.relative_to(directory))
        for path in directory.rglob("*")
        if path.is_file() and path.parent.name != receipts.FOLDER
    }


def three(*names):
    """Return the names of the results of recordings."""
    return {f"{name}{ending}" for name in names for ending in receipts.RESULTS}


# What is meant -----------------------------------------------------------------------------------


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def names_found(*given, out="out"):
    jobs, problems = find_recordings(given, out)
    return [job.name for job in jobs], problems


def test_folder_stands_for_the_recordings_in_it_and_below(tmp_path):
    touch(tmp_path, "b.hea", "b.dat", "b.atr", "ä ö/c.EDF", "ä ö/d/<e>.csv", "f.tsv", "README.txt")
    names, problems = names_found(tmp_path)
    assert (names, problems) == (["b", "f", "ä ö/c", "ä ö/d/<e>"], [])


def test_folder_of_the_results_hidden_folders_and_results_are_passed_over(tmp_path):
    touch(tmp_path, "a.hea", "a.beats.csv", "a.html", ".b.csv", ".hidden/c.hea", "out/d.hea")
    assert names_found(tmp_path, out=tmp_path / "out") == (["a"], [])
    assert names_found(tmp_path, out=tmp_path) == (["a", "out/d"], [])


@pytest.mark.parametrize("given", ["a.b", "a.b.hea", "a.b.dat"])
def test_wfdb_record_is_named_as_its_tools_name_it(tmp_path, given):
    touch(tmp_path, "a.b.hea", "a.b.dat")
    jobs, _ = find_recordings([tmp_path / given], tmp_path)
    assert jobs == [Job(str(tmp_path / "a.b.hea"), "a.b")]


def test_same_recording_named_twice_is_one(tmp_path):
    touch(tmp_path, "a.hea")
    assert names_found(tmp_path, tmp_path / "a", tmp_path / "a.hea") == (["a"], [])


def test_recordings_that_would_share_results_are_refused_by_name(tmp_path):
    touch(tmp_path, "x/a.hea", "y/a.csv")
    with pytest.raises(UsageError, match=r"x/a\.hea and .*y/a\.csv would both be written as a;"):
        find_recordings([tmp_path / "x", tmp_path / "y" / "a.csv"], tmp_path / "out")


@pytest.mark.parametrize(
    ("given", "beats"), [("a.hea", "aami"), ("a.hea", "html"), ("a.beats.csv", None)]
)
def test_results_never_replace_what_they_are_made_from(tmp_path, given, beats):
    touch(tmp_path, "a.hea", "a.beats.csv", "link/x")
    (tmp_path / "link" / "here").symlink_to("..")
    asked = [tmp_path / given, tmp_path / "a.hea"]
    for directory in (tmp_path, tmp_path / "link" / "here"):
        with pytest.raises(UsageError, match="would be replaced"):
            find_recordings(asked, directory, beats)


def test_folder_without_recordings_is_a_problem(tmp_path):
    touch(tmp_path, "a.txt")
    names, (problem,) = names_found(tmp_path)
    assert names == []
    assert problem.startswith(f"{tmp_path}: no recordings in this folder")


def test_links_that_cannot_be_followed_are_told_and_the_rest_is_found(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    touch(outside, "x.hea")
    touch(inside, "a.hea", "b/c.hea")
    targets = {
        "circle": ".",
        "self.csv": "self.csv",
        "lost.csv": "nowhere.csv",
        "leaves": outside,
        "leaves.hea": outside / "x.hea",
        "also_b": "b",
        "also_c.hea": "b/c.hea",
    }
    for name, target in targets.items():
        (inside / name).symlink_to(target)
    names, problems = names_found(inside)
    assert names == ["a", "also_c", "b/c"]
    told = {problem.partition(": ")[0]: problem for problem in problems}
    assert set(told) == {
        str(inside / name) for name in ("circle", "self.csv", "lost.csv", "leaves", "leaves.hea")
    }
    assert "circle" in told[str(inside / "circle")]
    assert "leads nowhere" in told[str(inside / "self.csv")]
    assert "out of" in told[str(inside / "leaves.hea")]


def test_unreadable_folder_is_told_and_the_rest_is_found(tmp_path, monkeypatch):
    touch(tmp_path, "a.hea", "closed/b.hea", "open/c.hea")
    scandir = os.scandir

    # Whoever may read everything is not kept out by permissions.
    def refuse(path):
        if str(path).endswith("/closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    names, problems = names_found(tmp_path)
    assert names == ["a", "open/c"]
    assert problems == [f"{tmp_path / 'closed'}: cannot be read (Permission denied)"]


# What is done again ------------------------------------------------------------------------------


def test_each_recording_is_done_once(folder, tmp_path):
    first = run([folder], tmp_path)
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    second = run([folder], tmp_path)
    assert {o.state for o in first.values()} == {"classified"}
    assert {o.state for o in second.values()} == {"done before"}
    assert results(tmp_path) == three(*SOURCES)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == written


@pytest.mark.usefixtures("without_pictures")
def test_recording_that_moved_is_still_the_same(recording, tmp_path):
    state(recording, tmp_path / "out")
    recording.parent.rename(tmp_path / "elsewhere")
    assert state(tmp_path / "elsewhere" / "100", tmp_path / "out") == "done before"


def add_a_comment(header):
    header.write_text(header.read_text() + "# seen again\n")


def swap_two_samples(header):
    """Keep size, time of change and the sum in the header."""
    signal_file = header.with_suffix(".dat")
    times = signal_file.stat().st_atime_ns, signal_file.stat().st_mtime_ns
    content = bytearray(signal_file.read_bytes())
    content[0:2], content[4000:4002] = content[4000:4002], content[0:2]
    assert content != signal_file.read_bytes()
    signal_file.write_bytes(content)
    os.utime(signal_file, ns=times)


def drop_an_annotation(header):
    written = read_annotations("100", header.parent)
    write_annotations(header.with_suffix(""), written.sample[:-1], written.symbol[:-1].tolist())


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize("change", [add_a_comment, swap_two_samples, drop_an_annotation])
def test_recording_that_changed_is_done_again(recording, tmp_path, change):
    assert state(recording, tmp_path / "out", beats="atr") == "classified"
    change(recording)
    assert state(recording, tmp_path / "out", beats="atr") == "classified"
    assert state(recording, tmp_path / "out", beats="atr") == "done before"


@pytest.mark.usefixtures("without_pictures")
def test_other_options_model_or_version_do_it_again(recording, tmp_path, monkeypatch):
    assert state(recording, tmp_path) == "classified"
    assert state(recording, tmp_path, beats="atr") == "classified"
    assert state(recording, tmp_path, leads=("V5",)) == "classified"
    assert state(recording, tmp_path, leads=("V5",), fs=360.0) == "classified"
    assert state(recording, tmp_path, leads=("V5",), fs=360.0) == "done before"
    monkeypatch.setattr(trained_model, "model_sha256", lambda: "0" * 64)
    assert state(recording, tmp_path, leads=("V5",), fs=360.0) == "classified"
    monkeypatch.setattr(many, "__version__", "0.0.0")
    assert state(recording, tmp_path, leads=("V5",), fs=360.0) == "classified"


@pytest.mark.usefixtures("without_pictures")
def test_results_that_were_deleted_or_edited_are_made_again(recording, tmp_path):
    assert state(recording, tmp_path / "out") == "classified"
    kept = {path: path.read_bytes() for path in (tmp_path / "out").glob("100.*")}
    (tmp_path / "out" / "100.html").unlink()
    (tmp_path / "out" / "100.aami").write_bytes(b"edited")
    assert state(recording, tmp_path / "out") == "classified"
    assert {path: path.read_bytes() for path in kept} == kept


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b'{"made_from": {}, "results": {"../../etc/passwd": ""}}',
        b"{" * 3,
        b"[" * 100_000,
        b"9" * 10_000,
        b"\xff\xfe",
        b" " * 2**21,
    ],
)
def test_receipt_that_cannot_be_understood_proves_nothing(tmp_path, content):
    made_from = {"inputs": {}}
    for ending in receipts.RESULTS:
        (tmp_path / f"100{ending}").touch()
    receipts.write_receipt(tmp_path, "100", made_from)
    assert receipts.is_done(tmp_path, "100", made_from)
    (tmp_path / receipts.FOLDER / "100.json").write_bytes(content)
    assert not receipts.is_done(tmp_path, "100", made_from)


def test_signal_files_outside_the_folder_are_not_even_looked_at(tmp_path):
    (tmp_path / "secret").write_text("secret")
    own = tmp_path / "own"
    own.mkdir()
    (own / "link.dat").symlink_to(tmp_path / "secret")
    lines = ["a 3 360 10", "../secret 16", "link.dat 16", f"{tmp_path}/secret 16"]
    (own / "a.hea").write_text("\n".join(lines))
    assert set(receipts.input_hashes(own / "a.hea", None)) == {"a.hea"}


# One bad recording and the others ----------------------------------------------------------------


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "needs more memory than there is"),
        (OSError("a\nb\x1b[31m"), "an error of the program: OSError (a b?[31m)"),
        (EcgError("119: bad"), "bad"),
    ],
)
def test_whatever_goes_wrong_with_one_is_a_line_and_the_others_are_done(
    folder, tmp_path, monkeypatch, error, told
):
    read = many.read_recording

    def fail_at_119(path, **options):
        if path.stem == "119":
            raise error
        return read(path, **options)

    monkeypatch.setattr(many, "read_recording", fail_at_119)
    outcomes = run([folder / "119", folder / "100"], tmp_path)
    assert outcomes["119"].state == "failed"
    assert outcomes["119"].line == f"{folder / '119.hea'}: {told}"
    assert outcomes["100"].state == "classified"
    assert results(tmp_path) == three("100")


@pytest.mark.usefixtures("without_pictures")
def test_interrupt_keeps_what_is_done_and_nothing_half_written(folder, tmp_path, monkeypatch):
    write = many.write_receipt

    def interrupt_at_119(directory, name, made_from):
        if name == "119":
            raise KeyboardInterrupt
        write(directory, name, made_from)

    # What a process leaves that is killed outright while it writes.
    touch(tmp_path, ".119.aami.0123abcd.part", ".somebody.elses.0123abcd.part")
    with monkeypatch.context() as patched:
        patched.setattr(many, "write_receipt", interrupt_at_119)
        with pytest.raises(KeyboardInterrupt):
            run([folder], tmp_path)
    left = {path.name for path in tmp_path.rglob("*.part")}
    assert left == {".somebody.elses.0123abcd.part"}
    states = [outcome.state for outcome in run([folder], tmp_path).values()]
    assert states == ["done before", "classified", "classified", "classified"]


# Who does it -------------------------------------------------------------------------------------


def test_worker_that_is_killed_loses_nothing_and_repeats_nothing(folder, tmp_path):
    jobs, _ = find_recordings([folder], tmp_path)
    others = set(multiprocessing.active_children())
    outcomes = []
    for outcome in classify_many(jobs, Options(tmp_path), workers=2):
        outcomes.append(outcome)
        if len(outcomes) == 2:
            # Each worker has one of the two recordings that are left.
            killed, _ = set(multiprocessing.active_children()) - others
            os.kill(killed.pid, signal.SIGKILL)
    assert sorted(outcome.name for outcome in outcomes) == sorted(SOURCES)
    assert {outcome.state for outcome in outcomes} == {"classified"}
    assert results(tmp_path) == three(*SOURCES)
    assert set(multiprocessing.active_children()) == others
    assert {outcome.state for outcome in run([folder], tmp_path).values()} == {"done before"}


def cluster_of_threads(number):
    """Start a scheduler with workers in this process."""
    return distributed.LocalCluster(
        n_workers=number,
        threads_per_worker=2,
        processes=False,
        protocol="tcp",
        dashboard_address=None,
        scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
    )


@pytest.mark.usefixtures("without_pictures")
def test_workers_of_a_scheduler_make_the_same_results(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    jobs, _ = find_recordings([folder], Path("there"))
    with cluster_of_threads(2) as cluster:
        address = cluster.scheduler_address
        outcomes = list(classify_many(jobs, Options(Path("there")), scheduler=address))
        assert {outcome.state for outcome in outcomes} == {"classified"}
    run([folder], tmp_path / "here")
    assert results(tmp_path / "there") == results(tmp_path / "here") == three(*SOURCES)
    for name in results(tmp_path / "here"):
        if not name.endswith(".html"):
            assert (tmp_path / "there" / name).read_bytes() == (
                tmp_path / "here" / name
            ).read_bytes()


def end_at_two(job):
    """Be the death of any worker that gets job 2; runs in another process."""
    if job == 2:
        os._exit(1)
    return job


def in_words(job, why):
    return f"{job}: {why}"


def test_job_that_kills_every_worker_is_given_up_and_the_rest_is_done(capfd, monkeypatch):
    monkeypatch.setattr(workers, "_DEATHS_FORGIVEN", 1)
    # A cluster gives up a worker that takes long to start again, as on a busy machine; and on
    # such a machine somebody else has the port that dask likes best.
    impatient = distributed.dask.config.set({"distributed.deploy.lost-worker-timeout": "0.1 s"})
    with impatient, socket.socket() as other:
        with contextlib.suppress(OSError):
            other.bind(("127.0.0.1", 8787))
            other.listen()
        done = list(workers.on_workers(end_at_two, in_words, range(4), workers=1))
    assert done == [0, 1, "2: 2 workers died while they worked on it (out of memory?)", 3]
    assert capfd.readouterr() == ("", "")


INTERRUPTED = """
import signal
import time
from ecgutils.recordings.batch.workers import on_workers

def work(job):
    time.sleep(job)
    return job

if __name__ == "__main__":
    # What runs the tests may have been told not to listen.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for job in on_workers(work, None, [0, 60], workers=2):
            print(job, flush=True)
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_interrupt_from_a_terminal_ends_the_workers_quietly(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(INTERRUPTED)
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout.readline() == "0\n"
    # A terminal interrupts the workers as well.
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate() == ("interrupted\n", "")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "Timed out trying to connect"),
        ("nonsense", "missing port number"),
        ("http://127.0.0.1:1", "unknown address scheme"),
    ],
)
def test_scheduler_that_does_not_answer_is_one_line(address, why, monkeypatch, capfd):
    monkeypatch.setattr("ecgutils.cluster._CONNECT_SECONDS", 0.5)
    with pytest.raises(EcgError, match=rf"^{address}: no dask scheduler answers there \({why}"):
        list(workers.on_workers(end_at_two, in_words, [1], scheduler=address))
    assert capfd.readouterr() == ("", "")


def test_scheduler_without_workers_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr("ecgutils.cluster._WITHOUT_WORKERS_SECONDS", 0.5)
    with cluster_of_threads(0) as cluster:
        asked = workers.on_workers(end_at_two, in_words, [1], scheduler=cluster.scheduler_address)
        with pytest.raises(EcgError, match="has had no workers"):
            list(asked)


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch, recording, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EcgError, match=r"pip install 'ecgutils\[cluster\]'"):
        list(classify_many([Job(str(recording), "100")], Options(tmp_path), workers=2))


def test_one_process_needs_no_dask(tmp_path):
    code = (
        "import sys; from ecgutils import cli; cli.main(sys.argv[1:]); "
        "assert not {'dask', 'distributed'} & set(sys.modules)"
    )
    asked = ["classify", str(tmp_path / "nothing.csv"), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *asked], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
