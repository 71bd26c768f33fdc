"""What is understood of a recording before it is classified: kind, rate, leads, remarks."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np

from ecgutils.errors import EcgError
from ecgutils.io.formats import format_of
from ecgutils.io.guards import typical_span
from ecgutils.io.record import Record
from ecgutils.io.recording import read_recording
from ecgutils.recordings.report.patient import patient
from ecgutils.signals.gaps import bridge_gaps
from ecgutils.signals.leads import choose_leads
from ecgutils.signals.quality import lead_faults


def inspect_recording(path: str | Path, fs: float | None = None, leads: Sequence[str] = ()) -> str:
    """Say how a file is understood; nothing is classified.

    Parameters
    ----------
    path : str or Path
        See :func:`ecgutils.io.read_recording`, as for the others.
    fs : float, optional
        Sampling frequency in Hz.
    leads : sequence of str
        Names of the leads to use.

    Returns
    -------
    str
        Lines for a user: kind of file, rate, duration, start and patient as far as they are known.
        Then, for each lead, its unit, how high it is in a typical second, and what part of it has
        no signal. Last, what was left open or left out, and why.

    Raises
    ------
    EcgError
        If the file cannot be read.

    Examples
    --------
    >>> from ecgutils.paths import MITDB_DIR
    >>> print(inspect_recording(MITDB_DIR / "100.hea"))  # doctest: +ELLIPSIS
    kind      WFDB
    rate      360 Hz, declared by the file
    duration  0:30:06 (650000 samples)
    patient   69 years, male
    lead      MLII: mV, 1.6 in a typical second; ...
    """
    kind = format_of(Path(path))
    record = read_recording(path, fs=fs, leads=leads)
    facts = [("kind", kind.name if kind else "WFDB")]
    # The others tell in a remark which of their parts it is.
    declares = kind is None or kind.declares_rate
    origin = "given" if fs else "declared by the file" if declares else "see below"
    facts.append(("rate", f"{record.fs:g} Hz, {origin}"))
    duration = timedelta(seconds=round(record.duration))
    facts.append(("duration", f"{duration} ({len(record.p_signal)} samples)"))
    facts.append(("start", record.started))
    facts.append(("patient", patient(record.comments, record.start)))
    facts += [("lead", text) for text in _leads(record)]
    facts += [("remark", text) for text in (*record.remarks, *_choice(record, leads))]
    return "\n".join(f"{name:<10}{text}" for name, text in facts if text)


def _leads(record: Record) -> Iterator[str]:
    """Yield a line on each lead: unit, height and quality."""
    for k, (name, declared) in enumerate(zip(record.sig_name, record.unit_declared, strict=True)):
        signal = record.p_signal[:, k]
        faults = lead_faults(signal, record.fs)
        kinds = [f"{np.mean(faults == f):.1%} {f}" for f in sorted({*faults} - {""})]
        unit = "mV" if declared else "no unit"
        height = f"{typical_span(signal, record.fs):.2g} in a typical second"
        yield f"{name}: {unit}, {height}; {', '.join(kinds) or 'a signal throughout'}"


def _choice(record: Record, leads: Sequence[str]) -> tuple[str, ...]:
    """Say which leads would be looked at, and what is doubtful about them."""
    try:
        chosen = choose_leads(bridge_gaps(record), leads)
    except EcgError as error:
        return (f"It would be refused: {error}.",)
    return (chosen.why, *chosen.doubts)
