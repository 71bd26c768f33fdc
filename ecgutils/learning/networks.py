"""The networks. Keras is imported when one is built, since that takes seconds."""

from ecgutils.learning import keras_backend as keras

BATCH_MEMORY = 0.95
"""How slowly batch normalisation forgets; Keras' 0.99 lags behind a training this short."""

DROPOUT = 0.2
"""Share of the hidden values that each training step leaves out."""


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
