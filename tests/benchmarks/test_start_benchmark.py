"""How long the command line takes to say what it can do: a fifth of a second or less."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", [[], ["score"]])
def test_help(benchmark, command):
    command = [sys.executable, "-m", "ecgutils", *command, "--help"]
    done = benchmark(subprocess.run, command, capture_output=True, text=True, check=True)
    assert "usage: ecgutils" in done.stdout
