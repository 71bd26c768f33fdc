"""The notebooks in order: executed through papermill into the build folder, then shown as a report.

The notebooks themselves are only read. An executed copy appears under its final name when its last
cell has run, so a run that is killed leaves nothing half-written, and running again starts afresh.
"""

import ast
import contextlib
import logging
import os
import re
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
import papermill
from filelock import FileLock, Timeout
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from papermill.exceptions import PapermillExecutionError
from traitlets import Unicode
from traitlets.config import Config

from ecgutils.errors import EcgError, UsageError
from ecgutils.files import failure_named, write_beside
from ecgutils.paths import BUILD_DIR, NOTEBOOK_NAMES, NOTEBOOKS_DIR
from ecgutils.runner.pages import Exhibit, write_report

# A kernel may take this many seconds to start: the first one after an installation compiles
# everything that it imports.
START_TIMEOUT = 300
EXCERPT_LINES = 20
# Cells that papermill adds to what the notebook's author wrote.
ADDED_BY_PAPERMILL = {"injected-parameters", "papermill-error-cell-tag"}

# The exceptions below say in fewer words what papermill logs.
logging.getLogger("papermill").addHandler(logging.NullHandler())


class NotebookError(EcgError):
    """A notebook stopped at a cell.

    Parameters
    ----------
    message : str
        The notebook, the cell's number and its error, in one line.
    source : str
        The cell's code.
    kept : Path
        The notebook as far as it came.
    """

    def __init__(self, message: str, source: str, kept: Path) -> None:
        super().__init__(message)
        self.source = source
        self.kept = kept

    @property
    def excerpt(self) -> str:
        """The cell's first lines, indented."""
        lines = self.source.splitlines()
        shown = lines[:EXCERPT_LINES] + ["..."] * (len(lines) > EXCERPT_LINES)
        return textwrap.indent("\n".join(shown), "    ")


class ThisInterpreter(AsyncKernelManager):
    """Starts kernels with the interpreter that runs this process.

    A kernel specification of the name `python3` that somebody installed for their user account is
    found before ours and may start another Python, one without this package.
    """

    build_dir = Unicode(help="The folder that the notebooks write to.").tag(config=True)

    @property
    def kernel_spec(self) -> KernelSpec:
        """What is started: this interpreter, with nothing of the user's own IPython settings."""
        environment = {
            "ECGUTILS_BUILD": self.build_dir,
            "IPYTHONDIR": f"{self.build_dir}/ipython",
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        }
        # All that a kernel logs is that its local sockets are not encrypted, and how it was ended.
        return KernelSpec(**get_kernel_dict(["--log-level=CRITICAL"]), env=environment)


def find_notebooks(notebooks_dir: Path = NOTEBOOKS_DIR) -> list[Path]:
    """Return the numbered notebooks of a folder, `NN_*.ipynb`, in their order."""
    notebooks = sorted(Path(notebooks_dir).resolve().glob(NOTEBOOK_NAMES))
    if not notebooks:
        raise EcgError(f"{notebooks_dir}: holds no notebooks named like 01_name.ipynb")
    return notebooks


def select_notebooks(notebooks: Sequence[Path], numbers: Iterable[str]) -> list[Path]:
    """Return the notebooks with these numbers, such as `3` or `03`; without numbers, all."""
    wanted = {number.zfill(2): number for number in numbers}
    known = [notebook.name[:2] for notebook in notebooks]
    if unknown := [number for padded, number in wanted.items() if padded not in known]:
        raise UsageError(f"no notebook {', '.join(unknown)}; there are {', '.join(known)}")
    return [notebook for notebook in notebooks if not wanted or notebook.name[:2] in wanted]


def parse_value(text: str) -> object:
    """Return the Python literal that a text spells, or the text itself where it spells none."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def parameters_by_notebook(
    notebooks: Sequence[Path], quick: bool = False, parameters: Mapping[str, object] | None = None
) -> dict[Path, dict[str, object]]:
    """Return what is injected into each notebook: only parameters that it defines.

    papermill itself takes a misspelt name without complaint and runs with the defaults.
    """
    wanted = ({"quick": True} if quick else {}) | dict(parameters or {})
    defined = {notebook: _parameters_of(notebook) for notebook in notebooks}
    known = set().union(*defined.values())
    # Nothing to shorten is no mistake, so `quick` may be unknown unless it was named with -p.
    if unknown := sorted(set(parameters or {}) - known):
        there_are = f"there are {', '.join(sorted(known))}" if known else "there are none"
        where = ", ".join(notebook.name[:2] for notebook in notebooks)
        raise UsageError(f"no parameter {', '.join(unknown)} in notebook {where}; {there_are}")
    return {
        notebook: {name: value for name, value in wanted.items() if name in names}
        for notebook, names in defined.items()
    }


def execute(
    notebook: Path, parameters: Mapping[str, object] | None = None, build_dir: Path = BUILD_DIR
) -> Path:
    """Execute one notebook from the top and store it with its outputs.

    Parameters
    ----------
    notebook : Path
        The notebook; its folder is the working folder of the kernel, as it is in JupyterLab.
    parameters : mapping of str to object, optional
        Values that override those of the cell tagged `parameters`.
    build_dir : Path
        The executed notebook goes to `notebooks/` in this folder.

    Returns
    -------
    Path
        The executed notebook.

    Raises
    ------
    NotebookError
        If a cell raises an exception or its kernel dies. What was executed until then is kept
        under the notebook's name with `.failed.ipynb` at its end.
    EcgError
        If the result cannot be written.
    """
    executed = Path(build_dir).resolve() / "notebooks" / notebook.name
    failed = executed.with_suffix(".failed.ipynb")
    unfinished = executed.with_name(f".{notebook.stem}.part.ipynb")
    try:
        with failure_named(executed, "written"):
            executed.parent.mkdir(parents=True, exist_ok=True)
            failed.unlink(missing_ok=True)
            result = _execute(notebook, unfinished, dict(parameters or {}), executed.parent.parent)
            with write_beside(executed, "w") as file:
                nbformat.write(result, file)
    except (PapermillExecutionError, RuntimeError) as error:
        if not unfinished.exists():
            raise
        failure = _failure(notebook, unfinished, error, failed)
        unfinished.replace(failed)
        raise failure from None
    except KeyboardInterrupt:
        # What was waiting for the kernel would report that it ended, when it is thrown away.
        logging.getLogger("asyncio").setLevel(logging.CRITICAL)
        raise
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink()
    return executed


def run(
    numbers: Iterable[str] = (),
    quick: bool = False,
    parameters: Mapping[str, object] | None = None,
    notebooks_dir: Path = NOTEBOOKS_DIR,
    build_dir: Path = BUILD_DIR,
    exhibits: Sequence[Exhibit] = (),
) -> Path:
    """Execute notebooks in order, printing a line for each, and write the report.

    Parameters
    ----------
    numbers : iterable of str
        Which notebooks; all where there is no number.
    quick : bool
        Whether to set `quick = True` in the notebooks that have this parameter.
    parameters : mapping of str to object, optional
        Further parameters, injected into the notebooks that define them.
    notebooks_dir, build_dir : Path
        Where the notebooks are, and where the executed ones and the report go.
    exhibits : sequence of Exhibit
        Tables and pictures for the report's index page.

    Returns
    -------
    Path
        The report's index page. It shows every notebook that has been executed, by this run or
        by an earlier one.

    Raises
    ------
    UsageError
        If a number or a parameter does not exist; nothing has been executed then.
    NotebookError
        At the first notebook that fails; those after it have not been executed.
    EcgError
        If another run is writing to the same folder.
    """
    notebooks = find_notebooks(notebooks_dir)
    selected = select_notebooks(notebooks, numbers)
    injected = parameters_by_notebook(selected, quick, parameters)
    build_dir = Path(build_dir)
    with _only_run_in(build_dir):
        _execute_all(injected, build_dir)
        paths = (build_dir / "notebooks" / notebook.name for notebook in notebooks)
        executed = [path for path in paths if path.exists()]
        results = results_table(build_dir)
        return write_report(executed, build_dir / "report", results, exhibits)


def _execute_all(injected: Mapping[Path, dict[str, object]], build_dir: Path) -> None:
    """Execute notebooks, each with its parameters, and print a line for each."""
    width = max(len(notebook.stem) for notebook in injected)
    for notebook, parameters in injected.items():
        start = time.monotonic()
        status = "failed"
        try:
            execute(notebook, parameters, build_dir)
            status = "done"
        except KeyboardInterrupt:
            status = "interrupted"
            raise
        finally:
            seconds = time.monotonic() - start
            print(f"{notebook.stem:{width}}  {status:6}  {seconds:7.1f} s", flush=True)


@contextlib.contextmanager
def _only_run_in(build_dir: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system takes from a process that dies."""
    path = build_dir.resolve() / "run.lock"
    with failure_named(path, "written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout as error:
            how = "let it end, or name another folder in ECGUTILS_BUILD"
            raise EcgError(f"{build_dir}: another run is writing to this folder; {how}") from error
    try:
        yield
    finally:
        lock.release()


def results_table(build_dir: Path) -> str:
    """Return the table of results that the notebooks left as text, or an empty string."""
    table = Path(build_dir) / "results" / "table.txt"
    return table.read_text(encoding="utf-8").rstrip() if table.exists() else ""


def _parameters_of(notebook: Path) -> set[str]:
    """Return the names that the cell tagged `parameters` defines."""
    try:
        return set(papermill.inspect_notebook(_unformatted(notebook)))
    except (ValueError, KeyError, AttributeError, nbformat.ValidationError) as error:
        why = str(error).partition("\n")[0][:100]
        raise EcgError(f"{notebook}: is not a Python notebook ({why})") from error


def _execute(
    notebook: Path, unfinished: Path, parameters: dict[str, object], build_dir: Path
) -> nbformat.NotebookNode:
    """Let papermill execute a notebook, writing to `unfinished` as it goes."""
    bar = {"desc": notebook.stem, "unit": "cell", "leave": False}
    result = papermill.execute_notebook(
        _unformatted(notebook),
        _unformatted(unfinished),
        parameters,
        kernel_name="python3",
        language="python",
        kernel_manager_class=ThisInterpreter,
        config=Config(ThisInterpreter={"build_dir": str(build_dir)}),
        progress_bar=bar if sys.stderr.isatty() else False,
        start_timeout=START_TIMEOUT,
        cwd=notebook.parent,
    )
    for path in ("input_path", "output_path"):
        del result.metadata.papermill[path]
    return result


def _unformatted(path: Path) -> str:
    """Return a path as papermill wants it, which takes braces for fields to be filled in."""
    return os.fspath(path).replace("{", "{{").replace("}", "}}")


def _failure(notebook: Path, unfinished: Path, error: Exception, kept: Path) -> NotebookError:
    """Say which cell of a notebook failed, numbered as in the notebook's own file."""
    cells = nbformat.read(unfinished, as_version=4).cells
    cells = [cell for cell in cells if not ADDED_BY_PAPERMILL & set(cell.metadata.get("tags", []))]
    # The last one that was started; those after it have never been.
    started = (k for k, cell in enumerate(cells, 1) if cell.metadata.papermill.start_time)
    number = max(started, default=0)
    if isinstance(error, PapermillExecutionError):
        why = re.sub(r"\x1b\[[\d;]*m", "", f"{error.ename}: {error.evalue}")
    else:
        why = "its Python process died, perhaps for want of memory"
    where = f"cell {number} of {len(cells)}" if number else "before its first cell"
    source = cells[number - 1].source if number else ""
    return NotebookError(f"{notebook.name}, {where}: {why[:500]}", source, kept)
