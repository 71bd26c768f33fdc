"""The networks. Keras is imported when one is built, since that takes seconds."""

from typing import TYPE_CHECKING

from ecgutils.backend import import_keras

if TYPE_CHECKING:
    import keras


def paper_cnn(coefficients: int, classes: int) -> "keras.Model":
    """Build the one-dimensional CNN of the paper.

    Two blocks of convolution (kernel 5, stride 2, 100 then 90 filters), batch
    normalisation and pooling by 3, then a hidden layer of 30.

    Parameters
    ----------
    coefficients : int
        Wavelet coefficients of a beat, 141 in the paper.
    classes : int
        Number of classes.

    Returns
    -------
    keras.Model
        Not compiled; maps (beats, coefficients) to probabilities (beats, classes).

    References
    ----------
    Shoughi et al., Computing (2023), doi 10.1007/s00607-023-01243-0.
    """
    keras = import_keras()
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((coefficients,)),
            layers.Reshape((coefficients, 1)),
            *_convolution(filters=100),
            *_convolution(filters=90),
            layers.Flatten(),
            layers.Dense(30, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="paper_cnn",
    )


def _convolution(filters: int) -> list["keras.Layer"]:
    layers = import_keras().layers
    return [
        layers.Conv1D(filters, kernel_size=5, strides=2, activation="relu"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling1D(3),
    ]
