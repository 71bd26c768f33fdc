"""Making the model that comes with the package, from the embedded database: `make model`.

Boosted trees are the best single judge of the features, but cannot be stored as numbers in
Keras' format. So a network is trained to say what the trees say, and goes into the file in their
place, beside the network that sees the shape of a beat. What the model is worth on strangers is
measured on patients held out of the training, and its probabilities are calibrated there.
"""

import platform
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from ecgutils import __version__, aami, database
from ecgutils.aami import LEARNT_CLASSES
from ecgutils.beats.aligned import AlignedBeats, aligned_beats
from ecgutils.beats.description import MODEL_FEATURES, model_features
from ecgutils.beats.settings import BEATS
from ecgutils.beats.waves import beat_shapes
from ecgutils.database.embedded import record_names
from ecgutils.files import write_beside
from ecgutils.learning.keras_backend import import_keras
from ecgutils.learning.networks import relative_network, shape_network
from ecgutils.learning.splits import patient_folds
from ecgutils.learning.training import STEPS_PER_CALL, optimizer
from ecgutils.parallel import in_parallel
from ecgutils.paths import FIGURES_DIR, MITDB_DIR, NSTDB_DIR
from ecgutils.scoring.patients import unseen_figures
from ecgutils.unseen.classifier import (
    MOST_BEATS,
    SCHEDULE,
    SYNTHETIC_RHYTHMS,
    TREE_CLASS_POWER,
    TrainingRows,
    trees,
)
from ecgutils.unseen.other_recorders import as_recorded_elsewhere, at_detected_beats
from ecgutils.unseen.trained_model import (
    MODEL_DIR,
    OUTPUTS,
    ModelCard,
    calibrated,
    current_settings,
    most_likely,
    predict,
    save_model,
)

if TYPE_CHECKING:
    import keras

RECORDS = tuple(name for name in record_names() if name not in aami.PACED)
"""Every record in which a heart sets its own beat."""

SEED = 1

FOLDS = 5
"""Parts of the patients; each is held out once."""

ELSEWHERE = 6
"""Other recorders that each patient is shown with."""

RHYTHM_DRAWS = 3
"""How often each patient is put into each of the rhythms of `synthetic_rhythms`."""

TEACHER_ROUNDS = 40
"""Rounds of boosting, half as many as in notebook 07.

With more of them the trees learn the S beats of their patients by heart: on patients held out,
F1 of S averaged over patients is lower with 80, and lower still with 200.
"""

PUPIL_SCHEDULE = replace(SCHEDULE, epochs=20, weight_decay=0.02)

PUPIL_UNITS, PUPIL_NOISE = (128, 64), 0.1
"""A pupil of a teacher that is not too sure can be larger than a network that learns alone."""

SHAPE_SCHEDULE = replace(SCHEDULE, epochs=8, warmup_epochs=1, weight_decay=0.02)

SHAPE_CLASS_POWER = 0.5
"""See :data:`ecgutils.unseen.classifier.NETWORK_CLASS_POWER`."""

SHIFT = 2
"""Points by which a shape is moved at random, 16 ms."""

BINS = np.linspace(0, 1, 11)
"""Borders of the probabilities that are compared with how often they came true."""


@dataclass(frozen=True)
class PatientRows:
    """What one patient contributes: described beats, and the same beats as shapes.

    Only real rhythms have shapes, since a synthetic rhythm changes none but the P wave.
    """

    described: TrainingRows
    shapes: TrainingRows


@dataclass(frozen=True)
class Trained:
    """A network, and what patients held out have shown of it.

    Attributes
    ----------
    network : keras.Model
        Trained on all patients.
    held_out : pandas.DataFrame
        Of networks trained without them, see :func:`held_out_beats`.
    temperature : float
    bias : tuple of float
        See :func:`best_calibration`.
    """

    network: "keras.Model"
    held_out: pd.DataFrame
    temperature: float
    bias: tuple[float, ...]

    def card(self, records: Sequence[str]) -> ModelCard:
        """Write down what is to be known of it.

        Parameters
        ----------
        records : sequence of str
            What it was trained on.

        Returns
        -------
        ModelCard
            Without the checksum of a file.
        """
        return ModelCard(
            name="ecgutils heartbeats",
            version=__version__,
            settings=current_settings(),
            training_records=tuple(records),
            seed=SEED,
            temperature=self.temperature,
            bias=self.bias,
            scores=scores(self.held_out, self.temperature, self.bias),
            made_with={
                "python": platform.python_version(),
                **{name: version(name) for name in ("keras", "tensorflow", "scikit-learn")},
            },
            sha256="",
        )


def make_model(
    records: Sequence[str] = RECORDS, directory: Path = MODEL_DIR, figures: Path = FIGURES_DIR
) -> ModelCard:
    """Train the model, measure it on patients held out, and store it.

    Parameters
    ----------
    records : sequence of str
        Records of the embedded database.
    directory : Path
        Where the model goes.
    figures : Path
        Where the table of the reliability goes.

    Returns
    -------
    ModelCard
    """
    trained = train(records)
    with write_beside(figures / "reliability_study.csv", "w") as file:
        table = reliability(trained.held_out, trained.temperature, trained.bias)
        table.to_csv(file, index=False, float_format="%.6g")
    return save_model(trained.network, trained.card(records), directory)


def train(records: Sequence[str]) -> Trained:
    """Train on all of some patients, and on parts of them to be tested on the others.

    Parameters
    ----------
    records : sequence of str
        Records of the embedded database.

    Returns
    -------
    Trained
    """
    rows = dict(in_parallel(_rows_job, [(name,) for name in records]))
    classes = [rows[name].described.classes for name in records]
    names = np.repeat(records, [len(part) for part in classes])
    folds = patient_folds(names, np.concatenate(classes), FOLDS, SEED)
    jobs = [([rows[n] for n in records if n not in f], f) for f in ((), *folds)]
    answers = dict(in_parallel(_training_job, jobs))
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "all_patients.keras")
        path.write_bytes(answers[()])
        network = import_keras().saving.load_model(path, compile=False)
    held_out = pd.concat([answers[fold] for fold in folds], ignore_index=True)
    return Trained(network, held_out, *best_calibration(held_out))


def patient_rows(name: str) -> PatientRows:
    """Show a patient as he was recorded, as others would have recorded him, in other rhythms.

    Parameters
    ----------
    name : str
        A record of the embedded database.

    Returns
    -------
    PatientRows
    """
    random = np.random.default_rng([SEED, int(name)])
    record = database.read(name, MITDB_DIR)
    noises = [database.read(noise, NSTDB_DIR, None).p_signal[:, 0] for noise in ("bw", "em", "ma")]
    recordings = [as_recorded_elsewhere(record, noises, random) for _ in range(ELSEWHERE)]
    versions = [aligned_beats(shown) for shown in (record, *recordings)]
    rhythms = []
    for rhythm in SYNTHETIC_RHYTHMS * RHYTHM_DRAWS:
        before = versions[random.integers(len(versions))]
        after = rhythm(before, random)
        # A rhythm that cannot be made of this patient gives the patient back.
        if after is not before:
            rhythms.append(after)
    # Only where the detector has looked does a beat of no class mean that there is no beat.
    most = [len(LEARNT_CLASSES), *[len(OUTPUTS)] * ELSEWHERE, *[len(LEARNT_CLASSES)] * len(rhythms)]
    parts = [
        (beats, _some(beats, classes, random))
        for beats, classes in zip((*versions, *rhythms), most, strict=True)
    ]
    return PatientRows(
        described=_rows(name, model_features, parts),
        shapes=_rows(name, beat_shapes, parts[: len(versions)]),
    )


def fit_networks(patients: Sequence[PatientRows], seed: int) -> "keras.Model":
    """Train both networks and put them into one.

    Parameters
    ----------
    patients : sequence of PatientRows
    seed : int

    Returns
    -------
    keras.Model
        See :class:`ecgutils.unseen.trained_model.TrainedModel`.
    """
    keras = import_keras()
    pupil = _pupil(joined(patient.described for patient in patients), seed)
    shape = _shape_judge(joined(patient.shapes for patient in patients), seed)
    features = keras.Input((len(MODEL_FEATURES),), name="features")
    shapes = keras.Input((BEATS.leads, BEATS.shape_points, 2), name="shapes")
    said = [pupil(features), shape(shapes)]
    network = keras.Model([features, shapes], said, name="heartbeats")
    # A copy has never been trained, so it does not carry the optimizer's memory along.
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy


def joined(rows: Iterable[TrainingRows]) -> TrainingRows:
    """Put the rows of several patients together.

    Parameters
    ----------
    rows : iterable of TrainingRows

    Returns
    -------
    TrainingRows
    """
    rows = list(rows)
    return TrainingRows(
        features=np.concatenate([part.features for part in rows]),
        classes=np.concatenate([part.classes for part in rows]),
        version=np.concatenate([part.version for part in rows]),
    )


def held_out_beats(network: "keras.Model", names: Iterable[str]) -> pd.DataFrame:
    """Classify the detected beats of records that a network was not trained on.

    Parameters
    ----------
    network : keras.Model
    names : iterable of str

    Returns
    -------
    pandas.DataFrame
        A row a detected beat: ``record``, ``class`` (position in
        `OUTPUTS`) and the probabilities, as the network is first
        asked: detections that are probably no beat are still in the rhythm of the others.
    """
    tables = []
    for name in names:
        beats = aligned_beats(at_detected_beats(database.read(name, MITDB_DIR)))
        table = pd.DataFrame(predict(network, beats), columns=list(OUTPUTS))
        table.insert(0, "class", beats.aami_class)
        table.insert(0, "record", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def best_calibration(held_out: pd.DataFrame) -> tuple[float, tuple[float, ...]]:
    """Find temperature and biases at which the probabilities of strangers come true.

    Parameters
    ----------
    held_out : pandas.DataFrame
        See :func:`held_out_beats`.

    Returns
    -------
    temperature : float
    bias : tuple of float
        One for each answer, see `calibrated`; those with the least
        cross-entropy.
    """
    said, true = held_out[list(OUTPUTS)].to_numpy(), held_out["class"].to_numpy()

    def cross_entropy(values: np.ndarray) -> float:
        chances = calibrated(said, np.exp(values[0]), (0.0, *values[1:]))
        return float(-np.log(np.maximum(chances[np.arange(len(true)), true], 1e-9)).mean())

    best = minimize(cross_entropy, np.zeros(len(OUTPUTS)), method="Powell").x
    return round(float(np.exp(best[0])), 4), (0.0, *(round(float(x), 4) for x in best[1:]))


def reliability(held_out: pd.DataFrame, temperature: float, bias: Sequence[float]) -> pd.DataFrame:
    """Compare probabilities with how often they came true.

    Parameters
    ----------
    held_out : pandas.DataFrame
        See :func:`held_out_beats`.
    temperature : float
    bias : sequence of float
        See :func:`best_calibration`.

    Returns
    -------
    pandas.DataFrame
        For each ``class`` and bin of probabilities, ``before`` and after calibration: number of
        ``beats``, mean probability ``said``, share of beats ``true``.
    """
    said, rows = held_out[list(OUTPUTS)].to_numpy(), []
    for after, chances in ((False, said), (True, calibrated(said, temperature, bias))):
        for k, name in enumerate(LEARNT_CLASSES):
            column, true = chances[:, k], (held_out["class"] == k).to_numpy()
            bins = np.clip(np.digitize(column, BINS) - 1, 0, len(BINS) - 2)
            for bin_ in np.unique(bins):
                inside = bins == bin_
                came_true = column[inside].mean(), true[inside].mean()
                rows.append((after, name, BINS[bin_], inside.sum(), *came_true))
    return pd.DataFrame(rows, columns=["calibrated", "class", "from", "beats", "said", "true"])


def scores(held_out: pd.DataFrame, temperature: float, bias: Sequence[float]) -> dict[str, float]:
    """Summarise what the model reached on patients held out, at detected beats.

    Parameters
    ----------
    held_out : pandas.DataFrame
        See :func:`held_out_beats`.
    temperature : float
    bias : sequence of float
        See :func:`best_calibration`.

    Returns
    -------
    dict of str to float
        The figures of :func:`ecgutils.scoring.patients.unseen_figures`, where what is no beat
        should be called Q; and the ``calibration_error``, the mean distance between the
        probability of the most probable answer and how often it was right, in percentage points.
    """
    said = calibrated(held_out[list(OUTPUTS)].to_numpy(), temperature, bias)
    true = held_out["class"].to_numpy()
    right, best = said.argmax(axis=1) == true, said.max(axis=1)
    bins = np.clip(np.digitize(best, BINS) - 1, 0, len(BINS) - 2)
    by_bin = pd.DataFrame({"right": right, "said": best}).groupby(bins)
    apart = (by_bin["right"].mean() - by_bin["said"].mean()).abs()
    record = held_out["record"].to_numpy(dtype=str)
    figures = unseen_figures(true, most_likely(said), record, left_out=None)
    figures["calibration_error"] = 100 * float(np.average(apart, weights=by_bin.size()))
    return {name: round(value, 3) for name, value in figures.items()}


def _rows_job(name: str) -> tuple[str, PatientRows]:
    return name, patient_rows(name)


def _training_job(
    patients: list[PatientRows], fold: tuple[str, ...]
) -> tuple[tuple[str, ...], pd.DataFrame | bytes]:
    """Train without a fold and test on it; of no fold, return the network as a Keras file.

    Other machines need not see the files of this one.
    """
    network = fit_networks(patients, SEED)
    if fold:
        return fold, held_out_beats(network, fold)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "all_patients.keras")
        network.save(path)
        return fold, path.read_bytes()


def _some(beats: AlignedBeats, classes: int, random: np.random.Generator) -> np.ndarray:
    """Positions of at most so many beats of each of the first classes."""
    order = random.permutation(len(beats))
    found = pd.Series(beats.aami_class[order])
    kept = (found < classes) & (found.groupby(found).cumcount() < MOST_BEATS)
    return order[kept.to_numpy()]


def _rows(
    name: str,
    show: Callable[[AlignedBeats], np.ndarray],
    parts: list[tuple[AlignedBeats, np.ndarray]],
) -> TrainingRows:
    """Show some beats of each version of a patient."""
    return TrainingRows(
        features=np.concatenate([show(beats)[rows] for beats, rows in parts]),
        classes=np.concatenate([beats.aami_class[rows] for beats, rows in parts]),
        version=np.concatenate(
            [np.full(len(rows), f"{name} {k}") for k, (_, rows) in enumerate(parts)]
        ),
    )


def _pupil(rows: TrainingRows, seed: int) -> "keras.Model":
    """Train a network to say of the features what the trees say."""
    weights = rows.weights(TREE_CLASS_POWER)
    said = _teacher_says(rows, weights, seed)
    import_keras().utils.set_random_seed(seed)
    network = relative_network(
        len(MODEL_FEATURES),
        len(OUTPUTS),
        rows.features.mean(axis=0),
        rows.features.std(axis=0),
        PUPIL_UNITS,
        PUPIL_NOISE,
    )
    network.compile(
        optimizer=optimizer(PUPIL_SCHEDULE, len(said)),
        loss="categorical_crossentropy",
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=False,
    )
    network.fit(
        rows.features,
        said,
        sample_weight=weights,
        batch_size=PUPIL_SCHEDULE.batch_size,
        epochs=PUPIL_SCHEDULE.epochs,
        verbose=0,
    )
    return network


def _teacher_says(rows: TrainingRows, weights: np.ndarray, seed: int) -> np.ndarray:
    """Train the trees, and ask them about the beats that they have learnt from."""
    teacher = trees(seed).set_params(max_iter=TEACHER_ROUNDS)
    teacher.fit(rows.features, rows.classes, sample_weight=weights)
    said = np.zeros((len(rows.classes), len(OUTPUTS)), dtype=np.float32)
    said[:, teacher.classes_] = teacher.predict_proba(rows.features)
    return said


def _shape_judge(rows: TrainingRows, seed: int) -> "keras.Model":
    """Train the network that sees shapes, a little different ones in each epoch."""
    random = np.random.default_rng(seed)
    import_keras().utils.set_random_seed(seed)
    network = shape_network(BEATS.shape_points, 2, len(OUTPUTS))
    network.compile(
        optimizer=optimizer(SHAPE_SCHEDULE, len(rows.classes)),
        loss="sparse_categorical_crossentropy",
        steps_per_execution=STEPS_PER_CALL,
        jit_compile=False,
    )
    weights = rows.weights(SHAPE_CLASS_POWER)
    for epoch in range(SHAPE_SCHEDULE.epochs):
        order = random.permutation(len(rows.classes))
        network.fit(
            _seen_otherwise(rows.features[order], random),
            rows.classes[order],
            sample_weight=weights[order],
            batch_size=SHAPE_SCHEDULE.batch_size,
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
        )
    return network


def _seen_otherwise(shapes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Turn leads over, move, stretch and blur shapes."""
    beats, leads = shapes.shape[:2]
    changed = np.roll(shapes, random.integers(-SHIFT, SHIFT + 1), axis=2)
    changed = changed * random.choice(np.float32([-1, 1]), (beats, leads, 1, 1))
    changed *= np.exp(random.normal(0, 0.1, (beats, 1, 1, 1))).astype(np.float32)
    changed += random.normal(0, 0.1, changed.shape).astype(np.float32)
    return changed
