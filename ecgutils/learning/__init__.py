"""Splits, SMOTE, networks, seeded training and recipes."""
