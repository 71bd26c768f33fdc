"""A file in, a Record out; nothing is believed before it is compared with the file."""

from ecgutils.contents import contents_page

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    {
        "formats": ["FORMATS"],
        "record": ["Annotations", "Record"],
        "recording": ["read_recording"],
        "wfdb_annotations": ["read_annotations"],
        "wfdb_signals": ["read_record"],
    },
)
