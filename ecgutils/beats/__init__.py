"""Beats cut in three ways, and what is told of a beat."""
