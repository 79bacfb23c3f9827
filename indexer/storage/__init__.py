"""Writes and maps files: arrays, segments, checksums, durable writes, episodes."""
