"""Filters, and the columns that they select rows by."""
