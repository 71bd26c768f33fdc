"""Reproduce, explain and surpass a published heartbeat classifier on the MIT-BIH database.

Importing the package costs next to nothing: each module loads the heavy libraries that it needs.
"""

__version__ = "0.1.0"
