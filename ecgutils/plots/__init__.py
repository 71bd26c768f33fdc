"""The figures of the notebooks and of the report: one function each."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    beats=[
        *("beat_with_coefficients", "beats_against_median", "class_shapes"),
        *("nearest_distances", "recorded_and_scaled", "rr_by_class", "smote_between_parents"),
        *("smote_projection", "t_to_t_cuts", "tachograms_side_by_side", "windows_side_by_side"),
    ],
    course=["course_map"],
    database=["class_bars", "classes_by_record", "patient_ages", "rhythm_bars"],
    divisions=["ds1_and_ds2", "two_splits"],
    electrodes=["lead_positions"],
    evaluation=[
        *("accuracy_against_paper", "beats_in_context", "confusion_matrices"),
        *("confusion_matrix", "correct_by_patient", "detection_by_record"),
        *("known_against_unseen", "network_differences", "reliability_diagram"),
        "results_by_protocol",
    ],
    filter_bank=["db2_tree"],
    layers=["network_layers", "network_stages"],
    method=["smote_line", "two_windows"],
    report=["ecg_strip", "ectopic_bars", "mean_beats", "signal_timeline", "tachogram"],
    signals=[
        *("annotated_strip", "beat_gallery", "named_waves", "signal_grid", "stacked_signals"),
    ],
    style=["save_figure", "use_style"],
    training=[
        *("ablation_effects", "accuracy_over_time", "learning_curves", "learning_rate_curve"),
    ],
    wavelets=["band_responses", "denoising_gains", "energy_bars"],
)
