"""Stops work in a thread when nobody waits for its result any more.

A thread cannot be interrupted from outside, so work calls `check` at every step of its loops.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Cancelled(Exception):
    """Nobody waits for this result."""


class Cancellation:
    """Of one request: cancelled at its deadline, when its client disconnects, or at shutdown."""

    def __init__(self) -> None:
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Within the block, `check` raises in this thread once this is cancelled."""
        before = _current.set(self)
        try:
            yield
        finally:
            _current.reset(before)


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


def check() -> None:
    """Raises Cancelled if nobody waits for what this thread is computing."""
    current = _current.get()
    if current is not None and current.is_cancelled:
        raise Cancelled
