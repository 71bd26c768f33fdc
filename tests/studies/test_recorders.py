"""The same heart, recorded or stored otherwise: how changes are counted, and how many there are."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecgutils.errors import EcgError
from ecgutils.studies import recorders
from ecgutils.studies.recorders import VARIANTS, as_csv, as_edf, changed_beats
from tests.helpers.classified_records import first_seconds


@pytest.fixture(scope="module")
def minute():
    return first_seconds("208", 60).without_annotations()


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


def test_the_table_counts_what_each_variant_changes(monkeypatch, tmp_path):
    """Stands for a classifier that calls all beats of a signal turned over V."""

    def classify(record):
        upright = record.p_signal[:, 0].max() > -record.p_signal[:, 0].min()
        classes = "NNNN" if upright else "VVVV"
        return SimpleNamespace(beats=beats(classes, [1, 2, 3, 4]))

    monkeypatch.setattr(recorders, "classify", classify)
    monkeypatch.setattr(recorders, "in_parallel", lambda f, jobs: [f(*job) for job in jobs])
    read = SimpleNamespace(read=lambda name: first_seconds(name, 10))
    monkeypatch.setattr(recorders, "database", read)
    recorders.run_study(["103", "100"], tmp_path)
    table = pd.read_csv(tmp_path / "recorder_study.csv", index_col="record")
    assert table.index.tolist() == ["100", "103", "Gross"]
    assert list(table) == ["beats", *VARIANTS]
    assert table["beats"].tolist() == [4, 4, 8]
    assert (table["turned over"] == 100).all()
    assert (table.drop(columns=["beats", "turned over", "1.5 mV higher"]) == 0).all(axis=None)


def test_unknown_record_is_named(tmp_path):
    with pytest.raises(EcgError, match=r"^unknown record '99'; the records are 100, 101, "):
        recorders.run_study(["100", "99"], tmp_path)
