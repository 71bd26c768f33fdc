"""How long it takes to score all records beat by beat, from the files to the table.

``python -m pytest --benchmark-enable tests/benchmarks`` prints it. It should take at most 3 s.
"""

from pathlib import Path

import pytest

from ecgutils.database.embedded import record_names
from ecgutils.scoring.ec57 import score_record
from ecgutils.scoring.ec57_tables import as_text, score_table

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden" / "bxb"


def scored():
    return as_text(score_table([score_record(n, "tst", test_dir=GOLDEN) for n in record_names()]))


def test_scoring_of_all_records(benchmark):
    text = benchmark.pedantic(scored, rounds=3)
    assert "Summary of results from 48 records" in text
