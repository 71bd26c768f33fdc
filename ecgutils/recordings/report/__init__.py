"""The page about one recording."""
