"""Completes what is typed, and finds the words that are meant by misspelled ones."""
