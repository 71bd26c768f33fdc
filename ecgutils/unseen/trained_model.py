"""The trained model that comes with the package: reading it, checking it, asking it.

Two files: networks in Keras' own format, which holds no code, and a JSON that says how the beats
are made that the networks know, what they were trained on and how well they did. A model whose
JSON describes other beats than this code makes is refused.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.aami import CLASSES, LEARNT_CLASSES
from ecgutils.beats.aligned import (
    FINE_HZ,
    GRID_HZ,
    HIGHEST_HZ,
    NEIGHBOURHOOD,
    TINY,
    AlignedBeats,
)
from ecgutils.beats.description import (
    LEADS,
    LIKE_NORMAL,
    MODEL_FEATURES,
    NEAR_NORMAL,
    POINTS,
    SHAPE_S,
    beat_shapes,
    model_features,
)
from ecgutils.beats.waves import WAVES_S
from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, sha256, write_beside
from ecgutils.learning.keras_backend import import_keras
from ecgutils.signals.r_peaks import MIDDLE_WIDTH_S
from ecgutils.unseen.alike_beats import V, agree_on_ventricular, with_ventricular

if TYPE_CHECKING:
    import keras

MODEL_DIR = Path(__file__).parent / "model"
"""Folder of the model that comes with the package."""

NETWORK_FILE, CARD_FILE = "heartbeats.keras", "heartbeats.json"

NO_BEAT = "no beat"
"""Its fifth answer: the detector has taken something else for a beat."""

OUTPUTS = (*LEARNT_CLASSES, NO_BEAT)

MISSED_S = 2.0
"""How much a missed S beat counts, where calling a beat S wrongly counts one.

Few beats are S, so probabilities that come true overlook many of them. On patients held out,
two finds more of them than it invents, and costs no accuracy.
"""

PROBABLY_NONE = 0.5
"""Probability of being no beat from which on a detection is not taken for one."""

LIKELY = 0.5
"""Share of the weighted odds below which the most likely class is not believed."""

SHAPE_SAYS = 0.5
"""How much the network that sees the shape counts, where V is concerned."""

AT_ONCE = 512
"""Beats that the networks are asked about at a time, which bounds the memory."""

MULTIPLE = 64
"""What numbers of beats are rounded up to: TensorFlow never forgets what it prepares for each."""

_LARGEST_CARD = 2**20
_LARGEST_NETWORK = 2**24


@dataclass(frozen=True)
class ModelCard:
    """What is to be known of a trained model.

    Attributes
    ----------
    name, version : str
    beats : dict
        How the beats are made that it knows, see :func:`beats_known`.
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
    beats: dict
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
        """Probability of each answer for all beats of one recording.

        Parameters
        ----------
        beats : AlignedBeats
            With one or two leads.

        Returns
        -------
        array of float, shape (beats, 5)
            Of N, S, V and F, and that it is no beat.
        """
        said = predict(self.network, beats)
        return calibrated(said, self.card.temperature, self.card.bias)


def predict(network: "keras.Model", beats: AlignedBeats) -> np.ndarray:
    """Ask networks about all beats of one recording.

    Parameters
    ----------
    network : keras.Model
        See :class:`TrainedModel`.
    beats : AlignedBeats

    Returns
    -------
    array of float, shape (beats, 5)
        Probabilities of :data:`OUTPUTS`, not yet calibrated.
    """
    features, shapes = _filled_up(model_features(beats)), _filled_up(beat_shapes(beats))
    answers = [
        network.predict_on_batch([features[k : k + AT_ONCE], shapes[k : k + AT_ONCE]])
        for k in range(0, len(features), AT_ONCE)
    ]
    by_features, by_shape = (
        np.concatenate([answer[part] for answer in answers])[: len(beats)].astype(float)
        for part in (0, 1)
    )
    none = (by_features[:, [-1]] + by_shape[:, [-1]]) / 2
    own, shape = _of_a_beat(by_features), _of_a_beat(by_shape)[:, V]
    ventricular = (1 - SHAPE_SAYS) * own[:, V] + SHAPE_SAYS * shape
    agreed = agree_on_ventricular(with_ventricular(own, ventricular), beats)
    return np.concatenate([(1 - none) * agreed, none], axis=1)


def _filled_up(rows: np.ndarray) -> np.ndarray:
    """Add rows of zeros, up to the next multiple."""
    return np.pad(rows, [(0, -len(rows) % MULTIPLE), *[(0, 0)] * (rows.ndim - 1)])


def _of_a_beat(said: np.ndarray) -> np.ndarray:
    """Probabilities of the classes, given that it is a beat."""
    classes = np.maximum(said[:, :-1], TINY)
    return classes / classes.sum(axis=1, keepdims=True)


def calibrated(probabilities: np.ndarray, temperature: float, bias: Sequence[float]) -> np.ndarray:
    """Make probabilities more or less certain, and answers more or less frequent.

    Parameters
    ----------
    probabilities : array, shape (beats, answers)
    temperature : float
        By which their logarithms are divided; above one for less certain.
    bias : sequence of float
        What is then added to the logarithms, one number an answer.

    Returns
    -------
    array, shape (beats, answers)

    References
    ----------
    Guo et al., On calibration of modern neural networks, ICML 2017: temperature and vector
    scaling.
    """
    log = np.log(np.maximum(probabilities, 1e-9)) / temperature + np.asarray(bias)
    raised = np.exp(log - log.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def most_likely(probabilities: np.ndarray) -> np.ndarray:
    """Decide for a class, or against all of them.

    Parameters
    ----------
    probabilities : array, shape (beats, 5)
        Of :data:`OUTPUTS`.

    Returns
    -------
    array of int, shape (beats,)
        Positions in :data:`ecgutils.aami.CLASSES`: the class with the largest share of the odds,
        in which S counts :data:`MISSED_S` times; Q where no class has half, or where it is
        probably no beat.
    """
    odds = probabilities * np.where(np.array(OUTPUTS) == "S", MISSED_S, 1.0)
    share = odds[:, :-1] / odds.sum(axis=1, keepdims=True)
    unsure = (share.max(axis=1) < LIKELY) | (probabilities[:, -1] >= PROBABLY_NONE)
    return np.where(unsure, CLASSES.index("Q"), share.argmax(axis=1))


def beats_known() -> dict:
    """Describe the beats that this code makes.

    Returns
    -------
    dict
        Whatever a network depends on; of numbers, texts and lists.
    """
    return {
        "grid_hz": GRID_HZ,
        "highest_hz": HIGHEST_HZ,
        "fine_hz": FINE_HZ,
        "middle_width_s": MIDDLE_WIDTH_S,
        "waves_s": {name: list(limits) for name, limits in WAVES_S.items()},
        "neighbourhood": NEIGHBOURHOOD,
        "looks_normal": [NEAR_NORMAL, LIKE_NORMAL],
        "shape_s": list(SHAPE_S),
        "shape": [LEADS, POINTS, 2],
        "features": list(MODEL_FEATURES),
        "answers": list(OUTPUTS),
        "shape_says": SHAPE_SAYS,
        "missed_S": MISSED_S,
    }


def save_model(network: "keras.Model", card: ModelCard, directory: Path = MODEL_DIR) -> ModelCard:
    """Store a model.

    Parameters
    ----------
    network : keras.Model
    card : ModelCard
        Its checksum is not looked at.
    directory : Path

    Returns
    -------
    ModelCard
        With the checksum of the networks.
    """
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f".{NETWORK_FILE}"
    network.save(temporary.with_suffix(".part.keras"))
    content = temporary.with_suffix(".part.keras").read_bytes()
    temporary.with_suffix(".part.keras").unlink()
    with write_beside(directory / NETWORK_FILE) as file:
        file.write(content)
    card = ModelCard(**asdict(card) | {"sha256": hashlib.sha256(content).hexdigest()})
    with write_beside(directory / CARD_FILE, "w") as file:
        file.write(json.dumps(asdict(card), indent=1, ensure_ascii=False) + "\n")
    return card


def read_card(directory: Path = MODEL_DIR) -> ModelCard:
    """Read what is known of a model, without loading its networks.

    Parameters
    ----------
    directory : Path

    Returns
    -------
    ModelCard

    Raises
    ------
    EcgError
        If there is no model, or it is not one for this code.
    """
    path = directory / CARD_FILE
    try:
        card = ModelCard(**json.loads(read_bytes(path, _LARGEST_CARD)))
        # JSON knows no tuples.
        records, bias = tuple(card.training_records), tuple(float(x) for x in card.bias)
        card = replace(card, training_records=records, bias=bias)
    except (ValueError, TypeError) as error:
        raise EcgError(f"{path}: not the description of a model; run `make model`") from error
    if card.beats != beats_known():
        differing = sorted(
            name
            for name, value in beats_known().items()
            if not isinstance(card.beats, dict) or card.beats.get(name) != value
        )
        raise EcgError(
            f"{path}: the model knows other beats than this version makes "
            f"({', '.join(differing) or 'unknown entries'}); run `make model`"
        )
    return card


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
        If there is no model, it is not one for this code, or the networks are not those that
        the JSON belongs to.
    """
    card, path = read_card(directory), directory / NETWORK_FILE
    content = read_bytes(path, _LARGEST_NETWORK)
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise EcgError(f"{path}: not the networks that {CARD_FILE} describes; run `make model`")
    try:
        # safe_mode: a file may hold layers and numbers, but no code.
        network = import_keras().saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise EcgError(f"{path}: cannot be read by Keras ({type(error).__name__})") from error
    # Several threads may ask later, and only one may compile.
    network.predict_on_batch([np.zeros((1, *shape[1:])) for shape in network.input_shape])
    return TrainedModel(network, card)


def model_sha256(directory: Path = MODEL_DIR) -> str:
    """Tell one model from another.

    Parameters
    ----------
    directory : Path

    Returns
    -------
    str
        The checksum of its description, which holds that of its networks; 64 hexadecimal digits.

    Raises
    ------
    EcgError
        See :func:`read_card`.
    """
    read_card(directory)
    return sha256(directory / CARD_FILE)
