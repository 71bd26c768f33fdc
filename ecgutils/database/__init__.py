"""The embedded databases: proof that they are PhysioNet's, and what is in them."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    {
        "embedded": ["read", "record_names"],
    },
)
