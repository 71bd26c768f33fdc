"""How well beats are found, and what that costs: the tables of both."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from ecgutils import aami
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import FIGURES_DIR, MITDB_DIR
from ecgutils.studies import detection
from ecgutils.studies.detection import POSITIONS, detection_table
from tests.helpers.classified_records import first_seconds

SECONDS = 300


def first_annotations(name, *_):
    whole = read_annotations(name, MITDB_DIR)
    kept = whole.sample < SECONDS * whole.fs
    return replace(
        whole,
        sig_len=round(SECONDS * whole.fs),
        sample=whole.sample[kept],
        symbol=whole.symbol[kept],
        subtype=whole.subtype[kept],
        aux=whole.aux[kept],
    )


@pytest.fixture
def five_minutes(monkeypatch):
    """Let every record be five minutes long."""
    monkeypatch.setattr(detection, "read_annotations", first_annotations)
    shortened = partial(first_seconds, seconds=SECONDS)
    monkeypatch.setattr(detection, "read_record", lambda name, *_: shortened(name))


@pytest.mark.usefixtures("five_minutes")
def test_the_table_has_a_row_a_record_and_one_of_all():
    table = detection_table(["100", "208"])
    assert table.index.tolist() == ["100", "208", "Gross"]
    assert list(table) == ["beats", "missed", "false", "Se", "+P"]
    counts = ["beats", "missed", "false"]
    assert (table.loc[["100", "208"], counts].sum() == table.loc["Gross", counts]).all()
    for name in ("100", "208"):
        beats = aami.is_beat(first_annotations(name).symbol).sum()
        assert table.loc[name, "beats"] == beats


@pytest.mark.usefixtures("five_minutes")
def test_sensitivity_and_predictivity_follow_from_the_counts(monkeypatch):
    """Every other beat is missed, and as many again are found where none are."""

    def poor(record):
        beats = record.annotations.sample[aami.is_beat(record.annotations.symbol)]
        return sorted([*beats[::2].tolist(), *(beats[1:-2:2] + 75).tolist()])

    monkeypatch.setattr(detection, "detect_r_peaks", lambda r: np.array(poor(r)))
    row = detection_table(["100"]).loc["100"]
    assert row["Se"] == pytest.approx(50, abs=0.5)
    assert row["+P"] == pytest.approx(50, abs=0.5)
    assert row["Se"] == 100 * (row["beats"] - row["missed"]) / row["beats"]


@pytest.mark.usefixtures("five_minutes")
def test_flutter_is_not_scored():
    """Record 207 begins with beats and has flutter after 53 s, where no beats are annotated."""
    table = detection_table(["207"])
    assert table.loc["207", "+P"] > 98


@pytest.fixture(scope="module")
def stored():
    return pd.read_csv(FIGURES_DIR / "detection_study.csv", index_col="positions")


def test_detected_positions_cost_little(stored):
    """A model trained on DS1 alone, tested on DS2 with and without annotated positions."""
    assert stored.index.tolist() == list(POSITIONS)
    lost = stored.loc["annotated"] - stored.loc["detected"]
    assert lost["V F1"] <= 1
    assert lost["S F1"] <= 2


def test_the_stored_f1_follows_from_sensitivity_and_predictivity(stored):
    for label in "VS":
        se, ppv, f1 = (stored[f"{label} {what}"] for what in ("Se", "+P", "F1"))
        assert (2 * se * ppv / (se + ppv)).to_numpy() == pytest.approx(f1.to_numpy(), abs=0.002)
