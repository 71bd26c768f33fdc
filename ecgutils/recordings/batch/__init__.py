"""Many recordings: which ones, what is done already, and who does the rest."""
