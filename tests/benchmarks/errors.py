"""What stops a benchmark: figures that would mean nothing are not printed."""


class BenchmarkFailed(Exception):
    """A server did not start, died, or answered other than it should."""
