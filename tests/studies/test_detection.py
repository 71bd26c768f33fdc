"""How well beats are found, and what that costs: the tables of both."""

from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecgutils import aami
from ecgutils.studies import detection
from ecgutils.studies.detection import detection_table
from tests.helpers.classified_records import first_seconds, known_by_heart

SECONDS = 300


@pytest.fixture
def five_minutes(monkeypatch):
    """Let every record be five minutes long."""
    shortened = partial(first_seconds, seconds=SECONDS)
    monkeypatch.setattr(detection, "database", SimpleNamespace(read=shortened))


@pytest.mark.usefixtures("five_minutes")
def test_the_table_has_one_row_per_record_and_one_of_all():
    table = detection_table(["100", "208"])
    assert table.index.tolist() == ["100", "208", "Gross"]
    assert list(table) == ["beats", "missed", "false", "Se", "+P"]
    counts = ["beats", "missed", "false"]
    assert (table.loc[["100", "208"], counts].sum() == table.loc["Gross", counts]).all()
    for name in ("100", "208"):
        beats = len(first_seconds(name, SECONDS).annotations.beats)
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


@pytest.mark.usefixtures("five_minutes")
def test_the_loss_is_what_detected_positions_miss(monkeypatch):
    """Where nobody says where beats are, every other V is missed; all else is right."""

    def train(names):
        assert names == aami.DS1
        return "model", "beats held out"

    def classify(record, model):
        assert model == "model"
        whole = first_seconds(record.name, SECONDS)
        classified = known_by_heart(whole)
        if len(record.annotations) == 0:
            is_v = classified.beats["class"] == "V"
            missed = is_v & (is_v.cumsum() % 2 == 0)
            classified = SimpleNamespace(beats=classified.beats[~missed])
        return classified

    monkeypatch.setattr(detection, "train", train)
    monkeypatch.setattr(detection, "classify", classify)
    table = detection.loss_by_detection(test_on=["200", "208"])
    assert table.index.tolist() == list(detection.POSITIONS)
    assert (table.loc["annotated"] == 100).all()
    assert table.loc["detected", "V Se"] == pytest.approx(50, abs=3)
    assert table.loc["detected", "V +P"] == table.loc["detected", "S F1"] == 100
    assert table.loc["detected", "V F1"] == pytest.approx(2 / 3 * 100, abs=3)


def test_the_study_stores_its_tables(monkeypatch, tmp_path):
    table = pd.DataFrame(
        {"V F1": [99.12345, 98.0]}, pd.Index(detection.POSITIONS, name="positions")
    )
    asked = []
    monkeypatch.setattr(detection, "loss_by_detection", lambda: table)
    monkeypatch.setattr(detection, "detection_table", lambda _: table)
    monkeypatch.setattr(detection, "excursion_table", lambda: "trials")
    monkeypatch.setattr(detection, "summary", lambda _: table)
    monkeypatch.setattr(detection, "bad_lead_table", lambda: table)
    irregular = tmp_path / "irregular_rhythm.csv"
    monkeypatch.setattr(detection.irregular_rhythm, "run_study", lambda _: irregular.touch())
    monkeypatch.setattr(detection, "beats_found", asked.append)
    monkeypatch.setattr(detection, "totals", lambda _: table)
    detection.run_study(None, tmp_path)
    stored = (tmp_path / "detection_study.csv").read_text()
    assert stored == "positions,V F1\nannotated,99.123\ndetected,98.000\n"
    assert not asked
    names = {"detection_study.csv", "detection_by_record_study.csv", "excursion_study.csv"}
    names |= {"bad_leads_study.csv", "irregular_rhythm.csv"}
    assert {path.name for path in tmp_path.iterdir()} == names
    detection.run_study(tmp_path / "own", tmp_path)
    assert asked == [tmp_path / "own"]
    assert {path.name for path in tmp_path.iterdir()} == names | {"other_databases_study.csv"}
