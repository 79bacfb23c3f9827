"""Reads what a question means: operators and constraints."""
