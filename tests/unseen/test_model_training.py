"""Making the model: calibration with known outputs, rows of a patient, a tiny training."""

import numpy as np
import pandas as pd
import pytest

from ecgutils import aami, database
from ecgutils.aami import LEARNT_CLASSES
from ecgutils.beats.description import MODEL_FEATURES
from ecgutils.paths import FIGURES_DIR
from ecgutils.unseen import model_training
from ecgutils.unseen.classifier import MOST_BEATS, MOST_MADE, TrainingRows, UnseenMethod
from ecgutils.unseen.model_training import (
    MITDB_RECORDS,
    SVDB_RECORDS,
    best_calibration,
    by_database,
    folds_of_both,
    held_out_beats,
    patient_rows,
    reliability,
    reliability_by_database,
    scores,
    train,
)
from ecgutils.unseen.trained_model import OUTPUTS, calibrated, open_session


def table(probabilities, true, record="100"):
    """Beats held out; `true` as letters, Q for what is no beat."""
    probabilities = pd.DataFrame(probabilities, columns=list(OUTPUTS), dtype=float)
    probabilities.insert(0, "class", [aami.CLASSES.index(name) for name in true])
    probabilities.insert(0, "hours", 0.5)
    probabilities.insert(0, "record", record)
    return probabilities


def honest(beats=20_000, seed=0):
    """Beats whose probabilities come true."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet([0.6, 0.4, 0.5, 0.3, 0.2], beats)
    true = (random.random((beats, 1)) > probabilities.cumsum(axis=1)).sum(axis=1).clip(max=4)
    return probabilities, np.take(aami.CLASSES, true)


NO_BIAS = (0.0,) * len(OUTPUTS)


# Calibration -------------------------------------------------------------------------------------


def test_probabilities_that_come_true_are_left_alone():
    temperature, bias = best_calibration(table(*honest()))
    assert temperature == pytest.approx(1, abs=0.05)
    assert bias == pytest.approx(NO_BIAS, abs=0.08)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_what_is_too_sure_or_not_sure_enough_is_put_right(factor):
    probabilities, true = honest()
    spoilt = calibrated(probabilities, factor, NO_BIAS)
    assert best_calibration(table(spoilt, true))[0] == pytest.approx(1 / factor, rel=0.05)


@pytest.mark.slow
def test_a_class_that_is_called_too_often_is_put_right():
    probabilities, true = honest()
    spoilt = calibrated(probabilities, 1.0, (0.0, 1.0, 0.0, -0.5, 0.0))
    temperature, bias = best_calibration(table(spoilt, true))
    assert temperature == pytest.approx(1, abs=0.05)
    assert bias == pytest.approx((0, -1, 0, 0.5, 0), abs=0.1)


# Reliability -------------------------------------------------------------------------------------


def test_reliability_counts_every_beat_once_a_class_before_and_after():
    probabilities, true = honest(3000)
    found = reliability(table(probabilities, true), 2.0, NO_BIAS)
    assert (found.groupby(["calibrated", "class"])["beats"].sum() == 3000).all()
    highest = found.groupby("calibrated")["probability"].max()
    assert highest[True] < highest[False]


def test_the_stored_probabilities_come_true_for_patients_held_out():
    """Of the bins with many beats, none is far from the diagonal once calibrated."""
    stored = pd.read_csv(FIGURES_DIR / "reliability_study.csv")
    assert set(stored["class"]) == set(LEARNT_CLASSES)
    assert set(stored["database"]) == {"both", "mitdb", "svdb"}
    apart = stored.assign(apart=(stored["probability"] - stored["true"]).abs())
    error = {
        after: np.average(rows["apart"], weights=rows["beats"])
        for after, rows in apart.groupby("calibrated")
    }
    assert error[True] < error[False]
    assert error[True] < 0.01


# Scores ------------------------------------------------------------------------------------------


def test_scores_are_those_of_the_class_that_is_called():
    probabilities = [[0.9, 0.1, 0, 0, 0]] * 6 + [[0.2, 0, 0.8, 0, 0]] * 4
    found = scores(table(probabilities, "NNNNNV" + "VVVN"), 1.0, NO_BIAS)
    assert found["accuracy"] == 80
    assert found["se_V"] == 75
    assert found["ppv_V"] == 75
    assert found["f1_N"] == pytest.approx(100 * 10 / 12, abs=1e-3)


def test_false_alarms_are_counted_by_the_hour():
    """F that is called V is none; half an hour each."""
    probabilities = [[0.1, 0.9, 0, 0, 0]] * 3 + [[0.1, 0, 0.9, 0, 0]] * 4
    beats = [table(probabilities, "SNN" + "VFNQ", name) for name in ("100", "801")]
    found = scores(pd.concat(beats), 1.0, NO_BIAS)
    assert (found["false_S_per_hour"], found["false_V_per_hour"]) == (4, 4)


def test_each_database_is_told_apart():
    beats = pd.concat([table(*honest(60, 1), name) for name in ("100", "801", "803")])
    parts = by_database(beats)
    assert {name: len(part) for name, part in parts.items()} == {
        **{"both": 180, "mitdb": 60, "svdb": 120}
    }
    found = reliability_by_database(beats, 1.0, NO_BIAS)
    assert set(found["database"]) == set(parts)


def test_what_is_no_beat_should_be_q_and_counts_against_the_class_that_it_is_given():
    probabilities = [[0, 0, 0.9, 0, 0.1]] * 5 + [[0.1, 0, 0, 0, 0.9]] * 5
    found = scores(table(probabilities, "VVVVQ" + "QQQQN"), 1.0, NO_BIAS)
    assert found["ppv_V"] == 80
    assert found["se_N"] == 0
    assert found["accuracy"] == 80


def test_the_calibration_error_is_the_mean_distance_from_what_came_true():
    """0.9 was right in 5 of 6, 0.8 in 3 of 4."""
    probabilities = [[0.9, 0.1, 0, 0, 0]] * 6 + [[0.2, 0, 0.8, 0, 0]] * 4
    found = scores(table(probabilities, "NNNNNV" + "VVVN"), 1.0, NO_BIAS)
    expected = 0.6 * (90 - 100 * 5 / 6) + 0.4 * (80 - 75)
    assert found["calibration_error"] == pytest.approx(expected, abs=1e-3)


# Rows of a patient -------------------------------------------------------------------------------


def test_paced_patients_are_left_out():
    assert len(MITDB_RECORDS) == 44
    assert not set(MITDB_RECORDS) & set(aami.PACED)
    assert len(SVDB_RECORDS) == 38


@pytest.fixture
def five_minutes(monkeypatch):
    """Let every patient be five minutes long."""

    read = database.read

    def shortened(name, directory, *options):
        # The noise must not be shorter than a patient.
        return read(name, directory, *options).between(0, 400 if options else 300)

    monkeypatch.setattr(database, "read", shortened)


@pytest.mark.slow
@pytest.mark.usefixtures("five_minutes")
# The electrodes of the first move, and the detector finds beats there.
@pytest.mark.parametrize("name", ["105", "841"])
def test_a_patient_is_shown_in_other_recorders_and_rhythms(name):
    rows = patient_rows(name)
    assert rows.features.shape == (len(rows.classes), len(MODEL_FEATURES))
    assert np.isfinite(rows.features).all()
    recorded = 1 + model_training.ELSEWHERE
    made = UnseenMethod().draws * len(UnseenMethod().rhythms)
    assert recorded < len(np.unique(rows.version)) <= recorded + made
    assert {LEARNT_CLASSES.index(name) for name in "NV"} <= set(rows.classes)
    counts = pd.Series(rows.classes).groupby([rows.version, rows.classes]).size()
    assert counts.max() <= MOST_BEATS
    assert counts.drop(f"{name} 0").max() == MOST_MADE


@pytest.mark.slow
@pytest.mark.usefixtures("five_minutes")
def test_only_where_the_detector_has_looked_is_there_no_beat():
    rows = patient_rows("105")
    no_beat = rows.version[rows.classes == OUTPUTS.index("no beat")]
    detected = {f"105 {k}" for k in range(1 + model_training.ELSEWHERE)}
    assert set(no_beat)
    assert set(no_beat) <= detected


def test_noise_is_as_fast_as_the_recording_that_it_is_laid_over():
    slow, fast = (model_training._noise("em", fs) for fs in (128.0, 360.0))
    assert len(slow) == pytest.approx(len(fast) * 128 / 360, abs=2)
    assert slow.std() == pytest.approx(fast.std(), rel=0.05)


# Training ----------------------------------------------------------------------------------------


def made_up(name, seed, beats=160):
    """Beats whose class hangs on the first feature."""
    random = np.random.default_rng(seed)
    classes = np.arange(beats, dtype=np.int8) % len(OUTPUTS)
    features = random.standard_normal((beats, len(MODEL_FEATURES))).astype(np.float32)
    features[:, 0] = classes
    return TrainingRows(features, classes, np.full(beats, f"{name} 0"))


def test_each_database_is_dealt_out_into_the_same_folds():
    names = [*MITDB_RECORDS[:12], *SVDB_RECORDS[:10]]
    folds = folds_of_both({name: np.arange(50) % 4 for name in names})
    assert len(folds) == model_training.FOLDS
    assert sorted(name for fold in folds for name in fold) == sorted(names)
    for fold in folds:
        assert len(set(fold) & set(MITDB_RECORDS)) in (2, 3)
        assert len(set(fold) & set(SVDB_RECORDS)) == 2


@pytest.fixture(scope="module")
def content():
    """A model as it is stored."""
    return model_training._training_job([made_up(f"{k}", k) for k in range(10, 22)], ())[1]


def test_what_was_learnt_is_in_the_file(content):
    rows = made_up("3", 3)
    (found,) = open_session(content).run(None, {"features": rows.features})
    assert found.shape == (160, len(OUTPUTS))
    assert np.array_equal(found.argmax(axis=1), rows.classes)


@pytest.mark.slow
@pytest.mark.usefixtures("five_minutes")
def test_beats_held_out_are_all_predicted(content):
    held_out = held_out_beats(content, ["841", "119"])
    assert list(held_out) == ["record", "hours", "class", *OUTPUTS]
    assert set(held_out["record"]) == {"841", "119"}
    assert np.allclose(held_out[list(OUTPUTS)].sum(axis=1), 1)
    assert (held_out["class"] == aami.CLASSES.index("V")).sum() > 50


def test_the_model_is_of_all_patients_and_calibrated_on_those_held_out(content, monkeypatch):
    trained_on, names = [], ("101", "103", "105")

    def grown(rows, seed):  # noqa: ARG001
        trained_on.append({version.split()[0] for version in rows.version})
        return "trees"

    def held_out(content, fold):  # noqa: ARG001
        return pd.concat([table(*honest(600, int(name)), name) for name in fold])

    monkeypatch.setattr(model_training, "FOLDS", len(names))
    monkeypatch.setattr(model_training, "in_parallel", lambda do, jobs: [do(*job) for job in jobs])
    monkeypatch.setattr(model_training, "patient_rows", lambda name: made_up(name, int(name)))
    monkeypatch.setattr(model_training, "grown_trees", grown)
    monkeypatch.setattr(model_training, "to_onnx", lambda trees: content)  # noqa: ARG005
    monkeypatch.setattr(model_training, "held_out_beats", held_out)
    model, beats = train(names)
    assert model.content == content
    assert trained_on[0] == set(names)
    assert sorted(map(len, trained_on[1:])) == [2, 2, 2]
    assert beats["record"].value_counts().to_dict() == dict.fromkeys(names, 600)
    assert beats.index.is_unique
    card = model.card
    assert card.training_records == names
    assert (card.temperature, card.bias) == best_calibration(beats)
    assert card.scores_by_database == {"mitdb": card.scores}
    assert card.scores == pytest.approx(scores(beats, card.temperature, card.bias), nan_ok=True)


def test_rows_are_joined_in_order():
    parts = [made_up(name, seed) for name, seed in (("1", 1), ("2", 2))]
    rows = TrainingRows.joined(parts)
    assert rows.version.tolist() == ["1 0"] * 160 + ["2 0"] * 160
    assert np.array_equal(rows.features[160:], parts[1].features)
