"""The package as pip installs it: without a checkout around it, and without the extras."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ecgutils.paths import PROJECT_ROOT
from tests.helpers.short_records import write_short_record

# wfdb brings it along.
NEEDED_ALL_THE_SAME = {"matplotlib"}

# The arguments are the modules to hide, then the command line.
WITHOUT = """
import json, sys
sys.modules.update(dict.fromkeys(json.loads(sys.argv.pop(1))))
from ecgutils.cli import main
sys.exit(main())
"""


def modules_of_extras():
    """The modules that come with no other than an extra."""
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = chain.from_iterable(project["project"]["optional-dependencies"].values())
    names = {canonicalize_name(Requirement(line).name) for line in extras} - NEEDED_ALL_THE_SAME
    providers = packages_distributions().items()
    found = {module for module, by in providers if {canonicalize_name(name) for name in by} & names}
    # Others import what reads versions, if it is there.
    return sorted(found - {"packaging"})


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The package alone in a folder, as in site-packages, and a way to run its commands."""
    site = tmp_path_factory.mktemp("site-packages")
    shutil.copytree(
        PROJECT_ROOT / "ecgutils", site / "ecgutils", ignore=shutil.ignore_patterns("__pycache__")
    )
    hidden = json.dumps(modules_of_extras())
    environment = {k: v for k, v in os.environ.items() if k != "ECGUTILS_BUILD"}
    environment |= {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}

    def ecgutils(*arguments, folder):
        return subprocess.run(
            [sys.executable, "-c", WITHOUT, hidden, *map(str, arguments)],
            cwd=folder,
            env=environment | {"XDG_CACHE_HOME": str(folder / "cache")},
            capture_output=True,
            text=True,
        )

    before = sorted(site.rglob("*"))
    yield ecgutils
    assert sorted(site.rglob("*")) == before, "something was written into site-packages"


@pytest.mark.slow
def test_recordings_are_classified_inspected_and_scored(installed, tmp_path):
    record = write_short_record(tmp_path / "short")
    for arguments in (
        ("classify", record / "100", "--out", "results", "--format", "edf"),
        ("inspect", record / "100.hea"),
        ("score", "100", "--test", "aami", "--from", 0, "--reference-dir", record),
    ):
        folder = ("--test-dir", "results") if arguments[0] == "score" else ()
        done = installed(*arguments, *folder, folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    names = {path.suffix for path in (tmp_path / "results").iterdir()}
    assert {".aami", ".csv", ".html", ".edf"} <= names


@pytest.mark.slow
def test_the_data_are_missed_in_one_line(installed, tmp_path):
    done = installed("run", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ecgutils: error: this command needs the data and notebooks of a")
    assert done.stderr.count("\n") == 1
