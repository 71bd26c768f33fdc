"""The committed figures: each with its numbers, and the numbers are the database's."""

import re

import numpy as np
import pandas as pd
import pytest

from ecgutils.aami import CLASSES, class_counts
from ecgutils.paths import FIGURES_DIR, NOTEBOOK_NAMES, NOTEBOOKS_DIR, PROJECT_ROOT
from ecgutils.scoring.metrics import one_vs_rest, overall
from ecgutils.studies.store import read_study

PICTURES = sorted([*FIGURES_DIR.glob("*.png"), *FIGURES_DIR.glob("*.svg")])
NOTEBOOKS = sorted(NOTEBOOKS_DIR.glob(NOTEBOOK_NAMES))


def numbers(name):
    return pd.read_csv(FIGURES_DIR / f"{name}.csv", index_col=0)


def test_each_picture_has_its_numbers_and_a_notebook_that_draws_it():
    drawn = set()
    for notebook in NOTEBOOKS:
        text = notebook.read_text(encoding="utf-8")
        drawn |= set(re.findall(r"save_figure\([^\"]*\\\"(\w+)\\\"", text))
    assert {picture.stem for picture in PICTURES} == drawn
    for picture in PICTURES:
        assert len(numbers(picture.stem)) > 0


def test_pictures_of_the_readme_are_there():
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (PROJECT_ROOT / "README.md").read_text("utf-8"))
    pictures = [picture for picture in pictures if "://" not in picture]
    assert pictures
    assert all((PROJECT_ROOT / picture).is_file() for picture in pictures)


@pytest.mark.slow
def test_class_counts_are_the_databases(database):
    shown = numbers("class_counts")["beats"].to_dict()
    assert shown == class_counts(database.aami_class)


def test_drawn_network_is_the_papers():
    assert numbers("network_layers")["positions"].tolist() == [141, 69, 23, 10, 3, 270, 30, 5]


def test_a_made_beat_lies_on_the_line_between_two_real_ones():
    rows = numbers("smote_line")
    np.testing.assert_allclose(
        rows["made"], 0.6 * rows["beat"] + 0.4 * rows["neighbour"], atol=1e-5
    )


def test_each_way_to_split_is_drawn_as_it_is_called():
    tested = pd.read_csv(FIGURES_DIR / "two_splits.csv", index_col=[0, 1]).groupby("split")
    sides = {way: {tuple(set(row)) for row in part.to_numpy()} for way, part in tested}
    assert sides == {"split by beat": {(0, 1)}, "split by patient": {(0,), (1,)}}


def test_tested_beats_of_the_confusion_matrix_give_the_figures_beside_the_claim():
    counts = numbers("confusion_matrix").loc[list(CLASSES), list(CLASSES)].to_numpy()
    assert counts.sum() == 10_949
    shown = numbers("accuracy_against_paper")
    expected = [*one_vs_rest(counts)["acc"], overall(counts)["accuracy"]]
    np.testing.assert_allclose(shown["acc"], expected, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "floor"),
    [("N", 98.65), ("S", 99.35), ("V", 99.30), ("F", 99.70), ("Q", 99.80), ("all", 98.5)],
)
def test_committed_run_reaches_its_floor(name, floor):
    assert numbers("accuracy_against_paper").loc[name, "acc"] >= floor


def test_the_default_run_and_the_study_agree_on_the_same_seed():
    figures = read_study("known")
    same = figures.query("model == 'paper_fast' and seed == 1").set_index("metric")["value"]
    shown = numbers("accuracy_against_paper")["acc"]
    assert shown["all"] == pytest.approx(same["accuracy"], abs=1e-3)
    assert shown["S"] == pytest.approx(same["acc_S"], abs=1e-3)
