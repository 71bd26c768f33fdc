"""What importing the package costs: nothing heavy is loaded before it is used."""

import json
import pkgutil
import subprocess
import sys

import ecgutils

HEAVY = {
    *("distributed", "jinja2", "keras", "matplotlib", "pandas", "papermill", "scipy", "sklearn"),
    *("sleepecg", "tensorflow", "tqdm", "wfdb"),
}
MODULES = ["ecgutils"] + [
    module.name
    for module in pkgutil.walk_packages(ecgutils.__path__, "ecgutils.")
    if not module.name.endswith("__main__")
]


def loaded_after_importing(*modules):
    """The top-level modules that a fresh interpreter holds after these imports."""
    code = f"import json, sys, {', '.join(modules)}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after_importing("ecgutils") & HEAVY == set()


def test_importing_the_command_line_loads_nothing_heavy():
    assert loaded_after_importing("ecgutils.cli") & HEAVY == set()


def test_no_module_imports_tensorflow_when_it_is_imported():
    assert loaded_after_importing(*MODULES) & {"keras", "tensorflow"} == set()
