"""Tests that start clusters of several processes: `make test-distributed`."""
