"""How long it takes to score: all records from the command line, and a week of beats.

``python -m pytest --benchmark-enable tests/benchmarks`` prints it. A start of Python with numpy
stands beside it, and 48 runs of `bxb` with `sumstats` where they are installed. Beyond the start,
all records should take at most 0.4 s, four times as long as `bxb`; a week of beats less than 1 s.
"""

import shutil
import subprocess
import sys
from time import perf_counter

import numpy as np
import pytest

from ecgutils.database.embedded import record_names
from ecgutils.paths import MITDB_DIR
from ecgutils.scoring.ec57 import score_record
from tests.helpers.bxb import GOLDEN

pytestmark = pytest.mark.slow

WEEK = 755_000
SCORE = [sys.executable, "-m", "ecgutils", "score", str(GOLDEN), "--test", "tst"]


def run(*command, **options):
    """Run a command to its end; return what it printed."""
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


def start():
    run(sys.executable, "-c", "import ecgutils.cli, numpy")


def compiled(folder):
    """Score all records as `bxb` does: a run for each, and a summary."""
    for name in record_names():
        run("bxb", "-r", name, "-a", "atr", "tst", "-L", "lines", "shutdowns", cwd=folder)
    run("sumstats", "lines", cwd=folder)


def seconds(function, *arguments):
    begun = perf_counter()
    function(*arguments)
    return perf_counter() - begun


def test_scoring_of_all_records(benchmark, capsys, tmp_path):
    text = benchmark.pedantic(run, SCORE, rounds=5)
    assert text == (GOLDEN / "sd_default.sum.txt").read_text()
    if not benchmark.enabled:
        return
    scored, started = benchmark.stats.stats.min, min(seconds(start) for _ in range(5))
    line = f"\nscoring {scored:.2f} s, of which a bare start {started:.2f} s"
    if shutil.which("bxb") and shutil.which("sumstats"):
        for path in (*MITDB_DIR.glob("*.[ah]*"), *GOLDEN.glob("*.tst")):
            shutil.copy(path, tmp_path)
        other = seconds(compiled, tmp_path)
        line += f"; bxb {other:.2f} s: {(scored - started) / other:.1f} times without the start"
    with capsys.disabled():
        print(line)


@pytest.fixture
def week(tmp_path):
    """A folder with a week of beats, and a test that moves and misses some."""
    rng = np.random.default_rng(0)
    sample = np.cumsum(rng.integers(180, 400, WEEK))
    code = rng.choice([1, 1, 1, 1, 5, 8], WEEK)
    kept = rng.random(WEEK) > 0.003
    moved = sample + rng.integers(-20, 20, WEEK)
    (tmp_path / "week.hea").write_text(f"week 1 360 {sample[-1] + 100}\n")
    for suffix, at, codes in (("atr", sample, code), ("tst", moved[kept], code[kept])):
        words = np.append(np.diff(at, prepend=0) | codes << 10, 0)
        (tmp_path / f"week.{suffix}").write_bytes(words.astype("<u2").tobytes())
    return tmp_path, int(kept.sum())


def test_scoring_of_a_week_of_beats(benchmark, week):
    folder, kept = week
    folders = {"reference_dir": folder, "test_dir": folder, "start": 0}
    score = benchmark.pedantic(score_record, ("week", "tst"), folders, rounds=3)
    assert (np.trace(score.counts), score.counts.sum()) == (kept, WEEK)
