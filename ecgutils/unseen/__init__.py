"""The method for patients whom the model has not seen: rhythms, training, model."""
