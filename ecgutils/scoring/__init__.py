"""Figures, intervals, and the tables of EC57."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    ec57=["score_annotations", "score_record"],
    ec57_tables=["as_text", "score_table"],
    episodes=["episode_table", "score_episodes"],
    heart_rate=["heart_rate_table", "score_heart_rate"],
    matching=["match_beats"],
    intervals=["difference_over_records", "mcnemar"],
    metrics=[
        *("PAPER_OVERALL", "bootstrap_over_records", "class_table", "confusion"),
        *("confusion_by_record", "errors_by_record", "one_vs_rest", "seed_intervals"),
    ],
    runs=["run_table", "score_runs"],
    patients=["ENOUGH_BEATS", "unseen_figures"],
)
