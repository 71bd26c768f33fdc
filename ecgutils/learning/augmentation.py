"""More training beats from those there are: copies that lie a little earlier and later."""

import numpy as np
from imblearn import FunctionSampler


def shifted_copies(coefficients: int, channels: int, shift: int) -> FunctionSampler:
    """Add to each training beat a copy moved to the left and one moved to the right.

    Annotations sit a few milliseconds beside the R peak, here and there by another amount.
    A network that has met each beat in three positions does not take that for a sign.

    Parameters
    ----------
    coefficients, channels : int
        Shape of a beat at the beginning of its row; what follows in the row stays.
    shift : int
        How many coefficients the copies are moved by. The value at the edge is repeated.

    Returns
    -------
    imblearn.FunctionSampler
        A step of a pipeline that acts in ``fit`` alone. The rows given come first, then
        the earlier copies, then the later ones.
    """
    options = {"coefficients": coefficients, "channels": channels, "shift": shift}
    return FunctionSampler(func=_add_copies, kw_args=options, validate=False)


def _add_copies(
    features: np.ndarray, classes: np.ndarray, coefficients: int, channels: int, shift: int
) -> tuple[np.ndarray, np.ndarray]:
    width = coefficients * channels
    shape = features[:, :width].reshape(-1, coefficients, channels)
    copies = [features]
    for moved in (-shift, shift):
        taken = np.clip(np.arange(coefficients) + moved, 0, coefficients - 1)
        copy = features.copy()
        copy[:, :width] = shape[:, taken].reshape(len(shape), width)
        copies.append(copy)
    return np.concatenate(copies), np.tile(classes, len(copies))
