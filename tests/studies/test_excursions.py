"""An excursion is put where it is said, and what it costs is counted."""

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.studies import excursions
from ecgutils.studies.excursions import excursion_table, summary, with_excursion


@pytest.mark.parametrize(
    ("kind", "levels"),
    [("rail", (5.0, 5.0, 0.0)), ("step", (5.0, 5.0, 5.0)), ("discharge", (5.0, 3.03, 0.0))],
)
def test_each_kind_of_excursion_has_its_shape(kind, levels):
    record = database.read("100").between(0, 20).only([0])
    own = 0 if kind == "rail" else record.lead(0)
    changed = with_excursion(record, kind, 5.0, time_s=10.0).lead(0)
    for sample, level in zip((3600, 3636, 7199), levels, strict=True):
        before = own if np.isscalar(own) else own[sample]
        expected = level + before if level else record.lead(0)[sample]
        assert changed[sample] == pytest.approx(expected, abs=0.01)
    assert np.array_equal(changed[:3600], record.lead(0)[:3600])


@pytest.mark.slow
def test_no_excursion_costs_more_than_three_beats():
    """One lead of a regular record, and one of wide beats that come in runs."""
    trials = excursion_table(["100", "119"])
    assert len(trials) == 16
    assert set(trials["height_mv"]) == set(excursions.HEIGHTS_MV)
    assert trials["lost"].max() <= excursions.MOST_LOST
    assert (trials["extra"] <= excursions.MOST_LOST).all()


def test_the_summary_counts_the_trials_that_cost_too_much():
    columns = ["record", "height_mv", "lost", "extra"]
    trials = pd.DataFrame([("a", 1.0, 0, 2), ("b", 1.0, 4, 0), ("a", 5.0, 3, 1)], columns=columns)
    table = summary(trials)
    assert table["trials"].tolist() == [2, 1]
    assert table["too_many"].tolist() == [1, 0]
    assert table["most_lost"].tolist() == [4, 3]
    assert table["most_extra"].tolist() == [2, 1]
