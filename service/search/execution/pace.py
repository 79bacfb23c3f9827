"""Measures how long work takes, to limit how much of it may wait."""

LONGEST_WAIT_SECONDS = 1.0  # work that would wait longer is refused
_NEWEST_SHARE = 0.2  # weight of the last measurement


class Pace:
    """The time of one piece of work: an exponentially weighted mean."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def took(self, seconds: float) -> None:
        self._seconds += _NEWEST_SHARE * (seconds - self._seconds)

    def in_good_time(self, threads: int, most: int) -> int:
        """How many can start within the longest wait, at most `most`; `most` until measured."""
        if not self._seconds:
            return most
        return min(most, int(LONGEST_WAIT_SECONDS * threads / self._seconds))
