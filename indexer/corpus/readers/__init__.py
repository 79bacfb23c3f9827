"""Readers of files: JSON, JSON Lines, CSV and TSV, Parquet, plain text."""
