"""Stops work in a thread when nobody waits for its result any more.

A thread cannot be interrupted from outside, so work calls `check` at every step of its loops.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Result = TypeVar("Result")
Steps = Generator[None, None, Result]  # work that yields between its steps


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


def in_turn(
    work: Sequence[Steps[Result]], cancellations: Sequence[Cancellation]
) -> list[Result | None]:
    """The result of each, None if it is cancelled; one step of all is taken before the next.

    So the code and the data of a step are in the processor's caches for all but the first.
    """
    results: list[Result | None] = [None] * len(work)
    left = list(enumerate(zip(work, cancellations, strict=True)))
    while left:
        taken, left = left, []
        for place, (steps, cancellation) in taken:
            try:
                with cancellation.watched():
                    check()
                    next(steps)
                left.append((place, (steps, cancellation)))
            except StopIteration as end:
                results[place] = end.value
            except Cancelled:
                steps.close()
    return results
