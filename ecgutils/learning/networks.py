"""The networks. Keras is imported when one is built, since that takes seconds."""

import numpy as np

from ecgutils.learning import keras_backend as keras

BATCH_MEMORY = 0.95
"""How slowly batch normalisation forgets; Keras' 0.99 lags behind a training this short."""

DROPOUT = 0.2
"""Share of the hidden values that each training step leaves out."""

FARTHEST = 4.0
"""Standard deviations from the mean at which a feature is cut off."""


def paper_cnn(coefficients: int, classes: int) -> "keras.Model":
    """Build the one-dimensional CNN of the paper: two blocks of convolution, a hidden layer.

    Parameters
    ----------
    coefficients, classes : int
        Wavelet coefficients of a beat, 141 in the paper; and number of classes, 5 there.

    Returns
    -------
    keras.Model
        Not compiled; maps (beats, coefficients) to probabilities (beats, classes).

    References
    ----------
    Shoughi et al., Computing (2023), doi 10.1007/s00607-023-01243-0.
    """
    layers = keras.layers
    network = [layers.Input((coefficients,)), layers.Reshape((coefficients, 1))]
    for filters in (100, 90):
        network += [layers.Conv1D(filters, kernel_size=5, strides=2, activation="relu")]
        network += [layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling1D(3)]
    network += [layers.Flatten(), layers.Dense(30, activation="relu")]
    network += [layers.Dense(classes, activation="softmax")]
    return keras.Sequential(network, name="paper_cnn")


def small_cnn(features: int, classes: int, coefficients: int, channels: int) -> "keras.Model":
    """Build our one-dimensional CNN: few filters, strides instead of pooling, two inputs.

    The shape of a beat goes through three convolutions, its rhythm through a hidden layer; both
    meet in another one. Pooling would cost more time than the convolutions.

    Parameters
    ----------
    features, classes : int
        Length of a beat's row, which is its shape and then its rhythm, if any; and of the output.
    coefficients, channels : int
        Of the shape.

    Returns
    -------
    keras.Model
        Not compiled; maps (beats, features) to probabilities (beats, classes).
    """
    layers = keras.layers
    width, row = coefficients * channels, keras.Input((features,))
    shape = layers.Reshape((coefficients, channels))(row[:, :width])
    for filters, size in ((32, 5), (64, 5), (64, 3)):
        shape = layers.Conv1D(filters, size, strides=2, padding="same", use_bias=False)(shape)
        shape = layers.BatchNormalization(momentum=BATCH_MEMORY)(shape)
        shape = layers.ReLU()(shape)
    hidden = layers.Flatten()(shape)
    if features > width:
        rhythm = layers.BatchNormalization(momentum=BATCH_MEMORY)(row[:, width:])
        rhythm = layers.Dense(32, activation="relu")(rhythm)
        hidden = layers.Concatenate()([hidden, rhythm])
    hidden = layers.Dropout(DROPOUT)(hidden)
    hidden = layers.Dropout(DROPOUT)(layers.Dense(64, activation="relu")(hidden))
    return keras.Model(row, layers.Dense(classes, activation="softmax")(hidden), name="small_cnn")


def relative_network(
    features: int, classes: int, shown: np.ndarray, sizes: tuple = (96, 48), noise: float = 0.5
) -> "keras.Model":
    """Build a network for features, shape (beats, features); `shown` are those of the training.

    Noise on the standardised features keeps it from learning its training patients by heart.
    """
    layers = keras.layers
    row = keras.Input((features,))
    scale = 1 / np.maximum(shown.std(axis=0), 1e-6)
    standard = layers.Rescaling(scale.tolist(), (-shown.mean(axis=0) * scale).tolist())(row)
    hidden = layers.GaussianNoise(noise)(keras.ops.clip(standard, -FARTHEST, FARTHEST))
    for size in sizes:
        hidden = layers.Dropout(DROPOUT)(layers.Dense(size, activation="relu")(hidden))
    probabilities = layers.Dense(classes, activation="softmax")(hidden)
    return keras.Model(row, probabilities, name="relative_network")


def shape_network(points: int, channels: int, classes: int) -> "keras.Model":
    """Build a network for beats, shape (beats, leads, points, channels), each lead by itself first.

    The same convolutions see every lead, so it does not matter which lead comes first.
    """
    layers, ops = keras.layers, keras.ops
    beat = keras.Input((None, points, channels))
    lead = beat
    for filters, size in ((24, 7), (48, 5), (64, 5)):
        convolution = layers.Conv2D(filters, (1, size), (1, 2), padding="same", use_bias=False)
        lead = layers.ReLU()(layers.BatchNormalization(momentum=BATCH_MEMORY)(convolution(lead)))
    common = layers.Concatenate()([ops.mean(lead, axis=1), ops.max(lead, axis=1)])
    hidden = layers.Dropout(2 * DROPOUT)(layers.Flatten()(common))
    hidden = layers.Dropout(DROPOUT)(layers.Dense(48, activation="relu")(hidden))
    probabilities = layers.Dense(classes, activation="softmax")(hidden)
    return keras.Model(beat, probabilities, name="shape_network")
