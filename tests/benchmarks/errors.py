"""The error that stops a benchmark, so that no meaningless figures are printed."""


class BenchmarkFailed(Exception):
    """A server did not start, ended early, or gave a wrong answer."""
