"""Figures of the database show its counts."""

import pandas as pd
import pytest
from matplotlib.colors import same_color

from ecgutils.plots import database as draw
from ecgutils.plots.style import CLASS_COLOURS


def test_patients_without_an_age_are_left_out():
    patients = pd.DataFrame({"age": [32, 34, None, 89], "sex": ["F", "M", "M", "F"]})
    axes = draw.patient_ages(patients)
    assert sum(bar.get_height() for bars in axes.containers for bar in bars) == 3
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("age (years)", "patients")


def test_bars_of_rhythms_are_labelled_with_minutes_and_records():
    rhythms = pd.DataFrame(
        {"rhythm": ["(N", "(VFL"], "minutes": [1250.4, 2.44], "records": [40, 1]}
    )
    axes = draw.rhythm_bars(rhythms)
    assert [text.get_text() for text in axes.texts] == [
        "1,250 min, 40 records",
        "2.4 min, 1 record",
    ]
    assert [bar.get_width() for bar in axes.patches] == [1250.4, 2.44]
    assert axes.get_xscale() == "linear"


def test_bars_of_classes_are_labelled_with_their_share():
    axes = draw.class_bars(pd.Series({"N": 9900, "F": 100}))
    assert [text.get_text() for text in axes.texts] == ["9,900 (99.0 %)", "100 (1.0 %)"]
    for bar, name in zip(axes.patches, "NF", strict=True):
        assert same_color(bar.get_facecolor(), CLASS_COLOURS[name])


def test_the_record_with_most_beats_of_a_class_comes_first():
    counts = pd.DataFrame({"S": [1, 0, 3], "F": [0, 50, 1]}, index=["100", "101", "102"])
    (axes,) = draw.classes_by_record(counts, ["S", "F"]).axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == pytest.approx([75, 25, 100 * 50 / 51, 100 / 51])
    # A record with less than 4 % of a class is not named.
    assert [name for text in axes.texts if (name := text.get_text())] == ["102", "100", "101"]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["S (2 records)", "F (2 records)"]
