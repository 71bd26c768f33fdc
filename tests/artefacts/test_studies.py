"""The committed studies: whole, plausible, and what the README shows."""

import json

import numpy as np
import pandas as pd
import pytest

from ecgutils.aami import CLASSES, PACED
from ecgutils.database.embedded import record_names
from ecgutils.learning.recipes import ABLATIONS, MODELS
from ecgutils.paths import FIGURES_DIR
from ecgutils.recordings import irregular
from ecgutils.scoring.ec57_tables import GROSS
from ecgutils.scoring.metrics import seed_intervals
from ecgutils.studies import (
    across_databases,
    detection,
    irregular_rhythm,
    known_patients,
    readme,
    unseen_tables,
)
from ecgutils.studies.recorders import VARIANTS
from ecgutils.studies.store import made_by_json, read_study
from ecgutils.studies.unseen_patients import PARTS
from ecgutils.unseen.choice_on_ds1 import CANDIDATES
from ecgutils.unseen.patient_leak import AT_RANDOM, BY_PATIENT, LEAK_MODELS, LEAK_PROTOCOLS

KNOWN_METRICS = ["accuracy", "macro_f1", "train_seconds"]
KNOWN_METRICS += [f"{measure}_{name}" for measure in ("acc", "se", "ppv", "f1") for name in CLASSES]


UNSEEN_METRICS = [f"{measure}_{name}" for measure in ("se", "ppv", "f1") for name in "NSVF"]


@pytest.fixture(scope="module")
def committed():
    return read_study("known")


@pytest.fixture(scope="module")
def ablations():
    return read_study("ablations")


@pytest.fixture(scope="module")
def unseen():
    return read_study("unseen")


@pytest.mark.parametrize(
    ("table", "models", "seeds"),
    [("committed", MODELS, known_patients.SEEDS), ("ablations", ABLATIONS, {})],
)
def test_committed_studies_have_their_columns_models_and_seeds(table, models, seeds, request):
    rows = request.getfixturevalue(table)
    assert list(rows.columns) == ["model", "seed", "metric", "value"]
    trained = rows.groupby("model")["seed"].nunique().to_dict()
    assert trained.keys() == models.keys()
    for model, count in trained.items():
        assert count >= max(3, len(seeds.get(model, ()))), model
    for which, figures in rows.groupby(["model", "seed"]):
        assert set(KNOWN_METRICS) <= set(figures["metric"]), which
        assert not figures["metric"].duplicated().any(), which


def test_our_method_has_five_seeds_or_more(committed):
    assert committed.loc[committed["model"] == "ours", "seed"].nunique() >= 5


def test_ablations_were_split_as_our_method_was(committed, ablations):
    ours = set(committed.loc[committed["model"] == "ours", "seed"])
    assert set(ablations["seed"]) <= ours


@pytest.mark.parametrize("table", ["committed", "ablations"])
def test_committed_figures_fit_each_other(table, request):
    rows = request.getfixturevalue(table)
    figures = rows.pivot_table(index=["model", "seed"], columns="metric", values="value")
    errors = sum(100 - figures[f"acc_{name}"] for name in CLASSES)
    np.testing.assert_allclose(figures["accuracy"], 100 - errors / 2, atol=0.002)
    mean_f1 = figures[[f"f1_{name}" for name in CLASSES]].mean(axis=1)
    np.testing.assert_allclose(figures["macro_f1"], mean_f1, atol=0.002)


def test_committed_curves_are_as_long_as_the_trainings(committed):
    curves = read_study("curves")
    epochs = curves.groupby(["model", "seed"])["epoch"].max()
    assert set(curves["model"]) == set(MODELS)
    for (model, seed), count in epochs.items():
        assert count == MODELS[model].schedule.epochs, (model, seed)
    seconds = committed[committed["metric"] == "train_seconds"]
    last = curves.set_index(["model", "seed", "epoch"])["seconds"]
    assert len(seconds) == len(epochs)
    for row in seconds.itertuples():
        ended = last[row.model, row.seed, MODELS[row.model].schedule.epochs]
        assert row.value == pytest.approx(ended, rel=1e-4)


@pytest.mark.parametrize("study", ["known", "unseen"])
def test_the_studies_say_what_made_them(study):
    made_by = json.loads(made_by_json(study, FIGURES_DIR).read_text())
    assert set(made_by) == {"command", "machine", "versions"}


def test_every_job_of_the_study_has_its_rows(unseen):
    assert set(unseen.loc[unseen["model"] == "ours", "seed"]) == {seed for _, seed in PARTS["test"]}
    choice = read_study("choice")
    jobs = {(name, seed) for _, name, seed in PARTS["choice"]}
    assert set(zip(choice["model"], choice["seed"], strict=True)) == jobs
    assert {name for name, _ in jobs} == CANDIDATES.keys()
    leak = read_study("leak")
    rows = set(zip(leak["model"], leak["protocol"], leak["seed"], strict=True))
    assert rows == {tuple(job[1:]) for job in PARTS["leak"]}
    for _, rows in unseen.groupby(["model", "seed"]):
        assert {"accuracy", "j_kappa", *UNSEEN_METRICS} <= set(rows["metric"])
        assert not rows.duplicated("metric").any()


@pytest.mark.parametrize(
    ("metric", "target"), [("accuracy", 97), ("f1_V", 95.5), ("f1_S", 78), ("j_kappa", 0.85)]
)
def test_our_method_reaches_its_targets_in_the_mean_of_five_seeds(unseen, metric, target):
    ours = seed_intervals(unseen).loc[("ours", metric)]
    assert ours["seeds"] >= 5
    assert ours["mean"] >= target


def test_no_model_does_better_on_patients_it_has_not_seen():
    table = unseen_tables.leak_table(unseen_tables.leak_intervals(read_study("leak")))
    assert len(table) == len(LEAK_MODELS) * len(LEAK_PROTOCOLS)
    for model in LEAK_MODELS:
        title = unseen_tables.UNSEEN_MODEL_TITLES[model]
        assert (table.loc[(title, BY_PATIENT)] < table.loc[(title, AT_RANDOM)]).all()


def test_every_patient_of_both_databases_is_tested_across_them():
    study = read_study("across")
    assert list(study) == ["direction", "record", "hours", *across_databases.COUNTS]
    for direction, (learnt, others) in across_databases.DIRECTIONS.items():
        tested = study[study["direction"] == direction]
        assert tuple(tested["record"]) == (others or learnt)
        assert tested["hours"].between(0.49, 0.51).all()
        # Beats of a class are as many, however they were classified.
        held_out = study[study["direction"] == "both, held out"].set_index("record")
        same = held_out.loc[tested["record"]]
        for name in "SV":
            columns = [f"{name} as {called}" for called in CLASSES]
            assert tested[columns].sum(axis=1).tolist() == same[columns].sum(axis=1).tolist()


def test_the_readme_shows_the_committed_studies(tmp_path):
    shown = readme.README.read_text(encoding="utf-8")
    copy = tmp_path / "README.md"
    # With a figure changed, so that what is written can be told from what was there.
    changed = shown.replace("| overall accuracy | 98.50", "| overall accuracy | 12.34")
    assert changed != shown
    copy.write_text(changed, encoding="utf-8")
    readme.write_tables(copy)
    assert copy.read_text(encoding="utf-8") == shown
    assert "de Chazal 2004" in shown


@pytest.fixture(scope="module")
def detected():
    return pd.read_csv(FIGURES_DIR / "detection_study.csv", index_col="positions")


def test_detected_positions_cost_little(detected):
    """A model trained on DS1 alone, tested on DS2 with and without annotated positions."""
    assert detected.index.tolist() == list(detection.POSITIONS)
    lost = detected.loc["annotated"] - detected.loc["detected"]
    assert lost["V F1"] <= 1
    assert lost["S F1"] <= 2


def test_the_committed_f1_follows_from_sensitivity_and_predictivity(detected):
    for label in "VS":
        se, ppv, f1 = (detected[f"{label} {what}"] for what in ("Se", "+P", "F1"))
        assert (2 * se * ppv / (se + ppv)).to_numpy() == pytest.approx(f1.to_numpy(), abs=0.002)


def test_no_variant_changes_one_class_in_a_hundred():
    """Over all 48 records; `ecgutils study recorders` writes the table."""
    table = pd.read_csv(FIGURES_DIR / "recorder_study.csv", index_col="record")
    assert table.index.tolist() == [*record_names(), GROSS]
    assert list(table) == ["beats", *VARIANTS]
    assert table.loc[GROSS, "beats"] == table.drop([GROSS, *PACED])["beats"].sum()
    assert (table.loc[GROSS, list(VARIANTS)] <= 1).all()


def test_irregular_rhythm_is_found_in_patients_held_out():
    """The targets; both figures count 48 records by time, with flutter as another rhythm."""
    table = pd.read_csv(FIGURES_DIR / "irregular_rhythm_choices.csv", index_col="choice")
    assert table.index.tolist() == list(irregular_rhythm.CHOICES)
    assert table.loc["entropy and P waves", "Se"] >= 95
    assert table.loc["entropy and P waves", "Sp"] >= 97
    # Another model finds other V, so that its limits may be the second next that were tried.
    in_force = table.loc["entropy and P waves", list(irregular_rhythm.LIMITS)].tolist()
    assert in_force[0] == pytest.approx(irregular.LEAST_ENTROPY, abs=0.101)
    assert in_force[1] == pytest.approx(irregular.MOST_COHERENCE, abs=0.021)


def test_the_table_of_irregular_rhythm_gives_its_figures():
    table = pd.read_csv(FIGURES_DIR / "irregular_rhythm.csv", index_col="record")
    assert table.index.tolist() == [*record_names(), GROSS]
    choices = pd.read_csv(FIGURES_DIR / "irregular_rhythm_choices.csv", index_col="choice")
    for name, figure in irregular_rhythm.figures(table.drop(GROSS)).items():
        assert figure == pytest.approx(choices.iloc[0][name], abs=0.011), name


def test_the_page_of_ec57_is_whole():
    study = read_study("ec57")
    assert study["database"].unique().tolist() == ["mitdb", "svdb"]
    rows = study.set_index(["database", "of", "statistic"])
    assert rows.index.is_unique
    percent = study[study["unit"] == "%"]
    assert percent[["gross", "average"]].stack().between(0, 100).all()
    # Beats and flutter of the 44 records without a pacemaker, after the first five minutes.
    assert rows.loc[("mitdb", "QRS", "Se"), "events"] == 83_978
    assert rows.loc[("mitdb", "VF, episodes", "Se"), "events"] == 1
    assert not study[study["database"] == "svdb"]["of"].str.contains("F,").any()
