"""pyproject.toml, requirements.lock, environment.yml and the imports name the same packages."""

import ast
import json
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ecgutils.paths import NOTEBOOK_NAMES, NOTEBOOKS_DIR, PROJECT_ROOT

# conda-forge's name, where it is not the one on the Python Package Index.
CONDA_NAMES = {"pysoundfile": "soundfile"}

PYPROJECT = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (PROJECT_ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCK_ENTRY = re.compile(r"(\S+)==(\S+)(?: ; [^\\\n]+?)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+")


def by_name(requirements):
    """Requirements by their normalised name."""
    parsed = map(Requirement, requirements)
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


DEPENDENCIES = by_name(PYPROJECT["project"]["dependencies"])
EXTRAS = PYPROJECT["project"]["optional-dependencies"]
NOTEBOOKS = by_name(EXTRAS["notebooks"])
CLUSTER = by_name(EXTRAS["cluster"])
TEST_DEPENDENCIES = by_name(EXTRAS["test"])
DECLARED = DEPENDENCIES | NOTEBOOKS | CLUSTER | TEST_DEPENDENCIES


def locked_versions():
    """The versions locked for each name, one for each marker."""
    versions = {}
    for entry in re.split(r"\n(?=\S)", LOCK.rstrip("\n")):
        match = LOCK_ENTRY.fullmatch(entry)
        assert match, f"not a pinned, hashed requirement: {entry[:80]}"
        versions.setdefault(canonicalize_name(match[1]), []).append(match[2])
    return versions


def conda_environment():
    """The environment's conda requirements by name (as on the index), and those for pip."""
    environment = yaml.safe_load((PROJECT_ROOT / "environment.yml").read_text(encoding="utf-8"))
    names, pip = {}, []
    for dependency in environment["dependencies"]:
        if isinstance(dependency, dict):
            pip += dependency["pip"]
        else:
            name, specifier = re.fullmatch(r"([\w.-]+)(.*)", dependency).groups()
            names[canonicalize_name(CONDA_NAMES.get(name, name))] = specifier
    return names, pip


def imported_modules(source):
    """The top-level modules that Python source imports, those inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def package_sources():
    """Path and source of every module of the package and every code cell of the notebooks."""
    for path in sorted((PROJECT_ROOT / "ecgutils").rglob("*.py")):
        yield path, path.read_text(encoding="utf-8")
    for path in sorted(NOTEBOOKS_DIR.glob(NOTEBOOK_NAMES)):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        yield from ((path, "".join(c["source"])) for c in cells if c["cell_type"] == "code")


def test_both_the_package_and_the_notebooks_are_searched():
    searched = {path.suffix for path, _ in package_sources()}
    assert searched == {".py", ".ipynb"}


def undeclared(sources, declared):
    """Third-party modules that are imported although no declared package provides them."""
    providers = packages_distributions()
    known = sys.stdlib_module_names | {"ecgutils"}
    found = set()
    for path, source in sources:
        for module in set(imported_modules(source)) - known:
            if not {canonicalize_name(name) for name in providers.get(module, [])} & declared:
                found.add(f"{path.relative_to(PROJECT_ROOT)}: {module}")
    return found


@pytest.mark.slow
def test_what_the_package_and_the_notebooks_import_is_declared():
    assert undeclared(package_sources(), set(DEPENDENCIES | NOTEBOOKS | CLUSTER)) == set()


@pytest.mark.slow
def test_what_is_only_for_clusters_is_imported_where_jobs_are_sent_to_them():
    found = undeclared(package_sources(), set(DEPENDENCIES | NOTEBOOKS))
    places = {entry.partition(": ")[0] for entry in found}
    assert places == {"ecgutils/cluster.py", "ecgutils/recordings/batch/workers.py"}
    assert {entry.partition(": ")[2] for entry in found} == set(CLUSTER)


@pytest.mark.slow
def test_what_the_tests_import_is_declared():
    paths = (PROJECT_ROOT / "tests").rglob("*.py")
    sources = ((path, path.read_text(encoding="utf-8")) for path in paths)
    found = undeclared(sources, set(DECLARED))
    assert {entry for entry in found if not entry.endswith(": tests")} == set()


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_every_declared_package_is_locked_at_versions_that_satisfy_it(name):
    versions = locked_versions()[name]
    assert all(DECLARED[name].specifier.contains(version) for version in versions)


def test_what_builds_the_package_is_locked():
    # It is installed without build isolation, so that nothing unlocked is ever downloaded.
    locked = locked_versions()
    for name, requirement in by_name(PYPROJECT["build-system"]["requires"]).items():
        assert all(requirement.specifier.contains(version) for version in locked[name])


def test_lock_names_no_index():
    assert not re.search(r"://|^\s*--(?!hash=)|index|find-links|@", LOCK, re.MULTILINE)


def test_lock_holds_no_cuda_libraries():
    assert not [name for name in locked_versions() if "nvidia" in name or "cuda" in name]


def test_conda_environment_names_the_declared_packages():
    names, pip = conda_environment()
    assert set(names) - {"python", "pip"} == set(DECLARED)
    assert pip == ["-e ."]
    assert all(SpecifierSet(names[name]) == DECLARED[name].specifier for name in DECLARED)


def test_conda_python_is_one_that_the_package_allows():
    names, _ = conda_environment()
    version = names["python"].lstrip("=")
    assert SpecifierSet(PYPROJECT["project"]["requires-python"]).contains(version)


def test_makefile_and_package_ask_for_the_same_python():
    makefile = (PROJECT_ROOT / "Makefile").read_text(encoding="utf-8")
    (fits,) = re.findall(r"sys\.exit\(not (.*)\)\n", makefile)
    allowed = SpecifierSet(PYPROJECT["project"]["requires-python"])
    for version in ((3, 10), (3, 11), (3, 13), (3, 14)):
        fitting = eval(fits.replace("sys.version_info[:2]", str(version)))
        assert allowed.contains("{}.{}".format(*version)) == fitting
