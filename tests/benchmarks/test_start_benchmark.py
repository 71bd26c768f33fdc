"""How long the command line takes to say what it can do: at most half a second is asked for."""

import subprocess
import sys


def test_help(benchmark):
    command = [sys.executable, "-m", "ecgutils", "--help"]
    done = benchmark(subprocess.run, command, capture_output=True, text=True, check=True)
    assert "classify" in done.stdout
