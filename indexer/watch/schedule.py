"""Computes when a feed is due, from its pace of publishing and its publisher's limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from indexer.watch.publisher_limits import PublisherLimits

_ASKED_AN_EPISODE = 10  # requests between two episodes
_RECENT = 11  # episodes whose intervals determine a feed's pace
_WITHOUT_DATES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits on the time between two requests of any feed."""

    shortest: timedelta = timedelta(minutes=5)
    longest: timedelta = timedelta(days=1)

    def to_json(self) -> list[float]:
        """In seconds."""
        return [self.shortest.total_seconds(), self.longest.total_seconds()]

    def clamp(self, pause: timedelta) -> timedelta:
        return min(max(pause, self.shortest), self.longest)


def due_after_answer(
    asked: datetime, published: Sequence[datetime], limits: PublisherLimits, bounds: Bounds
) -> datetime:
    """When to request a feed again that was `asked` and answered.

    A feed is requested ten times between two of its episodes, and when the next one is expected;
    but not within its max-age or ttl, nor in an hour or on a day that it excludes.
    """
    pause = max(_pause(asked, published), limits.fresh_for, limits.ttl)
    return limits.next_allowed(asked + bounds.clamp(pause))


def due_after_failure(
    asked: datetime, failing_since: datetime, retry_after: timedelta, bounds: Bounds
) -> datetime:
    """When to request a failing feed again: after as much time as it has been failing."""
    return asked + bounds.clamp(max(asked - failing_since, retry_after))


def _pause(asked: datetime, published: Sequence[datetime]) -> timedelta:
    newest = sorted((each for each in published if each <= asked), reverse=True)[:_RECENT]
    if not newest:
        return _WITHOUT_DATES
    silence = asked - newest[0]
    gaps = [(one - other).total_seconds() for one, other in pairwise(newest)]
    gap = timedelta(seconds=median(gaps)) if gaps else silence
    until_expected = abs(newest[0] + gap - asked)
    return min(max(gap, silence) / _ASKED_AN_EPISODE, until_expected)
