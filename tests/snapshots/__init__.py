"""One small snapshot per format version, as it was built then: `python -m tests.snapshots`."""
