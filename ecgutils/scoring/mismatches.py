"""Every beat on which two annotation files differ: as a table, and as annotations to look at."""

import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ecgutils.scoring.ec57 import Comparison
from ecgutils.scoring.scorable import Label

if TYPE_CHECKING:
    import pandas as pd

ANNOTATOR = "bxb"
"""Suffix of the annotation files, as `bxb -o` calls them."""

_LETTERS = np.array([label.name for label in Label])


def mismatch_table(comparison: Comparison) -> "pd.DataFrame":
    """List the beats of a record on which its annotation files differ.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    pandas.DataFrame
        One row per pair that differs, in order of time. Columns ``record``, ``time_s``; the labels
        ``reference`` and ``test``, of which O and X (in a shutdown) stand for no beat;
        ``reference_sample`` and ``test_sample`` (Int64), missing where there is no beat.
    """
    import pandas as pd

    labels, samples = comparison.labels, _samples(comparison)
    differ = (labels[:, 0] >= 0) & (labels[:, 0] != labels[:, 1])
    labels, samples = labels[differ], samples[differ]
    there = np.where(labels[:, 1] < Label.O, samples[:, 1], samples[:, 0])
    columns = {
        "record": comparison.record_name,
        "time_s": there / comparison.fs,
        "reference": _LETTERS[labels[:, 0]],
        "test": _LETTERS[labels[:, 1]],
    }
    for k, name in enumerate(("reference", "test")):
        sample = pd.Series(samples[:, k], dtype="Int64")
        columns[f"{name}_sample"] = sample.where(labels[:, k] < Label.O)
    return pd.DataFrame(columns)


def mismatch_annotations(comparison: Comparison) -> bytes:
    """Return a WFDB annotation file to look at in a viewer, as `bxb -o` writes it.

    Where both files agree, it holds the annotation of the test. Where they differ, there is a note
    such as ``Nv``: the reference has N, the test V.

    Parameters
    ----------
    comparison : Comparison

    Returns
    -------
    bytes
    """
    import wfdb

    scored = comparison.labels[:, 0] >= 0
    labels, samples = comparison.labels[scored], _samples(comparison)[scored]
    # What the test has is shown where the test has it. Notes at sample 0 would define something.
    sample = np.maximum(np.where(labels[:, 1] < Label.O, samples[:, 1], samples[:, 0]), 1)
    agree = labels[:, 0] == labels[:, 1]
    notes = np.char.add(_LETTERS[labels[:, 0]], np.char.lower(_LETTERS[labels[:, 1]]))
    symbols = np.append(comparison.test.symbol, '"')[comparison.pairs[scored, 1]]
    order = np.argsort(sample, kind="stable")
    if not len(order):
        return b"\0\0"
    symbols, notes = np.where(agree, symbols, '"')[order], np.where(agree, "", notes)[order]
    # wfdb only writes into folders, and allows few characters in names.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(action="ignore"):
        wfdb.wrann(
            *("beats", ANNOTATOR, sample[order], symbols.tolist()),
            aux_note=notes.tolist(),
            fs=comparison.fs,
            write_dir=folder,
        )
        return (Path(folder) / f"beats.{ANNOTATOR}").read_bytes()


def _samples(comparison: Comparison) -> np.ndarray:
    """Return where the beats of each pair lie, shape (pairs, 2); anywhere where there is none."""
    both = zip((comparison.reference, comparison.test), comparison.pairs.T, strict=True)
    return np.stack([np.append(beats.sample, 0)[k] for beats, k in both], axis=1)
