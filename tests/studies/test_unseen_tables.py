"""The committed study of unseen patients: whole, and what the README shows."""

import pytest

from ecgutils.scoring.metrics import seed_intervals
from ecgutils.studies import known_tables, unseen_tables
from ecgutils.studies.known_patients import read_study
from ecgutils.studies.unseen_patients import CHOICE_CSV, INTER_PATIENT_CSV, LEAK_CSV, PARTS
from ecgutils.unseen.choice_on_ds1 import CANDIDATES
from ecgutils.unseen.patient_leak import AT_RANDOM, BY_PATIENT, LEAK_MODELS, LEAK_PROTOCOLS

FIGURES = [f"{measure}_{name}" for measure in ("se", "ppv", "f1") for name in "NSVF"]


@pytest.fixture(scope="module")
def study():
    return read_study(INTER_PATIENT_CSV)


def test_every_job_of_the_study_has_its_rows(study):
    assert set(study.loc[study["model"] == "ours", "seed"]) == {seed for _, seed in PARTS["test"]}
    choice = read_study(CHOICE_CSV)
    jobs = {(name, seed) for _, name, seed in PARTS["choice"]}
    assert set(zip(choice["model"], choice["seed"], strict=True)) == jobs
    assert {name for name, _ in jobs} == CANDIDATES.keys()
    leak = read_study(LEAK_CSV)
    rows = set(zip(leak["model"], leak["protocol"], leak["seed"], strict=True))
    assert rows == {tuple(job[1:]) for job in PARTS["leak"]}
    for _, rows in study.groupby(["model", "seed"]):
        assert {"accuracy", "j_kappa", *FIGURES} <= set(rows["metric"])
        assert not rows.duplicated("metric").any()


@pytest.mark.parametrize(
    ("metric", "target"), [("accuracy", 97), ("f1_V", 95.5), ("f1_S", 78), ("j_kappa", 0.85)]
)
def test_our_method_reaches_its_targets_in_the_mean_of_five_seeds(study, metric, target):
    ours = seed_intervals(study).loc[("ours", metric)]
    assert ours["seeds"] >= 5
    assert ours["mean"] >= target


def test_no_model_does_better_on_strangers_than_on_patients_it_knows():
    table = unseen_tables.leak_table(unseen_tables.leak_intervals(read_study(LEAK_CSV)))
    assert len(table) == len(LEAK_MODELS) * len(LEAK_PROTOCOLS)
    for model in LEAK_MODELS:
        title = unseen_tables.MODEL_TITLES[model]
        assert (table.loc[(title, BY_PATIENT)] < table.loc[(title, AT_RANDOM)]).all()


def test_the_readme_shows_the_committed_study(study):
    readme = known_tables.README.read_text(encoding="utf-8")
    shown = readme.partition(unseen_tables.TABLE_START)[2]
    shown = shown.partition(unseen_tables.TABLE_END)[0]
    assert shown.strip() == known_tables.markdown(unseen_tables.inter_patient_table(study)).strip()
    assert "de Chazal 2004" in shown


def test_figures_of_one_seed_have_no_interval(study):
    one = study[(study["model"] == "ours") & (study["seed"] == 1)]
    table = unseen_tables.inter_patient_table(one)
    first = table.iloc[0]
    assert table.index[0].endswith(", 1 seed")
    assert not any("±" in cell for cell in first)
