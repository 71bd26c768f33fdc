"""The trained model that comes with the package: reading it, checking it, predicting with it.

Two files: networks in Keras' own format, which holds no code, and their card in JSON. The card
has the settings and the records they were trained with, and how well they did. A model that was
trained with other settings than those of this version is refused.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ecgutils.aami import CLASSES, LEARNT_CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.description import MODEL_FEATURES, model_features
from ecgutils.beats.settings import BEATS, BeatSettings
from ecgutils.beats.waves import beat_shapes
from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, sha256, write_whole
from ecgutils.learning import keras_backend as keras
from ecgutils.unseen import alike_beats

MODEL_DIR = Path(__file__).parent / "model"
"""Folder of the model that comes with the package."""

NETWORK_FILE, CARD_FILE = "heartbeats.keras", "heartbeats.json"

NO_BEAT = "no beat"
"""Its fifth output: the detector has taken something else for a beat."""

OUTPUTS = (*LEARNT_CLASSES, NO_BEAT)
"""What the model gives the probabilities of: N, S, V, F and no beat."""

BATCH_SIZE = 512
"""Beats that the networks see at a time, which bounds the memory."""

BATCH_MULTIPLE = 64
"""What numbers of beats are rounded up to: TensorFlow never forgets what it prepares for each."""

_LARGEST_CARD, _LARGEST_NETWORK = 2**20, 2**24


@dataclass(frozen=True)
class ModelSettings:
    """Whatever the probabilities and classes of a trained model depend on, beside its networks."""

    beats: BeatSettings = BEATS
    """How beats are found, cut and described."""

    alike: alike_beats.AlikeSettings = alike_beats.ALIKE
    """How much beats that look alike decide about each other."""

    features: tuple[str, ...] = MODEL_FEATURES
    """What the first network sees, in this order."""

    outputs: tuple[str, ...] = OUTPUTS
    """What both networks give the probabilities of, in this order."""

    shape_weight: float = 0.5
    """How much the network that sees the shape counts, where V is concerned."""

    missed_s: float = 2.0
    """How much a missed S beat counts, where calling a beat S wrongly counts one. Few beats are S,
    so calibrated probabilities overlook many of them. On patients held out, two finds more of
    them than it invents, and costs no accuracy."""

    likely: float = 0.5
    """Share of the weighted odds below which the most likely class is not believed."""

    probably_none: float = 0.5
    """Probability of being no beat from which on a detection is not taken for one."""

    least_probability: float = 1e-9
    """What a probability counts as at least, since the logarithm of zero has no value."""


MODEL_SETTINGS = ModelSettings()


def current_settings() -> dict:
    """Return the settings of this version as a card stores them: JSON knows no tuples."""
    return json.loads(json.dumps(asdict(MODEL_SETTINGS)))


@dataclass(frozen=True)
class ModelCard:
    """What is to be known of a trained model.

    Attributes
    ----------
    name, version : str
    settings : dict
        What it was trained with, see :class:`ModelSettings`.
    training_records : tuple of str
        Records of the MIT-BIH Arrhythmia Database.
    seed : int
    temperature : float
    bias : tuple of float
        What makes its probabilities come true, see :func:`calibrated`.
    scores : dict
        What it reached on patients that it had not been trained on.
    made_with : dict of str to str
        Versions of the libraries.
    sha256 : str
        Of the file with the networks.
    """

    name: str
    version: str
    settings: dict
    training_records: tuple[str, ...]
    seed: int
    temperature: float
    bias: tuple[float, ...]
    scores: dict
    made_with: dict
    sha256: str


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """Networks and what is known of them.

    Attributes
    ----------
    network : keras.Model
        Maps features (beats, features) and shapes (beats, leads, points, 2) to the
        probabilities of :data:`OUTPUTS` by the one and by the other.
    card : ModelCard
    """

    network: "keras.Model"
    card: ModelCard

    def predict_proba(self, beats: AlignedBeats) -> np.ndarray:
        """Probabilities of N, S, V, F and no beat, for one recording of one or two leads."""
        probabilities = predict(self.network, beats)
        return calibrated(probabilities, self.card.temperature, self.card.bias)


def predict(network: "keras.Model", beats: AlignedBeats) -> np.ndarray:
    """Probabilities of :data:`OUTPUTS` for all beats of one recording, not yet calibrated."""
    features, shapes = (_padded(rows) for rows in (model_features(beats), beat_shapes(beats)))
    batches = [
        network.predict_on_batch([features[k : k + BATCH_SIZE], shapes[k : k + BATCH_SIZE]])
        for k in range(0, len(features), BATCH_SIZE)
    ]
    by_features, by_shape = np.concatenate(batches, axis=1)[:, : len(beats)].astype(float)
    none = (by_features[:, [-1]] + by_shape[:, [-1]]) / 2
    classes, shape = _given_a_beat(by_features), _given_a_beat(by_shape)
    weight, v = MODEL_SETTINGS.shape_weight, alike_beats.V
    ventricular = (1 - weight) * classes[:, v] + weight * shape[:, v]
    classes = alike_beats.with_ventricular(classes, ventricular)
    agreed = alike_beats.agree_on_ventricular(classes, beats)
    return np.concatenate([(1 - none) * agreed, none], axis=1)


def _padded(rows: np.ndarray) -> np.ndarray:
    """Add rows of zeros, up to the next :data:`BATCH_MULTIPLE`."""
    return np.pad(rows, [(0, -len(rows) % BATCH_MULTIPLE), *[(0, 0)] * (rows.ndim - 1)])


def _given_a_beat(probabilities: np.ndarray) -> np.ndarray:
    """Conditional probabilities of the classes, given that it is a beat; (beats, classes)."""
    classes = np.maximum(probabilities[:, :-1], BEATS.tiny)
    return classes / classes.sum(axis=1, keepdims=True)


def calibrated(probabilities: np.ndarray, temperature: float, bias: Sequence[float]) -> np.ndarray:
    """Make probabilities (beats, outputs) less certain, and some outputs more frequent.

    Their logarithms are divided by the temperature, then one bias per output is added: Guo et al.,
    On calibration of modern neural networks, ICML 2017.

    Examples
    --------
    >>> calibrated(np.array([[0.9, 0.1]]), 2.0, [0, 0]).round(2).tolist()
    [[0.75, 0.25]]
    """
    probabilities = np.maximum(probabilities, MODEL_SETTINGS.least_probability)
    log = np.log(probabilities) / temperature + np.asarray(bias)
    raised = np.exp(log - log.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def most_likely(probabilities: np.ndarray) -> np.ndarray:
    """Decide for a class, or against all of them; positions in :data:`ecgutils.aami.CLASSES`.

    It is the class with the largest share of the odds, in which S counts twice. It is Q where no
    class has half, or where it is probably no beat.

    Examples
    --------
    >>> most_likely(np.array([[0.62, 0.38, 0, 0, 0], [0.9, 0.1, 0, 0, 0], [0.4, 0, 0, 0, 0.6]]))
    array([1, 0, 4])
    """
    odds = probabilities * np.where(np.array(OUTPUTS) == "S", MODEL_SETTINGS.missed_s, 1.0)
    share = odds[:, :-1] / odds.sum(axis=1, keepdims=True)
    unsure = share.max(axis=1) < MODEL_SETTINGS.likely
    unsure |= probabilities[:, -1] >= MODEL_SETTINGS.probably_none
    return np.where(unsure, CLASSES.index("Q"), share.argmax(axis=1))


def save_model(network: "keras.Model", card: ModelCard, directory: Path = MODEL_DIR) -> ModelCard:
    """Store a model, and return its card with the checksum of the networks."""
    # Keras writes only under a name of its own ending, and not all at once.
    with TemporaryDirectory() as temporary:
        network.save(Path(temporary, NETWORK_FILE))
        content = Path(temporary, NETWORK_FILE).read_bytes()
    write_whole(directory / NETWORK_FILE, content)
    card = replace(card, sha256=hashlib.sha256(content).hexdigest())
    text = json.dumps(asdict(card), indent=1, ensure_ascii=False)
    write_whole(directory / CARD_FILE, text + "\n")
    return card


def read_card(directory: Path = MODEL_DIR) -> ModelCard:
    """Read what is known of a model trained with the settings of this version."""
    path = directory / CARD_FILE
    try:
        card = ModelCard(**json.loads(read_bytes(path, _LARGEST_CARD)))
        # JSON knows no tuples.
        records, bias = tuple(card.training_records), tuple(float(x) for x in card.bias)
        card = replace(card, training_records=records, bias=bias)
    except (ValueError, TypeError) as error:
        raise EcgError(f"{path}: not the description of a model; run `make model`") from error
    if differing := _differences(card.settings, current_settings()):
        why = f"the model knows other beats than this version makes ({', '.join(differing)})"
        raise EcgError(f"{path}: {why}; run `make model`")
    return card


def _differences(one: object, other: object, name: str = "") -> list[str]:
    """Names of the entries that differ, those of inner dictionaries after a dot."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return [] if one == other else [name.removeprefix(".") or "settings"]
    names = []
    for key in sorted({*one, *other}):
        names += _differences(one.get(key, ...), other.get(key, ...), f"{name}.{key}")
    return names


@cache
def load_model(directory: Path = MODEL_DIR) -> TrainedModel:
    """Load a model.

    Parameters
    ----------
    directory : Path

    Returns
    -------
    TrainedModel

    Raises
    ------
    EcgError
        If there is no model, it is not one for this version, or the networks are not those that
        the card belongs to.
    """
    card, path = read_card(directory), directory / NETWORK_FILE
    content = read_bytes(path, _LARGEST_NETWORK)
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise EcgError(f"{path}: not the networks that {CARD_FILE} describes; run `make model`")
    try:
        # safe_mode: a file may hold layers and numbers, but no code.
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise EcgError(f"{path}: cannot be read by Keras ({type(error).__name__})") from error
    # Several threads may predict later, and only one may compile.
    network.predict_on_batch([np.zeros((1, *shape[1:])) for shape in network.input_shape])
    return TrainedModel(network, card)


def model_sha256(directory: Path = MODEL_DIR) -> str:
    """Checksum of a model's card, which holds that of its networks; 64 hexadecimal digits."""
    read_card(directory)
    return sha256(directory / CARD_FILE)
