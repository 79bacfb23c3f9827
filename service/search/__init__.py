"""Answers questions over one snapshot: candidates, ranking, evidence, relevance."""
