"""Annotations written as text."""

from dataclasses import replace

import numpy as np

from ecgutils.io.record import Annotations


def marks(text: str, fs: float = 100.0, seconds: int = 60) -> Annotations:
    """Annotations at seconds, such as ``1:N 2.5:V 3:(AFIB 4:=72``; ``~~`` begins a shutdown."""
    times, symbols = zip(*(mark.split(":") for mark in text.split()), strict=True)
    sample = [round(float(time) * fs) for time in times]
    noted = {"(": "+", "=": "="}
    symbol = [noted.get(s[0], s[0]) for s in symbols]
    notes = [s.lstrip("=") if s[0] in noted else "" for s in symbols]
    subtype = [0x30 if s == "~~" else 0 for s in symbols]
    own = Annotations.at("1", fs, round(seconds * fs), sample, np.array(symbol))
    return replace(own, aux=np.array(notes, dtype=object), subtype=np.array(subtype))
