"""Filters, and the columns that they are applied to."""
