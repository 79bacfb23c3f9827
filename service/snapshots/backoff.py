"""Exponential backoff: after each failure, the pause before the next attempt doubles."""

import time

_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 60.0


class Backoff:
    def __init__(self) -> None:
        self._pause = 0.0
        self._until = 0.0

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def extend(self) -> None:
        """Record a failure: the next pause is twice as long, up to a minute."""
        self._pause = min(_LONGEST_SECONDS, max(_FIRST_SECONDS, 2 * self._pause))
        self._until = time.monotonic() + self._pause

    def reset(self) -> None:
        self._pause = self._until = 0.0
