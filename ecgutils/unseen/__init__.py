"""The method for patients whom the model has not seen: rhythms, training, model."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    patient_leak=["AT_RANDOM", "BY_PATIENT", "NEAREST_BEAT", "known_or_unseen"],
    synthetic_rhythms=["in_fibrillation"],
    classifier=["UnseenMethod", "UnseenPatientClassifier", "training_rows"],
    choice_on_ds1=["held_out_predictions", "training_patients"],
    validation=["as_annotations", "predictions_for", "surest_error_by_patient"],
    trained_model=["OUTPUTS", "load_model"],
)
