"""The recipes that are compared: each builds its steps, each ablation changes what it says."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from ecgutils.beats.cache import load_beats
from ecgutils.beats.r_centred import RCentred
from ecgutils.beats.rhythm import rhythm_features
from ecgutils.beats.t_to_t import cut_t_to_t
from ecgutils.beats.wavelet_features import shape_features
from ecgutils.learning.oversampling import PAPER_TARGETS
from ecgutils.learning.recipes import ABLATIONS, MODELS, OURS, PAPER_FAST, PAPER_RECIPE, Recipe
from ecgutils.learning.training import FAST, PAPER, SHORT, NetworkClassifier

pytestmark = pytest.mark.slow

ALL = MODELS | ABLATIONS


@pytest.fixture(scope="module")
def beats():
    """A few beats in each of the ways of cutting that there are recipes for."""
    cut = dict.fromkeys(recipe.cut for recipe in ALL.values())
    return {way: load_beats(["209"], cut=way) for way in cut}


def test_names_tell_one_recipe():
    assert not MODELS.keys() & ABLATIONS.keys()
    assert list(MODELS) == ["paper", "paper_fast", "ours"]
    recipes = list(ALL.values())
    assert all(recipe not in recipes[:k] for k, recipe in enumerate(recipes))


def test_the_papers_recipe_is_the_papers():
    assert Recipe() == PAPER_RECIPE
    assert PAPER_RECIPE.cut is cut_t_to_t
    assert (PAPER_RECIPE.wavelet, PAPER_RECIPE.level) == ("db2", 1)
    assert (PAPER_RECIPE.balance, PAPER_RECIPE.network) == ("paper", "paper")
    assert PAPER_RECIPE.schedule == PAPER
    extras = (PAPER_RECIPE.rhythm, PAPER_RECIPE.against_median, PAPER_RECIPE.shifts)
    assert not any(extras)
    assert replace(PAPER_RECIPE, schedule=FAST) == PAPER_FAST


CHANGES = {
    "one_lead": {"cut": RCentred(leads=1)},
    "no_rhythm": {"rhythm": False},
    "no_median_beat": {"against_median": False},
    # As many steps as with the copies.
    "no_shifts": {"shifts": False, "schedule": replace(SHORT, epochs=3 * SHORT.epochs)},
    "height_per_beat": {"cut": RCentred(scale_each_beat=True)},
    "level_0": {"level": 0},
    "level_1": {"level": 1},
    "level_3": {"level": 3},
    "haar": {"wavelet": "haar"},
    "sym4": {"wavelet": "sym4"},
    "no_smote": {"balance": "none"},
    "smote_equal": {"balance": "equal"},
    "smote_before_split": {"balance": "before split"},
    "class_weights": {"balance": "weights"},
    "paper_beats": {
        "cut": cut_t_to_t,
        "level": 1,
        "against_median": False,
        "rhythm": False,
    },
}


def test_each_ablation_differs_from_ours_in_what_its_name_says():
    assert ABLATIONS.keys() == CHANGES.keys()
    for name, recipe in ABLATIONS.items():
        ours, changed = vars(OURS), vars(recipe)
        different = {key: changed[key] for key in ours if changed[key] != ours[key]}
        assert different == CHANGES[name], name


def test_ours_is_the_wavelet_and_the_oversampling_of_the_paper():
    assert (OURS.wavelet, OURS.balance) == (PAPER_RECIPE.wavelet, PAPER_RECIPE.balance)


@pytest.mark.parametrize("name", ALL)
def test_rows_hold_the_shape_then_the_rhythm(name, beats):
    recipe = ALL[name]
    some = beats[recipe.cut]
    rows = recipe.features(some)
    coefficients, channels = recipe.shape(some)
    width = coefficients * channels
    assert rows.dtype == np.float32
    assert rows.shape == (len(some), width + 45 * recipe.rhythm)
    assert np.isfinite(rows).all()
    leads = some.windows.shape[2]
    assert channels == leads * (1 + recipe.against_median)
    shape = shape_features(some, recipe.wavelet, recipe.level, recipe.against_median)
    np.testing.assert_array_equal(rows[:, :width].reshape(shape.shape), shape)
    if recipe.rhythm:
        np.testing.assert_array_equal(rows[:, width:], rhythm_features(some))


def test_shapes_of_the_paper_and_of_ours(beats):
    assert PAPER_RECIPE.shape(beats[cut_t_to_t]) == (141, 1)
    assert OURS.shape(beats[OURS.cut]) == (69, 4)
    assert ABLATIONS["one_lead"].shape(beats[ABLATIONS["one_lead"].cut]) == (69, 2)


STEPS = {
    "paper": ["smote", "classifier"],
    "paper_fast": ["smote", "classifier"],
    "no_shifts": ["smote", "classifier"],
    "no_smote": ["shift", "classifier"],
    "smote_before_split": ["shift", "classifier"],
    "class_weights": ["shift", "classifier"],
}


@pytest.mark.parametrize("name", ALL)
def test_each_recipe_has_its_steps(name):
    recipe = ALL[name]
    steps = recipe.pipeline((69, 4), seed=7).named_steps
    assert list(steps) == STEPS.get(name, ["smote", "shift", "classifier"])
    classifier = steps["classifier"]
    assert isinstance(classifier, NetworkClassifier)
    assert (classifier.schedule, classifier.seed) == (recipe.schedule, 7)
    assert classifier.balanced == (name == "class_weights")
    if "smote" in steps:
        assert steps["smote"].random_state == 7


@pytest.mark.parametrize(
    ("recipe", "counts"),
    [
        (OURS, [6000, PAPER_TARGETS["S"], 500, PAPER_TARGETS["F"], 50]),
        (ABLATIONS["smote_equal"], [6000] * 5),
    ],
)
def test_smote_raises_the_classes_that_the_recipe_names(recipe, counts):
    classes = np.repeat(np.arange(5), [6000, 100, 500, 60, 50])
    rows = np.random.default_rng(0).normal(size=(len(classes), 2))
    smote = recipe.pipeline((2, 1), seed=1).named_steps["smote"]
    assert np.bincount(smote.fit_resample(rows, classes)[1]).tolist() == counts


@pytest.mark.parametrize(("level", "shift"), [(0, 4), (1, 2), (2, 1), (3, 1), (5, 1)])
def test_copies_are_shifted_by_four_samples_or_one_coefficient(level, shift):
    step = replace(OURS, level=level).pipeline((69, 4), seed=1).named_steps["shift"]
    assert step.kw_args == {"coefficients": 69, "channels": 4, "shift": shift}


def test_our_network_is_small():
    paper = PAPER_RECIPE.pipeline((141, 1), 1).named_steps["classifier"].build(141, 5)
    ours = OURS.pipeline((69, 4), 1).named_steps["classifier"].build(69 * 4 + 45, 5)
    assert ours.name == "small_cnn"
    assert paper.name != "small_cnn"
    assert ours.count_params() < 2 * paper.count_params()
    kernels = [layer.kernel_size for layer in ours.layers if "conv1d" in layer.name]
    assert kernels == [(5,), (5,), (3,)]


def test_recipes_are_values():
    assert asdict(OURS)["cut"] == asdict(RCentred())
    assert len({*ALL.values()}) == len(ALL)
