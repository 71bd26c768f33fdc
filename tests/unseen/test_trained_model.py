"""The model that comes with the package: what it is, and that no other is taken for it."""

import hashlib
import json
import shutil

import numpy as np
import onnx
import pytest
from onnx import external_data_helper, helper

from ecgutils import aami, database
from ecgutils.aami import LEARNT_CLASSES
from ecgutils.beats.aligned import aligned_beats
from ecgutils.errors import EcgError
from ecgutils.files import sha256
from ecgutils.unseen.model_training import LIBRARIES
from ecgutils.unseen.trained_model import (
    CARD_FILE,
    MODEL_DIR,
    MODEL_FILE,
    MODEL_SETTINGS,
    OUTPUTS,
    TrainedModel,
    calibrated,
    current_settings,
    load_model,
    model_sha256,
    most_likely,
    read_card,
    save_model,
)
from tests.helpers.changed_settings import all_settings

pytestmark = pytest.mark.slow


@pytest.fixture
def copied(tmp_path):
    """A copy of the model, to be damaged."""
    for name in (CARD_FILE, MODEL_FILE):
        shutil.copy(MODEL_DIR / name, tmp_path / name)
    return tmp_path


def change(directory, **entries):
    path = directory / CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | entries))


def refused(directory, pattern):
    with pytest.raises(EcgError, match=pattern) as caught:
        load_model(directory)
    assert str(caught.value).startswith(str(directory))
    assert "\n" not in str(caught.value)


# What it is --------------------------------------------------------------------------------------


def test_it_learnt_from_every_patient_without_a_pacemaker():
    patients = [name for name in database.record_names() if name not in aami.PACED]
    assert read_card().training_records == (*patients, *database.record_names(database.SVDB))


def test_it_reaches_on_patients_held_out_what_it_should():
    scores = read_card().scores
    assert scores["f1_V"] >= 90
    assert scores["f1_S"] >= 70
    assert scores["calibration_error"] <= 1


def test_its_card_tells_how_it_was_made():
    card = read_card()
    assert card.settings == current_settings()
    assert isinstance(card.seed, int)
    assert set(card.made_with) == {"python", *LIBRARIES}
    assert len(card.bias) == len(OUTPUTS)


def test_it_weighs_a_few_hundred_kilobytes():
    assert sum((MODEL_DIR / name).stat().st_size for name in (CARD_FILE, MODEL_FILE)) < 700_000


def test_its_description_holds_the_checksum_of_its_networks():
    assert read_card().sha256 == sha256(MODEL_DIR / MODEL_FILE)


def test_the_same_networks_calibrated_otherwise_are_another_model(copied):
    assert model_sha256(copied) == model_sha256()
    change(copied, temperature=2.0)
    assert model_sha256(copied) != model_sha256()


def test_its_file_holds_operators_of_the_standard_and_numbers_only():
    model = onnx.load(MODEL_DIR / MODEL_FILE, load_external_data=False)
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx.ml"}
    assert not model.functions
    assert not [each for each in model.graph.initializer if each.external_data]


def test_it_is_loaded_once():
    assert load_model() is load_model()


# What it predicts --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def beats():
    return aligned_beats(database.read("208").between(0, 300))


def test_it_gives_a_probability_of_each_class_for_each_beat(beats):
    probabilities = load_model().predict_proba(beats)
    assert probabilities.shape == (len(beats), len(OUTPUTS))
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_it_recognises_the_ventricular_beats_of_a_training_patient(beats):
    probabilities = load_model().predict_proba(beats).argmax(axis=1)
    ventricular = beats.aami_class == aami.CLASSES.index("V")
    assert (probabilities[ventricular] == LEARNT_CLASSES.index("V")).mean() > 0.9


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "setting", list(all_settings(MODEL_SETTINGS)), ids=lambda setting: setting.name
)
def test_a_model_is_refused_after_any_change_of_the_settings(setting, monkeypatch):
    """Each of them by its name, and nothing else."""
    setting.change(monkeypatch)
    pattern = rf"knows other beats than this version makes \({setting.name}\); run `make model`"
    with pytest.raises(EcgError, match=pattern):
        read_card()
    with pytest.raises(EcgError, match=pattern):
        load_model.__wrapped__()


def test_numbers_of_every_kind_are_among_the_settings():
    names = {setting.name for setting in all_settings(MODEL_SETTINGS)}
    assert {
        *("features", "outputs", "missed_s", "alike.weight"),
        *("beats.grid_hz", "beats.near_normal", "beats.detector.middle_width_s"),
    } < names
    assert len(names) > 50


def without(settings, name):
    return {key: value for key, value in settings.items() if key != name}


@pytest.mark.parametrize(
    ("settings", "differing"),
    [
        (current_settings() | {"colour": None}, "colour"),
        (without(current_settings(), "missed_s"), "missed_s"),
        (current_settings() | {"beats": without(current_settings()["beats"], "t_s")}, "beats.t_s"),
        (current_settings() | {"alike": 5}, "alike"),
        (None, "settings"),
        ([], "settings"),
    ],
)
def test_a_model_with_an_entry_more_or_less_is_refused(copied, settings, differing):
    change(copied, settings=settings)
    refused(copied, rf"\({differing}\)")


def test_all_entries_that_differ_are_named(copied):
    settings = current_settings()
    settings["beats"] |= {"few": 7, "grid_hz": 250}
    change(copied, settings=settings | {"missed_s": 0.6})
    refused(copied, r"\(beats\.few, beats\.grid_hz, missed_s\)")


def test_other_networks_than_those_described_are_refused(copied):
    content = bytearray((copied / MODEL_FILE).read_bytes())
    content[-100] ^= 1
    (copied / MODEL_FILE).write_bytes(content)
    refused(copied, "not the trees that heartbeats.json describes")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", '{"name": "x"}', '"\\ud800"', "\0"])
def test_a_damaged_description_is_refused(copied, text):
    (copied / CARD_FILE).write_text(text)
    refused(copied, "not the description of a model; run `make model`")


@pytest.mark.parametrize("entry", [{"bias": None}, {"bias": ["x"]}, {"training_records": 5}])
def test_a_description_with_entries_of_another_kind_is_refused(copied, entry):
    change(copied, **entry)
    refused(copied, "not the description of a model; run `make model`")


@pytest.mark.parametrize("name", [CARD_FILE, MODEL_FILE])
def test_a_missing_file_is_refused(copied, name):
    (copied / name).unlink()
    refused(copied, f"{name}: cannot be read")


def stored(directory, content):
    """Store other networks, with their checksum."""
    (directory / MODEL_FILE).write_bytes(content)
    change(directory, sha256=hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"\x80\x04N.", bytes(99)])
def test_networks_that_are_none_are_refused_even_with_their_checksum(copied, content):
    """The third one is a pickle."""
    stored(copied, content)
    refused(copied, r"heartbeats.onnx: not a model of heartbeats \(.*\); run `make model`")


def test_a_graph_whose_numbers_lie_in_another_file_is_refused(copied):
    """That file could be any file of the machine."""
    model = onnx.load(copied / MODEL_FILE)
    number = onnx.numpy_helper.from_array(np.zeros(9, np.float32), "number")
    external_data_helper.set_external_data(number, "../secret")
    number.ClearField("raw_data")
    model.graph.initializer.append(number)
    stored(copied, model.SerializeToString())
    refused(copied, "parts of it are in other files")


def test_operators_that_are_not_of_the_standard_are_refused(copied):
    model = onnx.load(copied / MODEL_FILE)
    model.graph.node[0].domain = "elsewhere"
    model.opset_import.append(helper.make_opsetid("elsewhere", 1))
    stored(copied, model.SerializeToString())
    refused(copied, "ONNX Runtime says")


@pytest.mark.parametrize("which", ["input", "output"])
def test_a_graph_that_sees_or_tells_something_else_is_refused(copied, which):
    model = onnx.load(copied / MODEL_FILE)
    nodes = getattr(model.graph, which)
    if which == "output":
        del nodes[0]
    else:
        nodes.append(helper.make_tensor_value_info("age", onnx.TensorProto.FLOAT, ["beats", 1]))
    stored(copied, model.SerializeToString())
    refused(copied, "it has other inputs or outputs")


# Storing -----------------------------------------------------------------------------------------


def test_a_stored_model_is_read_back_and_predicts_the_same(tmp_path, beats):
    model = load_model()
    card = save_model(model.content, model.card, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [CARD_FILE, MODEL_FILE]
    back = load_model(tmp_path)
    assert back.card.sha256 == card.sha256 == sha256(tmp_path / MODEL_FILE)
    assert (back.predict_proba(beats) == model.predict_proba(beats)).all()
    assert isinstance(back, TrainedModel)


# Deciding ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probabilities", "predicted"),
    [
        ([0.6, 0.1, 0.2, 0.1, 0.0], "N"),
        ([0.1, 0.1, 0.7, 0.1, 0.0], "V"),
        ([0.2, 0.0, 0.1, 0.7, 0.0], "N"),
        ([0.1, 0.0, 0.2, 0.7, 0.0], "V"),
        ([0.62, 0.38, 0.0, 0.0, 0.0], "S"),
        ([0.68, 0.32, 0.0, 0.0, 0.0], "N"),
        ([0.4, 0.0, 0.35, 0.0, 0.25], "N"),
        ([0.35, 0.2, 0.2, 0.25, 0.0], "N"),
        ([0.1, 0.1, 0.1, 0.0, 0.7], "Q"),
        ([0.0, 0.4, 0.0, 0.0, 0.6], "Q"),
        ([0.0, 0.51, 0.0, 0.0, 0.49], "S"),
        ([0.0, 0.0, 0.0, 0.0, 1.0], "Q"),
    ],
)
def test_the_most_likely_class_is_predicted_where_s_counts_double_and_f_is_n_or_v(
    probabilities, predicted
):
    assert aami.CLASSES[most_likely(np.array([probabilities]))[0]] == predicted


def test_no_beats_have_no_classes():
    assert most_likely(np.empty((0, len(OUTPUTS)))).tolist() == []


# Calibration -------------------------------------------------------------------------------------


def some_probabilities():
    return np.random.default_rng(0).dirichlet([0.5] * 4, 500)


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_a_temperature_keeps_the_order_of_classes(temperature):
    probabilities = some_probabilities()
    after = calibrated(probabilities, temperature, [0.0] * 4)
    assert np.allclose(after.sum(axis=1), 1)
    assert (after.argsort(axis=1) == probabilities.argsort(axis=1)).all()


def test_above_one_a_temperature_makes_less_certain():
    probabilities = some_probabilities()
    best = probabilities.max(axis=1)
    assert (calibrated(probabilities, 2.0, [0.0] * 4).max(axis=1) < best).all()
    assert (calibrated(probabilities, 0.5, [0.0] * 4).max(axis=1) > best).all()


def test_temperature_one_and_no_bias_change_nothing():
    probabilities = some_probabilities()
    assert np.allclose(calibrated(probabilities, 1.0, [0.0] * 4), probabilities, atol=1e-6)


def test_a_bias_multiplies_the_odds():
    probabilities = np.array([[0.5, 0.5, 0.0, 0.0]])
    after = calibrated(probabilities, 1.0, [0.0, np.log(3), 0.0, 0.0])
    assert np.allclose(after, [[0.25, 0.75, 0, 0]], atol=1e-6)


def test_impossible_classes_stay_finite():
    after = calibrated(np.array([[1.0, 0, 0, 0]]), 0.2, [0.0, -5, 5, 0])
    assert np.isfinite(after).all()
