"""When to try again what has failed: after pauses that double."""

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
        """After a failure: wait twice as long as before."""
        self._pause = min(_LONGEST_SECONDS, max(_FIRST_SECONDS, 2 * self._pause))
        self._until = time.monotonic() + self._pause

    def reset(self) -> None:
        self._pause = self._until = 0.0
