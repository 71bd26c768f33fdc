"""Annotations of all records whose rhythms differ from the reference's, as in `golden/wfdb`."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from ecgutils.database.embedded import record_names
from ecgutils.io.record import Annotations
from ecgutils.io.wfdb_annotations import read_annotations
from ecgutils.paths import MITDB_DIR
from tests.helpers.bxb import GOLDEN as BXB

GOLDEN = Path(__file__).parents[1] / "golden" / "wfdb"

LATER_S = 2


@cache
def golden_pairs() -> tuple[tuple[Annotations, Annotations], ...]:
    """Reference and test of each record."""
    pairs = []
    for name in record_names():
        reference = read_annotations(name, MITDB_DIR)
        beats = read_annotations(name, BXB, "tst", header_directory=MITDB_DIR)
        pairs.append((reference, with_moved_rhythms(beats, reference)))
    return tuple(pairs)


def with_moved_rhythms(test: Annotations, reference: Annotations) -> Annotations:
    """Add the rhythms of the reference to beats: every fifth is left out, others come later."""
    rhythms = reference[np.isin(reference.symbol, list("+[]"))]
    number = np.arange(len(rhythms))
    later = number % 4 * LATER_S * int(reference.fs)
    moved = replace(rhythms, sample=(rhythms.sample + later).clip(0, reference.sig_len - 1))
    parts = (moved[number % 5 != 3], test)
    names = ("sample", "symbol", "subtype", "aux")
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    together = replace(test, **columns)
    return together[np.argsort(together.sample, kind="stable")]
