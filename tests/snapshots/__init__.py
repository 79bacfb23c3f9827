"""A small snapshot of each format version, built by that version: `python -m tests.snapshots`."""
