"""Files of a snapshot: arrays, segments, checksums, durable writes and the episode store."""
