"""Beats that are nothing but the intervals between them."""

import numpy as np

from ecgutils.beats.beats import Beats


def beats_at(rr, name="100", samples=16):
    """Beats of one record, given the seconds between them; their windows do not matter."""
    rr = np.asarray(rr, dtype=np.float32)
    beats = len(rr) + 1
    random = np.random.default_rng(beats)
    return Beats(
        windows=random.normal(size=(beats, samples, 2)).astype(np.float32),
        aami_class=np.zeros(beats, dtype=np.int8),
        symbol=np.full(beats, "N"),
        record=np.full(beats, name),
        sample=np.cumsum(np.append(100, 360 * rr)).astype(np.int64),
        sig_name=np.tile(["MLII", "V5"], (beats, 1)),
        rr=np.column_stack([np.append(np.nan, rr), np.append(rr, np.nan)]).astype(np.float32),
    )
