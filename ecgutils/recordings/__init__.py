"""A recording of yours: classify it, report on it, and many of them."""
