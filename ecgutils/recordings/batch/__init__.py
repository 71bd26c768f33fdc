"""Many recordings: each is done once, and none stops the others."""
