"""Many recordings: what is done again, what one failure means for the others, and who does it."""

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ecgutils.errors import EcgError
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.recordings import outputs
from ecgutils.recordings.batch import many, receipts
from ecgutils.recordings.batch.files import Job, find_recordings
from ecgutils.recordings.batch.many import Options, classify_file, classify_many
from ecgutils.unseen import trained_model
from tests.helpers.empty_files import touch
from tests.helpers.excerpts import write_annotations, write_csv, write_excerpt
from tests.helpers.segmented_records import LENGTH, write_fixed, write_segment
from tests.helpers.thread_clusters import cluster_of_threads

pytestmark = pytest.mark.slow

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


# One bad recording and the others ----------------------------------------------------------------


@pytest.mark.usefixtures("without_pictures")
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError(), "needs more memory than there is"),
        (OSError("a\nb\x1b[31m"), "an error of the program: OSError (a b?[31m)"),
        (EcgError("the disk is full"), "the disk is full"),
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


def failure(path, directory, **options):
    """Classify a recording that cannot be classified and return what is told of it."""
    (outcome,) = run([path], directory, **options).values()
    assert outcome.state == "failed"
    return outcome.line


def test_failure_names_the_file_once_and_says_why(tmp_path):
    hum = np.sin(np.arange(7200) / 5)
    for name in ("hum", "no", "no heartbeats"):
        path = write_csv(tmp_path / f"{name}.csv", hum)
        told = f"{path}: no heartbeats found"
        assert failure(path, tmp_path / "out", fs=360.0).startswith(told)
    missing = tmp_path / "missing.csv"
    missing.symlink_to("nowhere.csv")
    assert failure(missing, tmp_path / "out", fs=360.0).count(str(missing)) == 1


def test_results_bear_the_name_of_the_recording_and_not_its_path(recording, tmp_path):
    run([recording], tmp_path / "out")
    page = (tmp_path / "out" / "100.html").read_text("utf-8")
    assert "<title>ECG report: 100</title>" in page
    assert str(tmp_path) not in page


@pytest.mark.usefixtures("without_pictures")
def test_interrupt_keeps_what_is_done_and_nothing_half_written(folder, tmp_path, monkeypatch):
    write = receipts.write_receipt

    def interrupt_at_119(directory, name, *rest):
        if name == "119":
            raise KeyboardInterrupt
        write(directory, name, *rest)

    # What a process leaves that is killed outright while it writes.
    touch(tmp_path, ".119.aami.0123abcd.part", ".somebody.elses.0123abcd.part")
    with monkeypatch.context() as patched:
        patched.setattr(receipts, "write_receipt", interrupt_at_119)
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


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch, recording, tmp_path):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EcgError, match=r"pip install 'ecgutils\[cluster\]'"):
        list(classify_many([Job(str(recording), "100")], Options(tmp_path), workers=2))


def test_one_process_needs_no_dask(tmp_path):
    code = (
        "import sys; from ecgutils import cli; cli.main(sys.argv[1:]); "
        "assert not {'dask', 'distributed'} & set(sys.modules)"
    )
    arguments = ["classify", str(tmp_path / "nothing.csv"), "--out", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_record_is_done_again_where_one_of_its_segments_changes(tmp_path):
    segmented = write_fixed(tmp_path)
    (job,), _ = find_recordings([segmented / "whole"], tmp_path / "out")
    options = Options(tmp_path / "out")
    assert classify_file(job, options).state == "classified"
    assert classify_file(job, options).state == "done before"
    write_segment(segmented, "b", 3 * LENGTH, ("MLII", "V5"))
    assert classify_file(job, options).state == "classified"
