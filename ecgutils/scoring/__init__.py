"""Figures, intervals, and the tables of EC57."""
