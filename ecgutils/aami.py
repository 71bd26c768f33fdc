"""The five AAMI heartbeat classes and the standard division of the records.

Tables only, each with its source; nothing here touches a signal.
"""

import numpy as np

from ecgutils.errors import EcgError

CLASSES = ("N", "S", "V", "F", "Q")
"""AAMI classes in the order used by every array of this package."""

LEARNT_CLASSES = CLASSES[:4]
"""Classes that can be learnt; unclassifiable beats have nothing in common."""

CLASS_NAMES = {
    "N": "normal and bundle branch block",
    "S": "supraventricular ectopic",
    "V": "ventricular ectopic",
    "F": "fusion of ventricular and normal",
    "Q": "paced or unclassifiable",
}
"""What each class stands for (ANSI/AAMI EC57, table 4)."""

_BEATS = {
    "N": ("N", "normal"),
    "L": ("N", "left bundle branch block"),
    "R": ("N", "right bundle branch block"),
    "e": ("N", "atrial escape"),
    "j": ("N", "nodal escape"),
    "A": ("S", "atrial premature"),
    "a": ("S", "aberrated atrial premature"),
    "J": ("S", "nodal premature"),
    "S": ("S", "supraventricular premature"),
    "V": ("V", "premature ventricular contraction"),
    "E": ("V", "ventricular escape"),
    "F": ("F", "fusion of ventricular and normal"),
    "/": ("Q", "paced"),
    "f": ("Q", "fusion of paced and normal"),
    "Q": ("Q", "unclassifiable"),
}
"""PhysioNet beat annotation to AAMI class and PhysioNet's own words (physionet.org)."""

SYMBOL_TO_CLASS = {symbol: name for symbol, (name, _) in _BEATS.items()}
"""PhysioNet beat annotation to AAMI class.

Source: de Chazal et al., IEEE Trans Biomed Eng 51:1196 (2004),
doi 10.1109/TBME.2004.827359, table I. Escape beats (``e``, ``j``) are N there,
while PhysioNet's ``bxb`` counts them as S.
"""

SYMBOL_NAMES = {symbol: words for symbol, (_, words) in _BEATS.items()}
"""PhysioNet's own words for its beat annotations (physionet.org annotation codes)."""

BEAT_SYMBOLS = tuple(SYMBOL_TO_CLASS)
"""Annotation symbols that mark a heartbeat; all others mark rhythm, noise or comments."""

PACED = ("102", "104", "107", "217")
"""Records with paced beats; AAMI asks that they be left out of inter-patient results."""

DS1 = (
    *("101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122"),
    *("124", "201", "203", "205", "207", "208", "209", "215", "220", "223", "230"),
)
"""Training records of de Chazal et al. (2004)."""

DS2 = (
    *("100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210"),
    *("212", "213", "214", "219", "221", "222", "228", "231", "232", "233", "234"),
)
"""Test records of de Chazal et al. (2004). Record 202 is the same person as 201 in DS1."""

QUICK_RECORDS = ("104", "119", "208", "209", "213", "232")
"""Six records that together hold all five classes, for a trial run."""


def is_beat(symbols: np.ndarray) -> np.ndarray:
    """Tell heartbeats from the other annotations.

    Parameters
    ----------
    symbols : array of str, shape (annotations,)
        PhysioNet annotation symbols.

    Returns
    -------
    array of bool, shape (annotations,)

    Examples
    --------
    >>> from ecgutils.aami import is_beat
    >>> is_beat(["N", "+", "V"]).tolist()
    [True, False, True]
    """
    return np.isin(symbols, BEAT_SYMBOLS)


def to_classes(symbols: np.ndarray) -> np.ndarray:
    """Translate beat annotations to AAMI classes.

    Parameters
    ----------
    symbols : array of str, shape (beats,)
        PhysioNet beat annotations, see :data:`SYMBOL_TO_CLASS`.

    Returns
    -------
    array of int8, shape (beats,)
        Positions in :data:`CLASSES`.

    Raises
    ------
    EcgError
        If a symbol does not mark a beat.

    Examples
    --------
    >>> from ecgutils.aami import CLASSES, to_classes
    >>> [CLASSES[k] for k in to_classes(["N", "L", "A", "E", "/"])]
    ['N', 'N', 'S', 'V', 'Q']
    """
    symbols = np.asarray(symbols, dtype=str)
    classes = np.full(symbols.shape, -1, dtype=np.int8)
    for symbol, name in SYMBOL_TO_CLASS.items():
        classes[symbols == symbol] = CLASSES.index(name)
    if (classes < 0).any():
        unknown = ", ".join(map(repr, np.unique(symbols[classes < 0])))
        raise EcgError(f"{unknown} marks no heartbeat; beats are marked {' '.join(BEAT_SYMBOLS)}")
    return classes


def class_counts(classes: np.ndarray) -> dict[str, int]:
    """Count the beats of each class.

    Parameters
    ----------
    classes : array of int, shape (beats,)
        Positions in :data:`CLASSES`.

    Returns
    -------
    dict of str to int
        One entry for each of the five classes, in their order.

    Examples
    --------
    >>> from ecgutils.aami import class_counts
    >>> class_counts([0, 0, 2])
    {'N': 2, 'S': 0, 'V': 1, 'F': 0, 'Q': 0}
    """
    counts = np.bincount(classes, minlength=len(CLASSES))
    return dict(zip(CLASSES, counts.tolist(), strict=True))
