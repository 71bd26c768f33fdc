"""The embedded databases: proof that they are PhysioNet's, and what is in them."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    databases=["DATABASES", "MITDB", "NSTDB", "SVDB", "Database"],
    embedded=["read", "record_names"],
    physionet=["fetch", "verify"],
    overview=[
        *("count_classes", "count_symbols", "describe_records"),
        *("rhythm_times", "spread_over_records", "typical_beats"),
    ],
    patients=["parse_comments"],
)
