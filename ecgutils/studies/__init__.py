"""The long comparisons, and the tables of the README."""
