"""Signals in files of MATLAB and Octave, of versions 4, 5 and 7.3."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.files import read_bytes
from ecgutils.io import guards
from ecgutils.io.channels import choose_leads
from ecgutils.io.guards import per_millivolt, printable
from ecgutils.io.mat_elements import Variables, read_elements, read_version_4
from ecgutils.io.mat_hdf5 import read_hdf5
from ecgutils.io.mat_leads import by_channels, signals_in
from ecgutils.io.mat_rate import decide_rate
from ecgutils.io.mat_scale import in_units
from ecgutils.io.record import Record

# A day of twelve leads at 500 Hz.
_MAX_BYTES = 2**31
_DAMAGED = "cannot be decoded, the file is damaged or not one of MATLAB"
_HDF5 = b"\x89HDF"
# More rows than leads are beats or stretches.
_MOST_LEADS = 64


def read_matlab(path: str | Path, fs: float | None = None, leads: Sequence[str] = ()) -> Record:
    """Read the signals of a MATLAB file as float32; a rate `fs` counts before what it holds.

    They are the longest arrays in it: one that holds all leads, or several that are named as such.
    """
    path = guards.file_inside(Path(path))
    content = read_bytes(path, _MAX_BYTES)
    with guards.errors_name(path), guards.decoding(_DAMAGED):
        found, others = _variables(content)
        found = by_channels(found)
        arrays = {name: value for name, value in found.items() if _may_be_signal(value)}
        samples = max((max(array.shape) for array in arrays.values()), default=0)
        if samples < 2:
            raise EcgError(f"holds no array of numbers that may be a signal{_listed(others)}")
        rate, on_rate = decide_rate(found, samples, fs)
        longest = {name: array for name, array in arrays.items() if max(array.shape) == samples}
        signals, stretches = signals_in(longest, found)
        kept = choose_leads([(signal.name, signal.unit) for signal in signals], leads)
        chosen, on_scale = in_units(signals, kept, found, rate)
        p_signal = guards.empty_signals(samples, len(kept), np.float32)
        for column, signal in enumerate(chosen):
            p_signal[:, column] = signal.values / (per_millivolt(signal.unit) or 1)
        p_signal[np.isinf(p_signal)] = np.nan
    sig_name = guards.unique_names(signal.name for signal in chosen)
    declared = tuple(per_millivolt(signal.unit) is not None for signal in chosen)
    not_leads = [signal.name for k, signal in enumerate(signals) if k not in kept]
    shorter = [name for name, array in arrays.items() if 1 < max(array.shape) < samples]
    return Record(
        name=printable(path.stem),
        p_signal=p_signal,
        fs=rate,
        sig_name=sig_name,
        remarks=(
            *on_rate,
            *on_scale,
            *guards.remarks(
                ("Left out, because their names are not those of ECG leads: {}.", not_leads),
                ("Left out, because they are other stretches: {}.", _names(stretches)),
                ("Left out, because they are shorter than the signals: {}.", _names(shorter)),
                ("Left out, because they are no arrays of numbers: {}.", _names(others)),
            ),
            *guards.remarks_on_units(p_signal, rate, sig_name, declared),
        ),
        unit_declared=declared,
    )


def _variables(content: bytes) -> tuple[Variables, list[str]]:
    """Return what a file holds, by its version."""
    if not content:
        raise EcgError("an empty file")
    most_bytes = guards.most_unpacked(content)
    if content.startswith(_HDF5) or content[512:].startswith(_HDF5):
        return read_hdf5(content, most_bytes)
    if content[126:128] in (b"IM", b"MI"):
        return read_elements(content, most_bytes)
    return read_version_4(content)


def _may_be_signal(value: np.ndarray | str) -> bool:
    """Whether a variable is an array of so few rows or columns as there are leads."""
    is_table = isinstance(value, np.ndarray) and value.ndim == 2
    return is_table and 1 <= min(value.shape) <= _MOST_LEADS


def _names(names: Sequence[str]) -> list[str]:
    """Return a few names as they can be shown; what is MATLAB's own has none."""
    shown = [text for name in names if (text := printable(name)[:80])]
    return shown[:8] + ["..."] * (len(shown) > 8)


def _listed(others: Sequence[str]) -> str:
    names = _names(others)
    return f"; {', '.join(names)} are of other kinds" if names else ""
