"""The tables of unseen patients: which figure stands where."""

import numpy as np
import pytest

from ecgutils.studies import unseen_tables
from ecgutils.studies.store import read_study
from ecgutils.unseen.patient_leak import BY_PATIENT, LEAK_MODELS, LEAK_PROTOCOLS


@pytest.fixture(scope="module")
def study():
    return read_study("unseen")


def test_figures_of_one_seed_have_no_interval(study):
    one = study[(study["model"] == "ours") & (study["seed"] == 1)]
    table = unseen_tables.inter_patient_table(one)
    first = table.iloc[0]
    assert table.index[0].endswith(", 1 seed")
    assert not any("±" in cell for cell in first)


def test_our_rows_are_means_of_seeds_and_published_ones_follow(study):
    table = unseen_tables.inter_patient_table(study)
    (ours,) = table.index[table.index.str.startswith("our method")]
    value = study[(study["model"] == "ours") & (study["metric"] == "f1_S")]["value"]
    assert table.loc[ours, "F1 S"].startswith(f"{value.mean():.1f} ± ")
    published = list(unseen_tables.PUBLISHED.index)
    assert list(table.index[-len(published) :]) == published


def test_the_leak_has_a_row_per_model_and_protocol():
    study = read_study("leak")
    intervals = unseen_tables.leak_intervals(study)
    table = unseen_tables.leak_table(intervals)
    assert len(table) == len(LEAK_MODELS) * len(LEAK_PROTOCOLS)
    chosen = study[(study["model"] == "paper_fast") & (study["protocol"] == BY_PATIENT)]
    mean = chosen[chosen["metric"] == "f1_V"]["value"].mean()
    title = unseen_tables.UNSEEN_MODEL_TITLES["paper_fast"]
    assert table.loc[(title, BY_PATIENT), "F1 V"] == np.round(mean, 1)


def test_the_choice_has_a_row_per_candidate():
    table = unseen_tables.choice_table(read_study("choice"))
    assert list(table.index) == [
        f"{title}, 1 seed" for title in unseen_tables.CANDIDATE_TITLES.values()
    ]
    assert "F1 S, many synthetic S" in table.columns
