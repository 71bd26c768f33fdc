"""Making the model that comes with the package, from the embedded databases: `make model`.

Each patient is shown as recorded, as other recorders would have seen him, and in rhythms that he
did not have. How good the model is for patients it has not seen is measured on patients held out
of the training, of both databases. Its probabilities are calibrated there.
"""

import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import version

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from ecgutils import __version__, aami, database
from ecgutils.aami import LEARNT_CLASSES
from ecgutils.beats.aligned import aligned_beats
from ecgutils.files import write_csv
from ecgutils.io.record import Record
from ecgutils.learning.splits import patient_folds
from ecgutils.parallel import in_parallel
from ecgutils.paths import FIGURES_DIR
from ecgutils.scoring.patients import unseen_figures
from ecgutils.unseen import trained_model
from ecgutils.unseen.classifier import (
    TrainingRows,
    UnseenMethod,
    grown_trees,
    in_other_rhythms,
    rows_of_versions,
)
from ecgutils.unseen.onnx_export import to_onnx
from ecgutils.unseen.other_recorders import as_recorded_elsewhere, at_detected_beats
from ecgutils.unseen.trained_model import OUTPUTS, ModelCard, TrainedModel, calibrated

MITDB_RECORDS = tuple(sorted((*aami.DS1, *aami.DS2)))
"""Every record in which a heart sets its own beat."""

SVDB_RECORDS = tuple(database.record_names(database.SVDB))

RECORDS = {"mitdb": MITDB_RECORDS, "svdb": SVDB_RECORDS}
"""Records of patients that the model learns from, by database."""

BOTH = "both"
"""What tables call the records of all databases together."""

SEED = 1

FOLDS = 5
"""Parts of the patients; each is held out once."""

ELSEWHERE = 2
"""Other recorders that each patient is shown with."""

LIBRARIES = ("onnx", "scikit-learn")
"""What a model is trained and stored with."""

BINS = np.linspace(0, 1, 11)
"""Borders of the probabilities that are compared with how often they came true."""


def make_model() -> ModelCard:
    """Train the model on all records and store it, with the table of its reliability."""
    model, held_out = train([*MITDB_RECORDS, *SVDB_RECORDS])
    table = reliability_by_database(held_out, model.card.temperature, model.card.bias)
    write_csv(FIGURES_DIR / "reliability_study.csv", table, "%.6g", index=False)
    return trained_model.save_model(model.content, model.card)


def read_patient(name: str) -> Record:
    """Read a record of one of the databases that the model learns from."""
    return database.read(name, database.SVDB if name in SVDB_RECORDS else database.MITDB)


def train(records: Sequence[str]) -> tuple[TrainedModel, pd.DataFrame]:
    """Train on all of some records, and on parts of them to be tested on the others.

    Return the model, and the beats of all records held out, see `held_out_beats`.
    """
    rows = dict(in_parallel(_rows_job, [(name,) for name in records]))
    folds = folds_of_both({name: rows[name].classes for name in records})
    jobs = [([rows[n] for n in records if n not in fold], fold) for fold in ((), *folds)]
    found = dict(in_parallel(_training_job, jobs))
    held_out = pd.concat([found[fold] for fold in folds], ignore_index=True)
    return TrainedModel(found[()], _card(records, held_out)), held_out


def folds_of_both(classes: dict[str, np.ndarray]) -> list[tuple[str, ...]]:
    """Deal the records of each database out into folds, and put them together."""
    of_databases = [
        patient_folds({name: classes[name] for name in names if name in classes}, FOLDS, SEED)
        for names in RECORDS.values()
        if not classes.keys().isdisjoint(names)
    ]
    return [sum(parts, ()) for parts in zip(*of_databases, strict=True)]


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
        scores_by_database={
            name: scores(beats, temperature, bias)
            for name, beats in by_database(held_out).items()
            if name != BOTH
        },
        made_with={"python": platform.python_version(), **libraries},
        sha256="",
    )


def _rows_job(name: str) -> tuple[str, TrainingRows]:
    return name, patient_rows(name)


def _training_job(
    patients: list[TrainingRows], fold: tuple[str, ...]
) -> tuple[tuple[str, ...], pd.DataFrame | bytes]:
    """Train without a fold and test on it; of no fold, return the model as ONNX."""
    content = to_onnx(grown_trees(TrainingRows.joined(patients), SEED))
    return fold, held_out_beats(content, fold) if fold else content


def patient_rows(name: str) -> TrainingRows:
    """Show a patient as he was recorded, as others would have recorded him, in other rhythms."""
    random = np.random.default_rng([SEED, int(name)])
    record = read_patient(name)
    noises = [_noise(noise, record.fs) for noise in ("bw", "em", "ma")]
    elsewhere = [as_recorded_elsewhere(record, noises, random) for _ in range(ELSEWHERE)]
    real = [aligned_beats(shown) for shown in (at_detected_beats(record), *elsewhere)]
    versions = [*real, *in_other_rhythms(real, UnseenMethod(), random)]
    return rows_of_versions(versions, random, detected=len(real))


def _noise(name: str, fs: float) -> np.ndarray:
    """Read recorded noise in mV, at a sampling frequency in Hz; shape (samples,)."""
    return database.read(name, database.NSTDB, None).only([0]).resampled(fs).p_signal[:, 0]


def held_out_beats(content: bytes, names: Iterable[str]) -> pd.DataFrame:
    """Classify the detected beats of records that a model, an ONNX graph, was not trained on.

    One row per beat: ``record``, its ``hours``, ``class`` (position in `OUTPUTS`) and the
    probabilities, not yet calibrated. Detections that are probably no beat are still in the rhythm
    of the others.
    """
    session, tables = trained_model.open_session(content), []
    for name in names:
        record = read_patient(name)
        beats = aligned_beats(at_detected_beats(record))
        probabilities = trained_model.agreed(trained_model.judged(session, beats), beats)
        columns = dict(zip(OUTPUTS, probabilities.T, strict=True))
        known = {"record": name, "hours": record.duration / 3600, "class": beats.aami_class}
        tables.append(pd.DataFrame(known | columns))
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


def reliability_by_database(
    held_out: pd.DataFrame, temperature: float, bias: Sequence[float]
) -> pd.DataFrame:
    """Put the tables of :func:`reliability` of each ``database``, and of both, together."""
    tables = [
        reliability(beats, temperature, bias).assign(database=title)
        for title, beats in by_database(held_out).items()
    ]
    return pd.concat(tables, ignore_index=True)


def by_database(held_out: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Divide beats held out by the database that they come from; :data:`BOTH` comes first."""
    parts = {name: held_out[held_out["record"].isin(names)] for name, names in RECORDS.items()}
    return {BOTH: held_out} | {name: beats for name, beats in parts.items() if len(beats)}


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

    The figures are those of `unseen_figures`, where what is no beat should be called Q. False
    alarms are beats called S or V, by the hour, that are neither that nor F called V. The
    ``calibration_error`` is the mean distance, in percentage points, between the probability of
    the most probable output and how often it was right.
    """
    probabilities = calibrated(held_out[list(OUTPUTS)].to_numpy(), temperature, bias)
    true, best = held_out["class"].to_numpy(), probabilities.max(axis=1)
    table = pd.DataFrame({"right": probabilities.argmax(axis=1) == true, "best": best})
    by_bin = table.groupby(_bins(best))
    apart = (by_bin["right"].mean() - by_bin["best"].mean()).abs()
    record = held_out["record"].to_numpy(dtype=str)
    called = trained_model.most_likely(probabilities)
    figures = unseen_figures(true, called, record, every_beat=True)
    hours = held_out.groupby("record")["hours"].first().sum()
    s, v, f = (OUTPUTS.index(name) for name in "SVF")
    figures["false_S_per_hour"] = ((called == s) & (true != s)).sum() / hours
    figures["false_V_per_hour"] = ((called == v) & ~np.isin(true, [v, f])).sum() / hours
    figures["calibration_error"] = 100 * float(np.average(apart, weights=by_bin.size()))
    # What is never said has no +P.
    return {name: round(float(value), 3) for name, value in figures.items() if np.isfinite(value)}
