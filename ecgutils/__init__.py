"""Reproduce, explain and surpass a published heartbeat classifier on the MIT-BIH database.

Importing the package costs next to nothing: each module loads the heavy libraries that it needs.
"""

__version__ = "0.1.0"

_HERE = {
    "classify_recording": "ecgutils.recordings.classified",
    "read_recording": "ecgutils.io.recording",
}


def __getattr__(name: str) -> object:
    """Import what users call only when they ask for it."""
    if name in _HERE:
        from importlib import import_module

        return getattr(import_module(_HERE[name]), name)
    raise AttributeError(f"module 'ecgutils' has no attribute {name!r}")
