"""Heart rate, measurement by measurement, as ANSI/AAMI EC57 asks and `mxm` does it.

EC57 leaves it to the evaluator how a heart rate is had from reference annotations. Here it is the
mean rate of the last three RR intervals, as in `refhr`, the example that WFDB comes with.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecgutils.errors import EcgError
from ecgutils.io.record import Annotations
from ecgutils.scoring.conventions import lines_to_text, scored_samples
from ecgutils.scoring.ec57 import LEARNING_PERIOD
from ecgutils.scoring.ec57_tables import AVERAGE, GROSS
from ecgutils.scoring.matching import NEVER
from ecgutils.scoring.scorable import SYMBOLS

INTERVALS = 3
"""RR intervals that a heart rate is the mean of."""

DIGITS = 6
"""Digits of a heart rate in an annotation file, as `refhr` writes it."""

COLUMNS = ("Measurements", "RMS error (%)", "Mean reference")
"""Pairs of measurements, their root mean square difference in % of the mean of the reference, and
that mean, in beats per minute."""


@dataclass(frozen=True, eq=False)
class HeartRateScore:
    """What became of the heart rates of one record."""

    record_name: str
    # Pairs of measurements, the sum of their squared differences, that of the reference's.
    sums: tuple[float, float, float]
    # What `mxm` has in their place, see `score_heart_rate`.
    mxm_sums: tuple[float, float, float]


def score_heart_rate(
    reference: Annotations,
    test: Annotations,
    start: float = LEARNING_PERIOD,
    end: float | None = None,
) -> HeartRateScore:
    """Compare the heart rates in two sets of annotations of one recording.

    Each measurement of the test is compared with the nearest one of the reference. They are
    measurements of type 0 where a file has any (``=``), else :func:`heart_rates`.

    Parameters
    ----------
    reference, test : Annotations
    start, end : float
        Where scoring starts and ends, in s; by default it goes on to the end.

    Returns
    -------
    HeartRateScore

    Raises
    ------
    EcgError
        If a measurement is not a number.

    Notes
    -----
    `mxm` has three oddities, which :func:`heart_rates_as_text` repeats and
    :func:`heart_rate_table` does not. It divides by the number of all measurements of the test,
    those before `start` among them. It compares what comes before half of the time to the first
    measurement of the reference with a heart rate of zero. And it compares the last two once more
    where the test ends first.

    Examples
    --------
    >>> from ecgutils.io.record import Annotations
    >>> reference = Annotations.at("1", 360.0, 9000, range(0, 3600, 360), "N")
    >>> test = Annotations.at("1", 360.0, 9000, range(0, 3600, 360), "N")
    >>> score_heart_rate(reference, test, start=0).sums
    (7.0, 0.0, 420.0)
    """
    first, last = scored_samples(reference, start, end)
    (ours, values), (theirs, tested) = map(measurements, (reference, test))
    if not len(ours) or not len(theirs):
        return HeartRateScore(reference.name, (0.0, 0.0, 0.0), (len(theirs), 0.0, 0.0))
    ours, values = np.array([-1, *ours, NEVER]), np.array([0.0, *values, values[-1]])
    learning = np.searchsorted(theirs, first)
    theirs, tested = np.append(theirs[learning:], NEVER), np.append(tested[learning:], tested[-1])
    following = np.searchsorted(ours, theirs)
    # One more is compared while one of the files has not come to its end.
    pairs = int(((theirs <= last) | (np.append(-1, ours[following[:-1]]) <= last)).sum())
    following, times = following[:pairs], theirs[:pairs]
    nearest = following - (times - ours[following - 1] < ours[following] - times)
    measured = int(learning) + min(len(theirs) - 1, pairs + 1)
    rates, tested = values[nearest], tested[:pairs]
    paired = np.maximum(nearest, 1)[times < NEVER]
    return HeartRateScore(
        reference.name,
        sums=_sums(values[paired], tested[times < NEVER]),
        mxm_sums=(measured, *_sums(rates, tested)[1:]),
    )


def _sums(reference: np.ndarray, test: np.ndarray) -> tuple[float, float, float]:
    """Count pairs, sum up their squared differences and the reference."""
    # Added one by one as `mxm` does, since its last digits depend on it.
    columns = np.cumsum([np.ones(len(test)), (reference - test) ** 2, reference], axis=1)
    return tuple(columns[:, -1].tolist()) if len(test) else (0.0, 0.0, 0.0)


def measurements(marks: Annotations) -> tuple[np.ndarray, np.ndarray]:
    """Return samples and values of the heart rates in a file, both of shape (measurements,)."""
    own = marks[(marks.symbol == "=") & (marks.subtype == 0)]
    if not len(own):
        return heart_rates(marks)
    values = np.array([_number(note, marks.name) for note in own.aux])
    return own.sample, values


def _number(note: str, name: str) -> float:
    """Read a measurement."""
    try:
        value = float(note)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise EcgError(f"{name}: {note!r} is marked as a heart rate; write a number there")
    return value


def heart_rates(marks: Annotations) -> tuple[np.ndarray, np.ndarray]:
    """Measure the heart rate at each beat, but the first three.

    Returns
    -------
    sample : ndarray of int, shape (measurements,)
        The samples after the beats, where WFDB has place for a second annotation.
    rate : ndarray of float, shape (measurements,)
        Beats per minute, to six digits.

    Examples
    --------
    >>> from ecgutils.io.record import Annotations
    >>> beats = Annotations.at("1", 250.0, 9000, [100, 350, 600, 850, 1000], "N")
    >>> [column.tolist() for column in heart_rates(beats)]
    [[851, 1001], [60.0, 69.2308]]
    """
    beats = marks.sample[np.isin(marks.symbol, list("".join(SYMBOLS.values())))]
    lasting = beats[INTERVALS:] - beats[:-INTERVALS]
    known = lasting > 0
    rate = 60 * INTERVALS * marks.fs / lasting[known]
    scale = 10 ** (DIGITS - 1 - np.floor(np.log10(rate)))
    return beats[INTERVALS:][known] + 1, np.rint(rate * scale) / scale


def heart_rate_table(scores: Sequence[HeartRateScore]) -> pd.DataFrame:
    """Put the scores of records into one table.

    Parameters
    ----------
    scores : sequence of HeartRateScore
        At least one.

    Returns
    -------
    pandas.DataFrame
        One row per record; ``Gross``, all measurements pooled; ``Average``, the mean of the
        records for which a figure is defined. Columns: :data:`COLUMNS`.
    """
    sums = [score.sums for score in scores]
    rows = np.array([_figures(*own) for own in (*sums, np.sum(sums, axis=0))])
    average = [np.nan, *pd.DataFrame(rows[:-1, 1:]).mean()]
    index = pd.Index([*(score.record_name for score in scores), GROSS, AVERAGE], name="Record")
    table = pd.DataFrame(np.vstack([rows, average]), index, COLUMNS)
    return table.astype({COLUMNS[0]: "Int64"})


def _figures(pairs: float, squares: float, reference: float) -> tuple[float, float, float]:
    """Return the figures of `COLUMNS`."""
    if not reference:
        return pairs, math.nan, math.nan
    return pairs, 100 * math.sqrt(squares * pairs) / reference, reference / pairs


def heart_rates_as_text(scores: Sequence[HeartRateScore]) -> str:
    """Lay scores out as `mxm -L` and `sumstats` print them, and tell the figures of all together.

    The last line is not theirs: it has no part in the oddities of `mxm`, see
    :func:`score_heart_rate`.
    """
    lines = ["(Measurement errors)", "Measurement 0"]
    lines.append("Record\tRMS error (%)\tMean reference measurement")
    figures = [_figures(*score.mxm_sums)[1:] for score in scores]
    printed = [(f"{error:7.4f}", f"{mean:g}") for error, mean in figures]
    for score, own in zip(scores, printed, strict=True):
        lines.append(f"{score.record_name:>6}\t" + "\t\t".join(own).replace("nan", "-"))
    known = [list(map(float, own)) for own in printed if "nan" not in own]
    error, mean = np.mean(known, axis=0) if known else (math.nan, math.nan)
    lines += ["_" * 50, f"{AVERAGE} {error:7.4f}\t\t{mean:g}".replace("nan", "-")]
    gross = heart_rate_table(scores).iloc[-2]
    told = "{:.0f} measurements compared, root mean square error {:.2f} % of a mean of {:.2f}\n"
    return lines_to_text(lines, len(scores)) + told.format(*gross)
