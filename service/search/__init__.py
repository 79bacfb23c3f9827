"""Answers questions from a snapshot: candidates, ranking, highlights and relevance."""
