"""The shape of a beat in wavelet coefficients, for the networks of known patients."""

import numpy as np

from ecgutils.beats.beats import Beats
from ecgutils.signals.wavelets import WAVELET, approximation


def shape_features(
    beats: Beats, wavelet: str = WAVELET, level: int = 1, against_median: bool = False
) -> np.ndarray:
    """Approximation coefficients of each beat.

    Parameters
    ----------
    beats : Beats
        All beats of each record, where `against_median`.
    wavelet : str, name of a discrete wavelet
    level : int
        How often the signal is halved; 0 leaves it as it is.
    against_median : bool
        Whether the difference from the record's median beat is added as further channels.

    Returns
    -------
    array of float32, shape (beats, coefficients, channels)
        One channel per lead, twice as many where `against_median`.

    Raises
    ------
    EcgError
        If the wavelet is unknown or the beats are too short for the level.
    """
    shape = approximation(beats.windows, wavelet, level) if level else beats.windows
    if not against_median:
        return shape
    difference = np.empty_like(shape)
    for rows in beats.rows_by_record():
        difference[rows] = shape[rows] - np.median(shape[rows], axis=0)
    return np.concatenate([shape, difference], axis=-1)
