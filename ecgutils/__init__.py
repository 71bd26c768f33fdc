"""Reproduce, explain and surpass a published heartbeat classifier on the MIT-BIH database.

Importing the package costs next to nothing: each module loads the heavy libraries that it needs.
"""

from ecgutils.contents import contents_page

__version__ = "0.1.0"

__getattr__, __dir__, __all__ = contents_page(
    __name__,
    {"io.recording": ["read_recording"], "recordings.classified": ["classify_recording"]},
    aami=[],
    beats=[],
    database=[],
    errors=[],
    io=[],
    learning=[],
    paths=[],
    plots=[],
    recordings=[],
    runner=[],
    scoring=[],
    signals=[],
    source=["show"],
    studies=[],
    unseen=[],
)
