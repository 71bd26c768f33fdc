"""How long the command line takes to say what it can do: half a second or less."""

import subprocess
import sys


def test_help(benchmark):
    command = [sys.executable, "-m", "ecgutils", "--help"]
    done = benchmark(subprocess.run, command, capture_output=True, text=True, check=True)
    assert "classify" in done.stdout
