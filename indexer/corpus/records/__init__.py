"""Turns the fields of a record into an episode with an id of its own."""
