"""The page about one recording: what follows from its beats, in words, strips and tables."""
