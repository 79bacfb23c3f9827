"""Schemas of the requests and answers."""
