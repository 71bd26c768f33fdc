"""The page about one recording: what follows from its beats, in words, strips and tables."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    {
        "findings": ["Findings"],
        "page": ["report_html"],
    },
)
