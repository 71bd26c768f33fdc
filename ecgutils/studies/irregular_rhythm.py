"""How much atrial fibrillation is found in patients on whom the rule was not chosen.

The cardiologists' rhythms of the MIT-BIH Arrhythmia Database are compared, by time, with what is
marked at detected beats. Only ``(AFIB`` is fibrillation. Flutter ``(AFL`` counts as another rhythm
when it is scored, although its intervals may be as irregular; limits are chosen without it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd

from ecgutils import database
from ecgutils.beats.aligned import aligned_beats
from ecgutils.beats.irregularity import LONGEST_RR_S, WINDOW, irregularity
from ecgutils.database.embedded import record_names
from ecgutils.files import write_csv
from ecgutils.io.record import Record
from ecgutils.parallel import in_parallel
from ecgutils.recordings.classified import classify
from ecgutils.recordings.irregular import irregular_beats, irregular_stretches, readable
from ecgutils.scoring.ec57_tables import GROSS

FIBRILLATION, FLUTTER = "(AFIB", "(AFL"

SAME_PATIENT = {"202": "201"}
"""Records of a patient who has another one."""

LEAST_SP = 98.75
"""% of the time of other rhythms that the chosen limits leave unmarked."""

ANY = (np.inf,)


@dataclass(frozen=True)
class Choice:
    """What fibrillation is recognised by; the limits are those that were tried."""

    window: int = WINDOW
    disorder: str = "entropy"
    least_disorder: tuple[float, ...] = tuple(np.arange(0.4, 2.0, 0.05).round(2))
    most_coherence: tuple[float, ...] = tuple(np.arange(0.06, 0.42, 0.02).round(2))


_RMSSD = tuple(np.arange(0.02, 1.0, 0.01).round(2))

CHOICES = {
    "entropy and P waves": Choice(),
    "entropy": Choice(most_coherence=ANY),
    "P waves": Choice(least_disorder=(-np.inf,)),
    "RMSSD": Choice(disorder="RMSSD", least_disorder=_RMSSD, most_coherence=ANY),
    "RMSSD and P waves": Choice(disorder="RMSSD", least_disorder=_RMSSD),
    "entropy and P waves, 20 intervals": Choice(20),
    "entropy and P waves, 40 intervals": Choice(40),
    "entropy and P waves, 60 intervals": Choice(60),
}
"""The first one is in force. RMSSD is that of the logarithms of the intervals."""

SECONDS = ("AFIB", "AFL", "other", "marked", "AFIB_marked", "AFL_marked")

LIMITS = ("least_disorder", "most_coherence")


def run_study(folder: Path) -> None:
    """Store the seconds of each record, as the first choice marks them, and all choices' figures.

    Every record is marked by limits that were chosen on the records of other patients.
    """
    judged = in_parallel(_judged, [(name,) for name in record_names()])
    store({name: rest for name, *rest in sorted(judged, key=itemgetter(0))}, folder)


def store(records: dict[str, tuple], folder: Path) -> None:
    """Store both tables of :func:`run_study`."""
    tables = {title: held_out_table(records, choice) for title, choice in CHOICES.items()}
    by_record = next(iter(tables.values())).copy()
    by_record.loc[GROSS] = by_record[list(SECONDS)].sum()
    write_csv(folder / "irregular_rhythm.csv", by_record, "%.2f")
    write_csv(folder / "irregular_rhythm_choices.csv", _summary(records, tables), "%.2f")


def _summary(records: dict[str, tuple], tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Figures of each choice, held out, and the limits that all records together choose."""
    rows = {
        title: figures(table)
        | dict(zip(LIMITS, chosen_limits(records, CHOICES[title]), strict=True))
        for title, table in tables.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("choice")


def figures(table: pd.DataFrame) -> dict[str, float]:
    """Se and Sp in %: of all the time, Sp also without flutter, and averages over patients.

    A patient counts in an average who has at least a minute of what it is about.
    """
    total = table[list(SECONDS)].sum()
    patients = table[list(SECONDS)].groupby(_patient).sum()
    average = {
        "Se_patients": _se(patients[patients["AFIB"] >= 60]).mean(),
        "Sp_patients": _sp(patients[patients["AFL"] + patients["other"] >= 60]).mean(),
    }
    without = total["marked"] - total["AFIB_marked"] - total["AFL_marked"]
    sp_without = 100 * (1 - without / total["other"])
    return {"Se": _se(total), "Sp": _sp(total), "Sp_without_AFL": sp_without, **average}


def held_out_table(records: dict[str, tuple], choice: Choice) -> pd.DataFrame:
    """Mark each record by limits chosen on other patients: the `SECONDS`, and these limits."""
    beats = {name: _chosen_evidence(judged, choice) for name, (judged, *_) in records.items()}
    tried = {name: _tried(own, choice) for name, own in beats.items()}
    rows = {}
    for name, (_, rhythms, duration) in records.items():
        others = [tried[other] for other in records if _patient(other) != _patient(name)]
        least, most = limits = _best(sum(others), choice)
        own = beats[name]
        irregular = irregular_beats(own, own["doubtful"].to_numpy(), least, most)
        marked = irregular_stretches(own["time_s"].to_numpy(), irregular, duration)
        rows[name] = dict(
            zip((*SECONDS, *LIMITS), (*_seconds(marked, rhythms), *limits), strict=True)
        )
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("record")


def chosen_limits(records: dict[str, tuple], choice: Choice) -> tuple[float, float]:
    """Choose the limits on all records."""
    tried = [_tried(_chosen_evidence(judged, choice), choice) for judged, *_ in records.values()]
    return _best(sum(tried), choice)


def _judged(name: str) -> tuple[str, dict[int, pd.DataFrame], pd.DataFrame, float]:
    """Judge the detected beats of a record by each window; and its rhythms, and its duration."""
    record = database.read(name)
    rhythms = _rhythms(record)
    classified = classify(record.without_annotations())
    samples, classes = (classified.beats[key].to_numpy() for key in ("sample", "class"))
    beats = aligned_beats(classified.recording.with_beats(samples))
    conducted = np.isin(classes, ["N", "S"])
    common = pd.DataFrame({"time_s": samples / record.fs, "doubtful": classes == "Q"})
    common["rr"] = np.where(beats.rr < LONGEST_RR_S, beats.rr, 0)
    last = np.searchsorted(rhythms["start_s"], common["time_s"] - common["rr"] / 2, "right") - 1
    common["rhythm"] = rhythms["rhythm"].to_numpy()[last.clip(0)]
    judged = {}
    for window in {choice.window for choice in CHOICES.values()}:
        measures = irregularity(beats, conducted, window)
        log_rr = pd.Series(np.log(beats.rr)).where(measures["entropy"].notna())
        around = log_rr.diff().pow(2).rolling(window, center=True, min_periods=window // 3)
        judged[window] = common.assign(**measures, RMSSD=np.sqrt(around.mean()))
    return name, judged, rhythms, record.duration


def _rhythms(record: Record) -> pd.DataFrame:
    """Stretches as the cardiologists name them: ``start_s``, ``stop_s``, ``rhythm``."""
    own = record.annotations
    changes = own[(own.symbol == "+") & np.char.startswith(own.aux.astype(str), "(")]
    start = changes.sample / record.fs
    stop = np.append(start[1:], record.duration)
    return pd.DataFrame({"start_s": start, "stop_s": stop, "rhythm": changes.aux})


def _chosen_evidence(judged: dict[int, pd.DataFrame], choice: Choice) -> pd.DataFrame:
    beats = judged[choice.window]
    return beats.assign(entropy=beats[choice.disorder])


def _tried(beats: pd.DataFrame, choice: Choice) -> np.ndarray:
    """Seconds of fibrillation and of other rhythms that each pair of limits marks.

    Shape (2, limits of disorder + 1, limits of coherence); the last row is all there is.
    """
    rr = np.where(readable(beats["doubtful"].to_numpy()), beats["rr"], 0)
    disorder = beats["entropy"].to_numpy() >= np.array(choice.least_disorder)[:, None]
    coherent = beats["coherence"].to_numpy() <= np.array(choice.most_coherence)[:, None]
    fibrillates = (beats["rhythm"] == FIBRILLATION).to_numpy()
    other = ~fibrillates & (beats["rhythm"] != FLUTTER).to_numpy()
    tried = [(disorder * rr * kind) @ coherent.T for kind in (fibrillates, other)]
    whole = [np.full((1, len(coherent)), beats["rr"][kind].sum()) for kind in (fibrillates, other)]
    return np.concatenate([tried, whole], axis=1)


def _best(tried: np.ndarray, choice: Choice) -> tuple[float, float]:
    """Find the limits that mark most fibrillation and leave :data:`LEAST_SP` of others unmarked."""
    (found, wrong), (_, whole) = tried[:, :-1], tried[:, -1, 0]
    found = np.where(wrong <= (1 - LEAST_SP / 100) * whole, found, -1)
    row, column = np.unravel_index(found.argmax(), found.shape)
    return choice.least_disorder[row], choice.most_coherence[column]


def _patient(name: str) -> str:
    return SAME_PATIENT.get(name, name)


def _seconds(marked: pd.DataFrame, rhythms: pd.DataFrame) -> Iterable[float]:
    """Sum up the `SECONDS` of one record."""
    is_kind = [rhythms["rhythm"] == FIBRILLATION, rhythms["rhythm"] == FLUTTER]
    kinds = [rhythms[kind] for kind in (*is_kind, ~is_kind[0] & ~is_kind[1])]
    lasting = [(kind["stop_s"] - kind["start_s"]).sum() for kind in kinds]
    total = (marked["stop_s"] - marked["start_s"]).sum()
    return [*lasting, total, *(_overlap(marked, kind) for kind in kinds[:2])]


def _overlap(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Seconds that the stretches of two tables have in common."""
    start = np.maximum.outer(one["start_s"].to_numpy(), other["start_s"].to_numpy())
    stop = np.minimum.outer(one["stop_s"].to_numpy(), other["stop_s"].to_numpy())
    return float(np.maximum(stop - start, 0).sum())


def _se(seconds: pd.DataFrame | pd.Series) -> pd.Series | float:
    return 100 * seconds["AFIB_marked"] / seconds["AFIB"]


def _sp(seconds: pd.DataFrame | pd.Series) -> pd.Series | float:
    wrong = seconds["marked"] - seconds["AFIB_marked"]
    return 100 * (1 - wrong / (seconds["AFL"] + seconds["other"]))
