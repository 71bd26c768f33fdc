"""The trained model that comes with the package: reading it, checking it, predicting with it.

Two files: boosted trees as ONNX, which holds no code, and their card in JSON. The card has the
settings and the records they were trained with, and how well they did. A model that was trained
with other settings than those of this version is refused.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.aami import CLASSES, LEARNT_CLASSES
from ecgutils.beats.aligned import AlignedBeats
from ecgutils.beats.description import MODEL_FEATURES, model_features
from ecgutils.beats.settings import BEATS, BeatSettings
from ecgutils.errors import EcgError
from ecgutils.files import read_bytes, sha256, write_whole
from ecgutils.unseen import alike_beats, share_of_s

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL_DIR = Path(__file__).parent / "model"
"""Folder of the model that comes with the package."""

MODEL_FILE, CARD_FILE = "heartbeats.onnx", "heartbeats.json"

NO_BEAT = "no beat"
"""Its fifth output: the detector has taken something else for a beat."""

OUTPUTS = (*LEARNT_CLASSES, NO_BEAT)
"""What the model gives the probabilities of: N, S, V, F and no beat."""

_LARGEST_CARD, _LARGEST_MODEL = 2**20, 2**24

# Of ONNX Runtime's levels the one above errors, which are raised as well.
_FATAL = 4


@dataclass(frozen=True)
class ModelSettings:
    """Whatever the probabilities and classes of a trained model depend on, beside its trees."""

    beats: BeatSettings = BEATS
    """How beats are found, cut and described."""

    alike: alike_beats.AlikeSettings = alike_beats.ALIKE
    """How much beats that look alike decide about each other."""

    share: share_of_s.ShareSettings = share_of_s.SHARE
    """How much S is expected of a patient who seems to have many S beats, or few."""

    features: tuple[str, ...] = MODEL_FEATURES
    """What the trees see of a beat, in this order."""

    outputs: tuple[str, ...] = OUTPUTS
    """What the trees give the probabilities of, in this order."""

    missed_s: float = 2.0
    """How much a missed S beat counts, where calling a beat S wrongly counts one. Few beats are S,
    so calibrated probabilities overlook many of them. Chosen on patients held out."""

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
        Records of the MIT-BIH Arrhythmia and Supraventricular Arrhythmia Databases.
    seed : int
    temperature : float
    bias : tuple of float
        What makes its probabilities come true, see :func:`calibrated`.
    scores : dict
        What it reached on patients that it had not been trained on.
    scores_by_database : dict of str to dict
        The same of the patients of each database alone.
    made_with : dict of str to str
        Versions of the libraries.
    sha256 : str
        Of the file with the trees.
    """

    name: str
    version: str
    settings: dict
    training_records: tuple[str, ...]
    seed: int
    temperature: float
    bias: tuple[float, ...]
    scores: dict
    scores_by_database: dict
    made_with: dict
    sha256: str


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """Trees and what is known of them.

    Attributes
    ----------
    content : bytes
        An ONNX graph, see :func:`open_session`.
    card : ModelCard
    """

    content: bytes
    card: ModelCard

    @cached_property
    def session(self) -> "InferenceSession":
        """What predicts with the trees."""
        return open_session(self.content)

    def predict_proba(self, beats: AlignedBeats) -> np.ndarray:
        """Probabilities of N, S, V, F and no beat, for one recording of one or two leads."""
        return self.agreed(self.judged(beats), beats)

    def judged(self, beats: AlignedBeats, rows: np.ndarray | slice = slice(None)) -> np.ndarray:
        """Judge some beats of a recording, each by itself, see :func:`judged`."""
        return judged(self.session, beats, rows)

    def agreed(self, judgements: np.ndarray, beats: AlignedBeats) -> np.ndarray:
        """Conclude from the judgements of all beats of a recording, see `predict_proba`."""
        probabilities = agreed(judgements, beats)
        return calibrated(probabilities, self.card.temperature, self.card.bias)


def open_session(content: bytes, threads: int = 1) -> "InferenceSession":
    """Make an ONNX graph ready to predict.

    Parameters
    ----------
    content : bytes
        A graph with the input ``features``, shape (beats, features). Its output has the
        probabilities of :data:`OUTPUTS`.
    threads : int
        One, since recordings and segments are what is done side by side.

    Returns
    -------
    onnxruntime.InferenceSession

    Raises
    ------
    ValueError
        If it is no graph, or some of it is in another file.
    """
    import onnxruntime

    # This is the key under which a graph names the file that holds some of its numbers.
    if b"location" in content:
        raise ValueError("parts of it are in other files")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    options.log_severity_level = _FATAL
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    except Exception as error:
        raise ValueError(f"ONNX Runtime says {type(error).__name__}") from error


def _check(session: "InferenceSession") -> None:
    """Refuse a graph that sees or tells anything else than this version does."""
    inputs = {node.name: node.shape[1:] for node in session.get_inputs()}
    outputs = [node.shape[1:] for node in session.get_outputs()]
    if inputs != {"features": [len(MODEL_FEATURES)]} or outputs != [[len(OUTPUTS)]]:
        raise ValueError("it has other inputs or outputs")


def judged(
    session: "InferenceSession", beats: AlignedBeats, rows: np.ndarray | slice = slice(None)
) -> np.ndarray:
    """Probabilities of :data:`OUTPUTS`, each beat by itself; shape (beats meant, outputs).

    Given are all beats of one recording, and which of them are meant.
    """
    (found,) = session.run(None, {"features": model_features(beats)[rows]})
    return found.astype(float)


def agreed(judgements: np.ndarray, beats: AlignedBeats) -> np.ndarray:
    """Let the beats of one recording tell about each other; given and returned (beats, outputs)."""
    none = judgements[:, [-1]]
    classes = share_of_s.expecting_own_share(_given_a_beat(judgements))
    classes = alike_beats.agree_on_ventricular(classes, beats)
    return np.concatenate([(1 - none) * classes, none], axis=1)


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

    It is the likeliest class, where a missed S beat counts more. F is never said: of SVDB's
    patients held out, 2 % of such beats were F. The 54 % of MIT-BIH's are those of a few patients.
    It is the likelier of N and V instead. Q is only what is probably no beat. To leave open what is
    unsure would lose more V beats than it spares false ones.

    Examples
    --------
    >>> most_likely(np.array([[0.62, 0.38, 0, 0, 0], [0.4, 0, 0.2, 0.4, 0], [0.4, 0, 0, 0, 0.6]]))
    array([1, 0, 4])
    """
    n, s, v, f = (OUTPUTS.index(name) for name in LEARNT_CLASSES)
    odds = probabilities[:, : len(LEARNT_CLASSES)].copy()
    likelier = np.where(odds[:, v] > odds[:, n], v, n)
    odds[np.arange(len(odds)), likelier] += odds[:, f]
    odds[:, f] = 0
    odds[:, s] *= MODEL_SETTINGS.missed_s
    none = probabilities[:, -1] >= MODEL_SETTINGS.probably_none
    return np.where(none, CLASSES.index("Q"), odds.argmax(axis=1))


def save_model(content: bytes, card: ModelCard, directory: Path = MODEL_DIR) -> ModelCard:
    """Store a model, and return its card with the checksum of the trees."""
    write_whole(directory / MODEL_FILE, content)
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
        If there is no model, it is not one for this version, or the trees are not those that
        the card belongs to.
    """
    card, path = read_card(directory), directory / MODEL_FILE
    content = read_bytes(path, _LARGEST_MODEL)
    if hashlib.sha256(content).hexdigest() != card.sha256:
        raise EcgError(f"{path}: not the trees that {CARD_FILE} describes; run `make model`")
    model = TrainedModel(content, card)
    try:
        _check(model.session)
    except ValueError as error:
        raise EcgError(f"{path}: not a model of heartbeats ({error}); run `make model`") from error
    return model


def model_sha256(directory: Path = MODEL_DIR) -> str:
    """Checksum of a model's card, which holds that of its trees; 64 hexadecimal digits."""
    read_card(directory)
    return sha256(directory / CARD_FILE)
