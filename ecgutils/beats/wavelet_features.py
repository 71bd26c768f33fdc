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
    wavelet : str
        Name of a discrete wavelet.
    level : int
        How often the signal is halved; 0 leaves it as it is.
    against_median : bool
        Whether the difference from the record's median beat is added as further channels:
        it tells a beat that is odd in any patient from one that is odd in this one. No
        annotation is needed to make it.

    Returns
    -------
    array of float32, shape (beats, coefficients, channels)
        One channel per lead, twice as many where `against_median`.

    Raises
    ------
    EcgError
        If the wavelet is unknown or the beats are too short for the level.

    Examples
    --------
    >>> from ecgutils import database
    >>> from ecgutils.beats import cut_t_to_t
    >>> shape_features(cut_t_to_t(database.read("100"))).shape
    (2273, 141, 1)
    """
    shape = approximation(beats.windows, wavelet, level) if level else beats.windows
    if not against_median:
        return shape
    difference = np.empty_like(shape)
    for rows in beats.rows_by_record():
        difference[rows] = shape[rows] - np.median(shape[rows], axis=0)
    return np.concatenate([shape, difference], axis=-1)
