"""Databases of one's own are counted beat by beat, and a refusal is no way out."""

import numpy as np
import pandas as pd
import pytest

from ecgutils.errors import EcgError
from ecgutils.studies import other_databases
from ecgutils.studies.other_databases import beats_found, totals
from tests.helpers.classified_records import known_by_heart
from tests.helpers.excerpts import write_annotations, write_excerpt

pytestmark = pytest.mark.slow


def one_after_another(function, jobs):
    return (function(*job) for job in jobs)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(other_databases, "in_parallel", one_after_another)
    write_excerpt(tmp_path / "svdb", "100", "100", seconds=30)
    return tmp_path


def test_beats_of_a_database_are_found(folder):
    (row,) = beats_found(folder).to_dict("records")
    assert row == {
        **{"database": "svdb", "record": "100", "beats": 37},
        **{"missed": 0, "extra": 0, "extra_v": 0, "refused": 0},
    }


def test_missed_and_extra_beats_are_counted_but_not_in_fibrillation(folder, monkeypatch):
    """Of beats a second apart one is missed; of two others, one lies in fibrillation."""
    beats = 360 * np.arange(1, 20)
    sample = np.sort(np.append(beats, [3700, 5000]))
    symbol = np.where(sample == 3700, "[", np.where(sample == 5000, "]", "N"))
    write_annotations(folder / "svdb" / "100", sample, symbol.tolist())

    def classified(record):
        found = np.sort(np.append(beats[1:], [4150, 8000]))
        return known_by_heart(record.with_beats(found, np.where(found == 8000, "V", "N")))

    monkeypatch.setattr(other_databases, "classify", classified)
    (row,) = beats_found(folder).to_dict("records")
    assert (row["beats"], row["missed"]) == (16, 1)
    assert (row["extra"], row["extra_v"]) == (1, 1)


def test_all_beats_of_a_recording_that_is_refused_are_missed(folder, monkeypatch):
    def refuse(_):
        raise EcgError("no heartbeats found")

    monkeypatch.setattr(other_databases, "classify", refuse)
    (row,) = beats_found(folder).to_dict("records")
    assert (row["beats"], row["missed"], row["refused"]) == (37, 37, 1)


def test_a_folder_without_databases_is_refused(tmp_path):
    with pytest.raises(EcgError, match=r"holds none of the folders svdb, cudb, clips$"):
        beats_found(tmp_path)


def test_the_totals_pool_the_recordings_of_a_database():
    columns = ["database", "record", *other_databases.COUNTS]
    rows = [
        ("svdb", "1", 90, 0, 0, 0, 0),
        ("svdb", "2", 10, 5, 5, 1, 1),
        ("cudb", "1", 4, 0, 0, 0, 0),
    ]
    table = totals(pd.DataFrame(rows, columns=columns))
    assert table.loc["svdb", ["recordings", "beats", "missed", "extra_v"]].tolist() == [
        2,
        100,
        5,
        1,
    ]
    assert table.loc["svdb", ["Se", "+P"]].tolist() == [95, 95]
    assert table.loc["cudb", ["Se", "+P"]].tolist() == [100, 100]
