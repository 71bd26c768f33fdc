"""The notebooks through papermill: order, parameters, failures, and runs that are cut short."""

import contextlib
import errno
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from ecgutils.errors import EcgError, UsageError
from ecgutils.paths import PROJECT_ROOT
from ecgutils.runner import execution
from tests.helpers.notebook_files import parameters_cell, printed, write_notebook

PATIENCE = 60


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Two notebooks that have been run, quickly and with another seed, where much is in the way.

    The folders' names hold braces and a space, the working folder is another one, the user has a
    kernel `python3` that starts something else and a matplotlib that draws into files, and an
    earlier run failed.
    """
    folder = tmp_path_factory.mktemp("project") / "a {b} c"
    notebooks, build = folder / "notebooks", folder / "build"
    write_notebook(
        notebooks / "01_first.ipynb",
        "# 01 · First",
        parameters_cell("quick = False\nseed = 0"),
        "import json, os, sys",
        "places = [sys.executable, os.getcwd(), os.environ['ECGUTILS_BUILD']]",
        "print(json.dumps([places, quick, seed]))",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    )
    write_notebook(notebooks / "02_untagged.ipynb", "quick = False", "print(quick)")
    kernel = folder / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    spec = {"argv": ["false"], "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    (build / "notebooks").mkdir(parents=True)
    (build / "notebooks" / "01_first.failed.ipynb").write_text("{}")
    (build / "results").mkdir()
    (build / "results" / "table.txt").write_text("class  <F1>\nN      99\n")
    before = {path.name: path.read_bytes() for path in notebooks.iterdir()}
    printed_lines = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed_lines):
        patch.setenv("JUPYTER_PATH", str(folder / "jupyter"))
        patch.setenv("MPLBACKEND", "agg")
        patch.chdir(tmp_path_factory.mktemp("elsewhere"))
        report = execution.run((), True, {"seed": 7}, notebooks, build)
    return SimpleNamespace(
        notebooks=notebooks,
        build=build,
        before=before,
        printed=printed_lines.getvalue(),
        report=report,
    )


@pytest.mark.slow
def test_kernel_is_this_interpreter_in_the_folder_of_the_notebook(finished):
    places, _, _ = json.loads(printed(finished.build / "notebooks" / "01_first.ipynb"))
    assert places == [sys.executable, str(finished.notebooks), str(finished.build)]


@pytest.mark.slow
def test_parameters_reach_the_notebooks_that_define_them(finished):
    _, quick, seed = json.loads(printed(finished.build / "notebooks" / "01_first.ipynb"))
    assert (quick, seed) == (True, 7)


@pytest.mark.slow
def test_notebook_without_a_tagged_cell_runs_as_it_is(finished):
    executed = nbformat.read(finished.build / "notebooks" / "02_untagged.ipynb", as_version=4)
    assert [cell.source for cell in executed.cells] == ["quick = False", "print(quick)"]
    assert executed.cells[1].outputs[0].text == "False\n"


@pytest.mark.slow
def test_pictures_are_drawn_into_the_notebook(finished):
    executed = nbformat.read(finished.build / "notebooks" / "01_first.ipynb", as_version=4)
    assert "image/png" in executed.cells[-1].outputs[0].data


@pytest.mark.slow
def test_each_notebook_has_one_line_with_its_seconds(finished):
    lines = finished.printed.splitlines()
    assert [line.split()[:2] for line in lines] == [["01_first", "done"], ["02_untagged", "done"]]
    assert all(float(line.split()[2]) > 0 for line in lines)


@pytest.mark.slow
def test_committed_notebooks_are_left_as_they_were(finished):
    after = {path.name: path.read_bytes() for path in finished.notebooks.iterdir()}
    assert after == finished.before


@pytest.mark.slow
def test_only_executed_notebooks_lie_in_the_build_folder(finished):
    names = sorted(path.name for path in (finished.build / "notebooks").iterdir())
    assert names == ["01_first.ipynb", "02_untagged.ipynb"]


@pytest.mark.slow
def test_executed_notebooks_do_not_say_where_they_lay(finished):
    for path in (finished.build / "notebooks").iterdir():
        assert not {"input_path", "output_path"} & set(nbformat.read(path, 4).metadata.papermill)


@pytest.mark.slow
def test_report_shows_the_executed_notebooks(finished):
    assert finished.report == finished.build / "report" / "index.html"
    names = sorted(path.name for path in finished.report.parent.iterdir())
    assert names == ["01_first.html", "02_untagged.html", "index.html"]


@pytest.mark.slow
def test_report_shows_the_results(finished):
    page = finished.report.read_text(encoding="utf-8")
    assert '<h2>Results</h2>\n<pre tabindex="0">class  &lt;F1&gt;\nN      99</pre>' in page


@pytest.fixture
def failing(tmp_path):
    """A folder whose first notebook fails once a parameter has been injected."""
    notebooks = tmp_path / "notebooks"
    write_notebook(
        notebooks / "01_fails.ipynb",
        "# 01 · Fails",
        parameters_cell("key = 'a'"),
        "counts = {'a': 1}\ncounts[key]",
        "print('never')",
    )
    write_notebook(notebooks / "02_next.ipynb", "print('never')")
    return notebooks


@pytest.mark.slow
def test_run_stops_at_the_first_failure_and_names_the_cell(failing, tmp_path, capsys):
    build = tmp_path / "build"
    earlier = build / "notebooks" / "01_fails.ipynb"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("of an earlier run")
    with pytest.raises(execution.NotebookError) as caught:
        execution.run((), False, {"key": "b"}, failing, build)
    # The cell that papermill injects is not counted: the number is that of the notebook's file.
    assert str(caught.value) == "01_fails.ipynb, cell 3 of 4: KeyError: 'b'"
    assert caught.value.excerpt == "    counts = {'a': 1}\n    counts[key]"
    assert "KeyError" in caught.value.kept.read_text(encoding="utf-8")
    assert earlier.read_text() == "of an earlier run"
    names = sorted(path.name for path in earlier.parent.iterdir())
    assert names == ["01_fails.failed.ipynb", "01_fails.ipynb"]
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [
        ["01_fails", "failed"]
    ]


@pytest.mark.slow
def test_kernel_that_dies_is_a_failure_of_its_cell(tmp_path):
    notebook = write_notebook(tmp_path / "01_dies.ipynb", "x = 1", "import os\nos._exit(1)", "2")
    with pytest.raises(execution.NotebookError, match=r"cell 2 of 3: its Python process died"):
        execution.execute(notebook, build_dir=tmp_path / "build")


def test_full_disk_is_one_line_and_keeps_the_earlier_result(tmp_path, monkeypatch):
    def fill_the_disk(notebook, unfinished, *_):
        unfinished.write_text("half of " + notebook.name)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(execution, "_execute", fill_the_disk)
    earlier = tmp_path / "build" / "notebooks" / "01_a.ipynb"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("of an earlier run")
    with pytest.raises(EcgError, match=r"01_a\.ipynb: cannot be written \(No space left"):
        execution.execute(tmp_path / "01_a.ipynb", build_dir=tmp_path / "build")
    assert [path.read_text() for path in earlier.parent.iterdir()] == ["of an earlier run"]


def test_build_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EcgError, match=r"01_a\.ipynb: cannot be written"):
        execution.execute(tmp_path / "01_a.ipynb", build_dir=tmp_path / "file")


RUNNER = """
import signal, sys
from pathlib import Path
from ecgutils import cli, paths
signal.signal(signal.SIGINT, signal.default_int_handler)
paths.NOTEBOOKS_DIR, paths.BUILD_DIR = map(Path, sys.argv[1:])
sys.exit(cli.main(["run"]))
"""


def wait_until(condition):
    """Wait until something is true, for the machine may be busy."""
    deadline = time.monotonic() + PATIENCE
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return result


def is_running(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.fixture
def halfway(tmp_path):
    """A run in a process of its own that hangs in the second cell of its only notebook."""
    notebooks, build = tmp_path / "notebooks", tmp_path / "build"
    wait = "import os, pathlib, time\npathlib.Path('pid.part').write_text(str(os.getpid()))\n"
    wait += "os.replace('pid.part', 'pid')\nwhile pathlib.Path('hold').exists(): time.sleep(0.05)"
    write_notebook(notebooks / "01_slow.ipynb", "answer = 6 * 7", wait, "print(answer)")
    (notebooks / "hold").touch()
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, notebooks, build],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until((notebooks / "pid").exists)
    kernel = int((notebooks / "pid").read_text())
    yield SimpleNamespace(notebooks=notebooks, build=build, process=process, kernel=kernel)
    process.kill()
    process.wait()
    (notebooks / "hold").unlink(missing_ok=True)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_run_takes_its_kernel_along(halfway, end):
    halfway.process.send_signal(end)
    output, complaint = halfway.process.communicate(timeout=PATIENCE)
    assert halfway.process.returncode == 130
    assert output.split()[:2] == ["01_slow", "interrupted"]
    assert complaint == "ecgutils: interrupted\n"
    assert not is_running(halfway.kernel)
    assert not list((halfway.build / "notebooks").iterdir())


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_killed_run_leaves_nothing_that_changes_the_next(halfway):
    halfway.process.kill()
    halfway.process.communicate(timeout=PATIENCE)
    executed = halfway.build / "notebooks" / "01_slow.ipynb"
    assert not executed.exists()
    wait_until(lambda: not is_running(halfway.kernel))
    (halfway.notebooks / "hold").unlink()
    execution.run((), notebooks_dir=halfway.notebooks, build_dir=halfway.build)
    assert printed(executed) == "42\n"
    assert os.listdir(executed.parent) == ["01_slow.ipynb"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_second_run_is_refused_while_the_first_lives_and_only_then(halfway):
    folders = {"notebooks_dir": halfway.notebooks, "build_dir": halfway.build}
    with pytest.raises(EcgError, match=r"build: another run is writing to this folder; let it end"):
        execution.run((), **folders)
    assert is_running(halfway.kernel)
    halfway.process.kill()
    halfway.process.communicate(timeout=PATIENCE)
    wait_until(lambda: not is_running(halfway.kernel))
    (halfway.notebooks / "hold").unlink()
    assert execution.run((), **folders).exists()


@pytest.fixture
def three(tmp_path):
    """Notebooks 01, 02 and 10, the first two with parameters."""
    return [
        write_notebook(tmp_path / "01_a.ipynb", parameters_cell("quick = False\nseed = 0")),
        write_notebook(tmp_path / "02_b.ipynb", parameters_cell("lead: str = 'MLII'  # a lead")),
        write_notebook(tmp_path / "10_c.ipynb", "loose = 1"),
    ]


def test_notebooks_are_found_in_their_order(three, tmp_path):
    for name in ("scratch.ipynb", "Untitled.ipynb", "01_a-Copy1.ipynb"):
        write_notebook(tmp_path / name, "1")
    (tmp_path / "01_notes.txt").touch()
    assert execution.find_notebooks(tmp_path) == three


def test_folder_without_notebooks_is_an_error(tmp_path):
    with pytest.raises(EcgError, match="holds no notebooks"):
        execution.find_notebooks(tmp_path / "none")


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ([], ["01_a", "02_b", "10_c"]),
        (["10", "1"], ["01_a", "10_c"]),
        (["02", "2"], ["02_b"]),
    ],
)
def test_notebooks_are_selected_by_number(three, numbers, names):
    assert [path.stem for path in execution.select_notebooks(three, numbers)] == names


@pytest.mark.parametrize("number", ["3", "x", "001", ""])
def test_unknown_number_is_refused_with_those_there_are(three, number):
    with pytest.raises(UsageError, match=rf"no notebook {number}; there are 01, 02, 10$"):
        execution.select_notebooks(three, ["1", number])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-0.5", -0.5),
        ("True", True),
        ("['100', '101']", ["100", "101"]),
        ("'12'", "12"),
        ("db2", "db2"),
        ("", ""),
        ("1 +", "1 +"),
        ("__import__('os')", "__import__('os')"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_values_are_literals_or_text(text, value):
    assert execution.parse_value(text) == value


def test_parameters_go_only_where_they_are_defined(three):
    injected = execution.parameters_by_notebook(three, True, {"lead": "V5"})
    assert list(injected.values()) == [{"quick": True}, {"lead": "V5"}, {}]


def test_named_value_wins_over_quick(three):
    injected = execution.parameters_by_notebook(three, True, {"quick": False})
    assert injected[three[0]] == {"quick": False}


def test_quick_where_nothing_can_be_shortened_is_no_error(three):
    assert execution.parameters_by_notebook(three[1:], True) == {three[1]: {}, three[2]: {}}


@pytest.mark.parametrize("name", ["sead", "loose"])
def test_unknown_parameter_is_refused_with_those_there_are(three, name):
    message = f"no parameter {name} in notebook 01, 02, 10; there are lead, quick, seed$"
    with pytest.raises(UsageError, match=message):
        execution.parameters_by_notebook(three, False, {"seed": 1, name: 2})


def test_parameter_of_a_notebook_that_is_not_run_is_refused(three):
    with pytest.raises(UsageError, match=r"no parameter seed in notebook 10; there are n"):
        execution.parameters_by_notebook(three[2:], False, {"seed": 1})


@pytest.mark.usefixtures("three")
def test_nothing_is_executed_when_a_parameter_is_unknown(tmp_path):
    with pytest.raises(UsageError):
        execution.run((), False, {"sead": 1}, tmp_path, tmp_path / "build")
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"nbformat": 4}'])
def test_file_that_is_no_notebook_is_named(tmp_path, content):
    notebook = tmp_path / "01_bad.ipynb"
    notebook.write_text(content)
    with pytest.raises(EcgError, match=r"01_bad\.ipynb: "):
        execution.run((), False, None, tmp_path, tmp_path / "build")


def test_table_of_results_is_empty_where_there_is_none(tmp_path):
    assert execution.results_table(tmp_path) == ""
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "table.txt").write_text("class  <F1>\nN      99\n")
    assert execution.results_table(tmp_path) == "class  <F1>\nN      99"
