"""Compares the base encoder with the one that was adapted to a corpus, row by row."""
