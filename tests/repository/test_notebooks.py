"""What every notebook of this repository has in common, and that nbval bites."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from ecgutils.database import MITDB, SVDB, record_names
from ecgutils.paths import NOTEBOOK_NAMES, NOTEBOOKS_DIR, PROJECT_ROOT

SECTIONS = ["Aim", "What you need to know", "Practical", "What we learnt"]
CHECKED = "nbval-check-output"
# An exercise's empty cell, which belongs to the reader.
OWN = "nbval-skip"
TAGS = {"parameters", CHECKED, OWN}
ANSWER = re.compile(
    r"<details>\n<summary>.+</summary>\n\n```python\n(.+?)\n```\n\n.+\n\n</details>", re.DOTALL
)
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
VIEWER = re.compile(
    r"https://physionet\.org/lightwave/\?db=(mitdb|svdb)/1\.0\.0(?:&record=(\d{3}))?"
)
ABSOLUTE_PATH = re.compile(
    r"/(?:home|root|tmp|work|Users|private|opt)/|\b[A-Z]:\\|\.venv/|site-packages"
)
LONGEST_CELL = 14
LARGEST_NOTEBOOK = 1_000_000
LARGEST_REPOSITORY = 60_000_000

WIDGET = "application/vnd.jupyter.widget-view+json"
AS_ONE_RUN = "`make notebooks NOTEBOOKS=notebooks/NN_*.ipynb` stores the outputs of one clean run"

PATHS = sorted(NOTEBOOKS_DIR.glob(NOTEBOOK_NAMES))


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


@pytest.fixture
def code_cells(notebook):
    """The cells that are run: those of exercises are empty until a reader fills them."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and not is_own(cell)]


def is_own(cell):
    return OWN in cell.metadata.get("tags", [])


def prose(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def prose_to_read(notebook):
    """The prose without the glossary, which is looked up."""
    cells = [cell for cell in notebook.cells if not cell.source.startswith("### Glossary")]
    return prose(new_notebook(cells=cells))


def texts(output):
    """What an output shows as text; pictures are left out."""
    if output.output_type == "stream":
        return [output.text]
    return [text for kind, text in output.get("data", {}).items() if kind.startswith("text/")]


def plain(output):
    """The plain form of an output's text; a table has one as HTML besides."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def shows_picture(cell):
    return any(kind.startswith("image/") for o in cell.outputs for kind in o.get("data", {}))


def test_notebooks_are_numbered_from_00_without_gaps():
    numbers = [int(path.name.partition("_")[0]) for path in PATHS]
    assert numbers == list(range(len(PATHS)))
    assert len(PATHS) >= 6


def test_notebook_is_valid_and_small(path, notebook):
    nbformat.validate(notebook)
    assert path.stat().st_size < LARGEST_NOTEBOOK


def test_title_and_sections_stand_in_order(path, notebook):
    headings = re.findall(r"^(#{1,2}) (.+)$", prose(notebook), re.MULTILINE)
    titles = [text for level, text in headings if level == "#"]
    assert [text for level, text in headings if level == "##"] == SECTIONS
    assert len(titles) == 1
    assert titles[0].startswith(f"{path.name[:2]} · ")


def test_prose_is_a_good_part_of_what_there_is_to_read(notebook, code_cells):
    shown = [plain(output) for cell in code_cells for output in cell.outputs]
    coded = sum(len(cell.source) for cell in code_cells)
    written = len(prose_to_read(notebook))
    assert 0.25 <= written / (written + coded + sum(map(len, shown))) <= 0.70


def test_metadata_holds_the_kernel_and_no_run_of_papermill(notebook):
    # JupyterLab adds what it likes; `make notebooks` takes it out again.
    assert notebook.metadata.kernelspec.name == "python3"
    assert "papermill" not in notebook.metadata


def test_parameters_are_one_cell_of_literals(code_cells):
    tagged = [cell for cell in code_cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    for statement in ast.parse(tagged[0].source).body:
        assert isinstance(statement, ast.Assign | ast.AnnAssign)
        ast.literal_eval(statement.value)


def test_cells_were_executed_once_from_the_top(code_cells):
    counts = [cell.execution_count for cell in code_cells]
    assert counts == list(range(1, len(code_cells) + 1)), AS_ONE_RUN


def test_outputs_hold_no_errors_and_no_warnings(code_cells):
    outputs = [output for cell in code_cells for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"], AS_ONE_RUN
    assert not [output.text for output in outputs if output.get("name") == "stderr"], AS_ONE_RUN
    # A widget that JupyterLab has stored shows nothing to others: it needs a picture beside it.
    shown = [set(output.get("data", {})) for output in outputs]
    assert all("image/svg+xml" in kinds for kinds in shown if WIDGET in kinds), AS_ONE_RUN


def test_nothing_names_a_place_on_one_machine(notebook, code_cells):
    shown = [text for cell in code_cells for output in cell.outputs for text in texts(output)]
    sources = [cell.source for cell in notebook.cells]
    assert not [text for text in sources + shown if ABSOLUTE_PATH.search(text)]


def test_cells_are_short_and_define_nothing(code_cells):
    for cell in code_cells:
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source
        kinds = {type(node) for node in ast.walk(ast.parse(cell.source))}
        assert not kinds & {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda}, (
            f"belongs into the package: {cell.source}"
        )


def test_pictures_are_drawn_by_cells_that_end_with_show_or_the_map(code_cells):
    for cell in code_cells:
        (last,) = cell.source.splitlines()[-1:] or [""]
        drawn = last == "plt.show()" or "course_map(" in last
        assert shows_picture(cell) == drawn, cell.source


def test_cells_that_nbval_compares_have_an_output(notebook, code_cells):
    # nbval passes over a tag that it does not know, and over a cell without outputs.
    assert {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])} <= TAGS
    assert not [cell.source for cell in code_cells if "NBVAL" in cell.source]
    compared = [cell for cell in code_cells if CHECKED in cell.metadata.get("tags", [])]
    assert len(compared) >= 3
    for cell in compared:
        assert any(texts(output) for output in cell.outputs), cell.source


def test_imports_stand_above_all_other_code(code_cells):
    trees = [ast.parse(cell.source).body for cell in code_cells]
    imports = [any(isinstance(s, ast.Import | ast.ImportFrom) for s in body) for body in trees]
    last = max(k for k, imported in enumerate(imports) if imported)
    # The map and the parameters may come before the other imports.
    between = [cell for k, cell in enumerate(code_cells[:last]) if not imports[k]]
    assert all("parameters" in cell.metadata.get("tags", []) for cell in between)


def test_exercises_have_a_cell_of_the_readers_own_and_an_answer(path, notebook):
    if path.name.startswith("00"):
        return
    cells = notebook.cells
    own = [k for k, cell in enumerate(cells) if is_own(cell)]
    assert len(own) == 3
    for k in own:
        assert cells[k - 1].source.startswith("**Exercise ")
        compile(ANSWER.fullmatch(cells[k + 1].source)[1], f"{path.name}, answer", "exec")


def test_links_lead_to_notebooks_papers_and_records(path, notebook):
    known = {data.name: set(record_names(data)) for data in (MITDB, SVDB)}
    links = LINK.findall(prose(notebook))
    assert {f"{other.name}" for other in neighbours(path)} <= set(links)
    for link in links:
        if "lightwave" in link:
            name, record = VIEWER.fullmatch(link).groups()
            assert record is None or record in known[name], link
        elif "doi.org" in link:
            assert re.fullmatch(r"https://doi\.org/10\.\d{4,5}/\S+", link), link
        elif "://" not in link and not link.startswith("#"):
            assert (NOTEBOOKS_DIR / link.partition("#")[0]).exists(), link


def neighbours(path):
    """The notebooks before and after one."""
    k = PATHS.index(path)
    return [*PATHS[max(k - 1, 0) : k], *PATHS[k + 1 : k + 2]]


def test_the_map_and_the_links_to_the_neighbours_open_a_notebook(path, notebook):
    title, course = notebook.cells[:2]
    assert f"course_map({int(path.name[:2]) or ''})" in course.source
    for other in neighbours(path):
        assert other.name in title.source
        assert other.name in notebook.cells[-1].source


def test_tracked_files_are_few_enough_to_clone():
    if not (PROJECT_ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    files = [PROJECT_ROOT / name for name in listed.stdout.split("\0") if name]
    assert sum(file.stat().st_size for file in files if file.is_file()) <= LARGEST_REPOSITORY


def nbval(notebook, package):
    """Check a notebook's stored outputs with the package that lies in this folder."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", os.devnull),
            *(f"--rootdir={notebook.parent}", "--nbval-lax", "--nbval-current-env", str(notebook)),
        ],
        env=os.environ
        | {"PYTHONPATH": str(package), "ECGUTILS_BUILD": str(notebook.parent / "build")},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def changed_package(tmp_path):
    """A folder with a copy of the package in which atrial escape beats are supraventricular."""
    package = tmp_path / "changed" / "ecgutils"
    shutil.copytree(PROJECT_ROOT / "ecgutils", package)
    aami = package / "aami.py"
    source = aami.read_text(encoding="utf-8")
    assert source.count('"e": ("N"') == 1
    aami.write_text(source.replace('"e": ("N"', '"e": ("S"'), encoding="utf-8")
    return package.parent


@pytest.fixture
def counting_notebook(tmp_path):
    """A notebook that counts the classes of four annotations."""
    counts = "{'N': 3, 'S': 1, 'V': 0, 'F': 0, 'Q': 0}"
    cell = new_code_cell(
        "from ecgutils import aami\naami.class_counts(aami.to_classes(list('NLeA')))",
        metadata={"tags": [CHECKED]},
        execution_count=1,
        outputs=[new_output("execute_result", {"text/plain": counts}, execution_count=1)],
    )
    notebook = tmp_path / "counts.ipynb"
    notebook.write_text(json.dumps(new_notebook(cells=[cell])), encoding="utf-8")
    return notebook


@pytest.mark.slow
def test_nbval_accepts_the_stored_counts(counting_notebook):
    done = nbval(counting_notebook, PROJECT_ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_nbval_rejects_a_changed_class_mapping(counting_notebook, changed_package):
    done = nbval(counting_notebook, changed_package)
    assert done.returncode == 1, done.stdout
    assert "Cell outputs differ" in done.stdout


@pytest.mark.slow
def test_nbval_rejects_notebook_03_after_a_changed_class_mapping(changed_package):
    (changed_package / "data").symlink_to(PROJECT_ROOT / "data")
    (source,) = NOTEBOOKS_DIR.glob("03_*.ipynb")
    notebook = shutil.copy(source, changed_package)
    shutil.copy(NOTEBOOKS_DIR / "conftest.py", changed_package)
    done = nbval(Path(notebook), changed_package)
    assert done.returncode == 1, done.stdout
    assert "Cell outputs differ" in done.stdout
    assert " passed" in done.stdout
    # Tables are compared as text, so that a reader sees what is another.
    assert re.search(r"^ *- e +S", done.stdout, re.MULTILINE), done.stdout
    assert "<td>" not in done.stdout
