"""A recording of yours: classify it, report on it, and many of them."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    {
        "batch.files": ["find_recordings"],
        "batch.many": ["Options", "classify_many"],
        "classified": ["Classified", "classify", "classify_recording"],
        "inspection": ["inspect_recording"],
        "outputs": ["write_outputs"],
        "rhythms": ["RHYTHMS"],
        "report.findings": ["Findings"],
        "report.page": ["report_html"],
        "strip_browser": ["StripBrowser"],
    },
)
