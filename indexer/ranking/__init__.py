"""Ranks candidates for a question or for examples, and calibrates scores to probabilities."""
