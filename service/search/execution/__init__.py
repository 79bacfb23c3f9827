"""Runs searches in a limited number of threads; questions are answered in batches."""
