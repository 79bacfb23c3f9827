"""Measures the quality of the ranking: `python -m tests.evaluation`, or `make evaluate`."""
