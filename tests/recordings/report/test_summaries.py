"""The summary of each record of the database, against one made from its reference annotations."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgutils import database
from ecgutils.database.embedded import record_names
from ecgutils.recordings import classify
from ecgutils.recordings.report.findings import Findings, longest
from tests.helpers.classified_records import known_by_heart


def reference(record):
    """Findings in the annotations: beats Q are known to be beats, and flutter has none."""
    classified = known_by_heart(record)
    unknown = classified.beats["class"] == "Q"
    classified.beats.loc[unknown, ["p_N", "p_Q"]] = (0.6, 0.4)
    marks = record.annotations
    ends = marks.sample[np.isin(marks.symbol, ["[", "]"])] / record.fs
    rows = [(*pair, "VFL") for pair in ends.reshape(-1, 2)]
    rhythms = pd.DataFrame(rows, columns=["start_s", "stop_s", "rhythm"])
    return Findings.from_classified(replace(classified, rhythms=rhythms))


def figures(findings):
    """What a summary says in figures."""
    found = {"beats": len(findings.beats), "rate": findings.mean_rate}
    for name in ("V", "S"):
        runs = findings.runs(name)
        found[f"{name} %"] = findings.share_of(name)
        found[f"{name} couplets"] = len(findings.couplets(name))
        found[f"{name} runs"] = len(runs)
        found[f"{name} longest"] = longest(runs).beats if runs else 0
    return found | {"pauses": len(findings.pauses())}


@pytest.fixture(scope="module")
def both():
    """Figures of each record by the program and by its annotations, and where they differ."""
    rows = {}
    for name in record_names():
        record = database.read(name)
        ours = figures(Findings.from_classified(classify(record.without_annotations())))
        true = figures(reference(record))
        rows |= {(name, "found"): ours, (name, "true"): true}
    table = pd.DataFrame.from_dict(rows, orient="index")
    found, true = table.xs("found", level=1), table.xs("true", level=1)
    differ = (found - true).round(1).loc[:, lambda t: t.any()]
    differ = differ[differ.any(axis=1)]
    print("\nfound minus true, where they differ:")
    print(differ.replace(0, "").fillna("unknown").to_string())
    return found, true


PACED_OR_FAR_OFF = {
    # Paced beats are not known to the model.
    *("102", "104", "107", "217"),
    # Flutter, which the annotations call S or N as they have it.
    *("202", "222"),
}
"""Records of which the shares of V and S are not bounded."""


@pytest.mark.slow
def test_shares_of_ectopic_beats_are_those_of_the_annotations(both):
    found, true = (table.drop(PACED_OR_FAR_OFF) for table in both)
    assert (found["V %"] - true["V %"]).abs().max() <= 3
    assert (found["S %"] - true["S %"]).abs().max() <= 5
    assert (found["rate"] / true["rate"] - 1).abs().max() <= 0.03


@pytest.mark.slow
def test_groups_of_ectopic_beats_are_those_of_the_annotations(both):
    found, true = (table.drop(PACED_OR_FAR_OFF) for table in both)
    for name, most in (("V couplets", 65), ("V runs", 25), ("S couplets", 40), ("S runs", 15)):
        assert (found[name] - true[name]).abs().sum() <= most, name
    # Where there are many, few are missed, and few invented.
    assert found["V couplets"].sum() / true["V couplets"].sum() == pytest.approx(1, abs=0.15)


@pytest.mark.slow
def test_no_record_has_a_pause_that_is_none_and_few_are_overlooked(both):
    found, true = both
    off = found["pauses"] - true["pauses"]
    assert off.max() <= 2
    assert off.min() >= -3
    assert true["pauses"].sum() > 120
