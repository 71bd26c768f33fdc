"""Wavelets, filters and noise; where the beats are, which seconds and leads can be used."""
