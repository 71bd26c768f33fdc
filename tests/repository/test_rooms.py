"""The rooms of the package: their order, their contents pages, and what importing them costs."""

import importlib
import json
import re
import subprocess
import sys

import pytest

from ecgutils.paths import NOTEBOOK_NAMES, NOTEBOOKS_DIR, PROJECT_ROOT
from tests.helpers.rooms import (
    ROOMS,
    circles,
    contents,
    imports_past_pages,
    imports_upwards,
    page_faults,
    sources,
    without_place,
)

TREES = sources(PROJECT_ROOT / "ecgutils")
HEAVY = {
    *("distributed", "jinja2", "keras", "matplotlib", "onnx", "onnxruntime", "pandas", "papermill"),
    *("scipy", "sklearn", "sleepecg", "tensorflow", "tqdm", "wfdb"),
}
HALL_PAGES = ("aami", "errors", "paths")
CHEAP_ROOMS = ("io", "database", "signals", "beats", "scoring", "recordings")


def public_names(room):
    page = contents(TREES[f"ecgutils.{room}"]) or {}
    return [name for names in page.values() for name in names]


def pages():
    """The modules that notebooks import from, with their public names."""
    known = {f"ecgutils.{room}": set(public_names(room)) for room in ROOMS}
    for name in HALL_PAGES:
        known[f"ecgutils.{name}"] = set(vars(importlib.import_module(f"ecgutils.{name}")))
    calls = {"classify_recording", "read_recording", "show"}
    return known | {"ecgutils": {*ROOMS, *HALL_PAGES, *calls}}


def loaded_by(code):
    """What a fresh interpreter prints as JSON after this code."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_room_has_its_place():
    assert without_place(TREES) == set()
    assert {name.split(".")[1] for name in TREES if name.count(".") > 1} == set(ROOMS)


def test_imports_run_one_way():
    assert imports_upwards(TREES) == []


def test_no_imports_run_in_a_circle():
    assert circles(TREES) == []


def test_every_room_has_a_contents_page():
    assert page_faults(TREES, [f"ecgutils.{room}" for room in ROOMS]) == []


def test_public_names_are_those_of_one_room():
    rooms = {}
    for room in ROOMS:
        for name in public_names(room):
            rooms.setdefault(name, []).append(room)
    assert {name: where for name, where in rooms.items() if len(where) > 1} == {}


@pytest.mark.parametrize(
    "path", sorted(NOTEBOOKS_DIR.glob(NOTEBOOK_NAMES)), ids=lambda path: path.stem
)
def test_notebooks_import_from_contents_pages_only(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    faults = imports_past_pages("\n".join(code), pages())
    assert not faults, "\n".join(faults)


def test_tests_of_a_room_are_named_like_its_modules():
    modules = {name.removeprefix("ecgutils.") for name in TREES}
    strays = []
    for room in ROOMS:
        for path in (PROJECT_ROOT / "tests" / room).rglob("test_*.py"):
            folder = path.parent.relative_to(PROJECT_ROOT / "tests").parts
            name = path.stem.removeprefix("test_")
            # Properties hold for several modules together.
            if ".".join((*folder, name)) not in modules and not name.endswith("_property"):
                strays.append(str(path))
    assert strays == []


def test_examples_of_the_readme_import_from_contents_pages_only():
    readme = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert blocks
    assert imports_past_pages("\n".join(blocks), pages()) == []


def test_a_contents_page_loads_nothing_heavy():
    modules = ["ecgutils", *(f"ecgutils.{name}" for name in ("cli", *HALL_PAGES, *ROOMS))]
    loaded = loaded_by(
        "import importlib, json, sys\n"
        "loaded = {}\n"
        f"for page in {modules}:\n"
        "    before = set(sys.modules)\n"
        "    importlib.import_module(page)\n"
        "    loaded[page] = sorted({n.partition('.')[0] for n in set(sys.modules) - before})\n"
        "print(json.dumps(loaded))"
    )
    assert {page: found for page in loaded if (found := HEAVY & set(loaded[page]))} == {}


@pytest.mark.slow
def test_the_names_of_cheap_rooms_come_without_tensorflow():
    names = {f"ecgutils.{room}": public_names(room) for room in CHEAP_ROOMS}
    loaded = loaded_by(
        "import importlib, json, sys\n"
        f"for page, names in {names}.items():\n"
        "    for name in names:\n"
        "        getattr(importlib.import_module(page), name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert {"keras", "tensorflow"} & set(loaded) == set()
    assert "ecgutils.beats.beats" in loaded


@pytest.mark.slow
def test_no_module_imports_tensorflow_when_it_is_imported():
    modules = sorted(set(TREES) - {"ecgutils.__main__"})
    loaded = loaded_by(
        f"import json, sys, {', '.join(modules)}\nprint(json.dumps(sorted(sys.modules)))"
    )
    assert {"keras", "tensorflow"} & set(loaded) == set()


@pytest.mark.slow
def test_classifying_a_recording_loads_nothing_that_only_training_needs():
    loaded = loaded_by(
        "import json, sys\n"
        "from ecgutils import classify_recording, database\n"
        "classify_recording(database.read('100').between(0, 20))\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    assert {"keras", "onnx", "sklearn", "tensorflow"} & set(loaded) == set()
    assert "onnxruntime" in loaded


PAGE = '''"""Names."""
from ecgutils.contents import contents_page
__getattr__, __dir__, __all__ = contents_page(__name__, {"one": ["f"]})
'''


@pytest.fixture
def tree(tmp_path):
    """Return a function that writes a small package and parses it."""

    def write(**files):
        files = {"__init__": "", "errors": "", "io/one": "def f(): pass", "io/__init__": PAGE} | {
            name.replace("__in__", "/"): text for name, text in files.items()
        }
        for name, text in files.items():
            path = tmp_path / "ecgutils" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return sources(tmp_path / "ecgutils")

    return write


def test_a_tree_in_order_has_no_faults(tree):
    trees = tree(
        beats__in__cut="from ecgutils import io", signals__in__x="import ecgutils.database.y"
    )
    assert (imports_upwards(trees), circles(trees), without_place(trees)) == ([], [], set())
    assert page_faults(trees, ["ecgutils.io"]) == []


@pytest.mark.parametrize(
    "line",
    [
        "import ecgutils.beats.cut",
        "from ecgutils.beats.cut import x",
        "from ecgutils.beats import cut",
        "from ecgutils import beats",
        "def lazy():\n    from ecgutils.beats.cut import x",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ecgutils.beats.cut import x",
    ],
)
def test_an_import_upwards_is_found(tree, line):
    trees = tree(io__in__two=line, beats__in__cut="x = 1", beats__in____init__="")
    assert len(imports_upwards(trees)) == 1
    assert imports_upwards(trees)[0].startswith("ecgutils.io.two imports ecgutils.beats")


def test_an_import_across_a_floor_is_found(tree):
    trees = tree(plots__in__x="import ecgutils.learning.y", learning__in__y="")
    assert imports_upwards(trees) == ["ecgutils.plots.x imports ecgutils.learning.y"]


@pytest.mark.parametrize("line", ["from ecgutils.io import f", "from ecgutils.io.two import x"])
def test_a_circle_of_modules_is_found(tree, line):
    # The page leads to io.one too.
    trees = tree(io__in__one=f"def f():\n    {line}", io__in__two="from ecgutils.io.one import f")
    assert "ecgutils.io.one" in circles(trees)


def test_a_circle_of_rooms_is_found_where_the_modules_have_none(tree):
    trees = tree(
        signals__in__a="import ecgutils.database.a",
        database__in__a="",
        database__in__b="import ecgutils.signals.b",
        signals__in__b="",
    )
    assert circles(trees) == ["database", "signals"]


def test_a_room_without_a_place_is_found(tree):
    assert without_place(tree(attic__in__x="")) == {"attic"}


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"io__in____init__": '"""Names."""'}, "ecgutils.io has no contents page"),
        (
            {"io__in____init__": PAGE.replace('"""Names."""', "")},
            "the docstring of ecgutils.io is not one line",
        ),
        ({"io__in__one": "def g(): pass"}, "ecgutils.io.one does not define f"),
        ({"io__in__f": ""}, "ecgutils.io: f is a module too"),
    ],
)
def test_a_faulty_contents_page_is_found(tree, files, fault):
    assert page_faults(tree(**files), ["ecgutils.io"]) == [fault]


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("from ecgutils.io import f", []),
        ("from ecgutils import io", []),
        ("import numpy", []),
        ("from ecgutils.io import one", ["ecgutils.io.one"]),
        ("from ecgutils.io.one import f", ["ecgutils.io.one.f"]),
        ("import ecgutils.io.one", ["ecgutils.io.one"]),
    ],
)
def test_an_import_past_a_contents_page_is_found(line, faults):
    assert imports_past_pages(line, {"ecgutils": {"io"}, "ecgutils.io": {"f"}}) == faults
