"""Many recordings: which ones, what is done already, and who does the rest."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    {
        "files": ["find_recordings"],
        "many": ["Options", "classify_many"],
    },
)
