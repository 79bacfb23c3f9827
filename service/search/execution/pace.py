"""How long work takes, and so how much of it may wait."""

LONGEST_WAIT_SECONDS = 1.0  # who would wait for longer is told so instead
_NEWEST_SHARE = 0.2  # of the last piece of work in the pace


class Pace:
    """How long one piece of work keeps a thread: a mean in which the newest weigh most."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def took(self, seconds: float) -> None:
        self._seconds += _NEWEST_SHARE * (seconds - self._seconds)

    def in_good_time(self, threads: int, most: int) -> int:
        """How many can begin within the longest wait; `most` at most, and while none is known."""
        if not self._seconds:
            return most
        return min(most, int(LONGEST_WAIT_SECONDS * threads / self._seconds))
