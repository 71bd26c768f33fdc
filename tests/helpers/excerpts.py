"""Short recordings cut from real ones."""

import warnings
from pathlib import Path

import numpy as np
import wfdb

from ecgutils import database

SECONDS = 20


def write_excerpt(
    directory: Path, name: str, record_name: str = "100", seconds: float = SECONDS
) -> Path:
    """Write the first seconds of a record, with its annotations, and return the header."""
    directory.mkdir(parents=True, exist_ok=True)
    record = database.read(record_name)
    samples = round(seconds * record.fs)
    within = record.annotations.sample < samples
    with warnings.catch_warnings():
        # wfdb uses what pandas will drop one day.
        warnings.simplefilter("ignore")
        wfdb.wrsamp(
            name,
            record.fs,
            ["mV"] * len(record.sig_name),
            list(record.sig_name),
            record.p_signal[:samples],
            fmt=["16"] * len(record.sig_name),
            write_dir=str(directory),
        )
        write_annotations(
            directory / name,
            record.annotations.sample[within],
            record.annotations.symbol[within].tolist(),
        )
    return directory / f"{name}.hea"


def write_annotations(record: Path, sample: np.ndarray, symbol: list[str]) -> None:
    """Write annotations beside a record."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wfdb.wrann(record.name, "atr", sample, symbol, write_dir=str(record.parent))


def write_csv(path: Path, signal: np.ndarray) -> Path:
    """Write one lead, in mV, as text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, signal, fmt="%.4g", header="II (mV)", comments="")
    return path
