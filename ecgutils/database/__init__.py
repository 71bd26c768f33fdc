"""The embedded databases: proof that they are PhysioNet's, and what is in them."""
