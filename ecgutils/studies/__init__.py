"""The long comparisons, and the tables of the README."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    across_databases=["across_table"],
    detection=["detection_table"],
    ec57_page=["NOT_GIVEN", "ec57_table"],
    known_patients=["ABLATION_SEEDS"],
    known_tables=[
        *("ABLATION_METRICS", "KNOWN_MODEL_TITLES", "ablation_gains", "ablation_table"),
        *("against_paper", "store_results", "study_table", "with_intervals"),
    ],
    recorders=["changed_beats"],
    store=["read_study"],
    unseen_tables=[
        *("UNSEEN_METRICS", "UNSEEN_MODEL_TITLES", "choice_table", "inter_patient_table"),
        *("leak_intervals", "leak_table"),
    ],
)
