"""The indexes of a snapshot: vectors, words, clauses and filter columns."""
