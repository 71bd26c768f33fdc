"""Figures, intervals, and the tables of EC57."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    ec57=["score_annotations", "score_record"],
    ec57_tables=["as_text", "score_table"],
    matching=["match_beats"],
    intervals=["difference_over_records", "mcnemar"],
    metrics=[
        *("PAPER_OVERALL", "bootstrap_over_records", "class_table", "confusion"),
        *("confusion_by_record", "errors_by_record", "one_vs_rest", "seed_intervals"),
    ],
    patients=["ENOUGH_BEATS", "unseen_figures"],
)
