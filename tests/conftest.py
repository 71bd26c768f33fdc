"""What several test files need."""

import os
import warnings
from pathlib import Path

# Boosted trees on a few beats wait for their threads longer than they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from ecgutils import database as embedded
from ecgutils.beats.beats import Beats, join
from ecgutils.beats.t_to_t import cut_t_to_t
from ecgutils.database.embedded import record_names
from tests.helpers.short_records import write_short_record

with warnings.catch_warnings():
    # wfdb uses what pandas will drop one day, already while it is imported.
    warnings.simplefilter("ignore")
    import wfdb  # noqa: F401


@pytest.fixture(scope="session")
def database() -> Beats:
    """Return all beats of the database, cut from T peak to T peak, past any cache."""
    return join(cut_t_to_t(embedded.read(name)) for name in record_names())


@pytest.fixture
def short_record(tmp_path: Path) -> Path:
    """Return a folder with ten seconds of record 100 in FLAC."""
    return write_short_record(tmp_path / "short")
