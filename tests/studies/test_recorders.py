"""The same heart, recorded or stored otherwise: how changes are counted, and how many there are."""

import numpy as np
import pandas as pd
import pytest

from ecgutils.database.embedded import record_names
from ecgutils.paths import FIGURES_DIR
from ecgutils.scoring.ec57_tables import GROSS
from ecgutils.studies.recorders import VARIANTS, as_csv, as_edf, changed_beats
from ecgutils.unseen.other_recorders import without_annotations
from tests.helpers.classified_records import first_seconds


@pytest.fixture(scope="module")
def minute():
    return without_annotations(first_seconds("208", 60))


def beats(classes, times):
    return pd.DataFrame({"time_s": np.asarray(times, dtype=float), "class": list(classes)})


def test_the_same_beats_do_not_differ():
    some = beats("NVNS", [1, 2, 3, 4])
    assert changed_beats(some, some) == (0, 4)
    assert changed_beats(some, beats("NVNS", [1.03, 1.9, 3, 4.14])) == (0, 4)


def test_another_class_is_a_change():
    assert changed_beats(beats("NVN", [1, 2, 3]), beats("NSN", [1, 2, 3])) == (1, 3)


def test_a_beat_that_only_one_table_has_is_a_change():
    assert changed_beats(beats("NVN", [1, 2, 3]), beats("NN", [1, 3])) == (1, 3)
    assert changed_beats(beats("NN", [1, 3]), beats("NVN", [1, 2, 3])) == (1, 3)


def test_a_beat_somewhere_else_is_two():
    assert changed_beats(beats("NVN", [1, 2, 3]), beats("NVN", [1, 2.2, 3])) == (2, 4)


@pytest.mark.parametrize(("stored", "step"), [(as_csv, 1e-4), (as_edf, 2e-4)])
def test_a_stored_recording_comes_back(minute, stored, step):
    back = stored(minute)
    assert back.fs == minute.fs
    assert back.sig_name == minute.sig_name
    assert back.p_signal.shape == minute.p_signal.shape
    assert np.allclose(back.p_signal, minute.p_signal, atol=step)


def test_no_variant_changes_one_class_in_a_hundred():
    """Over all 48 records; `make model` writes the table."""
    table = pd.read_csv(FIGURES_DIR / "recorder_study.csv", index_col="record")
    assert table.index.tolist() == [*record_names(), GROSS]
    assert list(table) == ["beats", *VARIANTS]
    assert table.loc[GROSS, "beats"] == table.drop(GROSS)["beats"].sum()
    assert (table.loc[GROSS, list(VARIANTS)] <= 1).all()
