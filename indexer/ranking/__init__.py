"""Ranks candidates by a question or by examples, and turns scores into probabilities."""
