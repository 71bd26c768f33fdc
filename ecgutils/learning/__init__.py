"""Splits, SMOTE, networks, seeded training, recipes, and experiments made of them."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    splits=["random_split", "patient_split"],
    oversampling=["PAPER_TARGETS", "smote", "smote_then"],
    smote_leak=[
        *("compare_protocols", "gains", "smote_before_split", "smote_parents"),
        *("NO_SMOTE", "AFTER_SPLIT", "BEFORE_SPLIT_REAL_BEATS", "BEFORE_SPLIT_ALL_ROWS"),
    ],
    networks=["paper_cnn", "small_cnn"],
    training=["FAST", "PAPER", "TRIAL", "NetworkClassifier", "learning_rates"],
    recipes=["OURS", "PAPER_FAST"],
    experiments=["intra_patient", "surest_errors"],
)
