"""Making the model: calibration with known outputs, rows of a patient, a tiny training."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecgutils import aami, database
from ecgutils.aami import LEARNT_CLASSES
from ecgutils.beats.description import MODEL_FEATURES
from ecgutils.beats.settings import BEATS
from ecgutils.learning.training import TRIAL
from ecgutils.paths import FIGURES_DIR
from ecgutils.unseen import model_training
from ecgutils.unseen.classifier import MOST_BEATS, TrainingRows
from ecgutils.unseen.model_training import (
    RECORDS,
    PatientRows,
    best_calibration,
    fit_networks,
    held_out_beats,
    patient_rows,
    reliability,
    scores,
    train,
)
from ecgutils.unseen.onnx_export import to_onnx
from ecgutils.unseen.trained_model import (
    MODEL_FILE,
    OUTPUTS,
    calibrated,
    open_session,
    read_card,
    save_model,
)


def table(probabilities, true, record="100"):
    """Beats held out; `true` as letters, Q for what is no beat."""
    probabilities = pd.DataFrame(probabilities, columns=list(OUTPUTS), dtype=float)
    probabilities.insert(0, "class", [aami.CLASSES.index(name) for name in true])
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
    assert len(RECORDS) == 44
    assert not set(RECORDS) & set(aami.PACED)


@pytest.fixture
def five_minutes(monkeypatch):
    """Let every patient be five minutes long."""

    read = database.read

    def shortened(name, *options):
        # Noise is read from another folder; it must not be shorter than a patient.
        return read(name, *options).between(0, 400) if options else read(name).between(0, 300)

    monkeypatch.setattr(database, "read", shortened)


@pytest.mark.slow
@pytest.mark.usefixtures("five_minutes")
def test_a_patient_is_shown_in_other_recorders_and_rhythms():
    # Its electrodes move, and the detector finds beats there.
    rows = patient_rows("105")
    features, shapes = rows.features, rows.shapes
    assert features.features.shape == (len(features.classes), len(MODEL_FEATURES))
    assert shapes.features.shape == (len(shapes.classes), BEATS.leads, BEATS.shape_points, 2)
    assert np.isfinite(features.features).all()
    assert np.isfinite(shapes.features).all()
    versions = 1 + model_training.ELSEWHERE
    assert len(np.unique(shapes.version)) == versions
    assert versions < len(np.unique(features.version)) <= versions + 12
    assert {LEARNT_CLASSES.index(name) for name in "NV"} <= set(features.classes)
    no_beat = features.version[features.classes == OUTPUTS.index("no beat")]
    elsewhere = {f"105 {k}" for k in range(1, versions)}
    assert set(no_beat)
    assert set(no_beat) <= elsewhere
    counts = pd.Series(features.classes).groupby([features.version, features.classes]).size()
    assert counts.max() <= MOST_BEATS


# Training ----------------------------------------------------------------------------------------


def made_up(name, seed, beats=160):
    """Beats whose class hangs on the first feature, or on the height of the shape."""
    random = np.random.default_rng(seed)
    classes = np.arange(beats, dtype=np.int8) % len(OUTPUTS)
    features = random.standard_normal((beats, len(MODEL_FEATURES))).astype(np.float32)
    features[:, 0] = classes
    shapes = random.standard_normal((beats, BEATS.leads, BEATS.shape_points, 2)).astype(np.float32)
    shapes += classes[:, None, None, None]
    version = np.full(beats, f"{name} 0")
    return PatientRows(
        TrainingRows(features, classes, version), TrainingRows(shapes, classes, version)
    )


@pytest.fixture(scope="module")
def network():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_training, "STUDENT_SCHEDULE", replace(TRIAL, epochs=1))
        patch.setattr(model_training, "SHAPE_SCHEDULE", replace(TRIAL, epochs=1))
        return fit_networks([made_up("1", 1), made_up("2", 2)], seed=0)


@pytest.mark.slow
def test_both_networks_become_one_with_two_outputs(network):
    assert network.input_shape == [
        (None, len(MODEL_FEATURES)),
        (None, BEATS.leads, BEATS.shape_points, 2),
    ]
    one = made_up("3", 3)
    outputs = network.predict_on_batch([one.features.features, one.shapes.features])
    assert [output.shape for output in outputs] == [(160, len(OUTPUTS))] * 2
    assert all(np.allclose(output.sum(axis=1), 1, atol=1e-5) for output in outputs)


@pytest.mark.slow
def test_what_was_learnt_is_in_the_network_that_is_given_back(network):
    """Not only in the one that was trained: the outputs hang on what decides the class."""
    one = made_up("3", 3)
    outputs = network.predict_on_batch([one.features.features, one.shapes.features])
    assert all(np.ptp(output, axis=0).max() > 0.05 for output in outputs)
    mean = network.get_layer("relative_network").layers[1].get_config()
    assert mean["scale"][0] == pytest.approx(1 / one.features.features[:, 0].std(), rel=0.01)


@pytest.fixture(scope="module")
def content(network):
    """Both networks as they are stored."""
    return to_onnx(None, network)


@pytest.mark.slow
def test_networks_of_all_patients_are_returned_as_they_are_stored(network, monkeypatch):
    monkeypatch.setattr(model_training, "fit_networks", lambda *_: network)
    fold, found = model_training._training_job([], ())
    one = made_up("3", 3)
    seen = {"features": one.features.features, "shapes": one.shapes.features}
    assert fold == ()
    for output, other in zip(
        open_session(found).run(None, seen), network.predict_on_batch(seen), strict=True
    ):
        np.testing.assert_allclose(output, other, atol=1e-5)


@pytest.mark.slow
def test_a_trained_model_is_a_small_file_without_the_memory_of_its_training(content, tmp_path):
    save_model(content, read_card(), tmp_path)
    assert (tmp_path / MODEL_FILE).stat().st_size < 500_000


@pytest.mark.slow
@pytest.mark.usefixtures("five_minutes")
def test_beats_held_out_are_all_predicted(content):
    held_out = held_out_beats(content, ["100", "119"])
    assert list(held_out) == ["record", "class", *OUTPUTS]
    assert set(held_out["record"]) == {"100", "119"}
    assert np.allclose(held_out[list(OUTPUTS)].sum(axis=1), 1)
    assert (held_out["class"] == aami.CLASSES.index("V")).sum() > 50


@pytest.mark.slow
def test_the_model_is_of_all_patients_and_calibrated_on_those_held_out(network, monkeypatch):
    trained_on, names = [], ("101", "103", "105")

    def fit(patients, seed):  # noqa: ARG001
        trained_on.append({rows.features.version[0].split()[0] for rows in patients})
        return network

    def held_out(content, fold):  # noqa: ARG001
        return pd.concat([table(*honest(600, int(name)), name) for name in fold])

    monkeypatch.setattr(model_training, "FOLDS", len(names))
    monkeypatch.setattr(model_training, "in_parallel", lambda do, jobs: [do(*job) for job in jobs])
    monkeypatch.setattr(model_training, "patient_rows", lambda name: made_up(name, int(name)))
    monkeypatch.setattr(model_training, "fit_networks", fit)
    monkeypatch.setattr(model_training, "held_out_beats", held_out)
    model, beats = train(names)
    assert trained_on[0] == set(names)
    assert sorted(map(len, trained_on[1:])) == [2, 2, 2]
    assert beats["record"].value_counts().to_dict() == dict.fromkeys(names, 600)
    assert beats.index.is_unique
    card = model.card
    assert card.training_records == names
    assert (card.temperature, card.bias) == best_calibration(beats)
    assert card.scores == scores(beats, card.temperature, card.bias)


def test_rows_are_joined_in_order():
    parts = [made_up(name, seed).features for name, seed in (("1", 1), ("2", 2))]
    rows = TrainingRows.joined(parts)
    assert rows.version.tolist() == ["1 0"] * 160 + ["2 0"] * 160
    assert np.array_equal(rows.features[160:], parts[1].features)
