"""Making the model that comes with the package, from the embedded database: `make model`.

Boosted trees are the best single judge of the features. A network, the student, learns their
probabilities (distillation) and goes into the file in their place, beside the network that sees
the shape of a beat. How good the model is
for patients it has not seen is measured on patients held out of the training. Its probabilities
are calibrated there.
"""

import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from ecgutils import __version__, aami, database
from ecgutils.aami import LEARNT_CLASSES
from ecgutils.beats.aligned import AlignedBeats, aligned_beats
from ecgutils.beats.description import MODEL_FEATURES, model_features
from ecgutils.beats.settings import BEATS
from ecgutils.beats.waves import beat_shapes
from ecgutils.files import write_csv
from ecgutils.learning import keras_backend as keras
from ecgutils.learning.networks import relative_network, shape_network
from ecgutils.learning.splits import patient_folds
from ecgutils.learning.training import NetworkClassifier, compile_network
from ecgutils.parallel import in_parallel
from ecgutils.paths import FIGURES_DIR, NSTDB_DIR
from ecgutils.scoring.patients import unseen_figures
from ecgutils.unseen import classifier, trained_model
from ecgutils.unseen.classifier import SCHEDULE, TREE_CLASS_POWER, TrainingRows
from ecgutils.unseen.onnx_export import to_onnx
from ecgutils.unseen.other_recorders import as_recorded_elsewhere, at_detected_beats
from ecgutils.unseen.synthetic_rhythms import SYNTHETIC_RHYTHMS
from ecgutils.unseen.trained_model import OUTPUTS, ModelCard, TrainedModel, calibrated

RECORDS = tuple(sorted((*aami.DS1, *aami.DS2)))
"""Every record in which a heart sets its own beat."""

SEED = 1

FOLDS = 5
"""Parts of the patients; each is held out once."""

ELSEWHERE = 6
"""Other recorders that each patient is shown with."""

RHYTHM_DRAWS = 3
"""How often each patient is put into each of the rhythms of `synthetic_rhythms`."""

TEACHER_ROUNDS = 40
"""Rounds of boosting of the trees that teach, half as many as in notebook 07.

With more of them they learn the S beats of their patients by heart: on patients held out, F1 of
S is lower with 80, and lower still with 200.
"""

STUDENT_SCHEDULE = replace(SCHEDULE, epochs=20, weight_decay=0.02)

STUDENT_UNITS, STUDENT_NOISE = (128, 64), 0.1
"""A student of a teacher that is not too sure can be larger than a network that learns alone."""

SHAPE_SCHEDULE = replace(SCHEDULE, epochs=8, warmup_epochs=1, weight_decay=0.02)

SHIFT = 2
"""Points by which a shape is moved at random, 16 ms."""

LIBRARIES = ("keras", "onnx", "scikit-learn", "tensorflow", "tf2onnx")
"""What a model is trained and stored with."""

BINS = np.linspace(0, 1, 11)
"""Borders of the probabilities that are compared with how often they came true."""


@dataclass(frozen=True)
class PatientRows:
    """Features of the beats of one patient, and shapes of those in real rhythms."""

    features: TrainingRows
    shapes: TrainingRows


def make_model() -> ModelCard:
    """Train the model on all records and store it, with the table of its reliability."""
    model, held_out = train(RECORDS)
    table = reliability(held_out, model.card.temperature, model.card.bias)
    write_csv(FIGURES_DIR / "reliability_study.csv", table, "%.6g", index=False)
    return trained_model.save_model(model.content, model.card)


def train(records: Sequence[str]) -> tuple[TrainedModel, pd.DataFrame]:
    """Train on all of some records, and on parts of them to be tested on the others.

    Return the model, and the beats of all records held out, see `held_out_beats`.
    """
    rows = dict(in_parallel(_rows_job, [(name,) for name in records]))
    folds = patient_folds({name: rows[name].features.classes for name in records}, FOLDS, SEED)
    jobs = [([rows[n] for n in records if n not in fold], fold) for fold in ((), *folds)]
    found = dict(in_parallel(_training_job, jobs))
    held_out = pd.concat([found[fold] for fold in folds], ignore_index=True)
    return TrainedModel(found[()], _card(records, held_out)), held_out


def _card(records: Sequence[str], held_out: pd.DataFrame) -> ModelCard:
    """Card of a model trained on these records, without the checksum of a file."""
    temperature, bias = best_calibration(held_out)
    libraries = {name: version(name) for name in LIBRARIES}
    return ModelCard(
        name="ecgutils heartbeats",
        version=__version__,
        settings=trained_model.current_settings(),
        training_records=tuple(records),
        seed=SEED,
        temperature=temperature,
        bias=bias,
        scores=scores(held_out, temperature, bias),
        made_with={"python": platform.python_version(), **libraries},
        sha256="",
    )


def _rows_job(name: str) -> tuple[str, PatientRows]:
    return name, patient_rows(name)


def _training_job(
    patients: list[PatientRows], fold: tuple[str, ...]
) -> tuple[tuple[str, ...], pd.DataFrame | bytes]:
    """Train without a fold and test on it; of no fold, return the networks as ONNX."""
    content = to_onnx(None, fit_networks(patients, SEED))
    return fold, held_out_beats(content, fold) if fold else content


def patient_rows(name: str) -> PatientRows:
    """Show a patient as he was recorded, as others would have recorded him, in other rhythms."""
    random = np.random.default_rng([SEED, int(name)])
    record = database.read(name)
    noises = [database.read(noise, NSTDB_DIR, None).p_signal[:, 0] for noise in ("bw", "em", "ma")]
    recordings = [as_recorded_elsewhere(record, noises, random) for _ in range(ELSEWHERE)]
    real = [aligned_beats(shown) for shown in (record, *recordings)]
    rhythms = []
    for rhythm in SYNTHETIC_RHYTHMS * RHYTHM_DRAWS:
        before = real[random.integers(len(real))]
        after = rhythm(before, random)
        # A rhythm that cannot be made of this patient gives the patient back.
        if after is not before:
            rhythms.append(after)
    # Only where the detector has looked does a beat of no class mean that there is no beat.
    most = [len(LEARNT_CLASSES), *[len(OUTPUTS)] * ELSEWHERE, *[len(LEARNT_CLASSES)] * len(rhythms)]
    versions = zip([*real, *rhythms], most, strict=True)
    shown = [(beats, _some_beats(beats, classes, random)) for beats, classes in versions]
    return PatientRows(_rows(shown, model_features), _rows(shown[: len(real)], beat_shapes))


def _some_beats(beats: AlignedBeats, classes: int, random: np.random.Generator) -> np.ndarray:
    """Positions of at most so many beats of each of the first classes."""
    order = classifier.first_of_each_class(random.permutation(len(beats)), beats.aami_class)
    return order[beats.aami_class[order] < classes]


def _rows(
    shown: list[tuple[AlignedBeats, np.ndarray]], features: Callable[[AlignedBeats], np.ndarray]
) -> TrainingRows:
    """Features of versions of a patient, of the beats at the positions beside each."""
    return TrainingRows.joined(
        TrainingRows.of(beats, chosen, features(beats), number)
        for number, (beats, chosen) in enumerate(shown)
    )


def fit_networks(patients: Sequence[PatientRows], seed: int) -> "keras.Model":
    """Train both networks and put them into one, with an output of each."""
    student = _student(TrainingRows.joined(patient.features for patient in patients), seed)
    judge = _shape_judge(TrainingRows.joined(patient.shapes for patient in patients), seed)
    features = keras.Input((len(MODEL_FEATURES),), name="features")
    shapes = keras.Input((BEATS.leads, BEATS.shape_points, 2), name="shapes")
    outputs = [student(features), judge(shapes)]
    return keras.Model([features, shapes], outputs, name="heartbeats")


def _student(rows: TrainingRows, seed: int) -> "keras.Model":
    """Train a network to predict the probabilities of the trees from the features."""
    weights = rows.weights(TREE_CLASS_POWER)
    teacher = classifier.trees(seed).set_params(max_iter=TEACHER_ROUNDS)
    teacher.fit(rows.features, rows.classes, sample_weight=weights)
    taught = classifier.for_all_classes(teacher, rows.features).astype(np.float32)
    build = partial(relative_network, shown=rows.features, sizes=STUDENT_UNITS, noise=STUDENT_NOISE)
    student = NetworkClassifier(STUDENT_SCHEDULE, seed, build)
    return student.fit(rows.features, taught, sample_weight=weights).network_


def _shape_judge(rows: TrainingRows, seed: int) -> "keras.Model":
    """Train the network that sees shapes, a little different ones in each epoch."""
    random = np.random.default_rng(seed)
    keras.utils.set_random_seed(seed)
    network = shape_network(*rows.features.shape[2:], len(OUTPUTS))
    loss = "sparse_categorical_crossentropy"
    compile_network(network, SHAPE_SCHEDULE, len(rows.classes), loss)
    weights = rows.weights(classifier.NETWORK_CLASS_POWER)
    for epoch in range(SHAPE_SCHEDULE.epochs):
        order = random.permutation(len(rows.classes))
        network.fit(
            _varied(rows.features[order], random),
            rows.classes[order],
            sample_weight=weights[order],
            batch_size=SHAPE_SCHEDULE.batch_size,
            initial_epoch=epoch,
            epochs=epoch + 1,
            shuffle=False,
            verbose=0,
        )
    return network


def _varied(shapes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Turn leads over, move, stretch and blur shapes, (beats, leads, points, 2)."""
    beats, leads = shapes.shape[:2]
    changed = np.roll(shapes, random.integers(-SHIFT, SHIFT + 1), axis=2)
    changed = changed * random.choice(np.float32([-1, 1]), (beats, leads, 1, 1))
    changed *= np.exp(random.normal(0, 0.1, (beats, 1, 1, 1))).astype(np.float32)
    changed += random.normal(0, 0.1, changed.shape).astype(np.float32)
    return changed


def held_out_beats(content: bytes, names: Iterable[str]) -> pd.DataFrame:
    """Classify the detected beats of records that a model, an ONNX graph, was not trained on.

    One row per beat: ``record``, ``class`` (position in `OUTPUTS`) and the probabilities, not yet
    calibrated. Detections that are probably no beat are still in the rhythm of the others.
    """
    session, tables = trained_model.open_session(content), []
    for name in names:
        beats = aligned_beats(at_detected_beats(database.read(name)))
        probabilities = trained_model.agreed(trained_model.judged(session, beats), beats)
        columns = dict(zip(OUTPUTS, probabilities.T, strict=True))
        tables.append(pd.DataFrame({"record": name, "class": beats.aami_class, **columns}))
    return pd.concat(tables, ignore_index=True)


def best_calibration(held_out: pd.DataFrame) -> tuple[float, tuple[float, ...]]:
    """Temperature and biases, one for each output, with the least cross-entropy.

    With them, see `calibrated`, probabilities come true for patients that were held out.
    """
    probabilities, true = held_out[list(OUTPUTS)].to_numpy(), held_out["class"].to_numpy()

    def cross_entropy(values: np.ndarray) -> float:
        changed = calibrated(probabilities, np.exp(values[0]), (0.0, *values[1:]))
        return float(-np.log(np.maximum(changed[np.arange(len(true)), true], 1e-9)).mean())

    best = minimize(cross_entropy, np.zeros(len(OUTPUTS)), method="Powell").x
    return round(float(np.exp(best[0])), 4), (0.0, *(round(float(x), 4) for x in best[1:]))


def reliability(held_out: pd.DataFrame, temperature: float, bias: Sequence[float]) -> pd.DataFrame:
    """Compare probabilities with how often they came true, before and after the calibration.

    One row for each ``class`` and bin: whether ``calibrated``, where the bin starts (``from``),
    number of ``beats``, mean ``probability``, share of beats that are ``true``.
    """
    before, rows = held_out[list(OUTPUTS)].to_numpy(), []
    for after, table in ((False, before), (True, calibrated(before, temperature, bias))):
        for k, name in enumerate(LEARNT_CLASSES):
            true = (held_out["class"] == k).to_numpy()
            beats = pd.DataFrame({"probability": table[:, k], "true": true})
            for number, inside in beats.groupby(_bins(table[:, k])):
                rows.append((after, name, BINS[number], len(inside), *inside.mean()))
    columns = ["calibrated", "class", "from", "beats", "probability", "true"]
    return pd.DataFrame(rows, columns=columns)


def _bins(probabilities: np.ndarray) -> np.ndarray:
    """Return the number of the bin of each probability."""
    return np.clip(np.digitize(probabilities, BINS) - 1, 0, len(BINS) - 2)


def scores(held_out: pd.DataFrame, temperature: float, bias: Sequence[float]) -> dict[str, float]:
    """Summarise what the model reached on patients held out, at detected beats.

    The figures are those of `unseen_figures`, where what is no beat should be called Q. The
    ``calibration_error`` is the mean distance, in percentage points, between the probability of
    the most probable output and how often it was right.
    """
    probabilities = calibrated(held_out[list(OUTPUTS)].to_numpy(), temperature, bias)
    true, best = held_out["class"].to_numpy(), probabilities.max(axis=1)
    table = pd.DataFrame({"right": probabilities.argmax(axis=1) == true, "best": best})
    by_bin = table.groupby(_bins(best))
    apart = (by_bin["right"].mean() - by_bin["best"].mean()).abs()
    record = held_out["record"].to_numpy(dtype=str)
    figures = unseen_figures(
        true, trained_model.most_likely(probabilities), record, every_beat=True
    )
    figures["calibration_error"] = 100 * float(np.average(apart, weights=by_bin.size()))
    return {name: round(float(value), 3) for name, value in figures.items()}
